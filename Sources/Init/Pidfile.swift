import Basics
import Configuration
import Linux
import Supervision

/// A pidfile, and the process that it names, if that one may be believed.
///
/// The file is the program's own word: it may be old and name a stranger that has got the pid since, or
/// be written to have a stranger killed. So it counts only when it has changed since the program was
/// started, and a process only when it descends from the program and has its user:
///
/// - it stands below COMMAND or the daemon so far, or below an orphan that is in the session of
///   COMMAND or has the program's mark (`Marks`; where marks cannot be set: that is no other program's);
/// - it runs as the program's user, or root owns the file, or the program is root's itself, for then
///   it may become anybody. Without /proc only a child of ours is believed, and only then.
struct Pidfile {
  /// What a look at the file gave.
  enum Found {
    case nobody
    case process(ProcessID)
    /// The look has failed and says nothing.
    case unknown
  }

  let path: [UInt8]
  /// What it was when the program was started.
  private var old: FileStamp
  private var command: ProcessID = 0
  private var commandStart: UInt64 = 0
  /// The user of the program.
  private var user: UInt32 = 0

  init(_ path: [UInt8]) {
    self.path = path
    old = FileStamp(path)
  }

  /// Before the program is started.
  mutating func forget() { old = FileStamp(path) }

  /// Removes the file when it is left of an earlier life: many daemons refuse to start beside one. A
  /// file that holds anything but a pid is left alone.
  ///
  /// - Throws: why it could not be removed.
  func removeStale(_ world: PidfileWorld) throws(Errno) {
    guard let contents = (try? readPidfile(path)) ?? nil, let pid = contents.pid else { return }
    let isAlive = !processIsGone(pid)
    if isAlive, try world.bears(pid) ?? (isChild(pid) && !world.isProgram(pid)) { return }
    try removeFile(path)
  }

  mutating func started(_ pid: ProcessID, user: UInt32) {
    command = pid
    self.user = user
    commandStart = processEntry(pid)?.start ?? 0
  }

  /// The process that it names, if that is one of the program's.
  ///
  /// - Parameter known: the daemon so far, or 0: what it has started is the program's too.
  func daemon(known: ProcessID, _ world: PidfileWorld) -> Found {
    do throws(Errno) {
      guard let contents = try readPidfile(path), contents.stamp != old, let pid = contents.pid,
        pid > 1, pid != processID(), pid != command
      else { return .nobody }
      let isRoots = user == 0 || contents.owner == 0
      guard let entry = try readProcessEntry(pid) else {
        if processIsGone(pid) { return .nobody }
        // Without /proc.
        if try readProcessEntry(processID()) != nil { return .unknown }
        return isRoots && isChild(pid) && !world.isProgram(pid) ? .process(pid) : .nobody
      }
      guard !entry.isZombie, entry.start >= commandStart else { return .nobody }
      if !isRoots {
        guard let owner = processUser(pid) else { return processIsGone(pid) ? .nobody : .unknown }
        if owner != user { return .nobody }
      }
      return try descends(entry, known, world) ? .process(pid) : .nobody
    } catch {
      return .unknown
    }
  }

  private func descends(
    _ entry: ProcessEntry, _ known: ProcessID, _ world: PidfileWorld
  ) throws(Errno) -> Bool {
    let own = processID()
    var current = entry
    // Deeper than any real tree; a loop cannot be, but the entries are read one after the other.
    for _ in 0..<1024 {
      if current.session == command { return true }
      if current.parent == command || known != 0 && current.parent == known { return true }
      if current.parent == own {
        return try world.bears(current.pid) ?? !world.isProgram(current.pid)
      }
      guard current.parent > 0, let parent = try readProcessEntry(current.parent) else {
        return false
      }
      current = parent
    }
    return false
  }

  /// Whether a process is there that may be the daemon of a COMMAND that has ended: an orphan that is not
  /// older and has the program's mark, or, without marks, is no other program's.
  func mayHaveDaemon(_ world: PidfileWorld) -> Bool {
    let own = processID()
    do throws(Errno) {
      for entry in try listProcesses()
      where entry.parent == own && !entry.isZombie && entry.start >= commandStart {
        if try world.bears(entry.pid) ?? !world.isProgram(entry.pid) { return true }
      }
      return false
    } catch {
      // Nobody knows: it may.
      return true
    }
  }

  /// Whether a process below COMMAND runs what the daemon ran: a wrapper has started it again.
  func hasSuccessor(named name: [UInt8]?) -> Bool {
    guard let name else { return false }
    return descendants(of: command).contains { processName($0.pid) == name }
  }
}

/// What a `Pidfile` has to know of other processes.
struct PidfileWorld {
  /// Whether a pid is the process of some program.
  var isProgram: (ProcessID) -> Bool
  /// Whether a process has the mark of the program; nil: there are no marks.
  var bears: (ProcessID) throws(Errno) -> Bool?
}
