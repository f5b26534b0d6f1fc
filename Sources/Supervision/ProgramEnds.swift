import Basics
import Configuration

// How a program's process ends, and what comes after that: another start, a state that it stays in,
// or the container's stop.
//
// An end has two halves: the process was reaped (`ended`), and nothing of the program is left
// (`finish`). They are one, but for a program with `stoptree`, `stopasgroup` or `killasgroup`, which
// lies between them as long as something of its tree or group is there (`StopTree.swift`).

extension Supervisor {
  mutating func ended(
    _ slot: Slot, _ pid: ProcessID, _ status: WaitStatus, _ now: Time,
    _ actions: inout [Action]
  ) {
    if case .stopping(_, .asked) = records[slot].state {
      leaveStopCommand(slot, pid, status, now)
      return
    }
    // What has stayed up for `startsecs` was RUNNING, also when its end is seen before the tick
    // that would have said so.
    if case .starting(_, let since, let executed, nil) = records[slot].state, isReadyByStaying(slot)
    {
      let startsecs = configuration.programs[slot].startsecs
      if startsecs == .zero || executed && since + startsecs <= now {
        becomeRunning(slot, pid, now, &actions)
      }
    }
    endProbe(slot, &actions)
    if endsAsWhole(slot) {
      processEnded(slot, pid, status, now, &actions)
    } else {
      finish(slot, status, endedAt: now, now, &actions)
    }
  }

  /// To stay up is all that it needs to be RUNNING.
  private func isReadyByStaying(_ slot: Slot) -> Bool {
    records[slot].givingUp == .no && configuration.programs[slot].ready == nil
      && !configuration.programs[slot].oneshot
  }

  /// Nothing of the program is left.
  mutating func finish(
    _ slot: Slot, _ status: WaitStatus, endedAt: Time, _ now: Time, _ actions: inout [Action]
  ) {
    timers.clear(slot)
    switch records[slot].state {
    case .starting(_, _, _, let failure):
      let isDone =
        failure == nil && records[slot].givingUp == .no && configuration.programs[slot].oneshot
        && isExpected(status, of: slot)
      if isDone { return oneshotDone(slot, status, endedAt, now, &actions) }
      startFailed(slot, reason(slot, failure, status), endedAt: endedAt, now, &actions)
    case .running(_, let since):
      exited(slot, status, since: since, endedAt: endedAt, now, &actions)
    case .stopping:
      stopEnded(slot, status, now, &actions)
    case .stopped, .backoff, .exited, .fatal:
      return
    }
  }

  /// Why a start has failed that ended like this.
  private func reason(
    _ slot: Slot, _ failure: SpawnFailure?, _ status: WaitStatus
  ) -> StartFailure {
    if let failure { return .spawn(failure) }
    let isReadySaid = configuration.programs[slot].ready != nil
    if records[slot].givingUp != .no {
      if isLimited(slot) { return .overran(after: runTimeout(slot)) }
      let time = configuration.programs[slot].readyTimeout
      return .notReady(after: time, isReadySaid ? records[slot].probeFailure : nil)
    }
    return isReadySaid || configuration.programs[slot].oneshot ? .ended(status) : .tooQuick(status)
  }

  /// Whether `exitcodes` hold it.
  func isExpected(_ status: WaitStatus, of slot: Slot) -> Bool {
    switch status {
    case .exited(let code): return configuration.programs[slot].exitcodes.contains(code)
    case .signalled(let signal):
      return configuration.programs[slot].exitcodes.signals.contains(signal)
    }
  }

  /// A oneshot is ready when it has ended as expected; any other end is a failed start.
  private mutating func oneshotDone(
    _ slot: Slot, _ status: WaitStatus, _ endedAt: Time, _ now: Time, _ actions: inout [Action]
  ) {
    records[slot].failures = 0
    remember(slot, nil, endedAt)
    transition(slot, to: .exited(restarting: false))
    actions.append(.report(.exited(slot, status, expected: true, restart: nil)))
    becameReady(slot, now)
    endedForGood(slot, now)
    nothingMayBeLeft(now, &actions)
    levelMayBeGone(now, &actions)
  }

