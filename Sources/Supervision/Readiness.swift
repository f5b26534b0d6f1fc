import Basics
import Configuration

// Tests: whether a program is ready, and whether it still is well. The core says when a test begins
// and when nobody wants its answer any more; how it is made is the loop's business.
//
//     STARTING ──test fails──▶ a pause of 20 ms, doubling to 1 s, then the next
//         │ ──ready_timeout──▶ told to end; its end is a failed start
//         └──test succeeds──▶ RUNNING
//     RUNNING ──health_interval──▶ test ──fails health_retries times in a row──▶ told to end, then
//                                                                                started again
//
// A program that is told to end here keeps its state until it has ended: RUNNING → STOPPING is a
// person's way, or the container's end. It gets its stop signal, or all of a sequence; its
// `stop_command` may be what does not work any more, and is not run.
//
// What may never happen: two tests of one program at once, a test of a program that is neither
// STARTING nor RUNNING, an answer that counts for a later test, and a wait for an answer without an
// end.

extension Supervisor {
  static let firstProbePause = Nanoseconds.milliseconds(20)
  static let lastProbePause = Nanoseconds.seconds(1)

  /// The timer of a program's tests.
  private func probeTimer(_ slot: Slot) -> Int { records.count + 1 + slot }

  /// The exec of a program has succeeded: what else does it take to be RUNNING?
  mutating func awaitReadiness(
    _ slot: Slot, _ pid: ProcessID, _ since: Time, _ now: Time, _ actions: inout [Action]
  ) {
    let ready = configuration.programs[slot].ready
    if ready != nil || configuration.programs[slot].oneshot {
      // Once a stop has begun, nobody waits for it to be ready.
      guard case .running = phase else { return }
      let patience =
        isLimited(slot) ? runTimeout(slot) : configuration.programs[slot].readyTimeout
      if patience > .zero { timers.set(slot, to: since + patience) }
      if ready != nil {
        records[slot].probeFailures = 0
        records[slot].probeFailure = nil
        ask(slot, now, &actions)
      }
      return
    }
    let due = since + configuration.programs[slot].startsecs
    if due <= now {
      becomeRunning(slot, pid, now, &actions)
    } else {
      timers.set(slot, to: due)
    }
  }

  // How long a run may take, of what runs to its end.

  func runTimeout(_ slot: Slot) -> Nanoseconds {
    configuration.programs[slot].life.runTimeout
  }

  /// A oneshot whose run_timeout is over before its ready_timeout is.
  func isLimited(_ slot: Slot) -> Bool {
    let limit = runTimeout(slot)
    let other = configuration.programs[slot].readyTimeout
    return limit > .zero && configuration.programs[slot].oneshot
      && (other == .zero || limit <= other)
  }

  /// A scheduled run has begun.
  mutating func limitRun(_ slot: Slot, _ now: Time) {
    let limit = runTimeout(slot)
    guard limit > .zero, isScheduled(slot), case .running = phase else { return }
    timers.set(slot, to: records[slot].started + limit)
  }

  /// The stop has begun: no test goes on, and no time is set to be ready in, or to run.
  mutating func endAwaiting(_ slot: Slot, _ actions: inout [Action]) {
    endProbe(slot, &actions)
    guard records[slot].givingUp == .no, !isEnding(slot) else { return }
    switch records[slot].state {
    case .starting:
      guard configuration.programs[slot].ready != nil || configuration.programs[slot].oneshot else {
        return
      }
    case .running: break
    case .stopped, .backoff, .stopping, .exited, .fatal: return
    }
    timers.clear(slot)
  }

  /// It is RUNNING: its tests of health begin.
  mutating func awaitHealth(_ slot: Slot, _ now: Time) {
    guard configuration.programs[slot].health != nil, case .running = phase else { return }
    records[slot].probeFailures = 0
    records[slot].probeFailure = nil
    pauseProbe(slot, configuration.programs[slot].healthInterval, now)
  }

  private mutating func pauseProbe(_ slot: Slot, _ pause: Nanoseconds, _ now: Time) {
    records[slot].probe = .pausing
    timers.set(probeTimer(slot), to: now + pause)
  }

  private mutating func ask(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    let isHealth = records[slot].state.name == .running
    records[slot].probe = .asking
    let ready = configuration.programs[slot].ready
    if isHealth || ready?.isAwaited == false {
      // A path that is not there is no answer that could come late.
      let isPath = !isHealth && ready?.kind == .path
      timers.set(
        probeTimer(slot),
        to: now + (isPath ? Self.lastProbePause : configuration.programs[slot].healthTimeout))
    }
    actions.append(.startProbe(slot, health: isHealth))
  }

