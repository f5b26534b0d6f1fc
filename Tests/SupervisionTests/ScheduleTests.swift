import Foundation
import Testing

@testable import Basics
@testable import Configuration
@testable import Supervision

/// When a schedule runs: known answers, and thousands of random ones against the rules taken minute
/// by minute.
@Suite struct ScheduleTests {
  /// The runs after a local time of the table's zone, as the clock on the wall shows them.
  private func runs(
    _ text: String, _ table: ZoneTable, after start: String, count: Int
  ) -> [String] {
    let schedule = parsed(text)
    var time = WallTime(seconds: utc(start))
    return (0..<count).map { _ in
      time = schedule.next(after: time, in: table.zone)
      return "\(localText(of: time, in: table.zone))"
    }
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let schedule: String
    let zone: ZoneTable
    /// In UTC.
    let start: String
    let runs: [String]
    init(_ schedule: String, _ zone: ZoneTable, after start: String, _ runs: [String]) {
      (self.schedule, self.zone, self.start, self.runs) = (schedule, zone, start, runs)
    }
    var testDescription: String { "\(schedule) after \(start)" }
  }

  // MARK: The calendar

  private static let plain = ZoneTable(first: 0, changes: [])

  @Test(arguments: [
    Row(
      "0 0 29 2 *", plain, after: "2026-01-01 00:00",
      [
        "2028-02-29 00:00 +00:00", "2032-02-29 00:00 +00:00",
      ]),
    // 2100 is no leap year.
    Row("0 0 29 2 *", plain, after: "2096-03-01 00:00", ["2104-02-29 00:00 +00:00"]),
    // A 29th of February on a Monday: beside a star both count.
    Row("0 0 29 2 */6", plain, after: "2026-01-01 00:00", ["2032-02-29 00:00 +00:00"]),
    Row(
      "15 10 31 * *", plain, after: "2026-01-31 10:15",
      [
        "2026-03-31 10:15 +00:00", "2026-05-31 10:15 +00:00", "2026-07-31 10:15 +00:00",
      ]),
    Row("59 23 31 12 *", plain, after: "2026-12-31 23:58", ["2026-12-31 23:59 +00:00"]),
    // Both days are restricted: either. The 13th, and Fridays.
    Row(
      "0 0 13 * fri", plain, after: "2026-11-07 00:00",
      [
        "2026-11-13 00:00 +00:00", "2026-11-20 00:00 +00:00", "2026-11-27 00:00 +00:00",
        "2026-12-04 00:00 +00:00", "2026-12-11 00:00 +00:00", "2026-12-13 00:00 +00:00",
      ]),
    // A field that begins with a star restricts, but makes it both.
    Row(
      "0 0 */2 * mon", plain, after: "2026-11-01 00:00",
      [
        "2026-11-09 00:00 +00:00", "2026-11-23 00:00 +00:00",
      ]),
    Row("0 12 * * 0", plain, after: "2026-11-25 00:00", ["2026-11-29 12:00 +00:00"]),
    Row("0 12 * * 7", plain, after: "2026-11-25 00:00", ["2026-11-29 12:00 +00:00"]),
    Row(
      "0 12 * * SAT-Sun", plain, after: "2026-11-25 00:00",
      [
        "2026-11-28 12:00 +00:00", "2026-11-29 12:00 +00:00", "2026-12-05 12:00 +00:00",
      ]),
    Row("@hourly", plain, after: "2026-11-25 23:00", ["2026-11-26 00:00 +00:00"]),
    Row("@daily", plain, after: "2026-11-25 00:00", ["2026-11-26 00:00 +00:00"]),
    Row("@midnight", plain, after: "2026-11-25 00:00", ["2026-11-26 00:00 +00:00"]),
    Row("@weekly", plain, after: "2026-11-25 00:00", ["2026-11-29 00:00 +00:00"]),
    Row("@monthly", plain, after: "2026-11-25 00:00", ["2026-12-01 00:00 +00:00"]),
    Row("@yearly", plain, after: "2026-11-25 00:00", ["2027-01-01 00:00 +00:00"]),
    Row("@annually", plain, after: "2026-11-25 00:00", ["2027-01-01 00:00 +00:00"]),
    Row(
      "*/20,7 8-9 * * *", plain, after: "2026-11-25 00:00",
      [
        "2026-11-25 08:00 +00:00", "2026-11-25 08:07 +00:00", "2026-11-25 08:20 +00:00",
        "2026-11-25 08:40 +00:00", "2026-11-25 09:00 +00:00",
      ]),
    Row(
      "1-59/29 * * * *", plain, after: "2026-11-25 00:00",
      [
        "2026-11-25 00:01 +00:00", "2026-11-25 00:30 +00:00", "2026-11-25 00:59 +00:00",
        "2026-11-25 01:01 +00:00",
      ]),
  ])
  func calendar(_ row: Row) {
    #expect(runs(row.schedule, row.zone, after: row.start, count: row.runs.count) == row.runs)
  }

