import Basics
import Configuration
import Linux
import Supervision

/// Makes processes: turns a program's configuration into what fork and exec need.
final class Launcher {
  private let configuration: Configuration
  /// Inherited, then `[swinit] environment`, then SUPERVISOR_ENABLED: the same for all programs.
  private let environment: WordBlock
  /// The same for COMMAND, which keeps the words of a service manager.
  private let commandEnvironment: WordBlock?
  private let devNull: FileDescriptor
  private let streams: Streams
  private let command: CommandSetup?
  private let marks: Marks
  /// Limits of open files for children; nil: as we have them.
  private let openFiles: (soft: UInt64, hard: UInt64)?
  /// `minfds`, and what can be had of it; nil: all of it.
  let missingFiles: (wanted: UInt64, possible: UInt64)?

  /// Where Supervisor looks for a command when there is no PATH at all.
  private static let fallbackPath: Literal = "/bin:/usr/bin:/usr/local/bin"

  init(
    _ configuration: Configuration, devNull: FileDescriptor, streams: Streams,
    command: CommandSetup?, marks: Marks
  ) {
    self.configuration = configuration
    self.marks = marks
    self.streams = streams
    self.devNull = devNull
    self.command = command
    let inherited = inheritedEnvironment()
    environment = Self.environment(
      configuration, inherited.filter { !Self.isFromServiceManager($0) })
    commandEnvironment = command.map { _ in Self.environment(configuration, inherited) }
    (openFiles, missingFiles) = Self.limits(configuration.globals.minfds)
  }

  private static func environment(
    _ configuration: Configuration, _ inherited: [[UInt8]]
  ) -> WordBlock {
    var environment = WordBlock()
    for entry in inherited { environment.append(entry) }
    addOwn(configuration, to: &environment)
    return environment
  }

  /// Whether a variable is a service manager's word for the one process that it has started
  /// (sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)): a program that took it for its own would
  /// speak in swinit's place.
  private static func isFromServiceManager(_ entry: [UInt8]) -> Bool {
    let names: Literal =
      "NOTIFY_SOCKET LISTEN_FDS LISTEN_PID LISTEN_FDNAMES WATCHDOG_USEC WATCHDOG_PID"
    let name = ByteString(Array(entry.prefix { $0 != UInt8(ascii: "=") }))
    return ByteString(names).split(at: UInt8(ascii: " ")).contains(name)
  }

  /// What every program gets of us.
  static func addOwn(_ configuration: Configuration, to environment: inout WordBlock) {
    environment.merge(configuration.globals.environment.bytes)
    environment.set("SUPERVISOR_ENABLED=1")
  }

  /// A thousand programs at once need many descriptors of ours, but children get the limit that
  /// we were started with, or `minfds` when that is more.
  private static func limits(
    _ minfds: UInt64?
  ) -> (limits: (soft: UInt64, hard: UInt64)?, missing: (wanted: UInt64, possible: UInt64)?) {
    guard let (soft, hard) = raiseOpenFileLimit() else { return (nil, nil) }
    let wanted = max(soft, minfds ?? 0)
    // A higher hard limit takes CAP_SYS_RESOURCE, which containers seldom have.
    if wanted > hard, !raiseHardFileLimit(to: wanted) { return ((hard, hard), (wanted, hard)) }
    return ((wanted, max(hard, wanted)), nil)
  }

  /// A process that was forked, and the end of the pipe that tells about its exec.
  struct Launched {
    var pid: ProcessID
    var report: FileDescriptor
    /// The user that the program runs as.
    var user: UInt32
    /// Of `stdin=pipe`: the end that is written to.
    var input: Int32 = -1
  }

  enum Outcome {
    case launched(Launched)
    case failed(SpawnFailure)
  }

  /// What was asked for and cannot be had, which is no failure: another user (the program runs as we
  /// are), or his entry in /etc/passwd.
  static let unmetUser: UInt8 = 1
  static let unmetAccount: UInt8 = 2
  /// Groups were asked for, and we are not root.
  static let unmetGroups: UInt8 = 4

