import Basics
import Configuration
import Reading

extension Configuration {
  /// The programs in the order in which they start, one line each: the level (group priority and
  /// program priority), the name, the command; the user, and whether it waits for `start`.
  ///
  /// - Parameter runs: As `programs`, of those with a schedule when they run; else empty.
  public func listing(runs: [ByteString] = []) -> [UInt8] {
    var keys: [SortKey] = []
    for program in programs {
      keys.append(
        SortKey(first: Int(groups[program.group].priority), second: Int(program.priority)))
    }
    let order = ascendingOrder(of: keys)
    var levels: [ByteString] = []
    var names: [ByteString] = []
    var longestLevel = 0
    var longestName = 0
    for index in order {
      let level = message("{}/{}", decimal(keys[index].first), decimal(keys[index].second))
      let name = displayName(programs[index])
      longestLevel = max(longestLevel, level.count)
      longestName = max(longestName, name.count)
      levels.append(level)
      names.append(name)
    }
    var text = ByteString()
    for position in order.indices {
      let program = programs[order[position]]
      text.appendColumn(levels[position], width: longestLevel)
      text.appendColumn(names[position], width: longestName)
      text.append(commandLine(program.arguments))
      var notes = ByteString()
      if let user = program.user { notes = "user " + user }
      let schedule = runs.isEmpty ? ByteString() : runs[order[position]]
      for one in dependencies where one.dependent == order[position] {
        notes += notes.isEmpty ? "" : ", "
        notes += "after " + displayName(programs[one.on])
      }
      if !program.autostart {
        if !notes.isEmpty { notes.append(literal: ", ") }
        notes.append(schedule.isEmpty ? "not started by itself" : schedule)
      }
      if !notes.isEmpty { text.append(message("  ({})", notes)) }
      text.append(byte: 0x0A)
    }
    return text.bytes
  }

  /// The words, those with blanks or quotes in quotes, as `command` would be written on one line.
  ///
  /// A command that is longer than a screen is cut: ten thousand processes may have one of 60 KB.
  private func commandLine(_ arguments: ByteString) -> ByteString {
    if arguments.count > 4096 { return commandLine(arguments.slice(0, 1024)) + " ..." }
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
