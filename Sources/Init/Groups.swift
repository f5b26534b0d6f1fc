import Basics
import Configuration
import Linux
import Supervision

/// What is left of the process groups of programs whose own process is gone (`stopasgroup`,
/// `killasgroup`): tells when nothing of a group is left any more.
///
/// A group is known by its number alone, the pid that its leader had. The kernel gives this number to
/// nobody else while a process is in the group, zombies counted; afterwards it may. So the number is
/// the group's as long as somebody was in it at each look, and a process that has this very pid shows
/// that it is another's by now: such a group counts as gone, and gets no signal.
///
/// A look comes after each turn in which children were reaped. That tells of the last member in
/// nearly every case: a member whose parent has ended is our child, and one whose parent is in the
/// group is not the last. Only a parent that has left the group itself and lives on (or a kernel
/// without subreapers, where we are not PID 1) reaps members behind our back; therefore looks come by
/// time as well, each after a sixteenth of the time that the group has been waited for.
struct Groups {
  private struct Rest {
    let slot: Slot
    let group: ProcessID
    var since: Time
    var look: Time
  }

  /// Members reaped for one check.
  static let reapBatch = 256
  /// The pauses between two looks by time.
  private static let firstPause = Nanoseconds.milliseconds(50)
  private static let lastPause = Nanoseconds.seconds(60)

  private var rests: [Rest] = []
  /// A child was reaped since the last look.
  var isDue = false

  @inline(__always)
  var isEmpty: Bool { rests.isEmpty }

  /// When the next look has to come.
  var deadline: Time? {
    var earliest: Time?
    for rest in rests { earliest = min(earliest ?? rest.look, rest.look) }
    return earliest
  }

  /// Whether somebody is in the group of a process that was reaped.
  static func lives(_ group: ProcessID) -> Bool {
    group > 1 && isThere(-group) && !isThere(group)
  }

  /// kill(2) with signal 0. Whom we may not signal is there nevertheless.
  private static func isThere(_ target: ProcessID) -> Bool {
    do throws(Errno) {
      try sendSignal(0, to: target)
      return true
    } catch {
      return error != .noProcess
    }
  }

  /// Waits for the end of a group, with short pauses at first.
  mutating func watch(_ slot: Slot, _ group: ProcessID, _ now: Time) {
    forget(slot)
    rests.append(Rest(slot: slot, group: group, since: now, look: now + Self.firstPause))
  }

  mutating func forget(_ slot: Slot) { rests.removeAll { $0.slot == slot } }

  /// Whether children were reaped, or the time has come.
  func wantsLook(_ now: Time) -> Bool {
    isDue || deadline.map { $0 <= now } ?? false
  }

  /// Those whose group is gone.
  mutating func look(_ now: Time) -> [Slot] {
    isDue = false
    var gone: [Slot] = []
    var left: [Rest] = []
    for var rest in rests {
      if !Self.lives(rest.group) {
        gone.append(rest.slot)
        continue
      }
      if rest.look <= now {
        let pause = Nanoseconds((now - rest.since).count / 16)
        rest.look = now + min(max(pause, Self.firstPause), Self.lastPause)
      }
      left.append(rest)
    }
    rests = left
    return gone
  }
}

extension EventLoop {
  /// Who has ended with the program's process and was not reaped yet is nothing of the rest.
  func checkGroup(_ slot: Slot, _ group: ProcessID) {
    // Nobody is reaped while `Trees` lists.
    if group > 1, !trees.isListing {
      // What is left over by the bound counts as alive until it is reaped in its turn.
      for _ in 0..<Groups.reapBatch {
        guard let ended = reapOne(ofGroup: group) else { break }
        reapedBefore.append(ended)
      }
      if !reapedBefore.isEmpty { childrenMayHaveEnded = true }
    }
    guard Groups.lives(group) else { return answer(.treeGone(slot)) }
    groups.watch(slot, group, now())
    answer(.treeLeft(slot))
  }

  func sendToRest(_ signal: Signal, _ slot: Slot, _ group: ProcessID) {
    // The next look tells of one that is gone.
    guard Groups.lives(group) else { return }
    groups.watch(slot, group, now())
    do throws(Errno) {
      try sendSignal(signal.number, to: -group)
    } catch {
      if error == .noProcess { return }
      log.write(
        .warn,
        message(
          "cannot send {} to process group {}: {}, ignoring", signal.name, decimal(group),
          error.text))
    }
  }

  func lookAfterGroups() {
    let now = now()
    guard groups.wantsLook(now) else { return }
    for slot in groups.look(now) { feed(.treeGone(slot), at: now) }
  }
}
