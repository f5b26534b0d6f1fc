import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// Stop sequences, stop_command, forward_signals.
@Suite struct StopWayStateTests {
  private func life(_ change: (inout LifePolicy) -> Void) -> LifePolicy {
    var life = LifePolicy()
    change(&life)
    return life
  }

  private func sequence(_ change: (inout Program) -> Void = { _ in }) -> Bench {
    var bench = Bench([
      .make {
        ($0.startsecs, $0.stopwaitsecs, $0.stopsignal) = (.zero, .seconds(3), .terminalStop)
        $0.life = life {
          $0.stopSequence = [20, 5_000_000_000, 2, 0, 15]
        }
        change(&$0)
      }
    ])
    bench.start()
    return bench
  }

  @Test func aSequenceWaitsAndStopwaitsecsCountFromItsLastSignal() {
    var bench = sequence()
    #expect(
      bench.signal(.terminate).dropFirst() == ["p0 STOPPING pid 10 SIGTSTP", "kill SIGTSTP 10"])
    #expect(bench.tick(after: Nanoseconds(4_999_999_999)) == [])
    #expect(
      bench.tick(after: Nanoseconds(1)) == ["p0 next SIGINT pid 10 after 5s", "kill SIGINT 10"])
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == ["p0 next SIGTERM pid 10 after 0s", "kill SIGTERM 10"])
    #expect(bench.pause() == .seconds(3))
    #expect(bench.tick(after: .seconds(3)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
    #expect(bench.ended(10, .signalled(.kill)) == ["p0 STOPPED SIGKILL", "sweep SIGTERM"])
  }

  @Test func whoEndsGetsNoMoreOfASequence() {
    var bench = sequence { $0.stopasgroup = true }
    #expect(bench.signal(.terminate).last == "kill SIGTSTP 10 group")
    #expect(bench.tick(after: .seconds(5)).last == "kill SIGINT 10 group")
    bench.ended(10, .exited(0))
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED code 0", "sweep SIGTERM"])
    #expect(bench.pause() == .seconds(1))
  }

  /// Shells that wait for a command, mariadbd, rsyslogd and others do not end of INT.
  @Test func whoDoesNotEndOfTheINTThatSwinitGotGetsTERM() {
    var bench = Bench([.make { ($0.startsecs, $0.stopwaitsecs) = (.zero, .seconds(3)) }])
    bench.start()
    #expect(bench.signal(.interrupt).last == "kill SIGINT 10")
    #expect(
      bench.tick(after: .seconds(1)) == ["p0 next SIGTERM pid 10 after 1s", "kill SIGTERM 10"])
    #expect(bench.tick(after: .seconds(3)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
  }

  @Test(arguments: [Signal.interrupt, .quit])
  func anINTOfItsOwnIsAllThatItGets(_ signal: Signal) {
    var bench = Bench([
      .make { ($0.startsecs, $0.stopwaitsecs, $0.stopsignal) = (.zero, .seconds(3), signal) }
    ])
    bench.start()
    bench.signal(.interrupt)
    #expect(bench.tick(after: .seconds(3)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
  }

  /// timeout(1) sends one behind each of its signals.
  @Test func aSIGCONTIsNotWorthAWord() {
    var bench = Bench([.make { $0.startsecs = .zero }])
    bench.start()
    #expect(bench.signal(.proceed) == [])
    bench.signal(.terminate)
    #expect(bench.signal(.proceed) == [])
  }

  private func asked(
    killasgroup: Bool = false, onTerminal: Bool = false, _ sequence: [UInt64] = []
  ) -> Bench {
    var bench = Bench(
      [
        .make {
          ($0.startsecs, $0.stopwaitsecs, $0.killasgroup) = (.zero, .seconds(3), killasgroup)
          $0.life = life {
            ($0.stopCommand, $0.stopSequence) = (ByteString("ctl\0" as String), sequence)
          }
        }
      ], onTerminal: onTerminal)
    bench.start()
    #expect(
      bench.signal(.terminate).dropFirst() == [
        "p0 STOPPING pid 10 stop_command", "run stop_command p0 for 10",
      ])
    #expect(bench.pause() == .seconds(3))
    return bench
  }
  private let success = WaitStatus.exited(0)

  /// Both share one stopwaitsecs.
  @Test func whoLivesWhenTheStopCommandHasEndedGetsTheSignal() {
    var bench = asked()
    bench.now = bench.now + .seconds(2)
    #expect(
      bench.send(.stopCommandEnded(0, success)) == [
        "p0 stop_command code 0, SIGTERM to 10", "kill SIGTERM 10",
      ])
    #expect(bench.pause() == .seconds(1))
    #expect(bench.tick(after: .seconds(1)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
    #expect(bench.ended(10, .signalled(.kill)) == ["p0 STOPPED SIGKILL", "sweep SIGTERM"])
  }

  @Test func oneThatHangsIsKilledWithItsProgram() {
    var bench = asked(killasgroup: true)
    #expect(bench.tick(after: Nanoseconds(2_999_999_999)) == [])
    #expect(
      bench.tick(after: Nanoseconds(1)) == [
        "p0 killing pid 10 after 3s", "kill SIGKILL 10 group", "end stop_command p0",
      ])
    bench.ended(10, .signalled(.kill))
    #expect(bench.send(.treeGone(0)) == ["p0 STOPPED SIGKILL", "sweep SIGTERM"])
  }

  static let failures: [(WaitStatus?, String)] = [
    (.exited(1), "code 1"), (.signalled(.terminate), "SIGTERM"), (nil, "not run"),
  ]

  @Test(arguments: 0..<Self.failures.count)
  func whenItFailsTheSignalIsSentToo(row: Int) {
    let (end, text) = Self.failures[row]
    var bench = asked()
    bench.now = bench.now + .seconds(2)
    #expect(
      bench.send(.stopCommandEnded(0, end)) == [
        "p0 stop_command \(text), SIGTERM to 10", "kill SIGTERM 10",
      ])
    #expect(bench.pause() == .seconds(1))
    #expect(bench.tick(after: .seconds(1)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
  }

  @Test func whenItFailsTheSequenceIsGoneThrough() {
    var bench = asked([2, 1_000_000_000, 3])
    bench.now = bench.now + .seconds(2)
    bench.send(.stopCommandEnded(0, .exited(1)))
    #expect(
      bench.tick(after: .seconds(1)) == ["p0 next SIGQUIT pid 10 after 1s", "kill SIGQUIT 10"])
    // What the stop_command took is taken from the last wait, never from the pauses.
    #expect(bench.pause() == .seconds(1))
    #expect(bench.tick(after: .seconds(1)) == ["p0 killing pid 10 after 3s", "kill SIGKILL 10"])
  }

  @Test func aProgramIsStoppedWhenItsStopCommandHasEndedToo() {
    var bench = asked()
    bench.now = bench.now + .seconds(1)
    #expect(bench.ended(10, .exited(7)) == [])
    #expect(bench.state(0) == .stopping)
    #expect(bench.pause() == .seconds(2))
    #expect(bench.send(.stopCommandEnded(0, success)) == ["p0 STOPPED", "sweep SIGTERM"])
  }

  @Test func oneThatFailsAfterItsProgramHasEndedIsOnlySaid() {
    var bench = asked()
    bench.ended(10, .exited(0))
    #expect(
      bench.send(.stopCommandEnded(0, .exited(2))) == [
        "p0 stop_command code 2", "p0 STOPPED", "sweep SIGTERM",
      ])
  }

  @Test func oneThatHangsAfterItsProgramHasEndedIsEnded() {
    var bench = asked()
    bench.ended(10, .exited(0))
    #expect(
      bench.tick(after: .seconds(3)) == [
        "p0 ending stop_command", "end stop_command p0", "p0 STOPPED", "sweep SIGTERM",
      ])
  }

  @Test func aSecondInterruptOnATerminalEndsBoth() {
    var bench = asked(onTerminal: true)
    bench.signal(.interrupt)
    #expect(
      bench.signal(.interrupt) == ["killing all: 0", "kill SIGKILL 10", "end stop_command p0"])
    var left = asked(onTerminal: true)
    left.ended(10, .exited(0))
    left.signal(.interrupt)
    #expect(left.signal(.interrupt) == ["killing all: 0"])
    #expect(left.tick().prefix(2) == ["p0 ending stop_command", "end stop_command p0"])
  }

  /// A program that has put itself into the background is asked by the pid of the daemon.
  @Test func aDaemonIsAskedToo() {
    var bench = asked()
    #expect(bench.send(.detached(0)) == [])
    #expect(bench.send(.followed(0, 20)) == [])
    #expect(bench.send(.stopCommandEnded(0, .exited(1))).last == "kill SIGTERM 20")
  }

  private func forwarding() -> Bench {
    let wish = life { $0.forwardSignals = Signals(.hangup, .user2, .quit) }
    return Bench([
      .make { ($0.startsecs, $0.life) = (.zero, wish) }, .make { $0.startsecs = .zero },
      .make { ($0.startsecs, $0.life) = (.seconds(1), wish) },
    ])
  }

  @Test func aSignalGoesToTheRunningProgramsThatWantIt() {
    var bench = forwarding()
    bench.start()
    #expect(bench.signal(.hangup) == ["forward SIGHUP 10"])
    bench.tick(after: .seconds(1))
    #expect(
      bench.signal(.user2) == ["forward SIGUSR2 10", "forward SIGUSR2 12"])
    #expect(bench.signal(.windowChange).first == "stop requested: SIGWINCH from 0")
  }

  @Test func whatNobodyWantsOrBeginsTheStopIsNotPassedOn() {
    var bench = forwarding()
    bench.start()
    #expect(bench.signal(Signal(number: 10)) == ["ignored: SIGUSR1 from 0"])
    #expect(!bench.signal(.quit).contains("forward SIGQUIT 10"))
    #expect(bench.signal(.hangup) == ["ignored: SIGHUP from 0"])
  }
}
