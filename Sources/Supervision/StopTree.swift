import Basics
import Configuration

// Programs that end as a whole: with `stoptree` what they have started ends with them, wherever it has
// gone; with `stopasgroup` or `killasgroup` their process group does. (COMMAND's group does not: when
// COMMAND has ended, so do we, and what it leaves is the sweep's.)
//
// The end of such a program's process is only half of its end. The state stays what it was, without
// a pid, until nothing of the tree or group is left; only then it is STOPPED, EXITED, BACKOFF or FATAL,
// so that no level goes on, nothing is restarted and no failure counted while a part of it lives.
//
//     STOPPING ──process ended──▶ STOPPING, pid 0 ──all gone──▶ STOPPED
//         stop signal to the whole tree or group, after stopwaitsecs SIGKILL to all of it
//     RUNNING, STARTING ──process ended──▶ the same without a pid ──all gone──▶ EXITED, BACKOFF
//         nothing left: at once; else the stop signal to the rest, after stopwaitsecs SIGKILL
//
// A tree is told process by process, and whoever comes late is told too. A group has been told as one:
// what is left of it gets a signal only when it got none before. And what is left of a group whose
// program is not to be started again is left alone: a script that has started daemons and ends is
// common in Supervisor's files. It counts as RUNNING until they have ended, or are told to stop.
//
// One that was told to end for being unwell, or by a sequence or a `stop_command`, has the waits of
// these. What a `stop_command` leaves is looked for when it is over, and is told to end like what it
// was not run for.
//
// What withstands SIGKILL is given up like a process that does, so every wait has a bound.
//
// What may never happen: a start while a process of the tree or group is known to live (unless it
// withstands SIGKILL), a rest that is told to end twice, and an end whose pace is judged by how long
// the rest took.

extension Supervisor {
  /// The end of its process need not be its end.
  func endsAsWhole(_ slot: Slot) -> Bool {
    if configuration.programs[slot].stoptree { return true }
    return (configuration.programs[slot].stopasgroup || configuration.programs[slot].killasgroup)
      && !isCommand(slot)
  }

  func isEnding(_ slot: Slot) -> Bool { records[slot].ending != nil }

  /// The process itself was reaped.
  mutating func processEnded(
    _ slot: Slot, _ pid: ProcessID, _ status: WaitStatus, _ now: Time, _ actions: inout [Action]
  ) {
    let givingUp = records[slot].givingUp
    switch records[slot].state {
    case .starting(_, let since, let executed, let failure):
      // Neither is the rest of a tree a start that lasts, nor does it become one.
      if givingUp == .no { timers.clear(slot) }
      records[slot].state = .starting(pid: 0, since: since, executed: executed, failure: failure)
    case .running(_, let since):
      if givingUp == .no { timers.clear(slot) }
      records[slot].state = .running(pid: 0, since: since)
    case .stopping(_, let stage):
      records[slot].state = .stopping(pid: 0, stage: stage)
    case .stopped, .backoff, .exited, .fatal:
      return
    }
    var ending = Ending(status: status, at: now, leader: pid)
    ending.isTold = givingUp != .no
    ending.isKilled = givingUp == .killed || givingUp == .abandoned
    records[slot].ending = ending
    check(slot, ending, &actions)
  }

  private func check(_ slot: Slot, _ ending: Ending, _ actions: inout [Action]) {
    actions.order(
      configuration.programs[slot].stoptree
        ? .checkTree(slot) : .checkGroup(slot, ending.leader))
  }

  /// The process was reaped, and its `stop_command` still runs.
  mutating func leaveStopCommand(
    _ slot: Slot, _ pid: ProcessID, _ status: WaitStatus, _ now: Time
  ) {
    transition(slot, to: .stopping(pid: 0, stage: .left))
    if endsAsWhole(slot) {
      records[slot].ending = Ending(status: status, at: now, leader: pid)
    }
  }

  /// The `stop_command` of a process that was reaped is over, too.
  mutating func stopCommandIsOver(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    if let ending = records[slot].ending {
      check(slot, ending, &actions)
    } else {
      stopEnded(slot, nil, now, &actions)
    }
  }

