import Foundation

@testable import Basics
@testable import Configuration
@testable import Reading
@testable import Supervision

// Zones and moments for the tests of schedules.

/// A zone as the list of its changes: the moment in UTC, and the seconds ahead of UTC from then on.
struct ZoneTable: Sendable {
  let first: Int32
  let changes: [(at: Int64, offset: Int32)]

  var zone: Zone {
    let (first, changes) = (first, changes)
    return Zone { time in changes.last { $0.at <= time }?.offset ?? first }
  }

  static let berlin = ZoneTable(
    first: 3600,
    changes: [
      (utc("2025-03-30 01:00"), 7200), (utc("2025-10-26 01:00"), 3600),
      (utc("2026-03-29 01:00"), 7200), (utc("2026-10-25 01:00"), 3600),
    ])
  static let newYork = ZoneTable(
    first: -18000,
    changes: [
      (utc("2025-03-09 07:00"), -14400), (utc("2025-11-02 06:00"), -18000),
      (utc("2026-03-08 07:00"), -14400), (utc("2026-11-01 06:00"), -18000),
    ])
  static let lordHowe = ZoneTable(
    first: 39600,
    changes: [
      (utc("2025-04-05 15:00"), 37800), (utc("2025-10-04 15:30"), 39600),
      (utc("2026-04-04 15:00"), 37800), (utc("2026-10-03 15:30"), 39600),
    ])
  /// It left out the 30th of December 2011.
  static let apia = ZoneTable(first: -36000, changes: [(utc("2011-12-30 10:00"), 50400)])

  /// One with changes of every kind, days to weeks apart, in the two months from `start` on.
  static func random(_ random: inout SplitMix64, from start: Int64) -> ZoneTable {
    var at = start
    var offset = Int32(random.below(53) - 26) * 1800
    let first = offset
    var changes: [(at: Int64, offset: Int32)] = []
    for _ in 0..<random.below(6) {
      at += 60 * Int64(1_500 + random.below(10_000))
      let shift = random.pick([3600, 3600, 1800, 7200, 5400, 1200, 86_400 - 3600])
      offset += offset > 0 ? -Int32(shift) : Int32(shift)
      changes.append((at, offset))
    }
    return ZoneTable(first: first, changes: changes)
  }
}

/// Seconds since 1970 of `2026-03-29 01:00`, UTC, by the C library.
func utc(_ text: String) -> Int64 {
  let numbers = text.split { "- :".contains($0) }.compactMap { Int32($0) }
  precondition(numbers.count == 5, "no time: \(text)")
  var fields = tm()
  (fields.tm_year, fields.tm_mon, fields.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
  (fields.tm_hour, fields.tm_min) = (numbers[3], numbers[4])
  return Int64(timegm(&fields))
}

func parsed(_ text: String) -> Schedule {
  do throws(Rejection) {
    return try parseSchedule(ByteString(text))
  } catch {
    preconditionFailure("\(text): \(error.reason)")
  }
}

/// The rules again, minute by minute, so that each is plain to see.
struct ScheduleReference {
  let schedule: Schedule
  let zone: Zone

  /// The first run behind `start` within so many minutes.
  func next(after start: Int64, minutes: Int) -> Int64? {
    var time = start - (start % 60 + 60) % 60
    for _ in 0..<minutes {
      time += 60
      if time > start, runs(at: time) { return time }
    }
    return nil
  }

  private func offset(_ time: Int64) -> Int64 { zone.offset(at: WallTime(seconds: time)) }

  private func runs(at time: Int64) -> Bool {
    let now = offset(time)
    let before = offset(time - 60)
    if now > before, !isHourly || (now - before) % 3600 != 0 {
      // The local minutes that nobody saw.
      for missing in stride(from: time + before, to: time + now, by: 60) where fits(missing) {
        return true
      }
    }
    guard fits(time + now) else { return false }
    // Did the clock show this before?
    let yesterday = offset(time - 86_400)
    let earlier = time + now - yesterday
    guard earlier < time, offset(earlier) == yesterday else { return true }
    return isHourly && ((yesterday - now) % 3600 == 0 || schedule.minutes.nonzeroBitCount > 1)
  }

  private var isHourly: Bool { schedule.hours.nonzeroBitCount == 24 }

  private func fits(_ local: Int64) -> Bool {
    var seconds = time_t(local)
    var fields = tm()
    gmtime_r(&seconds, &fields)
    func has(_ set: UInt64, _ number: Int32) -> Bool { set & (1 << UInt64(number)) != 0 }
    guard has(schedule.minutes, fields.tm_min), has(schedule.hours, fields.tm_hour),
      has(schedule.months, fields.tm_mon + 1)
    else { return false }
    let byDay = has(schedule.days, fields.tm_mday)
    let byWeekday = has(schedule.weekdays, fields.tm_wday)
    return schedule.eitherDay ? byDay || byWeekday : byDay && byWeekday
  }
}
