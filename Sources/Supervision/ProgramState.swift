import Configuration

/// The state of one program (Supervisor's states and codes), with what belongs to it.
///
///                    start                up startsecs
///        STOPPED ───────────▶ STARTING ───────────────▶ RUNNING ──┐
///           ▲                 ▲  │  ▲                   │  ▲      │ stop
///           │       start,    │  │  │ pause over        │  │      ▼
///           │       restart   │  │  │             ended │  │   STOPPING ──▶ STOPPED
///           │                 │  ▼  │                   ▼  │ (through       (ended)
///           └───── stop ──── BACKOFF            EXITED ────┘  STARTING)
///                             │
///                             ▼ startretries used up
///                            FATAL
///
/// What may never happen: two live processes of one program; SIGKILL before `stopwaitsecs` is
/// over (but for a person's second ^C); a timer for a program that is STOPPED, FATAL or EXITED
/// for good; a program that leaves FATAL, or RUNNING for STOPPING, by itself.
public enum ProgramState: Equatable, Sendable {
  /// Never started, or stopped on request.
  case stopped
  /// Forked, or about to be (`pid` 0). `executed`: the exec is known to have succeeded.
  case starting(pid: ProcessID, since: Time, executed: Bool, failure: SpawnFailure?)
  case running(pid: ProcessID, since: Time)
  /// A start failed; the timer says when the next is tried.
  case backoff
  /// Told to end. `pid` 0: the fork is still to be answered.
  case stopping(pid: ProcessID, stage: StopStage)
  /// Ended by itself. `restarting`: a timer will start it again.
  case exited(restarting: Bool)
  case fatal

  public enum StopStage: Equatable, Sendable {
    /// The stop signal was sent; the timer is `stopwaitsecs`.
    case told(Signal)
    /// SIGKILL was sent; the timer is `Supervisor.killPatience`.
    case killed
    /// SIGKILL did not help; nobody waits for it any more.
    case abandoned
  }

  /// Supervisor's number of the state.
  public var code: Int32 {
    switch self {
    case .stopped: return 0
    case .starting: return 10
    case .running: return 20
    case .backoff: return 30
    case .stopping: return 40
    case .exited: return 100
    case .fatal: return 200
    }
  }

  /// Supervisor's name of the state.
  public var name: StaticString {
    switch self {
    case .stopped: return "STOPPED"
    case .starting: return "STARTING"
    case .running: return "RUNNING"
    case .backoff: return "BACKOFF"
    case .stopping: return "STOPPING"
    case .exited: return "EXITED"
    case .fatal: return "FATAL"
    }
  }

  /// The process that the program has now, or 0.
  public var pid: ProcessID {
    switch self {
    case .starting(let pid, _, _, _), .running(let pid, _), .stopping(let pid, _): return pid
    case .stopped, .backoff, .exited, .fatal: return 0
    }
  }

  /// Something is still to come of it without anybody asking: a process that lives, or a timer
  /// that will start one.
  var isActive: Bool {
    switch self {
    case .starting, .running, .backoff: return true
    case .stopping(_, let stage): return stage != .abandoned
    case .exited(let restarting): return restarting
    case .stopped, .fatal: return false
    }
  }
}

/// An end that was not expected of a program.
public enum UnexpectedEnd: Equatable, Sendable {
  /// From RUNNING.
  case exited(WaitStatus)
  /// It could not be started.
  case failed(StartFailure)

  /// The exit status that stands for it; never 0 for a failed start (SPEC §6).
  public var code: UInt8 {
    switch self {
    case .exited(let status): return status.code
    case .failed(let failure): return failure.exitCode
    }
  }
}

/// How a program's last run ended, for the exit status of the container.
enum LastEnd: Equatable, Sendable {
  /// It has not ended, or was stopped on request, or ended as expected, or runs again.
  case fine
  /// `order` tells which of several came first.
  case unexpected(UnexpectedEnd, order: UInt64)
}
