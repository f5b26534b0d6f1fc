// What `check` says about commands that work but bite in a container. No running configuration
// pays for this.

extension Reader {
  func advise(_ values: SectionValues) {
    guard let block = values.text("command"), let setting = values.setting("command") else {
      return
    }
    guard let place = setting.entry?.place else { return }
    let script = Self.shellScript(block.entriesEndedByNul)
    if Self.stopsContainer(script ?? setting.written) {
      faults.warn(
        place, fold: "stops the container",
        "this command stops the container itself; essential=exit or essential=fatal does that,"
          + " with the program's exit status")
    } else if let script, !values.flag("stopasgroup"), !values.flag("stoptree"),
      Self.keepsShell(script)
    {
      faults.warn(
        place, fold: "shell",
        "the stop signal reaches only the shell, not what it runs: write stopasgroup=true, or"
          + " \"exec\" before the last command of the script")
    }
  }

  /// The script of `sh -c SCRIPT`, `bash -lc SCRIPT` and the like.
  private static func shellScript(_ words: [ByteString]) -> ByteString? {
    guard let first = words.first else { return nil }
    let slash = first.lastIndex(of: UInt8(ascii: "/"))
    guard WordList.shells.index(of: first.dropping((slash ?? -1) + 1)) != nil else { return nil }
    var index = 1
    while index < words.count, words[index].hasPrefix("-") {
      let option = words[index]
      index += 1
      guard !option.hasPrefix("--"), option.contains(byte: UInt8(ascii: "c")) else { continue }
      return index < words.count ? words[index] : nil
    }
    return nil
  }

  /// Whether the shell stays beside what it runs: there is more than one command, and the last
  /// one is not `exec`ed. A single one is what most shells exec by themselves.
  private static func keepsShell(_ script: ByteString) -> Bool {
    let commands = commandsOfScript(script)
    guard commands.count > 1, let last = commands.last else { return false }
    return last.wordsBetweenBlanks.first.map { !$0.equals("exec") } ?? false
  }

  /// The parts between `;`, `&`, `|` and line ends outside quotes, without empty ones.
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
  private static func stopsContainer(_ script: ByteString) -> Bool {
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
  private static func isWord(_ text: ByteString, _ word: StaticString) -> Bool {
    let closing: ByteString = "\"')}"
    let opening: ByteString = "\"'({"
    var start = 0
    var end = text.count
    while end > 0, closing.contains(byte: text.bytes[end - 1]) { end -= 1 }
    while start < end, opening.contains(byte: text.bytes[start]) { start += 1 }
    return text.slice(start, end).equals(word)
  }
}
