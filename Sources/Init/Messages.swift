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
  /// The program that is COMMAND.
  let command: Slot?

  func level(of notice: Notice) -> LogLevel {
    switch notice {
    case .starting, .running, .stopping, .stopped, .nothingToStart, .stopRequested: return .info
    case .exited(_, _, let expected, _): return expected ? .info : .warn
    // The next line, FATAL, says it all.
    case .backoff(_, _, pause: nil): return .debug
    case .backoff, .killing, .ignored, .stopRepeated, .killingAll, .sweeping: return .warn
    case .fatal, .survivedKill: return .error
    }
  }

  /// - Parameter sender: whom the notice's signal came from, if it is about one.
  func text(of notice: Notice, sender: ByteString) -> ByteString {
    switch notice {
    case .starting(let slot, let pid):
      return message("{}: STARTING (pid {})", name(slot), decimal(pid))
    case .running(let slot, let pid):
      return message("{}: RUNNING (pid {})", name(slot), decimal(pid))
    case .backoff(let slot, let failure, let pause):
      guard let pause else {
        return message("{}: BACKOFF, {}, no try is left", name(slot), reason(slot, failure))
      }
      return message(
        "{}: BACKOFF, {}, next try in {}{}", name(slot), reason(slot, failure), seconds(pause),
        hint(slot, failure))
    case .fatal(let slot, let failure, let tries):
      let count: ByteString = tries == 1 ? "1 try" : message("{} tries", decimal(tries))
      return message("{}: FATAL, {} ({})", name(slot), reason(slot, failure), count)
    case .exited(let slot, let status, let expected, let restart):
      let judgement: StaticString = expected ? "expected" : "unexpected"
      let what: ByteString
      switch status {
      case .exited(let code): what = message("EXITED with status {}", decimal(code))
      case .signalled(let signal): what = message("EXITED, killed by {}", signal.name)
      }
      return message("{}: {} ({}){}", name(slot), what, ByteString(judgement), next(restart))
    case .stopping(let slot, let pid, let signal):
      return message("{}: STOPPING (pid {}, {})", name(slot), decimal(pid), signal.name)
    case .stopped(let slot, _): return message("{}: STOPPED", name(slot))
    case .killing(let slot, let pid, let waited):
      return message(
        "{}: still there after {}, SIGKILL (pid {})", name(slot), seconds(waited), decimal(pid))
    case .survivedKill(let slot, let pid):
      return message(
        "{}: pid {} withstands SIGKILL (it waits in the kernel), ignoring", name(slot), decimal(pid)
      )
    case .nothingToStart: return "no program starts by itself: waiting"
    case .stopRequested(let signal, _): return message("stopping: {} {}", signal.name, sender)
    case .stopRepeated(let signal, _):
      return message("already stopping: {} {}, ignoring", signal.name, sender)
    case .killingAll: return "second SIGINT on the terminal: SIGKILL to all that is left"
    case .ignored(let signal, _):
      return message("{} {} has no meaning here, ignoring", signal.name, sender)
    case .sweeping:
      return "processes that no program is are still there after SIGTERM: SIGKILL to all of them"
    }
  }

  /// The last line: why swinit ends. `sender` names who sent the signal, as it was when it came.
  func lastWord(_ code: UInt8, _ reason: ExitReason, sender: ByteString) -> ByteString {
    let why: ByteString
    switch reason {
    case .told(let signal, _, let failed):
      why = message("stopped by {} {}", signal.name, sender) + blame(failed)
    case .essentialFatal(let slot, let failure) where slot == command:
      why = message("COMMAND {}", self.reason(slot, failure))
    case .essentialFatal(let slot, let failure):
      why =
        message("essential program {} is FATAL: {}", name(slot), self.reason(slot, failure))
        + " (essential=none would keep the container)"
    case .essentialExited(let slot, let status):
      why = message("essential program {} ended: {}", name(slot), text(of: status))
    case .commandEnded(let slot, let status):
      why = message("COMMAND {}: {}", name(slot), text(of: status))
    case .awaitedFatal(let slot, let failure):
      why = message(
        "COMMAND was not started, program {} is FATAL: {}", name(slot), self.reason(slot, failure))
    case .nothingLeft(let failed): why = "nothing left to do" + blame(failed)
    }
    return message("exit {}: {}", decimal(code), why)
  }

  private func blame(_ failure: ExitReason.Failure?) -> ByteString {
    guard let failure else { return "" }
    switch failure.end {
    case .exited(let status): return message(", {}: {}", name(failure.slot), text(of: status))
    case .failed(let start):
      return message(", {}: {}", name(failure.slot), reason(failure.slot, start))
    }
  }

  func name(_ slot: Slot) -> ByteString {
    configuration.displayName(configuration.programs[slot])
  }

  private func next(_ restart: Nanoseconds?) -> ByteString {
    guard let restart else { return "" }
    return restart > .zero ? message(", restarting in {}", seconds(restart)) : ", restarting"
  }

  func reason(_ slot: Slot, _ failure: StartFailure) -> ByteString {
    switch failure {
    case .spawn(let failure): return message("cannot start: {}", step(slot, failure))
    case .tooQuick(let status): return message("{} before startsecs", text(of: status))
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
    case .exited(let code): return message("exited with status {}", decimal(code))
    case .signalled(let signal): return message("killed by {}", signal.name)
    }
  }

  /// `execve "/usr/sbin/nginx": No such file or directory`.
  private func step(_ slot: Slot, _ failure: SpawnFailure) -> ByteString {
    let program = configuration.programs[slot]
    let errno = Errno(code: failure.errno)
    let step = SpawnStep(number: failure.step)
    return message(Self.template(step), object(of: step, program), errno.text) + hint(step, errno)
  }

  /// The step's call, what it was done to, and the reason.
  private static func template(_ step: SpawnStep) -> StaticString {
    switch step {
    case .user: return "user {q}: no such user in /etc/passwd"
    case .group: return "user {q}: no such group in /etc/group"
    case .pipe: return "pipe{}: {}"
    case .fork: return "fork{}: {}"
    case .session: return "setsid{}: {}"
    case .limits: return "setrlimit RLIMIT_NOFILE{}: {}"
    case .stdin: return "stdin{}: {}"
    case .stdout: return "stdout_logfile {q}: {}"
    case .stderr: return "stderr_logfile {q}: {}"
    case .groups: return "setgroups for {q}: {}"
    case .gid: return "setgid for {q}: {}"
    case .uid: return "setuid for {q}: {}"
    case .proof: return "setuid for {q}: root could be had again"
    case .directory: return "chdir {q}: {}"
    case .terminal: return "tcsetpgrp{}: {}"
    case .exec: return "execve {q}: {}"
    default: return "{}{}"
    }
  }

  private func object(of step: SpawnStep, _ program: Program) -> ByteString {
    switch step {
    case .user, .group, .groups, .gid, .uid, .proof: return program.user ?? ""
    case .stdout: return path(program.stdout.target)
    case .stderr: return path(program.stderr.target)
    case .directory: return program.directory ?? ""
    case .exec: return ByteString(program.arguments.bytes.prefix { $0 != 0 })
    default: return ""
    }
  }

  /// Which capability it was that the kernel wanted.
  private func hint(_ step: SpawnStep, _ errno: Errno) -> ByteString {
    guard errno == .permission, step == .groups || step == .gid || step == .uid else { return "" }
    if !isRoot { return " (swinit is not root)" }
    return step == .uid ? " (CAP_SETUID is missing)" : " (CAP_SETGID is missing)"
  }

  private func path(_ target: LogTarget) -> ByteString {
    switch target {
    case .file(let path): return path
    case .automatic: return "AUTO"
    case .containerStdout, .containerStderr, .null, .syslog: return ""
    }
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
