// One event in, its actions out: which part of the core answers which event.

import Basics
import Configuration

extension Supervisor {
  /// Takes in one event and tells what is to be done about it. At most one `spawn` is among the
  /// actions, as the last of them.
  public mutating func handle(_ event: Event, at now: Time) -> [Action] {
    var actions: [Action] = []
    switch event {
    case .begin:
      begin(now, &actions)
    case .forked(let slot, let pid):
      forked(slot, pid, now, &actions)
    case .forkFailed(let slot, let failure):
      startFailed(slot, .spawn(failure), endedAt: now, now, &actions)
    case .startPutOff(let slot, let failure):
      startPutOff(slot, failure, now, &actions)
    case .executed(let slot):
      executed(slot, now, &actions)
    case .executionFailed(let slot, let failure):
      executionFailed(slot, failure)
    case .ended(let pid, let status):
      if let slot = slots.remove(pid) {
        ended(slot, pid, status, now, &actions)
      } else {
        orphansReaped &+= 1
      }
    case .detached(let slot):
      detached(slot, &actions)
    case .followed(let slot, let pid):
      followed(slot, pid, now, &actions)
    case .gone(let slot, let status):
      let pid = records[slot].state.pid
      if pid != 0 { slots.remove(pid) }
      ended(slot, pid, status, now, &actions)
    case .stopCommandEnded(let slot, let end):
      stopCommandEnded(slot, end, now, &actions)
    case .probed(let slot, let failure):
      probed(slot, failure, now, &actions)
    case .treeLeft(let slot):
      treeLeft(slot, now, &actions)
    case .killRefused(let pid):
      killRefused(pid, now)
    case .treeGone(let slot):
      treeGone(slot, now, &actions)
    case .signal(let signal, let sender):
      received(signal, from: sender, now, &actions)
    case .tick:
      tick(now, &actions)
    case .clock(let wall):
      clock(wall, now, &actions)
    case .childrenGone:
      if case .sweeping = phase { end(&actions) }
    }
    return actions
  }

  private mutating func begin(_ now: Time, _ actions: inout [Action]) {
    let someStart = configuration.programs.contains { $0.autostart } || scheduled.count > 0
    if !someStart, command == nil { actions.append(.report(.nothingToStart)) }
    beginSchedules(now, &actions)
  }

  /// One tick does one thing: the next of the first starts, or one timer that is due. So a spawn
  /// is answered before the next one is asked for, and a thousand starts or timers keep no signal
  /// waiting.
  private mutating func tick(_ now: Time, _ actions: inout [Action]) {
    if case .running(var next) = phase, next < levels.order.count {
      // What depends on something that is FATAL is not STOPPED any more.
      while next < levels.order.count,
        !configuration.programs[levels.order[next]].autostart
          || records[levels.order[next]].state != .stopped
      {
        next += 1
      }
      phase = .running(next: min(next + 1, levels.order.count))
      if next < levels.order.count {
        takeTurn(levels.order[next], now, &actions)
      } else {
        commandMayStart(now)
        nothingMayBeLeft(now, &actions)
      }
      return
    }
    guard let timer = timers.takeDue(at: now) else { return }
    if timer == sweepTimer {
      sweepTimedOut(now, &actions)
    } else if timer > sweepTimer {
      if timer < firstRunTimer {
        probeTimedOut(timer - sweepTimer - 1, now, &actions)
      } else {
        runIsDue(timer - firstRunTimer, now, &actions)
      }
    } else {
      timedOut(timer, now, &actions)
    }
  }

  private mutating func received(
    _ signal: Signal, from sender: Sender, _ now: Time, _ actions: inout [Action]
  ) {
    let wasForwarded = forwardToCommand(signal, &actions)
    let resized = signal == .windowChange && onTerminal
    guard configuration.globals.stopOn.contains(signal), !resized else {
      let isWanted = forward(signal, &actions)
      // SIGCONT only says that we go on (timeout(1) sends one behind each of its signals).
      if !resized, !wasForwarded, !isWanted, signal != .proceed {
        actions.append(.report(.ignored(signal, sender)))
      }
      return
    }
    // One that COMMAND gets during the stop is COMMAND's.
    if signal == .interrupt, cause == nil || !wasForwarded { interrupts += 1 }
    guard case .running = phase else {
      if onTerminal, signal == .interrupt, interrupts == 2, !wasForwarded {
        actions.append(.report(.killingAll(sender)))
        killAll(now, &actions)
      } else if !wasForwarded {
        actions.append(.report(.stopRepeated(signal, sender)))
      }
      return
    }
    if signal == .terminate || signal == .interrupt { defaultStopSignal = signal }
    actions.append(.report(.stopRequested(signal, sender)))
    let failed = firstFailure(told: signal, by: sender, now)
    beginStop(.told(signal, sender, failed: failed), now, &actions)
  }
}
