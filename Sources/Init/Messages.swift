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
  /// What is to be said of each program's last death by SIGKILL where it was the OOM killer's; empty
  /// until there was one.
  private var outOfMemory: [ByteString] = []

  init(configuration: Configuration, isRoot: Bool, command: Slot?) {
    self.configuration = configuration
    self.isRoot = isRoot
    self.command = command
  }

  /// - Parameter outOfMemory: what is said of a death by SIGKILL; nil: what is always said.
  mutating func remember(_ slot: Slot, outOfMemory words: ByteString?) {
    if outOfMemory.isEmpty {
      if words == nil { return }
      outOfMemory = Array(repeating: "", count: configuration.programs.count)
    }
    outOfMemory[slot] = words ?? ""
  }

  func level(of notice: Notice) -> LogLevel {
    switch notice {
    case .starting, .running, .stopping, .stopped, .nothingToStart, .stopRequested: return .info
    case .exited(_, _, let expected, _): return expected ? .info : .warn
    // The next line, FATAL, says it all.
    case .backoff(_, _, pause: nil): return .debug
    case .backoff, .killing, .ignored, .stopRepeated, .killingAll, .sweeping, .treeLeft:
      return .warn
    case .fatal, .survivedKill: return .error
    }
  }

  /// - Parameters:
  ///   - sender: whom the notice's signal came from, if it is about one.
  ///   - crashes: the ends of the notice's program that were all alike.
  func text(of notice: Notice, sender: ByteString, crashes: Crashes?) -> ByteString {
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
      let all = crashes?.count == tries ? pace(crashes) : ""
      return message("{}: FATAL, {} ({}{})", name(slot), reason(slot, failure), count, all)
    case .exited(let slot, let status, let expected, let restart):
      let judgement: StaticString = expected ? "expected" : "unexpected"
      let what: ByteString
      switch status {
      case .exited(let code): what = message("EXITED with status {}", decimal(code))
      case .signalled: what = "EXITED, " + text(of: status, slot)
      }
      return message("{}: {} ({}){}", name(slot), what, ByteString(judgement), next(restart))
    case .stopping(let slot, let pid, let signal):
      return message("{}: STOPPING ({}, {})", name(slot), process(pid), signal.name)
    case .stopped(let slot, let status):
      let cause = status == .signalled(.kill) ? words(ofKill: slot) : nil
      return message("{}: STOPPED{}", name(slot), cause.map { ", " + $0 } ?? "")
    case .killing(let slot, let pid, let waited):
      return message(
        "{}: still there after {}, SIGKILL ({})", name(slot), seconds(waited), process(pid))
    case .survivedKill(let slot, let pid):
      return message(
        "{}: {} withstands SIGKILL (it waits in the kernel), ignoring", name(slot), process(pid))
    case .treeLeft(let slot, let status, let signal):
      return message(
        "{}: {}, {} to what is left of its tree", name(slot), text(of: status, slot), signal.name)
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
    case .tooQuick(let status): return message("{} before startsecs", text(of: status, slot))
    }
  }

  /// A program that did what it was meant to, only too soon for a service.
  private func hint(_ slot: Slot, _ failure: StartFailure) -> ByteString {
    guard case .tooQuick(.exited(let code)) = failure,
      configuration.programs[slot].exitcodes.contains(code)
    else { return "" }
    return " (startsecs=0 if it is meant to end at once)"
  }

  func text(of status: WaitStatus, _ slot: Slot) -> ByteString {
    switch status {
    case .exited(let code): return message("exited with status {}", decimal(code))
    case .signalled(let signal):
      return (signal == .kill ? words(ofKill: slot) : nil) ?? message("killed by {}", signal.name)
    }
  }

  private func process(_ pid: ProcessID) -> ByteString {
    pid == 0 ? "what is left of it" : message("pid {}", decimal(pid))
  }

  private func words(ofKill slot: Slot) -> ByteString? {
    outOfMemory.isEmpty || outOfMemory[slot].isEmpty ? nil : outOfMemory[slot]
  }

  /// `, each within 0.2 s`, rounded up; nothing when there was only one, or none did start.
  func pace(_ crashes: Crashes?) -> ByteString {
    guard let crashes, crashes.count > 1 else { return "" }
    if case .failed(.spawn) = crashes.end { return "" }
    let tenths = max(1, crashes.longest.count / 100_000_000 + 1)
    return message(", each within {}", seconds(Nanoseconds(tenths * 100_000_000)))
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
    case .stdout: return path(program.stdout)
    case .stderr: return path(program.stderr)
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
    case .containerStdout, .containerStderr, .null: return ""
    }
  }

  /// `2 s`, `1.5 s`.
  private func seconds(_ length: Nanoseconds) -> ByteString {
    let whole = length.count / 1_000_000_000
    let tenths = length.count % 1_000_000_000 / 100_000_000
    return tenths == 0
      ? message("{} s", decimal(whole)) : message("{}.{} s", decimal(whole), decimal(tenths))
  }
}

extension Errno {
  /// The C library's words for it.
  var text: ByteString { ByteString(message) }
}

extension Notice {
  /// The program that is FATAL.
  var fatal: Slot? {
    if case .fatal(let slot, _, _) = self { return slot }
    return nil
  }

  /// Whom the signal came from that it is about.
  var sender: Sender? {
    switch self {
    case .stopRequested(_, let sender), .stopRepeated(_, let sender), .ignored(_, let sender),
      .killingAll(let sender):
      return sender
    case .starting, .running, .backoff, .fatal, .exited, .stopping, .stopped, .killing,
      .survivedKill, .nothingToStart, .sweeping, .treeLeft:
      return nil
    }
  }
}
