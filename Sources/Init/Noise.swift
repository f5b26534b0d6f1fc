import Basics
import Configuration
import Supervision

/// Lines that somebody else can make swinit write as often as he likes: signals that mean nothing, a
/// pidfile that names one process after the other. The first few of a kind are said, the others are
/// counted, and their number is said when the window is over.
///
/// Nothing is kept, and nothing wakes the loop, while there is no such noise.
struct Noise {
  /// Lines of one kind that are said in one window.
  private static let greatest: UInt32 = 5
  /// How long the lines of a kind are counted together.
  private static let window = Nanoseconds.seconds(10)

  private struct Kind {
    var key: Int
    var name: ByteString
    var count: UInt32
    var end: Time
  }
  private var kinds: [Kind] = []

  /// When `timePassed` is to be called; nil: never.
  private(set) var deadline: Time?

  /// Whether a line is to be said.
  ///
  /// - Parameters:
  ///   - key: tells the kinds apart.
  ///   - name: the kind, as the line with the number names it.
  @inline(never)
  mutating func isSaid(_ key: Int, _ name: ByteString, at now: Time) -> Bool {
    for index in kinds.indices where kinds[index].key == key {
      let (count, overflow) = kinds[index].count.addingReportingOverflow(1)
      kinds[index].count = overflow ? .max : count
      return count <= Self.greatest
    }
    kinds.append(Kind(key: key, name: name, count: 1, end: now + Self.window))
    deadline = min(deadline ?? kinds[0].end, now + Self.window)
    return true
  }

  /// Ends the windows that are over; the lines that tell of them.
  @inline(never)
  mutating func timePassed(_ now: Time) -> [ByteString] {
    var lines: [ByteString] = []
    for kind in kinds where kind.end <= now && kind.count > Self.greatest {
      lines.append(
        message(
          "{}: {} more of these lines in 10 s", kind.name, decimal(kind.count - Self.greatest)))
    }
    kinds.removeAll { $0.end <= now }
    deadline = nil
    for kind in kinds { deadline = min(deadline ?? kind.end, kind.end) }
    return lines
  }
}

extension Notice {
  /// The signal of a line that anybody can have said by sending it again.
  var repeatedSignal: Signal? {
    if case .ignored(let signal, _) = self { return signal }
    if case .stopRepeated(let signal, _) = self { return signal }
    return nil
  }
}
