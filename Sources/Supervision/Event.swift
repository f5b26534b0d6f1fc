import Configuration

/// A program's place in `Configuration.programs`, and the core's name for it.
public typealias Slot = Int

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

/// Why a process could not be made into its program: a step between fork and exec that failed.
public struct SpawnFailure: Equatable, Sendable {
  /// Opaque here; whoever starts processes knows the steps and their names.
  public var step: UInt8
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

/// What happens to the core. Everything it knows of the world comes in as one of these.
public enum Event: Sendable {
  /// Once, first: start what starts by itself.
  case begin
  /// Answers `Action.spawn`: the process is there, its exec still to come.
  case forked(Slot, ProcessID)
  /// Answers `Action.spawn`: there is no process.
  case forkFailed(Slot, SpawnFailure)
  /// The exec of the slot's process succeeded.
  case executed(Slot)
  /// The slot's process could not become its program; that it has ended comes separately.
  case executionFailed(Slot, SpawnFailure)
  /// A child was reaped; it may be an orphan that is nobody's program.
  case ended(ProcessID, WaitStatus)
  /// The slot's process has put the program into the background and ended; who is there is not
  /// known yet. Then either `followed` or `gone` comes.
  case detached(Slot)
  /// The slot's process is this one from now on.
  case followed(Slot, ProcessID)
  /// A program that was detached or followed has ended.
  case gone(Slot, WaitStatus)
  /// Answers `Action.checkTree`: processes that the slot's program has started are left.
  case treeLeft(Slot)
  /// Answers `Action.checkTree`: none is left; or none is any more, after `treeLeft`.
  case treeGone(Slot)
  /// A signal for swinit itself.
  case signal(Signal, Sender)
  /// `Supervisor.nextDeadline` has come, or `Supervisor.hasMore` asks for another turn.
  case tick
  /// After `Action.sweep`: no child is left.
  case childrenGone
}

/// What the core wants done. Carried out in the order given.
public enum Action: Sendable {
  /// Fork the slot's program; answer with `forked` or `forkFailed` before any other event.
  case spawn(Slot)
  /// kill(2); `group`: to the process group of that process.
  case signal(ProcessID, Signal, group: Bool)
  /// To every process of the slot's program, whatever session or group it is in, that did not get
  /// this signal since the program's start.
  case signalTree(Slot, Signal)
  /// The slot's process has ended; answer with `treeLeft` or `treeGone` before any other event, and
  /// after `treeLeft` with `treeGone` once that has come true. Always the last of the actions.
  case checkTree(Slot)
  /// The program is told to stop, and no process of it is known (`Event.detached`).
  case stopAwaited(Slot)
  /// Signal everything that is left, but for ourselves; answer `childrenGone` when, or as soon
  /// as, there is no child any more.
  case sweep(Signal)
  /// A word for the log.
  case report(Notice)
  /// The end: exit with this code.
  case exit(UInt8, ExitReason)
}

/// Why a start did not succeed.
public enum StartFailure: Equatable, Sendable {
  case spawn(SpawnFailure)
  /// It ended before `startsecs`.
  case tooQuick(WaitStatus)
}

/// What the log says. Every change of a program's state is exactly one of these.
public enum Notice: Equatable, Sendable {
  case starting(Slot, ProcessID)
  case running(Slot, ProcessID)
  /// Another try follows after the pause; nil: no try is left, `fatal` comes next.
  case backoff(Slot, StartFailure, pause: Nanoseconds?)
  case fatal(Slot, StartFailure, tries: Int32)
  /// `restart`: the pause before it is started again; nil: it stays ended.
  case exited(Slot, WaitStatus, expected: Bool, restart: Nanoseconds?)
  case stopping(Slot, ProcessID, Signal)
  case stopped(Slot, WaitStatus?)
  /// `stopwaitsecs` is over.
  case killing(Slot, ProcessID, after: Nanoseconds)
  /// Its process has ended, and what is left of its tree is told to end before anything else is done.
  case treeLeft(Slot, WaitStatus, Signal)
  /// SIGKILL did not end it (a process in uninterruptible sleep); it is no longer waited for.
  case survivedKill(Slot, ProcessID)
  /// No program starts by itself; swinit waits.
  case nothingToStart
  /// The orderly stop begins.
  case stopRequested(Signal, Sender)
  /// A stop signal during the stop.
  case stopRepeated(Signal, Sender)
  /// A second SIGINT on a terminal: SIGKILL to all that is left.
  case killingAll(Sender)
  /// A signal that has no meaning (here).
  case ignored(Signal, Sender)
  /// All programs are gone; what is left of their processes is told to end.
  case sweeping(Signal)
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
