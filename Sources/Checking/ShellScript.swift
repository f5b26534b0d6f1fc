// The script of `sh -c`: as much of it as a remark needs. It is never run from here.

import Basics
import Configuration
import Reading

struct ShellScript {
  let text: ByteString
  /// The parts between `;`, `&`, `|` and line ends outside quotes, without empty ones.
  private let commands: [ByteString]

  private init(_ text: ByteString) {
    self.text = text
    commands = Self.commandsOfScript(text)
  }

  /// The script of `sh -c SCRIPT`, `bash -lc SCRIPT` and the like.
  init?(of words: [ByteString]) {
    guard let first = words.first else { return nil }
    let slash = first.lastIndex(of: UInt8(ascii: "/"))
    guard WordList.shells.index(of: first.dropping((slash ?? -1) + 1)) != nil else { return nil }
    var index = 1
    while index < words.count, words[index].hasPrefix("-") {
      let option = words[index]
      index += 1
      guard !option.hasPrefix("--"), option.contains(byte: UInt8(ascii: "c")) else { continue }
      if index == words.count { return nil }
      self.init(words[index])
      return
    }
    return nil
  }

  /// Whether the shell stays beside what it runs: there is more than one command, and the last
  /// one is not `exec`ed. A single one is what most shells exec by themselves.
  var keepsShell: Bool {
    guard commands.count > 1, let last = commands.last else { return false }
    return last.wordsBetweenBlanks.first.map { !$0.equals("exec") } ?? false
  }

  /// How long a loop without an end sleeps in each turn, as `@every` has it: `60s`, `1m`.
  var pauseOfEndlessLoop: ByteString? {
    guard let first = commands.first?.wordsBetweenBlanks, let word = first.first,
      word.equals("while"), commands.last.map({ $0 == "done" }) ?? false
    else { return nil }
    let condition = commands[0].dropping(5).trimmed
    if let pause = Self.pause(condition) { return pause }
    guard WordList.endless.index(of: condition) != nil else { return nil }
    for command in commands {
      if let pause = Self.pause(command) { return pause }
    }
    return nil
  }

  /// It sleeps before it goes on to what it is there for, and not in a loop.
  var sleepsFirst: Bool {
    for command in commands.dropLast() {
      if let word = command.wordsBetweenBlanks.first, WordList.loops.index(of: word) != nil {
        return false
      }
      if Self.pause(command) != nil { return true }
    }
    return false
  }

  /// Of `sleep 60`, also behind `do`.
  private static func pause(_ command: ByteString) -> ByteString? {
    let words = command.wordsBetweenBlanks
    let first = words.first?.equals("do") == true ? 1 : 0
    guard words.count == first + 2, words[first].equals("sleep") else { return nil }
    let length = words[first + 1]
    let pause = length.unsignedDecimal == nil ? length : length + "s"
    return readPeriod(pause) == nil ? nil : pause
  }

  private static func commandsOfScript(_ script: ByteString) -> [ByteString] {
    var commands: [ByteString] = []
    var quotes = QuoteState()
    var start = 0
    for index in 0...script.count {
      if index < script.count {
        let byte = script.bytes[index]
        let wasOpen = quotes.isOpen
        quotes.advance(byte)
        guard !wasOpen, isSeparator(byte) else { continue }
        // `2>&1` and `&>file` redirect.
        let before: UInt8 = index > 0 ? script.bytes[index - 1] : 0
        let after: UInt8 = index + 1 < script.count ? script.bytes[index + 1] : 0
        if byte == UInt8(ascii: "&"), before == UInt8(ascii: ">") || after == UInt8(ascii: ">") {
          continue
        }
      }
      let command = script.slice(start, index).trimmed
      if !command.isEmpty { commands.append(command) }
      start = index + 1
    }
    return commands
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ";") || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "|")
      || byte == 0x0A
  }

  /// `kill 1`, `kill -TERM $PPID`, `kill $(cat …/supervisord.pid)`, `supervisorctl shutdown`.
  static func stopsContainer(_ script: ByteString) -> Bool {
    for command in commandsOfScript(script) {
      let words = command.wordsBetweenBlanks
      // What stands before the word that is looked at.
      var hasClient = false
      var hasKill = false
      for word in words {
        if hasClient, isWord(word, "shutdown") { return true }
        if hasKill, isWord(word, "1") || isWord(word, "$PPID") { return true }
        if hasKill, word.uppercased.contains("SUPERVISORD") { return true }
        if word.hasSuffix("supervisorctl") { hasClient = true }
        if isWord(word, "kill") { hasKill = true }
      }
    }
    return false
  }

  /// Equal, quotes and parentheses around it aside.
  private static func isWord(_ text: ByteString, _ word: Literal) -> Bool {
    let closing: ByteString = "\"')}"
    let opening: ByteString = "\"'({"
    var start = 0
    var end = text.count
    while end > 0, closing.contains(byte: text.bytes[end - 1]) { end -= 1 }
    while start < end, opening.contains(byte: text.bytes[start]) { start += 1 }
    return text.slice(start, end).equals(word)
  }
}
