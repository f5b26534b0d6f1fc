import Configuration
import Linux
import Supervision

/// The limit of processes of our cgroup (`pids.max`): a container that reaches it cannot fork any
/// more, and nothing but a number in /sys tells why.
struct PidsLimit {
  private var current: FileDescriptor?
  private var limit: Int64 = 0
  private var wasWarned = false
  /// What was said last of a fork that failed, and how long it may be said of others: to look at
  /// every process of the container takes its time.
  private var known: (words: ByteString, until: Time) = ("", Time(nanoseconds: 0))

  init() {
    for directory in cgroupFolders("pids") {
      let path = directory + "/pids.max"
      guard let text = try? readFile(path.bytes, limit: 64),
        let limit = leadingNumber(ByteString(text))
      else { continue }
      guard
        let file = try? FileDescriptor.openForReading((directory + "/pids.current").bytes)
      else { continue }
      self.limit = limit
      current = file
      return
    }
  }

  private func use() -> Int64? {
    guard let current, let text = try? current.readAgain(limit: 32) else { return nil }
    return leadingNumber(ByteString(text))
  }

  /// Once, when nine tenths are used.
  mutating func warning() -> ByteString? {
    guard !wasWarned, let use = use(), use >= limit / 10 * 9 else { return nil }
    wasWarned = true
    return message(
      "{} of {} processes are used (pids limit of the container)", decimal(use), decimal(limit))
  }

  /// Why a fork failed, if it was for the limit: how many there are, and whose; else nothing.
  ///
  /// - Parameters:
  ///   - program: the program whose process a pid is.
  ///   - name: its name.
  mutating func explain(
    at now: Time, _ program: (Int32) -> Slot?, _ name: (Slot) -> ByteString
  ) -> ByteString {
    guard let use = use(), use >= limit - 1 else { return "" }
    if now >= known.until {
      known.words = message(" (pids limit {} reached, {} used", decimal(limit), decimal(use))
      known.words += blame(program, name) + ")"
      known.until = now + .seconds(1)
    }
    return known.words
  }

  /// The program that most processes belong to: by their session, else by what stands above them.
  private func blame(_ program: (Int32) -> Slot?, _ name: (Slot) -> ByteString) -> ByteString {
    let entries = allProcesses()
    var keys: [SortKey] = []
    for entry in entries { keys.append(SortKey(first: Int(entry.pid))) }
    let order = ascendingOrder(of: keys)
    var (all, zombies): ([Int], [Int]) = ([], [])
    for entry in entries {
      var (owner, next) = (program(entry.session) ?? program(entry.pid), entry.parent)
      // Parents are read one after the other: there may be a loop.
      for _ in 0..<64 where owner == nil && next > 0 {
        owner = program(next)
        next = Self.parent(of: next, entries, order)
      }
      let place = owner.map { $0 + 1 } ?? 0
      while all.count <= place {
        all.append(0)
        zombies.append(0)
      }
      all[place] += 1
      if entry.isZombie { zombies[place] += 1 }
    }
    guard var most = all.indices.first else { return "" }
    for place in all.indices where all[place] > all[most] { most = place }
    return message(
      ": {} by {}, {} of them zombies", decimal(all[most]),
      most == 0 ? "orphans of no program" : name(most - 1), decimal(zombies[most]))
  }

  /// - Parameter order: the entries by their pid.
  static func parent(of pid: Int32, _ entries: [ProcessEntry], _ order: [Int]) -> Int32 {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[order[middle]].pid < pid { low = middle + 1 } else { high = middle }
    }
    guard low < order.count, entries[order[low]].pid == pid else { return 0 }
    return entries[order[low]].parent
  }
}
