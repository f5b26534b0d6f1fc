import Configuration

@testable import Basics
@testable import Supervision

// What may never happen, in prose beside each check, and the bookkeeping that the checks need.
// `observe` is called after every event. This file holds what is true between two events; what
// each single action may and may not do is in `ActionInvariants.swift`.

struct Invariants {
  let configuration: Configuration
  let command: MainCommand?
  let onTerminal: Bool
  let greatestDelay: Nanoseconds
  /// All programs in the order in which they have their turns to start, and the next of them.
  let order: [Slot]
  var next = 0
  /// By which levels the stop goes.
  let stopLevels: [StopLevel]
  var programs: [History]
  var processes: [ProcessID: Slot] = [:]
  var orphans: UInt64 = 0
  var unexpectedEnds = 0
  var stop: StopHistory?
  let zone: Zone
  /// What the wall clock showed when it was looked at last.
  var lastWall: WallTime?
  /// The program that is BACKOFF with no try left, on its way to FATAL.
  var gaveUp: Slot?
  /// Programs of which something withstood SIGKILL and may still be there.
  var givenUpTrees: Set<Slot> = []
  /// Counts events.
  var event = 0
  var sights: Set<Sight> = []
  /// The first thing that happened though it never may.
  var violation: String?

  /// The programs that the signal of the present event was passed on to.
  var passed: [Slot] = []
  /// What the signal of the present event has to become on its way to COMMAND; nil: it does not go
  /// there.
  var forwarding: Forwarding?
  /// The program whose turn to start the present tick is.
  var turn: Slot?

  init(
    _ configuration: Configuration, onTerminal: Bool, command: MainCommand?,
    greatestDelay: Nanoseconds, zone: Zone
  ) {
    self.zone = zone
    self.configuration = configuration
    self.command = command
    self.onTerminal = onTerminal
    self.greatestDelay = greatestDelay
    programs = configuration.programs.map { _ in History() }
    order = configuration.programs.indices.sorted { left, right in
      let a = Self.level(left, configuration, command)
      let b = Self.level(right, configuration, command)
      return a == b ? left < right : a < b
    }
    stopLevels = StopLevel.all(configuration, command)
  }

  /// Those that start by themselves.
  var autostarts: [Slot] { order.filter { configuration.programs[$0].autostart } }

  /// COMMAND's is above all others.
  static func level(
    _ slot: Slot, _ configuration: Configuration, _ command: MainCommand?
  ) -> (Int, Int) {
    if slot == command?.slot { return (.max, .max) }
    let program = configuration.programs[slot]
    return (Int(configuration.groups[program.group].priority), Int(program.priority))
  }
  func level(_ slot: Slot) -> StopLevel { stopLevels[slot] }

  mutating func require(_ holds: Bool, _ sentence: @autoclosure () -> String) {
    if !holds, violation == nil { violation = sentence() }
  }
  mutating func see(_ sight: Sight) { sights.insert(sight) }

  /// When the core has to be called next.
  var earliestDeadline: Time? {
    var earliest = stop?.deadline
    for program in programs {
      for case .some(let deadline) in [
        program.deadline, program.probeDeadline, program.schedule.due,
      ] where deadline < earliest ?? .distantFuture {
        earliest = deadline
      }
    }
    return earliest
  }
  var startsAreDue: Bool { stop == nil && next < order.count }

  mutating func observe(_ event: Event, at now: Time, _ actions: [Action], _ core: Supervisor) {
    self.event += 1
    let wasOver = stop?.exited ?? false
    turn = nil
    if case .tick = event { checkTick(now, actions) }
    forwarding = forwarding(of: event)
    takeIn(event, now)
    walk(actions, event, now)
    commandMayBeDue(now)
    if wasOver {
      for action in actions {
        guard case .report = action else {
          require(false, "After the exit nothing is done any more.")
          return
        }
      }
      return
    }
    checkPrograms(core)
    checkSchedules(core)
    checkTimers(core, now)
    checkLevels()
    checkStopCommands()
    checkStop(event, core, now)
  }

  /// The clock: one tick does one thing, and none that comes too early does anything.
  private mutating func checkTick(_ now: Time, _ actions: [Action]) {
    if startsAreDue {
      takeTurn(actions, now)
    } else if let deadline = earliestDeadline, deadline <= now {
      require(!actions.isEmpty, "No tick passes without effect when a timer is due.")
    } else {
      require(actions.isEmpty, "No tick that comes too early does anything.")
    }
  }

