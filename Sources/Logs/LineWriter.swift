import Basics

/// Which part of a program's line a line of the log is, where that was too long for one.
public struct LinePart: Equatable, Sendable {
  /// What stands before it was written already.
  public var isContinuation = false
  /// More of it comes.
  public var continues = false

  public init(isContinuation: Bool = false, continues: Bool = false) {
    self.isContinuation = isContinuation
    self.continues = continues
  }
}

/// Puts the lines of one stream of one program into a form (`log_format`):
///
///     raw         line
///     prefix      nginx | line
///     timestamp   2026-01-31T23:59:59.000Z nginx | line
///     json        {"time":"2026-…","program":"nginx","stream":"stdout","message":"line"}
///     syslog      <14>Jan 31 23:59:59 swinit: nginx line
///
/// Where a line was split, every part but the last ends with ` [...]` and every part but the first
/// begins with `[...] `; in JSON every part but the last has `"continues":true`.
public struct LineWriter: Sendable {
  public enum Form: Equatable, Sendable {
    case raw, prefix, timestamp, json, syslog
  }

  public let form: Form
  /// The lines go to a terminal: control bytes in them are shown, not obeyed.
  public var showsControls = false
  /// What stands between the time and the line.
  private var head: [UInt8] = []

  /// - Parameters:
  ///   - program: as people type it.
  ///   - stream: `stdout` or `stderr`.
  ///   - tag: who sends it, for syslog.
  public init(_ form: Form, program: ByteString, stream: StaticString, tag: ByteString = "") {
    self.form = form
    switch form {
    case .raw: break
    case .prefix, .timestamp: head = (program + " | ").bytes
    case .syslog: head = (" " + tag + ": " + program + " ").bytes
    case .json:
      let text = OutputBuffer()
      text.append(literal: "\",\"program\":\"")
      program.bytes.withUnsafeBufferPointer { text.append(json: $0) }
      text.append(literal: "\",\"stream\":\"")
      text.append(literal: stream)
      text.append(literal: "\",\"message\":\"")
      head = Array(text.bytes)
    }
  }

  /// Appends a line.
  ///
  /// - Parameter line: without its newline.
  public func append(
    _ line: UnsafeBufferPointer<UInt8>, _ part: LinePart, _ time: ClockText, to out: OutputBuffer
  ) {
    switch form {
    case .raw: break
    case .prefix: out.append(head)
    case .timestamp:
      out.append(time.bytes)
      out.append(byte: 0x20)
      out.append(head)
    case .syslog:
      out.append(literal: "<14>")
      out.append(time.syslog)
      out.append(head)
    case .json:
      out.append(literal: "{\"time\":\"")
      out.append(time.bytes)
      out.append(head)
      out.append(json: line)
      out.append(literal: part.continues ? "\",\"continues\":true}\n" : "\"}\n")
      return
    }
    if part.isContinuation { out.append(literal: "[...] ") }
    if showsControls {
      var visible: [UInt8] = []
      appendVisible(line, to: &visible)
      out.append(visible)
    } else {
      out.append(line)
    }
    out.append(literal: part.continues ? " [...]\n" : "\n")
  }
}

/// A message of swinit's own, in the form that the container's log has: `swinit: LEVEL message`, or
/// one JSON object. Ends with a newline. Control bytes, which can stand in names and paths, are shown.
public func ownLine(
  _ format: LogFormat, level: StaticString, _ message: ByteString, _ time: ClockText
) -> [UInt8] {
  let out = OutputBuffer()
  switch format {
  case .direct, .raw, .prefix: break
  case .timestamp:
    out.append(time.bytes)
    out.append(byte: 0x20)
  case .json:
    out.append(literal: "{\"time\":\"")
    out.append(time.bytes)
    out.append(literal: "\",\"program\":\"swinit\",\"stream\":\"stderr\",\"level\":\"")
    out.append(literal: level)
    out.append(literal: "\",\"message\":\"")
    message.bytes.withUnsafeBufferPointer { out.append(json: $0) }
    out.append(literal: "\"}\n")
    return Array(out.bytes)
  }
  out.append(literal: "swinit: ")
  out.append(literal: level)
  out.append(byte: 0x20)
  out.append(message.visible.bytes)
  out.append(byte: 0x0A)
  return Array(out.bytes)
}
