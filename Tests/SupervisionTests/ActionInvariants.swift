import Configuration

@testable import Basics
@testable import Supervision

// What each action of the core may do, given all that went before. The words about ends are in
// `EndInvariants.swift`, what concerns the stop in `StopInvariants.swift`.

extension Invariants {
  mutating func walk(_ actions: [Action], _ event: Event, _ now: Time) {
    /// The signal that a notice has announced.
    var announced: Action?
    var killingAll = false
    passed = []
    let actions = withoutForwarded(actions)
    for (index, action) in actions.enumerated() {
      if let expected = announced {
        guard words(action) == words(expected) else {
          return require(false, "No signal is announced and not sent: \(words(expected)).")
        }
        announced = nil
        continue
      }
      switch action {
      case .spawn(let slot):
        require(index == actions.count - 1, "No spawn is followed by another action.")
        spawn(slot, event, now)
      case .signal(let pid, let signal, let group):
        require(
          killingAll && signal == .kill, "No signal is sent to a program without a word of why.")
        guard let slot = processes[pid] else {
          return require(false, "No signal goes to a process that is not there.")
        }
        require(
          group == configuration.programs[slot].killasgroup,
          "p\(slot): no group is killed that is not to be, and none is spared.")
        endDrain(killingAll, now)
        killAtOnce(slot, now)
      case .signalTree(let slot, let signal, _), .signalRest(let slot, _, let signal):
        if case .treeLeft(slot) = event {
          treeIsTold(slot, signal, now)
        } else {
          require(
            killingAll && signal == .kill, "No signal is sent to a tree without a word of why.")
          endDrain(killingAll, now)
          killAtOnce(slot, now)
        }
      case .checkTree(let slot):
        require(index == actions.count - 1, "No check of a tree is followed by another action.")
        require(
          configuration.programs[slot].stoptree && programs[slot].pid == 0,
          "p\(slot): no tree is looked after without stoptree, or while its process lives.")
        // Its stop_command, which is over, left more than its process.
        programs[slot].left = nil
      case .checkGroup(let slot, let group):
        require(
          index == actions.count - 1, "No check of a group is followed by another action.")
        require(
          isGroup(slot) && programs[slot].pid == 0 && programs[slot].ending?.leader == group,
          "p\(slot): no group is looked after but that of its process, which has ended.")
        programs[slot].left = nil
      case .forward(let pid, let signal): passOn(pid, signal, event)
      case .runStopCommand(let slot, let pid): runStopCommand(slot, pid)
      case .endStopCommand(let slot): endStopCommand(slot)
      case .stopAwaited(let slot):
        require(programs[slot].pid == 0, "What has a process is sent a signal.")
      case .startProbe(let slot, let health): startProbe(slot, health, event, now)
      case .stopProbe(let slot): stopProbe(slot, event, now)
      case .sweep(let signal):
        endDrain(killingAll, now)
        sweep(signal, killingAll, now)
      case .exit(let code, let reason):
        require(index == actions.count - 1, "No exit is followed by another action.")
        exit(code, reason, event, now)
      case .report(let notice):
        if case .killingAll = notice { killingAll = true }
        announced = report(notice, event, now)
      }
    }
    require(announced == nil, "No signal is announced and not sent.")
    checkPassedOn(event)
    require(gaveUp == nil, "Nothing stays BACKOFF when no try is left.")
    if killingAll, stop?.sweep == nil {
      require(
        programs.allSatisfy { !$0.mustGo || $0.killed != nil || $0.left != nil },
        "A second ^C on a terminal spares no program.")
    }
    if killingAll, let sweep = stop?.sweep, stop?.exited == false {
      require(sweep.signal == .kill, "A second ^C on a terminal never leaves the sweep waiting.")
    }
  }

  mutating func move(_ slot: Slot, to state: StateName) {
    let old = programs[slot].state
    require(old.next.contains(state), "p\(slot): no arrow leads from \(old) to \(state).")
    // What is BACKOFF may become FATAL by the same end.
    if state != .running, state != .stopping, state != .backoff { programs[slot].ending = nil }
    programs[slot].state = state
    programs[slot].deadline = nil
    dropProbe(slot)
  }

