import Basics
import Configuration

/// A command and the daemon that it puts into the background: one program, two processes.
///
/// The daemon is known by its pidfile. This is the pure part, shared by programs with `pidfile=` or
/// a pidproxy as command and by the stand-alone `pidproxy`: which of the two the program is at any
/// time, where signals go, and when it has ended. Whether a pid in the file may be believed is
/// judged before it gets here.
///
///     COMMAND ──named──▶ both ──COMMAND ends──▶ daemon ──ends──▶ ended
///        │                │ ▲
///        │ ends with 0    │ └──named (a successor)──┐
///        ▼                └────daemon ends────▶ bereft ──COMMAND ends──▶ ended
///     awaiting ──named──▶ daemon                  └── 5 s: COMMAND is told to end
///        └── 10 s: ended
///
/// What may never happen: a wait without a bound, two ends of one program, and an end while one of
/// the two is known to live.
public struct Follower: Sendable {
  /// How long after COMMAND's end its pidfile may take to name somebody.
  public static let pidfilePatience = Nanoseconds.seconds(10)
  /// How long a wrapper may take to end, or to start another daemon, when its daemon has ended.
  public static let successorPatience = Nanoseconds.seconds(5)
  /// Either of them when the program was told to stop: nobody waits for a daemon then.
  public static let wrapperPatience = Nanoseconds.seconds(1)
  /// How long a wrapper that was told to end may take before it gets SIGKILL.
  public static let commandPatience = Nanoseconds.seconds(10)
  /// The status of a daemon that was not our child, and whose end is all that is known.
  public static let unknownStatus = WaitStatus.exited(255)

  public enum Event: Equatable, Sendable {
    /// COMMAND was started.
    case started(ProcessID)
    /// The pidfile names a process that is one of COMMAND's.
    case named(ProcessID)
    case commandEnded(WaitStatus)
    /// nil: it is not known how.
    case daemonEnded(WaitStatus?)
    /// The program was told to stop.
    case told
    /// `deadline` has come. `hasSuccessor`: a process of COMMAND's runs what the daemon ran.
    case timedOut(hasSuccessor: Bool)
  }

  public enum Move: Equatable, Sendable {
    /// COMMAND lives, and signals go to this process from now on.
    case follow(ProcessID)
    /// COMMAND has gone into the background, and nobody is known there yet.
    case detach
    /// COMMAND is gone: this process is the program from now on.
    case become(ProcessID)
    /// The pidfile named nobody in time.
    case nobodyNamed
    /// To COMMAND, which has outlived its daemon.
    case endCommand(Signal)
    case end(WaitStatus)
  }

  enum Phase: Equatable, Sendable {
    case idle
    case command
    case both
    case awaiting(WaitStatus)
    case daemon
    /// The daemon has ended, COMMAND lives. `told`: it was told to end; 2: with SIGKILL.
    case bereft(WaitStatus?, told: Int)
  }

  let mode: Follow.Mode
  private(set) var phase = Phase.idle
  /// COMMAND while it lives, else 0.
  public private(set) var command: ProcessID = 0
  /// The daemon while it lives and is known, else 0.
  public private(set) var daemon: ProcessID = 0
  public private(set) var deadline: Time?
  /// Whether the program was told to stop.
  public private(set) var isTold = false
  /// When COMMAND was started.
  private var started = Time(nanoseconds: 0)
  /// Whether a process is in sight that may be the daemon. Whoever owns this says so before the events
  /// `told` and `commandEnded`, where it is known.
  public var mayHaveDaemon = true

  public init(_ mode: Follow.Mode) { self.mode = mode }

  /// Whether the pidfile is to be looked at now.
  public var wantsFile: Bool {
    switch phase {
    case .idle: return false
    case .command: return mode == .proxy
    case .both, .awaiting, .daemon, .bereft: return true
    }
  }

  /// Whether something is awaited that the pidfile will say.
  public var awaitsFile: Bool { wantsFile && daemon == 0 }

