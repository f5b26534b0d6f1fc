import Basics
import Configuration
import Init
import Linux

/// What the command line asks for around COMMAND.
struct CommandRequest {
  /// The index of COMMAND among the arguments, the program's own name counted.
  var index = 0
  var toGroup = false
  var accepted = ExitCodes()
  var rewrites = SignalRewrites()
  var parentDeathSignal: Signal?
  /// The first option that makes sense only with a COMMAND.
  var option: ByteString?

  var rules: CommandRules {
    let rules = CommandRules()
    rules.toGroup = toGroup
    // A file system can be unmounted though swinit was started in it.
    rules.leavesDirectory = true
    rules.accepted = accepted
    rules.rewrites = rewrites
    rules.parentDeathSignal = parentDeathSignal
    return rules
  }
}

extension Configuration {
  /// Makes COMMAND one of the programs; its slot (`Supervision`'s `MainProgram.swift` says why so).
  mutating func add(_ request: CommandRequest, _ words: [ByteString]) -> Int {
    let words = words[request.index...]
    let name = baseName(words.first ?? "")
    groups.append(Group(name: name, priority: .max))
    var arguments = ByteString()
    for word in words { arguments += word + ByteString([0]) }
    var program = Program(name: name, group: groups.count - 1, arguments: arguments)
    program.autostart = false
    program.autorestart = .never
    program.startsecs = .zero
    program.startretries = 0
    program.essential = .fatal
    program.exitcodes = request.accepted
    program.exitcodes.insert(0)
    // With a grace it may use all that the others leave of it.
    if let grace = globals.grace { program.stopwaitsecs = max(program.stopwaitsecs, grace) }
    program.stopasgroup = request.toGroup
    program.killasgroup = request.toGroup
    // Who sits at a terminal wants the command itself there.
    let isAtTerminal =
      FileDescriptor.standardInput.isTerminal || FileDescriptor.standardOutput.isTerminal
      || FileDescriptor.standardError.isTerminal
    if !isAtTerminal { program.logFormat = globals.logFormat }
    programs.append(program)
    return programs.count - 1
  }
}

/// `swinit -- COMMAND` where no programs are configured.
func runOneCommand(_ request: CommandRequest, _ arguments: ArgumentVector) -> UInt8 {
  let words = arguments + request.index
  /// SIGKILL, or the status by which a shell says that its child got it.
  var killed: Literal?
  var loop = CommandLoop(request.rules) { news in
    switch news {
    case .ended(let child, isCommand: true):
      if child.signal == Signal.kill.number { killed = "killed by SIGKILL" }
      if child.code == 137 { killed = "exited with status 137" }
    case .exiting(let code): if let killed { sayOutOfMemory(code, words, killed) }
    case .cannotRun(_, let step, let errno):
      let name = words.pointee.map { ByteString(bytes(of: $0)) } ?? ""
      let what: ByteString =
        step == .exec
        ? message("execve {q}", name) : step == .terminal ? "tcsetpgrp" : "setsid"
      complain("start COMMAND: " + what, errno)
    case .cannotFork(let errno): complain("start COMMAND: fork", errno)
    case .cannotBecomeSubreaper(let errno): complain("adopt orphans: prctl", errno)
    case .cannotHavePDeathSignal(let errno):
      complain("ask for a signal at the parent's end: prctl", errno)
    default: return
    }
  }
  return loop.run(words)
}

/// The last line, and the termination log, when COMMAND was killed and it may have been for want of
/// memory.
@inline(never)
private func sayOutOfMemory(_ code: UInt8, _ words: ArgumentVector, _ end: Literal) {
  guard let kills = outOfMemoryKills() else { return }
  let name = words.pointee.map { baseName(ByteString(bytes(of: $0))) } ?? ""
  let text = message("exit {}: COMMAND {}: {}, {}", decimal(code), name, ByteString(end), kills)
  Output.say(.direct, .error, text)
  writeTerminationLog(text)
}

private func complain(_ what: ByteString, _ errno: Errno) {
  Output.complain(message("cannot {}: {}", what, ByteString(errno.message)))
}
