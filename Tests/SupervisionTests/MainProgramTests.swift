import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// COMMAND beside other programs. It is the last program of each test, and its process has
/// pid 50.
@Suite struct MainProgramTests {
  static let pid: ProcessID = 50

  /// The programs of `others`, then COMMAND as the command line makes it.
  private func bench(
    _ others: [Program], onTerminal: Bool = false, rewrites: [(Signal, Signal?)] = [],
    _ change: (inout Program) -> Void = { _ in }, globals: (inout Globals) -> Void = { _ in }
  ) -> Bench {
    var configuration = Configuration()
    configuration.groups = [Group(name: "g", priority: 999)]
    configuration.programs = others
    configuration.programs.append(.command(change))
    globals(&configuration.globals)
    var command = MainCommand(slot: others.count)
    for (old, new) in rewrites { command.rewrites.set(old, new) }
    return Bench(configuration, onTerminal: onTerminal, command: command)
  }

  /// COMMAND beside programs that are RUNNING at once, all started.
  private func started(
    _ others: [Program] = [.make { $0.startsecs = .zero }], onTerminal: Bool = false,
    rewrites: [(Signal, Signal?)] = [], _ change: (inout Program) -> Void = { _ in },
    globals: (inout Globals) -> Void = { _ in }
  ) -> Bench {
    var bench = bench(
      others, onTerminal: onTerminal, rewrites: rewrites, change, globals: globals)
    bench.start()
    let slot = others.count
    #expect(bench.tick() == ["spawn p\(slot)"])
    bench.run(slot, pid: Self.pid)
    #expect(bench.state(slot) == .running)
    return bench
  }

  // Its start.

