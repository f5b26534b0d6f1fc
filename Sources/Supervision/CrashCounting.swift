import Basics
import Configuration

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
