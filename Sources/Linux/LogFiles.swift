import CLinux

/// A pipe that programs write into. Our end is non-blocking, theirs is not; neither reaches a child
/// by itself.
public struct LogPipe: Sendable {
  public let reader: FileDescriptor
  public let writer: FileDescriptor

  public init() throws(Errno) {
    (reader, writer) = try makePipe(cl_log_pipe)
  }

  public func close() {
    reader.close()
    writer.close()
  }

  /// Makes it hold more (`F_SETPIPE_SZ`). Beyond the kernel's limits it stays as it is.
  public func widen(to bytes: Int) { _ = cl_widen_pipe(writer.number, Int32(bytes)) }

  /// Lets the user open it by name. Where that cannot be had, writing still works.
  public func give(to credentials: Credentials) {
    _ = cl_give_pipe(writer.number, credentials.uid, credentials.gid)
  }
}

extension FileDescriptor {
  /// A log file, for appending: made with its parents where missing, never waiting for a reader, by
  /// the rules of `openSafely`.
  public static func openLog(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    let number = withCString(path) { cl_open_log($0) }
    guard number >= 0 else { throw Errno.last }
    return FileDescriptor(number: number)
  }

  /// A socket to syslog, which takes a line in each write.
  public static func syslog() throws(Errno) -> FileDescriptor {
    let number = cl_syslog_socket()
    guard number >= 0 else { throw Errno.last }
    return FileDescriptor(number: number)
  }

  /// Whether we ourselves may not open by name what this is open on, or nobody can (a socket).
  public var refusesToBeOpened: Bool { cl_refuses_to_open(number) == 1 }

  /// Whether that user could open by name (/dev/stdout) what this is open on.
  public func canBeOpened(by credentials: Credentials) -> Bool {
    credentials.groups.withUnsafeBufferPointer { groups in
      cl_may_write(
        number, credentials.uid, credentials.gid, groups.baseAddress, Int32(groups.count)) == 1
    }
  }

  /// A second open file on what this is open on, which never waits; nil where that cannot be had or is
  /// not wanted: of a socket, or of a file, whose position is shared.
  public var reopenedWithoutWaiting: FileDescriptor? {
    isRegularFile || isSocket ? nil : try? FileDescriptor.reopenForWriting(number)
  }

  public var identity: FileIdentity? {
    var identity = FileIdentity()
    return cl_identify(number, &identity.device, &identity.inode) == 0 ? identity : nil
  }

  public func isSameFile(as other: FileDescriptor) -> Bool {
    cl_is_same_file(number, other.number) == 1
  }

  /// Whether the path still leads to this file.
  public func isNamed(_ path: [UInt8]) -> Bool {
    withCString(path) { cl_names_file($0, number) } == 1
  }

  /// Bytes; negative when that cannot be known.
  public var size: Int64 { cl_file_size(number) }

  /// Bytes that can be read from a pipe at once.
  public var bytesWaiting: Int { Int(cl_bytes_waiting(number)) }

  public func truncate() throws(Errno) {
    guard cl_truncate(number) == 0 else { throw Errno.last }
  }

  /// `write(2)` of a descriptor that never waits; the number of bytes taken.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int {
    let count = cl_write(number, bytes.baseAddress, bytes.count)
    guard count >= 0 else { throw Errno.last }
    return count
  }
}

/// Which file something is, whatever its names.
public struct FileIdentity: Equatable, Sendable {
  var device: UInt64 = 0
  var inode: UInt64 = 0
}

extension Errno {
  public static let noSpace = Errno(code: ENOSPC)
  public static let messageTooLong = Errno(code: EMSGSIZE)
}

/// Makes a file of a new name, empty, for its owner alone: eight letters and digits between the two
/// parts. Its path.
public func makeUniqueFile(_ prefix: [UInt8], _ suffix: [UInt8]) throws(Errno) -> [UInt8] {
  var path = prefix + [UInt8](repeating: 0x78, count: 8) + suffix + [0]
  let count = path.count - 1
  let result = path.withUnsafeMutableBufferPointer { buffer in
    buffer.withMemoryRebound(to: CChar.self) {
      cl_make_unique($0.baseAddress, count, suffix.count)
    }
  }
  guard result == 0 else { throw Errno.last }
  path.removeLast()
  return path
}

/// Some milliseconds, in which others do something. Only where there is nothing else to do.
public func pauseBriefly() { cl_pause_briefly() }

/// CLOCK_REALTIME in nanoseconds.
public func wallClockNow() -> Int64 { cl_wall_clock_now() }

/// The name that we were called by.
public func ownName() -> [UInt8] { cl_own_name().map { bytes(of: $0) } ?? [] }
