import Basics
import Configuration
import Linux
import Supervision

/// What a program's `LaunchOptions` mean for its process: the environment that is read anew at each
/// start, and what the child sets for itself before it becomes the program.
enum Surroundings {
  /// The most bytes of a secret: execve(2) takes no longer variable.
  private static let longestSecret = (128 << 10) - 1

  /// What comes before SUPERVISOR_*. False: the user has no entry in /etc/passwd, which a number need
  /// not have.
  /// - Parameters:
  ///   - environment: what all programs get.
  ///   - user: a name or a number; nil: who we are.
  @inline(never)
  static func begin(
    _ environment: inout WordBlock, _ launch: LaunchOptions, _ configuration: Configuration,
    _ user: ByteString?
  ) throws(SpawnFailure) -> Bool {
    if !launch.inheritEnvironment {
      environment = WordBlock()
      Launcher.addOwn(configuration, to: &environment)
    }
    guard launch.userEnvironment else { return true }
    do throws(Errno) {
      guard let variables = try loginVariables(of: user?.bytes) else { return false }
      environment.merge(variables)
      return true
    } catch {
      throw Launcher.failure(.user, error)
    }
  }

  /// `env_file` and `secrets`.
  @inline(never)
  static func add(
    _ launch: LaunchOptions, to environment: inout WordBlock
  ) throws(SpawnFailure) {
    if let path = launch.envFile {
      let file = EnvironmentFile(
        try read(path, limit: EnvironmentFile.greatestSize, .environmentFile))
      if let line = file.badLine {
        throw Launcher.failure(.environmentLine, Errno(code: line))
      }
      for entry in file.entries {
        if entry.contains(byte: UInt8(ascii: "=")) {
          environment.set(entry)
        } else if let value = environmentValue(entry.bytes) {
          environment.set(message("{}={}", entry, ByteString(value)))
        }
      }
    }
    var step = SpawnStep.secret
    for secret in launch.secrets.entriesEndedByNul {
      let value = try read(secret.pathOfSecret, limit: longestSecret, step)
      if value.contains(0) { throw Launcher.failure(step, .invalid) }
      environment.set(
        message("{}={}", secret.nameOfSecret, ByteString(value).withoutLineEnds))
      step.detail &+= 1
    }
  }

  @inline(never)
  private static func read(
    _ path: ByteString, limit: Int, _ step: SpawnStep
  ) throws(SpawnFailure) -> [UInt8] {
    do throws(Errno) {
      if let bytes = try readFile(path.bytes, limit: limit, .guarded) { return bytes }
      throw .tooLong
    } catch {
      throw Launcher.failure(step, error)
    }
  }

  /// What the child sets for itself.
  @inline(never)
  static func set(_ launch: LaunchOptions, _ plan: inout SpawnPlan) {
    plan.limits = launch.limits
    plan.nice = launch.nice
    plan.oomScoreAdjust = launch.oomScoreAdjust
    plan.noNewPrivileges = launch.noNewPrivileges
    plan.capabilities = (launch.capabilities.kept, launch.capabilities.dropped)
  }

  /// The plan of a program becomes that of its `stop_command`.
  @inline(never)
  static func makeStopCommand(_ plan: inout SpawnPlan, _ life: LifePolicy, _ pid: ProcessID) {
    plan.arguments = WordBlock(life.stopCommand.bytes)
    plan.environment.set(message("MAINPID={}", decimal(pid)))
  }
}

extension ByteString {
  /// What comes before the line ends at its end.
  fileprivate var withoutLineEnds: ByteString {
    var end = count
    while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    return slice(0, end)
  }
}
