import Basics
import Configuration

/// What happens to the core. Everything it knows of the world comes in as one of these.
public enum Event: Sendable {
  /// Once, first: start what starts by itself.
  case begin
  /// Answers `Action.spawn`: the process is there, its exec still to come.
  case forked(Slot, ProcessID)
  /// Answers `Action.spawn`: there is no process.
  case forkFailed(Slot, SpawnFailure)
  /// Answers `Action.spawn`: nothing was tried, for want of what swinit itself needs. It is tried again
  /// after `Supervisor.putOffPause`, and counts as no try; but a run of a schedule fails by this.
  case startPutOff(Slot, SpawnFailure)
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
  /// After `Action.runStopCommand`, unless `endStopCommand` came before.
  /// nil: it could not be started, and why was said already.
  case stopCommandEnded(Slot, WaitStatus?)
  /// Answers `Action.startProbe`, unless `stopProbe` came first; nil: the test succeeded.
  case probed(Slot, ProbeFailure?)
  /// Answers `Action.checkTree` and `checkGroup`: processes that the slot's program has started are
  /// left.
  case treeLeft(Slot)
  /// Answers `Action.checkTree` and `checkGroup`: none is left; or none is any more, after `treeLeft`.
  case treeGone(Slot)
  /// SIGKILL may not be sent to the program's process (EPERM): to wait for its effect is of no use.
  case killRefused(ProcessID)
  /// A signal for swinit itself.
  case signal(Signal, Sender)
  /// `Supervisor.nextDeadline` has come, or `Supervisor.hasMore` asks for another turn.
  case tick
  /// The wall clock shows this: at the beginning, when `Supervisor.earliestRun` has come, and when
  /// the clock was set.
  case clock(WallTime)
  /// After `Action.sweep`: no child is left.
  case childrenGone
}

/// What the core wants done. Carried out in the order given.
public enum Action: Sendable {
  /// Fork the slot's program; answer with `forked`, `forkFailed` or `startPutOff` before any
  /// other event.
  case spawn(Slot)
  /// kill(2); `group`: to the process group of that process.
  case signal(ProcessID, Signal, group: Bool)
  /// The same to a program that is not told to stop by it; to that process alone.
  case forward(ProcessID, Signal)
  /// Run the slot's `stop_command` for the process. Answered by `stopCommandEnded`, at any time
  /// after the other actions.
  case runStopCommand(Slot, ProcessID)
  /// SIGKILL to the `stop_command` of the slot and its group; it is not waited for.
  case endStopCommand(Slot)
  /// To every process of the slot's program, whatever session or group it is in, that did not get
  /// this signal since the program's start; `again`: to all of them.
  case signalTree(Slot, Signal, again: Bool)
  /// The slot's process has ended; answer with `treeLeft` or `treeGone` before any other event, and
  /// after `treeLeft` with `treeGone` once that has come true. Always the last of the actions.
  case checkTree(Slot)
  /// The same of the process group of the slot's process, which was this one.
  case checkGroup(Slot, ProcessID)
  /// To what is left of that group, while the core waits for it.
  case signalRest(Slot, ProcessID, Signal)
  /// The program is told to stop, and no process of it is known (`Event.detached`).
  case stopAwaited(Slot)
  /// Test the slot's program, its `health` or its `ready`; answer with `probed`, however long that
  /// takes. A program's own word (`Probe.isAwaited`) may have come before.
  case startProbe(Slot, health: Bool)
  /// The test is over: no answer any more, and a command of it is killed with its group.
  case stopProbe(Slot)
  /// Signal everything that is left, but for ourselves; answer `childrenGone` when, or as soon
  /// as, there is no child any more.
  case sweep(Signal)
  /// A word for the log.
  case report(Notice)
  /// The end: exit with this code.
  case exit(UInt8, ExitReason)
}

/// What the log says. Every change of a program's state is exactly one of these.
public enum Notice: Equatable, Sendable {
  case starting(Slot, ProcessID)
  case running(Slot, ProcessID)
  /// Another try follows after the pause; nil: no try is left, `fatal` comes next.
  case backoff(Slot, StartFailure, pause: Nanoseconds?)
  case fatal(Slot, StartFailure, tries: Int32)
  /// Its start was put off, and is tried after this pause.
  case putOff(Slot, Nanoseconds)
  /// `restart`: the pause before it is started again; nil: it stays ended.
  case exited(Slot, WaitStatus, expected: Bool, restart: Nanoseconds?)
  /// Told to end by this signal; nil: by `stop_command`.
  case stopping(Slot, ProcessID, Signal?)
  /// `stop_command` has ended (nil: was not run), and the program lives: it gets the stop signal. No
  /// signal: the program has ended, and the `stop_command` has failed.
  case stopCommandEnded(Slot, ProcessID, WaitStatus?, Signal?)
  /// The program has ended, its `stop_command` not: SIGKILL.
  case endingStopCommand(Slot)
  /// Still there after the pause: the next signal of a sequence.
  case nextSignal(Slot, ProcessID, Signal, after: Nanoseconds)
  case stopped(Slot, WaitStatus?)
  /// Its turn to start has come, but this one is not ready yet, or has not ended.
  case waiting(Slot, for: Slot)
  /// A test of health failed, the how manieth of how many.
  case unhealthy(Slot, ProbeFailure, count: Int32, of: Int32)
  /// It was not ready in time, or is not well: it is told to end, and started again after that.
  case givingUp(Slot, ProcessID, Signal, isReady: Bool)
  /// It has run for its `run_timeout`: it is told to end.
  case overran(Slot, ProcessID, Signal, after: Nanoseconds)
  /// `stopwaitsecs`, or its part of the grace, is over.
  case killing(Slot, ProcessID, after: Nanoseconds)
  /// Its process has ended, and what is left of its tree or group is told to end before anything else
  /// is done. No signal: it is not to be started again, and has ended when the rest has.
  case treeLeft(Slot, WaitStatus, Signal?)
  /// SIGKILL did not end it (a process in uninterruptible sleep); it is no longer waited for.
  case survivedKill(Slot, ProcessID)
  /// When a program with a schedule runs next: said when it is known and when it changes.
  case planned(Slot, NextRun)
  /// A run that could not be started, and is not tried again.
  case runFailed(Slot, StartFailure)
  /// STOPPED from EXITED or BACKOFF: the program waits for its next run.
  case runOver(Slot, NextRun)
  /// A run was due while the last one (of this process) is not over: it is left out.
  case runSkipped(Slot, ProcessID)
  /// The wall clock has gone past a run by more than is made up for.
  case runMissed(Slot, WallTime)
  /// No program starts by itself; swinit waits.
  case nothingToStart
  /// The orderly stop begins.
  case stopRequested(Signal, Sender)
  /// The programs get their stop signals after this pause.
  case draining(Nanoseconds)
  /// A stop signal during the stop.
  case stopRepeated(Signal, Sender)
  /// A second SIGINT on a terminal: SIGKILL to all that is left.
  case killingAll(Sender)
  /// A signal that has no meaning (here).
  case ignored(Signal, Sender)
  /// All programs are gone; what is left of their processes is told to end.
  case sweeping(Signal)
}

extension [Action] {
  /// As `Appending.swift` says.
  @inline(never)
  mutating func append(_ element: consuming Action) { appendInPlace(element, to: &self) }
}
