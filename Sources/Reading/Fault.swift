import Basics
import Configuration

/// One thing that is wrong, or worth a word, in a configuration.
public struct Fault: Equatable, Sendable {
  /// `difference`: from Supervisor; nothing is wrong with it.
  public enum Severity: Sendable { case error, warning, difference }

  public var severity: Severity
  /// The file as it was named or found; for a path that cannot be read, that path.
  public var file: ByteString
  /// Counted from 1; 0 when the fault belongs to no line.
  public var line: Int
  /// `cannot …` for an error, a sentence for a warning; no full stop, no newline.
  public var message: ByteString

  public init(_ severity: Severity, file: ByteString, line: Int, _ message: ByteString) {
    self.severity = severity
    self.file = file
    self.line = line
    self.message = message
  }

  /// The line that a person sees: `FILE:LINE: cannot …` or `FILE:LINE: warning: …`.
  @inline(never)
  public var text: ByteString {
    faultText(self)
  }
}

/// Not inside `Fault`, where `message` is the property.
private func faultText(_ fault: Fault) -> ByteString {
  let severity: ByteString = fault.severity == .warning ? "warning: " : ""
  let words = fault.message
  // Names and values may hold anything.
  if fault.line <= 0 { return message("{}: {}{}", fault.file, severity, words).visible }
  let line = decimal(Int64(fault.line))
  return message("{}:{}: {}{}", fault.file, line, severity, words).visible
}
