import Basics
import Configuration
import Linux
import Supervision

/// Runs one command, and nothing else: starts it, passes on every signal, reaps every orphan, and
/// ends with the command's status. This is all there is of tini, dumb-init and catatonit, and of
/// `swinit -- COMMAND` without programs; with programs the `EventLoop` runs the command too.
///
/// Every signal is blocked and waited for, so none is lost and none interrupts anything. There is no
/// timer, and nothing to allocate once the command runs.
///
/// What may never happen: a signal to a pid that is not the command's (it is not reaped before we
/// know that it has ended, so its pid cannot be another's), and an end before the command's.
public struct CommandLoop {
  private let rules: CommandRules
  private let hear: ((CommandNews) -> Void)?
  private var command: Int32 = 0
  /// What the command ended with, once it has.
  private var result: UInt8?
  private var hasChildren = true
  /// Signals of which the next one is a result of giving up the terminal.
  private var handOff = Signals()
  /// The command is a job of a shell's session: its stops are ours.
  private var isJob = false
  private var jobIsStopped = false
  private var rewrites: SignalRewrites

  /// How long what is left after the command may take to end, in nanoseconds.
  private static let sweepPatience: Int64 = 1_000_000_000

  /// - Parameter hear: told of what happens; nil where nobody wants to know.
  @inline(never)
  public init(_ rules: CommandRules, hear: ((CommandNews) -> Void)? = nil) {
    self.rules = rules
    self.hear = hear
    rewrites = rules.rewrites
  }

  /// - Parameter words: the command; nil with `rules.pauses`.
  /// - Returns: what to exit with.
  @inline(never)
  public mutating func run(_ words: ArgumentVector?) -> UInt8 {
    var signals = SignalDispositions.blockingAll()
    if rules.resetsSignals {
      signals = SignalDispositions(blocked: 0, defaulted: 0x7FFF_FFFF)
    }
    signals.blocked |= rules.blocked.bits
    guard prepare() else { return 1 }
    let session = takeSession()
    if let words, let code = start(words, session, signals) { return code }
    if rules.leavesDirectory { leaveDirectory() }
    if rules.closesDescriptors { closeDescriptors() }
    while result == nil {
      if let signal = waitForSignal() { take(Signal(number: signal.number)) }
    }
    let code = result ?? 0
    if let signal = rules.lastSignal { forward(signal) }
    hear?(.exiting(code))
    if rules.sweeps { sweep() }
    return code
  }

  private func prepare() -> Bool {
    if let signal = rules.parentDeathSignal {
      do throws(Errno) {
        try setParentDeathSignal(signal.number)
      } catch {
        hear?(.cannotHavePDeathSignal(error))
        return false
      }
    }
    let isFirst = processID() == 1
    if rules.subreaper == .always || rules.subreaper == .unlessFirst && !isFirst {
      do throws(Errno) {
        try becomeSubreaper()
      } catch {
        hear?(.cannotBecomeSubreaper(error))
        return false
      }
      hear?(.isSubreaper)
    } else if !isFirst, isSubreaper() == false {
      hear?(.reapsNothing)
    }
    return true
  }

  private mutating func takeSession() -> CommandSession {
    switch rules.session {
    case .foreground: return .foreground
    case .foregroundOfAny: return .foregroundOfAny
    case .shared: return .shared
    case .handOver: return take(.handOver())
    case .automatic: return take(.automatic())
    }
  }

  private mutating func take(_ terminal: CommandTerminal) -> CommandSession {
    if let left = terminal.left { hear?(.terminal(left.failure, leads: left.leads)) }
    handOff = terminal.handOff
    isJob = terminal.isJob
    if rules.suspends, !isJob { rewrites.stopOnTerminalStops() }
    return terminal.session
  }

