import Configuration
import Foundation
import Testing

@testable import Basics
@testable import Supervision

/// The grace: how a stop's time is shared among the levels.
@Suite struct GraceShareTests {
  /// Programs of priority 0, 1, …, each with its stopwaitsecs, all RUNNING and deaf.
  private func bench(_ waits: [Int64], grace: Nanoseconds?, drain: Nanoseconds = .zero) -> Bench {
    var programs: [Program] = []
    for (index, wait) in waits.enumerated() {
      programs.append(
        .make {
          ($0.startsecs, $0.priority) = (.zero, Int32(index))
          $0.stopwaitsecs = .seconds(wait)
        })
    }
    var bench = Bench(programs) { ($0.grace, $0.drain) = (grace, drain) }
    bench.start()
    return bench
  }

  /// When each program of a deaf container gets its signal and SIGKILL, in milliseconds since the
  /// stop began; the highest first.
  private func course(_ bench: inout Bench) -> [[Int64]] {
    let began = bench.now
    var told: [Int64] = []
    var killed: [Int64] = []
    var words = bench.signal(.terminate)
    for _ in 0..<200 {
      let time = (bench.now - began).count / 1_000_000
      for word in words {
        if word.hasPrefix("kill SIGTERM") { told.append(time) }
        guard word.hasPrefix("kill SIGKILL"), let pid = ProcessID(word.split(separator: " ")[2])
        else { continue }
        killed.append(time)
        words = bench.ended(pid, .signalled(.kill))
        for word in words where word.hasPrefix("kill SIGTERM") { told.append(time) }
      }
      guard let pause = bench.pause(), !words.contains("sweep SIGTERM") else { break }
      words = bench.tick(after: pause)
    }
    return [told, killed]
  }

  /// stopwaitsecs from the lowest level up, the grace, and what becomes of them.
  static let courses: [([Int64], Int64, [[Int64]])] = [
    // All fits: nobody notices.
    ([10, 10], 30, [[0, 10_000], [10_000, 20_000]]),
    ([1, 1, 1], 10, [[0, 1_000, 2_000], [1_000, 2_000, 3_000]]),
    // The lower one needs little: the higher one has what is left.
    ([1, 8], 12, [[0, 8_000], [8_000, 9_000]]),
    ([10], 8, [[0], [5_906]]),
    // Fair parts where neither has enough.
    ([10, 10], 10, [[0, 3_718], [3_718, 7_902]]),
    ([60, 60, 60], 10, [[0, 2_479, 5_113], [2_479, 5_113, 8_076]]),
  ]

  @Test(arguments: Self.courses)
  func theTimeIsSharedOut(waits: [Int64], grace: Int64, course: [[Int64]]) {
    var bench = bench(waits, grace: .seconds(grace))
    #expect(self.course(&bench) == course)
  }

  @Test func withoutAGraceEachHasItsOwn() {
    var bench = bench([3600, 5], grace: nil)
    #expect(course(&bench) == [[0, 5_000], [5_000, 3_605_000]])
  }

  /// What the upper level does not use is the lower one's.
  @Test func whatIsLeftOverIsForTheNext() {
    var bench = bench([60, 60], grace: .seconds(10))
    bench.signal(.terminate)
    bench.now = bench.now + .seconds(1)
    #expect(bench.ended(11, .exited(0)).last == "kill SIGTERM 10")
    #expect((bench.pause()?.count ?? 0) > 6_000_000_000)
  }

