// Expansion happens inside words, not before them.
//
// `command`, `environment`, `secrets` and `exec:` are split after their `%(name)s` have been
// expanded. So that no value of a variable opens a quote, adds a word or sets a second variable,
// the expander encloses each value in NUL bytes, and the splitters take the bytes between them
// literally. NUL is free for this: the grammar refuses it in files, and no environment variable
// holds one (`environ(7)`).
//
// One exception keeps the files of Supervisor's users running. `command=%(ENV_COMMAND)s` stands
// for a whole command line there (Laravel Sail's image, for one), and `environment=%(ENV_LIST)s`
// for a list. A variable that stands alone where a word or a pair is expected, without quotes, is
// therefore split on its own. It can still not change what stands beside it.

import Basics
import Configuration

/// The value of one expansion, between two NUL bytes of a text.
package struct Insertion {
  package enum Kind: UInt8 {
    /// The value of `%(ENV_X)s`, which may be split where it stands alone.
    case variable = 0x76
    /// The value of `%(here)s` and the other names, which is never split.
    case name = 0x6E
  }
  package let kind: UInt8
  package let value: ByteString
  /// The index behind the second NUL.
  package let end: Int

  /// - Parameter start: The index of the first NUL.
  package init(of text: ByteString, at start: Int) {
    var close = start + 2
    while close < text.count, text.bytes[close] != 0 { close += 1 }
    kind = start + 1 < text.count ? text.bytes[start + 1] : 0
    value = text.slice(start + 2, close)
    end = min(close + 1, text.count)
  }

  package var isVariable: Bool { kind == Kind.variable.rawValue }
}

extension ByteString {
  @inline(never)
  package mutating func append(insertion value: ByteString, _ kind: Insertion.Kind) {
    append(byte: 0)
    append(byte: kind.rawValue)
    append(value)
    append(byte: 0)
  }

  /// The text as Supervisor sees it: each value in its place, and nothing around it.
  package var withInsertionsPlain: ByteString {
    guard contains(byte: 0) else { return self }
    var text = ByteString()
    var index = 0
    while index < count {
      if bytes[index] == 0 {
        let insertion = Insertion(of: self, at: index)
        text.append(insertion.value)
        index = insertion.end
      } else {
        text.append(byte: bytes[index])
        index += 1
      }
    }
    return text
  }

  /// The text for a message, without the values, which may be secret.
  var withInsertionsHidden: ByteString {
    guard contains(byte: 0) else { return self }
    var text = ByteString()
    var index = 0
    while index < count {
      if bytes[index] == 0 {
        text.append(literal: "%(...)s")
        index = Insertion(of: self, at: index).end
      } else {
        text.append(byte: bytes[index])
        index += 1
      }
    }
    return text
  }

  /// The parts between the commas that stand outside insertions, trimmed; an empty last one is
  /// left out. Insertions are then plain.
  @inline(never)
  package var partsBetweenCommas: [ByteString] {
    var parts: [ByteString] = []
    var start = 0
    var index = 0
    while index <= count {
      if index == count || bytes[index] == UInt8(ascii: ",") {
        let part = slice(start, index).trimmed
        if index < count || !part.isEmpty { parts.append(part.withInsertionsPlain) }
        start = index + 1
      }
      index = index < count && bytes[index] == 0 ? Insertion(of: self, at: index).end : index + 1
    }
    return parts
  }
}
