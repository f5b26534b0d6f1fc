import Basics
import Configuration

/// When the next run of a program is.
public enum NextRun: Equatable, Sendable {
  case at(WallTime)
  case after(Nanoseconds)
  /// Not any more.
  case never
}
