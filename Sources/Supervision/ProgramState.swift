import Basics
import Configuration

/// The state of one program (Supervisor's states and codes), with what belongs to it. The arrows
/// between them are in `StateGraph.swift`.
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
    /// The stop signal was sent, or this one of a sequence; the timer is `stopwaitsecs`, or the pause
    /// before the next.
    case told(Signal)
    /// `stop_command` runs before the signal; the timer is `stopwaitsecs`.
    case asked
    /// The process has ended, `stop_command` still runs; the timer is the same.
    case left
    /// SIGKILL was sent; the timer is `Supervisor.killPatience`.
    case killed
    /// SIGKILL did not help; nobody waits for it any more.
    case abandoned
  }

  /// The state without what belongs to it.
  public var name: StateName {
    switch self {
    case .stopped: return .stopped
    case .starting: return .starting
    case .running: return .running
    case .backoff: return .backoff
    case .stopping: return .stopping
    case .exited: return .exited
    case .fatal: return .fatal
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

/// Supervisor's states, with the numbers that its clients know.
public enum StateName: Int32, CaseIterable, Sendable {
  case stopped = 0
  case starting = 10
  case running = 20
  case backoff = 30
  case stopping = 40
  case exited = 100
  case fatal = 200
  case unknown = 1000

  public var text: Literal {
    switch self {
    case .stopped: return "STOPPED"
    case .starting: return "STARTING"
    case .running: return "RUNNING"
    case .backoff: return "BACKOFF"
    case .stopping: return "STOPPING"
    case .exited: return "EXITED"
    case .fatal: return "FATAL"
    case .unknown: return "UNKNOWN"
    }
  }

  public var meaning: Literal {
    switch self {
    case .stopped: return "never started, or stopped on request"
    case .starting: return "started, not yet ready or up for startsecs"
    case .running: return "up"
    case .backoff: return "ended before startsecs; tried again after 1, 2, 3 ... s"
    case .stopping: return "told to stop"
    case .exited: return "ended by itself; restarted as autorestart and exitcodes say"
    case .fatal: return "did not start in 1 + startretries tries"
    case .unknown: return "never happens here"
    }
  }
}
