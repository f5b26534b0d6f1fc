import Configuration

@testable import Basics
@testable import Supervision

// Who waits for whom, at the start and at the stop, and the tests of programs. Worked out here from
// the configuration and from what was said, in another way than the core does.

/// Where a program stands in the stop: higher ones go first.
struct StopLevel: Comparable {
  var group: Int
  var priority: Int
  /// How long the chain of those of the same priorities is that go before it.
  var depth: Int

  static func < (left: StopLevel, right: StopLevel) -> Bool {
    if (left.group, left.priority) != (right.group, right.priority) {
      return (left.group, left.priority) < (right.group, right.priority)
    }
    return left.depth > right.depth
  }

  static func all(_ configuration: Configuration, _ command: MainCommand?) -> [StopLevel] {
    let slots = configuration.programs.indices
    var known: [Slot: (Int, Int)] = [:]
    /// The highest priority of a program and of all that it needs.
    func lifted(_ slot: Slot) -> (Int, Int) {
      if let found = known[slot] { return found }
      var highest = Invariants.level(slot, configuration, command)
      for one in configuration.dependencies where one.dependent == slot {
        let other = lifted(one.on)
        if highest < other { highest = other }
      }
      known[slot] = highest
      return highest
    }
    let priorities = slots.map { lifted($0) }
    var depths: [Slot: Int] = [:]
    func depth(_ slot: Slot) -> Int {
      if let found = depths[slot] { return found }
      var longest = 0
      for one in configuration.dependencies where one.on == slot {
        if priorities[one.dependent] == priorities[slot] {
          longest = max(longest, 1 + depth(one.dependent))
        }
      }
      depths[slot] = longest
      return longest
    }
    return slots.map {
      StopLevel(group: priorities[$0].0, priority: priorities[$0].1, depth: depth($0))
    }
  }
}

extension Invariants {
  // The first starts.

  func isMet(_ dependency: Dependency) -> Bool {
    let history = programs[dependency.on]
    return dependency.untilEnd ? history.hasEnded : history.wasReady
  }

  func unmet(_ slot: Slot) -> [Dependency] {
    configuration.dependencies.filter { $0.dependent == slot && !isMet($0) }
  }

  /// A tick while first starts are due: the turn of the next that starts by itself and is not FATAL
  /// with what it depends on.
  mutating func takeTurn(_ actions: [Action], _ now: Time) {
    while next < order.count {
      let slot = order[next]
      next += 1
      guard configuration.programs[slot].autostart, programs[slot].state == .stopped else {
        continue
      }
      turn = slot
      let missing = unmet(slot)
      guard let first = missing.first else {
        return require(
          words(actions) == ["spawn p\(slot)"],
          "While first starts are due no tick passes without the next of them.")
      }
      programs[slot].waits = true
      see(.waited)
      return require(
        words(actions) == ["p\(slot) waits for p\(first.on)"],
        "p\(slot): no program starts before what it depends on is ready.")
    }
    stopIfNothingIsLeft(now)
    require(
      actions.isEmpty == (stop == nil), "No tick does anything when there is nothing to start.")
  }

  var areAllOver: Bool { autostarts.allSatisfy { programs[$0].isOver } }

  /// The first start of a program whose turn it is, or that had to wait and has all it needs.
  mutating func firstSpawn(_ slot: Slot, _ now: Time) {
    require(
      unmet(slot).isEmpty, "p\(slot): no program starts before what it depends on is ready.")
    if turn == slot { return }
    require(
      programs[slot].waits && programs[slot].deadline.map { $0 <= now } ?? false,
      "p\(slot): no first start comes before one of a lower level, twice, or unasked.")
    for other in order.prefix(while: { $0 != slot }) where programs[other].waits {
      require(
        programs[other].deadline == nil || programs[other].released != programs[slot].released,
        "p\(slot): of those that one event has released, no later one starts first (p\(other)).")
    }
    programs[slot].waits = false
  }

  /// Something of what others wait for has come.
  mutating func release(_ slot: Slot, _ now: Time) {
    guard stop == nil else { return }
    for one in configuration.dependencies where one.on == slot {
      let waiting = one.dependent
      guard programs[waiting].waits, programs[waiting].deadline == nil,
        programs[waiting].state == .stopped, unmet(waiting).isEmpty
      else { continue }
      programs[waiting].deadline = now
      // Those that wait for its end come after those that wait for its being ready.
      let untilEnd = configuration.dependencies.contains {
        $0.dependent == waiting && $0.on == slot && $0.untilEnd
      }
      programs[waiting].released = 2 * event + (untilEnd ? 1 : 0)
      see(one.untilEnd ? .releasedByEnd : .released)
    }
  }

  mutating func checkFatal(_ slot: Slot) {
    guard stop == nil, programs[slot].state == .stopped, configuration.programs[slot].autostart
    else { return }
    require(
      unmet(slot).allSatisfy { programs[$0.on].state != .fatal },
      "p\(slot): no program waits for one that is FATAL.")
  }

