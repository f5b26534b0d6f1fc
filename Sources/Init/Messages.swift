import Configuration
import Linux
import Supervision

// What the log says, in one place. Every failure names the program, the step, the thing that the
// step was done to, and the reason.

/// Renders what the core reports.
struct Messages {
  let configuration: Configuration
  /// Another user's programs cannot be had: the hint that goes with EPERM.
  let isRoot: Bool

  func level(of notice: Notice) -> LogLevel {
    switch notice {
    case .starting, .running, .stopping, .stopped, .nothingToStart, .stopRequested: return .info
    case .exited(_, _, let expected, _): return expected ? .info : .warn
    case .backoff, .killing, .ignored, .stopRepeated, .killingAll, .sweeping: return .warn
    case .fatal, .survivedKill: return .error
    }
  }

  /// - Parameter sender: whom the notice's signal came from, if it is about one.
  func text(of notice: Notice, sender: ByteString) -> ByteString {
    switch notice {
    case .starting(let slot, let pid): return "\(name(slot)): STARTING (pid \(pid))"
    case .running(let slot, let pid): return "\(name(slot)): RUNNING (pid \(pid))"
    case .backoff(let slot, let failure, let pause):
      return "\(name(slot)): BACKOFF, \(reason(slot, failure)), next try in \(seconds(pause))"
        + hint(slot, failure)
    case .fatal(let slot, let failure, let tries):
      let count: ByteString = tries == 1 ? "1 try" : "\(tries) tries"
      return "\(name(slot)): FATAL, \(reason(slot, failure)) (\(count))"
    case .exited(let slot, let status, let expected, let restart):
      let judgement: StaticString = expected ? "expected" : "unexpected"
      let what: ByteString
      switch status {
      case .exited(let code): what = "EXITED with status \(code)"
      case .signalled(let signal): what = "EXITED, killed by \(signal.name)"
      }
      return "\(name(slot)): \(what) (\(judgement))\(next(restart))"
    case .stopping(let slot, let pid, let signal):
      return "\(name(slot)): STOPPING (pid \(pid), \(signal.name))"
    case .stopped(let slot, _): return "\(name(slot)): STOPPED"
    case .killing(let slot, let pid, let waited):
      return "\(name(slot)): still there after \(seconds(waited)), SIGKILL (pid \(pid))"
    case .survivedKill(let slot, let pid):
      return "\(name(slot)): pid \(pid) withstands SIGKILL (it waits in the kernel), ignoring"
    case .nothingToStart: return "no program starts by itself: waiting"
    case .stopRequested(let signal, _): return "stopping: \(signal.name) \(sender)"
    case .stopRepeated(let signal, _):
      return "already stopping: \(signal.name) \(sender), ignoring"
    case .killingAll: return "second SIGINT on the terminal: SIGKILL to all that is left"
    case .ignored(let signal, _):
      return "\(signal.name) \(sender) has no meaning here, ignoring"
    case .sweeping:
      return "processes that no program is are still there after SIGTERM: SIGKILL to all of them"
    }
  }

  /// The last line: why swinit ends. `sender` names who sent the signal, as it was when it came.
  func lastWord(_ code: UInt8, _ reason: ExitReason, sender: ByteString) -> ByteString {
    let why: ByteString
    switch reason {
    case .told(let signal, _, let failed):
      let blame: ByteString = failed.map { ", and \(name($0)) had failed" } ?? ""
      why = "stopped by \(signal.name) \(sender)\(blame)"
    case .essentialFatal(let slot, let failure):
      why =
        "essential program \(name(slot)) is FATAL: \(self.reason(slot, failure))"
        + " (essential=none would keep the container)"
    case .essentialExited(let slot, let status):
      why = "essential program \(name(slot)) ended: \(text(of: status))"
    case .nothingLeft(let failed):
      guard let failed else {
        why = "nothing left to do"
        break
      }
      why = "nothing left to do, \(name(failed)) failed"
    }
    return "exit \(code): \(why)"
  }