  /// - Parameters:
  ///   - channel: on which the program says that it is ready.
  ///   - unmet: gets those of these that come up.
  ///   - stopped: not 0: the slot's `stop_command` is run for this process, with everything that the
  ///     program has but its stdin.
  func launch(
    _ slot: Slot, channel: ReadyChannel? = nil, unmet: inout UInt8, stopping stopped: ProcessID = 0
  ) -> Outcome {
    var plan: SpawnPlan
    do throws(SpawnFailure) {
      plan = try self.plan(slot, unmet: &unmet)
    } catch {
      return .failed(error)
    }
    if let failure = connect(slot, &plan) { return .failed(failure) }
    channel?.pass(to: &plan)
    if let command, command.main.slot == slot {
      plan.takesOver = (command.session, SignalDispositions.asStarted)
    }
    if stopped != 0 {
      Surroundings.makeStopCommand(&plan, configuration.programs[slot].life, stopped)
    } else if let launch = configuration.programs[slot].launch {
      if launch.stdin == .pipe { return withInput(&plan) }
      if launch.stdin == .inherit { plan.stdin = .standardInput }
    }
    return start(plan)
  }

  /// A command that tests a program: with all that the program has but its output; it is silent.
  func launchProbe(_ slot: Slot, _ words: ByteString) -> Outcome {
    do throws(SpawnFailure) {
      var unmet: UInt8 = 0
      var plan = try plan(slot, unmet: &unmet)
      plan.arguments = WordBlock(words.bytes)
      return start(plan)
    } catch {
      return .failed(error)
    }
  }

  private func withInput(_ plan: inout SpawnPlan) -> Outcome {
    do throws(Errno) {
      let (reader, writer) = try FileDescriptor.inputPipe()
      defer { reader.close() }
      plan.stdin = reader
      let outcome = start(plan)
      guard case .launched(var launched) = outcome else {
        writer.close()
        return outcome
      }
      launched.input = writer.number
      return .launched(launched)
    } catch {
      return .failed(Self.failure(.stdin, error))
    }
  }

  @inline(never)
  private func start(_ plan: SpawnPlan) -> Outcome {
    do throws(Errno) {
      let pipe = try ReportPipe()
      defer { pipe.writer.close() }
      do throws(Errno) {
        let pid = try plan.spawn(report: pipe.writer)
        let user = plan.credentials?.uid ?? effectiveUserID()
        return .launched(Launched(pid: pid, report: pipe.reader, user: user))
      } catch {
        pipe.reader.close()
        return .failed(Self.failure(.fork, error))
      }
    } catch {
      return .failed(Self.failure(.pipe, error))
    }
  }

  static func failure(_ step: SpawnStep, _ errno: Errno) -> SpawnFailure {
    var exitCode: UInt8 = 1
    // As shells have it: 127, there is no such command; 126, it cannot be executed.
    if step == .exec { exitCode = errno == .noEntry ? 127 : 126 }
    var failure = SpawnFailure(step: step.number, errno: errno.code, exitCode: exitCode)
    failure.detail = step.detail
    return failure
  }

  @inline(never)
  private func plan(_ slot: Slot, unmet: inout UInt8) throws(SpawnFailure) -> SpawnPlan {
    let program = configuration.programs[slot]
    let identity = try credentials(program)
    var environment = self.environment
    if let commandEnvironment, command?.main.slot == slot { environment = commandEnvironment }
    if let launch = program.launch {
      let user = identity.user(of: program)
      let hasAccount = try Surroundings.begin(&environment, launch, configuration, user)
      if !hasAccount { unmet |= Self.unmetAccount }
    }
    let group = configuration.groups[program.group].name
    environment.set(ByteString("SUPERVISOR_PROCESS_NAME=") + program.name)
    environment.set(ByteString("SUPERVISOR_GROUP_NAME=") + group)
    if let launch = program.launch { try Surroundings.add(launch, to: &environment) }
    environment.merge(program.environment.bytes)
    let path = environment.value(of: ByteString("PATH").bytes)
    var plan = SpawnPlan(
      arguments: WordBlock(program.arguments.bytes), environment: environment,
      searchPath: path ?? ByteString(Self.fallbackPath).bytes, stdin: devNull,
      stdout: .descriptor(devNull), stderr: .descriptor(devNull))
    plan.redirectStderr = program.redirectStderr
    plan.directory = program.directory?.bytes
    plan.umask = program.umask
    plan.openFiles = openFiles
    plan.mark = marks.mark(of: slot)
    if let launch = program.launch { Surroundings.set(launch, &plan) }
    switch identity {
    case .unchanged: break
    case .changed(let credentials): plan.credentials = credentials
    case .unavailable: unmet |= Self.unmetUser
    case .withoutGroups: unmet |= Self.unmetGroups
    }
    return plan
  }

