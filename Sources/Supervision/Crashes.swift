import Basics
import Configuration

// Crash loops: how often a program has ended in the same way without having worked in between. It
// decides nothing (`failures` and `quickEnds` do); it is what the log and the certificate say.

/// Unexpected ends of one program in a row, all in the same way, and each soon after its start.
public struct Crashes: Equatable, Sendable {
  public let end: UnexpectedEnd
  public private(set) var count: Int32 = 1
  /// From the start to the end, in the life that lasted longest.
  public private(set) var longest: Nanoseconds

  init(_ end: UnexpectedEnd, lived: Nanoseconds) {
    self.end = end
    longest = lived
  }

  mutating func add(lived: Nanoseconds) {
    if count < .max { count += 1 }
    longest = max(longest, lived)
  }
}

extension Supervisor {
  /// What is known of the ends before this one, if that is the last one that was not expected.
  public func crashes(of slot: Slot, _ end: UnexpectedEnd? = nil) -> Crashes? {
    guard let crashes = records[slot].crashes else { return nil }
    return end == nil || crashes.end == end ? crashes : nil
  }

  /// - Parameter end: nil: an end that was expected.
  mutating func countCrash(_ slot: Slot, _ end: UnexpectedEnd?, lived: Nanoseconds) {
    guard let end else {
      records[slot].crashes = nil
      return
    }
    let startsecs = configuration.programs[slot].startsecs
    let (sum, overflow) = startsecs.count.addingReportingOverflow(Self.quickEnd.count)
    let soon = overflow ? startsecs : Nanoseconds(sum)
    if let before = records[slot].crashes, before.end == end, max(before.longest, lived) <= soon {
      records[slot].crashes?.add(lived: lived)
    } else {
      records[slot].crashes = Crashes(end, lived: lived)
    }
  }
}
