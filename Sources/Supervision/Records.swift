// What the core remembers of each program, and of the stop.

import Basics
import Configuration

/// What one program has to remember beside its state.
struct Record: Sendable {
  var state = ProgramState.stopped
  /// Starts that failed in a row.
  var failures: Int32 = 0
  /// Ends within `quickEnd` in a row.
  var quickEnds: Int32 = 0
  var lastEnd = LastEnd.fine
  /// Signals of a stop sequence that were sent after the first.
  var stopSteps: UInt8 = 0
  /// How long it is waited for after the last of them, or after its `stop_command` was run.
  var stopWait = Nanoseconds.zero
  /// What its `stop_command` took of its `stopwaitsecs`.
  var spent = Nanoseconds.zero
  /// It was RUNNING once.
  var wasReady = false
  /// It ended for good once.
  var hasEnded = false
  /// Dependencies that are not met yet.
  var unmet: Int32 = 0
  /// Its first start is due when `unmet` is 0.
  var isWaiting = false
  var probe = ProbeStage.none
  var givingUp = GivingUp.no
  /// Tests that failed in a row, and the last of them.
  var probeFailures: Int32 = 0
  var probeFailure: ProbeFailure?
  /// When the last start was asked for.
  var started = Time(nanoseconds: 0)
  var crashes: Crashes?
  /// Its process has ended; something of its tree or group, which has to end as well, may be left.
  var ending: Ending?
}

/// The end of a program's process, until the rest of its tree or group is gone.
struct Ending: Sendable {
  let status: WaitStatus
  let at: Time
  /// The process; its group has this number.
  let leader: ProcessID
  /// The rest was told to end, though nobody had asked for a stop; and got SIGKILL.
  var isTold = false
  var isKilled = false
}

/// What a program's test is doing.
enum ProbeStage: UInt8, Sendable {
  case none
  /// The timer says when the next one begins.
  case pausing
  /// The answer is awaited; the timer, where there is one, says how long.
  case asking
}

/// A program that was not ready in time, or not well, on its way to its end.
enum GivingUp: UInt8, Sendable {
  case no, told, killed
  /// SIGKILL did not help.
  case abandoned
}

/// What is to be remembered of the programs with a schedule, each at its place in `slots`.
struct ScheduledPrograms: Sendable {
  var slots: [Int32] = []
  /// Of the five fields: the next run; `.never` until the wall clock is known.
  var next: [WallTime]
  /// For when the last run was planned, be it that it was made or not.
  var last: [WallTime]
  /// Of a period: when the next run is due.
  var due: [Time]

  init(_ configuration: Configuration) {
    for slot in configuration.programs.indices where configuration.programs[slot].schedule != nil {
      slots.append(Int32(slot))
    }
    next = Array(repeating: .never, count: slots.count)
    last = Array(repeating: .longAgo, count: slots.count)
    due = Array(repeating: .distantFuture, count: slots.count)
  }

  var count: Int { slots.count }
}

/// The time of a stop that has a grace.
struct Budget: Sendable {
  /// When the last thing must be done.
  let end: Time
  /// What is kept for the sweep.
  let reserve: Nanoseconds
  /// When the present level must be gone, those included that withstand SIGKILL.
  var levelEnd: Time
  /// When SIGKILL comes to the programs of the present level, whatever their options want.
  var killAt: Time
}

enum Phase: Equatable, Sendable {
  /// Programs run; `next` is where the first start goes on in `Levels.order`.
  case running(next: Int)
  /// A stop signal came; nobody was told yet.
  case draining
  /// The programs of `level` were told to end, those of all higher levels are gone.
  case stopping(level: Int)
  case sweeping(killed: Bool)
  case ended
}

/// Which program is COMMAND.
public struct MainCommand: Sendable {
  public var slot: Slot
  public var rewrites: SignalRewrites

  public init(slot: Slot, rewrites: SignalRewrites = SignalRewrites()) {
    self.slot = slot
    self.rewrites = rewrites
  }
}
