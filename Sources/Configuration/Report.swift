/// Every effective value with its place: what `check --json` prints. Made only when asked for, so
/// that the running PID 1 keeps nothing of it.
public struct Report: Equatable, Sendable {
  public struct Value: Equatable, Sendable {
    public var option: ByteString
    /// As Supervisor would spell it: `true`, `TERM`, `0,2`, sizes in bytes; empty: unset.
    public var text: ByteString
    /// Where it was set; nil: the default.
    public var file: ByteString?
    public var line: Int
  }
  public var globals: [Value] = []
  /// As `Configuration.programs`.
  public var programs: [[Value]] = []

  public init() {}

  /// The whole effective configuration as one JSON object: `programs` and `globals`, every option
  /// as a string beside its `from`; `groups`; `warnings`. Always valid: what is no UTF-8 in a value
  /// becomes U+FFFD.
  public func json(_ configuration: Configuration, _ faults: [Fault]) -> [UInt8] {
    var json = JSONWriter()
    json.begin("{")
    json.key("programs")
    json.begin("{")
    for (index, program) in configuration.programs.enumerated() where index < programs.count {
      json.key(configuration.groups[program.group].name + ":" + program.name)
      Self.write(programs[index], to: &json)
    }
    json.end("}")
    json.key("groups")
    json.begin("{")
    for (index, group) in configuration.groups.enumerated() {
      json.key(group.name)
      json.begin("{")
      json.key("priority")
      json.number(Int64(group.priority))
      json.key("programs")
      json.begin("[")
      for program in configuration.programs where program.group == index {
        json.string(program.name)
      }
      json.end("]")
      json.end("}")
    }
    json.end("}")
    json.key("globals")
    Self.write(globals, to: &json)
    json.key("warnings")
    json.begin("[")
    for fault in faults where fault.severity == .warning { json.string(fault.text) }
    json.end("]")
    json.end("}")
    return json.bytes + [0x0A]
  }

  @inline(never)
  private static func write(_ values: [Value], to json: inout JSONWriter) {
    json.begin("{")
    for value in values {
      json.key(value.option)
      json.string(value.text)
    }
    json.key("from")
    json.begin("{")
    for value in values {
      json.key(value.option)
      var place: ByteString = "default"
      if let file = value.file {
        place = file + ":"
        place.append(number: Int64(value.line))
      }
      json.string(place)
    }
    json.end("}")
    json.end("}")
  }
}

/// Writes JSON with the commas where they belong, indented for people.
private struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private var depth = 0
  private var needsComma = false
  private var isBehindKey = false

  @inline(never)
  mutating func begin(_ bracket: StaticString) {
    separate()
    bytes.append(bracket.utf8Start[0])
    depth += 1
    needsComma = false
  }

  @inline(never)
  mutating func end(_ bracket: StaticString) {
    depth -= 1
    if needsComma { breakLine() }
    bytes.append(bracket.utf8Start[0])
    needsComma = true
  }

  @inline(never)
  mutating func key(_ key: ByteString) {
    string(key)
    bytes += [UInt8(ascii: ":"), 0x20]
    isBehindKey = true
  }

  @inline(never)
  mutating func number(_ number: Int64) {
    separate()
    var text = ByteString()
    text.append(number: number)
    bytes += text.bytes
  }

  @inline(never)
  mutating func string(_ text: ByteString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    for byte in text.repairedUTF8.bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0..<0x20:
        bytes += ByteString("\\u00").bytes
        bytes += [
          ByteString.hexadecimalDigit(byte >> 4), ByteString.hexadecimalDigit(byte & 15),
        ]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func separate() {
    if isBehindKey {
      isBehindKey = false
    } else {
      if needsComma { bytes.append(UInt8(ascii: ",")) }
      if depth > 0 { breakLine() }
    }
    needsComma = true
  }

  private mutating func breakLine() {
    bytes.append(0x0A)
    for _ in 0..<depth { bytes += [0x20, 0x20] }
  }
}
