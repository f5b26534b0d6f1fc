import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// Programs that the clock starts, at the core: when the wall clock jumps, when a run is due while
/// the last one is not over, when one fails.
@Suite struct ScheduledRunTests {
  /// One program with a schedule, on a wall clock that shows `wall` (UTC).
  private static func bench(
    _ text: String, at wall: String, zone: Zone = ZoneTable.berlin.zone,
    _ change: (inout Configuration) -> Void = { _ in }
  ) -> Bench {
    var configuration = Configuration()
    configuration.groups = [Group(name: "g", priority: 999)]
    configuration.programs = [.scheduled(text)]
    change(&configuration)
    var bench = Bench(configuration, zone: zone)
    bench.begin()
    bench.clock(wall)
    return bench
  }

  @Test func itRunsWhenTheClockSaysSo() {
    var bench = Self.bench("30 2 * * *", at: "2026-06-01 00:00")
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-01 00:30")))
    #expect(bench.pause() == nil, "the wall clock is no timer")
    #expect(bench.clock("2026-06-01 00:29") == [])
    #expect(bench.tick() == [])
    #expect(bench.clock("2026-06-01 00:30") == [])
    #expect(bench.tick() == ["spawn p0"])
    bench.run(0, pid: 10)
    #expect(bench.state(0) == .running)
    let next = utc("2026-06-02 00:30")
    #expect(
      bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected", "p0 STOPPED, next at \(next)"])
    #expect(bench.core.earliestRun == WallTime(seconds: next))
  }

  /// The plan is said at the beginning.
  @Test func thePlanIsSaid() {
    var bench = Bench([.scheduled("@daily"), .scheduled("@every 90s")])
    #expect(bench.send(.begin) == ["p1 planned in 90s"])
    #expect(bench.clock("2026-06-01 08:00") == ["p0 planned at \(utc("2026-06-02 00:00"))"])
  }

  @Test func severalAtOneMoment() {
    var bench = Bench([.scheduled("@hourly"), .scheduled("0 9 * * *"), .scheduled("1 9 * * *")])
    bench.begin()
    bench.clock("2026-06-01 08:30")
    bench.clock("2026-06-01 09:00")
    var spawned: [String] = []
    for slot in 0..<2 {
      spawned += bench.tick()
      bench.run(slot, pid: ProcessID(10 + slot))
    }
    #expect(spawned.sorted() == ["spawn p0", "spawn p1"])
    #expect(bench.tick() == [])
  }

  @Test func itNeverOverlaps() {
    var bench = Self.bench("* * * * *", at: "2026-06-01 08:00")
    bench.clock("2026-06-01 08:01")
    bench.tick()
    bench.run(0, pid: 10)
    bench.clock("2026-06-01 08:02")
    #expect(bench.tick() == ["p0 run skipped, pid 10"])
    bench.ended(10, .exited(0))
    bench.clock("2026-06-01 08:03")
    #expect(bench.tick() == ["spawn p0"])
  }

