import Configuration

@testable import Basics
@testable import Supervision

// What the invariants know of the past. All of it comes from the events and from the words of the
// core, none from its variables, so that the core is compared with a second opinion.

/// The states by name, as in the seed's graph.
enum StateName: CaseIterable {
  case stopped, starting, running, backoff, stopping, exited, fatal

  init(_ state: ProgramState) {
    switch state {
    case .stopped: self = .stopped
    case .starting: self = .starting
    case .running: self = .running
    case .backoff: self = .backoff
    case .stopping: self = .stopping
    case .exited: self = .exited
    case .fatal: self = .fatal
    }
  }

  /// Every arrow there is but for a person's: FATAL has no way out but `start`, and nobody here
  /// gives one.
  var next: [StateName] {
    switch self {
    case .stopped: return [.starting, .fatal]
    case .starting: return [.running, .exited, .backoff, .stopping]
    case .running: return [.exited, .stopping]
    case .backoff: return [.starting, .fatal, .stopped]
    case .stopping: return [.stopped]
    case .exited: return [.starting, .stopped]
    case .fatal: return []
    }
  }

  /// The states in which a process is there.
  var hasProcess: Bool { self == .starting || self == .running || self == .stopping }
}

/// What one program has lived through.
struct History {
  var state = StateName.stopped
  var pid: ProcessID = 0
  /// A spawn that is still to be answered.
  var asked = false
  /// It was, by its last answer.
  var isPutOff = false
  /// When the spawn of the present process was asked for.
  var asking = Time(nanoseconds: 0)
  var executed = false
  var failure: SpawnFailure?
  var runningSince = Time(nanoseconds: 0)
  /// Spawns since it was RUNNING last.
  var tries: Int32 = 0
  /// Ends in a row within 10 s of RUNNING.
  var quickEnds = 0
  /// When something is to be done about it.
  var deadline: Time?
  /// When, and in the how manieth event, it got its stop signal.
  var told: (at: Time, event: Int)?
  /// When it got the last of its stop signals; nil: none, since its `stop_command` runs instead.
  var lastSignal: Time?
  /// Signals of its stop sequence after the first.
  var stopSteps = 0
  /// What its `stop_command` took of `stopwaitsecs`.
  var spent = Nanoseconds.zero
  /// It was asked to end by its `stop_command`, which still runs.
  var stopCommandRuns = false
  /// How its process ended, while the `stop_command` still runs.
  var left: WaitStatus?
  var killed: Time?
  /// With `stoptree`: its own process has ended, and the rest of its tree is looked for.
  var ending: TreeEnding?
  /// When it was told to stop, the rest of its tree had been told already.
  var wasEnding = false
  /// It was RUNNING once.
  var wasReady = false
  var schedule = ScheduleHistory()
  /// It ended by itself once and was not to be started again.
  var hasEnded = false
  /// Its turn at the first start came, and it had to wait; by which event that was over.
  var waits = false
  var released = 0
  /// Its test, and when something is to be done about that.
  var probe = ProbeStage.none
  var probeDeadline: Time?
  /// Tests that failed in a row, since it was started or was RUNNING.
  var probeFailures = 0
  /// It was not ready in time, or not well; when it got the last of its stop signals, and how many
  /// of its sequence after the first.
  var givingUp = GivingUp.no
  var givenUp = Time(nanoseconds: 0)
  var givenUpSteps = 0
  var killedGivenUp = Time(nanoseconds: 0)
  /// It has withstood SIGKILL and nobody waits for it.
  var abandoned = false
  /// The last end, if it was unexpected; `order` says which of several programs was first.
  var unexpected: (end: UnexpectedEnd, code: UInt8, order: Int)?
  /// The same, also when it runs again.
  var lastUnexpected: UnexpectedEnd?

  /// A stop has to wait for it.
  var mustGo: Bool { state.hasProcess && !abandoned }
  /// It has ended by itself and will not come back.
  var isOver: Bool { state == .fatal || state == .exited && deadline == nil }

