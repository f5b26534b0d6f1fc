import Configuration

@testable import Basics
@testable import Supervision

// What never happens to stop sequences and stop_commands, and to signals that are passed on.

extension Invariants {
  func hasStopCommand(_ slot: Slot) -> Bool {
    configuration.programs[slot].life.stopCommand.isEmpty == false
  }

  /// The wait after the last signal: what a stop_command took is taken from it.
  func lastWait(_ slot: Slot) -> Nanoseconds {
    Nanoseconds(configuration.programs[slot].stopwaitsecs.count - programs[slot].spent.count)
  }

  /// It has no stop signal of its own, and gets the INT that swinit got.
  func inheritsInterrupt(_ slot: Slot) -> Bool {
    stop?.signal == .interrupt && configuration.programs[slot].stopsignal == nil
      && slot != command?.slot
  }

  /// What comes after the first signal.
  func sequence(_ slot: Slot) -> [(pause: Nanoseconds, signal: Signal)] {
    let own = ownSequence(slot)
    guard own.isEmpty, programs[slot].state == .stopping, inheritsInterrupt(slot) else {
      return own
    }
    return [(.seconds(1), .terminate)]
  }

  func ownSequence(_ slot: Slot) -> [(pause: Nanoseconds, signal: Signal)] {
    let numbers = configuration.programs[slot].life.stopSequence.dropFirst() ?? []
    return stride(from: 1, to: numbers.endIndex, by: 2).map { index in
      (Nanoseconds(Int64(numbers[index])), Signal(number: Int32(numbers[index + 1])))
    }
  }

  mutating func asking(_ slot: Slot, _ pid: ProcessID, _ now: Time) {
    require(hasStopCommand(slot), "p\(slot): no stop_command is made up.")
    beginStopping(slot, pid, now)
    programs[slot].deadline = now + configuration.programs[slot].stopwaitsecs
  }

  mutating func runStopCommand(_ slot: Slot, _ pid: ProcessID) {
    require(
      programs[slot].told?.event == event && !programs[slot].stopCommandRuns,
      "p\(slot): no stop_command is run but at the beginning of its stop, and none twice.")
    require(processes[pid] == slot, "p\(slot): no stop_command is run for another process.")
    programs[slot].stopCommandRuns = true
  }

  mutating func endStopCommand(_ slot: Slot) {
    require(programs[slot].stopCommandRuns, "p\(slot): no stop_command is ended that has ended.")
    require(
      programs[slot].killed != nil || programs[slot].left == nil && programs[slot].pid == 0,
      "p\(slot): no stop_command is ended while its time is not over.")
    programs[slot].stopCommandRuns = false
  }

  /// Whether the event is the end of a process whose stop_command still runs.
  mutating func leavesStopCommand(_ slot: Slot, _ event: Event) -> Bool {
    guard case .ended(_, let status) = event, programs[slot].stopCommandRuns else { return false }
    programs[slot].left = status
    see(.leftStopCommand)
    return true
  }

  mutating func stopCommandEnded(_ slot: Slot, _ now: Time) {
    require(
      programs[slot].stopCommandRuns,
      "The test broke its contract: a stop_command ended that did not run.")
    programs[slot].stopCommandRuns = false
    guard let told = programs[slot].told else { return }
    // A second ^C leaves it no time.
    let isOver = programs[slot].deadline.map { $0 <= now } ?? true
    programs[slot].spent = isOver ? configuration.programs[slot].stopwaitsecs : now - told.at
  }

  mutating func stopCommandIsOver(
    _ slot: Slot, _ status: WaitStatus?, _ signal: Signal?, _ event: Event, _ now: Time
  ) -> Action? {
    guard case .stopCommandEnded(slot, status) = event else {
      require(false, "p\(slot): no stop_command is said to have ended that did not.")
      return nil
    }
    let isSuccess = status == .exited(0)
    see(isSuccess ? .stopCommandSucceeded : .stopCommandFailed)
    require(
      (signal == nil) == (programs[slot].left != nil) && !(isSuccess && signal == nil),
      "p\(slot): no stop_command ends without the stop signal while its program lives.")
    return signal.flatMap { sent($0, slot, programs[slot].pid, now) }
  }

  mutating func endingStopCommand(_ slot: Slot, _ event: Event, _ now: Time) {
    require(
      programs[slot].left != nil && programs[slot].deadline.map { $0 <= now } ?? false,
      "p\(slot): no stop_command is ended before stopwaitsecs are over.")
    see(.leftTooLong)
    // What follows is its end, and STOPPED with the status of before, or SIGKILL to the rest of its
    // tree.
    programs[slot].killed = now
    programs[slot].deadline = nil
  }

  mutating func nextSignal(
    _ slot: Slot, _ pid: ProcessID, _ signal: Signal, _ after: Nanoseconds, _ now: Time
  ) -> Action? {
    if programs[slot].state != .stopping { return nextGivenUp(slot, pid, signal, after, now) }
    let rest = sequence(slot)
    let done = programs[slot].stopSteps
    guard done < rest.count, rest[done] == (after, signal) else {
      require(false, "p\(slot): no signal of a sequence is left out, repeated or made up.")
      return nil
    }
    require(
      programs[slot].lastSignal.map { $0 + after <= now } ?? false,
      "p\(slot): no signal of a sequence comes before its pause is over.")
    requireOwn(slot, pid)
    if programs[slot].ending != nil { see(.treeNextSignal) }
    programs[slot].stopSteps = done + 1
    programs[slot].lastSignal = now
    programs[slot].deadline =
      now + (done + 1 < rest.count ? rest[done + 1].pause : lastWait(slot))
    see(ownSequence(slot).isEmpty ? .inheritedInterrupt : .nextSignal)
    return stopOrder(slot, pid, signal, again: true)
  }

  mutating func checkStopCommands() {
    for slot in programs.indices where programs[slot].stopCommandRuns {
      require(
        programs[slot].state == .stopping && programs[slot].killed == nil,
        "p\(slot): no stop_command outlives the stop of its program.")
    }
  }

  // Signals that are passed on.

  /// The programs that a signal has to be passed on to.
  private func wanting(_ event: Event) -> [Slot] {
    guard case .signal(let signal, _) = event, !asksForStop(event, signal), stop == nil else {
      return []
    }
    return programs.indices.filter { slot in
      programs[slot].state == .running && programs[slot].pid != 0
        && configuration.programs[slot].life.forwardSignals.contains(signal) ?? false
    }
  }

  mutating func passOn(_ pid: ProcessID, _ signal: Signal, _ event: Event) {
    guard case .signal(signal, _) = event, let slot = processes[pid],
      wanting(event).contains(slot), !passed.contains(slot)
    else {
      return require(
        false, "No signal is passed on but to a RUNNING program that wants it, nor twice.")
    }
    passed.append(slot)
    see(.passedOn)
  }

  mutating func checkPassedOn(_ event: Event) {
    guard !passed.isEmpty || stop == nil else { return }
    require(
      passed.count == wanting(event).count, "No program that wants a signal is left out.")
  }
}
