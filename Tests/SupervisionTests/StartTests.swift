import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// STOPPED → STARTING → RUNNING, and what becomes of a start that fails.
@Suite struct StartTests {
  @Test func aProgramIsRunningWhenItHasStayedUpForStartsecs() {
    var bench = Bench([.make()])
    #expect(bench.state(0) == .stopped)
    #expect(bench.send(.begin) == [])
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == ["spawn p0"])
    #expect(bench.send(.forked(0, 10)) == ["p0 STARTING pid 10"])
    #expect(bench.pause() == nil)
    #expect(bench.send(.executed(0)) == [])
    #expect(bench.pause() == .seconds(1))
    #expect(bench.tick(after: Nanoseconds(999_999_999)) == [])
    #expect(bench.state(0) == .starting)
    #expect(bench.tick(after: Nanoseconds(1)) == ["p0 RUNNING pid 10"])
    #expect(bench.pause() == nil)
  }

  @Test func startsecsCountFromTheForkHoweverLongTheExecTakes() {
    var bench = Bench([.make()])
    bench.tick()
    bench.send(.forked(0, 10))
    #expect(bench.tick(after: .seconds(30)) == [])
    #expect(bench.state(0) == .starting)
    #expect(bench.send(.executed(0)) == ["p0 RUNNING pid 10"])
  }

  @Test func withoutStartsecsTheExecIsEnough() {
    var bench = Bench([.make { $0.startsecs = .zero }])
    bench.tick()
    bench.send(.forked(0, 10))
    #expect(bench.send(.executed(0)) == ["p0 RUNNING pid 10"])
  }

  @Test(arguments: [true, false])
  func withoutStartsecsAnEndIsNeverAFailedStart(executed: Bool) {
    var bench = Bench([.make { ($0.startsecs, $0.autorestart) = (.zero, .never) }])
    bench.tick()
    bench.send(.forked(0, 10))
    if executed { bench.send(.executed(0)) }
    let words = bench.ended(10, .exited(3))
    #expect(words.last == "p0 EXITED code 3 unexpected")
    #expect(bench.state(0) == .exited)
  }

  @Test(arguments: [WaitStatus.exited(0), .exited(1), .signalled(Signal(number: 11))])
  func anEndBeforeStartsecsIsAFailedStartWhateverItsCode(status: WaitStatus) {
    var bench = Bench([.make { $0.autorestart = .never }])
    bench.start()
    bench.now = Time(nanoseconds: 999_999_999)
    #expect(
      bench.ended(10, status) == ["p0 BACKOFF too quick \(words(status)), again in 1s"])
  }

  @Test func anEndSeenBeforeTheLateTickWasNoFailedStart() {
    var bench = Bench([.make { $0.autorestart = .never }])
    bench.start()
    bench.now = Time(nanoseconds: 1_000_000_000)
    #expect(bench.ended(10, .exited(0)) == ["p0 RUNNING pid 10", "p0 EXITED code 0 expected"])
    #expect(bench.pause() == nil)
  }

  @Test func aProcessThatEndsBeforeItsExecWasNeverUp() {
    var bench = Bench([.make()])
    bench.tick()
    bench.send(.forked(0, 10))
    bench.now = Time(nanoseconds: 20_000_000_000)
    #expect(
      bench.ended(10, .signalled(.kill)) == ["p0 BACKOFF too quick SIGKILL, again in 1s"])
  }

  @Test(arguments: [0, 1, 3])
  func afterStartretriesRetriesItIsFatal(retries: Int32) {
    var bench = Bench([.make { $0.startretries = retries }])
    bench.start()
    for attempt in 0..<max(retries, 0) {
      let pid = ProcessID(10 + attempt)
      #expect(
        bench.ended(pid, .exited(7))
          == ["p0 BACKOFF too quick code 7, again in \(attempt + 1)s"])
      #expect(bench.tick(after: Nanoseconds(.seconds(Int64(attempt) + 1), minus: 1)) == [])
      #expect(bench.tick(after: Nanoseconds(1)) == ["spawn p0"])
      bench.run(0, pid: pid + 1)
    }
    #expect(
      bench.ended(ProcessID(10 + retries), .exited(7))
        == [
          "p0 BACKOFF too quick code 7, no more", "p0 FATAL too quick code 7, tries \(retries + 1)",
        ])
    #expect(bench.pause() == nil)
    #expect(bench.tick(after: .seconds(3600)) == [])
    #expect(bench.state(0) == .fatal)
  }

  @Test func beingRunningOnceForgetsEarlierFailures() {
    var bench = Bench([.make { $0.startretries = 1 }])
    bench.start()
    bench.ended(10, .exited(1))
    bench.tick(after: .seconds(1))
    bench.run(0, pid: 11)
    #expect(bench.tick(after: .seconds(1)) == ["p0 RUNNING pid 11"])
    #expect(bench.ended(11, .exited(1)).last == "spawn p0")
    bench.run(0, pid: 12)
    #expect(bench.ended(12, .exited(1)) == ["p0 BACKOFF too quick code 1, again in 1s"])
  }

  @Test func startretriesMinusOneNeverGivesUpAndItsPausesStopGrowing() {
    var bench = Bench([.make { ($0.startretries, $0.restartDelay.greatest) = (-1, .seconds(4)) }])
    bench.start()
    for (attempt, pause) in [1, 2, 3, 4, 4, 4, 4, 4].enumerated() {
      let pid = ProcessID(10 + attempt)
      #expect(
        bench.ended(pid, .exited(1)) == ["p0 BACKOFF too quick code 1, again in \(pause)s"])
      #expect(bench.tick(after: .seconds(Int64(pause))) == ["spawn p0"])
      bench.run(0, pid: pid + 1)
    }
  }

  @Test func aFailedForkIsAFailedStart() {
    var bench = Bench([.make { $0.startretries = 1 }])
    bench.tick()
    #expect(
      bench.send(.forkFailed(0, .make(1))) == ["p0 BACKOFF spawn 1, again in 1s"])
    #expect(bench.tick(after: .seconds(1)) == ["spawn p0"])
    #expect(bench.send(.forkFailed(0, .make(1))).last == "p0 FATAL spawn 1, tries 2")
  }

  @Test func aStartThatIsPutOffCountsAsNoTry() {
    var bench = Bench([.make { $0.startretries = 0 }])
    bench.tick()
    for _ in 0..<5 {
      #expect(bench.send(.startPutOff(0, .make(1))) == ["p0 BACKOFF put off for 1s"])
      #expect(bench.tick(after: .seconds(1)) == ["spawn p0"])
    }
    #expect(bench.send(.forkFailed(0, .make(1))).last == "p0 FATAL spawn 1, tries 1")
  }

  @Test func aStartThatIsPutOffEndsWithTheStop() {
    var bench = Bench([.make()])
    bench.tick()
    bench.send(.startPutOff(0, .make(1)))
    #expect(bench.signal(.terminate).contains("p0 STOPPED"))
  }

  @Test func aFailedExecMovesTheStateOnlyWhenItsProcessIsGone() {
    var bench = Bench([.make()])
    bench.tick()
    bench.send(.forked(0, 10))
    #expect(bench.send(.executionFailed(0, .make(127))) == [])
    #expect(bench.state(0) == .starting)
    #expect(bench.pause() == nil)
    #expect(bench.ended(10, .exited(99)) == ["p0 BACKOFF spawn 127, again in 1s"])
  }

  @Test func evenWithoutStartsecsACommandThatCannotBeFoundIsAFailedStart() {
    var bench = Bench([.make { $0.startsecs = .zero }])
    bench.tick()
    bench.send(.forked(0, 10))
    bench.send(.executionFailed(0, .make(127)))
    #expect(bench.ended(10, .exited(127)) == ["p0 BACKOFF spawn 127, again in 1s"])
  }

  @Test func whatIsNotTheEventOfTheStateChangesNothing() {
    var bench = Bench([.make { $0.startsecs = .zero }])
    bench.start()
    #expect(bench.send(.executed(0)) == [])
    #expect(bench.send(.executionFailed(0, .make(1))) == [])
    #expect(bench.send(.forkFailed(0, .make(1))) == [])
    #expect(bench.send(.childrenGone) == [])
    #expect(bench.state(0) == .running)
    #expect(bench.core.orphansReaped == 0)
    #expect(bench.ended(999, .exited(1)) == [])
    #expect(bench.core.orphansReaped == 1)
    #expect(bench.state(0) == .running)
  }

  /// By priority, then as they stand in the files: numprocs=3 is _00, _01, _02.
  @Test func whoWaitsForTheSameStartsInOrder() {
    var configuration = Configuration()
    configuration.groups = [Group(name: "g", priority: 1)]
    configuration.programs = (0..<6).map { slot in
      .make { ($0.startsecs, $0.priority) = (.zero, slot == 1 ? 999 : 10) }
    }
    configuration.dependencies = [2, 5, 1, 4, 3].map { Dependency($0, on: 0, untilEnd: false) }
    var bench = Bench([])
    bench.core = Supervisor(configuration, onTerminal: false)
    bench.send(.begin)
    for _ in configuration.programs { bench.tick() }
    bench.run(0, pid: 10)
    var spawned: [String] = []
    for slot in [2, 3, 4, 5, 1] {
      spawned += bench.tick()
      bench.run(slot, pid: ProcessID(10 + slot))
    }
    #expect(spawned == ["spawn p2", "spawn p3", "spawn p4", "spawn p5", "spawn p1"])
  }

  @Test func nothingToStartIsSaidAndSwinitWaits() {
    var bench = Bench([.make { $0.autostart = false }]) { $0.stay = false }
    #expect(bench.send(.begin) == ["nothing to start"])
    #expect(bench.tick() == [])
    #expect(bench.pause() == nil)
    #expect(bench.state(0) == .stopped)
  }
}

extension Nanoseconds {
  init(_ time: Nanoseconds, minus count: Int64) { self.init(time.count - count) }
}
