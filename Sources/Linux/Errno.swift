import CLinux

/// An error number of a system call (`errno(3)`).
public struct Errno: Error, Equatable, Sendable {
  public var code: Int32
  public init(code: Int32) { self.code = code }

  /// What the last failed call left behind. To be read before anything else is called.
  public static var last: Errno { Errno(code: cl_errno()) }

  public static let permission = Errno(code: EPERM)
  public static let noAccess = Errno(code: EACCES)
  public static let noEntry = Errno(code: ENOENT)
  public static let noProcess = Errno(code: ESRCH)
  public static let noCall = Errno(code: ENOSYS)
  public static let noChild = Errno(code: ECHILD)
  public static let invalid = Errno(code: EINVAL)
  public static let tooLong = Errno(code: E2BIG)
  public static let isDirectory = Errno(code: EISDIR)
  public static let notDirectory = Errno(code: ENOTDIR)
  public static let canceled = Errno(code: ECANCELED)
  public static let noMemory = Errno(code: ENOMEM)
  public static let wouldBlock = Errno(code: EAGAIN)

  /// Descriptors or memory have run out, ours or the machine's.
  public var isShortage: Bool {
    code == EMFILE || code == ENFILE || code == ENOMEM || code == ENOBUFS || code == ENOSPC
  }

  /// Descriptors have run out, ours or the machine's.
  public var isOfDescriptors: Bool { code == EMFILE || code == ENFILE }
  /// Our own limit of descriptors is reached.
  public var isOurLimit: Bool { code == EMFILE }

  /// The C library's text: `No such file or directory`; of the refusals of
  /// `FileDescriptor.openSafely` a text of our own.
  @inline(never)
  public var message: [UInt8] {
    switch code {
    case ELOOP:
      return bytes("a symbolic link on the way was made by another user (root's are followed)")
    case EMLINK:
      return bytes(
        "the file has other names too (hard links), in a folder that others can write to")
    default: return bytes(of: strerror(code))
    }
  }
}

extension Errno {
  /// Of a look into /proc/PID: the process is gone, or is not ours to see. Anything else (EMFILE,
  /// ENFILE, ENOMEM, EIO, EINTR) says nothing about the process.
  var saysThatNoneIsThere: Bool {
    self == .noEntry || self == .noProcess || self == .noAccess || self == .permission
      || self == .notDirectory
  }
}