  /// RUNNING → EXITED, and perhaps on from there.
  private mutating func exited(
    _ slot: Slot, _ status: WaitStatus, since: Time, endedAt: Time, _ now: Time,
    _ actions: inout [Action]
  ) {
    // Who was told to end for being unwell is always started again.
    let wasGivenUp = records[slot].givingUp != .no
    records[slot].givingUp = .no
    let expected = !wasGivenUp && isExpected(status, of: slot)
    if isScheduled(slot) {
      let notice = Notice.exited(slot, status, expected: expected, restart: nil)
      return endRun(slot, .exited(restarting: false), notice, now, &actions)
    }
    remember(slot, expected ? nil : .exited(status), endedAt)
    guard wasGivenUp || wantsRestart(slot, expected: expected), case .running = phase else {
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
    let pause = restartPause(slot, lived: endedAt - since)
    transition(slot, to: .exited(restarting: true))
    actions.append(.report(.exited(slot, status, expected: expected, restart: pause)))
    if pause > .zero {
      timers.set(slot, to: now + pause)
    } else {
      start(slot, now, &actions)
    }
  }

  /// What `autorestart` says of an end.
  func wantsRestart(_ slot: Slot, expected: Bool) -> Bool {
    switch configuration.programs[slot].autorestart {
    case .never: return false
    case .unexpected: return !expected
    case .always: return true
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
    let delay = configuration.programs[slot].restartDelay
    let (first, greatest) = (delay.first, delay.greatest)
    let earlier = records[slot].quickEnds
    records[slot].quickEnds = min(earlier + 1, 62)
    return Self.pause(first, greatest, after: earlier)
  }

  /// A pause that doubles from its first to its greatest value; `earlier`: how many came before it.
  private static func pause(
    _ first: Nanoseconds, _ greatest: Nanoseconds, after earlier: Int32
  ) -> Nanoseconds {
    if earlier <= 0 { return min(first, greatest) }
    let base = first > .zero ? first : .seconds(1)
    let doublings = min(first > .zero ? earlier : earlier - 1, 62)
    let (product, overflow) = base.count.multipliedReportingOverflow(by: 1 << Int64(doublings))
    return overflow ? greatest : min(Nanoseconds(product), greatest)
  }

  /// The pause after a failed start: `retry_delay`, else Supervisor's 1, 2, 3 … s, which grow until
  /// startretries ends them; without that end, the greatest of `restart_delay` does. What cannot start
  /// must not spin.
  private func retryPause(_ slot: Slot) -> Nanoseconds {
    let failures = records[slot].failures
    if let delay = configuration.programs[slot].life.retryDelay {
      return max(Self.pause(delay.first, delay.greatest, after: failures - 1), Self.leastRetryPause)
    }
    let pause = Nanoseconds.seconds(Int64(failures))
    if configuration.programs[slot].startretries >= 0 { return pause }
    return min(pause, max(configuration.programs[slot].restartDelay.greatest, .seconds(1)))
  }

  /// STARTING → BACKOFF, without a try that counts.
  mutating func startPutOff(
    _ slot: Slot, _ failure: SpawnFailure, _ now: Time, _ actions: inout [Action]
  ) {
    if isScheduled(slot) {
      return startFailed(slot, .spawn(failure), endedAt: now, now, &actions)
    }
    switch records[slot].state {
    case .starting: break
    case .stopping:
      transition(slot, to: .stopped)
      actions.append(.report(.stopped(slot, nil)))
      return levelMayBeGone(now, &actions)
    case .stopped, .running, .backoff, .exited, .fatal: return
    }
    records[slot].givingUp = .no
    transition(slot, to: .backoff)
    actions.append(.report(.putOff(slot, Self.putOffPause)))
    if case .running = phase {
      timers.set(slot, to: now + Self.putOffPause)
    } else {
      stop(slot, now, &actions)
      levelMayBeGone(now, &actions)
    }
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
      becomeFatal(slot, failure, tries: tries, endedAt: endedAt, now, &actions)
      failDependents(of: slot, failure, now, &actions)
      nothingMayBeLeft(now, &actions)
      levelMayBeGone(now, &actions)
      return
    }
    remember(slot, .failed(failure), endedAt)
    let pause = retryPause(slot)
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
    _ slot: Slot, _ failure: StartFailure, tries: Int32, endedAt: Time, _ now: Time,
    _ actions: inout [Action]
  ) {
    remember(slot, .failed(failure), endedAt)
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
