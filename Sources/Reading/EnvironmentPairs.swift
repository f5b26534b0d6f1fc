// The pairs of `environment`, and what Supervisor makes of the same bytes.

import Basics
import Configuration

/// `NAME="value",NAME2='value'`. A value without quotes runs literally to the next comma, blanks
/// trimmed. A quote is one at the beginning of a value, behind `=` and `:` and wherever a quote
/// came before it; anywhere else it is text, as in `A=it's`. Inserted values (`Insertion`) are
/// literal, but for a variable that stands alone instead of a pair.
package struct EnvironmentPairs {
  package final class Pair {
    let name: ByteString
    var value = ByteString()
    /// The bytes of the pair, with insertions.
    fileprivate(set) var source = ByteString()

    init(name: ByteString) { self.name = name }
  }
  package private(set) var pairs: [Pair] = []
  /// Of `pairs`.
  private var names = NameTable()
  private let text: ByteString
  private var index = 0

  package init(_ text: ByteString) throws(Rejection) {
    self.text = text
    skipBlanks()
    while index < text.count {
      if let list = listAlone() {
        guard let inner = try? EnvironmentPairs(list) else {
          throw Rejection(
            reason: "the value of a variable that stands alone is no list of NAME=\"value\" pairs")
        }
        for pair in inner.pairs { set(pair) }
      } else {
        set(try readPair())
      }
      skipBlanks()
    }
  }

  /// `NAME=value`, each ended by a NUL.
  package var block: ByteString {
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
    if let index = names.find(pair.name, { pairs[$0].name == pair.name }) {
      pairs[index] = pair
      return
    }
    names.append(pair.name)
    pairs.append(pair)
  }

  /// The pair of a name; nil: there is none.
  func pair(_ name: ByteString) -> Pair? {
    names.find(name) { pairs[$0].name == name }.map { pairs[$0] }
  }

  private mutating func skipBlanks() {
    while index < text.count, text.bytes[index].isBlank { index += 1 }
  }

  /// The value of a variable that stands where a pair is expected, up to the comma behind it,
  /// which is taken too.
  private mutating func listAlone() -> ByteString? {
    guard text.bytes[index] == 0 else { return nil }
    let insertion = Insertion(of: text, at: index)
    var end = insertion.end
    while end < text.count, text.bytes[end].isBlank { end += 1 }
    guard insertion.isVariable, end == text.count || text.bytes[end] == UInt8(ascii: ",") else {
      return nil
    }
    index = end + 1
    return insertion.value
  }

  private mutating func readPair() throws(Rejection) -> Pair {
    let start = index
    while index < text.count, text.bytes[index] != UInt8(ascii: "="),
      text.bytes[index] != UInt8(ascii: ",")
    {
      index = text.bytes[index] == 0 ? Insertion(of: text, at: index).end : index + 1
    }
    let written = text.slice(start, index).trimmed
    let name = written.withInsertionsPlain
    if name.contains(byte: UInt8(ascii: "\"")) || name.contains(byte: UInt8(ascii: "'")) {
      throw Rejection(
        reason: "a quote stands before the \"=\"; quotes go around the value: NAME=\"value\"")
    }
    guard index < text.count, text.bytes[index] == UInt8(ascii: "=") else {
      throw Rejection(
        reason: message("{q} has no \"=\"; write NAME=\"value\"", written.withInsertionsHidden))
    }
    if !isVariableName(name) {
      throw Rejection(reason: message("{q} is no name of a variable", written.withInsertionsHidden))
    }
    index += 1
    skipBlanks()
    let pair = Pair(name: name)
    try readValue(into: pair)
    pair.source = text.slice(start, index)
    index += 1
    return pair
  }

  /// Up to the comma behind it.
  private mutating func readValue(into pair: Pair) throws(Rejection) {
    var hasQuotes = false
    // The byte before the one that is read. A quote behind an insertion counts as one, because a
    // quote there is the file's own.
    var previous = UInt8(ascii: "=")
    // Blanks are kept back until it is clear that they do not end the value.
    var blanks = ByteString()
    while index < text.count {
      let byte = text.bytes[index]
      if byte == UInt8(ascii: ",") { break }
      if byte.isBlank {
        blanks.append(byte: byte)
        index += 1
        continue
      }
      if !blanks.isEmpty {
        if hasQuotes || blanks.contains(byte: 0x0A) {
          throw Rejection(
            reason: message(
              "a comma is missing behind the value of {}, or quotes around it", pair.name))
        }
        pair.value.append(blanks)
        blanks = ByteString()
        previous = 0x20
      }
      let isQuote =
        (byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"))
        && (hasQuotes || previous == UInt8(ascii: "=") || previous == UInt8(ascii: ":")
          || previous == 0)
      if byte == 0 {
        let insertion = Insertion(of: text, at: index)
        pair.value.append(insertion.value)
        index = insertion.end
      } else if isQuote {
        hasQuotes = true
        index += 1
        try readQuoted(byte, into: pair)
      } else {
        pair.value.append(byte: byte)
        index += 1
      }
      previous = byte
    }
  }

  private mutating func readQuoted(_ quote: UInt8, into pair: Pair) throws(Rejection) {
    while index < text.count {
      var byte = text.bytes[index]
      if byte == 0 {
        let insertion = Insertion(of: text, at: index)
        pair.value.append(insertion.value)
        index = insertion.end
        continue
      }
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
}

extension EnvironmentPairs.Pair {
  /// Whether Supervisor reads the same name and value from this pair.
  package var isReadAlikeBySupervisor: Bool {
    var reader = SupervisorWords(source.withInsertionsPlain)
    let words = [reader.next(), reader.next(), reader.next()]
    guard let read = words[0], read == name, let equals = words[1], equals == "=",
      let last = words[2], last.withoutQuotesAtEnds == value
    else { return false }
    return reader.next() == nil && !reader.isQuoteOpen
  }

  /// The quotes in which Supervisor and swinit read the same value; nil: there are none.
  package func commonForm(of value: ByteString) -> ByteString? {
    for quote in [UInt8(ascii: "\""), UInt8(ascii: "'")] {
      var form = ByteString()
      form.append(byte: quote)
      form.append(value)
      form.append(byte: quote)
      if let pairs = try? EnvironmentPairs(name + "=" + form), pairs.pairs.count == 1,
        pairs.pairs[0].value == value, pairs.pairs[0].isReadAlikeBySupervisor
      {
        return form
      }
    }
    return nil
  }
}

/// The words that Supervisor 4.3 makes of an `environment`: Python's `shlex` without its POSIX
/// rules, with the word bytes that Supervisor adds. Only for the notice that names a difference.
private struct SupervisorWords {
  private let text: ByteString
  private var index = 0
  /// The last word is a quote without its end, which Supervisor refuses.
  private(set) var isQuoteOpen = false

  init(_ text: ByteString) { self.text = text }

  mutating func next() -> ByteString? {
    var word = ByteString()
    while index < text.count {
      let byte = text.bytes[index]
      if byte == UInt8(ascii: "#") {
        // A comment ends no word: the word goes on in the next line.
        while index < text.count, text.bytes[index] != 0x0A { index += 1 }
        index += 1
        continue
      }
      let isQuote = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
      if word.isEmpty, isQuote { return quoted(by: byte) }
      if byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A {
        index += 1
        if !word.isEmpty { return word }
      } else if isQuote || byte.isLetter || byte.isDigit
        || ByteString("_/.+-():").contains(byte: byte)
      {
        word.append(byte: byte)
        index += 1
      } else {
        if word.isEmpty { word = character() }
        return word
      }
    }
    return word.isEmpty ? nil : word
  }

  private mutating func quoted(by quote: UInt8) -> ByteString {
    let start = index
    index += 1
    while index < text.count, text.bytes[index] != quote { index += 1 }
    isQuoteOpen = index == text.count
    index += 1
    return text.slice(start, index)
  }

  /// One character of UTF-8.
  private mutating func character() -> ByteString {
    let start = index
    index += 1
    while index < text.count, text.bytes[index] & 0xC0 == 0x80 { index += 1 }
    return text.slice(start, index)
  }
}

extension ByteString {
  /// As Python's `strip` with both quotes.
  fileprivate var withoutQuotesAtEnds: ByteString {
    var start = 0
    var end = count
    while start < end, bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") {
      start += 1
    }
    while end > start, bytes[end - 1] == UInt8(ascii: "\"") || bytes[end - 1] == UInt8(ascii: "'") {
      end -= 1
    }
    return slice(start, end)
  }
}

extension ByteString {
  /// In double quotes as `environment` takes it.
  package var asEnvironmentValue: ByteString {
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
