import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// `stopasgroup` and `killasgroup`: an end is an end when the whole group is gone.
@Suite struct GroupStopTests {
  private func bench(
    command: Bool = false, _ change: (inout Program) -> Void = { _ in }
  ) -> Bench {
    var life = LifePolicy()
    if command { life.stopCommand = ByteString("ctl\0" as String) }
    var bench = Bench([
      .make {
        ($0.stopasgroup, $0.killasgroup, $0.startsecs) = (true, true, .zero)
        ($0.stopwaitsecs, $0.life) = (.seconds(3), life)
        change(&$0)
      }
    ])
    bench.start()
    return bench
  }

  /// Its members were told with their leader: one who drains is not told again.
  @Test func aStopWaitsForTheGroupAndTellsItOnce() {
    var bench = bench()
    #expect(bench.signal(.terminate).last == "kill SIGTERM 10 group")
    bench.now = bench.now + .seconds(1)
    #expect(bench.ended(10, .exited(0)) == ["check group p0 10"])
    #expect(bench.send(.treeLeft(0)) == [])
    #expect(bench.state(0) == .stopping)
    #expect(bench.pause() == .seconds(2))
    #expect(
      bench.tick(after: .seconds(2)) == ["p0 killing pid 0 after 3s", "kill rest p0 SIGKILL 10"])
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED code 0", "sweep SIGTERM"])
  }

  @Test func whatWithstandsSIGKILLIsGivenUp() {
    var bench = bench()
    bench.signal(.terminate)
    bench.ended(10, .exited(0))
    bench.send(.treeLeft(0))
    bench.tick(after: .seconds(3))
    #expect(bench.tick(after: .seconds(5)) == ["p0 survived, pid 0", "sweep SIGTERM"])
  }

  @Test func theRestEndsBeforeTheRestart() {
    var bench = bench()
    bench.now = bench.now + .seconds(20)
    #expect(bench.ended(10, .signalled(.kill)) == ["check group p0 10"])
    #expect(
      bench.send(.treeLeft(0)) == ["p0 tree left SIGKILL SIGTERM", "kill rest p0 SIGTERM 10"])
    #expect(bench.state(0) == .running)
    #expect(
      bench.tick(after: .seconds(3)) == ["p0 killing pid 0 after 3s", "kill rest p0 SIGKILL 10"])
    #expect(
      bench.send(.treeGone(0)) == ["p0 EXITED SIGKILL unexpected, again in 0s", "spawn p0"])
  }

  /// With health=, an app that drains had a second and a third copy beside it.
  @Test func aRestartForHealthWaitsForTheGroup() {
    var bench = bench {
      $0.health = Probe(.tcp, host: "h", number: 1)
      ($0.healthInterval, $0.healthRetries) = (.seconds(1), 1)
    }
    bench.tick(after: .seconds(1))
    #expect(bench.send(.probed(0, .errno(111))).last == "kill SIGTERM 10 group")
    #expect(bench.ended(10, .signalled(.terminate)) == ["check group p0 10"])
    #expect(bench.send(.treeLeft(0)) == [])
    #expect(bench.pause() == .seconds(3))
    #expect(
      bench.send(.treeGone(0)) == ["p0 EXITED SIGTERM unexpected, again in 0s", "spawn p0"])
  }

  /// A script that has started daemons and ends, as Supervisor's files have it.
  @Test func aGroupIsLeftAloneWhoseProgramIsNotStartedAgain() {
    var bench = bench { $0.autorestart = .unexpected }
    bench.ended(10, .exited(0))
    #expect(bench.send(.treeLeft(0)) == ["p0 tree left code 0"])
    #expect(bench.state(0) == .running)
    #expect(bench.pause() == nil)
    #expect(
      bench.signal(.terminate).suffix(2) == [
        "p0 STOPPING pid 0 SIGTERM", "kill rest p0 SIGTERM 10",
      ])
    #expect(bench.pause() == .seconds(3))
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED code 0", "sweep SIGTERM"])
  }

  @Test func itHasEndedWhenItsGroupHas() {
    var bench = bench { $0.autorestart = .never }
    bench.ended(10, .exited(4))
    bench.send(.treeLeft(0))
    #expect(bench.send(.treeGone(0)) == ["p0 EXITED code 4 unexpected"])
  }

  /// `killasgroup` alone: the stop signal is the leader's, SIGKILL the group's.
  @Test func killasgroupAloneWaitsAndKills() {
    var bench = bench { $0.stopasgroup = false }
    #expect(bench.signal(.terminate).last == "kill SIGTERM 10")
    #expect(bench.ended(10, .exited(0)) == ["check group p0 10"])
    #expect(bench.send(.treeLeft(0)) == [])
    #expect(bench.tick(after: .seconds(3)).last == "kill rest p0 SIGKILL 10")
  }

  @Test func whatAStopCommandLeavesGetsTheSignalInWhatIsLeftOfTheTime() {
    var bench = bench(command: true)
    #expect(bench.signal(.terminate).last == "run stop_command p0 for 10")
    bench.now = bench.now + .seconds(1)
    #expect(bench.ended(10, .exited(0)) == [])
    #expect(bench.send(.stopCommandEnded(0, .exited(0))) == ["check group p0 10"])
    #expect(bench.send(.treeLeft(0)) == ["kill rest p0 SIGTERM 10"])
    #expect(bench.pause() == .seconds(2))
    #expect(
      bench.tick(after: .seconds(2)) == ["p0 killing pid 0 after 3s", "kill rest p0 SIGKILL 10"])
  }

  /// When COMMAND has ended, so do we; the sweep ends what it leaves.
  @Test func commandEndsWithItsProcess() {
    var configuration = Configuration()
    configuration.groups = [Group(name: "c", priority: 1)]
    configuration.programs = [.command { ($0.stopasgroup, $0.killasgroup) = (true, true) }]
    var bench = Bench([])
    bench.core = Supervisor(configuration, onTerminal: false, command: MainCommand(slot: 0))
    bench.send(.begin)
    bench.tick()
    bench.tick()
    bench.run(0, pid: 10)
    #expect(bench.ended(10, .exited(3)) == ["p0 EXITED code 3 unexpected", "sweep SIGTERM"])
  }
}