  private mutating func takeIn(_ event: Event, _ now: Time) {
    switch event {
    case .forked(let slot, let pid):
      require(programs[slot].asked, "The test broke its contract: nobody asked for a fork.")
      programs[slot].asked = false
      programs[slot].pid = pid
      require(processes[pid] == nil, "The test broke its contract: a pid was given twice.")
      processes[pid] = slot
    case .startPutOff(let slot, _):
      programs[slot].asked = false
      see(.putOff)
    case .forkFailed(let slot, _):
      programs[slot].asked = false
      see(.forkFailure)
    case .executed(let slot):
      programs[slot].executed = true
      executed(slot)
    case .executionFailed(let slot, let failure):
      programs[slot].failure = failure
      see(.execFailure)
    // No program of these runs follows a pidfile: FollowerTests has the ones that do.
    case .detached, .followed, .gone: break
    // Nothing but the waiting ends.
    case .killRefused: break
    case .probed(let slot, let failure): probed(slot, failure, now)
    case .treeLeft(let slot), .treeGone(let slot):
      require(
        programs[slot].ending != nil || givenUpTrees.contains(slot),
        "The test broke its contract: nobody asked for the tree of p\(slot).")
      if case .treeGone = event, programs[slot].ending?.told == nil,
        programs[slot].state == .running
      {
        see(.treeGoneAtOnce)
      }
    case .ended(let pid, let status):
      guard let slot = processes.removeValue(forKey: pid) else {
        orphans += 1
        return see(.orphanReaped)
      }
      programs[slot].pid = 0
      treeIsEnding(slot, pid, status, now)
      if leavesStopCommand(slot, event) { return }
      if programs[slot].ending != nil {
        dropProbe(slot)
        // Who was told to end with its process has the time that it was given then.
        if programs[slot].state == .stopping || programs[slot].givingUp != .no { return }
      }
      if programs[slot].state != .stopping || !programs[slot].abandoned {
        programs[slot].deadline = nil
      }
    case .stopCommandEnded(let slot, _): stopCommandEnded(slot, now)
    case .signal(let signal, _):
      if stop != nil, signal == .interrupt, forwarding == nil,
        configuration.globals.stopOn.contains(signal)
      {
        stop?.interrupts += 1
      }
      if signal == .windowChange, onTerminal { see(.resized) }
    case .clock(let wall): takeIn(wall, now)
    case .begin: beginSchedules(now)
    case .tick, .childrenGone: break
    }
  }

  private mutating func checkPrograms(_ core: Supervisor) {
    require(core.records.count == programs.count, "The number of programs never changes.")
    require(
      core.slots.count == processes.count
        && processes.allSatisfy { core.slots[$0.key] == $0.value },
      "No process that was forked is missing in the table, and none that was reaped stays in it.")
    require(core.orphansReaped == orphans, "No orphan is reaped uncounted.")
    for slot in programs.indices {
      let state = core.state(of: slot)
      let told = programs[slot].state
      require(
        StateName(state) == told,
        "p\(slot): no state changes without a word: it is \(state.name), by the words \(told).")
      require(
        state.pid == programs[slot].pid, "p\(slot): a program never misnames its process.")
      require(
        programs[slot].asked || programs[slot].left != nil || programs[slot].ending != nil
          || programs[slot].state.hasProcess == (programs[slot].pid != 0),
        "p\(slot): no state that has a process is without one, and no other state has one.")
      checkProbe(slot, core)
      checkFatal(slot)
    }
  }

  private mutating func checkTimers(_ core: Supervisor, _ now: Time) {
    for slot in programs.indices {
      switch programs[slot].state {
      case .fatal:
        require(!core.timers.isSet(slot), "p\(slot): no timer is set for a program that is FATAL.")
      case .stopped, .running, .exited, .starting, .backoff, .stopping:
        require(
          core.timers.isSet(slot) == (programs[slot].deadline != nil),
          "p\(slot): no timer is set but for what is to come, and nothing is to come without one.")
      }
    }
    guard !programs.contains(where: { $0.asked }) else { return }
    let pause = core.pause(at: now)
    if startsAreDue {
      require(pause == .zero, "Nobody sleeps while first starts are due.")
    } else {
      let expected = earliestDeadline.map { $0 > now ? $0 - now : .zero }
      require(pause == expected, "Nobody sleeps longer or shorter than to the next deadline.")
    }
  }

  /// Levels go down one after the other, and each without a pause after the one above.
  private mutating func checkLevels() {
    guard let stop, stop.sweep == nil, !stop.exited, stop.drainEnd == nil else { return }
    let waiting = programs.indices.filter { programs[$0].mustGo }
    guard let top = waiting.max(by: { level($0) < level($1) }) else {
      return require(false, "The sweep never waits when all programs are gone.")
    }
    for slot in waiting where level(slot) == level(top) {
      require(
        programs[slot].told != nil,
        "p\(slot): when the levels above are gone, no program of a level stays untold.")
      require(
        stop.interrupts > 1 || programs[slot].told?.event == programs[top].told?.event,
        "p\(slot): within a level none is told later than the others.")
    }
  }

  private mutating func checkStop(_ event: Event, _ core: Supervisor, _ now: Time) {
    let reason = stop?.reason
    require(
      core.cause == reason,
      "No stop begins for another reason than the rules say: \(reason.map { words($0) } ?? "none")."
    )
    guard let stop else { return }
    require(
      programs.allSatisfy { $0.state != .backoff && ($0.state != .exited || $0.isOver) },
      "Nothing is left waiting for a retry or a restart once the stop has begun.")
    require(now <= stop.bound, "A stop never takes longer than all its waits together.")
    if case .childrenGone = event {
      require(stop.exited, "Nobody waits when no child is left.")
    }
  }
}