  /// What cannot be started fails this run, not the schedule and not the container.
  @Test func aRunThatCannotBeStarted() {
    var bench = Self.bench("@hourly", at: "2026-06-01 08:30") { $0.globals.stay = false }
    bench.clock("2026-06-01 09:00")
    bench.tick()
    bench.send(.forked(0, 10))
    bench.send(.executionFailed(0, .make(127)))
    #expect(
      bench.ended(10, .exited(127)) == [
        "p0 run failed: spawn 127", "p0 STOPPED, next at \(utc("2026-06-01 10:00"))",
      ])
    bench.clock("2026-06-01 10:00")
    #expect(bench.tick() == ["spawn p0"])
    #expect(
      bench.send(.forkFailed(0, .make(1))) == [
        "p0 run failed: spawn 1", "p0 STOPPED, next at \(utc("2026-06-01 11:00"))",
      ])
    #expect(bench.core.cause == nil)
  }

  /// Something is still to come: the container does not end with its last service.
  @Test func aScheduleKeepsTheContainer() {
    let service = Program.make { ($0.startsecs, $0.autorestart) = (.zero, .never) }
    for schedule in ["@daily", "@every 1h"] {
      var bench = Bench([service, .scheduled(schedule)]) { $0.stay = false }
      bench.start()
      bench.clock("2026-06-01 08:00")
      #expect(bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected"])
      #expect(bench.core.cause == nil)
    }
  }

  /// How its runs ended says nothing about the container.
  @Test func aFailedRunIsNoFailureOfTheContainer() {
    var bench = Bench([.scheduled("@every 1m")]) { $0.exitOnSignal = .failure }
    bench.begin()
    bench.tick(after: .seconds(60))
    bench.run(0, pid: 10)
    bench.ended(10, .exited(3))
    bench.signal(.terminate)
    #expect(bench.send(.childrenGone) == ["exit 0: told SIGTERM from 0"])
  }

  // MARK: Periods

  @Test func aPeriodKeepsItsStep() {
    var bench = Bench([.scheduled("@every 10s")])
    bench.begin()
    #expect(bench.pause() == .seconds(10))
    // Late by 3 s, then over the third one.
    #expect(bench.tick(after: .seconds(13)) == ["spawn p0"])
    bench.run(0, pid: 10)
    #expect(bench.ended(10, .exited(0)) == ["p0 EXITED code 0 expected", "p0 STOPPED, next in 7s"])
    #expect(bench.tick(after: .seconds(22)) == ["spawn p0"])
    bench.run(0, pid: 11)
    #expect(bench.tick(after: .seconds(5)) == ["p0 run skipped, pid 11"])
    #expect(bench.pause() == .seconds(10))
  }

  /// Nobody's hand at the wall clock moves a period.
  @Test func aPeriodDoesNotKnowTheWallClock() {
    var bench = Bench([.scheduled("@every 10s")])
    bench.begin()
    for wall in ["2026-06-01 08:00", "2036-06-01 08:00", "1971-01-01 00:00"] {
      #expect(bench.clock(wall) == [])
      #expect(bench.pause() == .seconds(10))
    }
    #expect(bench.core.earliestRun == nil)
  }

  // MARK: The wall clock jumps

  /// Forward past a run, not far: it is made up for, once.
  @Test func forwardOverARun() {
    var bench = Self.bench("30 2 * * *", at: "2026-06-01 00:00")
    #expect(bench.clock("2026-06-01 03:29") == [])
    #expect(bench.tick() == ["spawn p0"])
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-02 00:30")))
    var often = Self.bench("*/5 * * * *", at: "2026-06-01 00:01")
    often.clock("2026-06-01 01:03")
    #expect(often.tick() == ["spawn p0"])
    often.run(0, pid: 10)
    often.ended(10, .exited(0))
    #expect(often.tick() == [])
    #expect(often.core.earliestRun == WallTime(seconds: utc("2026-06-01 01:05")))
  }

  /// Further than that: it was missed, and that is said.
  @Test func farForwardOverARun() {
    var bench = Self.bench("30 2 * * *", at: "2026-06-01 00:00")
    #expect(bench.clock("2026-06-01 03:31") == ["p0 missed \(utc("2026-06-01 00:30"))"])
    #expect(bench.tick() == [])
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-02 00:30")))
  }

  /// A clock that was wrong by years, as where there is no battery.
  @Test func fromTheEpochToNow() {
    var bench = Self.bench("@daily", at: "1970-01-01 00:10")
    #expect(bench.clock("2026-06-01 08:00").count == 1)
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-01 22:00")))
  }

  /// Back over a run that was made: not a second time.
  @Test func backOverARun() {
    var bench = Self.bench("30 2 * * *", at: "2026-06-01 00:00")
    bench.clock("2026-06-01 00:30")
    bench.tick()
    bench.run(0, pid: 10)
    bench.ended(10, .exited(0))
    #expect(bench.clock("2026-05-31 23:30") == [])
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-02 00:30")))
  }

  /// Back before it, by more than anybody changes an hour: the day begins again.
  @Test func farBackOverARun() {
    var bench = Self.bench("30 2 * * *", at: "2026-06-01 00:00")
    bench.clock("2026-06-01 00:30")
    bench.tick()
    let next = utc("2026-05-31 00:30")
    #expect(bench.clock("2026-05-30 23:00") == ["p0 planned at \(next)"])
    #expect(bench.core.earliestRun == WallTime(seconds: next))
  }

  /// A schedule of every hour goes on when the clock goes back by an hour; but a correction of a
  /// few seconds does not run it twice.
  @Test func backWithEveryHour() {
    var bench = Self.bench("*/5 * * * *", at: "2026-06-01 08:04")
    bench.clock("2026-06-01 08:05")
    #expect(bench.tick() == ["spawn p0"])
    bench.core.clock(WallTime(seconds: utc("2026-06-01 08:05") - 3), bench.now)
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-01 08:10")))
    bench.clock("2026-06-01 07:05")
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-01 07:10")))
  }

  /// A run that was missed stays behind when the clock goes back to where it was.
  @Test func forwardAndBack() {
    var bench = Self.bench("30 2 * * *", at: "2026-06-01 00:00")
    bench.clock("2026-06-01 08:00")
    bench.clock("2026-06-01 00:01")
    #expect(bench.tick() == [])
    #expect(bench.core.earliestRun == WallTime(seconds: utc("2026-06-02 00:30")))
  }

  // MARK: The stop

  @Test func noRunAfterTheStopHasBegun() {
    var bench = Bench([.scheduled("* * * * *"), .scheduled("@every 10s"), .make()])
    bench.send(.begin)
    bench.clock("2026-06-01 08:00")
    bench.tick()
    bench.run(2, pid: 12)
    // Due, and not yet started.
    bench.clock("2026-06-01 08:01")
    bench.signal(.terminate)
    #expect(bench.core.earliestRun == nil)
    #expect(bench.clock("2026-06-01 08:02") == [])
    #expect(bench.tick(after: .seconds(9)) == [])
    #expect(bench.ended(12, .exited(0)) == ["p2 STOPPED code 0", "sweep SIGTERM"])
  }

  @Test func aRunIsStoppedLikeAService() {
    var bench = Bench([.scheduled("@every 10s")])
    bench.begin()
    bench.tick(after: .seconds(10))
    bench.run(0, pid: 10)
    #expect(
      bench.signal(.terminate) == [
        "stop requested: SIGTERM from 0", "p0 STOPPING pid 10 SIGTERM", "kill SIGTERM 10",
      ])
    #expect(bench.ended(10, .signalled(.terminate)) == ["p0 STOPPED SIGTERM", "sweep SIGTERM"])
  }
}

extension Bench {
  /// Where nothing starts by itself, the first tick finds that out.
  mutating func begin() {
    send(.begin)
    tick()
  }

  @discardableResult mutating func clock(_ wall: String) -> [String] {
    send(.clock(WallTime(seconds: utc(wall))))
  }
}

extension Supervisor {
  fileprivate mutating func clock(_ wall: WallTime, _ now: Time) {
    _ = handle(.clock(wall), at: now)
  }
}