  /// Who withstands SIGKILL is given up where the wait for him would be at the others' cost.
  @Test func whoNeedsLittleLeavesTheOthersTheirs() throws {
    var bench = bench([10, 1], grace: .seconds(14))
    bench.signal(.terminate)
    bench.tick(after: try #require(bench.pause()))
    let given = try #require(bench.pause())
    #expect(given < .seconds(2))
    #expect(bench.tick(after: given).last == "kill SIGTERM 10")
    #expect(bench.pause() ?? .zero > Nanoseconds(9_500_000_000))
  }

  // Sequences and stop_commands.

  private func bench(
    grace: Int64?, stopwaitsecs: Int64, sequence: [UInt64] = [], command: ByteString = ""
  ) -> Bench {
    var life = LifePolicy()
    life.stopSequence = sequence
    life.stopCommand = command
    var bench = Bench([
      .make {
        $0.startsecs = .zero
        $0.stopwaitsecs = .seconds(stopwaitsecs)
        $0.stopsignal = sequence.first.map { Signal(number: Int32($0)) }
        $0.life = life
      }
    ]) { $0.grace = grace.map { .seconds($0) } }
    bench.start()
    return bench
  }

  /// What a deaf program is sent, each with its time in milliseconds since the stop began.
  private func sent(_ bench: inout Bench) -> [String] {
    let began = bench.now
    var said: [String] = []
    var words = bench.signal(.terminate)
    for _ in 0..<20 {
      let time = (bench.now - began).count / 1_000_000
      said += words.filter { $0.contains("SIG") && $0.hasPrefix("kill ") }.map { "\(time) \($0)" }
      guard let pause = bench.pause(), !words.contains(where: { $0.hasPrefix("kill SIGKILL") })
      else { break }
      words = bench.tick(after: pause)
    }
    return said
  }

  /// QUIT, 2 s, INT, 2 s, TERM.
  private static let sequence: [UInt64] = [3, 2_000_000_000, 2, 2_000_000_000, 15]

  static let sequences: [(Int64?, [String])] = [
    (nil, ["0 kill SIGQUIT 10", "2000 kill SIGINT 10", "4000 kill SIGTERM 10", "14000 kill"]),
    (60, ["0 kill SIGQUIT 10", "2000 kill SIGINT 10", "4000 kill SIGTERM 10", "14000 kill"]),
    // SIGKILL in the last wait, in the pause before TERM, in the first pause.
    (10, ["0 kill SIGQUIT 10", "2000 kill SIGINT 10", "4000 kill SIGTERM 10", "7"]),
    (4, ["0 kill SIGQUIT 10", "2000 kill SIGINT 10", "2"]),
    (1, ["0 kill SIGQUIT 10", "7"]),
  ]

  @Test(arguments: sequences.indices) func aSequenceIsCutShort(index: Int) {
    let (grace, expected) = Self.sequences[index]
    var bench = bench(grace: grace, stopwaitsecs: 10, sequence: Self.sequence)
    let sent = sent(&bench)
    #expect(sent.count == expected.count, "\(sent)")
    for (word, start) in zip(sent, expected) { #expect(word.hasPrefix(start), "\(sent)") }
    #expect(sent.last?.hasSuffix("kill SIGKILL 10") == true)
  }

  /// Who does not end of the INT that swinit got has its TERM before its SIGKILL, however short the
  /// grace is.
  @Test(arguments: [Int64(200), 1_000, 60_000]) func anINTIsFollowedByTERM(grace: Int64) {
    var bench = bench([10], grace: .milliseconds(grace))
    #expect(bench.signal(.interrupt).last == "kill SIGINT 10")
    let first = bench.pause() ?? .zero
    #expect(first <= .seconds(1) && (grace < 60_000 || first == .seconds(1)))
    #expect(
      bench.tick(after: first) == [
        "p0 next SIGTERM pid 10 after \(words(first))", "kill SIGTERM 10",
      ])
    let second = bench.pause() ?? .zero
    #expect(second.count >= first.count - 1)
    #expect(bench.tick(after: second).last == "kill SIGKILL 10")
  }

  /// It hangs: both are killed when the part is over. It ends: the signal has what is left of it.
  @Test func aStopCommandIsWithinTheGrace() throws {
    var hanging = bench(grace: 5, stopwaitsecs: 10, command: ByteString("/x\0" as String))
    #expect(hanging.signal(.terminate).last == "run stop_command p0 for 10")
    let whole = try #require(hanging.pause())
    #expect(whole > .seconds(3) && whole < .seconds(5))
    let end = hanging.tick(after: whole)
    #expect(end.contains { $0.hasPrefix("kill SIGKILL 10") })

    var failing = bench(grace: 5, stopwaitsecs: 10, command: ByteString("/x\0" as String))
    failing.signal(.terminate)
    failing.now = failing.now + .seconds(1)
    let words = failing.send(.stopCommandEnded(0, .exited(1)))
    #expect(words.last == "kill SIGTERM 10")
    #expect(failing.pause() == Nanoseconds(whole.count - 1_000_000_000))
  }

  /// The worst case: it hangs, and has used up the time of the signal too.
  @Test func theTimetableKnowsSequencesAndCommands() {
    var configuration = Configuration()
    configuration.groups = [Group(name: "g", priority: 1)]
    var withSequence = LifePolicy()
    withSequence.stopSequence = Self.sequence
    var withCommand = LifePolicy()
    withCommand.stopCommand = ByteString("/x\0" as String)
    configuration.programs = [
      .make { ($0.life, $0.priority, $0.stopsignal) = (withSequence, 2, .quit) },
      .make { ($0.life, $0.priority) = (withCommand, 1) },
      .scheduled("@every 1h"),
    ]
    let timetable = StopTimetable(configuration)
    let lines = zip(timetable.times, timetable.notices).map { time, notice in
      "\(time / 1_000_000) \(words(notice))"
    }
    #expect(timetable.length == .seconds(10 + 14 + 10), "\(lines)")
    #expect(lines.contains { $0.hasPrefix("12000 p0") }, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("14000 p0") }, "\(lines)")
  }

  @Test func bothNumbersAreSaid() {
    var bench = bench([60], grace: .seconds(8))
    bench.signal(.terminate)
    let pause = bench.pause() ?? .zero
    #expect(bench.tick(after: pause).first == "p0 killing pid 10 after \(words(pause))")
  }

  @Test func theDrainIsWithinTheGrace() {
    var short = bench([1], grace: .seconds(10), drain: .seconds(3))
    #expect(short.signal(.terminate).last == "draining 3s")
    var long = bench([10], grace: .seconds(10), drain: .seconds(60))
    #expect(long.signal(.terminate).last?.hasPrefix("draining 4250") == true)
  }

  @Test(arguments: [Int64(0), 1, 1_000_000, .max])
  func anyGraceIsAnswered(grace: Int64) {
    var bench = bench([3600, 1], grace: Nanoseconds(grace))
    let course = course(&bench)
    #expect(course.map(\.count) == [2, 2])
  }

  // The property: thousands of containers, each with random levels, dependencies and programs, which
  // may ignore the stop signal and even SIGKILL. Whatever they do: each level that has a living
  // program when its turn comes gets its signal, nobody is killed who had neither his stopwaitsecs nor
  // a fair part, and swinit exits before the grace is over.

  static let runs =
    ProcessInfo.processInfo.environment["SWINIT_SIMULATIONS"].flatMap { UInt64($0) }
    ?? 5_000

  @Test(arguments: 0..<UInt64(4))
  func theLastLevelGetsItsSignalAndTheGraceIsKept(part: UInt64) {
    var told = 0
    for seed in stride(from: part, to: Self.runs, by: 4) {
      var run = GraceRun(seed: seed)
      let failure = run.run()
      told += run.toldCount
      guard failure == nil else {
        Issue.record("seed \(seed), grace \(words(run.grace)): \(failure ?? "")\n\(run.log)")
        return
      }
    }
    #expect(told > Int(Self.runs / 4), "hardly anybody had to be told")
  }
}

/// One container with a grace, from its first start to its exit.
private struct GraceRun {
  var world: World
  var core: Supervisor
  let grace: Nanoseconds
  var log = ""
  var toldCount = 0
  private var killed: Set<Slot> = []
  private var told: Set<Slot> = []
  private var toldAt: [Slot: Time] = [:]
  /// Whose process had ended before the stop.
  private var restOfTree: Set<Slot> = []
  private var robbed: Set<Slot> = []
  private var stopBegan: Time?
  private var exit: Time?

