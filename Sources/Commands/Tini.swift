import Basics
import Configuration
import Init
import Linux

// Called as tini, tini-static or docker-init: tini 0.19's options, environment variables, messages
// and exit codes.
//
// Different on purpose: options end at the first word that is none, as in Alpine's build (Debian's
// takes `-l` out of `tini ls -l`), and `-l` names this program's origin instead of tini's license.

/// What the command line and the environment ask of tini.
private struct TiniOptions {
  let rules = CommandRules()
  var warnsOfReaping = false
  var verbosity: Int64 = 1
  /// The index of the command's first word.
  var command = 0

  init() {
    rules.session = .foreground
    rules.subreaper = .never
    rules.kept = Signals(.terminalInput, .terminalOutput)
    rules.suspends = false
    rules.shellFallback = true
    rules.takesListenPID = false
    rules.sweeps = false
    rules.otherFailure = 1
  }
}

func tini(_ words: [ByteString], _ arguments: ArgumentVector) -> UInt8 {
  let name = baseName(words[0])
  if words.count == 2, words[1] == "--version" {
    Output.print(tiniVersion)
    return 0
  }
  var options = TiniOptions()
  if let code = read(words, name, into: &options) { return code }
  if environmentValue("TINI_SUBREAPER") != nil { options.rules.subreaper = .always }
  if environmentValue("TINI_KILL_PROCESS_GROUP") != nil { options.rules.toGroup = true }
  if let text = environmentValue("TINI_VERBOSITY") {
    options.verbosity = leadingNumber(ByteString(text))
  }
  let log = TiniLog(
    verbosity: options.verbosity, warnsOfReaping: options.warnsOfReaping,
    command: words[options.command])
  var loop = CommandLoop(options.rules) { log.hear($0) }
  return loop.run(arguments + options.command)
}

/// An exit status when there is nothing to run.
private func read(
  _ words: [ByteString], _ name: ByteString, into options: inout TiniOptions
) -> UInt8? {
  var reader = OptionReader(words, letters: "p:hvwgle:s")
  while true {
    switch reader.next() {
    case .option(let letter, let value):
      switch letter {
      case UInt8(ascii: "h"):
        Output.print(tiniUsage(name))
        return 0
      case UInt8(ascii: "l"):
        Output.print("swinit, which behaves as tini here and holds none of its code")
        return 0
      case UInt8(ascii: "s"): options.rules.subreaper = .always
      case UInt8(ascii: "v"): options.verbosity += 1
      case UInt8(ascii: "w"): options.warnsOfReaping = true
      case UInt8(ascii: "g"): options.rules.toGroup = true
      case UInt8(ascii: "p"):
        guard let signal = Signal(value), signal.name == value, signal.number < 32,
          !tiniLacks.contains(signal)
        else { return tiniRefuses("p", value) }
        options.rules.parentDeathSignal = signal
      default:
        guard let code = tiniNumber(value), (0...255).contains(code) else {
          return tiniRefuses("e", value)
        }
        options.rules.accepted.insert(UInt8(code))
      }
    case .end(let index):
      options.command = index
      if index < words.count { return nil }
      Output.print(tiniUsage(name), to: .standardError)
      return 1
    case .wrong(let what):
      Output.print(message("{}: {}", words[0], what.libraryText), to: .standardError)
      Output.print(tiniUsage(name), to: .standardError)
      return 1
    }
  }
}

/// SIGSTKFLT, SIGIO and SIGPWR are not among tini's names.
private let tiniLacks = Signals(Signal(number: 16), Signal(number: 29), .power)

/// As strtol(3) has it, to which nothing at all is 0.
private func tiniNumber(_ text: ByteString) -> Int64? {
  if text.isEmpty { return 0 }
  var scanner = NumberScanner(text)
  guard let number = scanner.number(), scanner.isAtEnd else { return nil }
  return number
}

private func tiniRefuses(_ letter: Literal, _ value: ByteString) -> UInt8 {
  TiniLog.fatal(message("Not a valid option for -{}: {}", ByteString(letter), value))
  return 1
}

/// As catatonit does it: `docker info` looks for these words.
private let tiniVersion: Literal = "tini version 0.19.0_swinit"