  func name(_ slot: Slot) -> ByteString {
    configuration.displayName(configuration.programs[slot])
  }

  private func next(_ restart: Nanoseconds?) -> ByteString {
    guard let restart else { return "" }
    return restart > .zero ? ", restarting in \(seconds(restart))" : ", restarting"
  }

  func reason(_ slot: Slot, _ failure: StartFailure) -> ByteString {
    switch failure {
    case .spawn(let failure): return "cannot start: \(step(slot, failure))"
    case .tooQuick(let status): return "\(text(of: status)) before startsecs"
    }
  }

  /// A program that did what it was meant to, only too soon for a service.
  private func hint(_ slot: Slot, _ failure: StartFailure) -> ByteString {
    guard case .tooQuick(.exited(let code)) = failure,
      configuration.programs[slot].exitcodes.contains(code)
    else { return "" }
    return " (startsecs=0 if it is meant to end at once)"
  }

  func text(of status: WaitStatus) -> ByteString {
    switch status {
    case .exited(let code): return "exited with status \(code)"
    case .signalled(let signal): return "killed by \(signal.name)"
    }
  }

  /// `execve "/usr/sbin/nginx": No such file or directory`.
  private func step(_ slot: Slot, _ failure: SpawnFailure) -> ByteString {
    let program = configuration.programs[slot]
    let errno = Errno(code: failure.errno)
    let user = program.user ?? ""
    switch SpawnStep(number: failure.step) {
    case .user: return "user \"\(user)\": no such user in /etc/passwd"
    case .group: return "user \"\(user)\": no such group in /etc/group"
    case .pipe: return "pipe: \(errno.text)"
    case .fork: return "fork: \(errno.text)"
    case .session: return "setsid: \(errno.text)"
    case .limits: return "setrlimit RLIMIT_NOFILE: \(errno.text)"
    case .stdin: return "stdin: \(errno.text)"
    case .stdout: return "stdout_logfile \(path(program.stdout)): \(errno.text)"
    case .stderr: return "stderr_logfile \(path(program.stderr)): \(errno.text)"
    case .groups: return "setgroups for \"\(user)\": " + denied(errno, "CAP_SETGID")
    case .gid: return "setgid for \"\(user)\": " + denied(errno, "CAP_SETGID")
    case .uid: return "setuid for \"\(user)\": " + denied(errno, "CAP_SETUID")
    case .proof: return "setuid for \"\(user)\": root could be had again"
    case .directory: return "chdir \"\(program.directory ?? ByteString())\": \(errno.text)"
    case .exec: return "execve \"\(command(program))\": \(errno.text)"
    default: return errno.text
    }
  }

  private func denied(_ errno: Errno, _ capability: ByteString) -> ByteString {
    guard errno == .permission else { return errno.text }
    let why: ByteString = isRoot ? "\(capability) is missing" : "swinit is not root"
    return "\(errno.text) (\(why))"
  }

  private func command(_ program: Program) -> ByteString {
    ByteString(program.arguments.bytes.prefix { $0 != 0 })
  }

  private func path(_ target: LogTarget) -> ByteString {
    switch target {
    case .file(let path): return "\"\(path)\""
    case .containerStdout, .containerStderr, .null: return ""
    }
  }

  /// `2 s`, `1.5 s`.
  private func seconds(_ length: Nanoseconds) -> ByteString {
    let whole = length.count / 1_000_000_000
    let tenths = length.count % 1_000_000_000 / 100_000_000
    return tenths == 0 ? "\(whole) s" : "\(whole).\(tenths) s"
  }
}

extension Errno {
  /// The C library's words for it.
  var text: ByteString { ByteString(message) }
}

extension Notice {
  /// Whom the signal came from that it is about.
  var sender: Sender? {
    switch self {
    case .stopRequested(_, let sender), .stopRepeated(_, let sender), .ignored(_, let sender),
      .killingAll(let sender):
      return sender
    case .starting, .running, .backoff, .fatal, .exited, .stopping, .stopped, .killing,
      .survivedKill, .nothingToStart, .sweeping:
      return nil
    }
  }
}
