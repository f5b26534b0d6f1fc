import Basics

/// A moment of the wall clock as text, made once for all lines of that millisecond.
public struct ClockText: Sendable {
  /// `2026-01-31T23:59:59.000Z` (RFC 3339, UTC).
  public private(set) var bytes: [UInt8] = []
  private var milliseconds = Int64.min

  public init() {}

  public init(nanoseconds: Int64) {
    set(nanoseconds: nanoseconds)
  }

  /// - Parameter nanoseconds: since 1970, UTC; the years 1970 to 2262.
  public mutating func set(nanoseconds: Int64) {
    let milliseconds = max(0, nanoseconds) / 1_000_000
    if milliseconds == self.milliseconds { return }
    self.milliseconds = milliseconds
    let seconds = milliseconds / 1000
    let day = CivilDay(number: seconds / 86_400)
    let time = seconds % 86_400
    bytes.removeAll(keepingCapacity: true)
    append(day.year, 4, then: "-")
    append(Int64(day.month), 2, then: "-")
    append(Int64(day.day), 2, then: "T")
    append(time / 3600, 2, then: ":")
    append(time / 60 % 60, 2, then: ":")
    append(time % 60, 2, then: ".")
    append(milliseconds % 1000, 3, then: "Z")
  }

  /// `Jan 31 23:59:59`, as syslog has it (RFC 3164); UTC.
  public var syslog: [UInt8] {
    guard bytes.count >= 24 else { return [] }
    let names: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
    let month = min(12, max(1, Int(bytes[5] &- 0x30) * 10 + Int(bytes[6] &- 0x30)))
    var text: [UInt8] = []
    for index in 0..<3 { text.append(names.utf8Start[(month - 1) * 3 + index]) }
    text.append(0x20)
    text.append(bytes[8] == 0x30 ? 0x20 : bytes[8])
    text.append(bytes[9])
    text.append(0x20)
    text.append(contentsOf: bytes[11..<19])
    return text
  }

  private mutating func append(_ number: Int64, _ digits: Int, then mark: Unicode.Scalar) {
    var unit: Int64 = 1
    for _ in 1..<digits { unit *= 10 }
    while unit > 0 {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: number / unit % 10))
      unit /= 10
    }
    bytes.append(UInt8(truncatingIfNeeded: mark.value))
  }
}
