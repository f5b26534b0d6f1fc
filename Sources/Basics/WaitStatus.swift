/// A process id. 0 stands for none.
public typealias ProcessID = Int32

/// How a process ended (`waitpid(2)`).
public enum WaitStatus: Equatable, Sendable {
  case exited(UInt8)
  case signalled(Signal)

  /// The status as shells and container engines write it: the code, or 128 + the signal.
  public var code: UInt8 {
    switch self {
    case .exited(let code): return code
    case .signalled(let signal): return UInt8(truncatingIfNeeded: 128 + signal.number)
    }
  }
}
