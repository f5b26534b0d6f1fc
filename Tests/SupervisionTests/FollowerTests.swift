import Configuration
import Testing

@testable import Basics
@testable import Supervision

/// A command and its daemon: where the program goes on, and when it has ended.
@Suite struct FollowerTests {
  private struct Desk {
    var follower: Follower
    var now = Time(nanoseconds: 0)
    init(_ mode: Follow.Mode) {
      follower = Follower(mode)
      _ = follower.handle(.started(10), at: now)
    }
    mutating func send(_ event: Follower.Event, after pause: Nanoseconds = .zero)
      -> [Follower.Move]
    {
      now = now + pause
      return follower.handle(event, at: now)
    }
  }

  @Test func aDaemonThatForks() {
    var desk = Desk(.afterFork)
    #expect(!desk.follower.wantsFile)
    #expect(desk.send(.named(20)) == [])
    #expect(desk.send(.commandEnded(.exited(0))) == [.detach])
    #expect(desk.follower.awaitsFile)
    #expect(desk.send(.named(20)) == [.become(20)])
    #expect(desk.follower.deadline == nil)
    #expect(desk.send(.daemonEnded(.exited(4))) == [.end(.exited(4))])
  }

  @Test func aPidfileThatNeverComes() {
    var desk = Desk(.afterFork)
    _ = desk.send(.commandEnded(.exited(0)))
    #expect(desk.send(.timedOut(hasSuccessor: false), after: .seconds(9)) == [])
    #expect(
      desk.send(.timedOut(hasSuccessor: false), after: .seconds(1))
        == [.nobodyNamed, .end(.exited(0))])
    #expect(desk.send(.named(20)) == [])
  }

  @Test(arguments: [WaitStatus.exited(1), .signalled(.terminate)])
  func aCommandThatFails(_ status: WaitStatus) {
    for mode in [Follow.Mode.afterFork, .proxy] {
      var desk = Desk(mode)
      #expect(desk.send(.commandEnded(status)) == [.end(status)])
    }
  }

  @Test func aWrapperThatStaysIsToldToEnd() {
    var desk = Desk(.proxy)
    #expect(desk.send(.named(20)) == [.follow(20)])
    #expect(desk.send(.daemonEnded(nil)) == [])
    #expect(
      desk.send(.timedOut(hasSuccessor: false), after: .seconds(5)) == [.endCommand(.terminate)])
    #expect(
      desk.send(.timedOut(hasSuccessor: false), after: .seconds(10)) == [.endCommand(.kill)])
    #expect(desk.follower.deadline == nil)
    #expect(desk.send(.commandEnded(.signalled(.kill))) == [.end(.signalled(.kill))])
  }

  @Test func aDaemonThatIsStartedAgainIsWaitedForAndFollowed() {
    var desk = Desk(.proxy)
    _ = desk.send(.named(20))
    _ = desk.send(.daemonEnded(.signalled(.kill)))
    for _ in 0..<10 {
      #expect(desk.send(.timedOut(hasSuccessor: true), after: .seconds(5)) == [])
    }
    #expect(desk.send(.named(30)) == [.follow(30)])
    #expect(desk.follower.deadline == nil)
  }

  @Test func aWrapperThatDiesLeavesTheDaemon() {
    var desk = Desk(.proxy)
    _ = desk.send(.named(20))
    #expect(desk.send(.commandEnded(.signalled(.kill))) == [.become(20)])
    #expect(desk.send(.daemonEnded(nil)) == [.end(Follower.unknownStatus)])
  }

  @Test func whenToldToStopNobodyWaitsForASuccessor() {
    var desk = Desk(.proxy)
    _ = desk.send(.named(20))
    _ = desk.send(.told)
    _ = desk.send(.daemonEnded(.exited(0)))
    #expect(
      desk.send(.timedOut(hasSuccessor: true), after: .seconds(1)) == [.endCommand(.terminate)])
    #expect(desk.send(.commandEnded(.signalled(.terminate))) == [.end(.exited(0))])
  }

  @Test func whenToldToStopALatePidfileHasASecond() {
    var desk = Desk(.afterFork)
    _ = desk.send(.commandEnded(.exited(0)))
    _ = desk.send(.told, after: .seconds(2))
    #expect(desk.follower.deadline == Time(nanoseconds: 3_000_000_000))
    #expect(
      desk.send(.timedOut(hasSuccessor: false), after: .seconds(1))
        == [.nobodyNamed, .end(.exited(0))])
  }

  /// A foreground program that ends of its stop signal has no daemon to be waited for.
  @Test(arguments: [Follow.Mode.afterFork, .proxy]) func toldAndGoneIsGone(_ mode: Follow.Mode) {
    var desk = Desk(mode)
    _ = desk.send(.told, after: .seconds(2))
    let moves = desk.send(.commandEnded(.exited(0)))
    guard mode == .afterFork else {
      #expect(moves == [.end(.exited(0))])
      return
    }
    // The file is looked at once.
    #expect(moves == [.detach])
    #expect(desk.follower.deadline == desk.now)
    #expect(desk.send(.timedOut(hasSuccessor: false)) == [.end(.exited(0))])
  }

  /// One that was told while it went into the background may have a daemon, if there is any process.
  @Test(arguments: [true, false]) func toldOnItsWayIntoTheBackground(mayHaveDaemon: Bool) {
    var desk = Desk(.afterFork)
    _ = desk.send(.told, after: .milliseconds(5))
    desk.follower.mayHaveDaemon = mayHaveDaemon
    #expect(desk.send(.commandEnded(.exited(0))) == [.detach])
    #expect(desk.follower.deadline == desk.now + (mayHaveDaemon ? .seconds(1) : .zero))
    #expect(desk.send(.named(20)) == [.become(20)])
  }

  @Test func toldWhileThePidfileIsAwaitedThatNobodyIsThereToWrite() {
    var desk = Desk(.afterFork)
    _ = desk.send(.commandEnded(.exited(0)))
    desk.follower.mayHaveDaemon = false
    _ = desk.send(.told, after: .seconds(2))
    #expect(desk.send(.timedOut(hasSuccessor: false)) == [.end(.exited(0))])
  }

  /// Nobody can be killed whose pid is not known.
  @Test func whatIsDetachedAndKilledGetsNoSignal() {
    var bench = Bench([.make { $0.stopwaitsecs = .zero }])
    bench.start()
    bench.send(.detached(0))
    bench.signal(.terminate)
    #expect(bench.tick() == ["p0 killing pid 0 after 0s"])
    #expect(bench.send(.followed(0, 20)) == ["kill SIGKILL 20"])
  }

  /// Random lives: every one ends, once, and not while a process of it is known to live.
  @Test func everyLifeEndsOnce() {
    for seed in 0..<20_000 {
      var random = SplitMix(UInt64(seed))
      var desk = Desk(seed % 2 == 0 ? .afterFork : .proxy)
      var (command, daemon, next) = (true, ProcessID(0), ProcessID(20))
      var ends = 0
      for step in 0..<200 where ends == 0 {
        var event: Follower.Event
        switch random.next() % 6 {
        case 0 where step < 100:
          event = .named(next)
          next += 1
        case 1 where command:
          command = false
          event = .commandEnded(random.next() % 2 == 0 ? .exited(0) : .exited(1))
        case 2 where daemon != 0: event = .daemonEnded(random.next() % 2 == 0 ? nil : .exited(3))
        case 3: event = .told
        default:
          event = .timedOut(hasSuccessor: step < 100 && random.next() % 2 == 0)
          if let due = desk.follower.deadline { desk.now = max(desk.now, due) }
        }
        for move in desk.send(event) {
          if case .end = move { ends += 1 }
          if case .endCommand = move { #expect(command) }
        }
        daemon = desk.follower.daemon
        if ends > 0 { #expect(!command && daemon == 0, "seed \(seed)") }
        #expect(command == (desk.follower.command != 0), "seed \(seed)")
        #expect(
          ends > 0 || command || daemon != 0 || desk.follower.deadline != nil, "seed \(seed)")
      }
      if !command, daemon == 0 { #expect(ends == 1, "seed \(seed)") }
    }
  }

  /// In the core: nothing is RUNNING that is not known to live.
  @Test func theCoreWaitsForTheDaemon() {
    var bench = Bench([.make()])
    bench.start()
    bench.send(.detached(0))
    #expect(bench.pause() == nil)
    bench.now = bench.now + .seconds(2)
    #expect(bench.send(.followed(0, 20)) == ["p0 RUNNING pid 20"])
    #expect(bench.signal(.terminate).last == "kill SIGTERM 20")
    #expect(bench.send(.gone(0, .exited(0))).first == "p0 STOPPED code 0")
  }

  @Test func aDaemonThatComesDuringTheStopIsTold() {
    var bench = Bench([.make()])
    bench.start()
    bench.send(.detached(0))
    #expect(
      bench.signal(.terminate).suffix(2) == ["p0 STOPPING pid 0 SIGTERM", "stop awaited p0"])
    #expect(bench.send(.followed(0, 20)) == ["kill SIGTERM 20"])
    #expect(bench.send(.gone(0, .exited(0))).last == "sweep SIGTERM")
  }

  private struct SplitMix {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
