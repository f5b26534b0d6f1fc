import Configuration
import Linux
import Supervision

/// A pidfile, and whom of those it names one may believe.
///
/// A pidfile that was there before the program may name a stranger who has got the old pid since. So
/// a file counts only when it has changed since the program was started, and a pid only when it is
/// one of the program's processes: below its COMMAND, or below an orphan that is no other program's.
struct Pidfile {
  let path: [UInt8]
  /// Whether it still is what it was when the program was started.
  private var old: FileStamp
  private var command: ProcessID = 0
  private var commandStart: UInt64 = 0

  init(_ path: [UInt8]) {
    self.path = path
    old = FileStamp(path)
  }

  /// To be called before the program is started.
  mutating func forget() { old = FileStamp(path) }

  mutating func started(_ pid: ProcessID) {
    command = pid
    commandStart = processEntry(pid)?.start ?? 0
  }

  /// The process that it names, if that is one of the program's.
  ///
  /// - Parameters:
  ///   - known: the daemon so far, or 0: what it has started is the program's too.
  ///   - isProgram: whether a pid is the process of some program.
  func daemon(known: ProcessID, isProgram: (ProcessID) -> Bool) -> ProcessID? {
    guard FileStamp(path) != old, let pid = numberInFile(path), isOurs(pid, known, isProgram)
    else { return nil }
    return pid
  }

  private func isOurs(
    _ pid: ProcessID, _ known: ProcessID, _ isProgram: (ProcessID) -> Bool
  ) -> Bool {
    let own = processID()
    guard pid > 1, pid != own, pid != command else { return false }
    guard let entry = processEntry(pid) else {
      // Without /proc only our own children are known to be ours.
      return isChild(pid) && !isProgram(pid)
    }
    guard !entry.isZombie, entry.start >= commandStart else { return false }
    var current = entry
    // Deeper than any real tree; a loop cannot be, but the entries are read one after the other.
    for _ in 0..<1024 {
      if current.parent == command || known != 0 && current.parent == known { return true }
      if current.parent == own { return !isProgram(current.pid) }
      guard current.parent > 0, let parent = processEntry(current.parent) else { return false }
      current = parent
    }
    return false
  }

  /// Whether a process is there that may be the daemon of a COMMAND that has ended: an orphan that is no
  /// other program's and not older.
  func mayHaveDaemon(_ isProgram: (ProcessID) -> Bool) -> Bool {
    let own = processID()
    return allProcesses().contains {
      $0.parent == own && !$0.isZombie && $0.start >= commandStart && !isProgram($0.pid)
    }
  }

  /// Whether a process below COMMAND runs what the daemon ran: a wrapper has started it again.
  func hasSuccessor(named name: [UInt8]?) -> Bool {
    guard let name else { return false }
    return descendants(of: command).contains { processName($0.pid) == name }
  }
}
