import Basics
import Configuration

// Who waits for whom at the first start. When its turn comes, a program of which something is still
// missing stays STOPPED, and its start follows with the tick after the last of what it waits for has
// come. Being ready once is enough: later restarts of the one are no business of the other.
//
// What may never happen: a start before everything that it depends on was ready (or has ended), and
// a program that waits for something that cannot come any more: when one is FATAL, so are all that
// wait for it.

extension Supervisor {
  /// The turn of a program at the first start, whatever it waits for.
  mutating func takeTurn(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    guard records[slot].unmet > 0 else { return start(slot, now, &actions) }
    // It may have become FATAL before its turn, with what it depends on.
    guard records[slot].state == .stopped else { return }
    records[slot].isWaiting = true
    for one in configuration.dependencies where one.dependent == slot {
      if isMet(one) { continue }
      actions.append(.report(.waiting(slot, for: one.on)))
      return
    }
  }

  private func isMet(_ dependency: Dependency) -> Bool {
    dependency.untilEnd ? records[dependency.on].hasEnded : records[dependency.on].wasReady
  }

  /// A program was ready (`untilEnd`: has ended for good) for the first time.
  mutating func release(_ slot: Slot, untilEnd: Bool, _ now: Time) {
    for one in dependents.of(slot) where one.untilEnd == untilEnd {
      records[one.dependent].unmet -= 1
      guard records[one.dependent].unmet == 0, records[one.dependent].isWaiting else { continue }
      records[one.dependent].isWaiting = false
      if case .running = phase { timers.set(one.dependent, to: now) }
    }
  }

  /// It has ended by itself and is not started again.
  mutating func endedForGood(_ slot: Slot, _ now: Time) {
    guard !records[slot].hasEnded else { return }
    records[slot].hasEnded = true
    release(slot, untilEnd: true, now)
  }

  /// Who waits for a program that is FATAL is FATAL as well, and so is who waits for that one.
  mutating func failDependents(
    of slot: Slot, _ failure: StartFailure, _ now: Time, _ actions: inout [Action]
  ) {
    let code = failure.exitCode
    var failed = [slot]
    var next = 0
    while next < failed.count {
      let slot = failed[next]
      next += 1
      for one in dependents.of(slot) {
        guard case .running = phase else { return }
        guard records[one.dependent].state.name == .stopped, !isMet(one),
          configuration.programs[one.dependent].autostart
        else { continue }
        records[one.dependent].isWaiting = false
        becomeFatal(
          one.dependent, .dependency(slot, code), tries: 0, endedAt: now, now, &actions)
        failed.append(one.dependent)
      }
    }
  }
}
