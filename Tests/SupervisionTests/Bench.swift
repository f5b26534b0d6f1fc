import Configuration

@testable import Basics
@testable import Supervision

/// A core on the workbench: events go in by name, words come out, and the clock stands still
/// unless a test moves it. The process of program n has pid 10 + n at its first start.
struct Bench {
  var core: Supervisor
  var now = Time(nanoseconds: 0)

  init(
    _ programs: [Program], onTerminal: Bool = false, _ change: (inout Globals) -> Void = { _ in }
  ) {
    var configuration = Configuration()
    configuration.groups = [Group(name: "g", priority: 999)]
    configuration.programs = programs
    // Otherwise the end of the only program would be the end of the test.
    configuration.globals.stay = true
    change(&configuration.globals)
    core = Supervisor(configuration, onTerminal: onTerminal)
  }

  init(
    _ configuration: Configuration, onTerminal: Bool = false, command: MainCommand? = nil,
    zone: Zone = .utc
  ) {
    core = Supervisor(configuration, onTerminal: onTerminal, command: command, zone: zone)
  }

  @discardableResult mutating func send(_ event: Event) -> [String] {
    words(core.handle(event, at: now))
  }
  @discardableResult mutating func tick(after pause: Nanoseconds = .zero) -> [String] {
    now = now + pause
    return send(.tick)
  }
  @discardableResult mutating func ended(_ pid: ProcessID, _ status: WaitStatus) -> [String] {
    send(.ended(pid, status))
  }
  @discardableResult mutating func signal(
    _ signal: Signal, from sender: Sender = .outside
  ) -> [String] {
    self.send(.signal(signal, sender))
  }

  /// All first starts, each with its exec.
  mutating func start() {
    send(.begin)
    for _ in core.records.indices {
      for action in core.handle(.tick, at: now) {
        if case .spawn(let slot) = action { run(slot, pid: ProcessID(10 + slot)) }
      }
    }
  }
  /// What a person's `start` does. There is nobody yet who could ask for it.
  @discardableResult mutating func startByHand(_ slot: Slot) -> [String] {
    var actions: [Action] = []
    core.start(slot, now, &actions)
    return words(actions)
  }
  /// Answers a spawn: the process is there, and its exec succeeded.
  mutating func run(_ slot: Slot, pid: ProcessID) {
    send(.forked(slot, pid))
    send(.executed(slot))
  }

  func state(_ slot: Slot) -> StateName { StateName(core.state(of: slot)) }
  func pause() -> Nanoseconds? { core.pause(at: now) }
}

extension Sender {
  static let outside = Sender(pid: 0, uid: 0, isDescendant: false)
  static let child = Sender(pid: 77, uid: 33, isDescendant: true)
}

extension Program {
  static func make(_ change: (inout Program) -> Void = { _ in }) -> Program {
    var program = Program(name: "p", group: 0, arguments: ByteString("true\0" as String))
    program.essential = .none
    change(&program)
    return program
  }
}

extension Program {
  /// As the reader makes one that has `schedule=`.
  static func scheduled(_ text: String) -> Program {
    make {
      $0.schedule = parsed(text)
      $0.autostart = false
      $0.startsecs = .zero
      $0.startretries = 0
      $0.autorestart = .never
    }
  }
}

extension Program {
  /// As `swinit -- COMMAND` makes it.
  static func command(_ change: (inout Program) -> Void = { _ in }) -> Program {
    var program = Program(name: "c", group: 0, arguments: ByteString("true\0" as String))
    program.autostart = false
    program.autorestart = .never
    program.startsecs = .zero
    program.startretries = 0
    program.essential = .fatal
    change(&program)
    return program
  }
}

extension SpawnFailure {
  static func make(_ exitCode: UInt8) -> SpawnFailure {
    SpawnFailure(step: 5, errno: 2, exitCode: exitCode)
  }
}
