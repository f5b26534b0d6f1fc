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
}

extension [Following.Order] {
  /// As `Appending.swift` says.
  @inline(never)
  mutating func append(_ element: consuming Following.Order) { appendInPlace(element, to: &self) }
}
