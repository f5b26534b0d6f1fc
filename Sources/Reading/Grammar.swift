// Bytes of one file -> sections. The grammar is Supervisor's, which is that of Python's
// RawConfigParser as Supervisor sets it up:
//
// - A line is a section header, a key with `=` or `:`, a continuation (indented deeper than the
//   key that it continues), blank, or a comment (`;` or `#` first).
// - An inline comment begins with a blank and `;` or `#`.
// - Blank lines belong to the value that they interrupt; comment lines do not.
//
// One thing is swinit's own: a comment sign inside an open quote is text. Which quote is open is
// only known with the whole value, continuation lines included, so the lines of a value are kept
// as they are until it is complete. A quote that never closes opens nothing (`prompt=it's ; mine`).
//
// A bad line is one error and takes its continuation lines with it; what follows is read on.

import Basics
import Configuration

struct FileParser {
  private let file: Int
  private(set) var result = SectionList()
  private var faults: FaultList

  /// The section that lines go to; nil before the first header and behind a bad one.
  private var section: Int?
  private var hasSeenHeader = false
  private var indentation = 0
  private var pending = PendingValue()

  private init(file: Int, faults: FaultList) {
    self.file = file
    self.faults = faults
  }

  static func parse(_ bytes: [UInt8], file: Int, _ faults: inout FaultList) -> SectionList {
    var parser = FileParser(file: file, faults: faults)
    parser.run(bytes)
    faults = parser.faults
    return parser.result
  }

  private mutating func run(_ bytes: [UInt8]) {
    // The byte order mark of UTF-8.
    let text = ByteString(bytes)
    var start = text.hasPrefix("\u{FEFF}") ? 3 : 0
    var line = 1
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
      read(text.slice(start, end), Place(file: file, line: line))
      if end + 1 < bytes.count, bytes[end] == 0x0D, bytes[end + 1] == 0x0A { end += 1 }
      start = end + 1
      line += 1
    }
    finishValue()
  }

  private mutating func read(_ line: ByteString, _ place: Place) {
    let text = line.trimmed
    guard let sign = text.bytes.first else {
      pending.addBlankLine()
      return
    }
    if line.count > Limit.line || line.contains(byte: 0) {
      finishValue()
      pending.discard()
      indentation = Self.indentation(of: line)
      faults.error(
        place,
        line.count > Limit.line
          ? message(
            "cannot read this line: it has {} bytes, {} are allowed", decimal(line.count),
            decimal(Limit.line))
          : "cannot read this line: it holds a NUL byte; this is no text file, or not in UTF-8")
      return
    }
    if sign == UInt8(ascii: ";") || sign == UInt8(ascii: "#") { return }
    let depth = Self.indentation(of: line)
    if pending.isOpen, depth > indentation {
      remarkIndented(text, place)
      pending.add(line, from: depth)
      return
    }
    finishValue()
    indentation = depth
    if sign == UInt8(ascii: "[") {
      readHeader(text, place)
    } else {
      readKey(line, text, place)
    }
  }

  private static func indentation(of line: ByteString) -> Int {
    var depth = 0
    while depth < line.count, line.bytes[depth].isBlank { depth += 1 }
    return depth
  }

  private mutating func readHeader(_ text: ByteString, _ place: Place) {
    section = nil
    hasSeenHeader = true
    let line = text.slice(0, commentStart(text))
    guard let close = line.firstIndex(of: UInt8(ascii: "]")) else {
      faults.error(place, message("cannot read section header {q}: \"]\" is missing", line.trimmed))
      return
    }
    let name = line.slice(1, close)
    if name.trimmed.isEmpty {
      faults.error(place, message("cannot read section header {q}: it has no name", line.trimmed))
      return
    }
    let rest = line.dropping(close + 1).trimmed
    if !rest.isEmpty {
      faults.warn(place, message("{q} behind the section header has no meaning, ignoring it", rest))
    }
    if result.sections.count >= Limit.sections {
      faults.error(
        place,
        message("cannot read another section: {} are allowed", decimal(Limit.sections)))
      return
    }
    section = result.index(of: name, place: place)
  }

  private mutating func readKey(_ line: ByteString, _ text: ByteString, _ place: Place) {
    let end = commentStart(line)
    var separator = 0
    while separator < end, line.bytes[separator] != UInt8(ascii: "="),
      line.bytes[separator] != UInt8(ascii: ":")
    {
      separator += 1
    }
    pending.discard()
    if separator == end {
      faults.error(
        place, message("cannot read {q}: a line is [section], option=value or a comment", text))
      return
    }
    let key = line.slice(0, separator).trimmed.lowercased
    if key.isEmpty {
      faults.error(place, message("cannot read {q}: the option's name is missing", text))
      return
    }
    guard section != nil else {
      // Behind a bad header that is all the same mistake.
      if !hasSeenHeader {
        faults.error(
          place, message("cannot read {q}: it stands before the first [section] header", text))
        hasSeenHeader = true
      }
      return
    }
    pending.begin(key, place, line, from: separator + 1)
  }

  /// What looks like a line of its own but is indented belongs to the value above it.
  private mutating func remarkIndented(_ text: ByteString, _ place: Place) {
    guard let section, let key = pending.key else { return }
    var isSuspicious = text.hasPrefix("[") && text.hasSuffix("]")
    if !isSuspicious,
      let equals = text.firstIndex(of: UInt8(ascii: "=")),
      let kind = result.sections[section].kind
    {
      isSuspicious = kind.option(text.slice(0, equals).trimmed.lowercased) != nil
    }
    if isSuspicious {
      faults.warn(
        place,
        message(
          """
          {q} is indented and so belongs to the value of {} above, as in \
          Supervisor
          """, text, key))
    }
  }

  private mutating func finishValue() {
    if let section, let key = pending.key {
      let (value, quotedComment) = pending.value()
      result.sections[section].set(Entry(key: key, value: value, place: pending.place))
      if quotedComment {
        faults.warn(
          pending.place, fold: "comment sign in quotes",
          "the comment sign inside quotes is text; Supervisor would cut the line there")
      }
    }
    pending.close()
  }
}