  @Test func aloneItStartsAtOnce() {
    var bench = bench([])
    #expect(bench.send(.begin) == [])
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == [])
    #expect(bench.pause() == .zero)
    #expect(bench.tick() == ["spawn p0"])
    #expect(bench.send(.forked(0, Self.pid)) == ["p0 STARTING pid 50"])
    #expect(bench.send(.executed(0)) == ["p0 RUNNING pid 50"])
    #expect(bench.pause() == nil)
  }

  @Test func itWaitsUntilEachProgramIsRunning() {
    var bench = bench([
      .make(), .make { $0.startsecs = .seconds(5) }, .make { $0.autostart = false },
    ])
    bench.start()
    #expect(bench.tick(after: .seconds(1)) == ["p0 RUNNING pid 10"])
    #expect(bench.tick() == [])
    #expect(bench.pause() == .seconds(4))
    #expect(bench.tick(after: .seconds(4)) == ["p1 RUNNING pid 11"])
    #expect(bench.tick() == ["spawn p3"])
  }

  @Test func itWaitsForARetryAndARestart() {
    var bench = bench([.make(), .make { $0.startsecs = .zero }])
    bench.start()
    bench.ended(10, .exited(1))
    // RUNNING once is enough, even if it has ended since.
    #expect(bench.ended(11, .exited(1)).last == "spawn p1")
    bench.run(1, pid: 12)
    #expect(bench.tick() == [])
    #expect(bench.tick(after: .seconds(1)) == ["spawn p0"])
    bench.run(0, pid: 13)
    #expect(bench.tick(after: .seconds(1)) == ["p0 RUNNING pid 13"])
    #expect(bench.tick() == ["spawn p2"])
  }

  @Test(arguments: [(Essential.none, "awaited p0"), (.fatal, "p0"), (.exit, "p0")])
  func itIsNotStartedWhenAProgramIsFatal(essential: Essential, whom: String) {
    var bench = bench([.make { ($0.essential, $0.startretries) = (essential, 0) }])
    bench.start()
    #expect(
      bench.ended(10, .exited(7)) == [
        "p0 BACKOFF too quick code 7, no more", "p0 FATAL too quick code 7, tries 1",
        "sweep SIGTERM",
      ])
    #expect(bench.tick() == [])
    #expect(bench.send(.childrenGone) == ["exit 7: \(whom) fatal: too quick code 7"])
    #expect(bench.state(1) == .stopped)
  }

  @Test func aProgramThatIsFatalLaterDoesNotMatterUnlessItIsEssential() {
    var bench = started([.make { ($0.startsecs, $0.startretries) = (.zero, 0) }])
    #expect(bench.ended(10, .exited(1)).last == "spawn p0")
    #expect(
      bench.send(.forkFailed(0, .make(1)))
        == ["p0 BACKOFF spawn 1, no more", "p0 FATAL spawn 1, tries 1"])
    #expect(bench.core.cause == nil)
  }

  @Test(arguments: [UInt8(1), 126, 127])
  func itCannotBeExecuted(code: UInt8) {
    var bench = bench([.make { $0.startsecs = .zero }])
    bench.start()
    bench.tick()
    bench.send(.forked(1, Self.pid))
    bench.send(.executionFailed(1, .make(code)))
    #expect(
      bench.ended(Self.pid, .exited(127)) == [
        "p1 BACKOFF spawn \(code), no more", "p1 FATAL spawn \(code), tries 1",
        "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10",
      ])
    bench.ended(10, .exited(0))
    #expect(bench.send(.childrenGone) == ["exit \(code): p1 fatal: spawn \(code)"])
  }

  @Test(arguments: [Signal.terminate, .interrupt])
  func aStopBeforeItsStartIsTheEnd(signal: Signal) {
    var bench = bench([.make()])
    bench.start()
    #expect(bench.signal(.hangup) == ["ignored: SIGHUP from 0"])
    #expect(bench.signal(signal).last == "kill \(signal.name) 10")
    #expect(bench.tick() == [])
    bench.ended(10, .exited(0))
    #expect(bench.tick() == [])
    #expect(bench.send(.childrenGone) == ["exit 0: told \(signal.name) from 0"])
  }

  /// Its turn has come, and a signal is read before the tick that would start it.
  @Test func aStopInTheMomentOfItsTurnStartsNothing() {
    var bench = bench([.make { $0.startsecs = .zero }])
    bench.start()
    #expect(bench.pause() == .zero)
    bench.signal(.terminate)
    #expect(bench.tick() == [])
    #expect(bench.ended(10, .exited(0)) == ["p0 STOPPED code 0", "sweep SIGTERM"])
    #expect(bench.tick() == [])
    #expect(bench.send(.childrenGone) == ["exit 0: told SIGTERM from 0"])
  }

  // Signals.

  @Test(arguments: (1...31).filter { ![9, 17, 19].contains($0) } + Array(34...64))
  func everySignalGoesToItEachTime(number: Int) {
    let signal = Signal(number: Int32(number))
    var bench = started()
    #expect(bench.signal(signal).first == "kill \(signal.name) 50")
    #expect(bench.signal(signal) == ["kill \(signal.name) 50"])
  }

  @Test func whatStopsNothingIsOnlyPassedOn() {
    var bench = started { $0.stopasgroup = true }
    #expect(bench.signal(.hangup) == ["kill SIGHUP 50 group"])
    #expect(bench.signal(.user2, from: .child) == ["kill SIGUSR2 50 group"])
    #expect(bench.core.cause == nil)
  }

  @Test func aStopSignalIsPassedOnAndBeginsTheStopWithIt() {
    var bench = started()
    #expect(
      bench.signal(.quit) == [
        "kill SIGQUIT 50", "stop requested: SIGQUIT from 0", "p1 STOPPING pid 50 SIGQUIT",
      ])
    #expect(bench.signal(.quit) == ["kill SIGQUIT 50"])
    #expect(bench.signal(.hangup) == ["kill SIGHUP 50"])
    #expect(
      bench.ended(Self.pid, .exited(3)) == [
        "p1 STOPPED code 3", "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10",
      ])
    #expect(bench.signal(.quit) == ["stop repeated: SIGQUIT from 0"])
    bench.ended(10, .exited(0))
    #expect(bench.send(.childrenGone) == ["exit 3: COMMAND p1 ended: code 3"])
  }

  /// A COMMAND that ignores SIGTERM costs the programs no more than its `stopwaitsecs`.
  @Test func whoIgnoresTheStopIsKilledAndTheProgramsHaveTheirTurn() {
    var bench = started { $0.killasgroup = true }
    bench.signal(.terminate)
    #expect(bench.pause() == .seconds(10))
    #expect(bench.tick(after: Nanoseconds(9_999_999_999)) == [])
    #expect(
      bench.tick(after: Nanoseconds(1)) == ["p1 killing pid 50 after 10s", "kill SIGKILL 50 group"])
    #expect(bench.signal(.terminate) == ["stop repeated: SIGTERM from 0"])
    #expect(bench.ended(Self.pid, .signalled(.kill)).last == "kill SIGTERM 10")
    bench.ended(10, .exited(0))
    #expect(bench.send(.childrenGone) == ["exit 137: COMMAND p1 ended: SIGKILL"])
  }

  @Test func signalsAreRewritten() {
    var bench = started(rewrites: [
      (.terminate, .quit), (.hangup, nil), (.user2, Signal(number: 40)),
    ])
    #expect(bench.signal(.hangup) == [])
    #expect(bench.signal(.user2) == ["kill SIGRTMIN+6 50"])
    #expect(
      bench.signal(.terminate) == [
        "kill SIGQUIT 50", "stop requested: SIGTERM from 0", "p1 STOPPING pid 50 SIGQUIT",
      ])
    // The programs are told what swinit was told.
    #expect(bench.ended(Self.pid, .exited(0)).last == "kill SIGTERM 10")
  }

  @Test func aStopThatIsNotItsOwnTellsItWithARewrittenTERM() {
    var bench = started(
      [.make { ($0.startsecs, $0.essential, $0.autorestart) = (.zero, .exit, .never) }],
      rewrites: [(.terminate, .quit)])
    #expect(
      bench.ended(10, .exited(4)).suffix(2) == ["p1 STOPPING pid 50 SIGQUIT", "kill SIGQUIT 50"])
    bench.ended(Self.pid, .exited(9))
    #expect(bench.send(.childrenGone) == ["exit 4: p0 ended: code 4"])
  }

  @Test func onATerminalItsOwnInterruptsKillNobody() {
    var bench = started(onTerminal: true)
    #expect(bench.signal(.windowChange) == ["kill SIGWINCH 50"])
    #expect(bench.signal(.interrupt).first == "kill SIGINT 50")
    #expect(bench.signal(.interrupt) == ["kill SIGINT 50"])
    #expect(bench.ended(Self.pid, .exited(0)).last == "kill SIGINT 10")
    #expect(bench.signal(.interrupt) == ["killing all: 0", "kill SIGKILL 10"])
    #expect(bench.ended(10, .signalled(.kill)).last == "sweep SIGKILL")
  }

  // Its end.

  @Test(arguments: [
    (WaitStatus.exited(0), 0), (.exited(1), 1), (.exited(255), 255), (.signalled(.kill), 137),
    (.signalled(.terminate), 143), (.signalled(Signal(number: 64)), 192),
  ])
  func itsStatusIsOurs(status: WaitStatus, code: Int) {
    var bench = started()
    #expect(bench.ended(Self.pid, status).last == "kill SIGTERM 10")
    #expect(bench.ended(10, .exited(5)) == ["p0 STOPPED code 5", "sweep SIGTERM"])
    #expect(bench.send(.childrenGone) == ["exit \(code): COMMAND p1 ended: \(words(status))"])
  }

  @Test(arguments: [
    (WaitStatus.exited(3), 0), (.exited(4), 4), (.signalled(.terminate), 0),
    (.signalled(.kill), 137),
  ])
  func codesThatAreAcceptedCountAsZero(status: WaitStatus, code: Int) {
    var bench = started { $0.exitcodes = ExitCodes(0, 3, 143) }
    bench.ended(Self.pid, status)
    bench.ended(10, .exited(0))
    #expect(bench.send(.childrenGone) == ["exit \(code): COMMAND p1 ended: \(words(status))"])
  }

  @Test(arguments: [ExitOnSignal.zero, .signal, .failure])
  func alsoWhenASignalBeganTheStop(mode: ExitOnSignal) {
    var bench = started(globals: { $0.exitOnSignal = mode })
    bench.signal(.terminate)
    bench.ended(Self.pid, .exited(9))
    bench.ended(10, .exited(1))
    #expect(bench.send(.childrenGone) == ["exit 9: COMMAND p1 ended: code 9"])
  }

  @Test func itIsTopmostWhateverTheirPriorities() {
    var bench = started([
      .make { ($0.startsecs, $0.priority) = (.zero, .max) },
      .make { ($0.startsecs, $0.priority) = (.zero, 1) },
    ])
    #expect(bench.signal(.terminate).filter { $0.hasPrefix("kill") } == ["kill SIGTERM 50"])
    #expect(bench.ended(Self.pid, .exited(0)).last == "kill SIGTERM 10")
    #expect(bench.ended(10, .exited(0)).last == "kill SIGTERM 11")
  }

  @Test func itKeepsTheContainerWhenAllProgramsHaveEnded() {
    var bench = started(
      [.make { ($0.startsecs, $0.autorestart) = (.zero, .never) }], globals: { $0.stay = false })
    #expect(bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected"])
    #expect(bench.core.cause == nil)
    #expect(bench.ended(Self.pid, .exited(0)).last == "sweep SIGTERM")
  }
}
