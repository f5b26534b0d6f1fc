import Basics
import Configuration
import Linux
import Logs

/// A file of `[swinit] logfile`, open.
public struct OwnLogFile {
  let path: ByteString
  let file: FileDescriptor

  public init(path: ByteString, file: FileDescriptor) {
    self.path = path
    self.file = file
  }
}

/// swinit's own messages: one line each, on stderr or where `[swinit] logfile` has it, in the form of
/// the container's log (`log_format`).
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

  /// - Parameter files: those of `[swinit] logfile` that could be opened.
  init(_ globals: Globals, _ streams: Streams, files: [OwnLogFile]) {
    level = globals.loglevel
    format = globals.logFormat
    syslogHead = " " + ByteString(ownName()) + ": "
    let logfile = globals.logfile ?? LogDestination(.null)
    // Who reads the container's log reads both of its streams: a line stands in one of them.
    var isInContainer = false
    for number in 0..<logfile.placeCount {
      let place = logfile.place(number)
      guard place == .containerStdout || place == .containerStderr else { continue }
      isInContainer = true
      add(streams.container(isErrors: place == .containerStderr), streams)
    }
    if !globals.silent, !isInContainer { add(streams.container(isErrors: true), streams) }
    if logfile.syslog { add(streams.syslogSink(), streams) }
    for one in files where !isKnown(one.file) {
      add(streams.add(one.file, path: one.path, logfile.rotation), streams)
    }
  }

  /// Whether the messages go to that file already, by another name.
  private func isKnown(_ file: FileDescriptor) -> Bool {
    for sink in sinks {
      if let known = sink.file, known.isSameFile(as: file) { return true }
    }
    return false
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
