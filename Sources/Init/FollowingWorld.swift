import Basics
import Configuration
import Linux
import Supervision

/// What `Following` needs of its owner.
struct FollowingWorld {
  var now: Time
  var epoll: Epoll
  /// Of inotify's descriptor.
  var filesToken: UInt64
  /// Of the pidfd of a program's daemon.
  var token: (Slot) -> UInt64
  /// Whether a pid is the process of a program.
  var isProgram: (ProcessID) -> Bool
  /// Whether a process has the mark of a program; nil: there are no marks.
  var bears: (ProcessID, Slot) throws(Errno) -> Bool?

  func pidfileWorld(_ slot: Slot) -> PidfileWorld {
    PidfileWorld(isProgram: isProgram, bears: { (pid) throws(Errno) in try bears(pid, slot) })
  }
}

extension [Following.Order] {
  /// As `Appending.swift` says.
  @inline(never)
  mutating func append(_ element: consuming Following.Order) { appendInPlace(element, to: &self) }
}
