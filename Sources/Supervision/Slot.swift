import Basics
import Configuration

/// A program's place in `Configuration.programs`, and the core's name for it.
public typealias Slot = Int

/// Why a process could not be made into its program: a step between fork and exec that failed.
public struct SpawnFailure: Error, Equatable, Sendable {
  /// Opaque here; whoever starts processes knows the steps and their names.
  public var step: UInt8
  /// Which of several things of one step it was; as opaque as `step`.
  public var detail: UInt8 = 0
  public var errno: Int32
  /// What a shell would exit with: 127 command not found, 126 not executable, 1 anything else.
  public var exitCode: UInt8

  public init(step: UInt8, errno: Int32, exitCode: UInt8) {
    self.step = step
    self.errno = errno
    self.exitCode = exitCode
  }
}

/// Who sent a signal, as far as the kernel told (`si_pid`, `si_uid` of `sigaction(2)`).
public struct Sender: Equatable, Sendable {
  /// 0: from outside of our PID namespace; -1: the kernel itself (a terminal's ^C).
  public var pid: ProcessID
  public var uid: UInt32
  /// One of our programs or a process that it started.
  public var isDescendant: Bool

  public init(pid: ProcessID, uid: UInt32, isDescendant: Bool) {
    self.pid = pid
    self.uid = uid
    self.isDescendant = isDescendant
  }
}