  public mutating func handle(_ event: Event, at now: Time) -> [Move] {
    switch event {
    case .started(let pid):
      self = Follower(mode)
      command = pid
      started = now
      phase = .command
      return []
    case .told:
      isTold = true
      switch phase {
      case .bereft(let status, told: 0): wait(bereft: status, Self.wrapperPatience, now)
      case .awaiting:
        deadline = mayHaveDaemon ? min(deadline ?? now, now + Self.wrapperPatience) : now
      case .idle, .command, .both, .daemon, .bereft: break
      }
      return []
    case .named(let pid): return named(pid)
    case .commandEnded(let status): return commandEnded(status, now)
    case .daemonEnded(let status): return daemonEnded(status, now)
    case .timedOut(let hasSuccessor): return timedOut(hasSuccessor, now)
    }
  }

  private mutating func named(_ pid: ProcessID) -> [Move] {
    guard pid > 1, pid != daemon, pid != command else { return [] }
    switch phase {
    case .idle: return []
    case .command:
      guard mode == .proxy else { return [] }
      return follow(pid)
    case .both, .bereft(_, told: 0): return follow(pid)
    // It was told to end already: what it starts now ends with it.
    case .bereft: return []
    case .awaiting, .daemon:
      daemon = pid
      phase = .daemon
      deadline = nil
      return [.become(pid)]
    }
  }

  private mutating func follow(_ pid: ProcessID) -> [Move] {
    daemon = pid
    phase = .both
    deadline = nil
    return [.follow(pid)]
  }

  private mutating func commandEnded(_ status: WaitStatus, _ now: Time) -> [Move] {
    command = 0
    switch phase {
    case .idle, .awaiting, .daemon: return []
    case .both:
      phase = .daemon
      return [.become(daemon)]
    case .command:
      // Told, and gone, is gone. The pidfile of a proxy was looked at all the time, and just now.
      guard status == .exited(0), !isTold || mode == .afterFork else { return end(status) }
      let patience = awaitingPatience(now)
      if patience == .zero { mayHaveDaemon = false }
      phase = .awaiting(status)
      deadline = now + patience
      return [.detach]
    case .bereft(let last, _):
      return end(last ?? status)
    }
  }

  /// How long the pidfile may take when COMMAND has ended. One that was told to stop has ended by
  /// that, unless it was just about to go into the background: then there is a process that may be its
  /// daemon. In any case the file is looked at once.
  private func awaitingPatience(_ now: Time) -> Nanoseconds {
    if !isTold { return Self.pidfilePatience }
    let isYoung = now - started < Self.wrapperPatience
    return isYoung && mayHaveDaemon ? Self.wrapperPatience : .zero
  }

  private mutating func daemonEnded(_ status: WaitStatus?, _ now: Time) -> [Move] {
    daemon = 0
    switch phase {
    case .idle, .command, .awaiting, .bereft: return []
    case .both:
      wait(bereft: status, isTold ? Self.wrapperPatience : Self.successorPatience, now)
      return []
    case .daemon: return end(status ?? Self.unknownStatus)
    }
  }

  private mutating func timedOut(_ hasSuccessor: Bool, _ now: Time) -> [Move] {
    guard let due = deadline, due <= now else { return [] }
    deadline = nil
    switch phase {
    case .idle, .command, .both, .daemon: return []
    case .awaiting(let status):
      if hasSuccessor, !isTold {
        deadline = now + Self.pidfilePatience
        return []
      }
      // What was not waited for is not missed.
      return (isTold && !mayHaveDaemon ? [] : [.nobodyNamed]) + end(status)
    case .bereft(let status, told: 0):
      if hasSuccessor, !isTold {
        wait(bereft: status, Self.successorPatience, now)
        return []
      }
      phase = .bereft(status, told: 1)
      deadline = now + Self.commandPatience
      return [.endCommand(.terminate)]
    case .bereft(let status, told: 1):
      phase = .bereft(status, told: 2)
      return [.endCommand(.kill)]
    case .bereft: return []
    }
  }

  private mutating func wait(bereft status: WaitStatus?, _ patience: Nanoseconds, _ now: Time) {
    phase = .bereft(status, told: 0)
    deadline = now + patience
  }

  private mutating func end(_ status: WaitStatus) -> [Move] {
    phase = .idle
    command = 0
    daemon = 0
    deadline = nil
    return [.end(status)]
  }
}
