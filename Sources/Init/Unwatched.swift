import Basics
import Configuration
import Linux
import Supervision

// What epoll could not take (`epoll_ctl(2)`: ENOSPC, since fs.epoll.max_user_watches counts for all
// processes of a user on the machine; ENOMEM). It is looked at again and again until epoll takes it:
// slower, and at the cost of the wake-ups, but nothing stands still.

extension EventLoop {
  /// The pause between two looks.
  static let lookPause = Nanoseconds.milliseconds(50)

  /// Something is to be looked at that no event will tell of.
  var isUnwatched: Bool {
    streams.hasUnwatched || !unwatchedReports.isEmpty || isWallClockUnwatched
  }

  /// Streams are looked at in every turn (`Streams.watch`), what programs say of themselves by a deadline
  /// of its own (`Probes.deadline`).
  @inline(never)
  func lookAtUnwatched() {
    let slots = unwatchedReports
    unwatchedReports = []
    for slot in slots where reports[slot].file != nil {
      watchReport(slot)
      if result != nil { return }
    }
    if isWallClockUnwatched {
      watchWallClock()
      readWallClock()
    }
  }

  /// Has epoll tell of the exec of the slot's process. Until epoll takes it, it is read here.
  func watchReport(_ slot: Slot) {
    guard let file = reports[slot].file, !reports[slot].isWatched else { return }
    let token = Token.report(slot: slot, generation: reports[slot].generation).packed
    if (try? epoll.addReader(file, token: token)) != nil {
      reports[slot].isWatched = true
      return
    }
    if !unwatchedReports.contains(slot) { unwatchedReports.append(slot) }
    readReport(slot)
  }

  func watchWallClock() {
    guard let wallTimer else { return }
    let isTaken = (try? epoll.addReader(wallTimer.descriptor, token: Token.wallClock.packed)) != nil
    isWallClockUnwatched = !isTaken
  }
}
