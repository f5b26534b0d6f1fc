import Configuration

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
    for slot in 0..<random.below(13) {
      var program = randomProgram(slot, groups: configuration.groups.count, &random)
      program.priority = level ?? random.pick(priorities)
      program.essential = random.pick(essential)
      program.autostart = random.chance(autostart)
      configuration.programs.append(program)
    }
    configuration.globals.stay = random.chance(30)
    configuration.globals.exitOnSignal = random.pick([.zero, .signal, .failure])
    if random.chance(20) { configuration.globals.stopOn = Signals(.terminate, .hangup) }
    return configuration
  }

  /// Makes COMMAND one of the programs, as `swinit -- COMMAND` does.
  static func addCommand(
    _ configuration: inout Configuration, _ random: inout SplitMix64
  ) -> MainCommand {
    if random.chance(50) {
      // All are soon ready, or COMMAND would seldom be started.
      for slot in configuration.programs.indices { configuration.programs[slot].startsecs = .zero }
    }
    configuration.groups.append(Group(name: "command", priority: .max))
    var program = Program(
      name: "command", group: configuration.groups.count - 1, arguments: "true\0")
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
      name: ByteString("p\(slot)"), group: random.below(groups), arguments: "true\0")
    program.startsecs = random.pick([
      .zero, .milliseconds(1), .seconds(1), .seconds(1), .seconds(10), .seconds(3600),
    ])
    program.startretries = random.pick([0, 1, 2, 3, 3, 7, -1])
    program.autorestart = random.pick([.never, .unexpected, .always])
    program.exitcodes = random.pick([ExitCodes(0), ExitCodes(), ExitCodes(0, 2, 255)])
    if random.chance(20) { program.exitcodes.signals.insert(.terminate) }
    program.restartDelay = random.pick([
      (.zero, .seconds(30)), (.zero, .seconds(30)), (.seconds(5), .seconds(30)), (.zero, .zero),
      (.milliseconds(1), .seconds(3)), (.seconds(40), .seconds(7)),
    ])
    program.stopsignal = random.pick([nil, nil, nil, .terminate, .quit, .interrupt, .kill])
    program.stopwaitsecs = random.pick([
      .zero, .milliseconds(1), .seconds(1), .seconds(10), .seconds(10), .seconds(3600),
    ])
    program.stopasgroup = random.chance(30)
    program.killasgroup = program.stopasgroup || random.chance(30)
    program.stoptree = random.chance(25)
    return program
  }

  /// `calm`: a container in which nearly all goes well.
  static func randomCharacter(_ calm: Bool, _ random: inout SplitMix64) -> Character {
    Character(
      forkFailures: calm ? 0 : random.pick([0, 0, 0, 10, 60]),
      execFailures: calm ? 0 : random.pick([0, 0, 0, 10, 100]),
      slowExecs: random.pick([0, 0, 20]),
      stubborn: calm ? 0 : random.pick([0, 0, 30, 100]),
      unkillable: calm ? 0 : random.pick([0, 0, 0, 40]),
      life: calm ? random.pick([0, 0, 5]) : random.below(6),
      codes: random.pick([
        [.exited(0)], [.exited(1)], [.exited(0), .exited(2), .exited(3)],
        [.signalled(.terminate), .signalled(Signal(number: 11)), .exited(255), .exited(0)],
      ]))
  }
}
