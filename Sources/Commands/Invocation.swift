import Basics
import Configuration
import Init
import Linux
import Reading

/// What the command line asks for.
enum Invocation {
  /// `command`: with a COMMAND as the main program; `grace`: the value of -t.
  case run(paths: [ByteString], command: CommandRequest?, grace: ByteString?)
  case check(CheckRequest)
  case help(topic: ByteString?)
  case version
  /// What is wrong with it.
  case wrong(ByteString)

  /// - Parameter words: the arguments, the program's own name first.
  init(_ words: [ByteString]) {
    let rest = Array(words.dropFirst(2))
    switch words.dropFirst().first {
    case .some(let word) where word == "check": self = Self.check(rest)
    case .some(let word) where word == "help" || word == "--help" || word == "-h":
      self = rest.count > 1 ? Self.unexpected(rest[1]) : .help(topic: rest.first)
    case .some(let word) where word == "version" || word == "--version":
      self = rest.first.map { Self.unexpected($0) } ?? .version
    default: self = Self.run(words)
    }
  }

  private static func run(_ words: [ByteString]) -> Invocation {
    var arguments = Arguments(Array(words.dropFirst()))
    var paths: [ByteString] = []
    var request = CommandRequest()
    var grace: ByteString?
    while let word = arguments.next() {
      if word == "--" {
        request.index = words.count - arguments.count
        if arguments.count == 0 { return .wrong("there is no COMMAND behind \"--\"") }
        return .run(paths: paths, command: request, grace: grace)
      }
      if word == "-c" {
        guard let path = arguments.next() else { return .wrong("-c wants a directory or a file") }
        paths.append(path)
      } else if word.hasPrefix("-c"), !word.hasPrefix("--"), word.count > 2 {
        paths.append(word.dropping(2))
      } else if word == "-t" {
        guard let value = arguments.next() else { return .wrong("-t wants a number of seconds") }
        guard isDuration(value) else {
          return .wrong(message("cannot read -t {q}: a number of seconds is allowed", value))
        }
        grace = value
      } else if word == "--group" {
        request.toGroup = true
        request.option = word
      } else if !word.hasPrefix("-") {
        // As tini and dumb-init have it, and Docker, which puts CMD behind ENTRYPOINT.
        request.index = words.count - arguments.count - 1
        // Any word without a slash may be an action, of this version or of the next.
        guard word.contains(byte: UInt8(ascii: "/")) else { return .wrong(noPath(word)) }
        return .run(paths: paths, command: request, grace: grace)
      } else {
        let (name, value) = arguments.option(word)
        if let fault = request.set(name, value) { return .wrong(fault) }
        request.option = name
      }
    }
    if let option = request.option {
      return .wrong(message("{} is for a COMMAND, and there is no \"-- COMMAND\"", option))
    }
    return .run(paths: paths, command: nil, grace: grace)
  }

  private static func check(_ words: [ByteString]) -> Invocation {
    var arguments = Arguments(words)
    var request = CheckRequest()
    while let word = arguments.next() {
      if word == "-c" {
        guard let path = arguments.next() else { return .wrong("-c wants a directory or a file") }
        request.paths.append(path)
      } else if word == "--strict" {
        request.strict = true
      } else if word == "--json" {
        request.json = true
      } else if word == "--stop" {
        request.stop = true
      } else if word == "--from-supervisor" {
        request.fromSupervisor = true
      } else {
        let (name, value) = arguments.option(word)
        guard name == "--grace" else { return unexpected(word) }
        guard let value else { return .wrong("--grace wants a number of seconds") }
        guard isDuration(value) else {
          return .wrong(message("cannot read --grace {q}: a number of seconds is allowed", value))
        }
        request.grace = value
        request.stop = true
      }
    }
    return .check(request)
  }

  fileprivate static func unexpected(_ word: ByteString) -> Invocation {
    .wrong(message("cannot understand {q}", word))
  }
}

extension CommandRequest {
  /// What is wrong with the option, if anything is.
  mutating func set(_ name: ByteString, _ value: ByteString?) -> ByteString? {
    let isAccept = name == "--accept"
    let isRewrite = name == "--rewrite"
    guard isAccept || isRewrite || name == "--pdeathsig" else {
      return message("cannot understand {q}", name)
    }
    guard let value else { return message("{} wants a value", name) }
    if isAccept {
      guard let code = value.unsignedDecimal, code <= 255 else {
        return message("cannot read --accept {q}: an exit code is allowed, 0 to 255", value)
      }
      accepted.insert(UInt8(code))
    } else if isRewrite {
      let parts = value.split(at: UInt8(ascii: ":"))
      guard parts.count == 2, let old = Signal(parts[0]), parts[1] == "0" || Signal(parts[1]) != nil
      else {
        return message(
          "cannot read --rewrite {q}: OLD:NEW is allowed, two signals, or OLD:0 to drop it", value)
      }
      rewrites.set(old, Signal(parts[1]))
    } else {
      guard let signal = Signal(value) else {
        return message("cannot read --pdeathsig {q}: a signal is allowed", value)
      }
      parentDeathSignal = signal
    }
    return nil
  }
}

/// A first word that is neither an action nor a path.
private func noPath(_ word: ByteString) -> ByteString {
  let run = message("to run a program of that name write: swinit -- {s}", word)
  for action in reservedActions.split(at: UInt8(ascii: " ")) where action == word {
    return message("{q} is an action that this version does not have; ", word) + run
  }
  if let action = nearestAction(word) {
    return message("cannot understand {q}: did you mean {q}? ", word, action) + run
  }
  return message("cannot understand {q}: ", word) + run
}

/// What talks to a running swinit, and other words that are kept free.
private let reservedActions: ByteString = """
  ctl status start stop restart signal reload reread update shutdown tail clear pid avail add remove \
  scale health ready wait why env timeline attach fg upgrade init
  """

/// An action that a word is a slip of.
private func nearestAction(_ word: ByteString) -> ByteString? {
  var nearest = NearestName(to: word)
  for action in ["check", "help", "version", "pidproxy"] as [ByteString] {
    nearest.consider(action)
  }
  return nearest.name
}

/// The words of a command line, one after the other.
private struct Arguments {
  private var rest: ArraySlice<ByteString>
  init(_ words: [ByteString]) { rest = words[...] }
  var count: Int { rest.count }
  mutating func next() -> ByteString? { rest.popFirst() }

  /// `--name=value`, or `--name` and the next word.
  mutating func option(_ word: ByteString) -> (name: ByteString, value: ByteString?) {
    guard word.hasPrefix("--") else { return (word, nil) }
    if let equals = word.firstIndex(of: UInt8(ascii: "=")) {
      return (word.slice(0, equals), word.dropping(equals + 1))
    }
    return (word, next())
  }
}
