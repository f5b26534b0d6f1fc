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
    let account: Account?
    do throws(Errno) {
      account = try findAccount(user?.bytes)
    } catch {
      throw Self.failure(.user, error)
    }
    guard let account else { return false }
    for (name, value) in [
      ("HOME=" as ByteString, account.home), ("USER=", account.name), ("LOGNAME=", account.name),
      ("SHELL=", account.shell),
    ] {
      environment.set((name + ByteString(value)).bytes[...])
    }
    return true
  }

  /// `env_file` and `secrets`.
  func add(_ attributes: Attributes, to environment: inout WordBlock) throws(SpawnFailure) {
    if let path = attributes.envFile { try addFile(path, to: &environment) }
    for (index, secret) in attributes.secrets.enumerated() {
      var step = SpawnStep.secret
      step.detail = UInt8(clamping: index)
      var value = try read(secret.path, limit: longestSecret, step)
      while let last = value.last, last == 0x0A || last == 0x0D { value.removeLast() }
      if value.contains(0) { throw Self.failure(step, .invalid) }
      environment.set((secret.name + "=" + ByteString(value)).bytes[...])
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
    for limit in attributes.limits {
      plan.limits.append((limit.resource, limit.soft, limit.hard))
    }
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
      var plan = try plan(slot, unmet: { _ in })
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

/// The writing ends of the pipes of `stdin=pipe`, open as long as their programs live.
struct InputPipes {
  private var entries: [(slot: Slot, file: FileDescriptor)] = []

  mutating func add(_ slot: Slot, _ file: FileDescriptor) {
    close(slot)
    entries.append((slot, file))
  }

  /// The program has ended: nobody reads any more.
  mutating func close(_ slot: Slot) {
    guard let index = entries.firstIndex(where: { $0.slot == slot }) else { return }
    entries[index].file.close()
    entries.swapAt(index, entries.count - 1)
    entries.removeLast()
  }
}

/// The `stop_command`s that run.
struct StopCommands {
  private struct Entry {
    let slot: Slot
    let pid: ProcessID
    let report: FileDescriptor
  }
  private var entries: [Entry] = []
  /// Those that could not be started: the core hears of them when it has nothing else to say.
  private var failed: [(slot: Slot, failure: SpawnFailure)] = []

  mutating func run(_ slot: Slot, for pid: ProcessID, _ launcher: Launcher) {
    switch launcher.launchStopCommand(slot, pid) {
    case .failed(let failure): failed.append((slot, failure))
    case .launched(let launched):
      entries.append(Entry(slot: slot, pid: launched.pid, report: launched.report))
    }
  }

  mutating func takeFailed() -> Event? {
    guard let first = failed.popLast() else { return nil }
    return .stopCommandEnded(first.slot, .failed(first.failure))
  }

  /// A child of ours has ended: what the core is told when it was one of these.
  mutating func ended(_ pid: ProcessID, _ status: WaitStatus) -> Event? {
    guard let index = entries.firstIndex(where: { $0.pid == pid }) else { return nil }
    let entry = entries.remove(at: index)
    defer { entry.report.close() }
    // What it had to say stands in the pipe by now.
    if case .failed(let step, let errno) = ReportPipe.read(entry.report) {
      return .stopCommandEnded(entry.slot, .failed(Launcher.failure(step, errno)))
    }
    return .stopCommandEnded(entry.slot, .ended(status))
  }

  /// Its group is that of its session; there is none in the moment after the fork.
  mutating func kill(_ slot: Slot) {
    guard let index = entries.firstIndex(where: { $0.slot == slot }) else { return }
    let entry = entries.remove(at: index)
    entry.report.close()
    if (try? sendSignal(Signal.kill.number, to: -entry.pid)) == nil {
      try? sendSignal(Signal.kill.number, to: entry.pid)
    }
  }
}
