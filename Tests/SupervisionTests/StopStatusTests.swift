import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// What the container exits with, row by row.
@Suite struct StopStatusTests {
  /// Lets everything end that still lives, and returns the last word.
  private func end(_ bench: inout Bench) -> String? {
    for round in 0..<20 {
      let pids = bench.core.records.map { $0.state.pid }.filter { $0 > 0 }
      for pid in pids { bench.ended(pid, .exited(0)) }
      if case .sweeping = bench.core.phase { return bench.send(.childrenGone).last }
      if round == 10 { break }
    }
    return nil
  }

  @Test(arguments: [
    (ExitOnSignal.zero, Signal.terminate, 0), (.signal, .terminate, 143),
    (.signal, .interrupt, 130),
    (.signal, Signal(number: 37), 165), (.failure, .terminate, 0),
  ])
  func toldWhenAllIsWell(mode: ExitOnSignal, signal: Signal, code: Int) {
    var bench = Bench([.make { $0.startsecs = .zero }]) { $0.exitOnSignal = mode }
    bench.start()
    bench.signal(signal)
    #expect(end(&bench) == "exit \(code): told \(signal.name) from 0")
  }

  @Test(arguments: [
    (ExitOnSignal.zero, Sender.outside, "exit 0: told SIGQUIT from 0"),
    (.zero, .child, "exit 9: told SIGQUIT from child 77, p1 failed"),
    (.signal, .outside, "exit 131: told SIGQUIT from 0"),
    (.signal, .child, "exit 131: told SIGQUIT from child 77"),
    (.failure, .outside, "exit 9: told SIGQUIT from 0, p1 failed"),
    (.failure, .child, "exit 9: told SIGQUIT from child 77, p1 failed"),
  ])
  func toldWhileAProgramIsFatal(mode: ExitOnSignal, sender: Sender, last: String) {
    var bench = Bench([.make { $0.startsecs = .zero }, .make { $0.startretries = 0 }]) {
      $0.exitOnSignal = mode
    }
    bench.start()
    bench.ended(11, .exited(9))
    bench.signal(.quit, from: sender)
    #expect(end(&bench) == last)
  }

  @Test(arguments: [
    // An unexpected end, one that was expected, and one without a code of its own.
    (WaitStatus.exited(9), ExitCodes(0), "exit 9: told SIGQUIT from child 77, p0 failed"),
    (.signalled(.kill), ExitCodes(0), "exit 137: told SIGQUIT from child 77, p0 failed"),
    (.exited(9), ExitCodes(9), "exit 0: told SIGQUIT from child 77"),
    (.exited(0), ExitCodes(1), "exit 1: told SIGQUIT from child 77, p0 failed"),
  ])
  func toldByAChildAfterAnEnd(status: WaitStatus, expected: ExitCodes, last: String) {
    var bench = Bench([
      .make { ($0.startsecs, $0.autorestart, $0.exitcodes) = (.zero, .never, expected) }
    ])
    bench.start()
    bench.ended(10, status)
    bench.signal(.quit, from: .child)
    #expect(end(&bench) == last)
  }

  /// A listener that hears of the end may need a moment; a program that works again has recovered.
  @Test(arguments: [
    (1, Sender.child, "exit 9: told SIGQUIT from child 77, p0 failed"),
    (1, .outside, "exit 0: told SIGQUIT from 0"),
    (10, .child, "exit 0: told SIGQUIT from child 77"),
  ])
  func toldByAChildAfterARestart(seconds: Int64, sender: Sender, last: String) {
    var bench = Bench([
      .make { ($0.startsecs, $0.restartDelay) = (.zero, PauseRange(.zero, .zero)) }
    ])
    bench.start()
    #expect(bench.ended(10, .exited(9)).last == "spawn p0")
    bench.run(0, pid: 20)
    bench.now = bench.now + .seconds(seconds)
    bench.signal(.quit, from: sender)
    #expect(end(&bench) == last)
  }

  @Test func theFirstFailureCountsAndNotTheLast() {
    var bench = Bench(
      (0..<3).map { _ in .make { ($0.startsecs, $0.autorestart) = (.zero, .never) } }
    ) { $0.exitOnSignal = .failure }
    bench.start()
    bench.ended(11, .exited(0))
    bench.ended(12, .signalled(Signal(number: 11)))
    bench.ended(10, .exited(3))
    bench.signal(.terminate)
    #expect(end(&bench) == "exit 139: told SIGTERM from 0, p2 failed")
  }

  @Test func aFailureThatWasMadeGoodDoesNotCount() {
    var bench = Bench([.make { $0.startsecs = .zero }]) { $0.exitOnSignal = .failure }
    bench.start()
    bench.ended(10, .exited(3))
    bench.run(0, pid: 11)
    bench.signal(.terminate)
    #expect(end(&bench) == "exit 0: told SIGTERM from 0")
  }

  @Test func aFailureThatIsBeingTriedAgainCountsThoughItIsStopped() {
    var bench = Bench([.make()]) { $0.exitOnSignal = .failure }
    bench.start()
    bench.ended(10, .exited(3))
    bench.tick(after: .seconds(1))
    bench.run(0, pid: 11)
    #expect(bench.state(0) == .starting)
    bench.signal(.terminate)
    #expect(end(&bench) == "exit 3: told SIGTERM from 0, p0 failed")
  }

