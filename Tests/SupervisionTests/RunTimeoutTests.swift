import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// `run_timeout` and `retry_delay`.
@Suite struct RunTimeoutTests {
  private func life(_ change: (inout LifePolicy) -> Void) -> LifePolicy {
    var life = LifePolicy()
    change(&life)
    return life
  }

  @Test func aOneshotThatTakesLongerHasFailedForThat() {
    var bench = Bench([
      .make {
        ($0.oneshot, $0.readyTimeout, $0.startretries) = (true, .zero, 0)
        $0.life = life { $0.runTimeout = .seconds(5) }
      }
    ])
    bench.start()
    #expect(bench.pause() == .seconds(5))
    #expect(
      bench.tick(after: .seconds(5)) == ["p0 overran 5s, SIGTERM to pid 10", "kill SIGTERM 10"])
    #expect(
      bench.ended(10, .exited(0)) == [
        "p0 BACKOFF overran 5s, no more", "p0 FATAL overran 5s, tries 1",
      ])
  }

  /// Whichever is over first is the reason.
  @Test(arguments: [(3, "not ready, SIGTERM to pid 10"), (7, "overran 5s, SIGTERM to pid 10")])
  func readyTimeoutBesideIt(ready: Int64, said: String) {
    var bench = Bench([
      .make {
        ($0.oneshot, $0.readyTimeout) = (true, .seconds(ready))
        $0.life = life { $0.runTimeout = .seconds(5) }
      }
    ])
    bench.start()
    #expect(bench.tick(after: .seconds(min(ready, 5))).first == "p0 \(said)")
  }

  private func scheduled() -> Bench {
    var program = Program.scheduled("@every 60s")
    program.life = life { $0.runTimeout = .seconds(5) }
    program.stopwaitsecs = .seconds(3)
    var bench = Bench([program])
    bench.start()
    #expect(bench.tick(after: .seconds(60)) == ["spawn p0"])
    bench.run(0, pid: 10)
    return bench
  }

  @Test func aRunThatTakesLongerIsStopped() {
    var bench = scheduled()
    #expect(bench.pause() == .seconds(5))
    #expect(
      bench.tick(after: .seconds(5)) == ["p0 overran 5s, SIGTERM to pid 10", "kill SIGTERM 10"])
    #expect(bench.tick(after: .seconds(3)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
    #expect(
      bench.ended(10, .signalled(.kill)) == [
        "p0 EXITED SIGKILL unexpected", "p0 STOPPED, next in 52s",
      ])
  }

  @Test func aRunThatEndsInTimeIsNot() {
    var bench = scheduled()
    bench.now = bench.now + .seconds(4)
    bench.ended(10, .exited(0))
    #expect(bench.pause() == .seconds(56))
  }

  @Test func theStopHasItsOwnTimes() {
    var bench = scheduled()
    bench.signal(.terminate)
    #expect(bench.pause() == .seconds(3))
  }

  private func pauses(
    _ delay: (Nanoseconds, Nanoseconds)?, startretries: Int32, count: Int
  ) -> [Nanoseconds] {
    var bench = Bench([
      .make {
        ($0.startretries, $0.startsecs) = (startretries, .seconds(1))
        $0.restartDelay = PauseRange(.zero, .seconds(3))
        $0.life = life { $0.retryDelay = delay.map { PauseRange($0.0, $0.1) } }
      }
    ])
    bench.start()
    var pauses: [Nanoseconds] = []
    for _ in 0..<count {
      bench.ended(10, .exited(1))
      let pause = bench.pause() ?? .zero
      pauses.append(pause)
      #expect(bench.tick(after: pause) == ["spawn p0"])
      bench.run(0, pid: 10)
    }
    return pauses
  }

  @Test func theRetriesOfSupervisor() {
    #expect(pauses(nil, startretries: 9, count: 4) == [1, 2, 3, 4].map { .seconds($0) })
    #expect(pauses(nil, startretries: -1, count: 5) == [1, 2, 3, 3, 3].map { .seconds($0) })
  }

  @Test func retryDelayDoubles() {
    #expect(
      pauses((.milliseconds(150), .seconds(1)), startretries: 9, count: 5)
        == [150, 300, 600, 1_000, 1_000].map { .milliseconds($0) })
    #expect(
      pauses((.seconds(2), .seconds(2)), startretries: -1, count: 3)
        == [2, 2, 2].map { .seconds($0) })
  }

  /// What cannot start must not spin.
  @Test func noRetryComesAtOnce() {
    #expect(
      pauses((.zero, .seconds(4)), startretries: -1, count: 5)
        == [10, 1_000, 2_000, 4_000, 4_000].map { .milliseconds($0) })
    #expect(
      pauses((.zero, .zero), startretries: -1, count: 2) == [.milliseconds(10), .milliseconds(10)])
  }
}
