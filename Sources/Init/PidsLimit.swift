import Configuration
import Linux

/// The limit of processes of our cgroup (`pids.max`): a container that reaches it cannot fork any
/// more, and nothing but a number in /sys tells why.
struct PidsLimit {
  private var current: FileDescriptor?
  private var limit: Int64 = 0
  private var wasWarned = false

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

  /// Why a fork failed, if it was for the limit: how many there are, and whose.
  ///
  /// - Parameter program: the name of the program whose process a pid is.
  func explain(program: (Int32) -> ByteString?) -> ByteString? {
    guard let use = use(), use >= limit - 1 else { return nil }
    return message("pids limit {} reached, {} used", decimal(limit), decimal(use)) + blame(program)
  }

  /// The program that most processes belong to: each program's are those of its session.
  private func blame(_ program: (Int32) -> ByteString?) -> ByteString {
    let entries = allProcesses()
    var keys: [SortKey] = []
    for entry in entries { keys.append(SortKey(first: Int(entry.session))) }
    var most = (session: Int32(0), all: 0, zombies: 0)
    var one = most
    for index in ascendingOrder(of: keys) {
      let entry = entries[index]
      if entry.session != one.session { one = (entry.session, 0, 0) }
      one.all += 1
      if entry.isZombie { one.zombies += 1 }
      if one.all > most.all { most = one }
    }
    guard most.all > 0 else { return "" }
    let owner = program(most.session) ?? message("session {}", decimal(most.session))
    return message(
      " ({} by {}, {} of them zombies)", decimal(most.all), owner, decimal(most.zombies))
  }
}