  private mutating func spawn(_ slot: Slot, _ event: Event, _ now: Time) {
    require(stop == nil, "p\(slot): nothing is started after the stop has begun.")
    require(
      programs[slot].pid == 0 && !programs[slot].asked,
      "p\(slot): a program never has two processes.")
    if slot == command?.slot, !programs[slot].isPutOff {
      spawnCommand(slot, now)
    } else if isScheduled(slot) {
      spawnRun(slot, now)
    } else if programs[slot].state == .stopped {
      firstSpawn(slot, now)
    } else {
      require(
        programs[slot].deadline.map { $0 <= now } ?? false,
        "p\(slot): no retry or restart comes before its pause is over.")
    }
    move(slot, to: .starting)
    programs[slot].asked = true
    programs[slot].isPutOff = false
    programs[slot].asking = now
    programs[slot].executed = false
    programs[slot].failure = nil
    programs[slot].givingUp = .no
    programs[slot].tries += 1
  }

  /// Takes in a notice and returns the signal that it announces.
  private mutating func report(
    _ notice: Notice, _ event: Event, _ now: Time
  ) -> Action? {
    switch notice {
    case .starting(let slot, let pid):
      require(
        programs[slot].state == .starting && programs[slot].pid == pid,
        "p\(slot): no start is reported but for a fork.")
    case .running(let slot, let pid): becomeRunning(slot, pid, event, now)
    case .backoff(let slot, let failure, let pause):
      backoff(slot, failure, pause, event, now)
    case .putOff(let slot, let pause): putOff(slot, pause, event, now)
    case .fatal(let slot, let failure, let tries): fatal(slot, failure, tries, event, now)
    case .exited(let slot, let status, let expected, let restart):
      exited(slot, status, expected, restart, event, now)
    case .stopping(let slot, let pid, let signal?):
      return stopping(slot, pid, signal, now)
    case .stopping(let slot, let pid, nil): asking(slot, pid, now)
    case .stopCommandEnded(let slot, _, let status, let signal):
      return stopCommandIsOver(slot, status, signal, event, now)
    case .endingStopCommand(let slot): endingStopCommand(slot, event, now)
    case .nextSignal(let slot, let pid, let signal, let after):
      return nextSignal(slot, pid, signal, after, now)
    case .stopped(let slot, let status): stopped(slot, status, event)
    case .killing(let slot, let pid, let after): return killing(slot, pid, after, now)
    case .waiting(let slot, _):
      require(turn == slot, "p\(slot): no program waits before its turn.")
    case .unhealthy(let slot, _, let count, let most): unhealthy(slot, count, most)
    case .givingUp(let slot, let pid, let signal, let isReady):
      return givingUp(slot, pid, signal, isReady, now)
    case .overran(let slot, let pid, let signal, let after):
      return overran(slot, pid, signal, after, now)
    case .draining(let pause): draining(pause, now)
    case .treeLeft(let slot, let status, let signal):
      return treeLeft(slot, status, signal, event, now)
    case .survivedKill(let slot, _)
    where programs[slot].state != .stopping && programs[slot].ending != nil:
      require(
        programs[slot].ending?.killed.map { $0 + .seconds(5) <= now } ?? false,
        "p\(slot): no tree is given up before 5 s have passed since SIGKILL.")
      programs[slot].ending?.isGivenUp = true
      givenUpTrees.insert(slot)
      see(.treeGivenUp)
    case .survivedKill(let slot, _) where programs[slot].givingUp == .killed:
      require(
        programs[slot].killedGivenUp + .seconds(5) <= now,
        "p\(slot): nobody is given up before 5 s have passed since SIGKILL.")
      programs[slot].givingUp = .abandoned
      programs[slot].deadline = nil
      see(.givenUpAbandoned)
    case .survivedKill(let slot, _):
      require(
        programs[slot].killed.map { $0 + .seconds(5) <= now } ?? false && !programs[slot].abandoned,
        "p\(slot): nobody is given up before 5 s have passed since SIGKILL.")
      programs[slot].abandoned = true
      programs[slot].deadline = nil
      see(.abandoned)
    case .planned(let slot, let next): planned(slot, next)
    case .runFailed(let slot, let failure):
      require(
        isScheduled(slot), "p\(slot): no service is given up after one failure without a word.")
      require(
        isSame(failure, startFailure(slot, event, now)), "p\(slot): no run fails that did not.")
      programs[slot].givingUp = .no
      move(slot, to: .backoff)
      see(.runFailed)
    case .runOver(let slot, let next): runOver(slot, next, now)
    case .runSkipped(let slot, let pid): runSkipped(slot, pid, now)
    case .runMissed(let slot, let time): runMissed(slot, time)
    case .nothingToStart:
      require(
        autostarts.isEmpty && command == nil && !programs.indices.contains { isScheduled($0) },
        "There never is nothing to start while something is.")
    case .stopRequested(let signal, let sender):
      require(stop == nil, "A stop never begins twice.")
      told(signal, sender, event, now)
    case .stopRepeated(let signal, _):
      require(stop != nil, "Nothing is repeated that was not said before.")
      require(asksForStop(event, signal), "No signal is invented.")
      see(.repeatedSignal)
    case .killingAll:
      require(
        onTerminal && asksForStop(event, .interrupt) && (stop?.interrupts ?? 0) == 2,
        "Nobody but the second ^C on a terminal kills without waiting.")
      for slot in programs.indices where programs[slot].left != nil {
        programs[slot].deadline = now
      }
      see(stop?.sweep == nil ? .secondInterrupt : .secondInterruptInSweep)
    case .ignored(let signal, _):
      require(!asksForStop(event, signal), "No stop signal is ignored.")
      require(signal != .proceed, "SIGCONT is never worth a word.")
      see(.ignoredSignal)
    case .sweeping: break
    }
    return nil
  }

