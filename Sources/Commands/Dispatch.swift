import Basics
import Configuration
import Init
import Linux
import Reading

/// swinit's version, as `swinit version` prints it.
public let version: Literal = "0.1.0"

/// What it was built for, as `uname -m` says it.
#if arch(arm64)
  let architecture: Literal = "aarch64"
#else
  let architecture: Literal = "x86_64"
#endif

/// Carries out a command line; the exit status.
///
/// - Parameters:
///   - words: argv, the program's name first.
///   - arguments: the same as `main` got it.
///   - commit: what this program was built from.
public func main(
  _ words: [ByteString], _ arguments: ArgumentVector, commit: Literal
) -> UInt8 {
  switch CalledAs(baseName(words.first ?? "")) {
  case .tini: return tini(words, arguments)
  case .dumbInit: return dumbInit(words, arguments)
  case .catatonit: return catatonit(words, arguments)
  case .supervisord: return supervisord(words)
  case .pidproxy: return pidProxy(words, arguments, start: 1)
  case .swinit: return swinit(words, arguments, commit)
  }
}

private func swinit(
  _ words: [ByteString], _ arguments: ArgumentVector, _ commit: Literal
) -> UInt8 {
  if words.count > 1, words[1] == "pidproxy" { return pidProxy(words, arguments, start: 2) }
  switch Invocation(words) {
  case .run(let paths, let command, let grace):
    let isAlone = command != nil && paths.isEmpty && !hasConfiguration()
    if let command, isAlone, grace == nil, inheritedGrace() == nil {
      return runOneCommand(command, arguments)
    }
    var request = RunRequest {
      isAlone
        ? loadNothing(grace: grace)
        : loadConfiguration(paths, grace: grace)
    }
    request.command = command.map { ($0, words) }
    return runPrograms(request)
  case .check(let request): return check(request)
  case .help(let topic): return help(topic)
  case .version:
    Output.print(
      message(
        "swinit {} ({}, commit {})", ByteString(version), ByteString(architecture),
        ByteString(commit)))
    return ExitCode.fine.rawValue
  case .wrong(let what):
    Output.complain(message("{}; see swinit help", what))
    return ExitCode.usage.rawValue
  }
}
