import Basics
import Configuration

// One program: every state answers every event. The switches have no `default`, so that a new
// state does not compile until each event has an answer for it. How its process ends, and what comes
// after that, is in `ProgramEnds.swift`.
//
// The order of things when a start fails: the process that could not become its program says so
// first (`executionFailed`) and is reaped after (`ended`). Only the reaping moves the state, so
// that no second process can be made while the first one lives.

extension Supervisor {
  /// Sets the state and keeps what is counted of states in step with it.
  @inline(never)
  mutating func transition(_ slot: Slot, to state: ProgramState) {
    let old = records[slot].state
    records[slot].state = state
    active += (state.isActive ? 1 : 0) - (old.isActive ? 1 : 0)
    let level = Int(levels.level[slot])
    living[level] += (state.isLiving ? 1 : 0) - (old.isLiving ? 1 : 0)
  }

  mutating func start(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .stopped, .backoff, .exited, .fatal:
      timers.clear(slot)
      records[slot].givingUp = .no
      records[slot].started = now
      transition(slot, to: .starting(pid: 0, since: now, executed: false, failure: nil))
      actions.append(.spawn(slot))
    case .starting, .running, .stopping:
      return
    }
  }

  mutating func forked(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    slots.insert(pid, slot)
    switch records[slot].state {
    case .starting(_, let since, let executed, let failure):
      transition(
        slot, to: .starting(pid: pid, since: since, executed: executed, failure: failure))
      actions.append(.report(.starting(slot, pid)))
    case .stopping(_, let stage):
      // Told to stop between the fork and its answer.
      transition(slot, to: .stopping(pid: pid, stage: stage))
      if case .told(let signal) = stage { send(signal, slot, pid, &actions) }
    case .stopped, .running, .backoff, .exited, .fatal:
      return
    }
  }

  mutating func executed(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .starting(let pid, let since, _, let failure):
      transition(slot, to: .starting(pid: pid, since: since, executed: true, failure: failure))
      guard records[slot].givingUp == .no else { return }
      awaitReadiness(slot, pid, since, now, &actions)
    case .stopped, .running, .backoff, .stopping, .exited, .fatal:
      return
    }
  }

  mutating func executionFailed(_ slot: Slot, _ failure: SpawnFailure) {
    switch records[slot].state {
    case .starting(let pid, let since, let executed, _):
      transition(
        slot, to: .starting(pid: pid, since: since, executed: executed, failure: failure))
    case .stopped, .running, .backoff, .stopping, .exited, .fatal:
      return
    }
  }

  mutating func becomeRunning(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    timers.clear(slot)
    records[slot].failures = 0
    records[slot].lastEnd = .fine
    transition(slot, to: .running(pid: pid, since: now))
    actions.append(.report(.running(slot, pid)))
    becameReady(slot, now)
    awaitHealth(slot, now)
    limitRun(slot, now)
  }

  /// The slot's timer is due. What it means depends on the state alone.
  mutating func timedOut(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    if treeTimedOut(slot, now, &actions) { return }
    switch records[slot].state {
    case .starting(let pid, _, _, _):
      if records[slot].givingUp != .no {
        givingUpTimedOut(slot, pid, now, &actions)
      } else if configuration.programs[slot].ready != nil || configuration.programs[slot].oneshot {
        giveUp(slot, pid, overran: isLimited(slot), now, &actions)
      } else {
        becomeRunning(slot, pid, now, &actions)
      }
    case .running(let pid, _):
      if records[slot].givingUp != .no {
        givingUpTimedOut(slot, pid, now, &actions)
      } else {
        giveUp(slot, pid, overran: true, now, &actions)
      }
    case .backoff, .exited:
      start(slot, now, &actions)
    case .stopping(let pid, .told):
      toldTimedOut(slot, pid, now, &actions)
    case .stopping(let pid, .asked):
      killAfterWait(slot, pid, now, &actions)
    case .stopping(_, .left):
      leftTimedOut(slot, now, &actions)
    case .stopping(let pid, .killed):
      transition(slot, to: .stopping(pid: pid, stage: .abandoned))
      actions.append(.report(.survivedKill(slot, pid)))
      levelMayBeGone(now, &actions)
    case .stopped:
      // COMMAND's turn, or all that it depends on has come.
      start(slot, now, &actions)
    case .stopping(_, .abandoned), .fatal:
      return
    }
  }

  /// Tells a program to end. What is not running is STOPPED at once, or has already ended.
  @inline(never)
  mutating func stop(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    switch records[slot].state {
    case .starting(let pid, _, _, _), .running(let pid, _):
      endProbe(slot, &actions)
      records[slot].givingUp = .no
      tell(slot, pid, now, &actions)
    case .backoff:
      timers.clear(slot)
      records[slot].failures = 0
      transition(slot, to: .stopped)
      actions.append(.report(.stopped(slot, nil)))
    case .exited(restarting: true):
      timers.clear(slot)
      transition(slot, to: .exited(restarting: false))
    case .stopped, .stopping, .exited(restarting: false), .fatal:
      return
    }
  }

  /// Sends the stop signal as the program's options want it; to what is left when its process has
  /// ended.
  func send(
    _ signal: Signal, _ slot: Slot, _ pid: ProcessID, again: Bool = false,
    _ actions: inout [Action]
  ) {
    if configuration.programs[slot].stoptree {
      return actions.order(.signalTree(slot, signal, again: again))
    }
    if let ending = records[slot].ending {
      return actions.order(.signalRest(slot, ending.leader, signal))
    }
    let group = configuration.programs[slot].stopasgroup
    actions.order(.signal(pid, signal, group: group))
  }

  /// SIGKILL to a program that was told to end, or that a person will not wait for.
  @inline(never)
  mutating func kill(_ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]) {
    var asked = false
    if case .stopping(_, .asked) = records[slot].state { asked = true }
    transition(slot, to: .stopping(pid: pid, stage: .killed))
    sendKill(slot, pid, &actions)
    if asked { actions.order(.endStopCommand(slot)) }
    timers.set(slot, to: now + killWait(now))
  }

  /// The next tick gives the program up.
  @inline(never)
  mutating func killRefused(_ pid: ProcessID, _ now: Time) {
    guard let slot = slots[pid], case .stopping(_, .killed) = records[slot].state else { return }
    timers.set(slot, to: now)
  }

  func sendKill(_ slot: Slot, _ pid: ProcessID, _ actions: inout [Action]) {
    if configuration.programs[slot].stoptree {
      return actions.order(.signalTree(slot, .kill, again: false))
    }
    if let ending = records[slot].ending {
      return actions.order(.signalRest(slot, ending.leader, .kill))
    }
    let group = configuration.programs[slot].killasgroup
    if pid != 0 { actions.order(.signal(pid, .kill, group: group)) }
  }
}

extension ProgramState {
  /// A process of it lives, or is about to, that a stop has to wait for.
  var isLiving: Bool {
    switch self {
    case .starting, .running: return true
    case .stopping(_, let stage): return stage != .abandoned
    case .stopped, .backoff, .exited, .fatal: return false
    }
  }
}
