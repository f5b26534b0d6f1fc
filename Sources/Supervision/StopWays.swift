import Basics
import Configuration

// How a program is told to stop, beyond one signal: a sequence of signals, or a command before them;
// and signals for swinit that a program gets too.
//
// A sequence sends its next signal to what is still there when the pause is over; `stopwaitsecs`
// counts from the last one. A grace that is too short for all that ends it with SIGKILL. The INT that
// swinit itself got is such a sequence, INT and TERM, for who has no stop signal of its own.
//
// A `stop_command` has `stopwaitsecs` together with the signals that follow it, as systemd's
// ExecStop has it:
//
//     asked ──it ends──▶ told (the stop signal; what it took is taken from the last wait)
//       │  └──stopwaitsecs──▶ killed, both of them
//       └──the program ends──▶ left ──it ends, or stopwaitsecs──▶ STOPPED
//
// What may never happen: a program that is asked and then neither ends nor gets SIGKILL; a
// `stop_command` that outlives the stop of its program.

extension Supervisor {
  /// Tells a program that runs to end, in its own way.
  @inline(never)
  mutating func tell(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    records[slot].spent = .zero
    if let ending = records[slot].ending, ending.isTold {
      actions.say(.stopping(slot, 0, stopSignal(of: slot)))
      return becomeStopping(slot, now)
    }
    if pid != 0, configuration.programs[slot].life.stopCommand.isEmpty == false {
      transition(slot, to: .stopping(pid: pid, stage: .asked))
      actions.say(.stopping(slot, pid, nil))
      actions.order(.runStopCommand(slot, pid))
      waitForStop(slot, configuration.programs[slot].stopwaitsecs, now)
      return
    }
    actions.say(.stopping(slot, pid, stopSignal(of: slot)))
    sendFirst(slot, pid, now, &actions)
  }

  @inline(never)
  mutating func sendFirst(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    records[slot].stopSteps = 0
    if pid == 0, !isEnding(slot) { actions.order(.stopAwaited(slot)) }
    sendNext(stopSignal(of: slot), slot, pid, now, &actions)
  }

  /// Sends a stop signal, and waits for the next one's turn, or for SIGKILL's.
  @inline(never)
  private mutating func sendNext(
    _ signal: Signal, _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    transition(slot, to: .stopping(pid: pid, stage: .told(signal)))
    if pid != 0 || isEnding(slot), !hasForwarded(to: slot) {
      send(signal, slot, pid, again: records[slot].stopSteps > 0, &actions)
    }
    let done = records[slot].stopSteps
    var wait = Nanoseconds(
      configuration.programs[slot].stopwaitsecs.count - records[slot].spent.count)
    if let next = stopStep(slot, done) {
      wait = next.pause
      // Nobody is killed who has not had his TERM, however short the grace is.
      if isInherited(slot, done) {
        wait = min(wait, Nanoseconds(withinGrace(Nanoseconds(.max), now).count / 2))
      }
    }
    waitForStop(slot, wait, now)
  }

  /// What comes after the first stop signal and `done` more; nil: SIGKILL.
  @inline(never)
  func stopStep(_ slot: Slot, _ done: UInt8) -> (pause: Nanoseconds, signal: Signal)? {
    if let step = configuration.programs[slot].life.stopStep(done) { return step }
    guard isInherited(slot, done), case .stopping = records[slot].state else { return nil }
    return (Self.interruptPatience, .terminate)
  }

  /// The step is the TERM after an INT that swinit got.
  func isInherited(_ slot: Slot, _ done: UInt8) -> Bool {
    done == 0 && inheritsInterrupt(slot)
      && configuration.programs[slot].life.stopStep(done) == nil
  }

  /// It is told to end by the INT that swinit got. COMMAND gets that as every other signal.
  func inheritsInterrupt(_ slot: Slot) -> Bool {
    defaultStopSignal == .interrupt && configuration.programs[slot].stopsignal == nil
      && !isCommand(slot)
  }

  /// As `Program.longestStop`, in this stop.
  func longestStop(_ slot: Slot) -> Nanoseconds {
    let own = configuration.programs[slot].longestStop
    if !inheritsInterrupt(slot) { return own }
    return Time(nanoseconds: 0) + own + Self.interruptPatience - Time(nanoseconds: 0)
  }

  private mutating func waitForStop(_ slot: Slot, _ wanted: Nanoseconds, _ now: Time) {
    let wait = withinGrace(wanted, now)
    records[slot].stopWait = wait
    timers.set(slot, to: now + wait)
  }