  mutating func fatalByDependency(_ slot: Slot, on other: Slot, _ code: UInt8) {
    require(
      programs[slot].state == .stopped && unmet(slot).contains { $0.on == other },
      "p\(slot): nothing is FATAL with what it does not wait for.")
    require(
      programs[other].state == .fatal && programs[other].unexpected?.code == code,
      "p\(slot): nothing is FATAL with what is not FATAL.")
    see(.fatalByDependency)
  }

  /// Each program is stopped before what it depends on.
  mutating func checkToldBeforeDependencies(_ slot: Slot) {
    for one in configuration.dependencies where one.on == slot {
      require(
        !programs[one.dependent].mustGo,
        "p\(slot): nothing is told before what depends on it is gone (p\(one.dependent)).")
      let priority = Self.level(one.dependent, configuration, command)
      if priority < Self.level(slot, configuration, command) { see(.dependencyBeforeLevel) }
    }
  }

  // Tests.

  /// What has to come before it is RUNNING.
  mutating func executed(_ slot: Slot) {
    guard programs[slot].state == .starting, programs[slot].givingUp == .no else { return }
    let program = configuration.programs[slot]
    if program.oneshot || program.ready != nil {
      let limits = [program.readyTimeout, program.oneshot ? runTimeout(slot) : .zero]
      let limit = limits.filter { $0 > .zero }.min()
      programs[slot].deadline = stop == nil ? limit.map { programs[slot].asking + $0 } : nil
      programs[slot].probeFailures = 0
    } else {
      programs[slot].deadline = programs[slot].asking + program.startsecs
    }
  }

  mutating func startProbe(_ slot: Slot, _ isHealth: Bool, _ event: Event, _ now: Time) {
    let history = programs[slot]
    let program = configuration.programs[slot]
    let probe = isHealth ? program.health : program.ready
    require(
      stop == nil && history.givingUp == .no && probe != nil
        && history.state == (isHealth ? .running : .starting),
      "p\(slot): nothing is tested but what is STARTING, for readiness, or RUNNING, for health.")
    require(history.probe != .asking, "p\(slot): no program is tested twice at once.")
    if history.probe == .none {
      guard case .executed(slot) = event, !isHealth else {
        return require(false, "p\(slot): no test comes out of turn.")
      }
    } else {
      require(
        history.probeDeadline.map { $0 <= now } ?? false,
        "p\(slot): no test comes before its pause is over.")
    }
    programs[slot].probe = .asking
    programs[slot].probeDeadline =
      !isHealth && probe?.kind == .path
      ? now + .seconds(1)
      : isHealth || probe?.isAwaited == false ? now + program.healthTimeout : nil
  }

  /// The core gives a test up: its time is over, or nobody wants to know any more.
  mutating func stopProbe(_ slot: Slot, _ event: Event, _ now: Time) {
    require(programs[slot].probe == .asking, "p\(slot): no test is ended that is not there.")
    programs[slot].probe = .none
    let isDue = programs[slot].probeDeadline.map { $0 <= now } ?? false
    programs[slot].probeDeadline = nil
    if case .tick = event, isDue {
      see(.probeTimedOut)
      probeFailed(slot, now)
    }
  }

  mutating func probed(_ slot: Slot, _ failure: ProbeFailure?, _ now: Time) {
    require(programs[slot].probe == .asking, "The test broke its contract: nobody asked.")
    programs[slot].probe = .none
    programs[slot].probeDeadline = nil
    if case .notMade = failure, programs[slot].state == .running {
      see(.testNotMade)
      return pauseProbe(slot, configuration.programs[slot].healthInterval, now)
    }
    if failure != nil { return probeFailed(slot, now) }
    guard programs[slot].state == .running else { return }
    see(.healthy)
    programs[slot].probeFailures = 0
    pauseProbe(slot, configuration.programs[slot].healthInterval, now)
  }

  /// What comes after a failure: a pause, or the program is given up, which is said.
  private mutating func probeFailed(_ slot: Slot, _ now: Time) {
    programs[slot].probeFailures += 1
    let count = programs[slot].probeFailures
    if programs[slot].state == .starting {
      let pauses: [Int64] = [20, 40, 80, 160, 320, 640, 1_000]
      pauseProbe(slot, .milliseconds(pauses[min(count - 1, 6)]), now)
    } else if count < configuration.programs[slot].healthRetries {
      pauseProbe(slot, configuration.programs[slot].healthInterval, now)
    }
  }

  mutating func pauseProbe(_ slot: Slot, _ pause: Nanoseconds, _ now: Time) {
    programs[slot].probe = .pausing
    programs[slot].probeDeadline = now + pause
  }

  /// It has left the state that the test was of.
  mutating func dropProbe(_ slot: Slot) {
    guard programs[slot].probe == .pausing else { return }
    programs[slot].probe = .none
    programs[slot].probeDeadline = nil
  }