private func tiniUsage(_ name: ByteString) -> ByteString {
  message(
    """
    {} ({})
    Usage: {} [OPTIONS] PROGRAM -- [ARGS] | --version

    Execute a program under the supervision of a valid init process ({})

    Command line options:

      --version: Show version and exit.
      -h: Show this help message and exit.
      -s: Register as a process subreaper (requires Linux >= 3.4).
      -p SIGNAL: Trigger SIGNAL when parent dies, e.g. "-p SIGKILL".
      -v: Generate more verbose output. Repeat up to 3 times.
      -w: Print a warning when processes are getting reaped.
      -g: Send signals to the child's process group.
      -e EXIT_CODE: Remap EXIT_CODE (from 0 to 255) to 0 (can be repeated).
      -l: Show license and exit.

    Environment variables:

      TINI_SUBREAPER: Register as a process subreaper (requires Linux >= 3.4).
      TINI_VERBOSITY: Set the verbosity level (default: 1).
      TINI_KILL_PROCESS_GROUP: Send signals to the child's process group.

    """, name, ByteString(tiniVersion), name, name)
}

/// tini's messages: what is wrong on stderr, the rest on stdout.
private struct TiniLog {
  let verbosity: Int64
  let warnsOfReaping: Bool
  let command: ByteString

  func hear(_ news: CommandNews) {
    switch news {
    case .cannotHavePDeathSignal: Self.fatal("Failed to set up parent death signal")
    case .cannotBecomeSubreaper(let errno):
      Self.fatal(message("Failed to register as child subreaper: {}", words(errno)))
    case .reapsNothing: warn(ByteString(reaperWarning))
    case .cannotFork(let errno): Self.fatal(message("fork failed: {}", words(errno)))
    case .cannotRun(let pid, let step, let errno):
      let call: ByteString =
        step == .exec
        ? message("exec {}", command) : step == .terminal ? "tcsetpgrp" : "setpgid"
      Self.fatal(message("{} failed: {}", call, words(errno)), pid: pid)
    case .cannotForward(_, let errno):
      if errno == .noProcess {
        warn("Child was dead when forwarding signal")
      } else {
        Self.fatal(message("Unexpected error when forwarding signal: '{}'", words(errno)))
      }
    default: if verbosity > 1 { tell(news) }
    }
    if case .ended(let child, isCommand: false) = news, warnsOfReaping {
      warn(message("Reaped zombie process with pid={}", decimal(child.pid)))
    }
  }

  /// What is said only to those who want to hear more than warnings.
  private func tell(_ news: CommandNews) {
    switch news {
    case .isSubreaper: trace("Registered as child subreaper")
    case .started(let pid):
      info(message("Spawned child process '{}' with pid '{}'", command, decimal(pid)))
    case .received(let signal):
      debug(
        signal == .child
          ? "Received SIGCHLD" : message("Passing signal: '{}'", words(signal)))
    case .ended(let child, let isCommand):
      debug(message("Reaped child with pid: '{}'", decimal(child.pid)))
      if !isCommand { return }
      if child.signal == 0 {
        info(message("Main child exited normally (with status '{}')", decimal(child.code)))
      } else {
        let signal = words(Signal(number: child.signal))
        info(message("Main child exited with signal (with signal '{}')", signal))
      }
    case .noMoreEnded(let hasChildren): trace(hasChildren ? "No child to reap" : "No child to wait")
    case .exiting: trace("Exiting: child has exited")
    case .terminal, .handOff, .keptSignal, .rewritten, .forwarded, .droppedSignal, .suspending,
      .cannotHavePDeathSignal, .cannotBecomeSubreaper, .reapsNothing, .cannotFork, .cannotRun,
      .cannotForward:
      return
    }
  }

  @inline(never)
  static func fatal(_ text: consuming ByteString, pid: Int32? = nil) {
    let number = decimal(pid ?? processID())
    Output.print(message("[FATAL tini ({})] {}", number, text), to: .standardError)
  }

  @inline(never)
  private func warn(_ text: consuming ByteString) {
    guard verbosity > 0 else { return }
    let number = decimal(processID())
    Output.print(message("[WARN  tini ({})] {}", number, text), to: .standardError)
  }

  private func info(_ text: consuming ByteString) { say(1, "INFO ", text) }
  private func debug(_ text: consuming ByteString) { say(2, "DEBUG", text) }
  private func trace(_ text: consuming ByteString) { say(3, "TRACE", text) }

  @inline(never)
  private func say(_ level: Int64, _ name: Literal, _ text: consuming ByteString) {
    guard verbosity > level else { return }
    Output.print(message("[{} tini ({})] {}", ByteString(name), decimal(processID()), text))
  }

  private func words(_ errno: Errno) -> ByteString { ByteString(errno.message) }
  private func words(_ signal: Signal) -> ByteString { ByteString(signalWords(signal.number)) }
}

private let reaperWarning: Literal = """
  Tini is not running as PID 1 and isn't registered as a child subreaper.
  Zombie processes will not be re-parented to Tini, so zombie reaping won't work.
  To fix the problem, use the -s option or set the environment variable TINI_SUBREAPER to register \
  Tini as a child subreaper, or run Tini as PID 1.
  """
