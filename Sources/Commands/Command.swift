import Configuration
import Init
import Linux

/// swinit's version, as `swinit version` prints it.
public let version: StaticString = "0.1.0"

/// Carries out a command line; the exit status.
///
/// - Parameter words: argv, the program's name first.
public func main(_ words: [ByteString]) -> UInt8 {
  switch Invocation(Array(words.dropFirst())) {
  case .run(let paths): return runPrograms(paths)
  case .check(let paths, let strict, let json): return check(paths, strict: strict, json: json)
  case .help(let topic): return help(topic)
  case .version:
    Output.print(message("swinit {}", ByteString(version)))
    return ExitCode.fine.rawValue
  case .wrong(let what):
    Output.complain(message("{}; see swinit help", what))
    return ExitCode.usage.rawValue
  }
}
