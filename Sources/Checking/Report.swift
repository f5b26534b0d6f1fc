import Basics
import Configuration
import Reading

/// Every effective value with its place: what `check --json` prints. Made only when asked for, so
/// that the running PID 1 keeps nothing of it.
///
/// Nothing changes it once the loader has returned it.
public final class Report: @unchecked Sendable {
  final class Value {
    let option: ByteString
    /// As Supervisor would spell it: `true`, `TERM`, `0,2`, sizes in bytes; empty: unset.
    var text = ByteString()
    /// `FILE:LINE` where it was set; empty: the default.
    var place = ByteString()

    init(_ option: ByteString) { self.option = option }
  }
  var globals: [Value] = []
  /// As `Configuration.programs`.
  var programs: [[Value]] = []

  /// The whole effective configuration as one JSON object: `programs` and `globals`, every option
  /// as a string beside its `from`; `groups`; `warnings`. Always valid: what is no UTF-8 in a value
  /// becomes U+FFFD.
  public func json(_ configuration: Configuration, _ faults: [Fault]) -> [UInt8] {
    let json = JSONWriter()
    json.begin("{")
    json.key("programs")
    json.begin("{")
    for index in configuration.programs.indices where index < programs.count {
      let program = configuration.programs[index]
      json.key(message("{}:{}", configuration.groups[program.group].name, program.name))
      write(programs[index], to: json)
    }
    json.end("}")
    json.key("groups")
    json.begin("{")
    for index in configuration.groups.indices {
      let group = configuration.groups[index]
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
    write(globals, to: json)
    json.key("warnings")
    json.begin("[")
    for fault in faults where fault.severity == .warning { json.string(fault.text) }
    json.end("]")
    json.end("}")
    json.text.append(byte: 0x0A)
    return json.text.bytes
  }

  @inline(never)
  private func write(_ values: [Value], to json: JSONWriter) {
    json.begin("{")
    for value in values {
      json.key(value.option)
      json.string(value.text)
    }
    json.key("from")
    json.begin("{")
    for value in values {
      json.key(value.option)
      json.string(value.place.isEmpty ? "default" : value.place)
    }
    json.end("}")
    json.end("}")
  }
}

/// Writes JSON with the commas where they belong, indented for people.
private final class JSONWriter {
  var text = ByteString()
  private var depth = 0
  private var needsComma = false
  private var isBehindKey = false

  @inline(never)
  func begin(_ bracket: Literal) {
    separate()
    text.append(literal: bracket)
    depth += 1
    needsComma = false
  }

  @inline(never)
  func end(_ bracket: Literal) {
    depth -= 1
    if needsComma { breakLine() }
    text.append(literal: bracket)
    needsComma = true
  }

  @inline(never)
  func key(_ key: ByteString) {
    string(key)
    text.append(literal: ": ")
    isBehindKey = true
  }

  func number(_ number: Int64) {
    separate()
    text.append(number: number)
  }

  @inline(never)
  func string(_ string: ByteString) {
    separate()
    text.append(byte: UInt8(ascii: "\""))
    for byte in string.repairedUTF8.bytes {
      if byte < 0x20 {
        text.append(literal: "\\u00")
        text.append(hexadecimal: byte)
        continue
      }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        text.append(byte: UInt8(ascii: "\\"))
      }
      text.append(byte: byte)
    }
    text.append(byte: UInt8(ascii: "\""))
  }

  @inline(never)
  private func separate() {
    if isBehindKey {
      isBehindKey = false
    } else {
      if needsComma { text.append(byte: UInt8(ascii: ",")) }
      if depth > 0 { breakLine() }
    }
    needsComma = true
  }

  @inline(never)
  private func breakLine() {
    text.append(byte: 0x0A)
    for _ in 0..<depth { text.append(literal: "  ") }
  }
}
