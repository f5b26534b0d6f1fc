import Configuration

@testable import Basics
@testable import Supervision

// What never happens to COMMAND: an early start, a second one, a signal that it does not get or gets
// twice, an exit status that is not its own.

extension Invariants {
  /// A signal on its way to COMMAND; `signal` nil: it is rewritten to nothing.
  struct Forwarding {
    var pid: ProcessID
    var signal: Signal?
    var group: Bool
  }

  /// Every signal goes to COMMAND while it lives and was not killed.
  mutating func forwarding(of event: Event) -> Forwarding? {
    guard let command, case .signal(let signal, _) = event else { return nil }
    let history = programs[command.slot]
    guard history.pid != 0, history.state.hasProcess, history.killed == nil else {
      see(.notForwarded)
      return nil
    }
    let new = command.rewrites(signal)
    see(new == nil ? .dropped : new == signal ? .forwarded : .rewritten)
    if stop != nil { see(.forwardedDuringStop) }
    let group = configuration.programs[command.slot].stopasgroup
    return Forwarding(pid: history.pid, signal: new, group: group)
  }

  /// The actions but for the first where that passes the signal on.
  mutating func withoutForwarded(_ actions: [Action]) -> ArraySlice<Action> {
    guard let forwarding else { return actions[...] }
    var rest = actions[...]
    if let expected = forwarding.signal {
      guard case .signal(let pid, let signal, let group) = rest.popFirst(),
        pid == forwarding.pid, signal == expected, group == forwarding.group
      else {
        require(false, "No signal is kept from COMMAND, changed, or sent to anybody else.")
        return actions[...]
      }
    }
    require(stop == nil || rest.isEmpty, "A signal that COMMAND gets does nothing else in a stop.")
    return rest
  }

  /// Its turn comes when the first starts are done and each of them has been RUNNING.
  mutating func commandMayBeDue(_ now: Time) {
    guard let command, stop == nil, !startsAreDue, programs[command.slot].state == .stopped,
      programs[command.slot].deadline == nil, autostarts.allSatisfy({ programs[$0].wasReady })
    else { return }
    programs[command.slot].deadline = now
  }

  mutating func spawnCommand(_ slot: Slot, _ now: Time) {
    require(programs[slot].state == .stopped, "COMMAND is never started twice.")
    require(
      autostarts.allSatisfy { programs[$0].wasReady },
      "COMMAND never starts before each program that starts by itself has been RUNNING.")
    require(
      programs[slot].deadline.map { $0 <= now } ?? false, "COMMAND never starts before its turn.")
    see(.commandStarted)
  }

  /// Its end takes the place of the signal that began the stop, and of nothing else.
  mutating func commandStopped(_ slot: Slot, _ status: WaitStatus) {
    guard stop?.signal != nil, case .told = stop?.reason else { return }
    if programs[slot].abandoned { see(.commandEndedWhenAbandoned) }
    let code = commandCode(status)
    stop?.reason = .commandEnded(slot, status)
    stop?.code = code
  }

  func commandCode(_ status: WaitStatus) -> UInt8 {
    let code: UInt8
    switch status {
    case .exited(let number): code = number
    case .signalled(let signal): code = 128 + UInt8(signal.number)
    }
    guard let command else { return code }
    return configuration.programs[command.slot].exitcodes.contains(code) ? 0 : code
  }
}
