import Configuration

@testable import Basics
@testable import Supervision

// What the orderly stop may do: signals, levels, the sweep, and the exit status, which is worked
// out here from the history.

extension Invariants {
  mutating func stopping(
    _ slot: Slot, _ pid: ProcessID, _ signal: Signal, _ now: Time
  ) -> Action? {
    let wasTold = programs[slot].ending?.isTold ?? false
    require(
      programs[slot].ending != nil || !hasStopCommand(slot),
      "p\(slot): no signal takes the place of a stop_command that can be run.")
    if programs[slot].ending != nil, !wasTold { see(.groupLeftToldByStop) }
    beginStopping(slot, pid, now)
    if !wasTold { return sent(signal, slot, pid, now) }
    require(signal == stopSignal(slot), "p\(slot): no other than the stop signal is sent.")
    see(.stopWhileTreeEnds)
    return nil
  }

  /// It is told to stop, in whatever way.
  mutating func beginStopping(_ slot: Slot, _ pid: ProcessID, _ now: Time) {
    require(stop != nil, "p\(slot): nothing is told to stop before the stop begins.")
    requireOwn(slot, pid)
    endDrain(false, now)
    let wasGivenUp = programs[slot].givingUp != .no
    programs[slot].givingUp = .no
    require(programs[slot].told == nil, "p\(slot): nobody is told twice.")
    checkToldBeforeDependencies(slot)
    for other in programs.indices where level(other) > level(slot) {
      require(
        !programs[other].mustGo,
        "p\(slot): no level is told before all processes of the higher ones are gone (p\(other)).")
    }
    if programs[slot].state == .starting { see(.stopWhileStarting) }
    programs[slot].spent = .zero
    if let ending = programs[slot].ending, ending.isTold {
      // The rest of its tree was told to end already, and has the time that it was given then.
      let deadline = programs[slot].deadline
      move(slot, to: .stopping)
      programs[slot].told = (ending.told ?? now, event)
      programs[slot].lastSignal = ending.told
      programs[slot].killed = ending.killed
      programs[slot].deadline = deadline
      programs[slot].wasEnding = !wasGivenUp || inheritsInterrupt(slot) && ownSequence(slot).isEmpty
      programs[slot].stopSteps = wasGivenUp ? programs[slot].givenUpSteps : 0
      return
    }
    move(slot, to: .stopping)
    programs[slot].told = (now, event)
  }

  /// The first stop signal.
  mutating func sent(
    _ signal: Signal, _ slot: Slot, _ pid: ProcessID, _ now: Time
  ) -> Action? {
    let program = configuration.programs[slot]
    guard let stop else { return nil }
    require(
      signal == stopSignal(slot, stop), "p\(slot): no other than the stop signal is sent.")
    programs[slot].lastSignal = now
    programs[slot].deadline =
      now + (sequence(slot).first?.pause ?? lastWait(slot))
    if slot == command?.slot {
      // The signal that began the stop went to COMMAND as every other.
      if stop.signal != nil { return nil }
      see(.commandToldByStop)
    }
    return stopOrder(slot, pid, signal)
  }

  /// A signal by which a program is told to end, as its options want it sent.
  func stopOrder(_ slot: Slot, _ pid: ProcessID, _ signal: Signal, again: Bool = false) -> Action {
    let program = configuration.programs[slot]
    if program.stoptree { return .signalTree(slot, signal, again: again) }
    if let ending = programs[slot].ending { return .signalRest(slot, ending.leader, signal) }
    return .signal(pid, signal, group: program.stopasgroup)
  }

  func killOrder(_ slot: Slot, _ pid: ProcessID) -> Action {
    let program = configuration.programs[slot]
    if program.stoptree { return .signalTree(slot, .kill, again: false) }
    if let ending = programs[slot].ending { return .signalRest(slot, ending.leader, .kill) }
    return .signal(pid, .kill, group: program.killasgroup)
  }

  /// Of a program whose process has ended, the rest of its tree is meant.
  mutating func requireOwn(_ slot: Slot, _ pid: ProcessID) {
    require(
      programs[slot].ending != nil ? pid == 0 : processes[pid] == slot,
      "p\(slot): no signal goes to a process that is not its own.")
  }

  /// TERM and INT stand for themselves where `stopsignal` is unset; COMMAND's is rewritten.
  private func stopSignal(_ slot: Slot, _ stop: StopHistory) -> Signal {
    if let command, slot == command.slot {
      let signal = stop.signal ?? .terminate
      return command.rewrites(signal) ?? signal
    }
    let inherited: Signal = stop.signal == .interrupt ? .interrupt : .terminate
    return configuration.programs[slot].stopsignal ?? inherited
  }

