import Basics
import Configuration

/// The words that stand for a schedule, each with the fields that it means.
private let nicknames: Literal = """
  @hourly | 0 * * * * | @daily | 0 0 * * * | @midnight | 0 0 * * * | @weekly | 0 0 * * 0 \
  | @monthly | 0 0 1 * * | @yearly | 0 0 1 1 * | @annually | 0 0 1 1 * | @every | | @reboot |
  """

/// One of the five fields: what it is called, its bounds, and the names of its numbers from the
/// lowest on.
private let fields: Literal = """
  minute | 0 | 59 | | hour | 0 | 23 | | day of month | 1 | 31 | | month | 1 | 12 \
  | jan feb mar apr may jun jul aug sep oct nov dec | day of week | 0 | 7 \
  | sun mon tue wed thu fri sat
  """

/// Reads `schedule=`.
@inline(never)
package func parseSchedule(_ text: ByteString) throws(Rejection) -> Schedule {
  let lower = text.lowercased
  var words = lower.wordsBetweenBlanks
  if let first = words.first, first.hasPrefix("@") {
    if first == "@every" { return try parsePeriod(words) }
    if words.count > 1 {
      throw Rejection(reason: message("nothing is allowed behind {q}", first))
    }
    if first == "@reboot" {
      throw Rejection(
        reason: "what runs once, at the start, is a oneshot: write oneshot=true instead")
    }
    words = try fieldsOf(first)
  }
  guard words.count == 5 else {
    throw Rejection(
      reason: message(
        """
        five fields are allowed (minute, hour, day of month, month, day of week), @hourly, @daily, \
        @midnight, @weekly, @monthly, @yearly, @annually or @every 90s; not {}
        """, decimal(words.count)))
  }
  var sets: [UInt64] = []
  var reader = TableReader(fields)
  for index in 0..<5 { sets.append(try ScheduleField(&reader, index + 1).set(words[index])) }
  // 7 is Sunday too.
  if sets[4] & 1 << 7 != 0 { sets[4] = sets[4] & 0x7F | 1 }
  let star = UInt8(ascii: "*")
  let schedule = Schedule(
    fields: sets, eitherDay: words[2].bytes[0] != star && words[4].bytes[0] != star)
  guard schedule.comes else {
    throw Rejection(
      reason: message("day {} of month {} never comes", words[2], words[3]))
  }
  return schedule
}

/// The fields that `@daily` and its like mean.
private func fieldsOf(_ nickname: ByteString) throws(Rejection) -> [ByteString] {
  var nearest = NearestName(to: nickname)
  var reader = TableReader(nicknames)
  while !reader.isAtEnd {
    let name = ByteString(reader.field())
    let meaning = reader.field()
    if name == nickname { return ByteString(meaning).wordsBetweenBlanks }
    nearest.consider(name)
  }
  throw Rejection(
    reason: message(
      "there is no {q}, but @hourly, @daily, @weekly, @monthly, @yearly and @every{}", nickname,
      nearest.question))
}

/// `@every 1h30m`.
private func parsePeriod(_ words: [ByteString]) throws(Rejection) -> Schedule {
  let period = words.count == 2 ? readPeriod(words[1]) : nil
  guard let period, period >= Schedule.shortest, period <= Schedule.longest else {
    throw Rejection(
      reason: "behind @every one time of 1s to 366 days is allowed, as 90s, 5m or 1h30m")
  }
  return Schedule(period: .seconds(period))
}

/// Numbers with `h`, `m` and `s` behind them, in this order, each at most once; in seconds.
package func readPeriod(_ text: ByteString) -> Int64? {
  var seconds: Int64 = 0
  var digits = ByteString()
  var unit: Int64 = .max
  for byte in text.bytes {
    if byte.isDigit {
      digits.append(byte: byte)
      continue
    }
    let factor: Int64 =
      byte == UInt8(ascii: "h")
      ? 3600
      : byte == UInt8(ascii: "m")
        ? 60
        : byte == UInt8(ascii: "s") ? 1 : .max
    guard factor < unit, let number = digits.signedDecimal else { return nil }
    let (sum, overflow) = seconds.addingReportingOverflow(number.clampedProduct(factor))
    if overflow { return nil }
    seconds = sum
    unit = factor
    digits = ByteString()
  }
  return digits.isEmpty ? seconds : nil
}

/// One of the five fields, and how its text is read.
private struct ScheduleField {
  private let number: Int
  private let title: ByteString
  private let lowest: Int64
  private let highest: Int64
  private let names: [ByteString]

  init(_ reader: inout TableReader, _ number: Int) {
    self.number = number
    title = ByteString(reader.field())
    lowest = ByteString(reader.field()).signedDecimal ?? 0
    highest = ByteString(reader.field()).signedDecimal ?? 0
    names = ByteString(reader.field()).wordsBetweenBlanks
  }

  /// A list of `*`, numbers and ranges, the first and last of these with a step.
  func set(_ text: ByteString) throws(Rejection) -> UInt64 {
    var set: UInt64 = 0
    for part in text.split(at: UInt8(ascii: ",")) { set |= try self.part(part) }
    return set
  }

  private func part(_ text: ByteString) throws(Rejection) -> UInt64 {
    let pieces = text.split(at: UInt8(ascii: "/"))
    let ends = pieces[0].split(at: UInt8(ascii: "-"))
    var first = lowest
    var last = highest
    if pieces[0] == "*" {
      // Sunday is there once.
      if highest == 7 { last = 6 }
    } else {
      guard ends.count <= 2, let low = value(ends[0]), var high = value(ends[ends.count - 1])
      else { throw wrong(text, "") }
      // fri-sun
      if highest == 7, high == 0, low > 0 { high = 7 }
      if low > high {
        throw wrong(
          text,
          message(
            "; a range that runs backwards is written as two, {}-{},{}-{}", ends[0],
            decimal(highest == 7 ? 6 : highest), decimal(lowest), ends[ends.count - 1]))
      }
      first = low
      last = high
    }
    var step: Int64 = 1
    if pieces.count > 1 {
      guard pieces.count == 2, pieces[0] == "*" || ends.count == 2 else {
        throw wrong(text, "; a step stands behind * or a range")
      }
      guard let number = pieces[1].signedDecimal, number >= 1, number <= last - first else {
        throw wrong(
          text,
          message(
            "; the step is a number of 1 to {}, and no period: @every is one",
            decimal(last - first)))
      }
      step = number
    }
    var set: UInt64 = 0
    for number in stride(from: first, through: last, by: Int(step)) { set |= 1 << UInt64(number) }
    return set
  }

  private func value(_ text: ByteString) -> Int64? {
    for index in names.indices where names[index] == text { return lowest + Int64(index) }
    guard let number = text.unsignedDecimal, number >= UInt64(lowest), number <= UInt64(highest)
    else { return nil }
    return Int64(number)
  }

  /// What is wrong, where, and what would be right.
  private func wrong(_ part: ByteString, _ more: ByteString) -> Rejection {
    var allowed = message("{} to {}", decimal(lowest), decimal(highest))
    if let name = names.first, let last = names.last {
      allowed.append(message(" or {} to {}", name, last))
    }
    return Rejection(
      reason: message("field {} ({}) cannot be {q}: ", decimal(number), title, part)
        + message("{} is allowed, lists (1,3), ranges (1-5) and steps (*/2){}", allowed, more))
  }
}
