/// How what a program writes reaches its place (the option `log_format`).
public enum LogFormat: UInt8, Sendable {
  /// The program writes there itself, without a copy.
  case direct
  /// Whole lines, as they are.
  case raw
  /// `nginx | line`.
  case prefix
  /// `2026-01-31T23:59:59.000Z nginx | line`.
  case timestamp
  /// One object a line: time, program, stream, message.
  case json

  public var hasTime: Bool { self == .timestamp || self == .json }
}
