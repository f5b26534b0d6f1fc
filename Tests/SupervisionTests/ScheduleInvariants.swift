import Configuration

@testable import Basics
@testable import Supervision

// What never happens to programs with a schedule: a run before its time, or with nobody's word; two
// at once; one that is left out silently; one that ends the container; one after the stop has begun.

/// What one schedule has to do next, by the rules.
struct ScheduleHistory {
  /// By the wall clock.
  var planned: WallTime?
  var last: WallTime?
  /// When a run has to be made or left out.
  var due: Time?
  /// A run that was passed by too much; to be said in this event.
  var missed: WallTime?
  /// A plan that has to be said in this event.
  var toSay: NextRun?
}

extension Invariants {
  func isScheduled(_ slot: Slot) -> Bool { configuration.programs[slot].schedule != nil }

  private func schedule(_ slot: Slot) -> Schedule {
    configuration.programs[slot].schedule ?? Schedule()
  }

  mutating func beginSchedules(_ now: Time) {
    for slot in programs.indices where isScheduled(slot) && !schedule(slot).isCalendar {
      programs[slot].schedule.due = now + schedule(slot).period
      programs[slot].schedule.toSay = .after(schedule(slot).period)
    }
  }

  /// The wall clock is looked at.
  mutating func takeIn(_ wall: WallTime, _ now: Time) {
    let before = lastWall
    lastWall = wall
    guard stop == nil else { return }
    for slot in programs.indices where isScheduled(slot) && schedule(slot).isCalendar {
      var history = programs[slot].schedule
      let step: Int64 = schedule(slot).hours.nonzeroBitCount == 24 ? 60 : 3 * 3_600
      let old = history.planned
      let isDue = old.map { $0 <= wall } ?? false
      if isDue, let old {
        history.last = old
        if wall.since(old) > 3 * 3_600 { history.missed = old } else { history.due = now }
        if wall.since(old) > 0 { see(.runLate) }
      }
      let wentBack = before.map { wall < $0 } ?? false
      if wentBack { see(.clockBack) }
      if old == nil || isDue || wentBack {
        var from = wall
        if let last = history.last, last > wall, last.since(wall) <= step {
          from = last
          see(.notTwice)
        }
        let next = schedule(slot).next(after: from, in: zone)
        history.planned = next
        if !isDue, next != old { history.toSay = .at(next) }
      }
      programs[slot].schedule = history
    }
  }

  /// What had to be said has been.
  mutating func checkSchedules(_ core: Supervisor) {
    var earliest: WallTime?
    for slot in programs.indices where isScheduled(slot) {
      let history = programs[slot].schedule
      require(history.missed == nil, "p\(slot): no run is missed without a word.")
      require(history.toSay == nil, "p\(slot): no plan changes without a word.")
      if let planned = history.planned, stop == nil {
        earliest = min(earliest ?? .never, planned)
      }
      require(
        programs[slot].state != .exited && programs[slot].state != .backoff
          && programs[slot].state != .fatal,
        "p\(slot): between its runs a program with a schedule is never anything but STOPPED.")
    }
    require(
      core.earliestRun == earliest, "Nobody looks at the wall clock later than at the next run.")
  }

  mutating func planned(_ slot: Slot, _ next: NextRun) {
    require(next == programs[slot].schedule.toSay, "p\(slot): no plan is another than the rules'.")
    programs[slot].schedule.toSay = nil
  }

  mutating func runMissed(_ slot: Slot, _ time: WallTime) {
    require(
      programs[slot].schedule.missed == time, "p\(slot): no run is said to be missed that is not.")
    programs[slot].schedule.missed = nil
    see(.runMissed)
  }

  /// A run's time has come, and is taken.
  private mutating func takeRun(_ slot: Slot, _ now: Time) {
    guard let due = programs[slot].schedule.due, due <= now, stop == nil else {
      return require(false, "p\(slot): no run comes before its time, twice, or during the stop.")
    }
    let period = schedule(slot).period
    guard period > .zero else {
      programs[slot].schedule.due = nil
      return
    }
    var next = due
    while next <= now { next = next + period }
    programs[slot].schedule.due = next
  }

  mutating func spawnRun(_ slot: Slot, _ now: Time) {
    require(programs[slot].state == .stopped, "p\(slot): a program never runs twice at once.")
    takeRun(slot, now)
    see(.scheduledRun)
  }

  mutating func runSkipped(_ slot: Slot, _ pid: ProcessID, _ now: Time) {
    require(
      programs[slot].state.hasProcess && programs[slot].pid == pid,
      "p\(slot): no run is left out while none is going on.")
    takeRun(slot, now)
    see(.runSkipped)
  }

  mutating func runOver(_ slot: Slot, _ next: NextRun, _ now: Time) {
    require(isScheduled(slot), "p\(slot): nothing awaits a run that has no schedule.")
    let history = programs[slot].schedule
    var expected = NextRun.never
    if stop == nil {
      if let planned = history.planned {
        expected = .at(planned)
      } else if let due = history.due {
        expected = .after(due > now ? due - now : .zero)
      }
    }
    require(next == expected, "p\(slot): no next run is said that is not the next.")
    move(slot, to: .stopped)
    programs[slot].tries = 0
    programs[slot].unexpected = nil
  }

  mutating func endSchedules() {
    for slot in programs.indices { programs[slot].schedule = ScheduleHistory() }
  }

  // How long what runs to its end may take.

  func runTimeout(_ slot: Slot) -> Nanoseconds {
    configuration.programs[slot].life.runTimeout
  }

  /// A oneshot whose run_timeout ends before its ready_timeout.
  func isLimited(_ slot: Slot) -> Bool {
    let program = configuration.programs[slot]
    let limit = runTimeout(slot)
    return program.oneshot && limit > .zero
      && (program.readyTimeout == .zero || limit <= program.readyTimeout)
  }

  mutating func overran(
    _ slot: Slot, _ pid: ProcessID, _ signal: Signal, _ after: Nanoseconds, _ now: Time
  ) -> Action? {
    let history = programs[slot]
    require(
      history.givingUp == .no && processes[pid] == slot, "p\(slot): nobody is given up twice.")
    require(
      history.state == .running && isScheduled(slot)
        || history.state == .starting && isLimited(slot),
      "p\(slot): nothing is ended by run_timeout but what runs to its end.")
    require(
      after == runTimeout(slot) && after > .zero && history.asking + after <= now && stop == nil,
      "p\(slot): no run is ended before run_timeout is over.")
    see(.overran)
    return giveUp(slot, pid, signal, now)
  }
}
