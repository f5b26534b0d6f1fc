import Configuration

// How a program is told to stop, beyond one signal: a sequence of signals, or a command in their
// place; and signals for swinit that a program gets too.
//
// A sequence sends its next signal to what is still there when the pause is over; `stopwaitsecs`
// counts from the last one.
//
// A `stop_command` has `stopwaitsecs` for itself and the program together:
//
//     asked ──it fails──▶ told (the stop signal, with its own waits)
//       │  └──stopwaitsecs──▶ killed, both of them
//       └──the program ends──▶ left ──it ends, or stopwaitsecs──▶ STOPPED
//
// What may never happen: a program that is asked and then neither ends nor gets SIGKILL; a
// `stop_command` that outlives the stop of its program.

/// How a `stop_command` ended.
public enum StopCommandEnd: Equatable, Sendable {
  case ended(WaitStatus)
  /// There was no process, or it could not become the command.
  case failed(SpawnFailure)

  var isSuccess: Bool { self == .ended(.exited(0)) }
}

extension Supervisor {
  /// Tells a program that runs to end, in its own way.
  mutating func tell(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    if let attributes = configuration.programs[slot].attributes, pid != 0,
      !attributes.stopCommand.isEmpty
    {
      transition(slot, to: .stopping(pid: pid, stage: .asked(running: true)))
      actions.append(.report(.asking(slot, pid)))
      actions.append(.runStopCommand(slot, pid))
      timers.set(slot, to: now + configuration.programs[slot].stopwaitsecs)
      return
    }
    let signal = stopSignal(of: slot)
    actions.append(.report(.stopping(slot, pid, signal)))
    sendFirst(signal, slot, pid, now, &actions)
  }

  private mutating func sendFirst(
    _ signal: Signal, _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    records[slot].stopSteps = 0
    transition(slot, to: .stopping(pid: pid, stage: .told(signal)))
    if pid == 0 {
      actions.append(.stopAwaited(slot))
    } else if !hasForwarded(to: slot) {
      send(signal, slot, pid, &actions)
    }
    waitAfterSignal(slot, now)
  }

  private mutating func waitAfterSignal(_ slot: Slot, _ now: Time) {
    let wait = nextStep(slot)?.pause ?? configuration.programs[slot].stopwaitsecs
    timers.set(slot, to: now + wait)
  }

  /// What comes next of the sequence; nil: nothing does.
  private func nextStep(_ slot: Slot) -> StopStep? {
    guard let rest = configuration.programs[slot].attributes?.stopRest else { return nil }
    let done = Int(records[slot].stopSteps)
    return done < rest.count ? rest[done] : nil
  }

  /// The wait after a stop signal is over: the next one of a sequence, or SIGKILL.
  mutating func toldTimedOut(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    guard let step = nextStep(slot) else {
      let waited = configuration.programs[slot].stopwaitsecs
      actions.append(.report(.killing(slot, pid, after: waited)))
      kill(slot, pid, now, &actions)
      return
    }
    records[slot].stopSteps += 1
    transition(slot, to: .stopping(pid: pid, stage: .told(step.signal)))
    if pid != 0 {
      actions.append(.report(.nextSignal(slot, pid, step.signal, after: step.pause)))
      send(step.signal, slot, pid, &actions)
    }
    waitAfterSignal(slot, now)
  }

  mutating func stopCommandEnded(
    _ slot: Slot, _ end: StopCommandEnd, _ now: Time, _ actions: inout [Action]
  ) {
    switch records[slot].state {
    case .stopping(let pid, .asked(running: true)):
      if end.isSuccess {
        transition(slot, to: .stopping(pid: pid, stage: .asked(running: false)))
        return
      }
      let signal = stopSignal(of: slot)
      actions.append(.report(.stopCommandFailed(slot, pid, end, signal)))
      sendFirst(signal, slot, pid, now, &actions)
    case .stopping(_, .left(let status)):
      if !end.isSuccess { actions.append(.report(.stopCommandFailed(slot, 0, end, nil))) }
      stopEnded(slot, status, now, &actions)
    case .stopped, .starting, .running, .backoff, .stopping, .exited, .fatal:
      return
    }
  }

  /// The program has ended before its `stop_command`, which has what is left of `stopwaitsecs`.
  mutating func leaveStopCommand(_ slot: Slot, _ status: WaitStatus) {
    transition(slot, to: .stopping(pid: 0, stage: .left(status)))
  }

  mutating func leftTimedOut(
    _ slot: Slot, _ status: WaitStatus, _ now: Time, _ actions: inout [Action]
  ) {
    actions.append(.report(.endingStopCommand(slot)))
    actions.append(.endStopCommand(slot))
    stopEnded(slot, status, now, &actions)
  }

  /// STOPPING → STOPPED.
  mutating func stopEnded(
    _ slot: Slot, _ status: WaitStatus, _ now: Time, _ actions: inout [Action]
  ) {
    timers.clear(slot)
    if isCommand(slot) { commandEnded(slot, status) }
    records[slot].failures = 0
    records[slot].lastEnd = .fine
    transition(slot, to: .stopped)
    actions.append(.report(.stopped(slot, status)))
    levelMayBeGone(now, &actions)
  }

  // Signals for swinit that programs get too.

  /// The programs that want any, so that a signal does not look at all of them.
  static func forwarders(_ configuration: Configuration) -> [Slot] {
    var slots: [Slot] = []
    for slot in configuration.programs.indices {
      guard let attributes = configuration.programs[slot].attributes else { continue }
      if attributes.forwardSignals != Signals() { slots.append(slot) }
    }
    return slots
  }

  /// Passes a signal on to the programs that are RUNNING and want it. One that has just been started
  /// may not handle it yet, and would die of it. False: nobody got it.
  mutating func forward(_ signal: Signal, _ sender: Sender, _ actions: inout [Action]) -> Bool {
    guard case .running = phase else { return false }
    var isForwarded = false
    for slot in forwarders {
      guard case .running(let pid, _) = records[slot].state, pid != 0,
        let attributes = configuration.programs[slot].attributes,
        attributes.forwardSignals.contains(signal)
      else { continue }
      actions.append(.report(.forwarding(slot, signal, sender)))
      actions.append(.forward(pid, signal))
      isForwarded = true
    }
    return isForwarded
  }
}
