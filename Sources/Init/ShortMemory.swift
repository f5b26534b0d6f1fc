import Basics
import Configuration
import Linux
import Logs
import Supervision

/// What is to be done when the kernel refuses memory (a limit of the address space, overcommit that is
/// off): nothing that needs more of it, until there is some again.
///
/// The heap keeps a reserve in pages that are ours already, and says when it had to touch it. Then no
/// program is started (each start is put off), no pipe is read, and own lines wait in little room. What
/// the reserve is for is the orderly stop.
struct ShortMemory {
  /// What the loop needs for a turn in which one line after the other is said: some 40 of them, and what
  /// a look at one process of /proc takes.
  private static let base = 12 << 10
  /// For each program: its part of the core's answer to the signal that begins the stop, twice, since an
  /// array doubles, and its last lines.
  private static let program = 320

  /// Bytes of the reserve.
  private let reserve: Int
  private(set) var isSaid = false
  private var since = Time(nanoseconds: 0)
  private var pause = RetryPause()
  /// When the kernel is asked again; nil: memory is not short.
  private(set) var deadline: Time?

  init(programs: Int) { reserve = Self.base + programs * Self.program }

  /// At the start, when all that is fixed has been made.
  func keep() { _ = keepMemory(reserve) }

  /// Memory is short: what is to be said of it, once.
  @inline(never)
  mutating func begins(_ now: Time) -> ByteString? {
    guard deadline == nil else { return nil }
    deadline = now + pause.next()
    if isSaid { return nil }
    isSaid = true
    since = now
    return """
      memory is short: the kernel refuses more: no program is started and no log is read until that is \
      over (see the limits RLIMIT_AS, RLIMIT_DATA and vm.overcommit_memory)
      """
  }

  /// Asks the kernel again. What is to be said when memory is no longer short.
  @inline(never)
  mutating func tryAgain(_ now: Time) -> ByteString? {
    guard keepMemory(reserve) else {
      deadline = now + pause.next()
      return nil
    }
    deadline = nil
    isSaid = false
    pause = RetryPause()
    return message("memory is no longer short, after {}", secondsText(now - since))
  }
}

extension EventLoop {
  /// Once a turn, and after whatever may have needed much.
  func lookAfterMemory() {
    guard memoryIsShort || memory.deadline != nil else { return }
    let now = now()
    if let deadline = memory.deadline, deadline <= now {
      if let word = memory.tryAgain(now) { log.write(.info, word) }
    } else if memoryIsShort, let word = memory.begins(now) {
      log.write(.warn, word)
    }
    streams.news.memoryIsShort = memoryIsShort
  }
}
