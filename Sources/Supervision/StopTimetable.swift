import Configuration

/// When what happens in a stop, in the worst case: the core itself, run against programs that are all
/// RUNNING, hear no signal, and are gone at SIGKILL.
public struct StopTimetable: Sendable {
  /// What is told, killed, and waited for, and how long after the stop began.
  public private(set) var steps: [(time: Nanoseconds, notice: Notice)] = []
  /// How long it takes in all.
  public private(set) var length = Nanoseconds.zero

  private var core: Supervisor
  private var now = Time(nanoseconds: 0)
  private var isOver = false

  public init(_ configuration: Configuration) {
    core = Supervisor(Self.withoutDelays(configuration), onTerminal: false)
    carryOut(.begin)
    while core.pause(at: now) == .zero { carryOut(.tick) }
    carryOut(.signal(.terminate, Sender(pid: 0, uid: 0, isDescendant: false)))
    while !isOver, let pause = core.pause(at: now) {
      now = now + pause
      carryOut(.tick)
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
      result.programs[slot].essential = .none
      result.programs[slot].exitcodes.insert(0)
    }
    for one in result.dependencies where one.untilEnd { result.programs[one.on].oneshot = true }
    result.globals.stay = true
    return result
  }

  private mutating func carryOut(_ first: Event) {
    var events = [first]
    while let event = events.popLast() {
      for action in core.handle(event, at: now) {
        switch action {
        case .spawn(let slot):
          let pid = ProcessID(truncatingIfNeeded: slot + 2)
          // The last is taken first.
          if core.configuration.programs[slot].oneshot { events.append(.ended(pid, .exited(0))) }
          events.append(.executed(slot))
          events.append(.forked(slot, pid))
        case .signal(let pid, .kill, _): events.append(.ended(pid, .signalled(.kill)))
        case .sweep: events.append(.childrenGone)
        case .report(let notice): note(notice)
        case .exit: isOver = true
        case .signal, .stopAwaited, .startProbe, .stopProbe: continue
        }
      }
    }
  }

  private mutating func note(_ notice: Notice) {
    switch notice {
    case .stopping, .killing, .draining: steps.append((now - Time(nanoseconds: 0), notice))
    default: return
    }
  }
}
