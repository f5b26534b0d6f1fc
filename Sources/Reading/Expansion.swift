// `%(name)s` in values: Supervisor's, which is Python's `%` on strings, and `%(ENV_X:-default)s`.
//
// Each bad `%` of a value is an error of its own, so that a file with five unset variables needs
// one run and not five.

import Basics
import Configuration

/// What may stand between `%(` and `)`.
package final class ExpansionNames {
  package let hostName: ByteString
  /// Lists of `NAME=value`; a later list counts before an earlier one.
  package let inherited: [ByteString]
  package var global: [ByteString] = []
  package var own: [ByteString] = []
  package var programName: ByteString?
  package var groupName: ByteString?
  package var processNumber: Int64?
  package var numprocs: Int64?

  package init(hostName: ByteString, inherited: [ByteString]) {
    self.hostName = hostName
    self.inherited = inherited
  }

  /// For one section: what all of them know.
  package func forSection() -> ExpansionNames {
    let names = ExpansionNames(hostName: hostName, inherited: inherited)
    names.global = global
    return names
  }

  package func variable(_ name: ByteString) -> ByteString? {
    Self.find(name, own) ?? Self.find(name, global) ?? Self.find(name, inherited)
  }

  private static func find(_ name: ByteString, _ list: [ByteString]) -> ByteString? {
    var found: ByteString?
    for entry in list
    where entry.count > name.count && entry.bytes[name.count] == UInt8(ascii: "=")
      && hasPrefix(entry, name)
    {
      found = entry.dropping(name.count + 1)
    }
    return found
  }

  /// Without a copy of what is compared: an environment has many entries.
  private static func hasPrefix(_ entry: ByteString, _ name: ByteString) -> Bool {
    for index in 0..<name.count where entry.bytes[index] != name.bytes[index] { return false }
    return true
  }

  /// The name that is most like an unknown one.
  fileprivate func nearest(_ name: ByteString) -> NearestName {
    var nearest = NearestName(to: name)
    nearest.consider("here")
    nearest.consider("host_node_name")
    if programName != nil { nearest.consider("program_name") }
    if groupName != nil { nearest.consider("group_name") }
    if processNumber != nil { nearest.consider("process_num") }
    if numprocs != nil { nearest.consider("numprocs") }
    if name.hasPrefix("ENV_") {
      for entry in inherited { nearest.consider(variable: entry) }
      for entry in global { nearest.consider(variable: entry) }
      for entry in own { nearest.consider(variable: entry) }
    }
    return nearest
  }
}

extension NearestName {
  /// `NAME=value`.
  @inline(never)
  fileprivate mutating func consider(variable entry: ByteString) {
    guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return }
    consider("ENV_" + entry.slice(0, equals))
  }
}

