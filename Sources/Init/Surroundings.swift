import Configuration
import Linux
import Supervision

// What a program's `Attributes` mean for its process: the environment that is read anew at each
// start, stdin, and what the child sets for itself before it becomes the program.

/// The most bytes of a secret: execve(2) takes no longer variable.
private let longestSecret = (128 << 10) - 1

extension Launcher {
  /// `user_environment`. False: the user has no entry in /etc/passwd, which a number need not have.
  /// - Parameter user: a name or a number; nil: who we are.
  func addAccount(
    _ user: ByteString?, to environment: inout WordBlock
  ) throws(SpawnFailure) -> Bool {
    do throws(Errno) {
      guard let variables = try loginVariables(of: user?.bytes) else { return false }
      environment.merge(variables)
      return true
    } catch {
      throw Self.failure(.user, error)
    }
  }

  /// `env_file` and `secrets`.
  func add(_ attributes: Attributes, to environment: inout WordBlock) throws(SpawnFailure) {
    if let path = attributes.envFile { try addFile(path, to: &environment) }
    var step = SpawnStep.secret
    for secret in attributes.secrets.entriesEndedByNul {
      var value = try read(secret.pathOfSecret, limit: longestSecret, step)
      while let last = value.last, last == 0x0A || last == 0x0D { value.removeLast() }
      if value.contains(0) { throw Self.failure(step, .invalid) }
      environment.set((secret.nameOfSecret + "=" + ByteString(value)).bytes[...])
      step.detail &+= 1
    }
  }

  private func addFile(
    _ path: ByteString, to environment: inout WordBlock
  ) throws(SpawnFailure) {
    let file = EnvironmentFile(
      try read(path, limit: EnvironmentFile.greatestSize, .environmentFile))
    if let line = file.badLine { throw Self.failure(.environmentLine, Errno(code: line)) }
    let inherited = Linux.inheritedEnvironment()
    for entry in file.entries {
      if entry.contains(byte: UInt8(ascii: "=")) {
        environment.set(entry.bytes[...])
        continue
      }
      // NAME alone.
      let start = (entry + "=").bytes
      for variable in inherited where variable.starts(with: start) {
        environment.set(variable[...])
      }
    }
  }

  private func read(
    _ path: ByteString, limit: Int, _ step: SpawnStep
  ) throws(SpawnFailure) -> [UInt8] {
    do throws(Errno) {
      if let bytes = try readOrdinaryFile(path.bytes, limit: limit) { return bytes }
      throw .tooLong
    } catch {
      throw Self.failure(step, error)
    }
  }

  /// What the child sets for itself.
  func set(_ attributes: Attributes, _ plan: inout SpawnPlan) {
    plan.limits = attributes.limits
    plan.nice = attributes.nice
    plan.oomScoreAdjust = attributes.oomScoreAdjust
    plan.noNewPrivileges = attributes.noNewPrivileges
    plan.capabilities = (attributes.capabilities.kept, attributes.capabilities.dropped)
    if attributes.stdin == .inherit { plan.stdin = .standardInput }
  }

  /// The writing end of a pipe whose other end is the stdin of the plan; nil where there is none.
  func openInput(_ slot: Slot, _ plan: inout SpawnPlan) throws(SpawnFailure) -> FileDescriptor? {
    guard configuration.programs[slot].attributes?.stdin == .pipe else { return nil }
    do throws(Errno) {
      let (reader, writer) = try FileDescriptor.inputPipe()
      plan.stdin = reader
      return writer
    } catch {
      throw Self.failure(.stdin, error)
    }
  }

  /// The slot's `stop_command`: everything as the program has it, but for stdin, and with MAINPID.
  func launchStopCommand(_ slot: Slot, _ pid: ProcessID) -> Outcome {
    do throws(SpawnFailure) {
      var unmet: UInt8 = 0
      var plan = try plan(slot, unmet: &unmet)
      let words = configuration.programs[slot].attributes?.stopCommand ?? ByteString()
      plan.arguments = WordBlock(words.bytes)
      plan.environment.set((message("MAINPID={}", decimal(pid)) as ByteString).bytes[...])
      plan.stdin = devNull
      return start(plan)
    } catch {
      return .failed(error)
    }
  }
}

/// The `stop_command`s that run, by their places in each of the lists.
struct StopCommands {
  private var slots: [Slot] = []
  private var pids: [ProcessID] = []
  /// The reading ends of their report pipes.
  private var reports: [Int32] = []
  /// Those that could not be started: the core hears of them when it has nothing else to say.
  var failed: [Slot] = []

  mutating func add(_ slot: Slot, _ pid: ProcessID, _ report: FileDescriptor) {
    slots.append(slot)
    pids.append(pid)
    reports.append(report.number)
  }

  func slot(of pid: ProcessID) -> Slot? {
    for index in pids.indices where pids[index] == pid { return slots[index] }
    return nil
  }

  /// Forgets it; whether it ever became the command.
  mutating func finish(_ slot: Slot) -> ReportPipe.Answer {
    for index in slots.indices where slots[index] == slot {
      slots.remove(at: index)
      pids.remove(at: index)
      let report = FileDescriptor(number: reports.remove(at: index))
      defer { report.close() }
      return ReportPipe.read(report)
    }
    return .nothingYet
  }

  /// Its group is that of its session; there is none in the moment after the fork.
  mutating func kill(_ slot: Slot) {
    for index in slots.indices where slots[index] == slot {
      if (try? sendSignal(Signal.kill.number, to: -pids[index])) == nil {
        try? sendSignal(Signal.kill.number, to: pids[index])
      }
    }
    _ = finish(slot)
  }
}
