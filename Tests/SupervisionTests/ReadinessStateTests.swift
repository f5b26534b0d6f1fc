import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// Dependencies, oneshots, `ready`, `health`: what is said and done, moment by moment.
@Suite struct ReadinessStateTests {
  /// Program n waits for those in `needs[n]`.
  private func bench(
    _ programs: [Program], _ needs: [Int: [Int]], _ change: (inout Configuration) -> Void = { _ in }
  ) -> Bench {
    var configuration = Configuration()
    configuration.groups = [Group(name: "g", priority: 999)]
    configuration.programs = programs
    configuration.globals.stay = true
    for (dependent, others) in needs.sorted(by: { $0.key < $1.key }) {
      for on in others { configuration.dependencies.append(Dependency(dependent, on: on)) }
    }
    change(&configuration)
    return Bench(configuration)
  }

  @Test func aProgramWaitsUntilEachOfItsDependenciesIsRunning() {
    var bench = bench([.make(), .make { $0.startsecs = .seconds(3) }, .make()], [0: [1, 2]])
    bench.send(.begin)
    #expect(bench.tick() == ["p0 waits for p1"])
    #expect(bench.tick() == ["spawn p1"])
    bench.run(1, pid: 11)
    #expect(bench.tick() == ["spawn p2"])
    bench.run(2, pid: 12)
    #expect(bench.tick(after: .seconds(1)) == ["p2 RUNNING pid 12"])
    #expect(bench.pause() == .seconds(2))
    #expect(bench.tick(after: .seconds(2)) == ["p1 RUNNING pid 11"])
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == ["spawn p0"])
    bench.run(0, pid: 10)
    // A later restart of a dependency is no business of who depends on it.
    #expect(bench.ended(12, .exited(1)).last == "spawn p2")
    #expect(bench.state(0) == .starting)
  }

  @Test func aStopWhileItWaitsStartsNothing() {
    var bench = bench([.make { $0.startsecs = .zero }, .make { $0.startsecs = .zero }], [0: [1]])
    bench.send(.begin)
    bench.tick()
    bench.tick()
    bench.run(1, pid: 11)
    #expect(bench.pause() == .zero)
    #expect(bench.signal(.terminate).last == "kill SIGTERM 11")
    #expect(bench.tick() == [])
    #expect(bench.ended(11, .exited(0)) == ["p1 STOPPED code 0", "sweep SIGTERM"])
  }

  /// p0 → p1 → p2, of which p2 becomes FATAL.
  @Test func whoDependsOnAFatalProgramIsFatal() {
    var bench = bench(
      [.make(), .make(), .make { $0.startretries = 0 }], [0: [1], 1: [2]])
    bench.send(.begin)
    bench.tick()
    bench.tick()
    #expect(bench.tick() == ["spawn p2"])
    bench.run(2, pid: 12)
    #expect(
      bench.ended(12, .exited(7)) == [
        "p2 BACKOFF too quick code 7, no more", "p2 FATAL too quick code 7, tries 1",
        "p1 FATAL by p2, 7, tries 0", "p0 FATAL by p1, 7, tries 0",
      ])
    #expect(bench.pause() == nil)
  }

  /// Its turn comes after it is FATAL: nothing is started, and there is nothing left to do.
  @Test func aFatalProgramHasNoTurn() {
    var bench = bench([.make { $0.startretries = 0 }, .make(), .make()], [1: [0], 2: [0]]) {
      $0.globals.stay = false
    }
    bench.send(.begin)
    #expect(bench.tick() == ["spawn p0"])
    #expect(
      bench.send(.forkFailed(0, .make(1))).suffix(2) == [
        "p1 FATAL by p0, 1, tries 0", "p2 FATAL by p0, 1, tries 0",
      ])
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == ["sweep SIGTERM"])
    #expect(bench.send(.childrenGone) == ["exit 1: nothing left, p0 failed"])
  }

  @Test func anEssentialDependentEndsTheContainer() {
    var bench = bench(
      [.make { $0.startretries = 0 }, .make { $0.essential = .fatal }], [1: [0]])
    bench.send(.begin)
    bench.tick()
    bench.send(.forkFailed(0, .make(127)))
    #expect(bench.send(.childrenGone) == ["exit 127: p1 fatal: by p0, 127"])
  }

  /// `dependent_startup_wait_for=NAME:exited`.
  @Test(arguments: [UInt8(0), 3]) func anEndMayBeWaitedFor(code: UInt8) {
    var bench = bench(
      [.make { ($0.startsecs, $0.autorestart) = (.zero, .never) }, .make()], [:]
    ) { $0.dependencies = [Dependency(1, on: 0, untilEnd: true)] }
    bench.send(.begin)
    bench.tick()
    bench.run(0, pid: 10)
    #expect(bench.tick() == ["p1 waits for p0"])
    bench.ended(10, .exited(code))
    #expect(bench.tick() == ["spawn p1"])
  }

  // Oneshots.

  private static let oneshot = Program.make {
    ($0.oneshot, $0.startretries, $0.readyTimeout) = (true, 0, .zero)
  }

  @Test func aOneshotIsReadyWhenItHasEndedAsExpected() {
    var bench = bench([Self.oneshot, .make()], [1: [0]])
    bench.send(.begin)
    bench.tick()
    bench.run(0, pid: 10)
    bench.tick()
    #expect(bench.pause() == nil)
    bench.now = bench.now + .seconds(3600)
    #expect(bench.state(0) == .starting)
    #expect(bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected"])
    #expect(bench.tick() == ["spawn p1"])
  }

  @Test func aOneshotThatFailsIsFatal() {
    var bench = bench([Self.oneshot, .make()], [1: [0]])
    bench.send(.begin)
    bench.tick()
    bench.run(0, pid: 10)
    #expect(
      bench.ended(10, .exited(3)) == [
        "p0 BACKOFF ended code 3, no more", "p0 FATAL ended code 3, tries 1",
        "p1 FATAL by p0, 3, tries 0",
      ])
  }

  /// Its expected end never counts.
  @Test(arguments: [Essential.none, .fatal, .exit])
  func theEndOfAOneshotDoesNotEndTheContainer(essential: Essential) {
    var program = Self.oneshot
    program.essential = essential
    var bench = bench([program, .make { $0.startsecs = .zero }], [:]) { $0.globals.stay = false }
    bench.start()
    #expect(bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected"])
    #expect(bench.core.cause == nil)
  }

  @Test func whenOnlyOneshotsWereThereNothingIsLeft() {
    var bench = bench([Self.oneshot], [:]) { $0.globals.stay = false }
    bench.start()
    #expect(bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected", "sweep SIGTERM"])
    #expect(bench.send(.childrenGone) == ["exit 0: nothing left"])
  }

  // Readiness.

  private static let asked = Probe(.tcp, host: "localhost", number: 80)

  private static func ready(_ probe: Probe) -> Program {
    .make { ($0.ready, $0.readyTimeout, $0.startretries) = (probe, .seconds(60), 1) }
  }

  @Test func aTestIsRepeatedWithGrowingPauses() {
    var bench = bench([Self.ready(Self.asked)], [:])
    bench.send(.begin)
    bench.tick()
    bench.send(.forked(0, 10))
    #expect(bench.send(.executed(0)) == ["probe p0"])
    for pause in [20, 40, 80, 160, 320, 640, 1_000, 1_000] as [Int64] {
      #expect(bench.send(.probed(0, .errno(111))) == [])
      #expect(bench.pause() == .milliseconds(pause))
      #expect(bench.tick(after: .milliseconds(pause)) == ["probe p0"])
    }
    #expect(bench.pause() == .seconds(5))
    #expect(bench.tick(after: .seconds(5)) == ["stop probe p0"])
    #expect(bench.tick(after: .seconds(1)) == ["probe p0"])
    #expect(bench.send(.probed(0, nil)) == ["p0 RUNNING pid 10"])
    #expect(bench.pause() == nil)
    // An answer that nobody asked for.
    #expect(bench.send(.probed(0, .timedOut)) == [])
  }

  @Test func itsOwnWordIsWaitedForWithoutATest() {
    var bench = bench([Self.ready(Probe(.notify))], [:])
    bench.send(.begin)
    bench.tick()
    bench.send(.forked(0, 10))
    #expect(bench.send(.executed(0)) == ["probe p0"])
    #expect(bench.pause() == .seconds(60))
    #expect(bench.send(.probed(0, nil)) == ["p0 RUNNING pid 10"])
    #expect(bench.pause() == nil)
  }

  /// inotify does not tell of every path.
  @Test func aPathIsLookedForAgain() {
    var bench = bench([Self.ready(Probe(.path, text: "/x"))], [:])
    bench.send(.begin)
    bench.tick()
    bench.send(.forked(0, 10))
    #expect(bench.send(.executed(0)) == ["probe p0"])
    #expect(bench.pause() == .seconds(1))
    #expect(bench.tick(after: .seconds(1)) == ["stop probe p0"])
    #expect(bench.tick(after: .milliseconds(20)) == ["probe p0"])
  }

  @Test func notReadyInTimeIsAFailedStart() {
    var bench = bench([Self.ready(Probe(.notify))], [:])
    bench.send(.begin)
    bench.tick()
    bench.send(.forked(0, 10))
    bench.send(.executed(0))
    #expect(
      bench.tick(after: .seconds(60)) == [
        "stop probe p0", "p0 not ready, SIGTERM to pid 10", "kill SIGTERM 10",
      ])
    #expect(bench.state(0) == .starting)
    #expect(bench.tick(after: .seconds(10)) == ["p0 killing pid 10 after 10s", "kill SIGKILL 10"])
    #expect(
      bench.ended(10, .signalled(.kill)) == ["p0 BACKOFF not ready after 60s, again in 1s"])
    #expect(bench.tick(after: .seconds(1)) == ["spawn p0"])
  }

  @Test func anEndBeforeItIsReadyIsAFailedStart() {
    var bench = bench([Self.ready(Self.asked)], [:])
    bench.start()
    #expect(
      bench.ended(10, .exited(0)) == ["stop probe p0", "p0 BACKOFF ended code 0, again in 1s"])
  }

  // Health.

  private static let healthy = Program.make {
    ($0.startsecs, $0.autorestart, $0.health, $0.healthRetries) = (.zero, .never, asked, 2)
  }

  @Test func healthFailsSoOftenInARowBeforeItIsRestarted() {
    var bench = bench([Self.healthy], [:])
    bench.start()
    #expect(bench.pause() == .seconds(10))
    #expect(bench.tick(after: .seconds(10)) == ["probe p0"])
    #expect(bench.send(.probed(0, .http(503))) == ["p0 unhealthy http 503, 1 of 2"])
    bench.tick(after: .seconds(10))
    #expect(bench.send(.probed(0, nil)) == [])
    bench.tick(after: .seconds(10))
    #expect(bench.send(.probed(0, .http(503))) == ["p0 unhealthy http 503, 1 of 2"])
    bench.tick(after: .seconds(10))
    #expect(
      bench.tick(after: .seconds(5)) == [
        "stop probe p0", "p0 unhealthy timed out, 2 of 2", "p0 not well, SIGTERM to pid 10",
        "kill SIGTERM 10",
      ])
    #expect(bench.state(0) == .running)
    // Even with autorestart=false, and though 0 is expected.
    #expect(
      bench.ended(10, .exited(0)) == ["p0 EXITED code 0 unexpected, again in 0s", "spawn p0"])
  }

  /// That there are no processes left for a test says nothing about the program.
  @Test func aTestThatCannotBeMadeIsNoFailure() {
    var bench = bench([Self.healthy], [:])
    bench.start()
    bench.tick(after: .seconds(10))
    bench.send(.probed(0, .http(503)))
    for turn in 0..<5 {
      #expect(bench.tick(after: .seconds(10)) == ["probe p0"])
      let said = turn == 0 ? ["p0 unhealthy not made 11, 1 of 2"] : []
      #expect(bench.send(.probed(0, .notMade(11))) == said)
    }
    bench.tick(after: .seconds(10))
    #expect(bench.send(.probed(0, .http(503))).first == "p0 unhealthy http 503, 2 of 2")
  }

  /// It has the same chances to end in order as in a stop.
  @Test func whoIsGivenUpGetsAllOfHisStopSequence() {
    var life = LifePolicy()
    life.stopSequence = [20, 5_000_000_000, 15]
    var program = Self.healthy
    (program.life, program.stopsignal, program.healthRetries) = (life, .stop, 1)
    var bench = bench([program], [:])
    bench.start()
    bench.tick(after: .seconds(10))
    #expect(bench.send(.probed(0, .timedOut)).last == "kill SIGSTOP 10")
    #expect(
      bench.tick(after: .seconds(5)) == ["p0 next SIGTERM pid 10 after 5s", "kill SIGTERM 10"])
    #expect(bench.state(0) == .running)
    #expect(bench.tick(after: .seconds(10)) == ["p0 killing pid 10 after 10s", "kill SIGKILL 10"])
  }

  @Test func nothingIsTestedWhileItStops() {
    var bench = bench([Self.healthy], [:])
    bench.start()
    bench.tick(after: .seconds(10))
    #expect(
      bench.signal(.terminate) == [
        "stop requested: SIGTERM from 0", "stop probe p0", "p0 STOPPING pid 10 SIGTERM",
        "kill SIGTERM 10",
      ])
    #expect(bench.pause() == .seconds(10))
  }

  // The stop.

  /// Equal priorities: who depends on others is told first, with all that nobody depends on.
  @Test func eachProgramIsStoppedBeforeWhatItDependsOn() {
    var bench = bench(
      (0..<5).map { _ in .make { $0.startsecs = .zero } }, [0: [1], 1: [2], 3: [2]])
    bench.send(.begin)
    var spawned = 0
    for _ in 0..<20 {
      for action in bench.core.handle(.tick, at: bench.now) {
        guard case .spawn(let slot) = action else { continue }
        bench.run(slot, pid: ProcessID(10 + slot))
        spawned += 1
      }
    }
    #expect(spawned == 5)
    let told = { (lines: [String]) in lines.filter { $0.hasPrefix("kill") } }
    #expect(
      told(bench.signal(.terminate)) == ["kill SIGTERM 10", "kill SIGTERM 13", "kill SIGTERM 14"])
    bench.ended(13, .exited(0))
    bench.ended(14, .exited(0))
    #expect(told(bench.ended(10, .exited(0))) == ["kill SIGTERM 11"])
    #expect(told(bench.ended(11, .exited(0))) == ["kill SIGTERM 12"])
  }

  /// The dependency counts before the priority.
  @Test func aProgramIsLiftedAboveWhatItDependsOn() {
    var configuration = Configuration()
    configuration.groups = [Group(name: "g", priority: 999)]
    for priority in [1, 5, 9] as [Int32] {
      configuration.programs.append(.make { $0.priority = priority })
    }
    configuration.dependencies = [Dependency(0, on: 1)]
    let levels = Levels(configuration)
    #expect(levels.order == [0, 1, 2])
    #expect((0..<levels.count).map { Array(levels.slots(of: $0)) } == [[1], [0], [2]])
  }

  // Drain.

  @Test func theProgramsAreToldAfterTheDrain() {
    var bench = Bench([.make { $0.startsecs = .zero }]) { $0.drain = .seconds(5) }
    bench.start()
    #expect(bench.signal(.terminate) == ["stop requested: SIGTERM from 0", "draining 5s"])
    #expect(bench.signal(.terminate) == ["stop repeated: SIGTERM from 0"])
    #expect(bench.pause() == .seconds(5))
    #expect(
      bench.tick(after: .seconds(5)) == ["p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10"])
  }

  @Test func theDrainEndsWithTheLastProgram() {
    var bench = Bench([.make { $0.startsecs = .zero }]) { $0.drain = .seconds(5) }
    bench.start()
    bench.signal(.terminate)
    #expect(bench.ended(10, .exited(1)) == ["p0 EXITED code 1 unexpected", "sweep SIGTERM"])
  }

  @Test func onATerminalTheSecondInterruptEndsTheDrain() {
    var bench = Bench([.make { $0.startsecs = .zero }], onTerminal: true) {
      $0.drain = .seconds(5)
    }
    bench.start()
    bench.signal(.interrupt)
    #expect(bench.signal(.interrupt) == ["killing all: 0", "kill SIGKILL 10"])
    #expect(bench.ended(10, .signalled(.kill)) == ["p0 STOPPED SIGKILL", "sweep SIGKILL"])
  }
}
