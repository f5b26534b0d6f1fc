import Configuration

@testable import Basics
@testable import Supervision

// What never happens to the tree of a program with `stoptree`, or the group of one with `stopasgroup` or
// `killasgroup`: it is never forgotten when the program's own process has ended, told twice, killed
// early, or waited for without a bound, but for a group whose program is not started again.

extension Invariants {
  func endsAsWhole(_ slot: Slot) -> Bool { configuration.programs[slot].stoptree || isGroup(slot) }

  /// Its group ends with it. COMMAND's does not.
  func isGroup(_ slot: Slot) -> Bool {
    let program = configuration.programs[slot]
    return !program.stoptree && (program.stopasgroup || program.killasgroup)
      && slot != command?.slot
  }

  /// How the program ended, if this event completes its end: with its own process or, with
  /// `stoptree`, with the last one of its tree, and so on.
  func end(of slot: Slot, _ event: Event) -> WaitStatus? {
    if endsAsWhole(slot) {
      if case .treeGone(slot) = event { return programs[slot].ending?.status }
      return programs[slot].ending?.isGivenUp == true ? programs[slot].ending?.status : nil
    }
    guard case .ended(_, let status) = event else { return nil }
    return status
  }

  /// A process was reaped.
  mutating func treeIsEnding(
    _ slot: Slot, _ pid: ProcessID, _ status: WaitStatus, _ now: Time
  ) {
    guard endsAsWhole(slot) else { return }
    var ending = TreeEnding(status: status, at: now, leader: pid)
    switch programs[slot].givingUp {
    case .no: break
    case .told: ending.told = programs[slot].givenUp
    case .killed, .abandoned: ending.killed = programs[slot].killedGivenUp
    }
    programs[slot].ending = ending
  }

  /// What is left of a tree gets what its program got, without another word.
  mutating func treeIsTold(_ slot: Slot, _ signal: Signal, _ now: Time) {
    let history = programs[slot]
    let rest = sequence(slot)
    if isGroup(slot) {
      require(
        history.state == .stopping
          ? history.killed != nil || history.lastSignal == nil : history.givingUp == .abandoned,
        "p\(slot): no group that was told as one is told again when its leader has ended.")
      see(.groupRest)
    }
    if history.state != .stopping {
      require(
        history.givingUp != .no
          && signal == (history.givingUp == .told ? givenUpSignal(slot) : .kill),
        "p\(slot): no tree is told without a word but with a program that was given up.")
      see(.treeLeftGivenUp)
      if history.givingUp != .abandoned { return }
      programs[slot].ending?.killed = now
      programs[slot].deadline = now + .seconds(5)
    } else if history.killed != nil {
      require(signal == .kill, "p\(slot): what is left of a tree is not spared SIGKILL.")
      if history.deadline == nil { programs[slot].deadline = now + .seconds(5) }
      see(.treeLeftInStop)
    } else if history.lastSignal == nil {
      // A stop_command ended the process, and was not run for the others.
      require(signal == stopSignal(slot), "p\(slot): no other than the stop signal is sent.")
      programs[slot].lastSignal = now
      programs[slot].deadline =
        now + (rest.first?.pause ?? lastWait(slot))
      see(.treeLeftByStopCommand)
    } else {
      let last =
        history.stopSteps > 0 ? rest[history.stopSteps - 1].signal : stopSignal(slot)
      require(
        signal == last, "p\(slot): what is left of a tree never gets another signal than the rest.")
      see(.treeLeftInStop)
    }
  }

  mutating func treeLeft(
    _ slot: Slot, _ status: WaitStatus, _ signal: Signal?, _ event: Event, _ now: Time
  ) -> Action? {
    guard case .treeLeft(slot) = event, let ending = programs[slot].ending else {
      require(false, "p\(slot): no tree is ended that is not there.")
      return nil
    }
    let state = programs[slot].state
    require(
      state == .starting || state == .running,
      "p\(slot): no tree is told by a word of its own but when its program ended by itself.")
    require(ending.told == nil, "p\(slot): no tree is told twice.")
    require(ending.status == status, "p\(slot): no exit status is changed.")
    let program = configuration.programs[slot]
    let again =
      stop == nil
      && (isScheduled(slot) || program.autorestart == .always
        || program.autorestart == .unexpected && !isExpected(slot, status))
    let isLeftAlone = isGroup(slot) && state == .running && !again && !isScheduled(slot)
    require(
      (signal == nil) == isLeftAlone,
      "p\(slot): no rest is left alone but a group whose program is not started again.")
    guard let signal else {
      see(.groupLeftAlone)
      return nil
    }
    require(signal == stopSignal(slot), "p\(slot): no other than the stop signal is sent.")
    programs[slot].ending?.told = now
    programs[slot].deadline = now + configuration.programs[slot].stopwaitsecs
    see(.treeLeft)
    return stopOrder(slot, 0, signal)
  }

  /// The rest of a tree whose program ended by itself.
  mutating func killingTree(
    _ slot: Slot, _ pid: ProcessID, _ after: Nanoseconds, _ now: Time
  ) -> Action? {
    let wait = configuration.programs[slot].stopwaitsecs
    require(pid == 0 && after == wait, "p\(slot): no other wait is reported than was made.")
    require(
      programs[slot].ending?.told.map { $0 + wait <= now } ?? false,
      "p\(slot): SIGKILL never comes before stopwaitsecs are over since the stop signal.")
    require(programs[slot].ending?.killed == nil, "p\(slot): no tree is killed twice.")
    require(
      programs[slot].givingUp != .told || programs[slot].givenUpSteps == sequence(slot).count,
      "p\(slot): SIGKILL never comes before the last signal of a sequence.")
    programs[slot].ending?.killed = now
    programs[slot].deadline = now + .seconds(5)
    see(.treeKilled)
    return killOrder(slot, 0)
  }

  /// The stop signal as the rules have it now, whoever asked.
  func stopSignal(_ slot: Slot) -> Signal {
    let inherited: Signal = stop?.signal == .interrupt ? .interrupt : .terminate
    return configuration.programs[slot].stopsignal ?? inherited
  }
}
