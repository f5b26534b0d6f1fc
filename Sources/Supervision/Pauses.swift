import Basics
import Configuration

/// Tells from its own waiting that everything stood still: the container was paused (the freezer of
/// its cgroup, SIGSTOP), or got no processor.
///
/// A pause is no time-out. The programs stood still as well, and what they had to do in a time is not
/// done because that time has passed elsewhere. The kernel's clock runs on; but a wait that was to end
/// at a certain moment and ended much later shows the pause. So much of it as is known then is taken
/// out of the owner's clock (`forgetTime`), on which all deadlines are: they move by it.
///
/// How long the pause was is known but for the length of the wait. So a far deadline is not waited for
/// in one piece: of the time that a program had, no more than a half can have been lost unseen. And as
/// a pause may have begun with the wait, the whole wait does not count; but not twice in a row, or a
/// machine on which every wait ends late would never come to a deadline.
///
/// Only waiting counts. A turn of the loop that takes long by its own work moves nothing.
public struct Pauses: Sendable {
  /// Waits that end no later than this are those of a busy machine: no deadline here is so near that
  /// it would matter.
  public static let least = Nanoseconds.milliseconds(100)
  /// A wait of this length is not taken apart.
  public static let piece = Nanoseconds.seconds(1)

  private var wasLate = false

  public init() {}

  /// How much of a pause until the next deadline is to be waited for in one piece.
  public static func part(of pause: Nanoseconds) -> Nanoseconds {
    pause <= piece ? pause : max(piece, Nanoseconds(pause.count / 2))
  }

  /// After a wait that began at `start`, was to end at `planned` at the latest, and ended at `end`: how
  /// much of it did not pass for the container. Never more than all of it, so that a clock which is set
  /// back by this does not go back behind `start`.
  public mutating func length(
    from start: Time, until planned: Time, to end: Time
  ) -> Nanoseconds {
    let late = end - planned
    guard late > Self.least else {
      wasLate = false
      return .zero
    }
    let length = wasLate ? late : end - start
    wasLate = true
    return length
  }
}
