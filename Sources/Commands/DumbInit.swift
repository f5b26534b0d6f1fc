import Basics
import Configuration
import Init
import Linux

// Called as dumb-init: the options, environment variables, messages and exit codes of dumb-init 1.2.

func dumbInit(_ words: [ByteString], _ arguments: ArgumentVector) -> UInt8 {
  let name = words[0]
  let rules = dumbInitRules()
  var isVerbose = false
  var command = 0
  var reader = OptionReader(
    words, letters: "hvVcr:",
    names: "help h single-child c rewrite: r verbose v version V")
  while command == 0 {
    switch reader.next() {
    case .option(let letter, let value):
      switch letter {
      case UInt8(ascii: "h"):
        Output.print(dumbInitUsage(name), to: .standardError)
        return 0
      case UInt8(ascii: "V"):
        Output.print(dumbInitVersion, to: .standardError)
        return 0
      case UInt8(ascii: "v"): isVerbose = true
      case UInt8(ascii: "c"): rules.session = .shared
      default:
        guard rewrite(value, in: &rules.rewrites) else {
          Output.print(rewriteUsage, to: .standardError)
          return 1
        }
      }
    case .wrong(let what):
      Output.print(message("{}: {}", name, what.libraryText), to: .standardError)
      return 1
    case .end(let index):
      command = index
    }
  }
  guard command < words.count else {
    Output.print(
      message("Usage: {} [option] program [args]\nTry {} --help for full usage.", name, name),
      to: .standardError)
    return 1
  }
  if isValue("DUMB_INIT_DEBUG", "1") {
    isVerbose = true
    DumbInitLog.say("Running in debug mode.")
  }
  if isValue("DUMB_INIT_SETSID", "0") {
    rules.session = .shared
    if isVerbose { DumbInitLog.say("Not running in setsid mode.") }
  }
  if case .handOver = rules.session { rules.toGroup = true }
  let log = DumbInitLog(
    isVerbose: isVerbose, hasSession: rules.toGroup, command: words[command])
  var loop = CommandLoop(rules) { log.hear($0) }
  return loop.run(arguments + command)
}

private func dumbInitRules() -> CommandRules {
  let rules = CommandRules()
  rules.session = .handOver
  rules.subreaper = .never
  rules.resetsSignals = true
  rules.shellFallback = true
  rules.takesListenPID = false
  rules.leavesDirectory = true
  rules.lastSignal = .terminate
  rules.sweeps = false
  rules.notFound = 2
  rules.notExecutable = 2
  rules.otherFailure = 2
  return rules
}

private func isValue(_ name: StaticString, _ value: Literal) -> Bool {
  environmentValue(name).map { ByteString($0) == value } ?? false
}

/// `15:3`, as sscanf(3) reads "%d:%d": blanks before a number and anything behind the second one are
/// passed over. False: not understood.
private func rewrite(_ text: ByteString, in rewrites: inout SignalRewrites) -> Bool {
  var scanner = NumberScanner(text)
  guard let old = scanner.number(), scanner.take(":"), let new = scanner.number(),
    (1...31).contains(old), (0...31).contains(new)
  else { return false }
  rewrites.set(
    Signal(number: Int32(old)), new == 0 ? nil : Signal(number: Int32(new)))
  return true
}

private let rewriteUsage: Literal = """
  Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.
  This option can be specified multiple times.
  Use --help for full usage.
  """

private let dumbInitVersion: Literal = "dumb-init v1.2.5"

private func dumbInitUsage(_ name: ByteString) -> ByteString {
  message(
    """
    {}
    Usage: {} [option] command [[arg] ...]

    dumb-init is a simple process supervisor that forwards signals to children.
    It is designed to run as PID1 in minimal container environments.

    Optional arguments:
       -c, --single-child   Run in single-child mode.
                            In this mode, signals are only proxied to the
                            direct child and not any of its descendants.
       -r, --rewrite s:r    Rewrite received signal s to new signal r before proxying.
                            To ignore (not proxy) a signal, rewrite it to 0.
                            This option can be specified multiple times.
       -v, --verbose        Print debugging information to stderr.
       -h, --help           Print this help message and exit.
       -V, --version        Print the current version and exit.

    Full help is available online at https://github.com/Yelp/dumb-init
    """, ByteString(dumbInitVersion), name)
}

/// dumb-init's messages, on stderr.
private struct DumbInitLog {
  let isVerbose: Bool
  let hasSession: Bool
  let command: ByteString

  func hear(_ news: CommandNews) {
    switch news {
    case .cannotFork: Self.say("Unable to fork. Exiting.")
    case .cannotRun(_, let step, let errno):
      let what: ByteString = step == .session ? "Unable to setsid" : command
      Self.say(message("{}: {}", what, ByteString(errno.message)))
    default:
      if isVerbose { debug(news) }
    }
  }

  private func debug(_ news: CommandNews) {
    switch news {
    case .terminal(nil, leads: true):
      Self.say(
        "Detached from controlling tty, ignoring the first SIGHUP and SIGCONT we receive.")
    case .terminal(nil, leads: false):
      Self.say("Detached from controlling tty, but was not session leader.")
    case .terminal(.some(let errno), _):
      Self.say(
        message(
          "Unable to detach from controlling tty (errno={} {}).", decimal(errno.code),
          ByteString(errno.message)))
    case .started(let pid):
      if hasSession { Self.say("setsid complete.") }
      Self.say(message("Child spawned with PID {}.", decimal(pid)))
    case .received(let signal):
      Self.say(message("Received signal {}.", decimal(signal.number)))
    case .handOff(let signal):
      Self.say(message("Ignoring tty hand-off signal {}.", decimal(signal.number)))
    case .rewritten(let old, let new):
      Self.say(message("Translating signal {} to {}.", decimal(old.number), decimal(new.number)))
    case .forwarded(let signal), .cannotForward(let signal, _):
      Self.say(message("Forwarded signal {} to children.", decimal(signal.number)))
    case .droppedSignal(let signal):
      Self.say(message("Translating signal {} to 0.", decimal(signal.number)))
      Self.say("Not forwarding signal 0 to children (ignored).")
    case .suspending: Self.say("Suspending self due to TTY signal.")
    case .ended(let child, _):
      Self.say(
        child.signal == 0
          ? message(
            "A child with PID {} exited with exit status {}.", decimal(child.pid),
            decimal(child.code))
          : message(
            "A child with PID {} was terminated by signal {}.", decimal(child.pid),
            decimal(child.signal)))
    case .exiting(let code):
      Self.say(message("Child exited with status {}. Goodbye.", decimal(code)))
    case .cannotHavePDeathSignal, .cannotBecomeSubreaper, .isSubreaper, .reapsNothing, .cannotFork,
      .cannotRun, .keptSignal, .noMoreEnded:
      return
    }
  }

  @inline(never)
  static func say(_ text: consuming ByteString) {
    Output.print("[dumb-init] " + text, to: .standardError)
  }
}
