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
  /// How long what is left after the programs may take to end after SIGTERM (SPEC §6).
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
  public private(set) var orphansReaped: UInt64 = 0

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

  /// The state of a program.
  public func state(of slot: Slot) -> ProgramState { records[slot].state }

  /// Whether the program's process got SIGKILL from us.
  public func hasKilled(_ slot: Slot) -> Bool {
    switch records[slot].state {
    case .stopping(_, let stage):
      return stage == .told(.kill) || stage == .killed || stage == .abandoned
    case .starting, .running:
      switch records[slot].givingUp {
      case .no: return false
      case .told: return lastSignal(slot) == .kill
      case .killed, .abandoned: return true
      }
    case .stopped, .backoff, .exited, .fatal: return false
    }
  }

  /// The program whose process this is; nil for an orphan.
  public func slot(of pid: ProcessID) -> Slot? { slots[pid] }

  /// How long nothing is to be done unless something happens: zero when `tick` is due already,
  /// nil when no timer is set.
  public func pause(at now: Time) -> Nanoseconds? {
    if case .running(let next) = phase, next < levels.order.count { return .zero }
    guard let deadline = timers.earliest else { return nil }
    return deadline > now ? deadline - now : .zero
  }

  /// Takes in one event and tells what is to be done about it. At most one `spawn` is among the
  /// actions, as the last of them.
  public mutating func handle(_ event: Event, at now: Time) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .begin:
      begin(now, &actions)
    case .forked(let slot, let pid):
      forked(slot, pid, now, &actions)
    case .forkFailed(let slot, let failure):
      startFailed(slot, .spawn(failure), endedAt: now, now, &actions)
    case .startPutOff(let slot, let failure):
      startPutOff(slot, failure, now, &actions)
    case .executed(let slot):
      executed(slot, now, &actions)
    case .executionFailed(let slot, let failure):
      executionFailed(slot, failure)
    case .ended(let pid, let status):
      if let slot = slots.remove(pid) {
        ended(slot, pid, status, now, &actions)
      } else {
        orphansReaped &+= 1
      }
    case .detached(let slot):
      detached(slot, &actions)
    case .followed(let slot, let pid):
      followed(slot, pid, now, &actions)
    case .gone(let slot, let status):
      let pid = records[slot].state.pid
      if pid != 0 { slots.remove(pid) }
      ended(slot, pid, status, now, &actions)
    case .stopCommandEnded(let slot, let end):
      stopCommandEnded(slot, end, now, &actions)
    case .probed(let slot, let failure):
      probed(slot, failure, now, &actions)
    case .treeLeft(let slot):
      treeLeft(slot, now, &actions)
    case .killRefused(let pid):
      killRefused(pid, now)
    case .treeGone(let slot):
      treeGone(slot, now, &actions)
    case .signal(let signal, let sender):
      received(signal, from: sender, now, &actions)
    case .tick:
      tick(now, &actions)
    case .clock(let wall):
      clock(wall, now, &actions)
    case .childrenGone:
      if case .sweeping = phase { end(&actions) }
    }
    return actions
  }

  private mutating func begin(_ now: Time, _ actions: inout [Action]) {
    let someStart = configuration.programs.contains { $0.autostart } || scheduled.count > 0
    if !someStart, command == nil { actions.append(.report(.nothingToStart)) }
    beginSchedules(now, &actions)
  }

  /// One tick does one thing: the next of the first starts, or one timer that is due. So a spawn
  /// is answered before the next one is asked for, and a thousand starts or timers keep no signal
  /// waiting.
  private mutating func tick(_ now: Time, _ actions: inout [Action]) {
    if case .running(var next) = phase, next < levels.order.count {
      // What depends on something that is FATAL is not STOPPED any more.
      while next < levels.order.count,
        !configuration.programs[levels.order[next]].autostart
          || records[levels.order[next]].state != .stopped
      {
        next += 1
      }
      phase = .running(next: min(next + 1, levels.order.count))
      if next < levels.order.count {
        takeTurn(levels.order[next], now, &actions)
      } else {
        commandMayStart(now)
        nothingMayBeLeft(now, &actions)
      }
      return
    }
    guard let timer = timers.takeDue(at: now) else { return }
    if timer == sweepTimer {
      sweepTimedOut(now, &actions)
    } else if timer > sweepTimer {
      if timer < firstRunTimer {
        probeTimedOut(timer - sweepTimer - 1, now, &actions)
      } else {
        runIsDue(timer - firstRunTimer, now, &actions)
      }
    } else {
      timedOut(timer, now, &actions)
    }
  }

  private mutating func received(
    _ signal: Signal, from sender: Sender, _ now: Time, _ actions: inout [Action]
  ) {
    let wasForwarded = forwardToCommand(signal, &actions)
    let resized = signal == .windowChange && onTerminal
    guard configuration.globals.stopOn.contains(signal), !resized else {
      let isWanted = forward(signal, &actions)
      // SIGCONT only says that we go on (timeout(1) sends one behind each of its signals).
      if !resized, !wasForwarded, !isWanted, signal != .proceed {
        actions.append(.report(.ignored(signal, sender)))
      }
      return
    }
    // One that COMMAND gets during the stop is COMMAND's.
    if signal == .interrupt, cause == nil || !wasForwarded { interrupts += 1 }
    guard case .running = phase else {
      if onTerminal, signal == .interrupt, interrupts == 2, !wasForwarded {
        actions.append(.report(.killingAll(sender)))
        killAll(now, &actions)
      } else if !wasForwarded {
        actions.append(.report(.stopRepeated(signal, sender)))
      }
      return
    }
    if signal == .terminate || signal == .interrupt { defaultStopSignal = signal }
    actions.append(.report(.stopRequested(signal, sender)))
    let failed = firstFailure(told: signal, by: sender, now)
    beginStop(.told(signal, sender, failed: failed), now, &actions)
  }
}
