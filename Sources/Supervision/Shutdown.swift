import Basics
import Configuration

// The orderly stop, the final sweep, and what swinit exits with.
//
// Levels go down one after the other: a level is told to end only when every process of the level
// above is gone, or has withstood SIGKILL for `killPatience`. Then everything else that is left
// (what programs started and forgot) gets SIGTERM, and SIGKILL after `sweepPatience`. Each wait is
// bounded, so the stop ends whatever the programs do.

extension Supervisor {
  /// Nothing starts from here on, and levels are told to end from the highest down.
  mutating func beginStop(_ reason: ExitReason, _ now: Time, _ actions: inout [Action]) {
    guard case .running = phase else { return }
    cause = reason
    exitCode = exitStatus(reason)
    phase = .stopping(level: levels.count)
    endSchedules()
    beginGrace(now)
    for slot in records.indices {
      endAwaiting(slot, &actions)
      switch records[slot].state {
      case .backoff, .exited(restarting: true): stop(slot, now, &actions)
      // Its turn, or COMMAND's, may have come just now.
      case .stopped: timers.clear(slot)
      case .starting, .running, .stopping, .exited(restarting: false), .fatal: continue
      }
    }
    if case .told = reason, beginDrain(now, &actions) { return }
    levelMayBeGone(now, &actions)
  }

  /// Tells the next level when nothing of the last one lives any more.
  mutating func levelMayBeGone(_ now: Time, _ actions: inout [Action]) {
    if case .draining = phase, !someLive { endDrain() }
    guard case .stopping(var level) = phase else { return }
    if level < levels.count, living[level] > 0 { return }
    while level > 0 {
      level -= 1
      phase = .stopping(level: level)
      guard living[level] > 0 else { continue }
      shareOut(to: level, now)
      for slot in levels.slots(of: level) { stop(slot, now, &actions) }
      return
    }
    beginSweep(now, &actions)
  }

  private mutating func beginSweep(_ now: Time, _ actions: inout [Action]) {
    let kill = interrupts > 1 && onTerminal
    phase = .sweeping(killed: kill)
    timers.set(sweepTimer, to: now + sweepWait(kill: kill, now))
    actions.append(.sweep(kill ? .kill : .terminate))
  }

  mutating func sweepTimedOut(_ now: Time, _ actions: inout [Action]) {
    switch phase {
    case .draining:
      endDrain()
      levelMayBeGone(now, &actions)
    case .sweeping(killed: false):
      phase = .sweeping(killed: true)
      timers.set(sweepTimer, to: now + sweepWait(kill: true, now))
      actions.append(.report(.sweeping(.kill)))
      actions.append(.sweep(.kill))
    case .sweeping(killed: true):
      end(&actions)
    case .running, .stopping, .ended:
      return
    }
  }

  /// A person on a terminal has no patience left.
  mutating func killAll(_ now: Time, _ actions: inout [Action]) {
    if case .draining = phase { endDrain() }
    switch phase {
    case .stopping:
      for slot in records.indices {
        switch records[slot].state {
        case .starting(let pid, _, _, _), .running(let pid, _), .stopping(let pid, .told),
          .stopping(let pid, .asked):
          kill(slot, pid, now, &actions)
        // Its next tick ends the `stop_command`.
        case .stopping(_, .left): timers.set(slot, to: now)
        case .stopping(_, .killed), .stopping(_, .abandoned), .stopped, .backoff, .exited, .fatal:
          continue
        }
      }
    case .sweeping(killed: false):
      sweepTimedOut(now, &actions)
    case .running, .draining, .sweeping(killed: true), .ended:
      return
    }
  }

  mutating func end(_ actions: inout [Action]) {
    guard let cause else { return }
    phase = .ended
    timers.clear(sweepTimer)
    actions.append(.exit(exitCode, cause))
  }

  /// Nothing left to do: programs started by themselves, each has ended by itself, and nothing
  /// runs or is going to.
  mutating func nothingMayBeLeft(_ now: Time, _ actions: inout [Action]) {
    guard active == 0, scheduled.count == 0, command == nil, case .running(let next) = phase,
      !configuration.globals.stay
    else { return }
    for slot in levels.order[next...] where configuration.programs[slot].autostart { return }
    var someStarted = false
    for slot in records.indices where configuration.programs[slot].autostart {
      someStarted = true
      switch records[slot].state {
      case .exited, .fatal: continue
      case .stopped, .starting, .running, .backoff, .stopping: return
      }
    }
    guard someStarted else { return }
    beginStop(.nothingLeft(failed: firstUnexpected()), now, &actions)
  }

  /// The program whose last end was unexpected and came first.
  func firstUnexpected() -> ExitReason.Failure? {
    var first: (failure: ExitReason.Failure, order: UInt64)?
    for slot in records.indices {
      guard case .unexpected(let end, let order) = records[slot].lastEnd else { continue }
      if order < first?.order ?? .max { first = (.init(slot: slot, end: end), order) }
    }
    return first?.failure
  }

  /// Whom a stop by signal blames: by `exit_on_signal=failure` whoever failed first; and a signal
  /// from one of our own children while a program has failed tells of just that (the listener that
  /// kills its parent).
  func firstFailure(
    told signal: Signal, by sender: Sender, _ now: Time
  ) -> ExitReason.Failure? {
    switch configuration.globals.exitOnSignal {
    case .signal: return nil
    case .failure: return firstUnexpected()
    case .zero: return sender.isDescendant ? firstUnexpected() ?? restarted(now) : nil
    }
  }

  /// A program that has ended unexpectedly and runs again, but for less than `quickEnd`: whoever heard
  /// of its end may need a moment to signal us.
  private func restarted(_ now: Time) -> ExitReason.Failure? {
    for slot in records.indices {
      guard case .running(_, let since) = records[slot].state, since + Self.quickEnd > now,
        let end = records[slot].crashes?.end, case .exited = end
      else { continue }
      return .init(slot: slot, end: end)
    }
    return nil
  }

  private func exitStatus(_ reason: ExitReason) -> UInt8 {
    switch reason {
    case .told(let signal, _, let failed):
      switch configuration.globals.exitOnSignal {
      case .signal: return UInt8(truncatingIfNeeded: 128 + signal.number)
      case .failure: return failed?.end.code ?? 0
      case .zero: return failed.map { max($0.end.code, 1) } ?? 0
      }
    case .essentialFatal(_, let failure), .awaitedFatal(_, let failure): return failure.exitCode
    case .commandEnded(let slot, let status): return commandCode(slot, status)
    case .essentialExited(_, let status): return status.code
    case .nothingLeft(let failed): return failed?.end.code ?? 0
    }
  }
}
