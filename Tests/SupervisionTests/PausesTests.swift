import Configuration
import Testing

@testable import Basics
@testable import Supervision

// A pause of the container is no time-out: what `Pauses` makes of waits that end late, alone and under
// a loop that serves the core, in a world that stands still now and then.

private func time(_ milliseconds: Int64) -> Time { Time(nanoseconds: milliseconds * 1_000_000) }

@Suite struct PausesTests {
  @Test func aWaitInTimeLosesNothing() {
    var pauses = Pauses()
    for end in [0, 400, 999, 1_000, 1_020, 1_100] {
      #expect(pauses.length(from: time(0), until: time(1_000), to: time(Int64(end))) == .zero)
    }
  }

  @Test func aPauseIsTheWholeWait() {
    var pauses = Pauses()
    #expect(
      pauses.length(from: time(5), until: time(1_000), to: time(61_000)) == .milliseconds(60_995))
  }

  /// Where every wait ends late, the time that was asked for passes nevertheless.
  @Test func anEternallyLateMachineComesToItsDeadlines() {
    var pauses = Pauses()
    var (now, forgotten, rounds) = (Time(nanoseconds: 0), Nanoseconds.zero, 0)
    let deadline = time(10_000)
    while Time(nanoseconds: now.nanoseconds - forgotten.count) < deadline {
      let start = Time(nanoseconds: now.nanoseconds - forgotten.count)
      let planned = start + Pauses.part(of: deadline - start)
      now = planned + forgotten + .milliseconds(300)
      let end = Time(nanoseconds: now.nanoseconds - forgotten.count)
      let length = pauses.length(from: start, until: planned, to: end)
      forgotten = Nanoseconds(forgotten.count + length.count)
      rounds += 1
    }
    #expect(rounds < 30)
  }

  @Test func aLongPauseIsWaitedForInParts() {
    #expect(Pauses.part(of: .zero) == .zero)
    #expect(Pauses.part(of: .milliseconds(1_000)) == .milliseconds(1_000))
    #expect(Pauses.part(of: .milliseconds(1_500)) == .milliseconds(1_000))
    #expect(Pauses.part(of: .seconds(10)) == .seconds(5))
  }
}

/// The core under a loop, in a container that is paused. One program gets SIGTERM, and does not end.
private struct PausedLoop {
  var core: Supervisor
  var pauses = Pauses()
  var random: SplitMix64
  /// The kernel's clock, how much of it was forgotten, and how long the container has run in all.
  var real = Time(nanoseconds: 1_000_000_000)
  var forgotten = Nanoseconds.zero
  var running = Nanoseconds.zero
  /// When SIGTERM and SIGKILL came, as running time.
  var told: Nanoseconds?
  var killed: Nanoseconds?
  var wentBack = false
  /// What the waits may have cost unseen: each may be late by what is passed over.
  var unseen = Nanoseconds.zero

  init(seed: UInt64, stopwaitsecs: Nanoseconds) {
    random = SplitMix64(state: seed)
    var configuration = Configuration()
    configuration.groups = [Group(name: "a", priority: 999)]
    var program = Program(name: "a", group: 0, arguments: "a\0")
    program.startsecs = .zero
    program.stopwaitsecs = stopwaitsecs
    configuration.programs = [program]
    core = Supervisor(configuration, onTerminal: false)
  }

  var now: Time { Time(nanoseconds: real.nanoseconds - forgotten.count) }

  mutating func feed(_ event: Event) {
    for action in core.handle(event, at: now) {
      switch action {
      case .spawn(let slot):
        feed(.forked(slot, 7))
        feed(.executed(slot))
      case .signal(7, .terminate, _): told = running
      case .signal(7, .kill, _): killed = running
      default: continue
      }
    }
  }

  /// Runs, and stands still for `pause` after a part of it.
  mutating func wait(atMost length: Nanoseconds, pause: Nanoseconds) {
    let (start, planned) = (now, now + length)
    let before = random.pause(length)
    real = real + before + pause
    running = Nanoseconds(running.count + before.count)
    // What is left of the wait, if anything is; then it ends, a little late.
    let rest = Nanoseconds(max(0, (planned - now).count) + random.pause(.milliseconds(20)).count)
    real = real + rest
    running = Nanoseconds(running.count + rest.count)
    unseen = Nanoseconds(unseen.count + 100_000_000)
    let length = pauses.length(from: start, until: planned, to: now)
    forgotten = Nanoseconds(forgotten.count + length.count)
    if now < start { wentBack = true }
  }

  mutating func run() {
    feed(.begin)
    for _ in 0..<1_000 where killed == nil {
      guard let pause = core.pause(at: now) else {
        feed(.signal(.terminate, Sender(pid: 0, uid: 0, isDescendant: false)))
        continue
      }
      if pause == .zero {
        feed(.tick)
        continue
      }
      let isPaused = random.chance(40)
      wait(
        atMost: Pauses.part(of: pause),
        pause: isPaused ? random.pick([.milliseconds(300), .seconds(3), .seconds(600)]) : .zero)
    }
  }
}

extension PausesTests {
  /// However often and however long the container is paused while a program ends, the program has had a
  /// half of its time at least, if that was more than is waited for in one piece, and SIGKILL comes.
  @Test(arguments: [Nanoseconds.milliseconds(500), .seconds(1), .seconds(10), .seconds(90)])
  func noProgramIsKilledForAPause(stopwaitsecs: Nanoseconds) throws {
    for seed in UInt64(0)..<500 {
      var loop = PausedLoop(seed: seed, stopwaitsecs: stopwaitsecs)
      loop.run()
      #expect(!loop.wentBack, "seed \(seed)")
      let told = try #require(loop.told, "seed \(seed)")
      let killed = try #require(loop.killed, "seed \(seed)")
      let had = killed.count - told.count
      let half = stopwaitsecs > Pauses.piece ? stopwaitsecs.count / 2 : 0
      #expect(
        had >= half - loop.unseen.count,
        "seed \(seed): \(had / 1_000_000) ms of \(stopwaitsecs.count / 1_000_000)")
      #expect(had <= 3 * stopwaitsecs.count + loop.unseen.count, "seed \(seed)")
    }
  }
}