  mutating func killing(
    _ slot: Slot, _ pid: ProcessID, _ after: Nanoseconds, _ now: Time
  ) -> Action? {
    let program = configuration.programs[slot]
    if programs[slot].state != .stopping, programs[slot].ending != nil {
      return killingTree(slot, pid, after, now)
    }
    requireOwn(slot, pid)
    if programs[slot].givingUp != .no { return killGivenUp(slot, pid, now) }
    require(programs[slot].killed == nil, "p\(slot): nobody is killed twice.")
    require(after == program.stopwaitsecs, "p\(slot): no other wait is reported than was made.")
    require(
      (programs[slot].lastSignal ?? programs[slot].told?.at).map {
        $0 + lastWait(slot) <= now
      } ?? false,
      "p\(slot): SIGKILL never comes before stopwaitsecs are over since the last stop signal, or"
        + " since its stop_command was run.")
    require(
      programs[slot].lastSignal == nil || programs[slot].wasEnding
        || programs[slot].stopSteps == sequence(slot).count,
      "p\(slot): SIGKILL never comes before the last signal of a sequence.")
    if programs[slot].lastSignal == nil { see(.killedWhenAsked) }
    programs[slot].killed = now
    programs[slot].deadline = now + .seconds(5)
    see(.killedAfterWait)
    return killOrder(slot, pid)
  }

  mutating func killAtOnce(_ slot: Slot, _ now: Time) {
    require(programs[slot].killed == nil, "p\(slot): nobody is killed twice.")
    programs[slot].givingUp = .no
    if programs[slot].state != .stopping { move(slot, to: .stopping) }
    if programs[slot].told == nil { programs[slot].told = (now, event) }
    programs[slot].killed = now
    programs[slot].deadline = now + .seconds(5)
  }

  mutating func sweep(_ signal: Signal, _ killingAll: Bool, _ now: Time) {
    require(
      !programs.contains { $0.mustGo },
      "The sweep never begins while a program's process is waited for.")
    guard let stop else { return require(false, "Nothing is swept before the stop begins.") }
    let impatient = onTerminal && stop.interrupts > 1
    if let first = stop.sweep {
      require(
        signal == .kill && first.signal == .terminate
          && (killingAll || first.at + .seconds(1) <= now),
        "What is left is never killed before it had 1 s, nor swept a third time.")
      see(.secondSweep)
    } else {
      require(
        signal == (impatient ? .kill : .terminate),
        "What is left never gets SIGKILL first, but for a second ^C.")
    }
    self.stop?.sweep = (now, signal)
    self.stop?.deadline = now + (signal == .kill ? .seconds(5) : .seconds(1))
  }

  mutating func exit(
    _ code: UInt8, _ reason: ExitReason, _ event: Event, _ now: Time
  ) {
    guard let stop, let sweep = stop.sweep else {
      return require(false, "swinit never exits before the stop and the sweep.")
    }
    require(!stop.exited, "swinit never exits twice.")
    require(reason == stop.reason, "swinit never exits for another reason than the stop's.")
    require(
      code == stop.code, "The exit status is never another than the rules say: \(stop.code).")
    if case .childrenGone = event {
    } else {
      require(
        sweep.signal == .kill && sweep.at + .seconds(5) <= now,
        "swinit never exits while a child is left that may still end.")
      see(.exitWithSurvivors)
    }
    self.stop?.exited = true
    self.stop?.deadline = nil
    seeExit(reason, code)
  }

  private mutating func seeExit(_ reason: ExitReason, _ code: UInt8) {
    switch reason {
    case .told(_, _, let failed):
      switch configuration.globals.exitOnSignal {
      case .zero: see(failed == nil ? .toldZero : .toldByChild)
      case .signal: see(.toldSignal)
      case .failure: see(failed == nil ? .toldNoFailure : .toldFailure)
      }
    case .essentialFatal(let slot, _):
      see(slot == command?.slot ? .commandFatal : .essentialFatal)
    case .commandEnded(_, let status):
      see(stop?.signal == nil ? .commandEnded : .commandEndedWhenTold)
      if code == 0, status.code != 0 { see(.commandAccepted) }
    case .awaitedFatal: see(.awaitedFatal)
    case .essentialExited: see(.essentialExited)
    case .nothingLeft(let failed): see(failed == nil ? .nothingLeftFine : .nothingLeftFailed)
    }
  }

