import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// `stoptree` beside the other ways to stop: sequences, stop_command, programs that are given up,
/// schedules, the grace.
@Suite struct StopTreeWayTests {
  private func bench(
    _ sequence: [UInt64] = [], command: Bool = false, _ change: (inout Program) -> Void = { _ in },
    _ globals: (inout Globals) -> Void = { _ in }
  ) -> Bench {
    var life = LifePolicy()
    life.stopSequence = sequence
    if command { life.stopCommand = ByteString("ctl\0" as String) }
    var bench = Bench(
      [
        .make {
          ($0.stoptree, $0.startsecs, $0.stopwaitsecs) = (true, .zero, .seconds(3))
          $0.life = life
          change(&$0)
        }
      ], globals)
    bench.start()
    return bench
  }

  @Test func aSequenceGoesOnForWhatIsLeft() {
    var bench = bench([15, 1_000_000_000, 15])
    #expect(bench.signal(.terminate).last == "kill tree p0 SIGTERM")
    #expect(bench.ended(10, .exited(0)) == ["check tree p0"])
    #expect(bench.send(.treeLeft(0)) == ["kill tree p0 SIGTERM"])
    // The same signal once more is another one.
    #expect(
      bench.tick(after: .seconds(1)) == [
        "p0 next SIGTERM pid 0 after 1s", "kill tree p0 SIGTERM again",
      ]
    )
    #expect(
      bench.tick(after: .seconds(3)) == ["p0 killing pid 0 after 3s", "kill tree p0 SIGKILL"])
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED code 0", "sweep SIGTERM"])
  }

  /// What a stop_command leaves has not been told by it.
  @Test func whatAStopCommandLeavesGetsTheSignal() {
    var bench = bench(command: true)
    #expect(bench.signal(.terminate).last == "run stop_command p0 for 10")
    bench.now = bench.now + .seconds(1)
    #expect(bench.ended(10, .exited(0)) == [])
    #expect(bench.send(.stopCommandEnded(0, .exited(0))) == ["check tree p0"])
    #expect(bench.send(.treeLeft(0)) == ["kill tree p0 SIGTERM"])
    #expect(bench.pause() == .seconds(2))
    #expect(
      bench.tick(after: .seconds(2)) == ["p0 killing pid 0 after 3s", "kill tree p0 SIGKILL"])
    #expect(bench.send(.treeGone(0)).first == "p0 STOPPED code 0")
  }

  @Test func theTreeIsLookedForWhenTheStopCommandIsOver() {
    var bench = bench(command: true)
    bench.signal(.terminate)
    #expect(bench.ended(10, .exited(7)) == [])
    #expect(
      bench.send(.stopCommandEnded(0, .exited(2))) == ["p0 stop_command code 2", "check tree p0"])
    #expect(bench.send(.treeLeft(0)) == ["kill tree p0 SIGTERM"])
    #expect(bench.pause() == .seconds(3))
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED code 7", "sweep SIGTERM"])
  }

  @Test func aStopCommandThatHangsHasUsedUpTheTimeOfTheTree() {
    var bench = bench(command: true)
    bench.signal(.terminate)
    bench.ended(10, .exited(0))
    #expect(
      bench.tick(after: .seconds(3)) == [
        "p0 ending stop_command", "end stop_command p0", "check tree p0",
      ])
    #expect(bench.send(.treeLeft(0)) == ["kill tree p0 SIGKILL"])
    #expect(bench.pause() == .seconds(5))
    #expect(bench.tick(after: .seconds(5)) == ["p0 survived, pid 0", "sweep SIGTERM"])
  }

  @Test func whoIsGivenUpTakesItsTreeWithIt() {
    var bench = bench {
      $0.health = Probe(.tcp, host: "h", number: 1)
      ($0.healthInterval, $0.healthRetries) = (.seconds(1), 1)
    }
    #expect(bench.tick(after: .seconds(1)) == ["probe p0"])
    #expect(bench.send(.probed(0, .errno(111))).last == "kill tree p0 SIGTERM")
    bench.now = bench.now + .seconds(1)
    #expect(bench.ended(10, .exited(0)) == ["check tree p0"])
    #expect(bench.send(.treeLeft(0)) == ["kill tree p0 SIGTERM"])
    #expect(bench.pause() == .seconds(2))
    #expect(
      bench.tick(after: .seconds(2)) == ["p0 killing pid 0 after 3s", "kill tree p0 SIGKILL"])
    #expect(
      bench.send(.treeGone(0)) == ["p0 EXITED code 0 unexpected, again in 0s", "spawn p0"])
  }

  /// Whose SIGKILL it was is asked when the process is reaped.
  @Test func ourOwnKillIsKnown() {
    var bench = bench {
      $0.health = Probe(.tcp, host: "h", number: 1)
      ($0.healthInterval, $0.healthRetries) = (.seconds(1), 1)
    }
    bench.tick(after: .seconds(1))
    bench.send(.probed(0, .errno(111)))
    #expect(!bench.core.hasKilled(0))
    #expect(
      bench.tick(after: .seconds(3)) == ["p0 killing pid 10 after 3s", "kill tree p0 SIGKILL"])
    #expect(bench.core.hasKilled(0))
    #expect(bench.ended(10, .signalled(.kill)) == ["check tree p0"])
    #expect(bench.send(.treeLeft(0)) == ["kill tree p0 SIGKILL"])
    #expect(bench.pause() == .seconds(5))
  }

  /// Its last process is nobody's health any more.
  @Test func noTestGoesOnWhileTheRestEnds() {
    var bench = bench {
      $0.health = Probe(.tcp, host: "h", number: 1)
      $0.healthInterval = .seconds(1)
    }
    bench.tick(after: .seconds(1))
    #expect(bench.ended(10, .exited(0)) == ["stop probe p0", "check tree p0"])
    bench.send(.treeLeft(0))
    #expect(bench.pause() == .seconds(3))
  }

  @Test func aOneshotIsDoneWhenItsTreeIs() {
    var bench = bench { ($0.oneshot, $0.readyTimeout) = (true, .seconds(2)) }
    #expect(bench.ended(10, .exited(0)) == ["check tree p0"])
    #expect(
      bench.send(.treeLeft(0)) == ["p0 tree left code 0 SIGTERM", "kill tree p0 SIGTERM"])
    // Its time to be ready in is not that of its tree.
    #expect(bench.pause() == .seconds(3))
    #expect(bench.send(.treeGone(0)) == ["p0 EXITED code 0 expected"])
  }

  /// The rest of a tree has the time that it was given, but not more than the grace gives its level.
  @Test func theGraceCutsTheTimeOfATree() {
    var bench = bench([], { $0.stopwaitsecs = .seconds(60) }, { $0.grace = .seconds(10) })
    bench.ended(10, .exited(0))
    bench.send(.treeLeft(0))
    #expect(bench.pause() == .seconds(60))
    #expect(bench.signal(.terminate).last == "p0 STOPPING pid 0 SIGTERM")
    #expect((bench.pause() ?? .seconds(60)) < .seconds(10))
    bench.now = bench.now + (bench.pause() ?? .zero)
    #expect(bench.tick().last == "kill tree p0 SIGKILL")
  }
}
