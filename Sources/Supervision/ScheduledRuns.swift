import Basics
import Configuration

// Programs with a schedule.
//
// Between its runs such a program is STOPPED. It is started by the clock alone, is RUNNING as soon
// as it is executed, and is never restarted: the next run is the next one of the schedule, however
// this one ended, and none of its ends is a reason for the container to end or for the exit status
// (`autostart` is off, `startsecs` and `startretries` are 0, `autorestart` is never and `essential`
// none, whatever the file says).
//
// The five fields are of the wall clock, which others set. So their runs are not timers: whoever
// owns the core says what time it is when the earliest of them (`earliestRun`) has come, and
// whenever the clock was set (`Event.clock`). A clock that went forward makes up for one run that it
// passed, if this was not long ago; one that went back makes no run of one time twice. Periods are
// on the monotonic clock and know nothing of this.
//
// What may never happen: two runs of a program at once; a run after the stop has begun; a run that
// is left out without a word.

extension Supervisor {
  /// A run by the wall clock that is later than this, in seconds, is not made any more; and when the
  /// clock goes back by less, no time is run twice. As Debian's cron has it: what is set by more is
  /// a correction, not a change of the hour.
  static let latestRun: Int64 = 3 * 3_600
  /// The same for a schedule of every hour when the clock goes back: a small correction must not run
  /// it twice, a greater one must not keep it waiting.
  static let smallStep: Int64 = 60

  @inline(never)
  func isScheduled(_ slot: Slot) -> Bool { configuration.programs[slot].schedule != nil }

  /// Of a program that has one.
  @inline(never)
  private func schedule(_ slot: Slot) -> Schedule {
    configuration.programs[slot].schedule ?? Schedule()
  }

  @inline(never)
  private mutating func setTimer(_ index: Int, to time: Time) {
    timers.set(firstRunTimer + index, to: time)
  }

  /// At the beginning: periods run from here on.
  mutating func beginSchedules(_ now: Time, _ actions: inout [Action]) {
    for index in 0..<scheduled.count {
      let slot = Slot(scheduled.slots[index])
      let period = schedule(slot).period
      if period == .zero { continue }
      scheduled.due[index] = now + period
      setTimer(index, to: now + period)
      actions.append(.report(.planned(slot, .after(period))))
    }
  }

  /// The stop begins: no run comes any more.
  mutating func endSchedules() {
    for index in 0..<scheduled.count { timers.clear(firstRunTimer + index) }
    earliestRun = nil
  }

  /// The wall clock shows this.
  mutating func clock(_ wall: WallTime, _ now: Time, _ actions: inout [Action]) {
    guard case .running = phase else { return }
    let wentBack = wall < lastClock
    lastClock = wall
    var earliest = WallTime.never
    for index in 0..<scheduled.count {
      let slot = Slot(scheduled.slots[index])
      let schedule = schedule(slot)
      if !schedule.isCalendar { continue }
      let planned = scheduled.next[index]
      let isDue = planned <= wall
      if isDue {
        scheduled.last[index] = planned
        if wall.since(planned) <= Self.latestRun {
          setTimer(index, to: now)
        } else {
          actions.append(.report(.runMissed(slot, planned)))
        }
      }
      var next = planned
      if isDue || wentBack || planned == .never {
        let from = planningStart(schedule, scheduled.last[index], wall)
        next = schedule.next(after: from, in: zone)
        scheduled.next[index] = next
        // Else the end of the run will say it.
        if !isDue, next != planned { actions.append(.report(.planned(slot, .at(next)))) }
      }
      earliest = min(earliest, next)
    }
    earliestRun = earliest == .never ? nil : earliest
  }

  /// Behind the last run, when the clock shows a time just before it once more.
  private func planningStart(
    _ schedule: Schedule, _ last: WallTime, _ wall: WallTime
  ) -> WallTime {
    let step = schedule.isHourly ? Self.smallStep : Self.latestRun
    return last > wall && last.since(wall) <= step ? last : wall
  }

  /// The time of the run of `slots[index]` has come.
  mutating func runIsDue(_ index: Int, _ now: Time, _ actions: inout [Action]) {
    guard case .running = phase, index < scheduled.count else { return }
    let slot = Slot(scheduled.slots[index])
    let period = schedule(slot).period
    if period > .zero {
      // In step with the first one, however late this one is.
      let late = (now - scheduled.due[index]).count
      let next = now + Nanoseconds(period.count - late % period.count)
      scheduled.due[index] = next
      setTimer(index, to: next)
    }
    switch records[slot].state {
    case .stopped, .exited(restarting: false), .fatal: start(slot, now, &actions)
    case .starting, .running, .stopping, .backoff, .exited(restarting: true):
      actions.append(.report(.runSkipped(slot, records[slot].state.pid)))
    }
  }

  /// A run has ended, or could not be made: by a state that it does not stay in, the program waits for
  /// the next one.
  @inline(never)
  mutating func endRun(
    _ slot: Slot, _ state: ProgramState, _ notice: Notice, _ now: Time, _ actions: inout [Action]
  ) {
    transition(slot, to: state)
    actions.append(.report(notice))
    transition(slot, to: .stopped)
    actions.append(.report(.runOver(slot, nextRun(of: slot, at: now))))
    levelMayBeGone(now, &actions)
  }

  /// When a program runs next; `.never` where it has no schedule, or the stop has begun.
  @inline(never)
  public func nextRun(of slot: Slot, at now: Time) -> NextRun {
    guard case .running = phase, let index = scheduled.slots.firstIndex(of: Int32(slot)) else {
      return .never
    }
    if schedule(slot).isCalendar { return .at(scheduled.next[index]) }
    let due = scheduled.due[index]
    return .after(due > now ? due - now : .zero)
  }
}
