import CLinux

/// What tells that a file was written, replaced or touched since: no clock is asked.
public struct FileStamp: Equatable, Sendable {
  private var device: UInt64 = 0
  private var inode: UInt64 = 0
  private var size: UInt64 = 0
  private var modified: Int64 = 0
  private var changed: Int64 = 0

  /// Of a file that is not there, all such are alike.
  public init(_ path: [UInt8]) {
    var stamp = cl_file_stamp()
    guard withCString(path, { cl_file_stamp($0, &stamp) }) == 0 else { return }
    device = stamp.device
    inode = stamp.inode
    size = stamp.size
    modified = stamp.modified
    changed = stamp.changed
  }
}

/// The number that the first line of a file is, blanks around it aside; nil when it is anything
/// else, or the file cannot be read. Never waits: what is no regular file is not read.
public func numberInFile(_ path: [UInt8]) -> Int32? {
  guard let file = try? FileDescriptor.openSafely(path) else { return nil }
  defer { file.close() }
  guard let text = try? file.readAgain(limit: 64) else { return nil }
  let line = text.prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
  func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
  let front = line.drop { isBlank($0) }
  var number: Int32 = 0
  var isOver = false
  for byte in front {
    if isBlank(byte) {
      isOver = true
      continue
    }
    guard !isOver, byte >= 0x30, byte <= 0x39 else { return nil }
    let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
    let (sum, carry) = tens.addingReportingOverflow(Int32(byte - 0x30))
    if overflow || carry { return nil }
    number = sum
  }
  return number > 0 ? number : nil
}

/// One process, whatever becomes of its pid (`pidfd_open(2)`). Readable when it has ended.
public struct ProcessDescriptor {
  public let descriptor: FileDescriptor

  /// - Throws: ENOSYS before Linux 5.3.
  public init(_ pid: Int32) throws(Errno) {
    let number = cl_pidfd_open(pid)
    guard number >= 0 else { throw Errno.last }
    descriptor = FileDescriptor(number: number)
  }

  public var hasEnded: Bool { cl_pidfd_ended(descriptor.number) != 0 }

  public func send(_ signal: Int32) throws(Errno) {
    guard cl_pidfd_signal(descriptor.number, signal) == 0 else { throw Errno.last }
  }
}

/// Whether the process is a child of ours that was not reaped yet. Needs no /proc.
public func isChild(_ pid: Int32) -> Bool { cl_is_child(pid) != 0 }

/// Tells of changes to files and directories (`inotify(7)`).
public struct FileWatcher {
  public let descriptor: FileDescriptor

  /// - Throws: EMFILE where the user's instances are used up.
  public init() throws(Errno) {
    let number = cl_inotify_create()
    guard number >= 0 else { throw Errno.last }
    descriptor = FileDescriptor(number: number)
  }

  /// Of a file: written, touched, moved or removed. The watch's number.
  public func watchFile(_ path: [UInt8]) throws(Errno) -> Int32 {
    let watch = withCString(path) { cl_inotify_watch_file(descriptor.number, $0) }
    guard watch >= 0 else { throw Errno.last }
    return watch
  }

  /// Of a directory: something came into it, or it was moved or removed.
  public func watchDirectory(_ path: [UInt8]) throws(Errno) -> Int32 {
    let watch = withCString(path) { cl_inotify_watch_directory(descriptor.number, $0) }
    guard watch >= 0 else { throw Errno.last }
    return watch
  }

  public func remove(_ watch: Int32) { _ = cl_inotify_remove(descriptor.number, watch) }

  /// The watches that something happened to, without waiting; -1 stands for any of them.
  public func changed() -> [Int32] {
    var watches = [Int32](repeating: 0, count: 64)
    let count = cl_inotify_read(descriptor.number, &watches, 64)
    return Array(watches.prefix(max(0, Int(count))))
  }
}
