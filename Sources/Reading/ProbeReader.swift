import Basics
import Configuration

// The text of `ready` and `health` -> a Probe.

extension Probe {
  /// The descriptors that a program may be given: not the standard ones, and few enough to be
  /// within every limit.
  package static let descriptors: ClosedRange<UInt64> = 3...255
  /// The longest path of a unix socket (`unix(7)`).
  package static let longestSocketPath = 107

  /// nil: the text is none of the forms.
  ///
  /// - Parameter written: May hold insertions; of a command they stay inside their words.
  @inline(never)
  package static func parse(_ written: ByteString) -> Probe? {
    let text = written.withInsertionsPlain
    if text == "running" { return Probe(.running) }
    if text == "notify" { return Probe(.notify) }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let word = text.slice(0, colon)
    let rest = text.dropping(colon + 1).trimmed
    if word == "tcp" { return at(.tcp, rest, port: nil, text: "") }
    if word == "http" { return http(rest) }
    if word == "exec" {
      let command = written.hasPrefix("exec:") ? written.dropping(colon + 1).trimmed : rest
      guard let words = try? CommandWords(command) else { return nil }
      return Probe(.command, text: words.block)
    }
    if word == "fd" {
      guard let number = rest.unsignedDecimal, descriptors.contains(number) else { return nil }
      return Probe(.newline, number: Int32(number))
    }
    guard rest.hasPrefix("/") else { return nil }
    if word == "path" { return Probe(.path, text: rest) }
    guard word == "unix", rest.count <= longestSocketPath else { return nil }
    return Probe(.unix, text: rest)
  }

  /// `http://HOST:PORT/PATH`, the scheme or both slashes left out perhaps.
  private static func http(_ text: ByteString) -> Probe? {
    var rest = text
    if rest.hasPrefix("http:") { rest = rest.dropping(5) }
    if rest.hasPrefix("//") { rest = rest.dropping(2) }
    let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.count
    let path: ByteString = slash == rest.count ? "/" : rest.dropping(slash)
    for byte in path.bytes where byte <= 0x20 { return nil }
    return at(.http, rest.slice(0, slash), port: 80, text: path)
  }

  /// `HOST:PORT`, `[ADDRESS]:PORT`, `:PORT`; a port alone where there is no other one to take.
  private static func at(
    _ kind: Kind, _ text: ByteString, port: UInt64?, text path: ByteString
  ) -> Probe? {
    var host = text
    var number = port
    let colon = text.lastIndex(of: UInt8(ascii: ":"))
    let bracket = text.lastIndex(of: UInt8(ascii: "]"))
    if let colon, colon > bracket ?? -1 {
      host = text.slice(0, colon)
      number = text.dropping(colon + 1).unsignedDecimal
    } else if port == nil {
      host = ""
      number = text.unsignedDecimal
    }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.slice(1, host.count - 1)
    } else if host.contains(byte: UInt8(ascii: ":")) {
      return nil
    }
    for byte in host.bytes
    where byte <= 0x20 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "[") {
      return nil
    }
    guard !text.isEmpty, let number, number >= 1, number <= 65_535 else { return nil }
    return Probe(
      kind, host: host.isEmpty ? "localhost" : host, number: Int32(number), text: path)
  }
}
