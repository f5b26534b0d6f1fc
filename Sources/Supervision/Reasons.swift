// Why a start, a test, a program or the container has ended as it did.

import Basics
import Configuration

/// Why a start did not succeed.
public enum StartFailure: Equatable, Sendable {
  case spawn(SpawnFailure)
  /// It ended before `startsecs`.
  case tooQuick(WaitStatus)
  /// It ended before it was ready; a oneshot: not as expected.
  case ended(WaitStatus)
  /// `ready_timeout` was over; with what the last test failed.
  case notReady(after: Nanoseconds, ProbeFailure?)
  /// `run_timeout` was over.
  case overran(after: Nanoseconds)
  /// This program, which it depends on, is FATAL; the exit status that stands for that.
  case dependency(Slot, UInt8)
}

extension StartFailure {
  /// The exit status that stands for this failure; never 0.
  public var exitCode: UInt8 {
    switch self {
    case .spawn(let failure): return failure.exitCode
    case .tooQuick(let status), .ended(let status): return status.code == 0 ? 1 : status.code
    case .notReady, .overran: return 1
    case .dependency(_, let code): return code
    }
  }
}

/// Why a test failed.
public enum ProbeFailure: Equatable, Sendable {
  /// `health_timeout` was over.
  case timedOut
  /// A system call on the way failed.
  case errno(Int32)
  /// The test could not be made, for want of processes, descriptors or memory (`errno(3)`), which says
  /// nothing about the program.
  case notMade(Int32)
  /// What a web server answered; 0: what no web server would.
  case http(Int32)
  /// How the command ended.
  case ended(WaitStatus)
}

/// An end that was not expected of a program.
public enum UnexpectedEnd: Equatable, Sendable {
  /// From RUNNING.
  case exited(WaitStatus)
  /// It could not be started.
  case failed(StartFailure)

  /// The exit status that stands for it; never 0 for a failed start.
  public var code: UInt8 {
    switch self {
    case .exited(let status): return status.code
    case .failed(let failure): return failure.exitCode
    }
  }
}

/// How a program's last run ended, for the exit status of the container.
enum LastEnd: Equatable, Sendable {
  /// It has not ended, or was stopped on request, or ended as expected, or runs again.
  case fine
  /// `order` tells which of several came first.
  case unexpected(UnexpectedEnd, order: UInt64)
}

/// Why swinit ends. The code that it ends with stands beside it.
public enum ExitReason: Equatable, Sendable {
  /// A signal asked for the stop; `failed`: the program that made the code other than 0.
  case told(Signal, Sender, failed: Failure?)
  /// An essential program became FATAL.
  case essentialFatal(Slot, StartFailure)
  /// An essential program ended for good.
  case essentialExited(Slot, WaitStatus)
  /// COMMAND ended; it was running when the stop began, or was its reason.
  case commandEnded(Slot, WaitStatus)
  /// A program that COMMAND waits for became FATAL.
  case awaitedFatal(Slot, StartFailure)
  /// No program is left running; `failed`: the first that ended unexpectedly.
  case nothingLeft(failed: Failure?)

  /// Whose end made the exit status, and which end.
  public struct Failure: Equatable, Sendable {
    public var slot: Slot
    public var end: UnexpectedEnd

    public init(slot: Slot, end: UnexpectedEnd) {
      self.slot = slot
      self.end = end
    }
  }
}
