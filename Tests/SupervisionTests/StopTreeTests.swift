import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// `stoptree`: a program's end is that of its whole tree. And crash loops as they are told.
@Suite struct StopTreeTests {
  static func bench(_ change: (inout Program) -> Void = { _ in }) -> Bench {
    var bench = Bench([
      .make {
        ($0.stoptree, $0.startsecs, $0.stopwaitsecs) = (true, .zero, .seconds(3))
        change(&$0)
      }
    ])
    bench.start()
    return bench
  }

  @Test func aStopGoesToTheTreeAndWaitsForIt() {
    var bench = Self.bench()
    #expect(bench.signal(.terminate).last == "kill tree p0 SIGTERM")
    bench.now = bench.now + .seconds(1)
    #expect(bench.ended(10, .exited(0)) == ["check tree p0"])
    // Those who were not there yet are told too; the time that it has stays the same.
    #expect(bench.send(.treeLeft(0)) == ["kill tree p0 SIGTERM"])
    #expect(bench.pause() == .seconds(2))
    #expect(
      bench.tick(after: .seconds(2)) == ["p0 killing pid 0 after 3s", "kill tree p0 SIGKILL"])
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED code 0", "sweep SIGTERM"])
  }

  @Test func theRestEndsBeforeTheRestart() {
    var bench = Self.bench { $0.autorestart = .always }
    bench.now = bench.now + .seconds(20)
    #expect(bench.ended(10, .exited(4)) == ["check tree p0"])
    #expect(
      bench.send(.treeLeft(0)) == ["p0 tree left code 4 SIGTERM", "kill tree p0 SIGTERM"])
    #expect(bench.state(0) == .running)
    bench.now = bench.now + .seconds(2)
    #expect(
      bench.send(.treeGone(0)) == ["p0 EXITED code 4 unexpected, again in 0s", "spawn p0"])
  }

  /// The pace of a crash is that of the process, not of its tree.
  @Test func howLongTheRestTakesSaysNothingOfTheProgram() {
    var bench = Self.bench { $0.startsecs = .seconds(1) }
    bench.now = bench.now + .milliseconds(500)
    bench.ended(10, .exited(4))
    bench.send(.treeLeft(0))
    bench.now = bench.now + .seconds(2)
    #expect(bench.send(.treeGone(0)) == ["p0 BACKOFF too quick code 4, again in 1s"])
    #expect(bench.core.crashes(of: 0)?.longest == .milliseconds(500))
  }

  @Test func aRestThatWithstandsSIGKILLIsGivenUp() {
    var bench = Self.bench { $0.autorestart = .never }
    bench.ended(10, .exited(4))
    bench.send(.treeLeft(0))
    #expect(bench.tick(after: .seconds(3)).last == "kill tree p0 SIGKILL")
    #expect(
      bench.tick(after: .seconds(5)) == ["p0 survived, pid 0", "p0 EXITED code 4 unexpected"])
    #expect(bench.send(.treeGone(0)) == [])
  }

  @Test func aStopWhileTheRestEndsTellsNobodyTwice() {
    var bench = Self.bench()
    bench.ended(10, .exited(4))
    bench.send(.treeLeft(0))
    #expect(bench.signal(.terminate).last == "p0 STOPPING pid 0 SIGTERM")
    #expect(bench.pause() == .seconds(3))
    #expect(bench.send(.treeGone(0)).first == "p0 STOPPED code 4")
  }

  @Test func crashesAreCountedWhileTheyAreAlikeAndQuick() {
    var bench = Bench([
      .make {
        ($0.startsecs, $0.autorestart, $0.restartDelay) = (.zero, .always, PauseRange(.zero, .zero))
      }
    ])
    bench.start()
    /// A life and its end; what is known then.
    func live(_ life: Nanoseconds, _ status: WaitStatus) -> Int32? {
      bench.now = bench.now + life
      bench.ended(10, status)
      bench.run(0, pid: 10)
      return bench.core.crashes(of: 0)?.count
    }
    #expect(live(.seconds(60), .exited(3)) == 1)
    #expect(live(.seconds(1), .exited(3)) == 1)
    #expect(live(.seconds(2), .exited(3)) == 2)
    #expect(bench.core.crashes(of: 0)?.longest == .seconds(2))
    #expect(live(.seconds(1), .signalled(.kill)) == 1)
    #expect(live(.seconds(1), .exited(0)) == nil)
    #expect(live(.seconds(1), .signalled(.kill)) == 1)
    #expect(bench.core.crashes(of: 0, .exited(.exited(3))) == nil)
  }
}
