import CLinux

/// An open file. It is not closed by itself: who opens one says where it ends.
public struct FileDescriptor: Equatable, Sendable {
  public var number: Int32
  public init(number: Int32) { self.number = number }

  public static let standardInput = FileDescriptor(number: 0)
  public static let standardOutput = FileDescriptor(number: 1)
  public static let standardError = FileDescriptor(number: 2)

  /// `open(2)` for reading, close-on-exec.
  public static func openForReading(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    try open(path, O_RDONLY)
  }

  /// `open(2)` for reading, without waiting for the other end of a fifo.
  public static func openWithoutWaiting(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    try open(path, O_RDONLY | O_NONBLOCK)
  }

  /// A regular file, for reading, that others may have a hand in: a symbolic link on the way is
  /// followed when root or our own user has made it; a file with several names is refused in a folder
  /// that others may write to. Never waits.
  ///
  /// - Throws: ELOOP and EMLINK for these two, EINVAL for what is no regular file.
  public static func openSafely(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    try openSafely(path, O_RDONLY)
  }

  /// The same, for appending to what is there already.
  public static func openExisting(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    try openSafely(path, O_WRONLY | O_APPEND)
  }

  /// The same, for writing over what was there, made when missing (0644).
  public static func openForReplacing(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    let file = try openSafely(path, O_WRONLY | O_CREAT)
    do throws(Errno) {
      try file.truncate()
      return file
    } catch {
      file.close()
      throw error
    }
  }

  public static func openForReadingAndWriting(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    try open(path, O_RDWR)
  }

  /// The same, for writing anywhere in what is there already.
  public static func openForCorrecting(_ path: [UInt8]) throws(Errno) -> FileDescriptor {
    try openSafely(path, O_WRONLY)
  }

  /// A file without a name, empty (`memfd_create(2)`).
  public static func anonymous() throws(Errno) -> FileDescriptor {
    let number = cl_anonymous_file()
    guard number >= 0 else { throw Errno.last }
    return FileDescriptor(number: number)
  }

  /// A second open file on what descriptor `number` of ours is open on, so that it can be
  /// non-blocking without making the first one so, which others share. Needs /proc, and the
  /// permission to open it; a socket cannot be opened.
  public static func reopenForWriting(_ number: Int32) throws(Errno) -> FileDescriptor {
    try open(bytes("/proc/self/fd/") + decimalText(number), O_WRONLY | O_NONBLOCK)
  }

  /// A pipe for another's stdin: both ends close-on-exec, the writing one, ours, non-blocking.
  public static func inputPipe() throws(Errno) -> (reader: FileDescriptor, writer: FileDescriptor) {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutablePointer(to: &ends) { pointer in
      pointer.withMemoryRebound(to: Int32.self, capacity: 2) { cl_input_pipe($0) }
    }
    guard result == 0 else { throw Errno.last }
    return (FileDescriptor(number: ends.0), FileDescriptor(number: ends.1))
  }

  private static func openSafely(_ path: [UInt8], _ flags: Int32) throws(Errno) -> FileDescriptor {
    let number = withCString(path) { cl_open_safely($0, flags, 0o644, 0) }
    guard number >= 0 else { throw Errno.last }
    return FileDescriptor(number: number)
  }

  private static func open(_ path: [UInt8], _ flags: Int32) throws(Errno) -> FileDescriptor {
    let number = withCString(path) { cl_open($0, flags, 0o644) }
    guard number >= 0 else { throw Errno.last }
    return FileDescriptor(number: number)
  }

  /// `read(2)`, started again when interrupted. 0 at the end.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    while true {
      let count = CLinux.read(number, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if cl_errno() != EINTR { throw Errno.last }
    }
  }

  /// The file from its beginning, up to `limit` bytes, in one `pread(2)`: how the kernel's files of
  /// one number are read time and again.
  public func readAgain(limit: Int) throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limit)
    let count = pread(number, &buffer, limit, 0)
    guard count >= 0 else { throw Errno.last }
    return Array(buffer[..<count])
  }

  /// Writes what can be written without waiting; the number of bytes taken.
  public func writeNow(
    _ bytes: UnsafeRawBufferPointer, isSocket: Bool
  ) throws(Errno) -> Int {
    let count = cl_write_now(number, bytes.baseAddress, bytes.count, isSocket ? 1 : 0)
    guard count >= 0 else { throw Errno.last }
    return count
  }

  /// Makes `bytes` the last that the file has, from this position on. Not for pipes.
  public func replace(from position: Int, with bytes: [UInt8]) throws(Errno) {
    let count = pwrite(number, bytes, bytes.count, off_t(position))
    guard count == bytes.count else { throw count < 0 ? Errno.last : .invalid }
    guard ftruncate(number, off_t(position + bytes.count)) == 0 else { throw Errno.last }
  }

  /// Writes everything, waiting where the reader is slow; gives up at the first failure.
  public func writeAll(_ bytes: [UInt8]) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        CLinux.write(number, $0.baseAddress! + done, $0.count - done)
      }
      if count < 0, cl_errno() == EINTR { continue }
      guard count > 0 else { return }
      done += count
    }
  }

  public var isSocket: Bool { cl_is_socket(number) != 0 }
  public var isRegularFile: Bool { cl_is_regular(number) != 0 }
  public var isTerminal: Bool { isatty(number) != 0 }
  public func close() { _ = CLinux.close(number) }
}

/// Calls `body` with the bytes as a C string. They end at the first NUL, if there is one.
public func withCString<R>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
  (bytes + [0]).withUnsafeBufferPointer { buffer in
    buffer.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) }
  }
}
