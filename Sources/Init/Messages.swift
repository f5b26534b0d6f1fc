import Basics
import Configuration
import Linux
import Supervision

// What the log says, in one place. Every failure names the program, the step, the thing that the
// step was done to, and the reason.

/// Renders what the core reports.
final class Messages {
  let configuration: Configuration
  /// Another user's programs cannot be had: the hint that goes with EPERM.
  let isRoot: Bool
  /// The program that is COMMAND.
  let command: Slot?
  let zone: Zone
  /// What is to be said of each program's last death by SIGKILL where it was the OOM killer's; empty
  /// until there was one.
  private var outOfMemory: [ByteString] = []
  /// Why the last fork that failed did so, where that is known: ` (pids limit 512 reached …)`.
  /// Processes that could not be sent SIGKILL: EPERM.
  var unkillable: [ProcessID] = []
  var forkTrouble: ByteString = ""

  init(configuration: Configuration, isRoot: Bool, command: Slot?, zone: Zone) {
    self.configuration = configuration
    self.isRoot = isRoot
    self.command = command
    self.zone = zone
  }

  /// - Parameter outOfMemory: what is said of a death by SIGKILL; nil: what is always said.
  func remember(_ slot: Slot, outOfMemory words: ByteString?) {
    if outOfMemory.isEmpty {
      if words == nil { return }
      outOfMemory = Array(repeating: "", count: configuration.programs.count)
    }
    outOfMemory[slot] = words ?? ""
  }

