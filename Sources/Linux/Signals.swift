import CLinux

/// A signal that was sent to us, as the kernel tells of it (`signalfd(2)`).
public struct ReceivedSignal: Sendable {
  public var number: Int32
  /// 0 when the sender is outside of our PID namespace, or the kernel.
  public var senderPID: Int32
  public var senderUID: UInt32
  /// The kernel sent it: ^C on a terminal, for instance.
  public var isFromKernel: Bool
}

/// All signals as one descriptor. Everything but what a fault of our own raises is blocked from
/// then on, so nothing ever interrupts the program between two of its lines.
public struct SignalDescriptor {
  public let descriptor: FileDescriptor

  public init() throws(Errno) {
    let number = cl_take_signals()
    guard number >= 0 else { throw Errno.last }
    descriptor = FileDescriptor(number: number)
  }

  /// The next signal that waits, if one does.
  public func next() -> ReceivedSignal? {
    var signal = cl_signal()
    guard cl_read_signal(descriptor.number, &signal) == 1 else { return nil }
    return ReceivedSignal(
      number: signal.number, senderPID: signal.sender_pid, senderUID: signal.sender_uid,
      isFromKernel: signal.from_kernel != 0)
  }
}

/// `kill(2)`. A pid below 0 is a process group; -1 everything that we may signal, so 0 and 1 of
/// the caller's arithmetic must never get here by accident.
public func sendSignal(_ number: Int32, to pid: Int32) throws(Errno) {
  guard cl_kill(pid, number) == 0 else { throw Errno.last }
}

/// Runs `body`, which may be held up by a file. A stop signal that comes meanwhile, or came before,
/// ends this process with status 0: nothing was started yet.
public func whileSignalsEndUs<R>(_ body: () -> R) -> R {
  cl_signals_end_us(1)
  defer { cl_signals_end_us(0) }
  return body()
}