  mutating func treeGone(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    guard let ending = records[slot].ending else { return }
    records[slot].ending = nil
    finish(slot, ending.status, endedAt: ending.at, now, &actions)
  }

  mutating func treeLeft(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    guard let ending = records[slot].ending else { return }
    let isGroup = !configuration.programs[slot].stoptree
    switch records[slot].state {
    case .starting, .running:
      // Who was told to end with its process has the time that it was given then.
      if timers.isSet(slot) {
        if isGroup { return }
        send(ending.isKilled ? .kill : lastSignal(slot), slot, 0, &actions)
      } else if ending.isKilled {
        killTree(slot, now, &actions)
      } else if isGroup, staysEnded(slot, ending.status) {
        actions.say(.treeLeft(slot, ending.status, nil))
      } else {
        let signal = stopSignal(of: slot)
        actions.say(.treeLeft(slot, ending.status, signal))
        send(signal, slot, 0, &actions)
        records[slot].ending?.isTold = true
        // SIGKILL is next.
        records[slot].stopSteps = .max
        records[slot].stopWait = configuration.programs[slot].stopwaitsecs
        timers.set(slot, to: now + records[slot].stopWait)
      }
    // The same: all but what was not there yet has been told.
    case .stopping(_, .told(let signal)): if !isGroup { send(signal, slot, 0, &actions) }
    case .stopping(_, .left): sendFirst(slot, 0, now, &actions)
    case .stopping(_, .killed):
      sendKill(slot, 0, &actions)
      if !timers.isSet(slot) { timers.set(slot, to: now + killWait(now)) }
    case .stopping(_, .asked), .stopping(_, .abandoned): return
    case .stopped, .backoff, .exited, .fatal: return
    }
  }

  /// It has ended by itself and is not to be started again.
  private func staysEnded(_ slot: Slot, _ status: WaitStatus) -> Bool {
    guard case .running = records[slot].state, !isScheduled(slot) else { return false }
    guard case .running = phase else { return true }
    return !wantsRestart(slot, expected: isExpected(status, of: slot))
  }

  /// SIGKILL to the rest of a tree though nobody had asked for a stop.
  private mutating func killTree(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    records[slot].ending?.isKilled = true
    sendKill(slot, 0, &actions)
    timers.set(slot, to: now + Self.killPatience)
  }

  /// The timer of a program whose own process is gone. False: it is another timer.
  mutating func treeTimedOut(_ slot: Slot, _ now: Time, _ actions: inout [Action]) -> Bool {
    guard let ending = records[slot].ending else { return false }
    switch records[slot].state {
    case .starting, .running: break
    case .stopping, .stopped, .backoff, .exited, .fatal: return false
    }
    if ending.isKilled {
      actions.say(.survivedKill(slot, 0))
      treeGone(slot, now, &actions)
    } else if !sendNextGivenUp(slot, 0, now, &actions) {
      actions.say(.killing(slot, 0, after: configuration.programs[slot].stopwaitsecs))
      killTree(slot, now, &actions)
    }
    return true
  }

  /// The program is told to stop while the rest of its tree ends: that has been told already, and
  /// has the time that it was given then, as far as the grace allows it.
  mutating func becomeStopping(_ slot: Slot, _ now: Time) {
    let isKilled = records[slot].ending?.isKilled ?? false
    transition(slot, to: .stopping(pid: 0, stage: isKilled ? .killed : .told(lastSignal(slot))))
    // It got the signal of its own end, and not the INT that another follows.
    if isInherited(slot, records[slot].stopSteps) { records[slot].stopSteps = .max }
    guard let due = timers.deadline(of: slot) else { return }
    let left = due > now ? due - now : .zero
    let wait = isKilled ? min(left, killWait(now)) : withinGrace(left, now)
    records[slot].stopWait = Nanoseconds(
      max(0, records[slot].stopWait.count - (left.count - wait.count)))
    timers.set(slot, to: now + wait)
  }
}
