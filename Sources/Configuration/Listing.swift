extension Configuration {
  /// The programs in the order in which they start, one line each: the level (group priority and
  /// program priority), the name, the command; the user, and whether it waits for `start`.
  public func listing() -> [UInt8] {
    var keys: [SortKey] = []
    for program in programs {
      keys.append(
        SortKey(first: Int(groups[program.group].priority), second: Int(program.priority)))
    }
    let order = ascendingOrder(of: keys)
    var levels: [ByteString] = []
    var longest = (level: 0, name: 0)
    for index in order {
      var level = ByteString()
      level.append(number: Int64(groups[programs[index].group].priority))
      level.append(byte: UInt8(ascii: "/"))
      level.append(number: Int64(programs[index].priority))
      longest.level = max(longest.level, level.count)
      longest.name = max(longest.name, displayName(programs[index]).count)
      levels.append(level)
    }
    var text = ByteString()
    for (position, index) in order.enumerated() {
      let program = programs[index]
      text.appendColumn(levels[position], width: longest.level)
      text.appendColumn(displayName(program), width: longest.name)
      text.append(commandLine(program.arguments))
      var notes = ByteString()
      if let user = program.user {
        notes.append(literal: "user ")
        notes.append(user)
      }
      if !program.autostart {
        if !notes.isEmpty { notes.append(literal: ", ") }
        notes.append(literal: "not started by itself")
      }
      if !notes.isEmpty {
        text.append(literal: "  (")
        text.append(notes)
        text.append(literal: ")")
      }
      text.append(byte: 0x0A)
    }
    return text.bytes
  }

  /// The words, those with blanks or quotes in quotes, as `command` would be written on one line.
  private func commandLine(_ arguments: ByteString) -> ByteString {
    var line = ByteString()
    for word in arguments.entriesEndedByNul {
      if !line.isEmpty { line.append(byte: 0x20) }
      var isPlain = !word.isEmpty
      for byte in word.bytes
      where byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "'")
        || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
      {
        isPlain = false
      }
      line.append(isPlain ? word : word.inQuotesOnOneLine)
    }
    return line
  }
}

extension ByteString {
  fileprivate mutating func appendColumn(_ text: ByteString, width: Int) {
    append(text)
    for _ in text.count..<(max(width, text.count) + 2) { append(byte: 0x20) }
  }

  /// In double quotes, control bytes escaped: a listing keeps to its line and its terminal.
  fileprivate var inQuotesOnOneLine: ByteString {
    var text = ByteString()
    text.append(byte: UInt8(ascii: "\""))
    for byte in bytes {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        text.append(byte: UInt8(ascii: "\\"))
      }
      text.appendEscaped(byte)
    }
    text.append(byte: UInt8(ascii: "\""))
    return text
  }
}
