import CLinux

/// A message of sd_notify(3), and the process that sent it, as the kernel says.
public struct Notification: Sendable {
  /// 0: the process lives in another PID namespace.
  public var pid: Int32
  public var uid: UInt32
  /// The message says READY=1.
  public var isReady: Bool
  /// The message carries descriptors (BARRIER=1, FDSTORE=1): only a child may take it.
  public var hasDescriptors: Bool
}

/// A socket for sd_notify(3): NOTIFY_SOCKET names it. Nothing here ever waits, and no descriptor of a
/// message ever comes into this process.
public struct NotifySocket: Sendable {
  public let descriptor: FileDescriptor
  public let name: [UInt8]

  /// - Throws: EMFILE, ENOMEM, and the other errors of `socket(2)` and `bind(2)`.
  public init() throws(Errno) {
    var name = [CChar](repeating: 0, count: 32)
    let number = cl_notify_socket(&name, 32)
    guard number >= 0 else { throw Errno.last }
    descriptor = FileDescriptor(number: number)
    var text: [UInt8] = []
    for byte in name {
      if byte == 0 { break }
      text.append(UInt8(bitPattern: byte))
    }
    self.name = text
  }

  /// The oldest message, which stays in the queue; nil: there is none.
  public func look() -> Notification? {
    var found = cl_notification()
    guard cl_notify_look(descriptor.number, &found) == 1 else { return nil }
    return Notification(
      pid: found.pid, uid: found.uid, isReady: found.is_ready != 0,
      hasDescriptors: found.has_descriptors != 0)
  }

  /// Takes the oldest message out of the queue. It carries no descriptors.
  public func take() { cl_notify_take(descriptor.number) }

  /// Makes a child that takes the oldest message with its descriptors and ends within seconds; its
  /// pid. The queue is to be left alone until it has ended.
  ///
  /// - Throws: EAGAIN and ENOMEM of `fork(2)`.
  public func takeInChild() throws(Errno) -> Int32 {
    let pid = cl_notify_drop(descriptor.number)
    guard pid > 0 else { throw Errno.last }
    return pid
  }

  /// Refuses all further messages; those in the queue stay.
  public func shut() { cl_notify_shut(descriptor.number) }
}
