import Basics
import Configuration
import Linux
import Supervision

// Processes, from the fork to the reaping.

extension EventLoop {
  /// Children reaped in one turn.
  private static let reapBatch = 256
  /// Bytes that a start may need: the arguments and the environment, twice.
  private static let roomToStart = 256 << 10

  func spawn(_ slot: Slot) {
    if memoryIsShort || !memoryAllows(Self.roomToStart) {
      return answer(.startPutOff(slot, Launcher.failure(.fork, .noMemory)))
    }
    follow { $0.willStart(slot, &$1) }
    if !groups.isEmpty { groups.forget(slot) }
    var channel: ReadyChannel?
    if !probes.isEmpty {
      do throws(Errno) {
        channel = try probes.willStart(slot, supervisor.configuration.programs[slot].ready)
      } catch {
        return answer(.forkFailed(slot, Launcher.failure(.pipe, error)))
      }
    }
    defer { channel?.closeTheirs() }
    var unmet: UInt8 = 0
    let pipes = streams.streams.count
    var outcome = launcher.launch(slot, channel: channel, unmet: &unmet)
    if case .failed(let failure) = outcome, Errno(code: failure.errno).isOfDescriptors {
      if giveUpDescriptors() {
        outcome = launcher.launch(slot, channel: channel, unmet: &unmet)
      }
      if case .failed(let failure) = outcome, Errno(code: failure.errno).isOfDescriptors {
        streams.forget(slot, from: pipes)
        // Other starts are going on, and each gives back what it has open.
        if reports.contains(where: { $0.file != nil }) {
          return answer(.startPutOff(slot, failure))
        }
      }
    }
    if unmet & ~saidUnmet[slot] != 0 {
      saidUnmet[slot] |= unmet
      log.write(.warn, messages.text(of: slot, unmet: unmet))
    }
    switch outcome {
    case .failed(let failure):
      explain(failure)
      answer(.forkFailed(slot, failure))
    case .launched(let launched):
      reports[slot].input = launched.input
      reports[slot].generation &+= 1
      follow { $0.started(slot, launched.pid, user: launched.user, &$1) }
      if !trees.isEmpty { trees.started(slot, launched.pid) }
      if !probes.isEmpty { probes.started(slot, launched.pid, user: launched.user) }
      reports[slot].file = launched.report
      reports[slot].isWatched = false
      answer(.forked(slot, launched.pid))
      watchReport(slot)
      hasStartedProgram = true
    }
  }

  /// Nobody reads it any more.
  func closeInput(of slot: Slot) {
    let input = reports[slot].input
    reports[slot].input = -1
    if input >= 0 { FileDescriptor(number: input).close() }
  }

  /// A fork has failed, perhaps: is it for the limit of processes?
  func explain(_ failure: SpawnFailure) {
    guard SpawnStep(number: failure.step) == .fork else { return }
    messages.forkTrouble = pidsLimit.explain(
      at: now(), { self.supervisor.slot(of: $0) }, { self.messages.name($0) })
  }

  func warnOfPidsLimit() {
    let warning = pidsLimit.warning(
      at: now(), { self.supervisor.slot(of: $0) }, { self.messages.name($0) })
    if let warning { log.write(.warn, warning) }
  }

  /// A fork of somebody in our cgroup has failed.
  func readPidsLimit() {
    let word = pidsLimit.wasReached(
      at: now(), epoll, { self.supervisor.slot(of: $0) }, { self.messages.name($0) })
    if let word { log.write(.warn, word) }
  }

  func readReport(_ slot: Slot, _ generation: UInt32) {
    guard reports.indices.contains(slot), reports[slot].generation == generation else { return }
    readReport(slot)
  }

  func readReport(_ slot: Slot) {
    guard let file = reports[slot].file else { return }
    let answer = ReportPipe.read(file)
    switch answer {
    case .nothingYet: return
    case .executed, .failed:
      // Children that were forked meanwhile hold the pipe too until they exec: closing it alone
      // would leave it in the epoll set.
      if reports[slot].isWatched { epoll.remove(file) }
      file.close()
      reports[slot].file = nil
    }
    switch answer {
    case .nothingYet: return
    case .executed: feed(.executed(slot))
    case .failed(let step, let errno):
      feed(.executionFailed(slot, Launcher.failure(step, errno)))
    }
  }

  func reap() {
    if descriptorsGivenUp != nil { takeBackDescriptors() }
    if pidsLimit.isDue(at: now(), epoll) { readPidsLimit() }
    for _ in 0..<Self.reapBatch where !streams.hasReadEnough {
      switch reapedBefore.isEmpty ? reapOne() : .one(reapedBefore.removeFirst()) {
      case .one(let ended):
        // The child wrote its report before it ended, and said that it is ready: that comes first.
        if let slot = supervisor.slot(of: ended.pid) {
          readReport(slot)
          if !probes.isEmpty {
            let isReady = probes.takeLastWord(slot) { self.supervisor.slot(of: $0) != nil }
            if isReady { feed(.probed(slot, nil)) }
          }
          closeInput(of: slot)
          streams.programEnded(slot, epoll)
        }
        let status: WaitStatus =
          ended.signal == 0
          ? .exited(UInt8(truncatingIfNeeded: ended.code))
          : .signalled(Signal(number: ended.signal))
        // A shell says with 137 that its child was killed.
        if status == .signalled(.kill) || status == .exited(137) { explainKill(ended.pid, status) }
        if !trees.isEmpty { trees.ended(ended.pid) }
        groups.isDue = true
        if stopCommands > 0, let slot = reports.firstIndex(where: { $0.stopCommand == ended.pid }) {
          stopCommandEnded(slot, status)
          if result != nil { return }
          continue
        }
        if !probes.isEmpty, probes.ended(ended.pid, status) { continue }
        if !following.isEmpty {
          var world = world()
          if let orders = following.ended(ended.pid, status, &world) {
            carryOut(orders)
            if result != nil { return }
            continue
          }
        }
        feed(.ended(ended.pid, status))
        if result != nil { return }
      case .noneEnded:
        childrenMayHaveEnded = false
        return
      case .noChildren:
        childrenMayHaveEnded = false
        if isSweeping { feed(.childrenGone) }
        return
      }
    }
  }

  /// A process was killed: by the OOM killer, if it was not by us?
  func explainKill(_ pid: ProcessID, _ status: WaitStatus) {
    if isSweeping { return }
    let slot = supervisor.slot(of: pid)
    var isOurs = false
    if let slot { isOurs = Self.hasKilled(slot, &supervisor) }
    let isShell = status != .signalled(.kill)
    let words = isOurs ? nil : outOfMemory.explain(at: now(), isShell: isShell)
    if let slot {
      messages.remember(slot, outOfMemory: words)
    } else if let words {
      let whose: ByteString = isShell ? " or its child" : ""
      log.write(
        .warn, message("pid {}{}, no program's own, was {}", decimal(pid), whose, words))
    }
  }

  /// `inout` so that no copy of the whole core is made for the call.
  private static func hasKilled(_ slot: Slot, _ core: inout Supervisor) -> Bool {
    core.hasKilled(slot)
  }

  /// As PID 1 everything else in the namespace is ours to end. Anywhere else only descendants are.
  func sweep(_ signal: Signal) {
    isSweeping = true
    if ownPID == 1 {
      try? sendSignal(signal.number, to: -1)
    } else {
      for entry in descendants(of: ownPID) { try? sendSignal(signal.number, to: entry.pid) }
    }
    childrenMayHaveEnded = true
  }
}
