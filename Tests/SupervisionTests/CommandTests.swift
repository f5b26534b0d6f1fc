import Configuration
import Testing

@testable import Supervision

/// COMMAND beside programs: when it starts, what it is told, and what the container ends with.
@Suite struct CommandTests {
  /// One program that needs a second, and COMMAND, which is p1.
  private func bench(
    _ change: (inout Program) -> Void = { _ in }, rewrites: SignalRewrites = SignalRewrites()
  ) -> Bench {
    Bench(command: [.make(change), .command()], rewrites: rewrites)
  }

  @Test func itWaitsUntilAllAreRunning() {
    var bench = bench()
    bench.start()
    #expect(bench.tick() == [])
    #expect(bench.state(1) == .stopped)
    #expect(bench.tick(after: .seconds(1)) == ["p0 RUNNING pid 10"])
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == ["spawn p1"])
    bench.run(1, pid: 11)
    #expect(bench.state(1) == .running)
  }

  @Test func withoutProgramsItStartsAtOnce() {
    var bench = Bench(command: [.command()])
    #expect(bench.send(.begin) == [])
    bench.tick()
    #expect(bench.tick() == ["spawn p0"])
  }

  private func running(
    _ change: (inout Program) -> Void = { $0.startsecs = .zero },
    rewrites: SignalRewrites = SignalRewrites()
  ) -> Bench {
    var bench = bench(change, rewrites: rewrites)
    bench.start()
    bench.tick()
    bench.tick()
    bench.run(1, pid: 11)
    return bench
  }

  @Test func itsEndStopsTheProgramsAndIsTheStatus() {
    var bench = running()
    #expect(
      bench.ended(11, .exited(7)) == [
        "p1 EXITED code 7 unexpected", "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10",
      ])
    #expect(bench.ended(10, .exited(1)).last == "sweep SIGTERM")
    #expect(bench.send(.childrenGone) == ["exit 7: COMMAND p1 ended: code 7"])
  }

  @Test(arguments: [Signal.hangup, .user2, Signal(number: 40), .windowChange])
  func signalsThatStopNothingGoToIt(_ signal: Signal) {
    var bench = Bench(command: [.make { $0.startsecs = .zero }, .command()], onTerminal: true)
    bench.start()
    bench.tick()
    bench.tick()
    bench.run(1, pid: 11)
    #expect(bench.signal(signal) == ["kill \(signal.name) 11"])
    #expect(bench.signal(signal) == ["kill \(signal.name) 11"])
    #expect(bench.state(1) == .running)
  }

  @Test(arguments: [Signal.terminate, .interrupt, .quit, .power])
  func aStopSignalGoesToItOnceAndBeginsTheStop(_ signal: Signal) {
    var bench = running()
    #expect(
      bench.signal(signal) == [
        "kill \(signal.name) 11", "stop requested: \(signal.name) from 0",
        "p1 STOPPING pid 11 \(signal.name)",
      ])
    // Told again, it hears it again.
    #expect(bench.signal(signal) == ["kill \(signal.name) 11"])
    // It has its stopwaitsecs, no more; the programs come after it.
    #expect(bench.tick(after: .seconds(10)) == ["p1 killing pid 11 after 10s", "kill SIGKILL 11"])
    #expect(bench.ended(11, .signalled(.kill)).contains("kill \(stop(signal)) 10"))
    bench.ended(10, .exited(0))
    #expect(bench.send(.childrenGone) == ["exit 137: COMMAND p1 ended: SIGKILL"])
  }

  private func stop(_ signal: Signal) -> ByteString {
    signal == .interrupt ? signal.name : Signal.terminate.name
  }

  @Test func signalsAreRewrittenOnTheirWay() {
    var rewrites = SignalRewrites()
    rewrites.set(.terminate, .quit)
    rewrites.set(.hangup, nil)
    var bench = running(rewrites: rewrites)
    #expect(bench.signal(.hangup) == [])
    #expect(bench.signal(.terminate).first == "kill SIGQUIT 11")
    #expect(bench.state(1) == .stopping)
  }

  @Test func aProgramThatItWaitsForAndThatIsFatalEndsAll() {
    var bench = bench { ($0.startretries, $0.essential) = (0, .none) }
    bench.start()
    #expect(bench.ended(10, .exited(3)).last == "sweep SIGTERM")
    #expect(bench.send(.childrenGone) == ["exit 3: awaited p0 fatal: too quick code 3"])
    #expect(bench.state(1) == .stopped)
  }

  @Test func aStopBeforeItsStartIsAnOrdinaryOne() {
    var bench = bench()
    bench.start()
    #expect(bench.signal(.terminate).last == "kill SIGTERM 10")
    bench.ended(10, .exited(0))
    #expect(bench.send(.childrenGone) == ["exit 0: told SIGTERM from 0"])
    #expect(bench.state(1) == .stopped)
  }

  @Test(arguments: [UInt8(126), 127])
  func thatItCannotStartIsTheStatus(_ code: UInt8) {
    var bench = bench { $0.startsecs = .zero }
    bench.start()
    bench.tick()
    bench.tick()
    bench.send(.forked(1, 11))
    bench.send(.executionFailed(1, .make(code)))
    #expect(bench.ended(11, .exited(127)).contains("kill SIGTERM 10"))
    bench.ended(10, .exited(0))
    #expect(bench.send(.childrenGone).first?.hasPrefix("exit \(code): p1 fatal") == true)
  }

  @Test func anEssentialProgramsEndCountsBeforeItsOwn() {
    var bench = running { ($0.startsecs, $0.essential, $0.autorestart) = (.zero, .exit, .never) }
    #expect(bench.ended(10, .exited(9)).last == "kill SIGTERM 11")
    bench.ended(11, .exited(0))
    #expect(bench.send(.childrenGone) == ["exit 9: p0 ended: code 9"])
  }
}
