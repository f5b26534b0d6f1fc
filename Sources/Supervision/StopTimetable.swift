import Basics
import Configuration

/// When what happens in a stop, in the worst case: the core itself, run against programs that are all
/// RUNNING, hear no signal, and are gone at SIGKILL. A `stop_command` fails at the last moment where a
/// stop sequence takes its time after it, else it hangs.
public final class StopTimetable {
  /// What is told, killed, and waited for.
  public private(set) var notices: [Notice] = []
  /// How long after the stop began each of them comes, in nanoseconds.
  public private(set) var times: [Int] = []
  /// How long it takes in all.
  public private(set) var length = Nanoseconds.zero

  private var core: Supervisor
  private var now = Time(nanoseconds: 0)
  /// Who got SIGKILL and is to be gone.
  private var killed: [ProcessID] = []
  /// Whose `stop_command` is running, and when its time is over.
  private var asked: [(slot: Slot, end: Time)] = []
  private var isSwept = false
  private var isOver = false

  public init(_ configuration: Configuration) {
    core = Supervisor(Self.withoutDelays(configuration), onTerminal: false)
    carryOut(.begin)
    while core.pause(at: now) == .zero { carryOut(.tick) }
    carryOut(.signal(.terminate, Sender(pid: 0, uid: 0, isDescendant: false)))
    while !isOver {
      if let pid = killed.popLast() {
        carryOut(.ended(pid, .signalled(.kill)))
      } else if isSwept {
        carryOut(.childrenGone)
      } else if let pause = core.pause(at: now) {
        now = now + pause
        failStopCommands()
        carryOut(.tick)
      } else {
        break
      }
    }
    length = now - Time(nanoseconds: 0)
  }

  /// All is ready as soon as it is started, and who is to end has ended.
  private static func withoutDelays(_ configuration: Configuration) -> Configuration {
    var result = configuration
    for slot in result.programs.indices {
      result.programs[slot].startsecs = .zero
      result.programs[slot].ready = nil
      result.programs[slot].readyTimeout = .zero
      result.programs[slot].health = nil
      // What the clock starts may run as well.
      if result.programs[slot].schedule != nil {
        result.programs[slot].schedule = nil
        result.programs[slot].autostart = true
      }
      result.programs[slot].essential = .none
      result.programs[slot].exitcodes.insert(0)
    }
    for one in result.dependencies where one.untilEnd { result.programs[one.on].oneshot = true }
    result.globals.stay = true
    return result
  }

  /// What is answered to an action comes before everything else, as the core wants it.
  @inline(never)
  private func carryOut(_ event: Event) {
    for action in core.handle(event, at: now) {
      switch action {
      case .spawn(let slot):
        let pid = ProcessID(truncatingIfNeeded: slot + 2)
        carryOut(.forked(slot, pid))
        carryOut(.executed(slot))
        if core.configuration.programs[slot].oneshot { carryOut(.ended(pid, .exited(0))) }
      case .signal(let pid, .kill, _): killed.append(pid)
      case .signalTree(let slot, .kill, _): killed.append(ProcessID(truncatingIfNeeded: slot + 2))
      case .checkTree(let slot), .checkGroup(let slot, _): carryOut(.treeGone(slot))
      case .sweep: isSwept = true
      case .report(let notice): note(notice)
      case .exit: isOver = true
      case .runStopCommand(let slot, _):
        guard core.stopStep(slot, 0) != nil else { continue }
        asked.append((slot, now + core.records[slot].stopWait))
      case .endStopCommand(let slot): asked.removeAll { $0.slot == slot }
      case .signal, .signalTree, .signalRest, .stopAwaited, .forward, .startProbe, .stopProbe:
        continue
      }
    }
  }

  private func failStopCommands() {
    while let index = asked.firstIndex(where: { $0.end <= now }) {
      let slot = asked.remove(at: index).slot
      carryOut(.stopCommandEnded(slot, .exited(1)))
    }
  }

  private func note(_ notice: Notice) {
    switch notice {
    case .stopping, .nextSignal, .stopCommandEnded, .killing, .draining:
      notices.append(notice)
      times.append(Int(now.nanoseconds))
    case .starting, .running, .backoff, .putOff, .fatal, .exited, .stopped, .waiting, .unhealthy,
      .givingUp,
      .survivedKill, .overran, .treeLeft, .nothingToStart, .stopRequested, .stopRepeated,
      .killingAll,
      .ignored,
      .sweeping, .endingStopCommand, .planned, .runFailed, .runOver, .runSkipped, .runMissed:
      return
    }
  }
}
