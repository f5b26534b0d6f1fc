import Basics
import Configuration

// COMMAND, the main program of `swinit -- COMMAND`, beside other programs.
//
// It starts once every program that starts by itself has been RUNNING, has the topmost level for
// itself, and is never restarted: when it has ended, everything is stopped in order, and swinit exits
// with its status. Every signal goes to it, each time; what ends it is its own business. But a stop
// signal also begins the orderly stop, so that a COMMAND which ignores it costs the programs no more
// than its `stopwaitsecs`.
//
// COMMAND is one of the configuration's programs, with `autostart` off, `autorestart` never,
// `startsecs` and `startretries` 0 and `essential` fatal; its `exitcodes` are those that count as 0,
// and `stopasgroup` sends signals to its group.

extension Supervisor {
  func isCommand(_ slot: Slot) -> Bool { slot == command?.slot }

  /// COMMAND's turn comes with the next tick, when nothing is to be waited for any more.
  mutating func commandMayStart(_ now: Time) {
    guard let command, awaited == 0, case .running(let next) = phase, next == levels.order.count,
      records[command.slot].state == .stopped
    else { return }
    timers.set(command.slot, to: now)
  }

  /// A program is RUNNING for the first time.
  mutating func becameReady(_ slot: Slot, _ now: Time) {
    guard !records[slot].wasReady else { return }
    records[slot].wasReady = true
    release(slot, untilEnd: false, now)
    guard configuration.programs[slot].autostart else { return }
    awaited -= 1
    commandMayStart(now)
  }

  /// Whether COMMAND cannot start without this program.
  func isAwaited(_ slot: Slot) -> Bool {
    guard let command, records[command.slot].state == .stopped else { return false }
    return configuration.programs[slot].autostart && !records[slot].wasReady
  }

  /// Passes a signal on to COMMAND. False: there is none that could get it.
  mutating func forwardToCommand(_ signal: Signal, _ actions: inout [Action]) -> Bool {
    guard let command else { return false }
    switch records[command.slot].state {
    case .starting(let pid, _, _, _), .running(let pid, _), .stopping(let pid, .told):
      guard pid != 0 else { return false }
      if let new = command.rewrites(signal) {
        let group = configuration.programs[command.slot].stopasgroup
        actions.append(.signal(pid, new, group: group))
      }
      return true
    case .stopped, .backoff, .stopping(_, .killed), .stopping(_, .abandoned), .exited, .fatal,
      .stopping(_, .asked), .stopping(_, .left):
      return false
    }
  }

  /// The signal that tells a program to end: COMMAND the one that it was just passed, if any was,
  /// else SIGTERM; both rewritten.
  func stopSignal(of slot: Slot) -> Signal {
    guard let command, command.slot == slot else {
      return configuration.programs[slot].stopsignal ?? defaultStopSignal
    }
    var signal = Signal.terminate
    if case .told(let told, _, _) = cause { signal = told }
    return command.rewrites(signal) ?? signal
  }

  /// The signal that began the stop went to COMMAND as every other.
  func hasForwarded(to slot: Slot) -> Bool {
    guard isCommand(slot), case .told = cause else { return false }
    return true
  }

  /// COMMAND has ended: its status is swinit's, unless something else has ended the container.
  mutating func commandEnded(_ slot: Slot, _ status: WaitStatus) {
    switch cause {
    case nil: return
    case .told: break
    case .essentialFatal, .essentialExited, .commandEnded, .awaitedFatal, .nothingLeft: return
    }
    cause = .commandEnded(slot, status)
    exitCode = commandCode(slot, status)
  }

  /// The status that stands for COMMAND's: 0 for those that are accepted as such.
  func commandCode(_ slot: Slot, _ status: WaitStatus) -> UInt8 {
    configuration.programs[slot].exitcodes.contains(status.code) ? 0 : status.code
  }
}
