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
  var lines: LineSplitter
  /// Where lines go when `sink` is a syslog that is not there, and how.
  let fallback: (sink: Int, writer: LineWriter)?
  /// syslog beside `sink`.
  let copy: (sink: Int, writer: LineWriter)?
  var copyLines = LineSplitter(limit: LogLimit.syslogLine)
  var filter: AnsiFilter?
  /// Bytes that were read when the sink became full.
  var unread: [UInt8] = []
  /// Its pipe was made wider, or that was tried.
  var isWide = false
  /// epoll tells when there is something to read.
  var isWatched = false
  var isWaiting = false
  /// Its process has ended: an unfinished line ends with what is in the pipe now.
  var endsLine = false

  init(
    pipe: LogPipe, program: ByteString, isErrors: Bool, sink: Int, writer: LineWriter?,
    fallback: (sink: Int, writer: LineWriter)?, copy: (sink: Int, writer: LineWriter)?,
    stripsAnsi: Bool
  ) {
    self.pipe = pipe
    self.program = program
    self.isErrors = isErrors
    self.sink = sink
    self.writer = writer
    self.fallback = fallback
    self.copy = copy
    lines = LineSplitter(limit: writer?.form == .syslog ? LogLimit.syslogLine : LogLimit.line)
    filter = stripsAnsi ? AnsiFilter() : nil
  }

  /// Bytes that have not reached any sink.
  var bytesBehind: Int { pipe.reader.bytesWaiting + unread.count + lines.count }
}