  mutating func checkProbe(_ slot: Slot, _ core: Supervisor) {
    let history = programs[slot]
    require(
      core.records[slot].probe == history.probe, "p\(slot): no test is forgotten, and none made up."
    )
    guard history.probe != .none else { return }
    require(
      stop == nil && history.givingUp == .no
        && (history.state == .starting || history.state == .running),
      "p\(slot): no program is tested that is stopping, given up, or has no process.")
  }

  mutating func unhealthy(_ slot: Slot, _ count: Int32, _ most: Int32) {
    require(
      programs[slot].state == .running && Int(count) == programs[slot].probeFailures
        && most == configuration.programs[slot].healthRetries && count <= most,
      "p\(slot): no failed test is miscounted.")
  }

  mutating func givingUp(
    _ slot: Slot, _ pid: ProcessID, _ signal: Signal, _ isReady: Bool, _ now: Time
  ) -> Action? {
    let program = configuration.programs[slot]
    let history = programs[slot]
    require(
      history.givingUp == .no && processes[pid] == slot, "p\(slot): nobody is given up twice.")
    if isReady {
      require(
        history.state == .running && history.probeFailures == Int(program.healthRetries),
        "p\(slot): nothing is restarted but for health_retries failures in a row.")
      see(.unhealthyRestart)
    } else {
      require(
        history.state == .starting && history.executed && program.readyTimeout > .zero
          && !isLimited(slot)
          && history.asking + program.readyTimeout <= now,
        "p\(slot): nothing is given up before ready_timeout is over.")
      see(.notReadyInTime)
    }
    return giveUp(slot, pid, signal, now)
  }

  mutating func giveUp(
    _ slot: Slot, _ pid: ProcessID, _ signal: Signal, _ now: Time
  ) -> Action? {
    let program = configuration.programs[slot]
    require(
      signal == program.stopsignal ?? .terminate, "p\(slot): no other than the stop signal is sent."
    )
    dropProbe(slot)
    programs[slot].givingUp = .told
    programs[slot].givenUp = now
    programs[slot].givenUpSteps = 0
    programs[slot].deadline = now + (sequence(slot).first?.pause ?? program.stopwaitsecs)
    return stopOrder(slot, pid, signal)
  }

  /// The next signal of its sequence, to one that was given up.
  mutating func nextGivenUp(
    _ slot: Slot, _ pid: ProcessID, _ signal: Signal, _ after: Nanoseconds, _ now: Time
  ) -> Action? {
    let rest = sequence(slot)
    let done = programs[slot].givenUpSteps
    guard programs[slot].givingUp == .told, done < rest.count, rest[done] == (after, signal) else {
      require(false, "p\(slot): no signal of a sequence is left out, repeated or made up.")
      return nil
    }
    require(
      programs[slot].givenUp + after <= now,
      "p\(slot): no signal of a sequence comes before its pause is over.")
    requireOwn(slot, pid)
    programs[slot].givenUpSteps = done + 1
    programs[slot].givenUp = now
    if programs[slot].ending != nil { programs[slot].ending?.told = now }
    programs[slot].deadline =
      now
      + (done + 1 < rest.count ? rest[done + 1].pause : configuration.programs[slot].stopwaitsecs)
    see(.givenUpNextSignal)
    return stopOrder(slot, pid, signal, again: true)
  }

  /// The last signal that it got since it was given up.
  func givenUpSignal(_ slot: Slot) -> Signal {
    let done = programs[slot].givenUpSteps
    return done > 0 ? sequence(slot)[done - 1].signal : stopSignal(slot)
  }

  /// SIGKILL to one that was given up.
  mutating func killGivenUp(
    _ slot: Slot, _ pid: ProcessID, _ now: Time
  ) -> Action? {
    let program = configuration.programs[slot]
    require(
      programs[slot].givingUp == .told && programs[slot].givenUp + program.stopwaitsecs <= now,
      "p\(slot): SIGKILL never comes before stopwaitsecs are over since the stop signal.")
    require(
      programs[slot].givenUpSteps == sequence(slot).count,
      "p\(slot): SIGKILL never comes before the last signal of a sequence.")
    programs[slot].givingUp = .killed
    programs[slot].killedGivenUp = now
    programs[slot].deadline = now + .seconds(5)
    see(.givenUpKilled)
    return killOrder(slot, pid)
  }

  // The pause before the programs hear of the stop.

  mutating func draining(_ pause: Nanoseconds, _ now: Time) {
    require(
      stop?.signal != nil && pause == configuration.globals.drain && pause > .zero,
      "Nothing is drained but for a signal, and never shorter or longer than asked.")
    stop?.drainEnd = now + pause
    stop?.deadline = now + pause
  }

  /// Somebody is told, or the sweep begins: the drain is over.
  mutating func endDrain(_ killingAll: Bool, _ now: Time) {
    guard let end = stop?.drainEnd else { return }
    let nobodyIsLeft = !programs.contains { $0.mustGo }
    require(
      end <= now || killingAll || nobodyIsLeft, "No program is told before the drain is over.")
    see(end <= now ? .drained : .drainCutShort)
    stop?.drainEnd = nil
    stop?.deadline = nil
  }
}