  func level(of notice: Notice) -> LogLevel {
    switch notice {
    case .starting, .running, .stopping, .nextSignal, .stopped, .nothingToStart,
      .stopRequested, .planned, .runOver, .waiting, .draining:
      return .info
    case .exited(_, _, let expected, _): return expected ? .info : .warn
    // The next line, FATAL, says it all.
    case .backoff(_, _, pause: nil), .putOff: return .debug
    case .stopCommandEnded(_, _, .exited(0), _), .treeLeft(_, _, nil): return .info
    case .stopCommandEnded, .endingStopCommand, .backoff, .killing, .ignored, .stopRepeated,
      .killingAll, .sweeping, .runSkipped, .runMissed, .unhealthy, .givingUp, .overran, .treeLeft:
      return .warn
    case .fatal, .survivedKill, .runFailed: return .error
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
        "{}: BACKOFF, {}, next try in {}{}", name(slot), reason(slot, failure), secondsText(pause),
        hint(slot, failure))
    case .putOff(let slot, let pause):
      return message("{}: BACKOFF, start put off for {}", name(slot), secondsText(pause))
    case .fatal(let slot, let failure, let tries):
      if tries == 0 { return message("{}: FATAL, {}", name(slot), reason(slot, failure)) }
      let count: ByteString = tries == 1 ? "1 try" : message("{} tries", decimal(tries))
      let all = crashes?.count == tries ? pace(crashes) : ""
      return message("{}: FATAL, {} ({}{})", name(slot), reason(slot, failure), count, all)
    case .exited(let slot, let status, let expected, let restart):
      let judgement: Literal = expected ? "expected" : "unexpected"
      let what: ByteString
      switch status {
      case .exited(let code):
        what = message("EXITED with status {}", decimal(code)) + words(ofCode: code, slot)
      case .signalled: what = "EXITED, " + text(of: status, slot)
      }
      return message("{}: {} ({}){}", name(slot), what, ByteString(judgement), next(restart))
    case .stopping(let slot, let pid, let signal):
      return message(
        "{}: STOPPING ({}, {})", name(slot), process(pid), signal?.name ?? "stop_command")
    case .stopCommandEnded(let slot, let pid, let status, let signal):
      return stopCommandEnded(slot, pid, status, signal)
    case .endingStopCommand(let slot):
      return message("{}: stop_command is still there, SIGKILL", name(slot))
    case .nextSignal(let slot, let pid, let signal, let waited):
      return stillThere(slot, pid, waited, signal)
    case .stopped(let slot, let status):
      let cause = status == .signalled(.kill) ? words(ofKill: slot) : nil
      return message("{}: STOPPED{}", name(slot), cause.map { ", " + $0 } ?? "")
    case .killing(let slot, let pid, let waited):
      return stillThere(slot, pid, waited, .kill)
    case .survivedKill(let slot, let pid):
      if unkillable.contains(pid) {
        return message(
          "{}: {} cannot be stopped: SIGKILL is not permitted (no CAP_KILL), ignoring", name(slot),
          process(pid))
      }
      return message(
        "{}: {} withstands SIGKILL (it waits in the kernel), ignoring", name(slot), process(pid))
    case .treeLeft(let slot, let status, let signal): return treeLeft(slot, status, signal)
    case .planned(let slot, let next): return message("{}: {}", name(slot), text(of: next))
    case .runFailed(let slot, let failure):
      return message("{}: BACKOFF, {}, not tried again", name(slot), reason(slot, failure))
    case .runOver(let slot, let next):
      return message("{}: STOPPED, {}", name(slot), text(of: next))
    case .runSkipped(let slot, let pid):
      return message(
        "{}: a run is due and left out: the last one is not over ({})", name(slot), process(pid))
    case .runMissed(let slot, let time):
      return message(
        "{}: the run of {} was missed: the wall clock has gone past it", name(slot),
        localText(of: time, in: zone))
    case .waiting(let slot, let other):
      return message("{}: waits for {}", name(slot), name(other))
    case .unhealthy(let slot, .notMade(let errno), _, _):
      return message("{}: health cannot be tested: {}", name(slot), Errno(code: errno).text)
    case .unhealthy(let slot, let failure, let count, let most):
      return message(
        "{}: health failed ({} of {}): {}", name(slot), decimal(count), decimal(most),
        text(of: failure))
    case .givingUp(let slot, let pid, let signal, let isReady):
      return message(
        isReady
          ? "{}: not well, {} and another start (pid {})" : "{}: not ready in time, {} (pid {})",
        name(slot), signal.name, decimal(pid))
    case .overran(let slot, let pid, let signal, let limit):
      return message(
        "{}: has run for {} (run_timeout), {} (pid {})", name(slot), secondsText(limit),
        signal.name, decimal(pid))
    case .draining(let pause):
      return message("draining: the programs are told in {}", secondsText(pause))
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

  /// - Parameter unmet: as `Launcher` has it.
  func text(of slot: Slot, unmet: UInt8) -> ByteString {
    if unmet & Launcher.unmetUser != 0 {
      return message(
        "{}: swinit is not root: runs as uid {}", name(slot), decimal(effectiveUserID()))
    }
    if unmet & Launcher.unmetGroups != 0 {
      return message("{}: swinit is not root: it has the groups of swinit", name(slot))
    }
    return message("{}: its user is not in /etc/passwd: HOME and USER stay", name(slot))
  }

  @inline(never)
  func name(_ slot: Slot) -> ByteString {
    configuration.displayName(configuration.programs[slot])
  }

  @inline(never)
  private func text(of next: NextRun) -> ByteString {
    switch next {
    case .at(let time): return message("next run {}", localText(of: time, in: zone))
    case .after(let pause): return message("next run in {}", secondsText(pause))
    case .never: return "no further run"
    }
  }

  private func next(_ restart: Nanoseconds?) -> ByteString {
    guard let restart else { return "" }
    return restart > .zero ? message(", restarting in {}", secondsText(restart)) : ", restarting"
  }

  @inline(never)
  func reason(_ slot: Slot, _ failure: StartFailure) -> ByteString {
    switch failure {
    case .spawn(let failure): return message("cannot start: {}", step(slot, failure))
    case .tooQuick(let status): return message("{} before startsecs", text(of: status, slot))
    case .ended(let status):
      let isOneshot = configuration.programs[slot].oneshot
      return text(of: status, slot) + (isOneshot ? "" : " before it was ready")
    case .notReady(let time, let last):
      // Of a path there is nothing to add.
      let isPath = configuration.programs[slot].ready?.kind == .path
      let why: ByteString = isPath ? "" : last.map { message(" ({})", text(of: $0)) } ?? ""
      return message("not ready after {}", secondsText(time)) + why
    case .overran(let limit):
      return message("not done after {} (run_timeout)", secondsText(limit))
    case .dependency(let other, _): return message("{}, which it depends on, is FATAL", name(other))
    }
  }

  private func text(of failure: ProbeFailure) -> ByteString {
    switch failure {
    case .timedOut: return "no answer in time"
    case .errno(let errno), .notMade(let errno): return Errno(code: errno).text
    case .http(0): return "no web server's answer"
    case .http(let status): return message("answer {}", decimal(status))
    case .ended(let status): return text(of: status)
    }
  }

  /// A program that did what it was meant to, only too soon for a service.
  private func hint(_ slot: Slot, _ failure: StartFailure) -> ByteString {
    guard case .tooQuick(.exited(let code)) = failure,
      configuration.programs[slot].exitcodes.contains(code)
    else { return "" }
    return " (oneshot=true or startsecs=0 if this is meant)"
  }

  /// - Parameter slot: the program whose own process ended so.
  @inline(never)
  func text(of status: WaitStatus, _ slot: Slot? = nil) -> ByteString {
    switch status {
    case .exited(let code):
      let rest: ByteString = slot.map { words(ofCode: code, $0) } ?? ""
      return message("exited with status {}", decimal(code)) + rest
    case .signalled(let signal):
      if signal == .kill, let slot, let words = words(ofKill: slot) { return words }
      return message("killed by {}", signal.name)
    }
  }

  @inline(never)
  func process(_ pid: ProcessID) -> ByteString {
    pid == 0 ? "what is left of it" : message("pid {}", decimal(pid))
  }

  @inline(never)
  private func words(ofKill slot: Slot) -> ByteString? {
    outOfMemory.isEmpty || outOfMemory[slot].isEmpty ? nil : outOfMemory[slot]
  }

  /// A shell ends so when its child was killed.
  private func words(ofCode code: UInt8, _ slot: Slot) -> ByteString {
    guard code == 137, let words = words(ofKill: slot) else { return "" }
    return ", its child was " + words
  }

  /// `, each within 0.2 s`, rounded up; nothing when there was only one, or none did start.
  func pace(_ crashes: Crashes?) -> ByteString {
    guard let crashes, crashes.count > 1 else { return "" }
    if case .failed(.spawn) = crashes.end { return "" }
    let tenths = max(1, crashes.longest.count / 100_000_000 + 1)
    return message(", each within {}", secondsText(Nanoseconds(tenths * 100_000_000)))
  }

  /// `execve "/usr/sbin/nginx": No such file or directory`.
  func step(_ slot: Slot, _ failure: SpawnFailure, isStop: Bool = false) -> ByteString {
    let program = configuration.programs[slot]
    let errno = Errno(code: failure.errno)
    var step = SpawnStep(number: failure.step)
    step.detail = failure.detail
    let reason = step == .environmentLine ? decimal(failure.errno) : errno.text
    var object = object(of: step, program)
    if isStop, step == .exec, !program.life.stopCommand.isEmpty {
      let words = program.life.stopCommand
      object = words.firstEntry
    }
    return message(Self.template(step), object, reason)
      + (step == .fork ? forkTrouble : hint(step, errno))
  }

  /// The step's call, what it was done to, and the reason.
  private static func template(_ step: SpawnStep) -> Literal {
    switch step {
    case .user: return "user {q}: no such user in /etc/passwd"
    case .group: return "user {q}: no such group in /etc/group"
    case .pipe: return "pipe{}: {}"
    case .fork: return "fork{}: {}"
    case .session: return "setsid{}: {}"
    case .limits: return "setrlimit {}: {}"
    case .nice: return "nice{}: {}"
    case .oomScore: return "oom_score_adj{}: {}"
    case .capabilities: return "capset{}: {}"
    case .keepCapability: return "cap_keep {}: {}"
    case .dropCapability: return "cap_drop {}: {}"
    case .noNewPrivileges: return "no_new_privs{}: {}"
    case .environmentFile: return "env_file {q}: {}"
    case .environmentLine: return "env_file {q}: line {} is no NAME=VALUE"
    case .secret: return "secrets {q}: {}"
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
    case .stdout: return path(program.stdout.place(Int(step.detail)))
    case .stderr: return path(program.stderr.place(Int(step.detail)))
    case .directory: return program.directory ?? ""
    case .exec: return program.arguments.firstEntry
    case .limits: return resourceName(step.detail)
    case .keepCapability, .dropCapability: return capabilityName(step.detail)
    case .environmentFile, .environmentLine: return program.launch?.envFile ?? ""
    case .secret:
      let secrets = program.launch?.secrets.entriesEndedByNul ?? []
      let index = Int(step.detail)
      return secrets.indices.contains(index) ? secrets[index].pathOfSecret : ""
    default: return ""
    }
  }

  /// Which capability it was that the kernel wanted.
  private func hint(_ step: SpawnStep, _ errno: Errno) -> ByteString {
    if errno.isOurLimit, let limit = raiseOpenFileLimit()?.hard {
      return message(
        " (swinit's limit of open files is {}: docker run --ulimit nofile=…)",
        decimal(Int(clamping: limit)))
    }
    guard errno == .permission || errno == .noAccess else { return "" }
    let capability: Literal
    switch step {
    case .groups, .gid: capability = "SETGID"
    case .uid: capability = "SETUID"
    case .limits, .oomScore: capability = "SYS_RESOURCE"
    case .nice: capability = "SYS_NICE"
    case .dropCapability: capability = "SETPCAP"
    case .keepCapability: return " (swinit does not have it)"
    default: return ""
    }
    if !isRoot { return " (swinit is not root)" }
    return message(" (CAP_{} is missing)", ByteString(capability))
  }

  private func path(_ target: LogTarget) -> ByteString {
    switch target {
    case .file(let path): return path
    case .automatic: return "AUTO"
    case .containerStdout, .containerStderr, .null, .syslog: return ""
    }
  }
}

/// `2 s`, `1.5 s`; below a second `0.025 s`.
@inline(never)
public func secondsText(_ length: Nanoseconds) -> ByteString {
  let whole = length.count / 1_000_000_000
  var thousandths = length.count / 1_000_000
  if whole == 0, thousandths % 100 != 0 {
    let zeros: ByteString = thousandths < 10 ? "00" : thousandths < 100 ? "0" : ""
    while thousandths % 10 == 0 { thousandths /= 10 }
    return message("0.{}{} s", zeros, decimal(thousandths))
  }
  let tenths = length.count % 1_000_000_000 / 100_000_000
  return tenths == 0
    ? message("{} s", decimal(whole)) : message("{}.{} s", decimal(whole), decimal(tenths))
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
      .survivedKill, .nothingToStart, .sweeping, .stopCommandEnded, .endingStopCommand,
      .nextSignal, .planned, .runFailed, .runOver, .runSkipped, .runMissed, .waiting, .unhealthy,
      .givingUp, .overran, .draining, .treeLeft, .putOff:
      return nil
    }
  }
}
