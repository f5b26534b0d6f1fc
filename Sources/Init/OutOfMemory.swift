import Basics
import Configuration
import Linux
import Supervision

/// Tells an OOM kill from any other SIGKILL: the kernel counts those of our cgroup (`oom_kill` in
/// `memory.events`, version 1: in `memory.oom_control`), and counts before it kills.
///
/// The kernel's own news of a kill (`MemoryNews`) has the count read at once; where that cannot be had
/// it is read when a SIGKILL that is not ours has ended a process. Each kill that was counted is laid to
/// one death: to the next child of ours that a SIGKILL has ended, as long as there is one for which
/// SIGKILL is pending. Where there is none it has hit a process that somebody else reaps, a worker of a
/// program: that is said, and no later SIGKILL is taken for it.
///
/// The files are opened at the start. What cannot be told apart: an OOM kill of a worker, and another's
/// SIGKILL to one of our children before the first has been looked into.
struct OutOfMemory {
  /// How long a kill may wait for its death to be seen, before it is looked who dies: the kernel counts
  /// it some microseconds before it sends SIGKILL.
  private static let firstLook = Nanoseconds.milliseconds(20)
  /// The same where somebody else than the kernel's cgroups writes the files: there is no order then.
  private static let patientLook = Nanoseconds.seconds(1)
  /// Pauses between looks double; behind a longer one no further look follows.
  private static let lastLook = Nanoseconds.seconds(1)
  /// A shell that says with 137 that its child was killed does so within this time.
  private static let shellPatience = Nanoseconds.seconds(10)

  private var events: FileDescriptor?
  private var limit: FileDescriptor?
  /// Of our cgroup; empty: there is none that counts.
  private(set) var folder: ByteString = ""
  private(set) var isVersion2 = false
  private var seen: Int64 = 0
  /// Of version 2: how often the limit was reached.
  private var reached: Int64 = 0
  /// It was reached since `hear` told so last.
  private var isReached = false

  /// Kills that were counted and belong to no death yet.
  private var open: Int64 = 0
  private var look: Time?
  private var pause = OutOfMemory.firstLook
  /// Kills of processes that are not our children, which a shell may still tell of.
  private var told: Int64 = 0
  private var toldEnd = Time(nanoseconds: 0)
  /// The files are not the kernel's.
  var isPatient = false

  init() {
    for folder in cgroupFolders("memory") {
      isVersion2 = true
      if take(folder, "/memory.events", "/memory.max") { return }
      isVersion2 = false
      if take(folder, "/memory.oom_control", "/memory.limit_in_bytes") { return }
    }
  }

  private mutating func take(
    _ folder: ByteString, _ events: ByteString, _ limit: ByteString
  ) -> Bool {
    guard let file = try? FileDescriptor.openForReading((folder + events).bytes) else {
      return false
    }
    self.events = file
    // Kernels before 4.13 count nothing.
    guard let text = text(), let count = oomKills(in: text) else {
      file.close()
      self.events = nil
      return false
    }
    seen = count
    reached = number("max ", in: text) ?? 0
    self.limit = try? FileDescriptor.openForReading((folder + limit).bytes)
    self.folder = folder
    return true
  }

  /// The file that has news, `memory.events` of version 2.
  var newsFile: FileDescriptor? { isVersion2 ? events : nil }

  private func text() -> ByteString? {
    (try? events?.readAgain(limit: 512)).map { ByteString($0) }
  }

  private func number(_ word: Literal, in text: ByteString) -> Int64? {
    for line in text.split(at: UInt8(ascii: "\n")) where line.hasPrefix(word) {
      return leadingNumber(line.dropping(word.count))
    }
    return nil
  }

  /// Reads what the kernel has counted.
  private mutating func count(at now: Time) {
    guard let text = text(), let count = oomKills(in: text) else { return }
    if count > seen {
      open += count - seen
      seen = count
      lookSoon(now)
    }
    guard isVersion2, let max = number("max ", in: text), max > reached else { return }
    reached = max
    isReached = true
  }

  private mutating func lookSoon(_ now: Time) {
    pause = isPatient ? Self.patientLook : Self.firstLook
    look = now + pause
  }

  /// The kernel has news. Whether the limit was reached since the last time; of version 2 alone.
  mutating func hear(at now: Time) -> Bool {
    count(at: now)
    // Version 1 tells of the kill before it counts it.
    if !isVersion2, look == nil { lookSoon(now) }
    defer { isReached = false }
    return isReached
  }

  /// Closes both files.
  mutating func giveUp() {
    events?.close()
    limit?.close()
    (events, limit) = (nil, nil)
  }

  /// Opens them again. What was killed meanwhile is told of no later death.
  mutating func takeBack() {
    self = OutOfMemory()
  }

  /// Whether the OOM killer is behind a SIGKILL that was seen just now; the words for it.
  ///
  /// - Parameter isShell: it was not the process itself that was killed: it says so of its child.
  mutating func explain(at now: Time, isShell: Bool) -> ByteString? {
    count(at: now)
    if open > 0 {
      open -= 1
    } else if isShell, told > 0, now <= toldEnd {
      told -= 1
    } else {
      return nil
    }
    return "killed by the OOM killer" + limitWords
  }

  /// When `timePassed` is to be called; nil: never.
  var deadline: Time? { look }

  /// Looks whom the kills have hit that belong to no death yet. How many were no children of ours.
  mutating func timePassed(_ now: Time) -> Int64 {
    guard let due = look, due <= now else { return 0 }
    let next = Nanoseconds(pause.count * 2)
    count(at: now)
    pause = next
    look = next <= Self.lastLook && !isPatient ? now + next : nil
    if open == 0 {
      // Of version 1 a kill that was told of may not be counted yet.
      if isVersion2 { look = nil }
      return 0
    }
    let others = max(0, open - (childrenBeingKilled() ?? 0))
    open -= others
    if others > 0 {
      told = (toldEnd < now ? 0 : told) + others
      toldEnd = now + Self.shellPatience
    }
    if open == 0, isVersion2 { look = nil }
    return others
  }

  /// ` (limit 512 MiB)`, or nothing.
  var limitWords: ByteString {
    (try? limit?.readAgain(limit: 32)).map { limitText(ByteString($0)) } ?? ""
  }
}
