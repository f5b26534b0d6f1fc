import Configuration
import Linux

/// The limit of processes of our cgroup (`pids.max`): a container that reaches it cannot fork any
/// more, and nothing but a number in /sys tells why.
struct PidsLimit {
  private var current: FileDescriptor?
  private var limit: Int64 = 0
  private var wasWarned = false

  init() {
    for directory in Self.candidates() {
      let path = directory + "/pids.max"
      guard let text = try? readFile(path.bytes, limit: 64), let limit = Self.number(text)
      else { continue }
      guard
        let file = try? FileDescriptor.openForReading((directory + "/pids.current").bytes)
      else { continue }
      self.limit = limit
      current = file
      return
    }
  }

  /// Where the cgroup may be: version 2 and 1, with and without a namespace of its own.
  private static func candidates() -> [ByteString] {
    var list: [ByteString] = []
    let text = (try? readFile(ByteString("/proc/self/cgroup").bytes, limit: 16 << 10)) ?? []
    for line in ByteString(text).split(at: UInt8(ascii: "\n")) {
      let fields = line.split(at: UInt8(ascii: ":"))
      guard fields.count == 3 else { continue }
      if fields[1].isEmpty { list.append("/sys/fs/cgroup" + fields[2]) }
      if fields[1] == "pids" { list.append("/sys/fs/cgroup/pids" + fields[2]) }
    }
    return list + ["/sys/fs/cgroup", "/sys/fs/cgroup/pids"]
  }

  /// `max`, and everything else that is no number, is no limit.
  private static func number(_ text: [UInt8]) -> Int64? {
    var value: Int64 = 0
    var digits = 0
    for byte in text {
      guard byte >= 0x30, byte <= 0x39, digits < 18 else { break }
      value = value * 10 + Int64(byte - 0x30)
      digits += 1
    }
    return digits > 0 ? value : nil
  }

  private func use() -> Int64? {
    guard let current, let text = try? current.readAgain(limit: 32) else { return nil }
    return Self.number(text)
  }

  /// Once, when nine tenths are used.
  mutating func warning() -> ByteString? {
    guard !wasWarned, let use = use(), use >= limit / 10 * 9 else { return nil }
    wasWarned = true
    return message("{} of {} processes are used (pids limit of the container)", decimal(use), decimal(limit))
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
    return message(" ({} by {}, {} of them zombies)", decimal(most.all), owner, decimal(most.zombies))
  }
}
