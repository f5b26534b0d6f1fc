import Configuration
import Linux

/// What the command line asks for.
enum Invocation {
  case run(paths: [ByteString])
  case check(paths: [ByteString], strict: Bool, json: Bool)
  case help(topic: ByteString?)
  case version
  /// What is wrong with it.
  case wrong(ByteString)

  /// - Parameter words: the arguments without the program's own name.
  init(_ words: [ByteString]) {
    let rest = Array(words.dropFirst())
    switch words.first {
    case .some(let word) where word == "check": self = Self.check(rest)
    case .some(let word) where word == "help" || word == "--help" || word == "-h":
      self = rest.count > 1 ? Self.unexpected(rest[1]) : .help(topic: rest.first)
    case .some(let word) where word == "version" || word == "--version":
      self = rest.first.map { Self.unexpected($0) } ?? .version
    default: self = Self.run(words)
    }
  }

  private static func run(_ words: [ByteString]) -> Invocation {
    var arguments = Arguments(words)
    var paths: [ByteString] = []
    while let word = arguments.next() {
      if word == "-c" {
        guard let path = arguments.next() else { return .wrong("-c wants a directory or a file") }
        paths.append(path)
      } else if word.hasPrefix("-c"), !word.hasPrefix("--"), word.count > 2 {
        paths.append(word.dropping(2))
      } else {
        return unexpected(word)
      }
    }
    return .run(paths: paths)
  }

  private static func check(_ words: [ByteString]) -> Invocation {
    var arguments = Arguments(words)
    var paths: [ByteString] = []
    var strict = false
    var json = false
    while let word = arguments.next() {
      if word == "-c" {
        guard let path = arguments.next() else { return .wrong("-c wants a directory or a file") }
        paths.append(path)
      } else if word == "--strict" {
        strict = true
      } else if word == "--json" {
        json = true
      } else {
        return unexpected(word)
      }
    }
    return .check(paths: paths, strict: strict, json: json)
  }

  private static func unexpected(_ word: ByteString) -> Invocation {
    if word == "--" { return .wrong("\"-- COMMAND\" is not part of this version") }
    return .wrong(message("cannot understand {q}", word))
  }
}

/// The words of a command line, one after the other.
private struct Arguments {
  private var rest: ArraySlice<ByteString>
  init(_ words: [ByteString]) { rest = words[...] }
  mutating func next() -> ByteString? { rest.popFirst() }
}