  /// A run ended. The same failure once more keeps its place among the failures.
  mutating func remember(_ end: UnexpectedEnd, _ code: UInt8, order: inout Int) {
    lastUnexpected = end
    if unexpected?.code != code { order += 1 }
    unexpected = (end, code, unexpected?.code == code ? unexpected!.order : order)
  }

  /// The pause before the restart of a program that lived for `lived` as RUNNING.
  mutating func restartPause(_ program: Program, lived: Nanoseconds) -> Nanoseconds {
    if lived >= .seconds(10) {
      quickEnds = 0
      return .zero
    }
    quickEnds += 1
    let first = program.restartDelay.first.count
    if first == 0, quickEnds == 1 { return .zero }
    var pause = first == 0 ? 1_000_000_000 : first
    for _ in 1..<max(first == 0 ? quickEnds - 1 : quickEnds, 1)
    where pause < program.restartDelay.greatest.count { pause *= 2 }
    return min(Nanoseconds(pause), program.restartDelay.greatest)
  }
}

/// The end of a program that ends as a whole while something of its tree or group may be left.
struct TreeEnding {
  let status: WaitStatus
  let at: Time
  /// Its process.
  let leader: ProcessID
  /// When the rest was told to end though nobody had asked for a stop, and when it got SIGKILL.
  var told: Time?
  var killed: Time?
  /// It has withstood SIGKILL.
  var isGivenUp = false
  var isTold: Bool { told != nil || killed != nil }
}

/// The orderly stop, once it has begun.
struct StopHistory {
  let began: Time
  /// COMMAND's end can take the place of the signal that began the stop.
  var reason: ExitReason
  var code: UInt8
  /// The signal that began it, if one did.
  let signal: Signal?
  /// When it must be over.
  let bound: Time
  var interrupts = 0
  /// When the programs are told, while none of them was.
  var drainEnd: Time?
  var sweep: (at: Time, signal: Signal)?
  var deadline: Time?
  var exited = false
}

/// Situations that the simulation has to meet, or it shows nothing.
enum Sight: CaseIterable {
  case forkFailure, putOff, execFailure, tooQuick, fatalAtOnce, fatalAfterRetries, neverFatal
  case restartAtOnce, restartLater, pauseAtItsGreatest, endedBeforeLateTick, endedBeforeExec
  case stopInBackoff, stopWhileStarting, stopBeforeLastStart, killedAfterWait, abandoned
  case endedAfterAbandoned, failedDuringStop, exitedDuringStop
  case secondInterrupt, secondInterruptInSweep, repeatedSignal, ignoredSignal, resized
  case toldZero, toldByChild, toldSignal, toldFailure, toldNoFailure
  case essentialFatal, essentialExited, nothingLeftFine, nothingLeftFailed
  case secondSweep, exitWithSurvivors, orphanReaped
  case commandStarted, forwarded, rewritten, dropped, forwardedDuringStop, notForwarded
  case commandEnded, commandEndedWhenTold, commandEndedWhenAbandoned, commandAccepted
  case groupLeftAlone, groupLeftToldByStop, groupRest, overran, retryDelay, toldByChildOfRestarted,
    inheritedInterrupt
  case nextSignal, stopCommandFailed, stopCommandSucceeded, killedWhenAsked, leftStopCommand,
    leftTooLong, passedOn
  case scheduledRun, runSkipped, runMissed, runFailed, runLate, clockBack, notTwice
  case treeGoneAtOnce, treeLeft, treeLeftInStop, treeKilled, treeGivenUp, stopWhileTreeEnds
  case treeLeftByStopCommand, treeLeftGivenUp, treeNextSignal
  case commandFatal, awaitedFatal, commandToldByStop, commandNeverStarted, turnTakenBack
  case waited, released, releasedByEnd, fatalByDependency, dependencyBeforeLevel, oneshotDone
  case oneshotFailed, readyByProbe, endedBeforeReady, notReadyInTime, probeTimedOut, healthy
  case unhealthyRestart, givenUpKilled, givenUpNextSignal, testNotMade, givenUpAbandoned, drained,
    drainCutShort,
    stoppedWaiting
}
