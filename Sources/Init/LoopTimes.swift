import Basics
import Configuration
import Linux
import Supervision

// What comes from other sources than children and signals: tests, pidfiles, the wall clock.

extension EventLoop {
  /// Kinds of `Noise` below it are signals.
  private static let firstPidfileNoise = 1000
  private static let firstReadyNoise = 1_000_000

  /// What tests have found.
  func tellAnswers() {
    if probes.isEmpty { return }
    while let answer = probes.takeAnswer() { feed(.probed(answer.slot, answer.failure)) }
    while let remark = probes.takeRemark() {
      // Anybody may send as many messages as he likes.
      let name = messages.name(remark.slot)
      if noise.isSaid(Self.firstReadyNoise + remark.slot, name + ": READY=1", at: now()) {
        log.write(.warn, message("{}: {}", name, remark.text))
      }
    }
  }

  // Programs that put themselves into the background.

  @inline(never)
  func world() -> FollowingWorld {
    FollowingWorld(
      now: now(), epoll: epoll, filesToken: Token.pidfiles.packed,
      token: { Token.daemon($0).packed },
      isProgram: { self.supervisor.slot(of: $0) != nil },
      bears: { (pid, slot) throws(Errno) in try self.marks.bears(pid, slot) })
  }

  func follow(_ body: (inout Following, inout FollowingWorld) -> [Following.Order]) {
    if following.isEmpty { return }
    var world = world()
    carryOut(body(&following, &world))
  }

  @inline(never)
  func carryOut(_ orders: [Following.Order]) {
    for order in orders {
      switch order {
      case .detached(let slot): feed(.detached(slot))
      case .became(let slot, let pid): feed(.followed(slot, pid))
      case .ended(let slot, let status): feed(.gone(slot, status))
      case .say(let slot, let level, let text):
        // A program may write its pidfile as often as it likes.
        let name = messages.name(slot)
        if noise.isSaid(Self.firstPidfileNoise + slot, name + ": pidfile", at: now()) {
          log.write(level, message("{}: {}", name, text))
        }
      }
    }
  }

  // Schedules.

  func beginSchedules() {
    guard messages.configuration.followsWallClock else { return }
    if let remark = remarkOnZone(messages.configuration) { log.write(.warn, remark) }
    do throws(Errno) {
      wallTimer = try WallTimer()
      watchWallClock()
      readWallClock()
    } catch {
      log.write(.error, message("cannot run schedules: timerfd: {}", error.text))
    }
  }

  /// Looks at the wall clock and waits for the next run. Setting the clock in between wakes us too.
  func readWallClock() {
    guard let wallTimer else { return }
    wallTimer.acknowledge()
    feed(.clock(WallTime(seconds: wallNow())))
    // Where the clock was set since it was read, it is read again.
    while let run = supervisor.earliestRun, !wallTimer.set(to: run.seconds) {
      feed(.clock(WallTime(seconds: wallNow())))
    }
  }
}

/// What is to be said of TZ where a schedule goes by it.
@inline(never)
public func remarkOnZone(_ configuration: Configuration) -> ByteString? {
  guard configuration.followsWallClock, let zone = missingZone() else { return nil }
  return message(
    "TZ {q}: there is no such zone file (tzdata), schedules run in UTC", ByteString(zone))
}
