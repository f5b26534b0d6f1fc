import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// Every arrow of the graph that `swinit help states` prints, driven at the core; that there is no
/// other is for the simulation to see, which knows the same arrows.
@Suite struct StateGraphTests {
  typealias State = Supervision.StateName

  struct Row: CustomTestStringConvertible, Sendable {
    let from: State
    let to: State
    /// By a person, so that the rule which is the same for swinit itself has a row of its own.
    var byHand = false
    /// Brings a program with two tries to the first state.
    let before: @Sendable (inout Bench) -> Void
    let step: @Sendable (inout Bench) -> [String]
    let words: [String]
    var testDescription: String { "\(from.text) → \(to.text)\(byHand ? " by hand" : "")" }
  }

  /// pid 10 has just been executed.
  private static let starting: @Sendable (inout Bench) -> Void = { bench in
    bench.send(.begin)
    bench.tick()
    bench.run(0, pid: 10)
  }
  private static let running: @Sendable (inout Bench) -> Void = { bench in
    starting(&bench)
    bench.tick(after: .seconds(1))
  }
  private static let backoff: @Sendable (inout Bench) -> Void = { bench in
    starting(&bench)
    bench.ended(10, .exited(1))
  }
  /// pid 11 is the second try.
  private static let lastTry: @Sendable (inout Bench) -> Void = { bench in
    backoff(&bench)
    bench.tick(after: .seconds(1))
    bench.run(0, pid: 11)
  }
  private static let told = "stop requested: SIGTERM from 0"

  static let rows: [Row] = [
    Row(
      from: .stopped, to: .starting, before: { $0.send(.begin) }, step: { $0.tick() },
      words: ["spawn p0"]),
    Row(
      from: .stopped, to: .starting, byHand: true, before: { _ in }, step: { $0.startByHand(0) },
      words: ["spawn p0"]),
    Row(
      from: .starting, to: .running, before: starting, step: { $0.tick(after: .seconds(1)) },
      words: ["p0 RUNNING pid 10"]),
    Row(
      from: .starting, to: .backoff, before: starting, step: { $0.ended(10, .exited(1)) },
      words: ["p0 BACKOFF too quick code 1, again in 1s"]),
    Row(
      from: .starting, to: .stopping, before: starting, step: { $0.signal(.terminate) },
      words: [told, "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10"]),
    Row(
      from: .running, to: .stopping, before: running, step: { $0.signal(.terminate) },
      words: [told, "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10"]),
    Row(
      from: .running, to: .exited, before: running, step: { $0.ended(10, .exited(1)) },
      words: ["p0 EXITED code 1 unexpected, again in 5s"]),
    Row(
      from: .backoff, to: .starting, before: backoff, step: { $0.tick(after: .seconds(1)) },
      words: ["spawn p0"]),
    Row(
      from: .backoff, to: .stopped, before: backoff, step: { $0.signal(.terminate) },
      words: [told, "p0 STOPPED", "sweep SIGTERM"]),
    Row(
      from: .stopping, to: .stopped,
      before: { bench in
        running(&bench)
        bench.signal(.terminate)
      }, step: { $0.ended(10, .exited(0)) },
      words: ["p0 STOPPED code 0", "sweep SIGTERM"]),
    Row(
      from: .exited, to: .starting,
      before: { bench in
        running(&bench)
        bench.ended(10, .exited(1))
      }, step: { $0.tick(after: .seconds(5)) }, words: ["spawn p0"]),
    Row(
      from: .exited, to: .starting, byHand: true,
      before: { bench in
        running(&bench)
        bench.ended(10, .exited(0))
      }, step: { $0.startByHand(0) }, words: ["spawn p0"]),
    Row(
      from: .fatal, to: .starting, byHand: true,
      before: { bench in
        lastTry(&bench)
        bench.ended(11, .exited(1))
      }, step: { $0.startByHand(0) }, words: ["spawn p0"]),
  ]

  private static func bench() -> Bench {
    Bench([.make { ($0.startretries, $0.restartDelay) = (1, PauseRange(.seconds(5), .seconds(5))) }]
    )
  }

  @Test(arguments: rows)
  func arrow(_ row: Row) {
    var bench = Self.bench()
    row.before(&bench)
    #expect(bench.core.state(of: 0).name == row.from)
    #expect(row.step(&bench) == row.words)
    #expect(bench.core.state(of: 0).name == row.to)
  }

  /// In one moment, so that only the words show the state in between.
  @Test func backoffToFatal() {
    var bench = Self.bench()
    Self.lastTry(&bench)
    #expect(bench.core.state(of: 0).name == .starting)
    #expect(
      bench.ended(11, .exited(1)) == [
        "p0 BACKOFF too quick code 1, no more", "p0 FATAL too quick code 1, tries 2",
      ])
    #expect(bench.core.state(of: 0).name == .fatal)
    #expect(bench.pause() == nil)
  }

  /// In one moment, too.
  @Test func exitedToStopped() {
    var bench = Bench([.scheduled("@every 5s")])
    bench.begin()
    bench.tick(after: .seconds(5))
    bench.run(0, pid: 10)
    #expect(bench.core.state(of: 0).name == .running)
    #expect(
      bench.ended(10, .exited(1)) == ["p0 EXITED code 1 unexpected", "p0 STOPPED, next in 5s"])
    #expect(bench.core.state(of: 0).name == .stopped)
  }

  /// A person's start is a new beginning: as many tries as at the first.
  @Test func fatalForgetsItsTries() {
    var bench = Self.bench()
    Self.lastTry(&bench)
    bench.ended(11, .exited(1))
    bench.startByHand(0)
    bench.run(0, pid: 12)
    #expect(bench.ended(12, .exited(1)) == ["p0 BACKOFF too quick code 1, again in 1s"])
  }

  @Test func theGraphIsTheTestsGraph() {
    let pair = { (from: State, to: State) in "\(from.text) \(to.text)" }
    let printed = StateArrow.all.map { pair($0.from, $0.to) }
    // The last two are driven by ReadinessStateTests.
    let driven =
      Self.rows.map { pair($0.from, $0.to) } + [pair(.backoff, .fatal), pair(.exited, .stopped)]
      + [pair(.stopped, .fatal), pair(.starting, .exited)]
    #expect(Set(printed) == Set(driven))
    #expect(Set(printed).count == printed.count, "an arrow stands twice")
    // Nobody starts anything by hand in the simulation.
    let simulated = StateName.allCases.flatMap { from in
      from.next.map { "\(from) \($0)".uppercased() }
    }
    #expect(Set(printed) == Set(simulated + [pair(.fatal, .starting)]))
  }

  @Test func thePictureHasEveryStateOnceWithItsCode() {
    let words = StateArrow.picture.description.split { " \n".contains($0) }
    for state in State.allCases where state != .unknown {
      #expect(words.filter { $0 == state.text.description }.count == 1, "\(state.text)")
      #expect(words.contains { $0 == "(\(state.rawValue))" }, "\(state.rawValue)")
    }
  }
}
