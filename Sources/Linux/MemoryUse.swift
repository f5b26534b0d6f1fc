import CLinux

// What the kernel tells of memory: who holds it, and who is killed for it.

/// Tells that the OOM killer begins in a cgroup of version 1 (`memory.oom_control`), before it kills.
public struct OutOfMemoryEvent {
  public let descriptor: FileDescriptor

  /// - Parameter folder: of the cgroup; its `cgroup.event_control` is written to.
  public init(_ folder: [UInt8]) throws(Errno) {
    let number = withCString(folder) { cl_oom_event($0) }
    guard number >= 0 else { throw Errno.last }
    descriptor = FileDescriptor(number: number)
  }

  /// What it has told so far is known.
  public func acknowledge() { cl_clear_event(descriptor.number) }
}

/// Bytes of resident memory that are no part of a file and of no shared mapping (`statm` of `proc(5)`):
/// what has to be in memory and what the process's end gives back, but for what it shares with its
/// parent since the fork. 0: it is gone, or there is no /proc.
public func anonymousMemory(_ pid: Int32) -> Int64 {
  guard let text = try? readFile(procPath(pid, "/statm"), limit: 256) else { return 0 }
  // size, resident, shared, …, in pages.
  var numbers: (Int64, Int64, Int64) = (0, 0, 0)
  var field = 0
  for byte in text {
    let digit = byte &- 0x30
    guard digit <= 9 else {
      field += 1
      if field == 3 { break }
      continue
    }
    switch field {
    case 0: numbers.0 = numbers.0 &* 10 &+ Int64(digit)
    case 1: numbers.1 = numbers.1 &* 10 &+ Int64(digit)
    default: numbers.2 = numbers.2 &* 10 &+ Int64(digit)
    }
  }
  return max(0, numbers.1 &- numbers.2) &* Int64(cl_page_size())
}

/// How many children of ours a SIGKILL was sent to that were not reaped yet. nil: there is no /proc.
public func childrenBeingKilled() -> Int64? {
  var count: Int64 = 0
  if let text = try? readFile(bytes("/proc/thread-self/children"), limit: 1 << 20) {
    var pid: Int32 = 0
    for byte in text {
      let digit = byte &- 0x30
      if digit <= 9 {
        pid = pid &* 10 &+ Int32(digit)
      } else {
        if isBeingKilled(pid) { count += 1 }
        pid = 0
      }
    }
    return count
  }
  let entries = allProcesses()
  if entries.isEmpty { return nil }
  let own = processID()
  for entry in entries where entry.parent == own && isBeingKilled(entry.pid) { count += 1 }
  return count
}

/// Whether SIGKILL is pending for the whole process (`ShdPnd` of `proc(5)`): that stays so until it is
/// reaped.
private func isBeingKilled(_ pid: Int32) -> Bool {
  guard let text = try? readFile(procPath(pid, "/status"), limit: 8192) else { return false }
  let name = bytes("ShdPnd:")
  var start = 0
  while start < text.count {
    var end = start
    while end < text.count, text[end] != 0x0A { end += 1 }
    if end - start > name.count, text[start..<(start + name.count)].elementsEqual(name) {
      // In hexadecimal digits; the third from the end has signals 9 to 12.
      guard end - start > name.count + 3 else { return false }
      let digit = text[end - 3]
      return (digit <= 0x39 ? digit &- 0x30 : digit &- 0x57) & 1 != 0
    }
    start = end + 1
  }
  return false
}