  /// What to exit with when it cannot be started.
  private mutating func start(
    _ words: ArgumentVector, _ session: CommandSession, _ signals: SignalDispositions
  ) -> UInt8? {
    var plan = CommandPlan(words: words, session: session, signals: signals)
    plan.shellFallback = rules.shellFallback
    plan.takesListenPID = rules.takesListenPID
    do throws(Errno) {
      let (pid, failure) = try plan.start()
      command = pid
      guard let (step, errno) = failure else {
        hear?(.started(pid: pid))
        return nil
      }
      while result == nil { reap(isBlocking: true) }
      hear?(.cannotRun(pid: pid, step, errno))
      if step == .exec, errno == .noEntry { return rules.notFound }
      return step == .exec && errno == .noAccess ? rules.notExecutable : rules.otherFailure
    } catch {
      hear?(.cannotFork(error))
      return rules.otherFailure
    }
  }

  private mutating func take(_ signal: Signal) {
    hear?(.received(signal))
    if handOff.contains(signal) {
      handOff.remove(signal)
      hear?(.handOff(signal))
    } else if signal == .child {
      reap(isBlocking: false)
    } else if rules.pauses {
      if signal == .terminate || signal == .interrupt { result = 0 }
    } else if rules.kept.contains(signal) {
      hear?(.keptSignal(signal))
    } else if isJob, jobIsStopped, signal == .proceed {
      goOn()
    } else {
      forward(signal)
      let stops = signal == .terminalStop || signal == .terminalInput || signal == .terminalOutput
      if rules.suspends, stops, !isJob {
        hear?(.suspending)
        suspendSelf()
      }
    }
  }

  private func forward(_ signal: Signal) {
    guard let new = rewrites(signal) else {
      hear?(.droppedSignal(signal))
      return
    }
    if new != signal { hear?(.rewritten(signal, new)) }
    do throws(Errno) {
      try sendSignal(new.number, to: rules.toGroup ? -command : command)
      hear?(.forwarded(new))
    } catch {
      hear?(.cannotForward(new, error))
    }
  }

  /// Takes in every child that has ended, the command too.
  private mutating func reap(isBlocking: Bool) {
    while true {
      switch reapOrStopped(tellsStops: isJob) {
      case .ended(let child):
        let isCommand = child.pid == command
        hear?(.ended(child, isCommand: isCommand))
        if isCommand {
          let code = UInt8(
            truncatingIfNeeded: child.signal == 0 ? child.code : 128 + child.signal)
          result = rules.accepted.contains(code) ? 0 : code
        }
      case .stopped(let pid, let signal):
        if pid == command { stopWithJob(Signal(number: signal)) }
      case .nothing:
        hear?(.noMoreEnded(hasChildren: true))
        if isBlocking { _ = waitForSignal() }
        return
      case .noChildren:
        hear?(.noMoreEnded(hasChildren: false))
        hasChildren = false
        if isBlocking { result = result ?? 127 }
        return
      }
    }
  }

  /// The command was stopped (^Z): so are we, and the shell takes its terminal again. But when it is
  /// we who are in front, for a shell says nothing when `fg` follows `bg`, it only wants the terminal.
  private mutating func stopWithJob(_ signal: Signal) {
    if signal == .terminalInput || signal == .terminalOutput, TerminalPlace.now == .foreground {
      goOn()
      return
    }
    jobIsStopped = true
    suspendSelf()
  }

  /// A shell's `fg` or `bg` came.
  private mutating func goOn() {
    jobIsStopped = false
    if TerminalPlace.now == .foreground { setForeground(command) }
    try? sendSignal(Signal.proceed.number, to: -command)
  }

  private func now() -> Time { Time(nanoseconds: monotonicNow()) }

  /// What the command has left behind gets SIGTERM and a moment, then SIGKILL: as PID 1 everything,
  /// else our descendants.
  private mutating func sweep() {
    for signal in [Signal.terminate, .kill] {
      guard hasChildren else { return }
      if processID() == 1 {
        try? sendSignal(signal.number, to: -1)
      } else {
        for entry in descendants(of: processID()) {
          try? sendSignal(signal.number, to: entry.pid)
        }
      }
      let end = now() + Nanoseconds(Self.sweepPatience)
      var pauses = Pauses()
      while hasChildren {
        let start = now()
        guard start < end else { break }
        _ = waitForSignal(nanoseconds: (end - start).count)
        forgetTime(pauses.length(from: start, until: end, to: now()).count)
        reap(isBlocking: false)
      }
    }
  }
}
