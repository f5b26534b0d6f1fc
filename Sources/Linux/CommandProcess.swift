import CLinux

/// What a command has to do with sessions and the terminal on stdin (`credentials(7)`).
public enum CommandSession: Sendable {
  /// A session of its own, without a terminal.
  case own
  /// Nothing is changed.
  case shared
  /// A process group of its own in our session.
  case group
  /// A session of its own, and the terminal on stdin becomes its controlling one, if it can.
  case ownTerminal
  /// A process group of its own in our session, the foreground one of the terminal on stdin.
  case foreground
  /// The same, of our controlling terminal, whatever stdin is.
  case foregroundOfAny

  var word: cl_session {
    switch self {
    case .own: return CL_SESSION_NEW
    case .shared: return CL_SESSION_SHARED
    case .group: return CL_SESSION_GROUP
    case .ownTerminal: return CL_SESSION_TERMINAL
    case .foreground: return CL_SESSION_FOREGROUND
    case .foregroundOfAny: return CL_SESSION_FOREGROUND_ANY
    }
  }
}

/// Our place on the terminal that is stdin.
public enum TerminalPlace: Sendable {
  /// There is none, or it is not our controlling one.
  case none
  /// It is that of the session which we lead.
  case leader
  /// It is that of another's session (a shell's), and we are in its foreground.
  case foreground
  case background

  public static var now: TerminalPlace {
    switch cl_terminal_place() {
    case CL_TERMINAL_LEADER: return .leader
    case CL_TERMINAL_FOREGROUND: return .foreground
    case CL_TERMINAL_BACKGROUND: return .background
    default: return .none
    }
  }
}

/// Signals as bits, n - 1 for signal n: how the kernel has them.
public typealias SignalBits = UInt64

/// What a command gets of signals: which are blocked, ignored, or set back to their default.
public struct SignalDispositions: Sendable {
  public var blocked: SignalBits
  public var ignored: SignalBits = 0
  public var defaulted: SignalBits = 0

  public init(blocked: SignalBits, ignored: SignalBits = 0, defaulted: SignalBits = 0) {
    self.blocked = blocked
    self.ignored = ignored
    self.defaulted = defaulted
  }

  /// As we were started ourselves; for one who called `SignalDescriptor`.
  public static var asStarted: SignalDispositions {
    SignalDispositions(blocked: cl_blocked_at_start(), ignored: cl_ignored_at_start())
  }

  /// Blocks every signal for `waitForSignal`; what a command must get to have them as we had.
  public static func blockingAll() -> SignalDispositions {
    let childIgnored = cl_block_signals()
    return SignalDispositions(blocked: cl_blocked_at_start(), ignored: childIgnored)
  }
}

/// The words of a command as `main` got them: a pointer to the first, a null pointer at the end.
public typealias ArgumentVector = UnsafePointer<UnsafePointer<CChar>?>

/// One command that takes over what we have: descriptors, environment, working directory.
public struct CommandPlan {
  public var words: ArgumentVector
  public var session: CommandSession
  public var signals: SignalDispositions
  /// As execvp(3): a file that the kernel cannot execute is a script for /bin/sh.
  public var shellFallback = false
  /// LISTEN_PID, where it names us, is to name the command instead (`sd_listen_fds(3)`).
  public var takesListenPID = false

  public init(words: ArgumentVector, session: CommandSession, signals: SignalDispositions) {
    self.words = words
    self.session = session
    self.signals = signals
  }

