import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// RUNNING → EXITED, and what follows.
@Suite struct RestartTests {
  /// autorestart, exitcodes, how it ended, whether it is started again.
  static let rows: [(Autorestart, ExitCodes, WaitStatus, again: Bool)] = [
    (.never, ExitCodes(0), .exited(0), false),
    (.never, ExitCodes(0), .exited(1), false),
    (.never, ExitCodes(0), .signalled(.terminate), false),
    (.unexpected, ExitCodes(0), .exited(0), false),
    (.unexpected, ExitCodes(0), .exited(1), true),
    (.unexpected, ExitCodes(0, 2), .exited(2), false),
    (.unexpected, ExitCodes(), .exited(0), true),
    (.unexpected, ExitCodes(0, 143), .signalled(.terminate), true),
    (.unexpected, withTerminate, .signalled(.terminate), false),
    (.unexpected, withTerminate, .signalled(.kill), true),
    (.always, ExitCodes(0), .exited(0), true),
    (.always, ExitCodes(0), .exited(1), true),
  ]
  static var withTerminate: ExitCodes {
    var codes = ExitCodes(0)
    codes.signals.insert(.terminate)
    return codes
  }

  @Test(arguments: 0..<Self.rows.count)
  func autorestartAndExitcodes(row: Int) {
    let (autorestart, exitcodes, status, again) = Self.rows[row]
    var bench = Bench([
      .make { ($0.startsecs, $0.autorestart, $0.exitcodes) = (.zero, autorestart, exitcodes) }
    ])
    bench.start()
    let words = bench.ended(10, status)
    #expect((words.last == "spawn p0") == again)
    #expect(bench.state(0) == (again ? .starting : .exited))
    #expect(bench.pause() == nil)
  }

  /// restart_delay, and the pauses in seconds.
  @Test(arguments: [
    (0, 30, [0, 1, 2, 4, 8, 16, 30, 30, 30]), (5, 30, [5, 10, 20, 30, 30]),
    (0, 0, [0, 0, 0, 0]), (0, 3, [0, 1, 2, 3, 3]), (40, 7, [7, 7, 7]), (1, 1, [1, 1, 1]),
  ])
  func whatEndsQuicklyAgainAndAgainWaits(first: Int64, greatest: Int64, pauses: [Int64]) {
    var bench = Bench([
      .make {
        ($0.startsecs, $0.autorestart) = (.zero, .always)
        $0.restartDelay = PauseRange(.seconds(first), .seconds(greatest))
      }
    ])
    bench.start()
    for (round, pause) in pauses.enumerated() {
      let pid = ProcessID(10 + round)
      bench.now = bench.now + Nanoseconds(9_999_999_999)
      let words = bench.ended(pid, .exited(0))
      #expect(words.first == "p0 EXITED code 0 expected, again in \(pause)s")
      if pause > 0 {
        #expect(words.count == 1)
        #expect(bench.pause() == .seconds(pause))
        #expect(bench.tick(after: Nanoseconds(.seconds(pause), minus: 1)) == [])
        #expect(bench.tick(after: Nanoseconds(1)) == ["spawn p0"])
      } else {
        #expect(words.count == 2)
      }
      bench.run(0, pid: pid + 1)
    }
  }

  @Test func thePausesNeitherOverflowNorShrink() {
    var bench = Bench([
      .make {
        ($0.startsecs, $0.autorestart) = (.zero, .always)
        $0.restartDelay = PauseRange(Nanoseconds(3), Nanoseconds(.max))
      }
    ])
    bench.start()
    var last: Nanoseconds = .zero
    for round in 0..<100 {
      bench.ended(ProcessID(10 + round), .exited(0))
      let pause = bench.pause() ?? .zero
      #expect(pause >= last)
      last = pause
      bench.now = .distantFuture
      #expect(bench.tick() == ["spawn p0"])
      bench.now = Time(nanoseconds: 0)
      bench.run(0, pid: ProcessID(11 + round))
    }
    #expect(last == Nanoseconds(.max))
  }

  @Test func whoLivedForTenSecondsIsRestartedAtOnceAndTheRowBeginsAnew() {
    var bench = Bench([.make { ($0.startsecs, $0.autorestart) = (.zero, .always) }])
    bench.start()
    bench.ended(10, .exited(0))
    bench.run(0, pid: 11)
    #expect(bench.ended(11, .exited(0)) == ["p0 EXITED code 0 expected, again in 1s"])
    bench.tick(after: .seconds(1))
    bench.run(0, pid: 12)
    bench.now = bench.now + .seconds(10)
    let atOnce = ["p0 EXITED code 0 expected, again in 0s", "spawn p0"]
    #expect(bench.ended(12, .exited(0)) == atOnce)
    bench.run(0, pid: 13)
    #expect(bench.ended(13, .exited(0)) == atOnce)
    bench.run(0, pid: 14)
    #expect(bench.ended(14, .exited(0)) == ["p0 EXITED code 0 expected, again in 1s"])
  }
}
