// The two values that have quotes: `command` and `environment`.

/// Why a value cannot be read: the end of a message.
struct Rejection: Error {
  var reason: ByteString
}

/// Splits a command as POSIX shlex does: blanks separate, `'…'` and `"…"` quote, `\` escapes
/// outside quotes, and before `"` and `\` inside double ones. No shell, no globs, no variables.
struct CommandWords {
  /// The words, each ended by a NUL.
  private(set) var block = ByteString()
  /// A `\` stood at the end of a line. Supervisor puts the line end into the word; nobody can
  /// mean that, so here, as in the shell, the two lines are one.
  private(set) var joinsLines = false

  init(_ text: ByteString) throws(Rejection) {
    var quote: UInt8 = 0
    var isInWord = false
    var index = 0
    while index < text.count {
      let byte = text.bytes[index]
      index += 1
      if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
        guard index < text.count else {
          throw Rejection(reason: "nothing follows the \"\\\" at its end")
        }
        let next = text.bytes[index]
        index += 1
        if quote == 0, next == 0x0A {
          joinsLines = true
          continue
        }
        if quote != 0, next != quote, next != UInt8(ascii: "\\") { block.append(byte: byte) }
        block.append(byte: next)
        isInWord = true
      } else if quote != 0 {
        if byte == quote { quote = 0 } else { block.append(byte: byte) }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
        isInWord = true
      } else if byte.isBlank {
        if isInWord { block.append(byte: 0) }
        isInWord = false
      } else {
        block.append(byte: byte)
        isInWord = true
      }
    }
    if quote != 0 {
      throw Rejection(
        reason: quote == UInt8(ascii: "'")
          ? "a quote ' is never closed" : "a quote \" is never closed")
    }
    if isInWord { block.append(byte: 0) }
    if block.isEmpty { throw Rejection(reason: "the command is missing") }
    if block.bytes[0] == 0 { throw Rejection(reason: "the command is an empty word") }
  }
}

/// `NAME="value",NAME2='value'`. A value without quotes runs to the next comma, blanks trimmed,
/// literally; Supervisor stops at the first byte that is no letter, digit or one of `_/.+-():`.
struct EnvironmentPairs {
  final class Pair {
    let name: ByteString
    var value = ByteString()
    /// Supervisor would read another value, or refuse it.
    var differs = false

    init(name: ByteString) { self.name = name }
  }
  private(set) var pairs: [Pair] = []
  private let text: ByteString
  private var index = 0

  init(_ text: ByteString) throws(Rejection) {
    self.text = text
    skipBlanks()
    while index < text.count {
      set(try readPair())
      skipBlanks()
    }
  }

  /// `NAME=value`, each ended by a NUL.
  var block: ByteString {
    var block = ByteString()
    for pair in pairs {
      block.append(pair.name)
      block.append(byte: UInt8(ascii: "="))
      block.append(pair.value)
      block.append(byte: 0)
    }
    return block
  }

  /// Of two of one name the last counts.
  private mutating func set(_ pair: Pair) {
    for index in pairs.indices where pairs[index].name == pair.name {
      pairs[index] = pair
      return
    }
    pairs.append(pair)
  }

  private mutating func skipBlanks() {
    while index < text.count, text.bytes[index].isBlank { index += 1 }
  }

  private mutating func readPair() throws(Rejection) -> Pair {
    let start = index
    while index < text.count, text.bytes[index] != UInt8(ascii: "="),
      text.bytes[index] != UInt8(ascii: ",")
    {
      index += 1
    }
    let name = text.slice(start, index).trimmed
    if name.contains(byte: UInt8(ascii: "\"")) || name.contains(byte: UInt8(ascii: "'")) {
      throw Rejection(
        reason: "a quote stands before the \"=\"; quotes go around the value: NAME=\"value\"")
    }
    guard index < text.count, text.bytes[index] == UInt8(ascii: "=") else {
      throw Rejection(reason: message("{q} has no \"=\"; write NAME=\"value\"", name))
    }
    var hasBlank = false
    for byte in name.bytes where byte.isBlank { hasBlank = true }
    if name.isEmpty || hasBlank {
      throw Rejection(reason: message("{q} is no name of a variable", name))
    }
    index += 1
    skipBlanks()
    let pair = Pair(name: name)
    for byte in name.bytes where !Self.isWordByte(byte) { pair.differs = true }
    try readValue(into: pair)
    return pair
  }

  /// Up to the comma behind it, which is taken too.
  private mutating func readValue(into pair: Pair) throws(Rejection) {
    var hasQuotes = false
    // Blanks are kept back until it is clear that they do not end the value.
    var blanks = ByteString()
    while index < text.count {
      let byte = text.bytes[index]
      index += 1
      if byte == UInt8(ascii: ",") { break }
      if byte.isBlank {
        blanks.append(byte: byte)
        continue
      }
      let isQuote = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      if !blanks.isEmpty {
        if hasQuotes || isQuote || blanks.contains(byte: 0x0A) {
          throw Rejection(
            reason: message(
              "a comma is missing behind the value of {}, or quotes around it", pair.name))
        }
        pair.value.append(blanks)
        pair.differs = true
        blanks = ByteString()
      }
      if isQuote {
        hasQuotes = true
        try readQuoted(byte, into: pair)
      } else {
        if !Self.isWordByte(byte) { pair.differs = true }
        pair.value.append(byte: byte)
      }
    }
    // Behind quotes shlex knows no literal text, and an empty value it does not see.
    if !hasQuotes, pair.value.isEmpty { pair.differs = true }
  }

  private mutating func readQuoted(_ quote: UInt8, into pair: Pair) throws(Rejection) {
    while index < text.count {
      var byte = text.bytes[index]
      index += 1
      if byte == quote { return }
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), index < text.count,
        text.bytes[index] == quote || text.bytes[index] == byte
      {
        byte = text.bytes[index]
        index += 1
      }
      pair.value.append(byte: byte)
    }
    throw Rejection(reason: message("the quote of the value of {} is never closed", pair.name))
  }

  /// What Supervisor's splitter takes for part of a word.
  private static func isWordByte(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || ByteString("_/.+-():").contains(byte: byte)
  }
}

extension ByteString {
  /// In double quotes as `environment` takes it.
  var asEnvironmentValue: ByteString {
    var text = ByteString()
    text.append(byte: UInt8(ascii: "\""))
    for byte in bytes {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        text.append(byte: UInt8(ascii: "\\"))
      }
      text.append(byte: byte)
    }
    text.append(byte: UInt8(ascii: "\""))
    return text
  }
}