  /// The wait after a stop signal is over: the next one of a sequence, or SIGKILL. Where the grace
  /// has cut the pause short, what is left of the sequence is left out.
  mutating func toldTimedOut(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    let done = records[slot].stopSteps
    guard var step = stopStep(slot, done),
      records[slot].stopWait >= step.pause || isInherited(slot, done)
    else {
      return killAfterWait(slot, pid, now, &actions)
    }
    step.pause = min(step.pause, records[slot].stopWait)
    beginStep(step, slot, pid, &actions)
    sendNext(step.signal, slot, pid, now, &actions)
  }

  /// Says which signal of a sequence is next, and counts it.
  mutating func beginStep(
    _ step: (pause: Nanoseconds, signal: Signal), _ slot: Slot, _ pid: ProcessID,
    _ actions: inout [Action]
  ) {
    records[slot].stopSteps += 1
    if pid != 0 || isEnding(slot) {
      actions.say(.nextSignal(slot, pid, step.signal, after: step.pause))
    }
  }

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

  /// The last of its stop signals that a program got which is given up.
  func lastSignal(_ slot: Slot) -> Signal {
    let steps = records[slot].stopSteps
    if steps == 0 { return stopSignal(of: slot) }
    return stopStep(slot, steps - 1)?.signal ?? stopSignal(of: slot)
  }

  @inline(never)
  mutating func killAfterWait(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    actions.say(
      .killing(
        slot, pid, after: Nanoseconds(records[slot].stopWait.count + records[slot].spent.count)))
    kill(slot, pid, now, &actions)
  }

  @inline(never)
  mutating func stopCommandEnded(
    _ slot: Slot, _ status: WaitStatus?, _ now: Time, _ actions: inout [Action]
  ) {
    guard case .stopping(let pid, let stage) = records[slot].state,
      stage == .asked || stage == .left
    else { return }
    spendUntil(now, slot)
    if stage == .left {
      if status != .exited(0) { actions.say(.stopCommandEnded(slot, pid, status, nil)) }
      stopCommandIsOver(slot, now, &actions)
    } else {
      actions.say(.stopCommandEnded(slot, pid, status, stopSignal(of: slot)))
      sendFirst(slot, pid, now, &actions)
    }
  }

  /// Counts the time of a `stop_command` that is over.
  private mutating func spendUntil(_ now: Time, _ slot: Slot) {
    let whole = configuration.programs[slot].stopwaitsecs
    guard let due = timers.deadline(of: slot), due > now else {
      records[slot].spent = min(records[slot].stopWait, whole)
      return
    }
    records[slot].spent = Nanoseconds(max(0, records[slot].stopWait.count - (due - now).count))
  }

  mutating func leftTimedOut(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    spendUntil(now, slot)
    actions.say(.endingStopCommand(slot))
    actions.order(.endStopCommand(slot))
    if isEnding(slot) { transition(slot, to: .stopping(pid: 0, stage: .killed)) }
    stopCommandIsOver(slot, now, &actions)
  }

  /// STOPPING → STOPPED. `status` is nil when the process had ended before its `stop_command`.
  @inline(never)
  mutating func stopEnded(
    _ slot: Slot, _ status: WaitStatus?, _ now: Time, _ actions: inout [Action]
  ) {
    timers.clear(slot)
    if let status, isCommand(slot) { commandEnded(slot, status) }
    records[slot].failures = 0
    records[slot].lastEnd = .fine
    transition(slot, to: .stopped)
    actions.say(.stopped(slot, status))
    levelMayBeGone(now, &actions)
  }

  // Signals for swinit that programs get too.

  /// Passes a signal on to the programs that are RUNNING and want it. One that has just been started
  /// may not handle it yet, and would die of it. False: nobody got it.
  mutating func forward(_ signal: Signal, _ actions: inout [Action]) -> Bool {
    guard case .running = phase else { return false }
    var isForwarded = false
    for slot in forwarders {
      guard case .running(let pid, _) = records[slot].state, pid != 0,
        configuration.programs[slot].life.forwardSignals.contains(signal) == true
      else { continue }
      actions.order(.forward(pid, signal))
      isForwarded = true
    }
    return isForwarded
  }
}

extension [Action] {
  @inline(never)
  mutating func order(_ action: Action) { append(action) }
  @inline(never)
  mutating func say(_ notice: Notice) { append(.report(notice)) }
}
