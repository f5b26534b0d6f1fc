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