  /// stdout and stderr.
  private func connect(_ slot: Slot, _ plan: inout SpawnPlan) -> SpawnFailure? {
    var step = SpawnStep.stdout
    do throws(Streams.Failure) {
      plan.stdout = try streams.output(slot, isErrors: false, plan.credentials, devNull)
      if plan.redirectStderr { return nil }
      step = .stderr
      plan.stderr = try streams.output(slot, isErrors: true, plan.credentials, devNull)
      return nil
    } catch {
      switch error {
      case .pipe(let errno): return Self.failure(.pipe, errno)
      case .file(let errno, let place):
        step.detail = place
        return Self.failure(step, errno)
      }
    }
  }

  private enum Identity {
    case unchanged
    case changed(Credentials)
    /// Another user was asked for, but we are not root: the program runs as we are.
    case unavailable
    /// The user is ours, and groups were asked for that only root can take.
    case withoutGroups

    /// Whom /etc/passwd is asked for; nil: who we are.
    func user(of program: Program) -> ByteString? {
      guard case .changed = self else { return nil }
      return program.user?.split(at: UInt8(ascii: ":"))[0]
    }
  }

  /// `groups`, each once.
  private func add(_ groups: ByteString, to credentials: inout Credentials) throws(UserFailure) {
    if groups.isEmpty { return }
    for name in groups.split(at: UInt8(ascii: ",")) {
      let found = name.equals("inherit") ? ownGroups() : [try findGroup(name.trimmed.bytes)]
      for group in found where !credentials.groups.contains(group) {
        credentials.groups.append(group)
      }
    }
  }

  private func credentials(_ program: Program) throws(SpawnFailure) -> Identity {
    let groups = program.launch?.groups ?? ByteString()
    guard program.user != nil || !groups.isEmpty else { return .unchanged }
    var credentials: Credentials
    do throws(UserFailure) {
      if let user = program.user {
        credentials = try lookUp(user)
      } else {
        credentials = Credentials(
          uid: effectiveUserID(), gid: effectiveGroupID(), groups: [effectiveGroupID()])
      }
      try add(groups, to: &credentials)
    } catch {
      switch error {
      case .noUser: throw Self.failure(.user, .noEntry)
      case .noGroup: throw Self.failure(.group, .noEntry)
      case .files(let errno): throw Self.failure(.user, errno)
      }
    }
    if effectiveUserID() == 0 { return .changed(credentials) }
    if credentials.uid == effectiveUserID(), credentials.gid == effectiveGroupID() {
      return groups.isEmpty ? .unchanged : .withoutGroups
    }
    guard configuration.globals.requireUser else { return .unavailable }
    throw Self.failure(.uid, .permission)
  }
}

extension WordBlock {
  /// Sets one `NAME=value`.
  @inline(never)
  mutating func set(_ entry: ByteString) { set(entry.bytes[...]) }
}

/// `name`, `uid`, `name:group` or `uid:gid`.
public func lookUp(_ user: ByteString) throws(UserFailure) -> Credentials {
  let parts = user.split(at: UInt8(ascii: ":"))
  return try findCredentials(user: parts[0].bytes, group: parts.count > 1 ? parts[1].bytes : nil)
}
