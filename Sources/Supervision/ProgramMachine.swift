import Configuration

// One program: every state answers every event. The switches have no `default`, so that a new
// state does not compile until each event has an answer for it.
//
// The order of things when a start fails: the process that could not become its program says so
// first (`executionFailed`) and is reaped after (`ended`). Only the reaping moves the state, so
// that no second process can be made while the first one lives.

extension Supervisor {
  /// Sets the state and keeps what is counted of states in step with it.
  @inline(never)
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
      records[slot].givingUp = .no
      transition(slot, to: .starting(pid: 0, since: now, executed: false, failure: nil))
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
      guard records[slot].givingUp == .no else { return }
      awaitReadiness(slot, pid, since, now, &actions)
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

  mutating func becomeRunning(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    timers.clear(slot)
    records[slot].failures = 0
    records[slot].lastEnd = .fine
    transition(slot, to: .running(pid: pid, since: now))
    actions.append(.report(.running(slot, pid)))
    becameReady(slot, now)
    awaitHealth(slot, now)
  }

  /// The slot's timer is due. What it means depends on the state alone.
  mutating func timedOut(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .starting(let pid, _, _, _):
      if records[slot].givingUp != .no {
        givingUpTimedOut(slot, pid, now, &actions)
      } else if configuration.programs[slot].ready != nil || configuration.programs[slot].oneshot {
        giveUp(slot, pid, now, &actions)
      } else {
        becomeRunning(slot, pid, now, &actions)
      }
    case .running(let pid, _):
      givingUpTimedOut(slot, pid, now, &actions)
    case .backoff, .exited:
      start(slot, now, &actions)
    case .stopping(let pid, .told):
      toldTimedOut(slot, pid, now, &actions)
    case .stopping(let pid, .asked), .stopping(let pid, .answered):
      killAfterWait(slot, pid, now, &actions)
    case .stopping(_, .left):
      leftTimedOut(slot, now, &actions)
    case .stopping(let pid, .killed):
      transition(slot, to: .stopping(pid: pid, stage: .abandoned))
      actions.append(.report(.survivedKill(slot, pid)))
      levelMayBeGone(now, &actions)
    case .stopped:
      // COMMAND's turn, or all that it depends on has come.
      start(slot, now, &actions)
    case .stopping(_, .abandoned), .fatal:
      return
    }
  }

  mutating func ended(
    _ slot: Slot, _ pid: ProcessID, _ status: WaitStatus, _ now: Time,
    _ actions: inout [Action]
  ) {
    if case .stopping(_, .asked) = records[slot].state {
      transition(slot, to: .stopping(pid: 0, stage: .left))
      return
    }
    timers.clear(slot)
    endProbe(slot, &actions)
    switch records[slot].state {
    case .starting(_, let since, let executed, let failure):
      let isReadySaid = configuration.programs[slot].ready != nil
      // What has stayed up for `startsecs` was RUNNING, also when its end is seen before the tick
      // that would have said so.
      let startsecs = configuration.programs[slot].startsecs
      if let failure {
        startFailed(slot, .spawn(failure), now, &actions)
      } else if records[slot].givingUp != .no {
        let time = configuration.programs[slot].readyTimeout
        startFailed(
          slot, .notReady(after: time, isReadySaid ? records[slot].probeFailure : nil), now,
          &actions)
      } else if configuration.programs[slot].oneshot {
        oneshotEnded(slot, status, now, &actions)
      } else if isReadySaid {
        startFailed(slot, .ended(status), now, &actions)
      } else if startsecs == .zero || executed && since + startsecs <= now {
        becomeRunning(slot, pid, now, &actions)
        exited(slot, status, since: now, now, &actions)
      } else {
        startFailed(slot, .tooQuick(status), now, &actions)
      }
    case .running(_, let since):
      exited(slot, status, since: since, now, &actions)
    case .stopping:
      stopEnded(slot, status, now, &actions)
    case .stopped, .backoff, .exited, .fatal:
      return
    }
  }

  /// Whether `exitcodes` hold it.
  private func isExpected(_ status: WaitStatus, of slot: Slot) -> Bool {
    switch status {
    case .exited(let code): return configuration.programs[slot].exitcodes.contains(code)
    case .signalled(let signal):
      return configuration.programs[slot].exitcodes.signals.contains(signal)
    }
  }

  /// A oneshot is ready when it has ended as expected; any other end is a failed start.
  private mutating func oneshotEnded(
    _ slot: Slot, _ status: WaitStatus, _ now: Time, _ actions: inout [Action]
  ) {
    guard isExpected(status, of: slot) else {
      return startFailed(slot, .ended(status), now, &actions)
    }
    records[slot].failures = 0
    records[slot].lastEnd = .fine
    transition(slot, to: .exited(restarting: false))
    actions.append(.report(.exited(slot, status, expected: true, restart: nil)))
    becameReady(slot, now)
    endedForGood(slot, now)
    nothingMayBeLeft(now, &actions)
    levelMayBeGone(now, &actions)
  }

  /// RUNNING → EXITED, and perhaps on from there.
  private mutating func exited(
    _ slot: Slot, _ status: WaitStatus, since: Time, _ now: Time, _ actions: inout [Action]
  ) {
    // Who was told to end for being unwell is always started again.
    endProbe(slot, &actions)
    let wasGivenUp = records[slot].givingUp != .no
    records[slot].givingUp = .no
    let expected = !wasGivenUp && isExpected(status, of: slot)
    if isScheduled(slot) {
      let notice = Notice.exited(slot, status, expected: expected, restart: nil)
      return endRun(slot, .exited(restarting: false), notice, now, &actions)
    }
    remember(slot, expected ? nil : .exited(status))
    var again = wasGivenUp
    switch configuration.programs[slot].autorestart {
    case .never: break
    case .unexpected: again = again || !expected
    case .always: again = true
    }
    guard again, case .running = phase else {
      transition(slot, to: .exited(restarting: false))
      actions.append(.report(.exited(slot, status, expected: expected, restart: nil)))
      if isCommand(slot) {
        // During the drain it has heard the signal already.
        commandEnded(slot, status)
        beginStop(.commandEnded(slot, status), now, &actions)
      } else if case .running = phase, configuration.programs[slot].essential == .exit {
        beginStop(.essentialExited(slot, status), now, &actions)
      }
      endedForGood(slot, now)
      nothingMayBeLeft(now, &actions)
      levelMayBeGone(now, &actions)
      return
    }
    let pause = restartPause(slot, lived: now - since)
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
    _ slot: Slot, _ failure: StartFailure, _ now: Time, _ actions: inout [Action]
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
    if isScheduled(slot) {
      return endRun(slot, .backoff, .runFailed(slot, failure), now, &actions)
    }
    let startretries = configuration.programs[slot].startretries
    let (count, overflow) = records[slot].failures.addingReportingOverflow(1)
    records[slot].failures = overflow ? .max : count
    records[slot].givingUp = .no
    transition(slot, to: .backoff)
    if startretries >= 0, records[slot].failures > startretries {
      // A person who starts it again gives it all its tries.
      let tries = records[slot].failures
      actions.append(.report(.backoff(slot, failure, pause: nil)))
      becomeFatal(slot, failure, tries: tries, now, &actions)
      failDependents(of: slot, failure, now, &actions)
      nothingMayBeLeft(now, &actions)
      levelMayBeGone(now, &actions)
      return
    }
    remember(slot, .failed(failure))
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

  /// FATAL, out of BACKOFF, or out of STOPPED with what it depends on.
  @inline(never)
  mutating func becomeFatal(
    _ slot: Slot, _ failure: StartFailure, tries: Int32, _ now: Time, _ actions: inout [Action]
  ) {
    remember(slot, .failed(failure))
    records[slot].failures = 0
    transition(slot, to: .fatal)
    actions.append(.report(.fatal(slot, failure, tries: tries)))
    guard case .running = phase else { return }
    if configuration.programs[slot].essential != .none {
      beginStop(.essentialFatal(slot, failure), now, &actions)
    } else if isAwaited(slot) {
      beginStop(.awaitedFatal(slot, failure), now, &actions)
    }
  }

  /// Tells a program to end. What is not running is STOPPED at once, or has already ended.
  @inline(never)
  mutating func stop(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .starting(let pid, _, _, _), .running(let pid, _):
      endProbe(slot, &actions)
      records[slot].givingUp = .no
      tell(slot, pid, now, &actions)
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
  func send(
    _ signal: Signal, _ slot: Slot, _ pid: ProcessID, _ actions: inout [Action]
  ) {
    let group = configuration.programs[slot].stopasgroup
    actions.order(.signal(pid, signal, group: group))
  }

  /// SIGKILL to a program that was told to end, or that a person will not wait for.
  @inline(never)
  mutating func kill(_ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]) {
    var asked = false
    if case .stopping(_, .asked) = records[slot].state { asked = true }
    transition(slot, to: .stopping(pid: pid, stage: .killed))
    sendKill(slot, pid, &actions)
    if asked { actions.order(.endStopCommand(slot)) }
    timers.set(slot, to: now + killWait(now))
  }

  func sendKill(_ slot: Slot, _ pid: ProcessID, _ actions: inout [Action]) {
    let group = configuration.programs[slot].killasgroup
    if pid != 0 { actions.order(.signal(pid, .kill, group: group)) }
  }

  private mutating func remember(_ slot: Slot, _ end: UnexpectedEnd?) {
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
    case .tooQuick(let status), .ended(let status): return status.code == 0 ? 1 : status.code
    case .notReady: return 1
    case .dependency(_, let code): return code
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
