import CLinux

/// A process as /proc/PID/stat tells of it.
public struct ProcessEntry: Sendable {
  public var pid: Int32
  public var parent: Int32
  public var session: Int32
  public var isZombie: Bool
  /// When it was started, in ticks since the system was (`starttime` of `proc(5)`).
  public var start: UInt64
}

/// One process, or nil: it is gone, or cannot be read, or there is no /proc.
public func processEntry(_ pid: Int32) -> ProcessEntry? {
  (try? readProcessEntry(pid)) ?? nil
}

/// One process, or nil: it is gone, or is not ours to see, or there is no /proc.
///
/// - Throws: EMFILE, ENFILE, ENOMEM, EIO, EINTR: nothing is known of the process.
public func readProcessEntry(_ pid: Int32) throws(Errno) -> ProcessEntry? {
  let stat: [UInt8]?
  do throws(Errno) {
    stat = try readFile(procPath(pid, "/stat"), limit: 4096)
  } catch {
    if error.saysThatNoneIsThere { return nil }
    throw error
  }
  guard let text = stat,
    // The name in parentheses may hold anything: what follows the last one is regular.
    let end = text.lastIndex(of: UInt8(ascii: ")"))
  else { return nil }
  // state, ppid, pgrp, session, then fifteen others, and the start time.
  var entry = ProcessEntry(pid: pid, parent: 0, session: 0, isZombie: false, start: 0)
  var field = -1
  for byte in text[(end + 1)...] {
    if byte == UInt8(ascii: " ") {
      field += 1
      continue
    }
    let digit = byte &- 0x30
    guard digit <= 9 else {
      if field == 0 { entry.isZombie = byte == UInt8(ascii: "Z") }
      continue
    }
    switch field {
    case 1: entry.parent = entry.parent &* 10 &+ Int32(digit)
    case 3: entry.session = entry.session &* 10 &+ Int32(digit)
    case 19: entry.start = entry.start &* 10 &+ UInt64(digit)
    default: break
    }
  }
  return field > 3 ? entry : nil
}

/// Every process that /proc shows, in no order; empty where there is no /proc, or it cannot be listed.
public func allProcesses() -> [ProcessEntry] { (try? listProcesses()) ?? [] }

/// Every process that /proc shows, in no order; empty where there is no /proc.
///
/// - Throws: ENOMEM, EIO, EMFILE: the listing says nothing, and is to be tried again.
public func listProcesses() throws(Errno) -> [ProcessEntry] {
  var listing = try ProcessListing()
  try listing.read(.max)
  return listing.entries
}

/// Every process that /proc showed when the listing began and that was still there when it was read.
/// It is read in parts, for each process costs three system calls and there may be thousands.
public struct ProcessListing: Sendable {
  /// In the order of /proc, which is that of the pids; empty where there is no /proc.
  public private(set) var entries: [ProcessEntry] = []
  /// Those that were not read yet, the next one last.
  private var rest: [Int32] = []

  /// - Throws: ENOMEM, EIO, EMFILE: nothing is known, and it is to be tried again.
  public init() throws(Errno) {
    let names: [[UInt8]]
    do throws(Errno) {
      names = try Linux.entries(of: bytes("/proc"))
    } catch {
      if error == .noEntry { return }
      throw error
    }
    for name in names {
      if let pid = number(name[...]), pid > 0 { rest.append(pid) }
    }
    rest.reverse()
  }

  public var isComplete: Bool { rest.isEmpty }

  /// Reads the next `count` processes. The number of those that were read.
  ///
  /// - Throws: EMFILE, ENFILE, ENOMEM, EIO, EINTR: the whole listing says nothing, since a process
  ///   may be missing in it.
  @discardableResult
  public mutating func read(_ count: Int) throws(Errno) -> Int {
    var done = 0
    while done < count, let pid = rest.popLast() {
      done += 1
      if let entry = try readProcessEntry(pid) { entries.append(entry) }
    }
    return done
  }
}

/// Whether `ancestor` stands above `pid`; false when that cannot be known any more.
public func isDescendant(_ pid: Int32, of ancestor: Int32) -> Bool {
  var current = pid
  // Deeper than any real tree; a loop cannot be, but the entries are read one after the other.
  for _ in 0..<1024 {
    guard current > 0, let entry = processEntry(current) else { return false }
    if entry.parent == ancestor { return true }
    current = entry.parent
  }
  return false
}

/// The effective user of a process; nil: it is gone, or there is no /proc.
public func processUser(_ pid: Int32) -> UInt32? {
  var uid: UInt32 = 0
  // The folder itself belongs to that user also when the process may not be looked into.
  guard withCString(procPath(pid, ""), { cl_file_owner($0, &uid) }) == 0 else { return nil }
  return uid
}

/// Whether /proc is there and shows the processes of our own PID namespace.
public func procIsOurs() -> Bool { cl_proc_is_ours() != 0 }

/// The name of a process as the kernel has it (15 bytes at most).
public func processName(_ pid: Int32) -> [UInt8]? {
  guard let text = try? readFile(procPath(pid, "/comm"), limit: 64) else { return nil }
  return Array(text.prefix { $0 != UInt8(ascii: "\n") })
}

func procPath(_ pid: Int32, _ file: StaticString) -> [UInt8] {
  bytes("/proc/") + decimalText(pid) + bytes(file)
}

private func number(_ text: ArraySlice<UInt8>) -> Int32? {
  var value: Int32 = 0
  guard !text.isEmpty, text.count <= 9 else { return nil }
  for byte in text {
    guard byte >= 0x30, byte <= 0x39 else { return nil }
    value = value * 10 + Int32(byte - 0x30)
  }
  return value
}