  init(seed: UInt64) {
    var random = SplitMix64(state: seed ^ 0x5bd1)
    let grace: Nanoseconds = random.pick([
      .milliseconds(100), .seconds(1), .seconds(3), .seconds(10), .seconds(30), .seconds(300),
    ])
    self.grace = grace
    world = World(seed: seed) {
      $0.globals.grace = grace
      if $0.globals.drain > .zero { $0.globals.drain = random.pick([.seconds(2), .seconds(3600)]) }
    }
    core = Supervisor(
      world.configuration, onTerminal: false, command: world.command, zone: world.zone)
  }

  mutating func run() -> String? {
    deliver(.begin)
    deliver(.clock(world.wall))
    var events = 0
    while exit == nil {
      events += 1
      if events == 60, stopBegan == nil { world.loseInterest() }
      if events > 2_000 { return "A container never goes on for ever." }
      let happening = world.nextHappening
      // The loop wakes up to a millisecond late.
      let tick = core.pause(at: world.now).map { world.now + $0 + lateness() }
      let run = core.earliestRun.map { world.moment(of: $0) }
      guard happening != nil || tick != nil || run != nil else {
        if stopBegan != nil { return "A stop never waits for nothing." }
        world.loseInterest()
        continue
      }
      if let run, run < tick ?? .distantFuture, run < happening ?? .distantFuture {
        world.advance(to: run)
        deliver(.clock(world.wall))
      } else if let tick, tick < happening ?? .distantFuture {
        world.advance(to: tick)
        deliver(.tick)
      } else if let event = world.happen() {
        deliver(event)
      }
    }
    guard let stopBegan, let exit else { return "A container never ends without a stop." }
    if exit - stopBegan >= grace {
      return "The grace is never over before we are: \((exit - stopBegan).count) ns."
    }
    if !robbed.isEmpty { return "No program is killed before its fair part is over: \(robbed)" }
    return killed.subtracting(told).isEmpty
      ? nil : "No program is killed in a stop that had no stop signal: \(killed.subtracting(told))"
  }

