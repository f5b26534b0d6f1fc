import Basics
import Configuration

// When a program with cron's five fields runs next: a function of the wall clock and the zone.
//
// The fields are about local time, and local time has holes and repeats where a zone changes its
// offset. The rules, as cron's users expect them:
//
//   - A run whose time falls into a hole (02:30 when the clock goes from 02:00 to 03:00) is made at
//     the end of the hole; several that do are one run.
//   - A time that comes twice is run the first time only.
//   - A schedule of every hour is about the time that passes, not about the hour that is shown: it
//     runs on through both as the clock shows its minutes, without a run more or less. Where the
//     offset changes by no whole hours, though (Lord Howe: 30 minutes), its minutes too may fall
//     into the hole, and then count as above; and so does a single minute that comes twice.
//
// What may never happen: a run that lies not after the time it is asked for; two runs at one
// moment; a search without end.

extension Schedule {
  /// Each date falls on each day of the week within so many days, a century without a leap day
  /// between them.
  private static let horizon: Int64 = 41 * 366
  /// No change of an offset repeats, or leaves out, more than this: a change that lies further away
  /// has no part in a run.
  private static let longestShift: Int64 = 86_400

  /// The first run of the five fields after `time`; `.never` only when the wall clock stands at the
  /// end of its range.
  @inline(never)
  public func next(after time: WallTime, in zone: Zone) -> WallTime {
    var start = time.advanced(by: 1)
    /// Local times before it have been, though the clock may show them again.
    var floor = repeatsEnd(start, zone)
    // Each turn passes a change of the offset, or a stretch without runs.
    for _ in 0..<64 {
      let offset = zone.offset(at: start)
      guard let local = firstMatch(from: max(start.seconds + offset, floor)) else { return .never }
      let run = WallTime(seconds: local - offset)
      guard run >= start else { return .never }
      if run.since(start) > 3 * Self.longestShift {
        // No local time fits before, so that no change of the offset on the way matters.
        start = run.advanced(by: -2 * Self.longestShift)
        floor = .min
        continue
      }
      guard let change = zone.firstChange(after: start, through: run) else { return run }
      let before = change.seconds + offset
      let after = change.seconds + zone.offset(at: change)
      if after > before {
        if local < after, countsHole(of: after - before) { return change }
      } else {
        floor = isShownTwice(before - after) ? .min : max(floor, before)
      }
      start = change
    }
    return .never
  }

  /// The end of the local times that come a second time at `start`.
  private func repeatsEnd(_ start: WallTime, _ zone: Zone) -> Int64 {
    let earlier = start.advanced(by: -Self.longestShift)
    let old = zone.offset(at: earlier)
    guard let change = zone.firstChange(after: earlier, through: start) else { return .min }
    let shift = old - zone.offset(at: change)
    return shift <= 0 || isShownTwice(shift) ? .min : change.seconds + old
  }

  /// Whether a time that falls into a hole of so many seconds is made up for.
  private func countsHole(of seconds: Int64) -> Bool { !isHourly || seconds % 3_600 != 0 }

  /// Whether a time is run each time the clock shows it when it goes back by so many seconds.
  private func isShownTwice(_ seconds: Int64) -> Bool {
    isHourly && (seconds % 3_600 == 0 || minutes & (minutes - 1) != 0)
  }

  /// The first local time that fits, `from` at the earliest, as seconds since 1970-01-01 00:00.
  @inline(never)
  private func firstMatch(from: Int64) -> Int64? {
    let firstMinute = floorQuotient(from + 59, 60)
    let firstDay = floorQuotient(firstMinute, 1_440)
    var number = firstDay
    while number <= firstDay + Self.horizon {
      let day = CivilDay(number: number)
      if months >> UInt64(day.month) & 1 == 0 {
        // To the first day of the next month, or a few days before it.
        number += Int64(max(1, 29 - day.day))
        continue
      }
      if fits(month: day.month, day: day.day, weekday: day.weekday) {
        let earliest = number == firstDay ? Int(firstMinute - firstDay * 1_440) : 0
        if let minute = firstMinuteOfDay(from: earliest) {
          return (number * 1_440 + Int64(minute)) * 60
        }
      }
      number += 1
    }
    return nil
  }

  private func firstMinuteOfDay(from earliest: Int) -> Int? {
    var minute = earliest
    while minute < 1_440 {
      if hours >> UInt64(minute / 60) & 1 == 0 {
        minute = (minute / 60 + 1) * 60
      } else if minutes >> UInt64(minute % 60) & 1 == 0 {
        minute += 1
      } else {
        return minute
      }
    }
    return nil
  }
}
