import Basics

/// When a program is run by the clock (`schedule=`): a period, or cron's five fields as sets, in which
/// bit n stands for the number n.
///
/// Only what can happen is a schedule: a date that never comes is refused when it is read.
public struct Schedule: Equatable, Sendable {
  /// Again and again after this long, on the monotonic clock; zero: as the fields say.
  public let period: Nanoseconds
  /// 0…59.
  public let minutes: UInt64
  /// 0…23.
  public let hours: UInt64
  /// Of the month, 1…31.
  public let days: UInt64
  /// 1…12.
  public let months: UInt64
  /// 0 is Sunday.
  public let weekdays: UInt64
  /// A day fits when day *or* weekday does. So it is, as in cron, when neither field begins with
  /// `*`; else both have to.
  public let eitherDay: Bool

  /// - Parameter fields: Five sets in their order; none of them for a period.
  public init(period: Nanoseconds = .zero, fields: [UInt64] = [], eitherDay: Bool = false) {
    self.period = period
    let isWhole = fields.count == 5
    minutes = isWhole ? fields[0] : 0
    hours = isWhole ? fields[1] : 0
    days = isWhole ? fields[2] : 0
    months = isWhole ? fields[3] : 0
    weekdays = isWhole ? fields[4] : 0
    self.eitherDay = eitherDay
  }

  /// The shortest and the longest period.
  package static let shortest: Int64 = 1
  package static let longest: Int64 = 366 * 86_400

  /// It has five fields, and runs by the wall clock.
  public var isCalendar: Bool { period == .zero }

  /// It runs in every hour of the days that fit.
  public var isHourly: Bool { hours == 1 << 24 - 1 }

  /// Whether the day fits.
  ///
  /// - Parameter weekday: 0 is Sunday.
  public func fits(month: Int, day: Int, weekday: Int) -> Bool {
    let byDay = days >> UInt64(day) & 1 != 0
    let byWeekday = weekdays >> UInt64(weekday) & 1 != 0
    return months >> UInt64(month) & 1 != 0
      && (eitherDay ? byDay || byWeekday : byDay && byWeekday)
  }

  /// Whether some day of a year, be it a leap year, fits. Every date falls on every day of the week
  /// in some year.
  package var comes: Bool {
    if eitherDay { return true }
    for month in 1...12 where months >> UInt64(month) & 1 != 0 {
      let length: UInt64 =
        month == 2 ? 29 : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
      if days & (1 << (length + 1) - 1) != 0 { return true }
    }
    return false
  }
}
