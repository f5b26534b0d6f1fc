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
    // A failed call leaves zeros.
    _ = withCString(path) { cl_file_stamp($0, &stamp) }
    self.init(stamp)
  }

  init(_ stamp: cl_file_stamp) {
    device = stamp.device
    inode = stamp.inode
    size = stamp.size
    modified = stamp.modified
    changed = stamp.changed
  }
}

/// A pidfile as it was read.
public struct PidfileContents: Sendable {
  /// The process that it names; nil: it names none.
  public var pid: Int32?
  public var owner: UInt32
  public var stamp: FileStamp
}

/// Reads a pidfile by the rules of `FileDescriptor.openSafely`; nil: there is none, or none that may be
/// read.
///
/// - Throws: what says nothing of the file (EIO, EINTR, ENOMEM, EMFILE …): it is to be read again.
public func readPidfile(_ path: [UInt8]) throws(Errno) -> PidfileContents? {
  let file: FileDescriptor
  do throws(Errno) {
    file = try .openSafely(path)
  } catch {
    switch error.code {
    case ENOENT, ENOTDIR, ELOOP, EMLINK, EINVAL, EISDIR, EACCES, ENAMETOOLONG: return nil
    default: throw error
    }
  }
  defer { file.close() }
  var stamp = cl_file_stamp()
  var owner: UInt32 = 0
  guard cl_file_stamp_of(file.number, &stamp, &owner) == 0 else { throw Errno.last }
  let text = try file.readAgain(limit: 64)
  return PidfileContents(pid: number(inLine: text), owner: owner, stamp: FileStamp(stamp))
}

/// The number that the first line of a file is, blanks around it aside; nil when it is anything else.
private func number(inLine text: [UInt8]) -> Int32? {
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

  /// Sends a signal to the process. Where the kernel, or a seccomp profile, has pidfd_open(2) and
  /// refuses pidfd_send_signal(2), `kill(2)` sends it, unless the process has ended.
  ///
  /// - Parameter pid: of this same process.
  public func send(_ signal: Int32, to pid: Int32) throws(Errno) {
    if cl_pidfd_signal(descriptor.number, signal) == 0 { return }
    let failure = Errno.last
    guard failure == .noCall || failure == .permission, !hasEnded else { throw failure }
    // It may end, and another one get its number, in between: only a process that nobody has reaped
    // is sent the signal, and a child of ours is reaped by nobody else.
    try sendSignal(signal, to: pid)
  }
}

/// Whether no process has the pid. That it cannot be looked at (EPERM) is no proof.
public func processIsGone(_ pid: Int32) -> Bool {
  cl_kill(pid, 0) < 0 && cl_errno() == ESRCH
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
