// What `check` says about commands that work but bite in a container. No running configuration
// pays for this.

extension Reader {
  mutating func advise(_ values: SectionValues) {
    guard let block = values.text("command"), let setting = values.setting("command") else {
      return
    }
    let place = setting.entry.place
    let script = Self.shellScript(block.entriesEndedByNul)
    if Self.stopsContainer(script ?? setting.text) {
      faults.warn(
        place, fold: "stops the container",
        "this command stops the container itself; essential=exit or essential=fatal does that,"
          + " with the program's exit status")
    } else if let script, !values.flag("stopasgroup"), Self.keepsShell(script) {
      faults.warn(
        place, fold: "shell",
        "the stop signal reaches only the shell, not what it runs: write stopasgroup=true, or"
          + " \"exec\" before the last command of the script")
    }
  }

  /// The script of `sh -c SCRIPT`, `bash -lc SCRIPT` and the like.
  private static func shellScript(_ words: [ByteString]) -> ByteString? {
    guard let first = words.first else { return nil }
    let name = first.split(at: UInt8(ascii: "/")).last ?? first
    var isShell = false
    for shell: StaticString in ["sh", "bash", "dash", "ash", "zsh"] where name == shell {
      isShell = true
    }
    guard isShell else { return nil }
    for index in words.indices.dropFirst() {
      guard words[index].hasPrefix("-") else { return nil }
      if !words[index].hasPrefix("--"), words[index].bytes.contains(UInt8(ascii: "c")) {
        return index + 1 < words.count ? words[index + 1] : nil
      }
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
      let command = ByteString(script.bytes[start..<index]).trimmed
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
      for index in words.indices {
        let rest = words[(index + 1)...]
        if words[index].hasSuffix("supervisorctl"), rest.contains(where: { isWord($0, "shutdown") })
        {
          return true
        }
        guard isWord(words[index], "kill") else { continue }
        for target in rest
        where isWord(target, "1") || isWord(target, "$PPID")
          || target.uppercased.contains("SUPERVISORD")
        {
          return true
        }
      }
    }
    return false
  }

  /// Equal, quotes and parentheses around it aside.
  private static func isWord(_ text: ByteString, _ word: StaticString) -> Bool {
    var bytes = text.bytes[...]
    let closing = ByteString("\"')}").bytes
    let opening = ByteString("\"'({").bytes
    while let last = bytes.last, closing.contains(last) { bytes.removeLast() }
    while let first = bytes.first, opening.contains(first) { bytes.removeFirst() }
    return ByteString(bytes) == word
  }
}