  // MARK: Holes and repeats

  @Test(arguments: [
    // Berlin, 29 March 2026: 02:00 is 03:00. 25 October: 03:00 is 02:00.
    Row(
      "30 2 * * *", .berlin, after: "2026-03-28 00:00",
      [
        "2026-03-28 02:30 +01:00", "2026-03-29 03:00 +02:00", "2026-03-30 02:30 +02:00",
      ]),
    Row(
      "30 2 * * *", .berlin, after: "2026-10-24 10:00",
      [
        "2026-10-25 02:30 +02:00", "2026-10-26 02:30 +01:00",
      ]),
    Row(
      "*/20 2 * * *", .berlin, after: "2026-03-29 00:00",
      [
        "2026-03-29 03:00 +02:00", "2026-03-30 02:00 +02:00",
      ]),
    Row(
      "*/20 2 * * *", .berlin, after: "2026-10-25 00:15",
      [
        "2026-10-25 02:20 +02:00", "2026-10-25 02:40 +02:00", "2026-10-26 02:00 +01:00",
      ]),
    // In the hole and at its end: one run.
    Row(
      "0,30 2,3 * * *", .berlin, after: "2026-03-29 00:00",
      [
        "2026-03-29 03:00 +02:00", "2026-03-29 03:30 +02:00", "2026-03-30 02:00 +02:00",
      ]),
    // An hourly job runs each hour that passes.
    Row(
      "0 * * * *", .berlin, after: "2026-03-28 23:30",
      [
        "2026-03-29 01:00 +01:00", "2026-03-29 03:00 +02:00", "2026-03-29 04:00 +02:00",
      ]),
    Row(
      "30 * * * *", .berlin, after: "2026-03-29 00:00",
      [
        "2026-03-29 01:30 +01:00", "2026-03-29 03:30 +02:00", "2026-03-29 04:30 +02:00",
      ]),
    Row(
      "30 * * * *", .berlin, after: "2026-10-24 23:00",
      [
        "2026-10-25 01:30 +02:00", "2026-10-25 02:30 +02:00", "2026-10-25 02:30 +01:00",
        "2026-10-25 03:30 +01:00",
      ]),
    Row(
      "*/30 * * * *", .berlin, after: "2026-10-25 00:00",
      [
        "2026-10-25 02:30 +02:00", "2026-10-25 02:00 +01:00", "2026-10-25 02:30 +01:00",
        "2026-10-25 03:00 +01:00",
      ]),
    // Every second hour is a schedule of hours that are shown.
    Row(
      "0 */2 * * *", .berlin, after: "2026-03-28 23:00",
      [
        "2026-03-29 03:00 +02:00", "2026-03-29 04:00 +02:00",
      ]),
    // On the other days nothing happens at all.
    Row("30 2 * * mon", .berlin, after: "2026-03-28 00:00", ["2026-03-30 02:30 +02:00"]),
    // New York, 8 March 2026 and 1 November.
    Row(
      "15 2 * * *", .newYork, after: "2026-03-07 12:00",
      [
        "2026-03-08 03:00 -04:00", "2026-03-09 02:15 -04:00",
      ]),
    Row(
      "15 1 * * *", .newYork, after: "2026-10-31 12:00",
      [
        "2026-11-01 01:15 -04:00", "2026-11-02 01:15 -05:00",
      ]),
    Row(
      "59 1 1 11 *", .newYork, after: "2026-11-01 05:58",
      [
        "2026-11-01 01:59 -04:00", "2027-11-01 01:59 -05:00",
      ]),
    // From within the second time.
    Row("15,45 1 * * *", .newYork, after: "2026-11-01 06:20", ["2026-11-02 01:15 -05:00"]),
    // Lord Howe, 4 October 2026: 02:00 is 02:30. 5 April: 02:00 is 01:30.
    Row(
      "15 2 * * *", .lordHowe, after: "2026-10-03 00:00",
      [
        "2026-10-04 02:30 +11:00", "2026-10-05 02:15 +11:00",
      ]),
    Row(
      "45 1 * * *", .lordHowe, after: "2026-04-04 00:00",
      [
        "2026-04-05 01:45 +11:00", "2026-04-06 01:45 +10:30",
      ]),
    Row(
      "0 * * * *", .lordHowe, after: "2026-10-03 14:00",
      [
        "2026-10-04 01:00 +10:30", "2026-10-04 02:30 +11:00", "2026-10-04 03:00 +11:00",
      ]),
    Row(
      "45 * * * *", .lordHowe, after: "2026-04-04 14:00",
      [
        "2026-04-05 01:45 +11:00", "2026-04-05 02:45 +10:30",
      ]),
    Row(
      "*/15 * * * *", .lordHowe, after: "2026-04-04 14:30",
      [
        "2026-04-05 01:45 +11:00", "2026-04-05 01:30 +10:30", "2026-04-05 01:45 +10:30",
        "2026-04-05 02:00 +10:30",
      ]),
    // A day that never was.
    Row(
      "0 6 * * *", .apia, after: "2011-12-29 10:00",
      [
        "2011-12-29 06:00 -10:00", "2011-12-31 00:00 +14:00", "2011-12-31 06:00 +14:00",
      ]),
  ])
  func changesOfTheClock(_ row: Row) {
    #expect(runs(row.schedule, row.zone, after: row.start, count: row.runs.count) == row.runs)
  }

