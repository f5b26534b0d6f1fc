import Configuration

/// The supervision core: events in, actions out.
///
/// A pure value: it makes no system call and reads no clock. Whoever owns it feeds it what has
/// happened (`handle`) and carries out what it answers, in order; the same core runs under the
/// event loop of PID 1 and, with a made-up clock and process table, under its tests.
///
/// Its memory is fixed by the configuration: a record and a timer for each program, and a table of
/// at most one process for each. Every event costs O(log n) in the number of programs, but for
/// the one that begins the stop, which looks at each of them once.
///
/// This file holds what concerns all programs: the beginning, the clock, who a process belongs
/// to, signals. What concerns one program is in `ProgramMachine.swift`, the orderly stop and the
/// exit status in `Shutdown.swift`, COMMAND in `Command.swift`.
public struct Supervisor: Sendable {
  /// How long a process is waited for after SIGKILL. Only uninterruptible sleep (a dead network
  /// mount, a failing disk) withstands it, and a stop must end nevertheless.
  public static let killPatience = Nanoseconds.seconds(5)
  /// How long what is left after the programs may take to end after SIGTERM (SPEC §6).
  public static let sweepPatience = Nanoseconds.seconds(1)
  /// A program that ends sooner than this after RUNNING is restarted with a growing pause.
  public static let quickEnd = Nanoseconds.seconds(10)

  enum Phase: Equatable, Sendable {
    /// Programs run; `next` is where the first start goes on in `Levels.order`.
    case running(next: Int)
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
    /// It was RUNNING once.
    var wasReady = false
    /// When the last start was asked for.
    var started = Time(nanoseconds: 0)
    var crashes: Crashes?
    /// Of a program with `stoptree`: its process has ended, something of its tree may be left.
    var ending: Ending?
  }

  public let configuration: Configuration
  let levels: Levels
  /// Whether swinit's stdin is a terminal: there SIGWINCH says that the window has a new size, and
  /// a second ^C means it.
  let onTerminal: Bool
  /// The program that is COMMAND (`Command.swift`).
  let command: MainCommand?

  var records: [Record]
  /// The program of each living process.
  var slots: ProcessTable
  /// One timer for each program, the last one for the sweep.
  var timers: TimerQueue
  var sweepTimer: Int { records.count }
  var phase = Phase.running(next: 0)
  /// Processes in each level that are not abandoned.
  var living: [Int32]
  /// Programs that start by themselves and never were RUNNING: COMMAND waits for them.
  var awaited = 0
  /// Programs of which something is still to come.
  var active = 0
  /// Why the stop began, once it has.
  var cause: ExitReason?
  /// What swinit will exit with, decided together with `cause`: how programs end while they are
  /// being stopped says nothing about it.
  var exitCode: UInt8 = 0
  /// The signal that `stopsignal` left unset stands for.
  var defaultStopSignal = Signal.terminate
  /// SIGINTs so far: the second one on a terminal kills.
  var interrupts = 0
  /// Counts unexpected ends, so that the first is known.
  var ends: UInt64 = 0
  /// Children that were nobody's program.
  public private(set) var orphansReaped: UInt64 = 0

  public init(_ configuration: Configuration, onTerminal: Bool, command: MainCommand? = nil) {
    self.configuration = configuration
    self.onTerminal = onTerminal
    self.command = command
    levels = Levels(configuration, command: command?.slot)
    records = Array(repeating: Record(), count: configuration.programs.count)
    timers = TimerQueue(count: configuration.programs.count + 1)
    living = Array(repeating: 0, count: levels.count)
    slots = ProcessTable(capacity: configuration.programs.count)
    for program in configuration.programs where program.autostart { awaited += 1 }
  }

  /// The state of a program.
  public func state(of slot: Slot) -> ProgramState { records[slot].state }

  /// Whether the program's process got SIGKILL from us.
  public func hasKilled(_ slot: Slot) -> Bool {
    guard case .stopping(_, let stage) = records[slot].state else { return false }
    return stage == .told(.kill) || stage == .killed || stage == .abandoned
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
      begin(&actions)
    case .forked(let slot, let pid):
      forked(slot, pid, now, &actions)
    case .forkFailed(let slot, let failure):
      startFailed(slot, .spawn(failure), endedAt: now, now, &actions)
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
      detached(slot)
    case .followed(let slot, let pid):
      followed(slot, pid, now, &actions)
    case .gone(let slot, let status):
      let pid = records[slot].state.pid
      if pid != 0 { slots.remove(pid) }
      ended(slot, pid, status, now, &actions)
    case .treeLeft(let slot):
      treeLeft(slot, now, &actions)
    case .treeGone(let slot):
      treeGone(slot, now, &actions)
    case .signal(let signal, let sender):
      received(signal, from: sender, now, &actions)
    case .tick:
      tick(now, &actions)
    case .childrenGone:
      if case .sweeping = phase { end(&actions) }
    }
    return actions
  }

  private mutating func begin(_ actions: inout [Action]) {
    let someStart = configuration.programs.contains { $0.autostart }
    if !someStart, command == nil { actions.append(.report(.nothingToStart)) }
  }

  /// One tick does one thing: the next of the first starts, or one timer that is due. So a spawn
  /// is answered before the next one is asked for, and a thousand starts or timers keep no signal
  /// waiting.
  private mutating func tick(_ now: Time, _ actions: inout [Action]) {
    if case .running(var next) = phase, next < levels.order.count {
      while next < levels.order.count, !configuration.programs[levels.order[next]].autostart {
        next += 1
      }
      phase = .running(next: min(next + 1, levels.order.count))
      if next < levels.order.count {
        start(levels.order[next], now, &actions)
      } else {
        commandMayStart(now)
      }
      return
    }
    guard let timer = timers.takeDue(at: now) else { return }
    if timer == sweepTimer {
      sweepTimedOut(now, &actions)
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
      if !resized, !wasForwarded { actions.append(.report(.ignored(signal, sender))) }
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
    let failed = firstFailure(told: signal, by: sender)
    beginStop(.told(signal, sender, failed: failed), now, &actions)
  }
}
