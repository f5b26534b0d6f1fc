import CLinux

/// Two limits of a process that are inherited through everything and mean nothing (`getrlimit(2)`: file
/// locks since Linux 2.4.25, resident memory since 2.4.30): they mark the processes of a tree.
public struct TreeMark: Equatable, Sendable {
  public var locks: UInt64
  public var resident: UInt64

  public init(locks: UInt64, resident: UInt64) { (self.locks, self.resident) = (locks, resident) }

  /// The hard limits that this process has itself: it cannot set higher ones without CAP_SYS_RESOURCE.
  ///
  /// - Throws: EPERM where the kernel does not tell.
  public static func greatest() throws(Errno) -> TreeMark {
    var mark = TreeMark(locks: 0, resident: 0)
    guard cl_mark_limits(&mark.locks, &mark.resident) == 0 else { throw Errno.last }
    return mark
  }

  /// Tries whether the kernel takes such limits; nothing is changed.
  ///
  /// - Throws: EPERM where the kernel refuses them (gVisor, a seccomp profile).
  public func tryHere() throws(Errno) {
    guard cl_try_mark(locks, resident) == 0 else { throw Errno.last }
  }
}

/// The mark of a process (its hard limits); nil: the process is gone, or the limits are infinite.
///
/// - Throws: EMFILE, ENFILE, ENOMEM, EIO, EINTR: nothing is known of its mark.
public func treeMark(of pid: Int32) throws(Errno) -> TreeMark? {
  let limits: [UInt8]?
  do throws(Errno) {
    limits = try readFile(procPath(pid, "/limits"), limit: 4096)
  } catch {
    if error.saysThatNoneIsThere { return nil }
    throw error
  }
  guard let text = limits, let locks = hardLimit(bytes("Max file locks"), text),
    let resident = hardLimit(bytes("Max resident set"), text)
  else { return nil }
  return TreeMark(locks: locks, resident: resident)
}

/// The second number of a line; nil: there is none (`unlimited`).
private func hardLimit(_ name: [UInt8], _ text: [UInt8]) -> UInt64? {
  for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: name) {
    let words = line.dropFirst(name.count).split(separator: UInt8(ascii: " "))
    guard words.count > 1 else { return nil }
    var value: UInt64 = 0
    for byte in words[1] {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = value &* 10 &+ UInt64(byte - 0x30)
    }
    return value
  }
  return nil
}