  /// The pid, and what went wrong between fork and exec, if anything did: then the process ends by
  /// itself with 127. Waits for the exec (`vfork(2)`).
  public func start() throws(Errno) -> (pid: Int32, failure: (step: SpawnStep, errno: Errno)?) {
    var report = cl_report()
    var request = cl_spawn()
    request.arguments = words
    request.environment = cl_environment()
    request.umask = -1
    request.session = session.word
    request.keep_descriptors = 1
    request.blocked = signals.blocked
    request.ignored = signals.ignored
    request.defaulted = signals.defaulted
    request.shell_fallback = shellFallback ? 1 : 0
    request.own_listen_pid = takesListenPID ? 1 : 0
    let pid = withUnsafeMutablePointer(to: &report) { report in
      request.report = report
      request.path = cl_search_path()
      return cl_spawn_now(&request)
    }
    guard pid > 0 else { throw Errno.last }
    guard report.step != 0 else { return (pid, nil) }
    let step = SpawnStep(number: UInt8(truncatingIfNeeded: report.step))
    return (pid, (step, Errno(code: report.error)))
  }
}

/// The next signal, once one comes; nil when `nanoseconds` are over first.
public func waitForSignal(nanoseconds: Int64? = nil) -> ReceivedSignal? {
  var signal = cl_signal()
  guard cl_wait_signal(&signal, nanoseconds ?? -1) == 1 else { return nil }
  return ReceivedSignal(
    number: signal.number, senderPID: signal.sender_pid, senderUID: signal.sender_uid,
    isFromKernel: signal.from_kernel != 0)
}

/// The value of a variable of our own environment, without a copy of all of it.
public func environmentValue(_ name: StaticString) -> [UInt8]? {
  name.withUTF8Buffer { buffer in
    buffer.withMemoryRebound(to: CChar.self) { cl_environment_value($0.baseAddress) }
  }.map { bytes(of: $0) }
}

/// The same for any name.
public func environmentValue(_ name: [UInt8]) -> [UInt8]? {
  withCString(name) { cl_environment_value($0) }.map { bytes(of: $0) }
}

public enum ReapedOrStopped: Sendable {
  case ended(EndedProcess)
  /// Stopped by SIGTSTP, SIGSTOP, …
  case stopped(Int32, signal: Int32)
  /// There are children, but of none is there news.
  case nothing
  case noChildren
}

/// As `reapOne`, and perhaps tells of children that were stopped.
public func reapOrStopped(tellsStops: Bool) -> ReapedOrStopped {
  var ended = cl_ended()
  var stopped: Int32 = 0
  switch tellsStops ? cl_reap_or_stopped(&ended, &stopped) : cl_reap(&ended) {
  case 1:
    if stopped != 0 { return .stopped(ended.pid, signal: stopped) }
    return .ended(EndedProcess(pid: ended.pid, signal: ended.signal, code: ended.code))
  case 0: return .nothing
  default: return cl_errno() == ECHILD ? .noChildren : .nothing
  }
}

/// Whether orphans among our descendants come to us; nil when the kernel does not tell.
public func isSubreaper() -> Bool? {
  let answer = cl_is_subreaper()
  return answer < 0 ? nil : answer == 1
}

/// Asks for a signal when our parent ends (`PR_SET_PDEATHSIG`).
public func setParentDeathSignal(_ number: Int32) throws(Errno) {
  guard cl_set_parent_death_signal(number) == 0 else { throw Errno.last }
}

/// Gives up the controlling terminal. A session's leader gets SIGHUP and SIGCONT for it.
public func leaveTerminal() throws(Errno) {
  guard cl_leave_terminal() == 0 else { throw Errno.last }
}

public func leadsSession() -> Bool { cl_leads_session() != 0 }

/// Puts a process group in front of the terminal on stdin.
public func setForeground(_ group: Int32) { _ = cl_set_foreground(group) }

/// Stops ourselves until SIGCONT. No effect as PID 1.
public func suspendSelf() { _ = cl_kill(getpid(), 19) }

/// Holds no directory but `/`.
public func leaveDirectory() { cl_leave_directory() }
/// Holds no descriptor above 2.
public func closeDescriptors() { cl_close_from(3) }

/// The C library's words for a signal (`strsignal(3)`).
public func signalWords(_ number: Int32) -> [UInt8] {
  guard let text = cl_signal_words(number) else { return [] }
  return bytes(of: text)
}
