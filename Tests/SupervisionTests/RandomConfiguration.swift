import Configuration

@testable import Basics
@testable import Supervision

// The random configurations and programs of the simulation. The values are few and lie at the
// edges: what is equal, zero, negative or far too large is more often wrong than what is ordinary.

extension World {
  static func randomConfiguration(_ random: inout SplitMix64) -> Configuration {
    var configuration = Configuration()
    let priorities: [Int32] = [-1, 0, 1, 10, 10, 999, 999, .max, .min]
    for index in 0...random.below(4) {
      configuration.groups.append(
        Group(name: ByteString("g\(index)"), priority: random.pick(priorities)))
    }
    let level = random.chance(30) ? random.pick(priorities) : nil
    let essential: [Essential] = random.pick([[.none], [.none, .none, .fatal, .exit], [.fatal]])
    let autostart = random.pick([100, 100, 90, 30, 0])
    let scheduled = random.pick([0, 0, 0, 0, 30, 100])
    for slot in 0..<random.below(13) {
      var program = randomProgram(slot, groups: configuration.groups.count, &random)
      program.priority = level ?? random.pick(priorities)
      program.essential = random.pick(essential)
      program.autostart = random.chance(autostart)
      if random.chance(scheduled) { Self.addSchedule(&program, &random) }
      configuration.programs.append(program)
    }
    if random.chance(50) { addDependencies(&configuration, &random) }
    if random.chance(50) { addProbes(&configuration, &random) }
    if random.chance(20) {
      configuration.globals.drain = random.pick([.milliseconds(1), .seconds(2), .seconds(3600)])
    }
    configuration.globals.stay = random.chance(30)
    configuration.globals.exitOnSignal = random.pick([.zero, .signal, .failure])
    if random.chance(20) { configuration.globals.stopOn = Signals(.terminate, .hangup) }
    return configuration
  }

  /// As the reader makes of one that has `schedule=`.
  private static func addSchedule(_ program: inout Program, _ random: inout SplitMix64) {
    program.schedule = parsed(
      random.pick([
        "* * * * *", "*/2 * * * *", "0 * * * *", "30 2 * * *", "*/15 1,2 * * *", "0 4 29 2 *",
        "@every 1s", "@every 7s", "@every 1m", "@every 1h",
      ]))
    program.autostart = false
    program.startsecs = .zero
    program.startretries = 0
    program.autorestart = .never
    program.essential = .none
  }

  /// Never a circle: each program waits only for those before it in some order, which has nothing
  /// to do with that of the priorities.
  private static func addDependencies(
    _ configuration: inout Configuration, _ random: inout SplitMix64
  ) {
    var order: [Int] = []
    for slot in configuration.programs.indices {
      order.insert(slot, at: random.below(order.count + 1))
    }
    let density = random.pick([10, 30, 80])
    for (index, slot) in order.enumerated() {
      for on in order[..<index] where random.chance(density) {
        let programs = configuration.programs
        if programs[slot].autostart, !programs[on].autostart { continue }
        // Refused by the reader.
        if programs[slot].schedule != nil || programs[on].schedule != nil { continue }
        configuration.dependencies.append(Dependency(slot, on: on, untilEnd: random.chance(20)))
      }
    }
    for slot in configuration.programs.indices
    where random.chance(20) && configuration.programs[slot].schedule == nil {
      configuration.programs[slot].oneshot = true
      configuration.programs[slot].startretries = random.pick([0, 0, 2])
      configuration.programs[slot].readyTimeout = random.pick([.zero, .seconds(5)])
    }
  }

  private static func addProbes(
    _ configuration: inout Configuration, _ random: inout SplitMix64
  ) {
    for slot in configuration.programs.indices where !configuration.programs[slot].oneshot {
      var program = configuration.programs[slot]
      if random.chance(50) {
        program.ready = random.pick([
          Probe(.notify), Probe(.tcp, host: "h", number: 1), Probe(.path, text: "/p"),
        ])
        program.readyTimeout = random.pick([.zero, .milliseconds(30), .seconds(60)])
      }
      if random.chance(50) { program.health = Probe(.tcp, host: "h", number: 2) }
      program.healthInterval = random.pick([.zero, .seconds(1), .seconds(10)])
      program.healthTimeout = random.pick([.zero, .milliseconds(1), .seconds(5)])
      program.healthRetries = random.pick([1, 1, 3])
      configuration.programs[slot] = program
    }
  }