  // MARK: Against the rules, minute by minute

  private static func randomField(_ random: inout SplitMix64, _ lowest: Int, _ highest: Int)
    -> String
  {
    switch random.below(6) {
    case 0, 1: return "*"
    case 2: return "*/\(1 + random.below((highest == 7 ? 6 : highest) - lowest))"
    case 3:
      let (a, b) = (lowest + random.below(highest - lowest + 1), lowest + random.below(highest))
      return a < b ? "\(a)-\(b)/\(1 + random.below(b - a))" : "\(a)"
    case 4:
      return (0...random.below(4)).map { _ in "\(lowest + random.below(highest - lowest + 1))" }
        .joined(separator: ",")
    default: return "\(lowest + random.below(highest - lowest + 1))"
    }
  }

  @Test(arguments: 0..<UInt64(8))
  func randomSchedulesFollowTheRules(part: UInt64) throws {
    var found = 0
    for seed in stride(from: part, to: 4_000, by: 8) {
      var random = SplitMix64(state: seed)
      let start = utc("2026-01-01 00:00") + Int64(random.below(3_000_000))
      let zone = ZoneTable.random(&random, from: start - start % 60 - 172_800).zone
      let text = [
        Self.randomField(&random, 0, 59),
        random.chance(40) ? "*" : Self.randomField(&random, 0, 23),
        random.chance(60) ? "*" : Self.randomField(&random, 1, 31),
        random.chance(80) ? "*" : "1-3", random.chance(60) ? "*" : Self.randomField(&random, 0, 7),
      ].joined(separator: " ")
      let schedule = parsed(text)
      let reference = ScheduleReference(schedule: schedule, zone: zone)
      // From one run to the next, and from moments between.
      var time = start
      for _ in 0..<4 {
        let next = schedule.next(after: WallTime(seconds: time), in: zone).seconds
        let expected = reference.next(after: time, minutes: 3_000)
        if let expected {
          found += 1
          guard next == expected else {
            Issue.record("seed \(seed): \(text) after \(time): \(next), by the rules \(expected)")
            return
          }
        } else if next <= time + 3_000 * 60 - 60 {
          Issue.record("seed \(seed): \(text) after \(time): \(next), by the rules none so soon")
          return
        }
        time = random.chance(70) ? next : time + Int64(random.below(90_000))
        if time > start + 4_000_000 { break }
      }
    }
    #expect(found > 500)
  }

  /// The whole range of the clock, and no search that does not end.
  @Test(arguments: ["* * * * *", "0 0 29 2 *", "0 0 29 2 */6", "59 23 31 12 *"])
  func noTimeIsTooStrange(_ text: String) {
    let schedule = parsed(text)
    for seconds: Int64 in [.min, -(1 << 40), -1, 0, 1, 1 << 33, (1 << 40) - 60, 1 << 40, .max] {
      let time = WallTime(seconds: seconds)
      let next = schedule.next(after: time, in: ZoneTable.berlin.zone)
      #expect(next > time || next == .never)
    }
  }

  @Test func theCalendarIsTheCLibrarys() {
    for number in stride(from: Int64(-800_000), to: 800_000, by: 97) {
      var seconds = time_t(number * 86_400)
      var fields = tm()
      gmtime_r(&seconds, &fields)
      let day = CivilDay(number: number)
      #expect(day.year == Int64(fields.tm_year) + 1900 && day.month == Int(fields.tm_mon) + 1)
      #expect(day.day == Int(fields.tm_mday) && day.weekday == Int(fields.tm_wday))
    }
  }
}
