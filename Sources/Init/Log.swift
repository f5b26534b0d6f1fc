import Configuration
import Linux
import Logs

/// swinit's own messages: one line each, on stderr and perhaps in a file, in the form of the
/// container's log (`log_format`).
///
/// A line is written at the end of the loop's turn, together with the others of that turn, through
/// the same sinks as the programs' lines, so that none is ever in the middle of another. Writing
/// never waits; a message is never a reason for PID 1 to stop.
struct Log {
  private let level: LogLevel
  private let format: LogFormat
  private var sinks: [Sink] = []
  private let syslogHead: ByteString
  private var clock = ClockText()
  /// For syslog.
  private var needsTime = false

  /// - Parameter file: where messages go as well, when `[swinit] logfile` names a file.
  init(_ globals: Globals, _ streams: Streams, file: FileDescriptor?) {
    level = globals.loglevel
    format = globals.logFormat
    syslogHead = " " + ByteString(ownName()) + ": "
    if !globals.silent { add(streams.container(isErrors: true), streams) }
    guard let logfile = globals.logfile else { return }
    switch logfile.target {
    case .containerStdout: add(streams.container(isErrors: false), streams)
    case .syslog: add(streams.syslogSink(), streams)
    case .file(let path):
      if let file { add(streams.add(file, path: path, logfile.rotation), streams) }
    case .containerStderr, .null, .automatic: break
    }
  }

  private mutating func add(_ index: Int, _ streams: Streams) {
    let sink = streams.sinks[index]
    for known in sinks where known === sink { return }
    if sink.kind == .syslog { needsTime = true }
    sinks.append(sink)
  }

  /// Adds a line to what the turn's end will write.
  mutating func write(_ level: LogLevel, _ message: ByteString) {
    guard level <= self.level else { return }
    writeAlways(level, message)
  }

  /// Adds a line whatever the level is: the last word.
  mutating func writeAlways(_ level: LogLevel, _ message: ByteString) {
    if format.hasTime || needsTime { clock.set(nanoseconds: wallClockNow()) }
    let line = ownLine(format, level: level.word, message, clock)
    for sink in sinks {
      sink.writeOwn(sink.kind == .syslog ? syslogLine(level, message) : line)
    }
  }

  private func syslogLine(_ level: LogLevel, _ message: ByteString) -> [UInt8] {
    let text = "<14>" + ByteString(clock.syslog) + syslogHead
    return (text + ByteString(level.word) + " " + message.visible + "\n").bytes
  }
}

extension LogLevel {
  /// As a message has it.
  public var word: StaticString {
    switch self {
    case .critical: return "critical"
    case .error: return "error"
    case .warn: return "warn"
    case .info: return "info"
    case .debug: return "debug"
    case .trace: return "trace"
    case .blather: return "blather"
    }
  }
}
