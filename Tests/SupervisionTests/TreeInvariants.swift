import Configuration

@testable import Supervision

// What never happens to the tree of a program with `stoptree`: it is never forgotten when the
// program's own process has ended, told twice, killed early, or waited for without a bound.

extension Invariants {
  /// How the program ended, if this event completes its end: with its own process or, with
  /// `stoptree`, with the last one of its tree.
  func end(of slot: Slot, _ event: Event) -> WaitStatus? {
    if configuration.programs[slot].stoptree {
      if case .treeGone(slot) = event { return programs[slot].ending?.status }
      return programs[slot].ending?.isGivenUp == true ? programs[slot].ending?.status : nil
    }
    guard case .ended(_, let status) = event else { return nil }
    return status
  }

  mutating func treeLeft(
    _ slot: Slot, _ status: WaitStatus, _ signal: Signal, _ event: Event, _ now: Time
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
    require(signal == stopSignal(slot), "p\(slot): no other than the stop signal is sent.")
    programs[slot].ending?.told = now
    programs[slot].deadline = now + configuration.programs[slot].stopwaitsecs
    see(.treeLeft)
    return .signalTree(slot, signal)
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
    programs[slot].ending?.killed = now
    programs[slot].deadline = now + .seconds(5)
    see(.treeKilled)
    return .signalTree(slot, .kill)
  }

  /// The stop signal as the rules have it now, whoever asked.
  func stopSignal(_ slot: Slot) -> Signal {
    let inherited: Signal = stop?.signal == .interrupt ? .interrupt : .terminate
    return configuration.programs[slot].stopsignal ?? inherited
  }
}