  /// Whether the event is this signal and means a stop.
  func asksForStop(_ event: Event, _ signal: Signal) -> Bool {
    guard case .signal(let received, _) = event, received == signal else { return false }
    if signal == .windowChange, onTerminal { return false }
    return configuration.globals.stopOn.contains(signal)
  }

  private mutating func becomeRunning(
    _ slot: Slot, _ pid: ProcessID, _ event: Event, _ now: Time
  ) {
    let program = configuration.programs[slot]
    if case .probed(slot, nil) = event {
      require(
        program.ready != nil && programs[slot].executed && programs[slot].givingUp == .no,
        "p\(slot): no answer makes a program RUNNING that did not wait for it.")
      see(.readyByProbe)
      return isRunning(slot, now)
    }
    require(
      program.ready == nil && !program.oneshot,
      "p\(slot): no program is RUNNING before it is ready, and no oneshot ever is.")
    let stayedUp =
      programs[slot].executed && programs[slot].asking + program.startsecs <= now
      && programs[slot].failure == nil
    var endedBeforeExec = false
    if case .ended = event {
      endedBeforeExec =
        !programs[slot].executed && program.startsecs == .zero && programs[slot].failure == nil
      see(endedBeforeExec ? .endedBeforeExec : .endedBeforeLateTick)
    }
    require(
      stayedUp || endedBeforeExec,
      "p\(slot): no program is RUNNING before it has stayed up for startsecs.")
    if case .ended = event {
    } else {
      require(
        processes[pid] == slot, "p\(slot): no program is RUNNING without a process.")
    }
    isRunning(slot, now)
  }

  private mutating func isRunning(_ slot: Slot, _ now: Time) {
    move(slot, to: .running)
    if !programs[slot].wasReady {
      programs[slot].wasReady = true
      release(slot, now)
    }
    programs[slot].probeFailures = 0
    if configuration.programs[slot].health != nil, stop == nil, programs[slot].ending == nil {
      pauseProbe(slot, configuration.programs[slot].healthInterval, now)
    }
    if isScheduled(slot), stop == nil, programs[slot].ending == nil, runTimeout(slot) > .zero {
      programs[slot].deadline = programs[slot].asking + runTimeout(slot)
    }
    programs[slot].runningSince = now
    programs[slot].tries = 0
    programs[slot].unexpected = nil
  }
}
