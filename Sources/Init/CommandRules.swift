import Basics
import Configuration
import Linux

/// How one command is run by an init that has nothing else to run. What the called name or an option
/// varies is a value here; `CommandLoop` knows no names.
public final class CommandRules {
  public enum Session: Sendable {
    /// What the terminal on stdin asks for. Of a session that we lead (a container's `-t`): the
    /// command leads one of its own there. Of a shell's session: a process group of its own, and we
    /// stop and go on with it, so that the shell has its job control. Without: a session of its own.
    case automatic
    /// tini's: a process group of its own, in the foreground where stdin is a terminal.
    case foreground
    /// catatonit's: the same of /dev/tty.
    case foregroundOfAny
    /// dumb-init's: gives up the terminal, and the command's own session takes it.
    case handOver
    /// Everything as we have it (dumb-init --single-child).
    case shared
  }

  public enum Subreaper: Sendable { case never, unlessFirst, always }

  public var session = Session.automatic
  public var subreaper = Subreaper.unlessFirst
  /// Signals go to the command's process group.
  public var toGroup = false
  public var rewrites = SignalRewrites()
  /// Signals that end here.
  public var kept = Signals()
  /// SIGTSTP, SIGTTIN and SIGTTOU stop us as well, as dumb-init does, so that whoever sent them sees
  /// a stopped job. In a session of its own the command gets SIGSTOP for them, since the kernel
  /// stops nobody there by the others (`setpgid(2)`, orphaned process groups).
  public var suspends = true
  /// Exit codes that count as 0.
  public var accepted = ExitCodes()
  public var parentDeathSignal: Signal?
  /// Every ignored signal back to its default in the command, and none blocked (dumb-init).
  public var resetsSignals = false
  /// Signals blocked in the command beside those that we had blocked (catatonit).
  public var blocked = Signals()
  public var shellFallback = false
  public var takesListenPID = true
  public var leavesDirectory = false
  public var closesDescriptors = false
  /// When the command has ended its process group gets this.
  public var lastSignal: Signal?
  /// When the command has ended, what is left of its processes is told to end, and waited for.
  public var sweeps = true
  /// What we exit with when there is no such command, when it cannot be executed (EACCES), and when
  /// something else is wrong.
  public var notFound: UInt8 = 127
  public var notExecutable: UInt8 = 126
  public var otherFailure: UInt8 = 126
  /// There is no command: SIGTERM and SIGINT end us (catatonit -P).
  public var pauses = false

  @inline(never)
  public init() {}
}

/// What happens while a command runs, for those who want to hear of it.
public enum CommandNews {
  case cannotHavePDeathSignal(Errno)
  case cannotBecomeSubreaper(Errno)
  /// Orphans come to us though we are not PID 1.
  case isSubreaper
  /// Orphans do not come to us.
  case reapsNothing
  /// Of the terminal: nil: given up; `leads`: and it was our session's.
  case terminal(Errno?, leads: Bool)
  case cannotFork(Errno)
  case cannotRun(pid: Int32, SpawnStep, Errno)
  case started(pid: Int32)
  case received(Signal)
  /// SIGHUP and SIGCONT, which giving up the terminal brings.
  case handOff(Signal)
  case keptSignal(Signal)
  case rewritten(Signal, Signal)
  case forwarded(Signal)
  /// It was rewritten to nothing.
  case droppedSignal(Signal)
  case cannotForward(Signal, Errno)
  case suspending
  /// `isCommand`: it was the command.
  case ended(EndedProcess, isCommand: Bool)
  case noMoreEnded(hasChildren: Bool)
  /// The command has ended; we exit with this.
  case exiting(UInt8)
}