  /// Makes COMMAND one of the programs, as `swinit -- COMMAND` does.
  static func addCommand(
    _ configuration: inout Configuration, _ random: inout SplitMix64
  ) -> MainCommand {
    if random.chance(50) {
      // All are soon ready, or COMMAND would seldom be started.
      configuration.dependencies = []
      for slot in configuration.programs.indices {
        configuration.programs[slot].startsecs = .zero
        configuration.programs[slot].ready = nil
        configuration.programs[slot].oneshot = false
      }
    }
    configuration.groups.append(Group(name: "command", priority: .max))
    var program = Program(
      name: "command", group: configuration.groups.count - 1,
      arguments: ByteString("true\0" as String))
    program.autostart = false
    program.autorestart = .never
    program.startsecs = .zero
    program.startretries = 0
    program.essential = .fatal
    program.exitcodes = random.pick([ExitCodes(0), ExitCodes(0, 1, 143)])
    program.stopasgroup = random.chance(30)
    program.killasgroup = program.stopasgroup
    configuration.programs.append(program)
    var command = MainCommand(slot: configuration.programs.count - 1)
    if random.chance(30) { command.rewrites.set(.terminate, .quit) }
    if random.chance(20) { command.rewrites.set(.interrupt, nil) }
    if random.chance(20) { command.rewrites.set(.hangup, .user2) }
    return command
  }

  private static func randomProgram(
    _ slot: Slot, groups: Int, _ random: inout SplitMix64
  ) -> Program {
    var program = Program(
      name: ByteString("p\(slot)"), group: random.below(groups),
      arguments: ByteString("true\0" as String))
    program.startsecs = random.pick([
      .zero, .milliseconds(1), .seconds(1), .seconds(1), .seconds(10), .seconds(3600),
    ])
    program.startretries = random.pick([0, 1, 2, 3, 3, 7, -1])
    program.autorestart = random.pick([.never, .unexpected, .always])
    program.exitcodes = random.pick([ExitCodes(0), ExitCodes(), ExitCodes(0, 2, 255)])
    if random.chance(20) { program.exitcodes.signals.insert(.terminate) }
    program.restartDelay = random.pick([
      PauseRange(.zero, .seconds(30)), PauseRange(.zero, .seconds(30)),
      PauseRange(.seconds(5), .seconds(30)), PauseRange(.zero, .zero),
      PauseRange(.milliseconds(1), .seconds(3)), PauseRange(.seconds(40), .seconds(7)),
    ])
    program.stopsignal = random.pick([nil, nil, nil, .terminate, .quit, .interrupt, .kill])
    program.stopwaitsecs = random.pick([
      .zero, .milliseconds(1), .seconds(1), .seconds(10), .seconds(10), .seconds(3600),
    ])
    program.stopasgroup = random.chance(30)
    program.killasgroup = program.stopasgroup || random.chance(30)
    program.stoptree = random.chance(25)
    if random.chance(40) { program.life = randomLife(&random) }
    return program
  }

  private static func randomLife(_ random: inout SplitMix64) -> LifePolicy {
    var life = LifePolicy()
    if random.chance(40) {
      // The first is `stopsignal`, which the core does not look for here.
      life.stopSequence = [15]
      for _ in 0...random.below(3) {
        let pause: Nanoseconds = random.pick([.zero, .milliseconds(1), .seconds(5), .seconds(5)])
        let signal: Signal = random.pick([.terminate, .quit, .interrupt, .kill])
        life.stopSequence += [UInt64(pause.count), UInt64(signal.number)]
      }
    }
    if random.chance(50) { life.stopCommand = ByteString("true\0" as String) }
    life.runTimeout = random.pick([.zero, .milliseconds(1), .seconds(1), .seconds(8)])
    if random.chance(30) {
      life.retryDelay = random.pick([
        PauseRange(.zero, .zero), PauseRange(.zero, .seconds(4)),
        PauseRange(.milliseconds(1), .milliseconds(100)),
        PauseRange(.milliseconds(150), .seconds(5)), PauseRange(.seconds(2), .seconds(2)),
      ])
    }
    if random.chance(50) { life.forwardSignals = Signals(.hangup, .user2, .terminate) }
    return life
  }

  /// `calm`: a container in which nearly all goes well.
  static func randomCharacter(_ calm: Bool, _ random: inout SplitMix64) -> Character {
    Character(
      forkFailures: calm ? 0 : random.pick([0, 0, 0, 10, 60]),
      execFailures: calm ? 0 : random.pick([0, 0, 0, 10, 100]),
      slowExecs: random.pick([0, 0, 20]),
      stubborn: calm ? 0 : random.pick([0, 0, 30, 100]),
      unkillable: calm ? 0 : random.pick([0, 0, 0, 40]),
      wellness: calm ? 100 : random.pick([100, 100, 80, 50, 0]),
      life: calm ? random.pick([0, 0, 5]) : random.below(6),
      codes: random.pick([
        [.exited(0)], [.exited(1)], [.exited(0), .exited(2), .exited(3)],
        [.signalled(.terminate), .signalled(Signal(number: 11)), .exited(255), .exited(0)],
      ]))
  }
}