  private mutating func lateness() -> Nanoseconds {
    world.random.pause(Nanoseconds(grace.count / 10_000))
  }

  /// What nobody is killed before where the grace does not matter: a `stop_command` that hangs has
  /// used up the time of the signal too, and what a program left when it ended by itself gets one
  /// signal.
  private func leastWait(_ slot: Slot) -> Nanoseconds {
    let program = world.configuration.programs[slot]
    let hasOneWait =
      program.life.stopCommand.isEmpty == false || restOfTree.contains(slot)
    return hasOneWait ? program.stopwaitsecs : program.longestStop
  }

  private mutating func deliver(_ first: Event) {
    var next: Event? = first
    while let event = next {
      next = nil
      let actions = core.handle(event, at: world.now)
      log += "\(world.now.nanoseconds): \(words(event)) → \(words(actions))\n"
      if core.cause != nil, stopBegan == nil { stopBegan = world.now }
      for action in actions {
        switch action {
        case .spawn(let slot): next = world.fork(slot)
        case .signal(let pid, let signal, let group):
          if group { world.signalGroup(core.slot(of: pid), signal) }
          world.signal(pid, signal)
        case .signalRest(let slot, _, let signal): world.signalGroup(slot, signal)
        case .signalTree(let slot, let signal, let again):
          world.signalTree(slot, signal, again: again)
        case .checkTree(let slot), .checkGroup(let slot, _): next = world.checkTree(slot)
        case .startProbe(let slot, let health): world.startProbe(slot, health: health)
        case .stopProbe(let slot): world.stopProbe(slot)
        case .sweep(let signal):
          // Whoever lived until now, and was not told, would be swept away unasked.
          if signal == .terminate {
            for slot in world.livingPrograms where !told.contains(slot) { killed.insert(slot) }
          }
          world.sweep(signal)
        // What is left of a tree was told already, if its process has ended by itself.
        case .report(.treeLeft(let slot, _, .some)), .report(.givingUp(let slot, _, _, _)),
          .report(.overran(let slot, _, _, _)):
          toldAt[slot] = world.now
        case .report(.treeLeft(let slot, _, nil)): toldAt[slot] = nil
        case .report(.stopping(let slot, let pid, _)):
          told.insert(slot)
          if pid == 0 { restOfTree.insert(slot) }
          if pid != 0 || toldAt[slot] == nil { toldAt[slot] = world.now }
          toldCount += 1
        case .report(.killing(let slot, _, _)) where told.contains(slot):
          killed.insert(slot)
          // A tick that came late was at his cost.
          let whole = leastWait(slot).count / 10 * 9
          let fair = grace.count / 2 / Int64(core.levels.count + 1)
          let waited = world.now - (toldAt[slot] ?? world.now)
          if waited.count < min(whole, fair) { robbed.insert(slot) }
        case .exit: exit = world.now
        case .runStopCommand(let slot, let pid): world.runStopCommand(slot, pid)
        case .endStopCommand(let slot): world.endStopCommand(slot)
        case .stopAwaited, .forward, .report: continue
        }
      }
    }
  }
}