  private var firstUnexpected: (failure: ExitReason.Failure, code: UInt8)? {
    var first: (slot: Slot, order: Int)?
    for slot in programs.indices {
      guard let end = programs[slot].unexpected, end.order < first?.order ?? .max else { continue }
      first = (slot, end.order)
    }
    guard let slot = first?.slot, let end = programs[slot].unexpected else { return nil }
    return (.init(slot: slot, end: end.end), end.code)
  }

  /// A program that has ended unexpectedly, and has been RUNNING again for less than 10 s.
  private func restarted(_ now: Time) -> ExitReason.Failure? {
    for slot in programs.indices
    where programs[slot].state == .running && programs[slot].pid != 0
      || programs[slot].ending != nil
    {
      guard programs[slot].state == .running, programs[slot].runningSince + .seconds(10) > now,
        let end = programs[slot].lastUnexpected, case .exited = end
      else { continue }
      return .init(slot: slot, end: end)
    }
    return nil
  }

  /// Told by a signal → 0, or as exit_on_signal says; told by one of our own children while a program
  /// is FATAL or has ended unexpectedly → its code, or 1.
  mutating func told(_ signal: Signal, _ sender: Sender, _ event: Event, _ now: Time) {
    require(asksForStop(event, signal), "No stop is made up.")
    var failed: ExitReason.Failure?
    let code: UInt8
    switch configuration.globals.exitOnSignal {
    case .signal: code = 128 + UInt8(signal.number)
    case .failure: (failed, code) = (firstUnexpected?.failure, firstUnexpected?.code ?? 0)
    case .zero:
      if sender.isDescendant {
        failed = firstUnexpected?.failure
        if failed == nil {
          failed = restarted(now)
          if failed != nil { see(.toldByChildOfRestarted) }
        }
      }
      code = failed.map { max(1, $0.end.code) } ?? 0
    }
    if startsAreDue { see(.stopBeforeLastStart) }
    beginStop(.told(signal, sender, failed: failed), code, now)
    if signal == .interrupt { stop?.interrupts = 1 }
  }

  /// There were autostart programs, each ended by itself, none is running or to come.
  mutating func stopIfNothingIsLeft(_ now: Time) {
    guard command == nil, !configuration.globals.stay, !autostarts.isEmpty,
      !order[next...].contains(where: { configuration.programs[$0].autostart }), areAllOver,
      !programs.indices.contains(where: { isScheduled($0) })
    else { return }
    beginStop(.nothingLeft(failed: firstUnexpected?.failure), firstUnexpected?.code ?? 0, now)
  }

  mutating func beginStop(_ reason: ExitReason, _ code: UInt8, _ now: Time) {
    guard stop == nil else { return }
    // Each level may use up its longest stopwaitsecs and the patience after SIGKILL, the sweep
    // both of its waits, and each of all these timers may be served late.
    var longest: [Int64] = []
    for (index, slot) in programs.indices.enumerated() {
      let wait = configuration.programs[slot].longestStop.count
      let same = (0..<index).first { level($0) == level(slot) }
      longest.append(wait)
      if let same { (longest[same], longest[index]) = (max(longest[same], wait), 0) }
    }
    let drain = configuration.globals.drain
    var bound =
      drain.count + longest.reduce(0, +) + Int64(programs.count) * Supervisor.killPatience.count
    bound += Supervisor.sweepPatience.count + Supervisor.killPatience.count
    let steps = programs.indices.reduce(0) { $0 + 1 + sequence($1).count }
    bound += Int64(programs.count) * Supervisor.interruptPatience.count
    bound += Int64(2 * programs.count + 2 + steps) * (greatestDelay.count + 1_000_000)
    var signal: Signal?
    if case .told(let told, _, _) = reason { signal = told }
    stop = StopHistory(
      began: now, reason: reason, code: code, signal: signal, bound: now + Nanoseconds(bound))
    if let command, programs[command.slot].state == .stopped {
      see(programs[command.slot].deadline == nil ? .commandNeverStarted : .turnTakenBack)
      programs[command.slot].deadline = nil
    }
    endSchedules()
    // What is not running is not waited for.
    for slot in programs.indices {
      if programs[slot].waits, programs[slot].state == .stopped { see(.stoppedWaiting) }
      dropProbe(slot)
      let program = configuration.programs[slot]
      let mayTakeLong = program.oneshot || program.ready != nil
      if programs[slot].state == .starting, programs[slot].givingUp == .no, mayTakeLong,
        programs[slot].ending == nil
      {
        programs[slot].deadline = nil
      }
      if programs[slot].state == .running, programs[slot].givingUp == .no,
        programs[slot].ending == nil
      {
        programs[slot].deadline = nil
      }
      if programs[slot].state == .exited || programs[slot].state == .stopped {
        programs[slot].deadline = nil
      }
    }
  }
}