  @Test func theSameFailureAgainKeepsItsPlaceAndAnotherOneDoesNot() {
    for (second, last) in [(UInt8(3), "p0"), (5, "p1")] {
      var bench = Bench([
        .make(), .make { ($0.startsecs, $0.autorestart) = (.zero, .never) },
      ]) { $0.exitOnSignal = .failure }
      bench.start()
      bench.ended(10, .exited(3))
      bench.ended(11, .exited(4))
      bench.tick(after: .seconds(1))
      bench.run(0, pid: 12)
      bench.ended(12, .exited(second))
      bench.signal(.terminate)
      let code = last == "p0" ? 3 : 4
      #expect(end(&bench) == "exit \(code): told SIGTERM from 0, \(last) failed")
    }
  }

  @Test(arguments: [Essential.fatal, .exit], [UInt8(1), 126, 127])
  func anEssentialProgramThatCannotBeStarted(essential: Essential, code: UInt8) {
    var bench = Bench([
      .make { ($0.essential, $0.startretries) = (essential, 0) }, .make { $0.startsecs = .zero },
    ])
    bench.tick()
    bench.send(.forked(0, 10))
    bench.send(.executionFailed(0, .make(code)))
    #expect(
      bench.ended(10, .exited(44)).suffix(2) == [
        "p0 FATAL spawn \(code), tries 1", "sweep SIGTERM",
      ])
    #expect(end(&bench) == "exit \(code): p0 fatal: spawn \(code)")
  }

  @Test(arguments: [(WaitStatus.exited(0), 1), (.exited(3), 3), (.signalled(.kill), 137)])
  func anEssentialProgramThatEndsTooQuicklyIsNeverZero(status: WaitStatus, code: Int) {
    var bench = Bench([.make { ($0.essential, $0.startretries) = (.fatal, 0) }])
    bench.start()
    bench.ended(10, status)
    #expect(end(&bench) == "exit \(code): p0 fatal: too quick \(words(status))")
  }

  @Test(arguments: [(WaitStatus.exited(0), 0), (.exited(3), 3), (.signalled(.kill), 137)])
  func anEssentialProgramThatEndsForGood(status: WaitStatus, code: Int) {
    var bench = Bench([
      .make { ($0.startsecs, $0.essential, $0.autorestart) = (.zero, .exit, .never) },
      .make { $0.startsecs = .zero },
    ])
    bench.start()
    #expect(bench.ended(10, status).last == "kill SIGTERM 11")
    #expect(end(&bench) == "exit \(code): p0 ended: \(words(status))")
  }

  @Test func anEssentialProgramThatIsRestartedDoesNotEndAnything() {
    var bench = Bench([.make { ($0.startsecs, $0.essential) = (.zero, .exit) }])
    bench.start()
    #expect(bench.ended(10, .exited(1)).last == "spawn p0")
    #expect(bench.core.cause == nil)
  }

  @Test func whatIsNotEssentialEndsNothing() {
    var bench = Bench([
      .make { ($0.startsecs, $0.essential, $0.autorestart) = (.zero, .fatal, .never) },
      .make { $0.startretries = 0 },
    ])
    bench.start()
    #expect(bench.ended(10, .exited(1)) == ["p0 EXITED code 1 unexpected"])
    #expect(bench.ended(11, .exited(1)).last == "p1 FATAL too quick code 1, tries 1")
    #expect(bench.core.cause == nil)
  }

  /// How the programs ended one after the other, and the exit status of nothing left.
  @Test(arguments: [
    ([(0, WaitStatus.exited(0)), (1, .exited(0))], "exit 0: nothing left"),
    ([(0, .exited(0)), (1, .exited(4))], "exit 4: nothing left, p1 failed"),
    ([(1, .exited(4)), (0, .exited(3))], "exit 4: nothing left, p1 failed"),
    ([(0, .signalled(.kill)), (1, .exited(0))], "exit 137: nothing left, p0 failed"),
  ])
  func nothingLeft(ends: [(Int, WaitStatus)], last: String) {
    let once = Program.make { ($0.startsecs, $0.autorestart) = (.zero, .never) }
    var bench = Bench([once, once, .make { $0.autostart = false }]) { $0.stay = false }
    bench.start()
    #expect(bench.ended(ProcessID(10 + ends[0].0), ends[0].1).count == 1)
    #expect(bench.ended(ProcessID(10 + ends[1].0), ends[1].1).last == "sweep SIGTERM")
    #expect(bench.send(.childrenGone) == [last])
  }

  @Test func nothingIsLeftOnlyWhenAllHaveStartedAndNoneIsToComeAgain() {
    let once = Program.make { ($0.startsecs, $0.autorestart) = (.zero, .never) }
    var bench = Bench([once, .make()]) { $0.stay = false }
    bench.tick()
    bench.run(0, pid: 10)
    #expect(bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected"])
    #expect(bench.tick() == ["spawn p1"])
    bench.run(1, pid: 11)
    #expect(bench.ended(11, .exited(0)) == ["p1 BACKOFF too quick code 0, again in 1s"])
    for (pid, pause) in [(ProcessID(12), Int64(1)), (13, 2), (14, 3)] {
      bench.tick(after: .seconds(pause))
      bench.run(1, pid: pid)
      bench.ended(pid, .exited(0))
    }
    #expect(bench.state(1) == .fatal)
    #expect(bench.send(.childrenGone) == ["exit 1: nothing left, p1 failed"])
  }

  @Test func stayKeepsSwinitWhenNothingIsLeft() {
    var bench = Bench([.make { ($0.startsecs, $0.autorestart) = (.zero, .never) }])
    bench.start()
    #expect(bench.ended(10, .exited(1)) == ["p0 EXITED code 1 unexpected"])
    #expect(bench.core.cause == nil)
    #expect(bench.pause() == nil)
  }
}
