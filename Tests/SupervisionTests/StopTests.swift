import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// The orderly stop: signals, waits, levels, the sweep.
@Suite struct StopTests {
  @Test func stopSignalWaitKillWaitSweepKillExit() {
    var bench = Bench([
      .make { ($0.startsecs, $0.stopasgroup, $0.stopwaitsecs) = (.zero, true, .seconds(3)) }
    ])
    bench.start()
    #expect(
      bench.signal(.terminate) == [
        "stop requested: SIGTERM from 0", "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10 group",
      ])
    #expect(bench.tick(after: Nanoseconds(2_999_999_999)) == [])
    #expect(bench.tick(after: Nanoseconds(1)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
    #expect(bench.tick(after: Nanoseconds(4_999_999_999)) == [])
    #expect(bench.tick(after: Nanoseconds(1)) == ["p0 survived, pid 10", "sweep SIGTERM"])
    #expect(bench.pause() == .seconds(1))
    #expect(bench.tick(after: .seconds(1)) == ["sweeping: SIGKILL", "sweep SIGKILL"])
    #expect(bench.tick(after: Nanoseconds(4_999_999_999)) == [])
    #expect(bench.tick(after: Nanoseconds(1)) == ["exit 0: told SIGTERM from 0"])
    #expect(bench.pause() == nil)
    #expect(bench.tick() == [])
    #expect(bench.send(.childrenGone) == [])
  }

  @Test func whoEndsIsStoppedAndNobodyWaitsLonger() {
    var bench = Bench([.make { ($0.startsecs, $0.killasgroup) = (.zero, true) }])
    bench.start()
    bench.signal(.terminate)
    #expect(bench.ended(10, .signalled(.terminate)) == ["check group p0 10"])
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED SIGTERM", "sweep SIGTERM"])
    #expect(bench.send(.childrenGone) == ["exit 0: told SIGTERM from 0"])
  }

  @Test func withoutStopwaitsecsTheNextTickKillsTheGroup() {
    var bench = Bench([
      .make { ($0.startsecs, $0.killasgroup, $0.stopwaitsecs) = (.zero, true, .zero) }
    ])
    bench.start()
    #expect(bench.signal(.terminate).last == "kill SIGTERM 10")
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == ["p0 killing pid 10 after 0s", "kill SIGKILL 10 group"])
    bench.ended(10, .signalled(.kill))
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED SIGKILL", "sweep SIGTERM"])
  }

  /// What was asked with, what the program wants, what it gets.
  static let stopSignals: [(Signal, Signal?, Signal)] = [
    (.terminate, nil, .terminate), (.interrupt, nil, .interrupt), (.quit, nil, .terminate),
    (.power, nil, .terminate), (.windowChange, nil, .terminate),
    (Signal(number: 37), nil, .terminate), (.interrupt, .quit, .quit), (.quit, .hangup, .hangup),
  ]

  @Test(arguments: Self.stopSignals)
  func theStopSignal(asked: Signal, wanted: Signal?, sent: Signal) {
    var bench = Bench([.make { ($0.startsecs, $0.stopsignal) = (.zero, wanted) }])
    bench.start()
    #expect(bench.signal(asked).last == "kill \(sent.name) 10")
  }

  @Test func whatIsNotRunningIsStoppedAtOnceOrHasEnded() {
    var bench = Bench([
      .make(), .make { ($0.startsecs, $0.autorestart) = (.zero, .never) },
      .make { $0.startretries = 0 }, .make { $0.autostart = false },
      .make { ($0.startsecs, $0.restartDelay) = (.zero, PauseRange(.seconds(5), .seconds(5))) },
    ])
    bench.start()
    bench.ended(10, .exited(1))
    bench.ended(11, .exited(1))
    bench.ended(12, .exited(1))
    #expect(bench.ended(14, .exited(1)) == ["p4 EXITED code 1 unexpected, again in 5s"])
    #expect(
      bench.signal(.terminate) == [
        "stop requested: SIGTERM from 0", "p0 STOPPED", "sweep SIGTERM",
      ])
    let states = (0..<5).map { bench.state($0) }
    #expect(states == [.stopped, .exited, .fatal, .stopped, .exited])
    #expect(bench.pause() == .seconds(1))
    #expect(bench.send(.childrenGone) == ["exit 0: told SIGTERM from 0"])
  }

  @Test func aStartingProgramIsToldAndWhatItsExecSaysDoesNotMatterAnyMore() {
    var bench = Bench([.make()])
    bench.tick()
    bench.send(.forked(0, 10))
    #expect(bench.signal(.terminate).last == "kill SIGTERM 10")
    #expect(bench.send(.executionFailed(0, .make(127))) == [])
    #expect(bench.ended(10, .exited(127)) == ["p0 STOPPED code 127", "sweep SIGTERM"])
  }

  @Test func aStopBeforeTheLastFirstStartStartsNothingMore() {
    var bench = Bench([.make(), .make()])
    bench.tick()
    bench.run(0, pid: 10)
    bench.signal(.terminate)
    #expect(bench.tick() == [])
    #expect(bench.ended(10, .exited(0)) == ["p0 STOPPED code 0", "sweep SIGTERM"])
    #expect(bench.state(1) == .stopped)
  }

  @Test func repeatedSignalsAreSaidAndChangeNothing() {
    var bench = Bench([.make { $0.startsecs = .zero }])
    bench.start()
    #expect(bench.signal(.hangup) == ["ignored: SIGHUP from 0"])
    bench.signal(.interrupt)
    #expect(bench.signal(.terminate) == ["stop repeated: SIGTERM from 0"])
    #expect(bench.signal(.interrupt) == ["stop repeated: SIGINT from 0"])
    #expect(bench.signal(.windowChange) == ["stop repeated: SIGWINCH from 0"])
    #expect(bench.pause() == .seconds(1))
    #expect(bench.ended(10, .exited(0)).first == "p0 STOPPED code 0")
  }

  @Test func onATerminalTheSecondInterruptKillsAllLevels() {
    var bench = Bench(
      [
        .make { ($0.startsecs, $0.priority, $0.killasgroup) = (.zero, 1, true) },
        .make { ($0.startsecs, $0.priority) = (.zero, 2) },
      ], onTerminal: true)
    bench.start()
    #expect(bench.signal(.windowChange) == [])
    #expect(bench.signal(.interrupt).last == "kill SIGINT 11")
    #expect(
      bench.signal(.interrupt) == ["killing all: 0", "kill SIGKILL 10 group", "kill SIGKILL 11"])
    #expect(bench.signal(.interrupt) == ["stop repeated: SIGINT from 0"])
    bench.ended(10, .signalled(.kill))
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED SIGKILL"])
    #expect(bench.ended(11, .signalled(.kill)) == ["p1 STOPPED SIGKILL", "sweep SIGKILL"])
    #expect(bench.pause() == .seconds(5))
    #expect(bench.send(.childrenGone) == ["exit 0: told SIGINT from 0"])
  }

  @Test func onATerminalTheSecondInterruptEndsThePatienceOfTheSweep() {
    var bench = Bench([], onTerminal: true)
    #expect(bench.signal(.interrupt).last == "sweep SIGTERM")
    #expect(
      bench.signal(.interrupt) == ["killing all: 0", "sweeping: SIGKILL", "sweep SIGKILL"])
    #expect(bench.signal(.interrupt) == ["stop repeated: SIGINT from 0"])
    #expect(bench.pause() == .seconds(5))
  }

  @Test func stopOnSaysWhichSignalsStop() {
    var bench = Bench([]) { $0.stopOn = Signals(.hangup) }
    #expect(bench.signal(.terminate) == ["ignored: SIGTERM from 0"])
    #expect(bench.signal(.hangup) == ["stop requested: SIGHUP from 0", "sweep SIGTERM"])
  }

  /// Programs of (group priority, priority): their order of start, and who is told together.
  @Test func levelsStartUpwardsAndStopDownwards() {
    var configuration = Configuration()
    configuration.groups = [
      Group(name: "late", priority: 10), Group(name: "early", priority: -1),
      Group(name: "last", priority: .max),
    ]
    for (group, priority) in [
      (0, 5), (2, Int32.min), (1, Int32.max), (0, 5), (1, -3), (0, Int32.min),
    ] {
      var program = Program.make { ($0.startsecs, $0.priority) = (.zero, priority) }
      program.group = group
      configuration.programs.append(program)
    }
    let levels = Levels(configuration, command: nil)
    #expect(levels.order == [4, 2, 5, 0, 3, 1])
    #expect(levels.level == [3, 4, 1, 3, 0, 2])
    #expect(
      (0..<levels.count).map { Array(levels.slots(of: $0)) } == [[4], [2], [5], [0, 3], [1]])

    var bench = Bench(configuration)
    for slot in levels.order {
      #expect(bench.tick() == ["spawn p\(slot)"])
      bench.run(slot, pid: ProcessID(10 + slot))
    }
    #expect(
      bench.signal(.terminate).dropFirst() == ["p1 STOPPING pid 11 SIGTERM", "kill SIGTERM 11"])
    #expect(
      bench.ended(11, .exited(0)) == [
        "p1 STOPPED code 0", "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10",
        "p3 STOPPING pid 13 SIGTERM", "kill SIGTERM 13",
      ])
    #expect(bench.ended(13, .exited(0)) == ["p3 STOPPED code 0"])
    // The end of a program further down is no reason to go on before this level is gone.
    #expect(bench.ended(15, .exited(0)) == ["p5 EXITED code 0 expected"])
    bench.tick(after: .seconds(10))
    #expect(
      bench.tick(after: .seconds(5)) == [
        "p0 survived, pid 10", "p2 STOPPING pid 12 SIGTERM", "kill SIGTERM 12",
      ])
    #expect(bench.ended(10, .signalled(.kill)) == ["p0 STOPPED SIGKILL"])
    #expect(
      bench.ended(12, .exited(0)) == [
        "p2 STOPPED code 0", "p4 STOPPING pid 14 SIGTERM", "kill SIGTERM 14",
      ])
    #expect(bench.ended(14, .exited(0)) == ["p4 STOPPED code 0", "sweep SIGTERM"])
  }

  @Test func duringAStopNothingIsRestartedOrRetried() {
    var bench = Bench([
      .make { ($0.startsecs, $0.priority, $0.autorestart) = (.zero, 1, .always) },
      .make { $0.priority = 2 }, .make { ($0.startsecs, $0.priority) = (.zero, 3) },
    ])
    bench.start()
    bench.signal(.terminate)
    #expect(bench.ended(10, .exited(1)) == ["p0 EXITED code 1 unexpected"])
    #expect(bench.ended(11, .exited(1)).last == "p1 STOPPED")
    #expect(bench.pause() == .seconds(10))
    #expect(bench.ended(12, .exited(0)) == ["p2 STOPPED code 0", "sweep SIGTERM"])
  }
}
