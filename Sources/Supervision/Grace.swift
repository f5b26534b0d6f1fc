import Basics
import Configuration

// The grace: how long the stop may take in all, before whoever runs the container kills it. The time
// that is left is shared among the levels that are still to stop, each time anew when one of them
// begins. A level gets what its programs may take (`stopwaitsecs`, and the pauses of a sequence) where that leaves the others
// theirs, and a fair part where it does not; what it does not use is the next ones'. The last
// moments are the sweep's, and a margin covers the way of a signal and of our own exit.
//
// What may never happen, with any mix of levels and stubborn programs: that a level gets no signal,
// and that the grace ends before we do.

extension Supervisor {
  /// What is kept back of the grace, at most, for our own exit; a twentieth of a short one.
  private static let margin = Nanoseconds.milliseconds(250)
  /// What the sweep gets, at most; an eighth of a short grace.
  private static let sweepReserve = Nanoseconds.milliseconds(1_250)
  /// What SIGKILL may take of a level's part, at most; an eighth of a short one.
  private static let killAllowance = Nanoseconds.seconds(1)

  /// When the last thing of this stop must be done; nil: there is no grace.
  public var graceEnd: Time? { budget?.end }

  mutating func beginGrace(_ now: Time) {
    guard let grace = configuration.globals.grace else { return }
    let margin = min(Self.margin.count, grace.count / 20)
    let end = now + Nanoseconds(grace.count - margin)
    budget = Budget(
      end: end, reserve: min(Self.sweepReserve, Nanoseconds(grace.count / 8)), levelEnd: end,
      killAt: end)
  }

  /// What may be used now, given that the levels below `level` are still to stop; and how much of it
  /// SIGKILL may take.
  private func part(
    _ budget: Budget, above level: Int, _ now: Time
  ) -> (whole: Nanoseconds, allowance: Nanoseconds) {
    let left = max(0, (budget.end - now).count - budget.reserve.count)
    var count: Int64 = 1
    var needs: Int64 = 0
    for lower in 0..<level where living[lower] > 0 {
      count += 1
      needs = Self.sum(needs, need(of: lower))
    }
    let allowance = min(Self.killAllowance.count, left / (8 * count))
    var fair = left / count
    // Who needs less than a fair part leaves the others theirs, also when SIGKILL does not help.
    if level < levels.count { fair = min(fair, Self.sum(need(of: level), allowance)) }
    let taken = Self.sum(needs, allowance * (count - 1))
    return (Nanoseconds(max(fair, taken > left ? 0 : left - taken)), Nanoseconds(allowance))
  }

  /// How long the programs of a level may take that still live, in nanoseconds.
  private func need(of level: Int) -> Int64 {
    var longest: Int64 = 0
    for slot in levels.slots(of: level) where records[slot].state.isLiving {
      longest = max(longest, longestStop(slot).count)
    }
    return longest
  }

  private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  /// A level is about to be told to stop.
  mutating func shareOut(to level: Int, _ now: Time) {
    guard let budget else { return }
    let (whole, allowance) = part(budget, above: level, now)
    self.budget?.levelEnd = now + whole
    self.budget?.killAt = now + Nanoseconds(max(0, whole.count - allowance.count))
  }

  /// What the level's part leaves, from now on, of a wait that a program's options want.
  func withinGrace(_ wanted: Nanoseconds, _ now: Time) -> Nanoseconds {
    guard let budget else { return wanted }
    return min(wanted, max(.zero, budget.killAt - now))
  }

  /// How long a process that got SIGKILL is waited for.
  func killWait(_ now: Time) -> Nanoseconds {
    guard let budget else { return Self.killPatience }
    return min(Self.killPatience, max(.zero, budget.levelEnd - now))
  }

  /// How long what is left after the programs is waited for, after SIGTERM and after SIGKILL: with a
  /// grace, what is left of that.
  func sweepWait(kill: Bool, _ now: Time) -> Nanoseconds {
    guard let budget else { return kill ? Self.killPatience : Self.sweepPatience }
    let left = max(0, (budget.end - now).count)
    if kill { return min(Self.killPatience, Nanoseconds(left)) }
    return Nanoseconds(left - min(Self.killAllowance.count, left / 4))
  }

  // Drain: whoever sends requests has a moment to learn that he should not.

  var someLive: Bool { living.contains { $0 > 0 } }

  /// False: there is nothing to wait for.
  mutating func beginDrain(_ now: Time, _ actions: inout [Action]) -> Bool {
    var drain = configuration.globals.drain
    if let budget { drain = min(drain, part(budget, above: levels.count, now).whole) }
    guard drain > .zero, someLive else { return false }
    phase = .draining
    timers.set(sweepTimer, to: now + drain)
    actions.append(.report(.draining(drain)))
    return true
  }

  mutating func endDrain() {
    timers.clear(sweepTimer)
    phase = .stopping(level: levels.count)
  }
}
