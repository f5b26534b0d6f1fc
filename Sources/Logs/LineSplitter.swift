// Bytes as they come out of a pipe -> lines.
//
// A program's write may hold many lines or the hundredth part of one, and a read may end anywhere.
// Whatever the pieces, the same lines come out: an unfinished line is held until its end comes, or
// until it is longer than the limit, when it is split at exactly that length (or up to three bytes
// before, so that no character is cut in two).

/// The bounds of what is kept of the logs in memory.
public enum LogLimit {
  /// Bytes of a line; a longer one is split. What a stream may hold of an unfinished line.
  public static let line = 64 << 10
  /// Bytes of a line for syslog: what rsyslog takes by default, less the head.
  public static let syslogLine = 8000
  /// Bytes read at once, and so the most that can wait behind a place that became full meanwhile.
  public static let read = 64 << 10
  /// Bytes that the pipe of a program that writes fast holds (the kernel's memory, not ours; 64 KiB
  /// for the others).
  public static let widePipe = 256 << 10
  /// Bytes of a stream that goes to syslog as well that are carried on at once.
  public static let copied = 4 << 10
  /// Formatted bytes after which they are written.
  public static let batch = 64 << 10
  /// Bytes of unfinished lines of all streams together; beyond it a stream's line is split early.
  public static let unfinished = 16 << 20
  /// Bytes of a program's last line on stderr that are kept.
  public static let lastLine = 512
}

/// The unfinished line of a stream.
public struct LineSplitter: Sendable {
  private let limit: Int
  private var held: [UInt8] = []
  /// The line that comes was begun already.
  private var isContinuing = false

  public init(limit: Int = LogLimit.line) {
    self.limit = limit
  }

  /// Bytes of the unfinished line.
  public var count: Int { held.count }

  /// Takes lines from the front of `input` and appends them to `out`, until all is taken or `out`
  /// holds a batch. The number of bytes taken.
  public mutating func take(
    _ input: UnsafeBufferPointer<UInt8>, _ writer: LineWriter, _ time: ClockText,
    to out: OutputBuffer
  ) -> Int {
    guard let start = input.baseAddress else { return 0 }
    var position = 0
    while position < input.count, out.count < LogLimit.batch {
      // Of the line's content so many more bytes may come, and then a newline.
      let room = limit - held.count
      let count = min(input.count - position, room + 1)
      let length = firstNewline(start + position, count)
      if length < count {
        finish(UnsafeBufferPointer(start: start + position, count: length), writer, time, out)
        position += length + 1
      } else if count > room {
        position += split(start + position, writer, time, out)
      } else {
        held.append(contentsOf: UnsafeBufferPointer(start: start + position, count: count))
        position += count
      }
    }
    return position
  }

  /// Ends the unfinished line, if there is one: its program has ended.
  public mutating func end(_ writer: LineWriter, _ time: ClockText, to out: OutputBuffer) {
    defer { isContinuing = false }
    if held.isEmpty { return }
    emit(writer, LinePart(isContinuation: isContinuing), time, out)
  }

  /// Gives up what is held as a part of its line.
  public mutating func splitEarly(_ writer: LineWriter, _ time: ClockText, to out: OutputBuffer) {
    if held.isEmpty { return }
    emit(writer, LinePart(isContinuation: isContinuing, continues: true), time, out)
    isContinuing = true
  }

  @inline(__always)
  private mutating func finish(
    _ rest: UnsafeBufferPointer<UInt8>, _ writer: LineWriter, _ time: ClockText,
    _ out: OutputBuffer
  ) {
    let part = LinePart(isContinuation: isContinuing)
    if held.isEmpty {
      writer.append(rest, part, time, to: out)
    } else {
      held.append(contentsOf: rest)
      emit(writer, part, time, out)
    }
    isContinuing = false
  }

  private mutating func emit(
    _ writer: LineWriter, _ part: LinePart, _ time: ClockText, _ out: OutputBuffer
  ) {
    held.withUnsafeBufferPointer { writer.append($0, part, time, to: out) }
    held = []
  }

  /// What is held and what comes is one byte longer than a line may be. The bytes taken of what
  /// comes: none where a character begins in what is held.
  private mutating func split(
    _ next: UnsafePointer<UInt8>, _ writer: LineWriter, _ time: ClockText, _ out: OutputBuffer
  ) -> Int {
    var cut = limit
    // A character has at most three bytes behind its first.
    while cut > limit - 3, cut > 1, byte(cut, next) & 0xC0 == 0x80 { cut -= 1 }
    if byte(cut, next) & 0xC0 == 0x80 { cut = limit }
    let part = LinePart(isContinuation: isContinuing, continues: true)
    isContinuing = true
    if cut <= held.count {
      let rest = Array(held[cut...])
      held.removeSubrange(cut...)
      emit(writer, part, time, out)
      held = rest
      return 0
    }
    let taken = cut - held.count
    if held.isEmpty {
      writer.append(UnsafeBufferPointer(start: next, count: taken), part, time, to: out)
    } else {
      held.append(contentsOf: UnsafeBufferPointer(start: next, count: taken))
      emit(writer, part, time, out)
    }
    return taken
  }

  private func byte(_ index: Int, _ next: UnsafePointer<UInt8>) -> UInt8 {
    index < held.count ? held[index] : next[index - held.count]
  }
}

/// Where the first newline is; `count` when there is none.
public func firstNewline(_ text: UnsafePointer<UInt8>, _ count: Int) -> Int {
  let ones: UInt64 = 0x0101_0101_0101_0101
  var index = 0
  while count - index >= 8 {
    let word = UnsafeRawPointer(text + index).loadUnaligned(as: UInt64.self) ^ (ones &* 0x0A)
    let found = (word &- ones) & ~word & (ones &* 0x80)
    if found != 0 { return index + UInt64(littleEndian: found).trailingZeroBitCount / 8 }
    index += 8
  }
  while index < count, text[index] != 0x0A { index += 1 }
  return index
}
