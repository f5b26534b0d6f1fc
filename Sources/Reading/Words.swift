// The words of `command`.

import Basics
import Configuration

/// Why a value cannot be read: the end of a message.
package struct Rejection: Error {
  package var reason: ByteString
}

/// Splits a command as POSIX shlex does: blanks separate, `'…'` and `"…"` quote, `\` escapes
/// outside quotes, and before `"` and `\` inside double ones. No shell, no globs, no variables.
/// Inserted values (`Insertion`) are literal, but for a variable that stands alone as a word.
package struct CommandWords {
  /// The words, each ended by a NUL.
  package private(set) var block = ByteString()
  /// A `\` stood at the end of a line. Supervisor puts the line end into the word; nobody can
  /// mean that, so here, as in the shell, the two lines are one.
  package private(set) var joinsLines = false

  package init(_ text: ByteString) throws(Rejection) {
    try split(text)
    if block.isEmpty { throw Rejection(reason: "the command is missing") }
    if block.bytes[0] == 0 { throw Rejection(reason: "the command is an empty word") }
  }

  /// Any number of words, from none on; empty ones too.
  private init(partOf text: ByteString) throws(Rejection) { try split(text) }

  private mutating func split(_ text: ByteString) throws(Rejection) {
    var quote: UInt8 = 0
    var isInWord = false
    var index = 0
    while index < text.count {
      let byte = text.bytes[index]
      if byte == 0 {
        let insertion = Insertion(of: text, at: index)
        let beginsWord = index == 0 || text.bytes[index - 1].isBlank
        index = insertion.end
        if insertion.isVariable, quote == 0, !isInWord, beginsWord,
          index == text.count || text.bytes[index].isBlank
        {
          append(wordsOf: insertion.value)
        } else {
          block.append(insertion.value)
          isInWord = isInWord || !insertion.value.isEmpty
        }
        continue
      }
      index += 1
      if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
        guard index < text.count else {
          throw Rejection(reason: "nothing follows the \"\\\" at its end")
        }
        let next = text.bytes[index]
        if next == 0 {
          // No byte of an inserted value is escaped.
          if quote != 0 { block.append(byte: byte) }
          isInWord = true
          continue
        }
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
  }

  /// Adds the words of a variable that stands alone. Where its quotes do not balance its bytes are
  /// literal and only blanks separate.
  @inline(never)
  private mutating func append(wordsOf value: ByteString) {
    if let words = try? CommandWords(partOf: value) {
      block.append(words.block)
      return
    }
    var isInWord = false
    for byte in value.bytes {
      if !byte.isBlank { block.append(byte: byte) } else if isInWord { block.append(byte: 0) }
      isInWord = !byte.isBlank
    }
    if isInWord { block.append(byte: 0) }
  }
}
