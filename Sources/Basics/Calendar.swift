// The wall clock and the calendar, in whole seconds. Neither knows leap seconds, as Linux does not.

/// A point on the wall clock (CLOCK_REALTIME): seconds since 1970-01-01 00:00 UTC. It jumps when
/// somebody sets the clock; what must not jump with it is measured as `Time`.
public struct WallTime: Hashable, Comparable, Sendable {
  public let seconds: Int64

  /// - Parameter seconds: Held to some 34,000 years around 1970, so that no calendar overflows.
  public init(seconds: Int64) {
    self.seconds = min(max(seconds, -(1 << 40)), 1 << 40)
  }

  /// The ends of its range: they stand for no time at all.
  public static let longAgo = WallTime(seconds: .min)
  public static let never = WallTime(seconds: .max)

  public static func < (left: WallTime, right: WallTime) -> Bool { left.seconds < right.seconds }

  /// Seconds from `earlier` to this one.
  public func since(_ earlier: WallTime) -> Int64 { seconds - earlier.seconds }

  public func advanced(by seconds: Int64) -> WallTime { WallTime(seconds: self.seconds + seconds) }
}

/// The rules of a place for its local time: how many seconds it is ahead of UTC, at any moment.
public struct Zone: Sendable {
  /// Ahead of UTC, for seconds since 1970; a pure function.
  private let lookUp: @Sendable (Int64) -> Int32

  public init(_ offset: @escaping @Sendable (Int64) -> Int32) { lookUp = offset }

  public static let utc = Zone { _ in 0 }

  /// In seconds; east of Greenwich it is positive. No place is more than a day away.
  @inline(never)
  public func offset(at time: WallTime) -> Int64 {
    min(max(Int64(lookUp(time.seconds)), -86_400), 86_400)
  }

  /// The first moment after `start`, up to `end`, with another offset than `start` has. Changes
  /// that lie less than a day apart may be missed; there are none.
  @inline(never)
  public func firstChange(after start: WallTime, through end: WallTime) -> WallTime? {
    let old = offset(at: start)
    var low = start
    while low < end {
      var high = min(low.advanced(by: 86_400), end)
      guard offset(at: high) != old else {
        low = high
        continue
      }
      while high.since(low) > 1 {
        let middle = low.advanced(by: high.since(low) / 2)
        if offset(at: middle) == old { low = middle } else { high = middle }
      }
      return high
    }
    return nil
  }
}

/// A day of the Gregorian calendar, by the number of days since 1970-01-01 and as people write it.
public struct CivilDay {
  public let number: Int64
  public let year: Int64
  /// 1…12
  public let month: Int
  /// 1…31
  public let day: Int

  /// The calendar repeats every 400 years of 146,097 days. Years that begin in March have the leap
  /// day as their last one, and months whose lengths follow one line.
  @inline(never)
  public init(number: Int64) {
    self.number = number
    let fromMarch0 = number + 719_468
    let era = floorQuotient(fromMarch0, 146_097)
    let inEra = fromMarch0 - era * 146_097
    let yearOfEra = (inEra - inEra / 1_460 + inEra / 36_524 - inEra / 146_096) / 365
    let inYear = inEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * inYear + 2) / 153
    day = Int(inYear - (153 * monthFromMarch + 2) / 5 + 1)
    month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// 0 is Sunday. 1970 began on a Thursday.
  public var weekday: Int { Int(number + 4 - floorQuotient(number + 4, 7) * 7) }
}

/// Rounded down, unlike `/`.
public func floorQuotient(_ number: Int64, _ divisor: Int64) -> Int64 {
  number >= 0 ? number / divisor : (number + 1) / divisor - 1
}

/// `2026-03-29 03:00 +02:00`: what the clock on the wall shows, and how far it is ahead of UTC.
@inline(never)
public func localText(of time: WallTime, in zone: Zone) -> ByteString {
  let offset = zone.offset(at: time)
  let local = time.seconds + offset
  let day = CivilDay(number: floorQuotient(local, 86_400))
  let minute = (local - day.number * 86_400) / 60
  let ahead = abs(offset) / 60
  return message(
    "{}-{}-{} ", decimal(day.year), twoDigits(Int64(day.month)),
    twoDigits(Int64(day.day)))
    + message(
      offset < 0 ? "{}:{} -{}:{}" : "{}:{} +{}:{}", twoDigits(minute / 60), twoDigits(minute % 60),
      twoDigits(ahead / 60), twoDigits(ahead % 60))
}

@inline(never)
private func twoDigits(_ number: Int64) -> ByteString {
  number < 10 ? "0" + decimal(number) : decimal(number)
}
