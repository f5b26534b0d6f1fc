import Basics
import Configuration

/// The supervision core: events in, actions out.
///
/// A pure value: it makes no system call and reads no clock. Whoever owns it feeds it what has
/// happened (`handle`) and carries out what it answers, in order; the same core runs under the
/// event loop of PID 1 and, with a made-up clock and process table, under its tests.
///
/// Its memory is fixed by the configuration: a record and a timer for each program, and a table of
/// at most one process for each. Every event costs O(log n) in the number of programs, but for
/// the one that begins the stop, which looks at each of them once, and those of the wall clock, which
/// look at each that has a schedule.
///
/// This file holds what concerns all programs: the beginning, the clock, who a process belongs
/// to, signals. What concerns one program is in `ProgramMachine.swift`, its ends in
/// `ProgramEnds.swift` and `StopTree.swift`, the orderly stop and the exit status in `Shutdown.swift`, how its time is shared out in `Grace.swift`, who waits for whom
/// in `Dependencies.swift`, tests of programs in `Readiness.swift`, COMMAND in `MainProgram.swift`, what
/// the clock starts in `ScheduledRuns.swift`.
public struct Supervisor: Sendable {
  /// How long a process is waited for after SIGKILL. Only uninterruptible sleep (a dead network
  /// mount, a failing disk) withstands it, and a stop must end nevertheless.
  public static let killPatience = Nanoseconds.seconds(5)
  /// How long what is left after the programs may take to end after SIGTERM.
  public static let sweepPatience = Nanoseconds.seconds(1)
  /// A program that ends sooner than this after RUNNING is restarted with a growing pause.
  public static let quickEnd = Nanoseconds.seconds(10)
  /// How long a start waits that swinit itself had no memory for.
  public static let putOffPause = Nanoseconds.seconds(1)
  /// No pause after a failed start is shorter, whatever `retry_delay` says.
  public static let leastRetryPause = Nanoseconds.milliseconds(10)
  /// Who is told to end by the INT that swinit got has so long before TERM: shells that wait for a
  /// command, mariadbd, rsyslogd and others do not end of INT.
  public static let interruptPatience = Nanoseconds.seconds(1)

  public let configuration: Configuration
  let levels: Levels
  /// Whether swinit's stdin is a terminal: there SIGWINCH says that the window has a new size, and
  /// a second ^C means it.
  let onTerminal: Bool
  /// The program that is COMMAND (`MainProgram.swift`).
  let command: MainCommand?
  /// Whose local time schedules mean.
  let zone: Zone

  var records: [Record]
  /// Programs that get some of swinit's own signals too.
  let forwarders: [Slot]
  /// The program of each living process.
  var slots: SlotTable
  /// Who waits for whom (`Dependencies.swift`).
  let dependents: Dependents
  /// One timer for each program, one for drain and sweep; then, where there are tests, one for those
  /// of each program; then one for each schedule.
  var timers: TimerQueue
  var sweepTimer: Int { records.count }
  let firstRunTimer: Int
  var phase = Phase.running(next: 0)
  /// Processes in each level that are not abandoned.
  var living: [Int32]
  /// Programs that start by themselves and never were RUNNING: COMMAND waits for them.
  var awaited = 0
  /// Programs of which something is still to come.
  var active = 0
  /// The programs that the clock starts (`ScheduledRuns.swift`).
  var scheduled: ScheduledPrograms
  /// What the wall clock showed when it was looked at last.
  var lastClock = WallTime.longAgo
  /// When the wall clock has to be looked at (`Event.clock`); nil: never.
  public internal(set) var earliestRun: WallTime?
  /// Why the stop began, once it has.
  var cause: ExitReason?
  /// What swinit will exit with, decided together with `cause`: how programs end while they are
  /// being stopped says nothing about it.
  var exitCode: UInt8 = 0
  /// The signal that `stopsignal` left unset stands for.
  var defaultStopSignal = Signal.terminate
  /// The time that the stop has, if there is a grace (`Grace.swift`).
  var budget: Budget?
  /// SIGINTs so far: the second one on a terminal kills.
  var interrupts = 0
  /// Counts unexpected ends, so that the first is known.
  var ends: UInt64 = 0
  /// Children that were nobody's program.
  public internal(set) var orphansReaped: UInt64 = 0

  public init(
    _ configuration: Configuration, onTerminal: Bool, command: MainCommand? = nil,
    zone: Zone = .utc
  ) {
    self.configuration = configuration
    self.onTerminal = onTerminal
    self.command = command
    self.zone = zone
    levels = Levels(configuration, command: command?.slot)
    forwarders = Self.forwarders(configuration)
    let count = configuration.programs.count
    records = Array(repeating: Record(), count: count)
    dependents = Dependents(configuration, order: levels.order)
    for one in configuration.dependencies { records[one.dependent].unmet += 1 }
    scheduled = ScheduledPrograms(configuration)
    let hasProbes = configuration.programs.contains { $0.ready != nil || $0.health != nil }
    firstRunTimer = count + 1 + (hasProbes ? count : 0)
    timers = TimerQueue(count: firstRunTimer + scheduled.count)
    living = Array(repeating: 0, count: levels.count)
    slots = SlotTable(capacity: count)
    for program in configuration.programs where program.autostart { awaited += 1 }
  }

  /// The programs that want any, so that a signal does not look at all of them.
  private static func forwarders(_ configuration: Configuration) -> [Slot] {
    var slots: [Slot] = []
    for slot in configuration.programs.indices {
      let signals = configuration.programs[slot].life.forwardSignals.bits
      if signals != 0 { slots.append(slot) }
    }
    return slots
  }

  /// The state of a program.
  public func state(of slot: Slot) -> ProgramState { records[slot].state }

  /// The program whose process this is; nil for an orphan.
  public func slot(of pid: ProcessID) -> Slot? { slots[pid] }

  /// How long nothing is to be done unless something happens: zero when `tick` is due already,
  /// nil when no timer is set.
  public func pause(at now: Time) -> Nanoseconds? {
    if case .running(let next) = phase, next < levels.order.count { return .zero }
    guard let deadline = timers.earliest else { return nil }
    return deadline > now ? deadline - now : .zero
  }
}