/// Where the inline comment of a line begins, quotes not regarded; its length when there is none.
private func commentStart(_ line: ByteString) -> Int {
  for index in line.bytes.indices where isCommentSign(line, index) { return index }
  return line.count
}

private func isCommentSign(_ line: ByteString, _ index: Int) -> Bool {
  let byte = line.bytes[index]
  guard byte == UInt8(ascii: ";") || byte == UInt8(ascii: "#") else { return false }
  return index == 0 || line.bytes[index - 1].isBlank
}

/// The value that is being read: its lines as they stand in the file.
private struct PendingValue {
  private(set) var isOpen = false
  /// nil: the lines of a bad key, to be thrown away.
  private(set) var key: ByteString?
  private(set) var place = Place(file: 0, line: 0)
  private var lines: [ByteString] = []
  /// Where the value begins in each of them.
  private var starts: [Int] = []

  mutating func begin(_ key: ByteString, _ place: Place, _ line: ByteString, from: Int) {
    isOpen = true
    self.key = key
    self.place = place
    lines = []
    starts = []
    add(line, from: from)
  }

  mutating func discard() {
    isOpen = true
    key = nil
    lines = []
  }

  mutating func close() {
    isOpen = false
    key = nil
    lines = []
  }

  mutating func add(_ line: ByteString, from: Int) {
    if key == nil { return }
    lines.append(line)
    starts.append(from)
  }

  mutating func addBlankLine() {
    add(ByteString(), from: 0)
  }

  /// The value without its comments, and whether a comment sign was kept because of quotes.
  func value() -> (ByteString, quotedComment: Bool) {
    var kept = false
    if let value = joined(heedingQuotes: true, &kept) { return (value, kept) }
    return (joined(heedingQuotes: false, &kept) ?? ByteString(), false)
  }

  /// nil: a quote is open at the end.
  private func joined(heedingQuotes: Bool, _ keptSign: inout Bool) -> ByteString? {
    var value = ByteString()
    var quotes = QuoteState()
    for index in lines.indices {
      if index > 0 { value.append(byte: 0x0A) }
      let line = lines[index]
      var end = starts[index]
      while end < line.count {
        if isCommentSign(line, end) {
          if !quotes.isOpen { break }
          keptSign = true
        }
        if heedingQuotes { quotes.advance(line.bytes[end]) }
        end += 1
      }
      value.append(line.slice(starts[index], end).trimmed)
    }
    return quotes.isOpen ? nil : value.trimmed
  }
}

/// Which quote is open, by the rules of POSIX shlex.
package struct QuoteState {
  private var quote: UInt8 = 0
  private var isEscaped = false

  package init() {}

  package var isOpen: Bool { quote != 0 }

  package mutating func advance(_ byte: UInt8) {
    if isEscaped {
      isEscaped = false
    } else if byte == UInt8(ascii: "\\") {
      isEscaped = quote != UInt8(ascii: "'")
    } else if quote == 0 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { quote = byte }
    } else if byte == quote {
      quote = 0
    }
  }
}