  /// Nobody wants an answer any more.
  mutating func endProbe(_ slot: Slot, _ actions: inout [Action]) {
    let stage = records[slot].probe
    guard stage != .none else { return }
    records[slot].probe = .none
    timers.clear(probeTimer(slot))
    if stage == .asking { actions.append(.stopProbe(slot)) }
  }

  /// The timer of a program's tests is due.
  mutating func probeTimedOut(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].probe {
    case .none: return
    case .pausing: ask(slot, now, &actions)
    case .asking:
      actions.append(.stopProbe(slot))
      probed(slot, .timedOut, now, &actions)
    }
  }

  /// The answer of a test: nil, it succeeded.
  mutating func probed(
    _ slot: Slot, _ failure: ProbeFailure?, _ now: Time, _ actions: inout [Action]
  ) {
    guard records[slot].probe == .asking else { return }
    records[slot].probe = .none
    timers.clear(probeTimer(slot))
    switch records[slot].state {
    case .starting(let pid, _, _, _):
      if let failure {
        let earlier = min(records[slot].probeFailures, 6)
        records[slot].probeFailures = earlier + 1
        records[slot].probeFailure = failure
        let pause = Nanoseconds(Self.firstProbePause.count << Int64(earlier))
        pauseProbe(slot, min(pause, Self.lastProbePause), now)
      } else {
        becomeRunning(slot, pid, now, &actions)
      }
    case .running(let pid, _):
      healthAnswered(slot, pid, failure, now, &actions)
    case .stopped, .backoff, .stopping, .exited, .fatal:
      return
    }
  }

  private mutating func healthAnswered(
    _ slot: Slot, _ pid: ProcessID, _ failure: ProbeFailure?, _ now: Time,
    _ actions: inout [Action]
  ) {
    let retries = configuration.programs[slot].healthRetries
    if let failure {
      var isSaid = false
      if case .notMade = failure {
        isSaid = records[slot].probeFailure == failure
      } else {
        records[slot].probeFailures += 1
      }
      let count = records[slot].probeFailures
      if !isSaid { actions.append(.report(.unhealthy(slot, failure, count: count, of: retries))) }
      if count >= retries { return giveUp(slot, pid, now, &actions) }
    } else {
      records[slot].probeFailures = 0
    }
    records[slot].probeFailure = failure
    pauseProbe(slot, configuration.programs[slot].healthInterval, now)
  }

  /// Tells a program to end that is not what it should be; it is started again after that.
  /// - Parameter overran: because its `run_timeout` is over.
  mutating func giveUp(
    _ slot: Slot, _ pid: ProcessID, overran: Bool = false, _ now: Time, _ actions: inout [Action]
  ) {
    endProbe(slot, &actions)
    records[slot].givingUp = .told
    let signal = stopSignal(of: slot)
    let isReady = records[slot].state.name == .running
    if overran {
      actions.append(.report(.overran(slot, pid, signal, after: runTimeout(slot))))
    } else {
      actions.append(.report(.givingUp(slot, pid, signal, isReady: isReady)))
    }
    if pid == 0 {
      actions.append(.stopAwaited(slot))
    } else {
      send(signal, slot, pid, &actions)
    }
    records[slot].stopSteps = 0
    waitGivenUp(slot, now)
  }

  /// The wait after a stop signal, for the next one of a sequence or for SIGKILL.
  private mutating func waitGivenUp(_ slot: Slot, _ now: Time) {
    let next = stopStep(slot, records[slot].stopSteps)
    records[slot].stopWait = next?.pause ?? configuration.programs[slot].stopwaitsecs
    timers.set(slot, to: now + records[slot].stopWait)
  }

  /// Sends the next signal of its sequence to a program that is given up. False: there is none.
  mutating func sendNextGivenUp(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) -> Bool {
    guard records[slot].givingUp == .told, let step = stopStep(slot, records[slot].stopSteps) else {
      return false
    }
    beginStep(step, slot, pid, &actions)
    if pid != 0 || isEnding(slot) { send(step.signal, slot, pid, again: true, &actions) }
    waitGivenUp(slot, now)
    return true
  }

  /// The timer of a program that is given up is due.
  mutating func givingUpTimedOut(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    switch records[slot].givingUp {
    case .told:
      if sendNextGivenUp(slot, pid, now, &actions) { return }
      records[slot].givingUp = .killed
      actions.append(
        .report(.killing(slot, pid, after: configuration.programs[slot].stopwaitsecs)))
      sendKill(slot, pid, &actions)
      timers.set(slot, to: now + Self.killPatience)
    case .killed:
      records[slot].givingUp = .abandoned
      actions.append(.report(.survivedKill(slot, pid)))
    case .no, .abandoned: return
    }
  }
}
