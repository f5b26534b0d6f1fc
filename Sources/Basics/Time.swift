/// A length of time in nanoseconds; bounded by the 292 years that an `Int64` holds.
public struct Nanoseconds: Hashable, Comparable, Sendable {
  public var count: Int64

  public init(_ count: Int64) { self.count = count }
  public static func seconds(_ seconds: Int64) -> Nanoseconds {
    Nanoseconds(seconds.clampedProduct(1_000_000_000))
  }
  public static func milliseconds(_ milliseconds: Int64) -> Nanoseconds {
    Nanoseconds(milliseconds.clampedProduct(1_000_000))
  }
  public static let zero = Nanoseconds(0)

  public static func < (left: Nanoseconds, right: Nanoseconds) -> Bool { left.count < right.count }
}

/// A point on the monotonic clock (CLOCK_MONOTONIC). Jumps of the wall clock do not move it.
public struct Time: Hashable, Comparable, Sendable {
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  public static let distantFuture = Time(nanoseconds: .max)

  public static func < (left: Time, right: Time) -> Bool { left.nanoseconds < right.nanoseconds }
  /// Saturates: a pause of 292 years ends at `distantFuture`, it does not trap.
  public static func + (left: Time, right: Nanoseconds) -> Time {
    let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.count)
    return overflow ? .distantFuture : Time(nanoseconds: sum)
  }
  public static func - (left: Time, right: Time) -> Nanoseconds {
    let (difference, overflow) = left.nanoseconds.subtractingReportingOverflow(right.nanoseconds)
    return Nanoseconds(overflow ? .max : difference)
  }
}

extension Int64 {
  /// The product, or the nearest value that an `Int64` holds.
  public func clampedProduct(_ factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    if !overflow { return product }
    return (self < 0) == (factor < 0) ? .max : .min
  }
}
