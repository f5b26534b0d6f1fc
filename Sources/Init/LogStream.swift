import Basics
import Configuration
import Linux
import Logs

/// One pipe that a program writes into: its stdout, its stderr, or both. It is made with the first
/// start and stays for the program's life: what a process that has ended left in it is read like
/// everything else, and a grandchild that still holds it harms nothing. We keep the writing end
/// open, so that there is never an end of file to handle.
final class LogStream {
  let pipe: LogPipe
  /// The program's process and which of its two streams; both where stderr is redirected.
  let program: ByteString
  let isErrors: Bool
  /// Where it leads, as index of `Streams.sinks`.
  let sink: Int
  /// nil: bytes as they come.
  var writer: LineWriter?
  /// Bytes go on as they come, to one place: two streams of a program may be one.
  var takesBytes: Bool { writer == nil && branches.isEmpty }
  var lines: LineSplitter
  /// Where lines go when `sink` is a syslog that is not there, and how.
  let fallback: (sink: Int, writer: LineWriter)?
  /// Where it goes beside `sink`, each to another sink.
  let branches: [LogBranch]
  var filter: AnsiFilter?
  /// Of a stream that stderr goes to.
  var lastLine: LastLine?
  /// Bytes that were read when the sink became full.
  var unread: [UInt8] = []
  /// Reads that filled half of the buffer or more.
  var fullReads = 0
  /// epoll tells when there is something to read.
  var isWatched = false
  var isWaiting = false
  /// Bytes that were read of it, ever.
  var taken = 0
  /// Where in the stream the lives of its process ended, as far as that was not reached: an unfinished
  /// line ends there, and the next life begins with a new one.
  private var ends: [Int] = []
  /// More of them than can matter: lives that ended while nothing could be written.
  private static let mostEnds = 64

  init(
    pipe: LogPipe, program: ByteString, isErrors: Bool, sink: Int, writer: LineWriter?,
    fallback: (sink: Int, writer: LineWriter)?, branches: [LogBranch], stripsAnsi: Bool
  ) {
    self.pipe = pipe
    self.program = program
    self.isErrors = isErrors
    self.sink = sink
    self.writer = writer
    self.fallback = fallback
    self.branches = branches
    lines = LineSplitter(limit: writer?.form == .syslog ? LogLimit.syslogLine : LogLimit.line)
    filter = stripsAnsi ? AnsiFilter() : nil
  }

  /// Its process has ended, and what it wrote is in the pipe or behind us.
  func markEnd() {
    let end = taken &+ pipe.reader.bytesWaiting
    if ends.last == end || ends.count == Self.mostEnds { return }
    ends.append(end)
  }

  /// An end is to be reached.
  var hasEnd: Bool { !ends.isEmpty }
  /// All that was written before an end is read.
  var isAtEnd: Bool { ends.first.map { $0 <= taken } ?? false }
  /// Bytes that may be read before something is to be done about an end; nil: no end.
  var untilEnd: Int? { ends.first.map { max(1, $0 &- taken) } }
  func passEnd() { if !ends.isEmpty { ends.removeFirst() } }
  func skipToEnd() { if let end = ends.first { taken = max(taken, end) } }

  /// There is something to be done for it that no byte in the pipe will tell of.
  var needsTurn: Bool { !unread.isEmpty || isAtEnd }

  /// Bytes that have not reached any sink.
  var bytesBehind: Int { pipe.reader.bytesWaiting + unread.count + lines.count }

  /// Of these, what was written before the last end.
  var bytesBeforeEnd: Int {
    (ends.last.map { max(0, $0 &- taken) } ?? 0) + unread.count + unfinished
  }

  /// Bytes of unfinished lines, for all its places.
  var unfinished: Int {
    var sum = lines.count
    for branch in branches { sum += branch.lines.count }
    return sum
  }

  /// Whether it leads there.
  func leads(to index: Int) -> Bool {
    if sink == index { return true }
    for branch in branches where branch.sink == index { return true }
    return false
  }

  /// Nothing more of it will be written.
  func giveUp() {
    unread = []
    ends = []
    lines = LineSplitter(limit: LogLimit.line)
  }
}
