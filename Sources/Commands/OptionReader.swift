import Basics
import Configuration

/// Reads a command line as getopt_long(3) does: clustered letters (`-gs`), values behind a letter or
/// in the next word, long names and what begins like just one of them, `--name=value`, `--`. It stops
/// at the first word that is no option (musl's getopt(3), and glibc's with POSIXLY_CORRECT).
struct OptionReader {
  enum Found {
    /// The option's letter, and its value where it has one.
    case option(UInt8, ByteString)
    /// No more options: the index of the first other word.
    case end(Int)
    case wrong(Fault)
  }

  /// What is wrong with an option, which stands here with its dashes.
  enum Fault {
    case unknown(ByteString)
    case missingValue(ByteString)
    case unwantedValue(ByteString)
    /// The beginning of several.
    case ambiguous(ByteString, [ByteString])
  }

  private let words: [ByteString]
  private let letters: Literal
  private let names: Literal
  private var index: Int
  /// Where the next letter stands in a cluster; 0: in none.
  private var position = 0

  /// - Parameters:
  ///   - words: of which the first is the program's name.
  ///   - letters: as getopt(3) takes them, a colon behind those with a value.
  ///   - names: `name` or `name:` and the letter it stands for, all separated by blanks.
  init(_ words: [ByteString], letters: Literal, names: Literal = "") {
    self.words = words
    self.letters = letters
    self.names = names
    index = min(1, words.count)
  }

  mutating func next() -> Found {
    if position == 0 {
      guard index < words.count else { return .end(index) }
      let word = words[index]
      guard word.count > 1, word.hasPrefix("-") else { return .end(index) }
      if word == "--" { return .end(index + 1) }
      if names.count > 0, word.hasPrefix("--") { return long(word.dropping(2)) }
      position = 1
    }
    return short()
  }

  private mutating func short() -> Found {
    let word = words[index]
    let letter = word.bytes[position]
    position += 1
    let isLast = position >= word.count
    let rest = word.dropping(position)
    guard let wantsValue = wantsValue(letter) else {
      if isLast { nextWord() }
      return .wrong(.unknown("-" + ByteString([letter])))
    }
    guard wantsValue else {
      if isLast { nextWord() }
      return .option(letter, "")
    }
    nextWord()
    if !isLast { return .option(letter, rest) }
    guard index < words.count else {
      return .wrong(.missingValue("-" + ByteString([letter])))
    }
    index += 1
    return .option(letter, words[index - 1])
  }

  private mutating func nextWord() {
    index += 1
    position = 0
  }

  /// nil: there is no such letter.
  private func wantsValue(_ letter: UInt8) -> Bool? {
    let known = ByteString(letters)
    guard letter != UInt8(ascii: ":"), let place = known.firstIndex(of: letter) else { return nil }
    return place + 1 < known.count && known.bytes[place + 1] == UInt8(ascii: ":")
  }

  private mutating func long(_ text: ByteString) -> Found {
    index += 1
    let equals = text.firstIndex(of: UInt8(ascii: "="))
    let name = text.slice(0, equals ?? text.count)
    let table = ByteString(names).split(at: UInt8(ascii: " "))
    var matching: [Int] = []
    for place in stride(from: 0, to: table.count - 1, by: 2) {
      let known = Self.plain(table[place])
      if known == name {
        matching = [place]
        break
      }
      if known.slice(0, name.count) == name { matching.append(place) }
    }
    guard let place = matching.first else {
      return .wrong(.unknown("--" + name))
    }
    guard matching.count == 1 else {
      return .wrong(.ambiguous("--" + name, matching.map { Self.plain(table[$0]) }))
    }
    let known = Self.plain(table[place])
    let letter = table[place + 1].bytes[0]
    let wantsValue = table[place].hasSuffix(":")
    if let equals {
      if wantsValue { return .option(letter, text.dropping(equals + 1)) }
      return .wrong(.unwantedValue("--" + known))
    }
    guard wantsValue else { return .option(letter, "") }
    guard index < words.count else {
      return .wrong(.missingValue("--" + known))
    }
    index += 1
    return .option(letter, words[index - 1])
  }

  /// The long name of a letter; empty: it has none.
  func name(of letter: UInt8) -> ByteString {
    let table = ByteString(names).split(at: UInt8(ascii: " "))
    for place in 1..<table.count where table[place] == ByteString([letter]) {
      return Self.plain(table[place - 1])
    }
    return ""
  }

  /// Without the colon.
  private static func plain(_ name: ByteString) -> ByteString {
    name.hasSuffix(":") ? name.slice(0, name.count - 1) : name
  }
}

extension OptionReader.Fault {
  /// As the C library complains, without the program's name.
  var libraryText: ByteString {
    switch self {
    case .unknown(let option):
      return isLong(option)
        ? message("unrecognized option '{}'", option)
        : message("invalid option -- '{}'", option.dropping(1))
    case .missingValue(let option):
      return isLong(option)
        ? message("option '{}' requires an argument", option)
        : message("option requires an argument -- '{}'", option.dropping(1))
    case .unwantedValue(let option):
      return message("option '{}' doesn't allow an argument", option)
    case .ambiguous(let option, let possible):
      var list = ByteString()
      for name in possible { list += message(" '--{}'", name) }
      return message("option '{}' is ambiguous; possibilities:{}", option, list)
    }
  }

  /// As Python's getopt complains.
  var pythonText: ByteString {
    switch self {
    case .unknown(let option): return message("option {} not recognized", option)
    case .missingValue(let option): return message("option {} requires argument", option)
    case .unwantedValue(let option):
      return message("option {} must not have an argument", option)
    case .ambiguous(let option, _): return message("option {} not a unique prefix", option)
    }
  }

  /// `--` alone is the letter `-`.
  private func isLong(_ option: ByteString) -> Bool {
    option.hasPrefix("--") && option.count > 2
  }
}
