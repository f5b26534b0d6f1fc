import Configuration

// One program: every state answers every event. The switches have no `default`, so that a new
// state does not compile until each event has an answer for it.
//
// The order of things when a start fails: the process that could not become its program says so
// first (`executionFailed`) and is reaped after (`ended`). Only the reaping moves the state, so
// that no second process can be made while the first one lives.

extension Supervisor {
  /// Sets the state and keeps what is counted of states in step with it.
  mutating func transition(_ slot: Slot, to state: ProgramState) {
    let old = records[slot].state
    records[slot].state = state
    active += (state.isActive ? 1 : 0) - (old.isActive ? 1 : 0)
    let level = Int(levels.level[slot])
    living[level] += (state.isLiving ? 1 : 0) - (old.isLiving ? 1 : 0)
  }

  mutating func start(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .stopped, .backoff, .exited, .fatal:
      timers.clear(slot)
      transition(slot, to: .starting(pid: 0, since: now, executed: false, failure: nil))
      records[slot].started = now
      actions.append(.spawn(slot))
    case .starting, .running, .stopping:
      return
    }
  }

  mutating func forked(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    slots.insert(pid, slot)
    switch records[slot].state {
    case .starting(_, let since, let executed, let failure):
      transition(
        slot, to: .starting(pid: pid, since: since, executed: executed, failure: failure))
      actions.append(.report(.starting(slot, pid)))
    case .stopping(_, let stage):
      // Told to stop between the fork and its answer.
      transition(slot, to: .stopping(pid: pid, stage: stage))
      if case .told(let signal) = stage { send(signal, slot, pid, &actions) }
    case .stopped, .running, .backoff, .exited, .fatal:
      return
    }
  }

  mutating func executed(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .starting(let pid, let since, _, let failure):
      transition(slot, to: .starting(pid: pid, since: since, executed: true, failure: failure))
      let due = since + configuration.programs[slot].startsecs
      if due <= now {
        becomeRunning(slot, pid, now, &actions)
      } else {
        timers.set(slot, to: due)
      }
    case .stopped, .running, .backoff, .stopping, .exited, .fatal:
      return
    }
  }

  mutating func executionFailed(_ slot: Slot, _ failure: SpawnFailure) {
    switch records[slot].state {
    case .starting(let pid, let since, let executed, _):
      transition(
        slot, to: .starting(pid: pid, since: since, executed: executed, failure: failure))
    case .stopped, .running, .backoff, .stopping, .exited, .fatal:
      return
    }
  }

  private mutating func becomeRunning(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    timers.clear(slot)
    records[slot].failures = 0
    records[slot].lastEnd = .fine
    transition(slot, to: .running(pid: pid, since: now))
    actions.append(.report(.running(slot, pid)))
    becameReady(slot, now)
  }

  /// The slot's timer is due. What it means depends on the state alone.
  mutating func timedOut(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    if treeTimedOut(slot, now, &actions) { return }
    switch records[slot].state {
    case .starting(let pid, _, _, _):
      becomeRunning(slot, pid, now, &actions)
    case .backoff, .exited:
      start(slot, now, &actions)
    case .stopping(let pid, .told):
      let waited = configuration.programs[slot].stopwaitsecs
      actions.append(.report(.killing(slot, pid, after: waited)))
      kill(slot, pid, now, &actions)
    case .stopping(let pid, .killed):
      transition(slot, to: .stopping(pid: pid, stage: .abandoned))
      actions.append(.report(.survivedKill(slot, pid)))
      levelMayBeGone(now, &actions)
    case .stopped:
      if isCommand(slot) { start(slot, now, &actions) }
    case .running, .stopping(_, .abandoned), .fatal:
      return
    }
  }

  mutating func ended(
    _ slot: Slot, _ pid: ProcessID, _ status: WaitStatus, _ now: Time,
    _ actions: inout [Action]
  ) {
    // What has stayed up for `startsecs` was RUNNING, also when its end is seen before the tick
    // that would have said so.
    if case .starting(_, let since, let executed, nil) = records[slot].state {
      let startsecs = configuration.programs[slot].startsecs
      if startsecs == .zero || executed && since + startsecs <= now {
        becomeRunning(slot, pid, now, &actions)
      }
    }
    if configuration.programs[slot].stoptree {
      processEnded(slot, status, now, &actions)
    } else {
      finish(slot, status, endedAt: now, now, &actions)
    }
  }

  /// Nothing of the program is left.
  mutating func finish(
    _ slot: Slot, _ status: WaitStatus, endedAt: Time, _ now: Time, _ actions: inout [Action]
  ) {
    timers.clear(slot)
    switch records[slot].state {
    case .starting(_, _, _, let failure):
      startFailed(
        slot, failure.map { .spawn($0) } ?? .tooQuick(status), endedAt: endedAt, now, &actions)
    case .running(_, let since):
      exited(slot, status, since: since, endedAt: endedAt, now, &actions)
    case .stopping:
      if isCommand(slot) { commandEnded(slot, status) }
      records[slot].failures = 0
      records[slot].lastEnd = .fine
      transition(slot, to: .stopped)
      actions.append(.report(.stopped(slot, status)))
      levelMayBeGone(now, &actions)
    case .stopped, .backoff, .exited, .fatal:
      return
    }
  }

  /// RUNNING → EXITED, and perhaps on from there.
  private mutating func exited(
    _ slot: Slot, _ status: WaitStatus, since: Time, endedAt: Time, _ now: Time,
    _ actions: inout [Action]
  ) {
    let expected: Bool
    switch status {
    case .exited(let code): expected = configuration.programs[slot].exitcodes.contains(code)
    case .signalled(let signal):
      expected = configuration.programs[slot].exitcodes.signals.contains(signal)
    }
    remember(slot, expected ? nil : .exited(status), endedAt)
    let again: Bool
    switch configuration.programs[slot].autorestart {
    case .never: again = false
    case .unexpected: again = !expected
    case .always: again = true
    }
    guard again, case .running = phase else {
      transition(slot, to: .exited(restarting: false))
      actions.append(.report(.exited(slot, status, expected: expected, restart: nil)))
      if isCommand(slot) {
        beginStop(.commandEnded(slot, status), now, &actions)
      } else if case .running = phase, configuration.programs[slot].essential == .exit {
        beginStop(.essentialExited(slot, status), now, &actions)
      }
      nothingMayBeLeft(now, &actions)
      levelMayBeGone(now, &actions)
      return
    }
    let pause = restartPause(slot, lived: endedAt - since)
    transition(slot, to: .exited(restarting: true))
    actions.append(.report(.exited(slot, status, expected: expected, restart: pause)))
    if pause > .zero {
      timers.set(slot, to: now + pause)
    } else {
      start(slot, now, &actions)
    }
  }

  /// The pause before a restart. A program that lived for `quickEnd` is restarted at once; one
  /// that keeps ending sooner waits `restart_delay`'s first value, then twice as long each time
  /// up to its greatest. A first value of 0 goes on with 1 s, or it would never grow.
  private mutating func restartPause(_ slot: Slot, lived: Nanoseconds) -> Nanoseconds {
    guard lived < Self.quickEnd else {
      records[slot].quickEnds = 0
      return .zero
    }
    let (first, greatest) = configuration.programs[slot].restartDelay
    let earlier = records[slot].quickEnds
    records[slot].quickEnds = min(earlier + 1, 62)
    if earlier == 0 { return min(first, greatest) }
    let base = first > .zero ? first : .seconds(1)
    let doublings = first > .zero ? earlier : earlier - 1
    let (product, overflow) = base.count.multipliedReportingOverflow(by: 1 << Int64(doublings))
    return overflow ? greatest : min(Nanoseconds(product), greatest)
  }

  /// STARTING → BACKOFF, and on to FATAL when no try is left.
  mutating func startFailed(
    _ slot: Slot, _ failure: StartFailure, endedAt: Time, _ now: Time,
    _ actions: inout [Action]
  ) {
    switch records[slot].state {
    case .starting: break
    case .stopping:
      // The fork failed after the stop was asked for: there is nothing to stop.
      transition(slot, to: .stopped)
      actions.append(.report(.stopped(slot, nil)))
      levelMayBeGone(now, &actions)
      return
    case .stopped, .running, .backoff, .exited, .fatal: return
    }
    let startretries = configuration.programs[slot].startretries
    let (count, overflow) = records[slot].failures.addingReportingOverflow(1)
    records[slot].failures = overflow ? .max : count
    remember(slot, .failed(failure), endedAt)
    transition(slot, to: .backoff)
    if startretries >= 0, records[slot].failures > startretries {
      let tries = records[slot].failures
      actions.append(.report(.backoff(slot, failure, pause: nil)))
      // A person who starts it again gives it all its tries.
      records[slot].failures = 0
      transition(slot, to: .fatal)
      actions.append(.report(.fatal(slot, failure, tries: tries)))
      if case .running = phase {
        if configuration.programs[slot].essential != .none {
          beginStop(.essentialFatal(slot, failure), now, &actions)
        } else if isAwaited(slot) {
          beginStop(.awaitedFatal(slot, failure), now, &actions)
        }
      }
      nothingMayBeLeft(now, &actions)
      levelMayBeGone(now, &actions)
      return
    }
    var pause = Nanoseconds.seconds(Int64(records[slot].failures))
    // Supervisor's pauses grow until startretries ends them; without that end, this one does. It is
    // never below a second: what cannot start must not spin.
    if startretries < 0 {
      pause = min(pause, max(configuration.programs[slot].restartDelay.greatest, .seconds(1)))
    }
    actions.append(.report(.backoff(slot, failure, pause: pause)))
    if case .running = phase {
      timers.set(slot, to: now + pause)
    } else {
      stop(slot, now, &actions)
      levelMayBeGone(now, &actions)
    }
  }

  /// Tells a program to end. What is not running is STOPPED at once, or has already ended.
  mutating func stop(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .starting(let pid, _, _, _), .running(let pid, _):
      let signal = stopSignal(of: slot)
      transition(slot, to: .stopping(pid: pid, stage: .told(signal)))
      actions.append(.report(.stopping(slot, pid, signal)))
      if isEnding(slot) { return becomeStopping(slot, signal) }
      if pid == 0 {
        actions.append(.stopAwaited(slot))
      } else if !hasForwarded(to: slot) {
        send(signal, slot, pid, &actions)
      }
      timers.set(slot, to: now + configuration.programs[slot].stopwaitsecs)
    case .backoff:
      timers.clear(slot)
      records[slot].failures = 0
      transition(slot, to: .stopped)
      actions.append(.report(.stopped(slot, nil)))
    case .exited(restarting: true):
      timers.clear(slot)
      transition(slot, to: .exited(restarting: false))
    case .stopped, .stopping, .exited(restarting: false), .fatal:
      return
    }
  }

  /// Sends the stop signal as the program's options want it.
  private func send(
    _ signal: Signal, _ slot: Slot, _ pid: ProcessID, _ actions: inout [Action]
  ) {
    if configuration.programs[slot].stoptree { return actions.append(.signalTree(slot, signal)) }
    let group = configuration.programs[slot].stopasgroup
    actions.append(.signal(pid, signal, group: group))
  }

  /// SIGKILL to a program that was told to end, or that a person will not wait for.
  mutating func kill(_ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]) {
    transition(slot, to: .stopping(pid: pid, stage: .killed))
    let group = configuration.programs[slot].killasgroup
    if configuration.programs[slot].stoptree {
      actions.append(.signalTree(slot, .kill))
    } else if pid != 0 {
      actions.append(.signal(pid, .kill, group: group))
    }
    timers.set(slot, to: now + Self.killPatience)
  }

  private mutating func remember(_ slot: Slot, _ end: UnexpectedEnd?, _ endedAt: Time) {
    countCrash(slot, end, lived: endedAt - records[slot].started)
    guard let end else {
      records[slot].lastEnd = .fine
      return
    }
    if case .unexpected(let old, let order) = records[slot].lastEnd, old.code == end.code {
      // The same failure again: the program has been failing since the first of them.
      records[slot].lastEnd = .unexpected(end, order: order)
      return
    }
    ends &+= 1
    records[slot].lastEnd = .unexpected(end, order: ends)
  }
}

extension StartFailure {
  /// The exit status that stands for this failure; never 0 (SPEC §6).
  public var exitCode: UInt8 {
    switch self {
    case .spawn(let failure): return failure.exitCode
    case .tooQuick(let status): return status.code == 0 ? 1 : status.code
    }
  }
}

extension ProgramState {
  /// A process of it lives, or is about to, that a stop has to wait for.
  var isLiving: Bool {
    switch self {
    case .starting, .running: return true
    case .stopping(_, let stage): return stage != .abandoned
    case .stopped, .backoff, .exited, .fatal: return false
    }
  }
}
