import Basics
import Configuration
import Linux
import Supervision

/// The marks of programs' trees, by which a process is known whose parent has ended and that has left
/// its session.
///
/// A mark is a pair of hard limits (`TreeMark`). A process may lower a hard limit and never raise it
/// again without CAP_SYS_RESOURCE, so one limit alone could be forged: whoever has a higher one lowers
/// it. Of the two limits here one grows with the number of the program as the other shrinks: of any
/// two marks neither can be made into the other. For that every program is marked as soon as one of
/// them is to be known by its mark: a process without limits could take any.
///
/// What may never happen: a mark that an unprivileged process of another program can put on.
struct Marks {
  /// More than the programs of a configuration.
  private static let span: UInt64 = 1 << 24

  /// The mark of program 0; nil: there are no marks.
  private let first: TreeMark?
  /// Why there are none, though a program needs them.
  let refusal: Errno?

  init(_ configuration: Configuration) {
    var isNeeded = false
    for program in configuration.programs {
      if program.stoptree || program.follow != nil || program.ready?.kind == .notify {
        isNeeded = true
      }
    }
    guard isNeeded else {
      (first, refusal) = (nil, nil)
      return
    }
    do throws(Errno) {
      first = try Self.first()
      refusal = nil
    } catch {
      (first, refusal) = (nil, error)
    }
  }

  private static func first() throws(Errno) -> TreeMark {
    let greatest = try TreeMark.greatest()
    var mark = TreeMark(locks: 1 << 52, resident: 1 << 53)
    mark.locks += UInt64(truncatingIfNeeded: processID()) * span
    mark.resident -= UInt64(truncatingIfNeeded: processID()) * span
    // Below another swinit, or with limits of its own: what it has cannot be exceeded.
    if greatest.locks < mark.locks + span || greatest.resident < mark.resident {
      guard greatest.locks > 2 * span, greatest.resident > 2 * span else { throw .permission }
      mark = TreeMark(locks: greatest.locks - span, resident: greatest.resident - 1)
    }
    try mark.tryHere()
    return mark
  }

  func mark(of slot: Slot) -> TreeMark? {
    guard let first else { return nil }
    let number = UInt64(truncatingIfNeeded: slot)
    return TreeMark(locks: first.locks + number, resident: first.resident - number)
  }

  /// Whether the process has the mark of the program. nil: there are no marks.
  ///
  /// - Throws: EMFILE, ENFILE, ENOMEM, EIO, EINTR: nothing is known of the process.
  func bears(_ pid: ProcessID, _ slot: Slot) throws(Errno) -> Bool? {
    guard let mark = mark(of: slot) else { return nil }
    return try treeMark(of: pid) == mark
  }
}