/// Expands one value.
package struct Expander {
  private let text: ByteString
  private let names: ExpansionNames
  private let here: ByteString
  /// Each value becomes an `Insertion`, because the text is split afterwards.
  private let marksInsertions: Bool
  private var position = 0
  private var result = ByteString()
  private var hasStraySign = false
  /// What is wrong, each `cannot expand …` without the option's name.
  package private(set) var failures: [Failure] = []

  package final class Failure {
    let piece: ByteString
    let reason: ByteString

    init(_ piece: ByteString, _ reason: ByteString) {
      self.piece = piece
      self.reason = reason
    }
  }

  /// A longer field than this is a slip, and no reason to fill the memory.
  private static let widestField = 1000

  package init(
    _ text: ByteString, _ names: ExpansionNames, here: ByteString, marksInsertions: Bool = false
  ) {
    self.text = text
    self.names = names
    self.here = here
    self.marksInsertions = marksInsertions
  }

  /// nil: see `failures`.
  package mutating func expand() -> ByteString? {
    guard text.contains(byte: UInt8(ascii: "%")) else { return text }
    // A value that is too long is refused afterwards, and need not be made as a whole.
    while position < text.count, result.count <= Limit.value {
      let byte = text.bytes[position]
      if byte != UInt8(ascii: "%") {
        result.append(byte: byte)
        position += 1
      } else if text.matches("%%", at: position) {
        result.append(byte: byte)
        position += 2
      } else {
        expandOne()
      }
    }
    return failures.isEmpty ? result : nil
  }

  /// Enough to find a stray sign by.
  private func endOfWord(from start: Int) -> Int {
    var end = start + 1
    while end < text.count, end < start + 20, !text.bytes[end].isBlank, text.bytes[end] != 0,
      text.bytes[end] != UInt8(ascii: "\""), text.bytes[end] != UInt8(ascii: "'")
    {
      end += 1
    }
    return end
  }

  private mutating func fail(_ start: Int, _ end: Int, _ reason: ByteString) {
    let piece = text.slice(start, end)
    for failure in failures where failure.piece == piece { return }
    failures.append(Failure(piece, reason))
  }

  /// From the `%` at `position` to the end of its conversion.
  private mutating func expandOne() {
    let start = position
    guard text.matches("%(", at: start), let close = closingParenthesis(from: start + 2) else {
      position += 1
      // One for all stray signs of a value: `%HOME%` is one mistake, not two.
      if !hasStraySign { fail(start, endOfWord(from: start), "a \"%\" itself is written \"%%\"") }
      hasStraySign = true
      return
    }
    let name = text.slice(start + 2, close)
    position = close + 1
    guard let field = readField(), position < text.count else {
      fail(start, position, "s, d or another letter must follow the \")\"")
      return
    }
    let conversion = text.bytes[position]
    position += 1
    guard let value = value(of: name, start) else { return }
    guard let formatted = field.format(value, conversion) else {
      fail(
        start, position,
        field.isNumber(conversion)
          ? message("{q} is no number; s is for text", value)
          : "the letter must be s, d, i, u, o, x or X")
      return
    }
    if marksInsertions {
      result.append(insertion: formatted, name.hasPrefix("ENV_") ? .variable : .name)
    } else {
      result.append(formatted)
    }
  }

  private func closingParenthesis(from start: Int) -> Int? {
    var depth = 1
    var index = start
    while index < text.count {
      if text.bytes[index] == UInt8(ascii: "(") { depth += 1 }
      if text.bytes[index] == UInt8(ascii: ")") { depth -= 1 }
      if depth == 0 { return index }
      index += 1
    }
    return nil
  }

  /// Flags, width, precision, length.
  private mutating func readField() -> Field? {
    var field = Field()
    flags: while position < text.count {
      switch text.bytes[position] {
      case UInt8(ascii: "0"): field.fillsWithZeros = true
      case UInt8(ascii: "-"): field.isLeft = true
      case UInt8(ascii: "+"): field.showsPlus = true
      case UInt8(ascii: " "), UInt8(ascii: "#"): break
      default: break flags
      }
      position += 1
    }
    guard let width = readNumber() else { return nil }
    field.width = width
    if position < text.count, text.bytes[position] == UInt8(ascii: ".") {
      position += 1
      guard let precision = readNumber() else { return nil }
      field.precision = precision
    }
    if position < text.count, ByteString("hlL").contains(byte: text.bytes[position]) {
      position += 1
    }
    return field
  }

  /// 0 when there are no digits; nil when it is too great.
  private mutating func readNumber() -> Int? {
    var number = 0
    while position < text.count, text.bytes[position].isDigit {
      number = number * 10 + Int(text.bytes[position] - 0x30)
      position += 1
      if number > Self.widestField { return nil }
    }
    return number
  }

  private mutating func value(of name: ByteString, _ start: Int) -> ByteString? {
    if name.equals("here") { return here }
    if name.equals("host_node_name") { return names.hostName }
    if name.equals("program_name"), let value = names.programName { return value }
    if name.equals("group_name"), let value = names.groupName { return value }
    if name.equals("process_num"), let number = names.processNumber {
      return decimal(number)
    }
    if name.equals("numprocs"), let number = names.numprocs { return decimal(number) }
    if name.hasPrefix("ENV_") { return environmentValue(of: name, start) }
    fail(start, position + 1, unknown(name, "there is no such name here"))
    return nil
  }

  /// `ENV_X` or `ENV_X:-default`: the default counts for an empty variable too, as in the shell.
  private mutating func environmentValue(of name: ByteString, _ start: Int) -> ByteString? {
    var index = 4
    while index < name.count, !name.matches(":-", at: index) { index += 1 }
    let variable = name.slice(4, index)
    let value = names.variable(variable)
    if index < name.count {
      if let value, !value.isEmpty { return value }
      return name.dropping(index + 2)
    }
    if let value { return value }
    fail(
      start, position,
      unknown(
        name, message("{} is not set; %(ENV_{}:-text)s would give a default", variable, variable)))
    return nil
  }

  private func unknown(_ name: ByteString, _ reason: ByteString) -> ByteString {
    reason + names.nearest(name).question
  }
}

/// What stands between the parenthesis and the letter, as `02` of `%(process_num)02d`.
private struct Field {
  var fillsWithZeros = false
  var isLeft = false
  var showsPlus = false
  var width = 0
  var precision: Int?

  func isNumber(_ letter: UInt8) -> Bool {
    ByteString("diuoxX").contains(byte: letter)
  }

  /// nil: no such letter, or not a number where the letter wants one.
  func format(_ value: ByteString, _ letter: UInt8) -> ByteString? {
    if letter == UInt8(ascii: "s") {
      return padded(value.slice(0, precision ?? value.count), sign: "")
    }
    guard isNumber(letter), let number = value.signedDecimal else { return nil }
    var base: UInt64 = 10
    if letter == UInt8(ascii: "o") { base = 8 }
    if letter == UInt8(ascii: "x") || letter == UInt8(ascii: "X") { base = 16 }
    var digits = ByteString()
    digits.append(digits: number.magnitude, base: base)
    digits = Self.fill(UInt8(ascii: "0"), (precision ?? 0) - digits.count) + digits
    if letter == UInt8(ascii: "X") { digits = digits.uppercased }
    return padded(digits, sign: number < 0 ? "-" : showsPlus ? "+" : "", isNumber: true)
  }

  private func padded(_ text: ByteString, sign: ByteString, isNumber: Bool = false) -> ByteString {
    let missing = width - text.count - sign.count
    if isLeft { return sign + text + Self.fill(0x20, missing) }
    if isNumber, fillsWithZeros { return sign + Self.fill(0x30, missing) + text }
    return Self.fill(0x20, missing) + sign + text
  }

  private static func fill(_ byte: UInt8, _ count: Int) -> ByteString {
    var text = ByteString()
    while text.count < count { text.append(byte: byte) }
    return text
  }
}

extension ByteString {
  /// Text that is itself once it is expanded: `%` doubled.
  package var withoutExpansions: ByteString {
    var text = ByteString()
    for byte in bytes {
      text.append(byte: byte)
      if byte == UInt8(ascii: "%") { text.append(byte: byte) }
    }
    return text
  }
}
