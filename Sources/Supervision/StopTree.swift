import Configuration

// Programs with `stoptree`: what they have started ends with them, wherever it has gone.
//
// The end of such a program's process is only half of its end. The state stays what it was, without
// a pid, until nothing of the tree is left; only then it is STOPPED, EXITED, BACKOFF or FATAL, so
// that no level goes on, nothing is restarted and no failure counted while a part of it lives.
//
//     STOPPING ──process ended──▶ STOPPING, pid 0 ──tree gone──▶ STOPPED
//         stop signal to the whole tree, after stopwaitsecs SIGKILL to all of it
//     RUNNING, STARTING ──process ended──▶ the same without a pid ──tree gone──▶ EXITED, BACKOFF
//         nothing left: at once; else the stop signal to the rest, after stopwaitsecs SIGKILL
//
// A tree that withstands SIGKILL is given up like a process that does, so every wait has a bound.
//
// What may never happen: a start while a process of the tree is known to live (unless it withstands
// SIGKILL), a tree that is told to end twice, and an end whose pace is judged by how long the rest
// of the tree took.

extension Supervisor {
  /// The end of a program's process, until the rest of its tree is gone.
  struct Ending: Sendable {
    let status: WaitStatus
    let at: Time
    /// The rest of the tree got SIGKILL, though nobody had asked for a stop.
    var isKilled = false
  }

  func isEnding(_ slot: Slot) -> Bool { records[slot].ending != nil }

  /// The process itself was reaped.
  mutating func processEnded(
    _ slot: Slot, _ status: WaitStatus, _ now: Time, _ actions: inout [Action]
  ) {
    switch records[slot].state {
    case .starting(_, let since, let executed, let failure):
      // Neither is the rest of a tree a start that lasts, nor does it become one.
      timers.clear(slot)
      records[slot].state = .starting(pid: 0, since: since, executed: executed, failure: failure)
    case .running(_, let since):
      records[slot].state = .running(pid: 0, since: since)
    case .stopping(_, let stage):
      records[slot].state = .stopping(pid: 0, stage: stage)
    case .stopped, .backoff, .exited, .fatal:
      return
    }
    records[slot].ending = Ending(status: status, at: now)
    actions.append(.checkTree(slot))
  }

  mutating func treeGone(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    guard let ending = records[slot].ending else { return }
    records[slot].ending = nil
    finish(slot, ending.status, endedAt: ending.at, now, &actions)
  }

  mutating func treeLeft(_ slot: Slot, _ now: Time, _ actions: inout [Action]) {
    guard let ending = records[slot].ending else { return }
    switch records[slot].state {
    case .starting, .running:
      let signal = stopSignal(of: slot)
      actions.append(.report(.treeLeft(slot, ending.status, signal)))
      actions.append(.signalTree(slot, signal))
      timers.set(slot, to: now + configuration.programs[slot].stopwaitsecs)
    // Told to end with its process, all but what was not there yet. The timer goes on.
    case .stopping(_, .told(let signal)): actions.append(.signalTree(slot, signal))
    case .stopping(_, .killed): actions.append(.signalTree(slot, .kill))
    case .stopping(_, .abandoned): return
    case .stopped, .backoff, .exited, .fatal: return
    }
  }

  /// The timer of a program whose own process is gone. False: it is another timer.
  mutating func treeTimedOut(_ slot: Slot, _ now: Time, _ actions: inout [Action]) -> Bool {
    guard let ending = records[slot].ending else { return false }
    switch records[slot].state {
    case .starting, .running: break
    case .stopping, .stopped, .backoff, .exited, .fatal: return false
    }
    if ending.isKilled {
      actions.append(.report(.survivedKill(slot, 0)))
      treeGone(slot, now, &actions)
    } else {
      let waited = configuration.programs[slot].stopwaitsecs
      records[slot].ending?.isKilled = true
      actions.append(.report(.killing(slot, 0, after: waited)))
      actions.append(.signalTree(slot, .kill))
      timers.set(slot, to: now + Self.killPatience)
    }
    return true
  }

  /// The program is told to stop while the rest of its tree ends: that has been told already, and
  /// has the time that it was given then.
  mutating func becomeStopping(_ slot: Slot, _ signal: Signal) {
    let isKilled = records[slot].ending?.isKilled ?? false
    transition(slot, to: .stopping(pid: 0, stage: isKilled ? .killed : .told(signal)))
  }
}
