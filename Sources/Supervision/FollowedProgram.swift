import Basics
import Configuration

// A program that has put itself into the background: its process is another one from then on
// (`Follower` says which). RUNNING is only who is known to live.

extension Supervisor {
  /// The command has ended, and nobody is known in its place: there is no pid until `followed`.
  mutating func detached(_ slot: Slot, _ actions: inout [Action]) {
    let pid = records[slot].state.pid
    if pid != 0 { slots.remove(pid) }
    switch records[slot].state {
    case .starting(_, let since, _, let failure):
      timers.clear(slot)
      endProbe(slot, &actions)
      records[slot].state = .starting(pid: 0, since: since, executed: false, failure: failure)
    case .running(_, let since):
      records[slot].state = .running(pid: 0, since: since)
    case .stopping(_, let stage):
      records[slot].state = .stopping(pid: 0, stage: stage)
    case .stopped, .backoff, .exited, .fatal:
      return
    }
  }

  mutating func followed(
    _ slot: Slot, _ pid: ProcessID, _ now: Time, _ actions: inout [Action]
  ) {
    let old = records[slot].state.pid
    if old != 0 { slots.remove(old) }
    switch records[slot].state {
    case .starting(_, let since, _, let failure):
      slots.insert(pid, slot)
      records[slot].state = .starting(pid: pid, since: since, executed: false, failure: failure)
      executed(slot, now, &actions)
    case .running(_, let since):
      slots.insert(pid, slot)
      records[slot].state = .running(pid: pid, since: since)
    case .stopping(_, let stage):
      slots.insert(pid, slot)
      records[slot].state = .stopping(pid: pid, stage: stage)
      switch stage {
      case .told(let signal): send(signal, slot, pid, &actions)
      case .killed: sendKill(slot, pid, &actions)
      case .asked, .left, .abandoned: break
      }
    case .stopped, .backoff, .exited, .fatal:
      return
    }
  }
}
