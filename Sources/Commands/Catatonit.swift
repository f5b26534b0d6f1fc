import Basics
import Configuration
import Init
import Linux

// Called as catatonit: the options, environment variables, messages and exit codes of catatonit 0.2,
// which has -g and -P beside those of 0.1.

func catatonit(_ words: [ByteString], _ arguments: ArgumentVector) -> UInt8 {
  var log = CatatonitLog(isVerbose: environmentValue("CATATONIT_DEBUG") != nil)
  if environmentValue("CATATONIT_LOG") != nil {
    log.say("ERROR", "CATATONIT_LOG is reserved for future use")
    return 1
  }
  let rules = catatonitRules()
  var command = 0
  var reader = OptionReader(words, letters: "ghLPV", names: "version V")
  while command == 0 {
    switch reader.next() {
    case .option(let letter, _):
      switch letter {
      case UInt8(ascii: "g"): rules.toGroup = true
      case UInt8(ascii: "P"): rules.pauses = true
      case UInt8(ascii: "h"):
        Output.print(catatonitHelp, to: .standardError)
        return 0
      case UInt8(ascii: "L"):
        Output.print("swinit, which behaves as catatonit here and holds none of its code")
        return 0
      default:
        Output.print("tini version 0.2.1_catatonit_swinit")
        return 0
      }
    case .wrong(let what):
      Output.print(message("{}: {}", words[0], what.libraryText), to: .standardError)
      Output.print(catatonitUsage, to: .standardError)
      return 1
    case .end(let index):
      command = index
    }
  }
  guard command < words.count || rules.pauses else {
    log.say("ERROR", "missing program name")
    Output.print(catatonitUsage, to: .standardError)
    return 1
  }
  if command < words.count { log.command = words[command] }
  var loop = CommandLoop(rules) { [log] in log.hear($0) }
  return loop.run(rules.pauses ? nil : arguments + command)
}

private func catatonitRules() -> CommandRules {
  let rules = CommandRules()
  rules.session = .foregroundOfAny
  rules.kept = Signals(.terminalStop, .terminalInput, .terminalOutput)
  rules.blocked = rules.kept
  rules.suspends = false
  rules.shellFallback = true
  rules.leavesDirectory = true
  rules.closesDescriptors = true
  rules.sweeps = false
  rules.notFound = 1
  rules.notExecutable = 1
  rules.otherFailure = 1
  return rules
}

private let catatonitUsage: Literal =
  "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]"

private let catatonitHelp: Literal = """
  usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]

  options:
    -g              Forward signals to pid1's process group.
    -h              Print this help page.
    -L              Print license information.
    -P              Run in pause mode (no program is run and quit on SIGINT).
    -V, --version   Print version information.
  """

/// catatonit's messages, on stderr.
private struct CatatonitLog {
  let isVerbose: Bool
  var command = ByteString()

  func hear(_ news: CommandNews) {
    switch news {
    case .cannotBecomeSubreaper(let errno):
      say("ERROR", message("failed to set child-reaper as non-pid1: {}", words(errno)))
    case .cannotFork(let errno):
      say("ERROR", message("failed to fork child: {}", words(errno)))
    case .cannotRun(let pid, let step, let errno):
      let what: ByteString =
        step == .exec
        ? "failed to exec pid1"
        : step == .terminal ? "setting foreground process failed" : "failed to create process group"
      say("ERROR", message("{}: {}", what, words(errno)), pid: pid)
    default: if isVerbose { debug(news) }
    }
  }

  private func debug(_ news: CommandNews) {
    switch news {
    case .cannotForward(let signal, let errno):
      // Below catatonit's level, like every warning of it.
      debug(message("forwarding of signal {} failed: {}", decimal(signal.number), words(errno)))
    case .started(let pid): debug(message("pid1 ({}) spawned: {}", decimal(pid), command))
    case .keptSignal: debug("ignoring kernel attempting to stop us: tty has TOSTOP set")
    case .ended(let child, isCommand: false):
      debug(
        child.signal == 0
          ? message("child process {} exited with code {}", decimal(child.pid), decimal(child.code))
          : message(
            "child process {} exited due to signal {}", decimal(child.pid),
            decimal(child.signal)))
    case .noMoreEnded(hasChildren: false): debug("got ECHILD: no children left to monitor")
    case .cannotHavePDeathSignal, .cannotBecomeSubreaper, .cannotFork, .cannotRun, .isSubreaper,
      .reapsNothing, .terminal, .received, .handOff,
      .rewritten,
      .forwarded, .droppedSignal, .suspending, .ended(_, isCommand: true),
      .noMoreEnded(hasChildren: true), .exiting:
      return
    }
  }

  private func debug(_ text: consuming ByteString) { say("DEBUG", text) }

  @inline(never)
  func say(_ level: Literal, _ text: consuming ByteString, pid: Int32? = nil) {
    let number = decimal(pid ?? processID())
    Output.print(
      message("{} (catatonit:{}): {}", ByteString(level), number, text), to: .standardError)
  }

  private func words(_ errno: Errno) -> ByteString { ByteString(errno.message) }
}
