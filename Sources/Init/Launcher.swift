import Configuration
import Linux
import Supervision

/// Makes processes: turns a program's configuration into what fork and exec need.
struct Launcher {
  private let configuration: Configuration
  /// Inherited, then `[swinit] environment`, then SUPERVISOR_ENABLED: the same for all.
  private let environment: WordBlock
  private let devNull: FileDescriptor
  private let command: CommandSetup?
  /// Limits of open files for children; nil: as we have them.
  private let openFiles: (soft: UInt64, hard: UInt64)?

  /// Where Supervisor looks for a command when there is no PATH at all.
  private static let fallbackPath: StaticString = "/bin:/usr/bin:/usr/local/bin"

  init(_ configuration: Configuration, devNull: FileDescriptor, command: CommandSetup?) {
    self.configuration = configuration
    self.devNull = devNull
    self.command = command
    var environment = WordBlock()
    for entry in inheritedEnvironment() { environment.append(entry) }
    environment.merge(configuration.globals.environment.bytes)
    environment.set(ByteString("SUPERVISOR_ENABLED=1").bytes[...])
    self.environment = environment
    openFiles = Self.limits(configuration.globals.minfds)
  }

  /// A thousand programs at once need many descriptors of ours, but children get the limit that
  /// we were started with, or `minfds` when that is more.
  private static func limits(_ minfds: UInt64?) -> (soft: UInt64, hard: UInt64)? {
    guard let (soft, hard) = raiseOpenFileLimit() else { return nil }
    let wanted = max(soft, minfds ?? 0)
    return (wanted, max(hard, wanted))
  }

  /// What tells a process which program it belongs to: these variables, with the names.
  static let nameMark: ByteString = "SUPERVISOR_PROCESS_NAME="
  static let groupMark: ByteString = "SUPERVISOR_GROUP_NAME="

  /// A process that was forked, and the end of the pipe that tells about its exec.
  struct Launched {
    var pid: ProcessID
    var report: FileDescriptor
  }

  enum Outcome {
    case launched(Launched)
    case failed(SpawnFailure)
  }

  /// - Parameter keepUser: called when another user was asked for and cannot be had.
  func launch(_ slot: Slot, keepUser: () -> Void) -> Outcome {
    let program = configuration.programs[slot]
    var plan = plan(program)
    if let command, command.main.slot == slot {
      plan.takesOver = (command.session, SignalDispositions.asStarted)
    }
    switch credentials(program) {
    case .unchanged: break
    case .changed(let credentials): plan.credentials = credentials
    case .unavailable: keepUser()
    case .failed(let failure): return .failed(failure)
    }
    do throws(Errno) {
      let pipe = try ReportPipe()
      defer { pipe.writer.close() }
      do throws(Errno) {
        let pid = try plan.spawn(report: pipe.writer)
        return .launched(Launched(pid: pid, report: pipe.reader))
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
    return SpawnFailure(step: step.number, errno: errno.code, exitCode: exitCode)
  }

  private func plan(_ program: Program) -> SpawnPlan {
    var environment = self.environment
    let group = configuration.groups[program.group].name
    environment.set((Self.nameMark + program.name).bytes[...])
    environment.set((Self.groupMark + group).bytes[...])
    environment.merge(program.environment.bytes)
    let path = environment.value(of: ByteString("PATH").bytes)
    var plan = SpawnPlan(
      arguments: WordBlock(program.arguments.bytes), environment: environment,
      searchPath: path ?? ByteString(Self.fallbackPath).bytes, stdin: devNull,
      stdout: output(program.stdout), stderr: output(program.stderr))
    plan.redirectStderr = program.redirectStderr
    plan.directory = program.directory?.bytes
    plan.umask = program.umask
    plan.openFiles = openFiles
    return plan
  }

  private func output(_ target: LogTarget) -> SpawnPlan.Output {
    switch target {
    case .containerStdout: return .descriptor(.standardOutput)
    case .containerStderr: return .descriptor(.standardError)
    case .null: return .descriptor(devNull)
    case .file(let path): return .file(path.bytes)
    }
  }

  private enum Identity {
    case unchanged
    case changed(Credentials)
    /// Another user was asked for, but we are not root: the program runs as we are.
    case unavailable
    case failed(SpawnFailure)
  }

  private func credentials(_ program: Program) -> Identity {
    guard let user = program.user else { return .unchanged }
    let credentials: Credentials
    do throws(UserFailure) {
      credentials = try lookUp(user)
    } catch {
      switch error {
      case .noUser: return .failed(Self.failure(.user, .noEntry))
      case .noGroup: return .failed(Self.failure(.group, .noEntry))
      case .files(let errno): return .failed(Self.failure(.user, errno))
      }
    }
    if effectiveUserID() == 0 { return .changed(credentials) }
    if credentials.uid == effectiveUserID(), credentials.gid == effectiveGroupID() {
      return .unchanged
    }
    guard configuration.globals.requireUser else { return .unavailable }
    return .failed(Self.failure(.uid, .permission))
  }
}

/// `name`, `uid`, `name:group` or `uid:gid`.
public func lookUp(_ user: ByteString) throws(UserFailure) -> Credentials {
  let parts = user.split(at: UInt8(ascii: ":"))
  return try findCredentials(user: parts[0].bytes, group: parts.count > 1 ? parts[1].bytes : nil)
}
