import Basics
import Configuration
import Linux

// swinit's own lines on their way to a sink. They wait in it, and no line is dropped while its reader
// reads; but what nobody reads may not fill the memory of PID 1.

extension Sink {
  /// Bytes of own lines that wait for a reader that does not read: some 600 lines. What does not fit is
  /// dropped by whole lines and counted.
  static let ownCapacity = 64 << 10
  /// The same while the reader reads: what ten thousand programs say that stop at once is less.
  static let greatestOwnCapacity = 4 << 20
  /// Up to here room is not asked for: the reserve has it when memory is short.
  static let shortCapacity = 2 << 10
  /// A reader that has taken a byte within this time reads.
  static let readersPause = Nanoseconds.seconds(1)

  /// A line of swinit's own, to be written with the next flush.
  func writeOwn(_ line: [UInt8]) {
    // Much is said in one turn: what the place takes now need not wait for the turn's end.
    if ownPending + line.count > nextTry { tryNow() }
    if ownPending + line.count > Self.shortCapacity,
      !memoryAllows(3 * (pending.count + line.count))
    {
      tryNow()
      if ownPending + line.count > Self.shortCapacity {
        lostLines &+= 1
        return
      }
    }
    if ownPending + line.count > Self.ownCapacity {
      let isRead = now() - taken < Self.readersPause
      if !isRead || ownPending + line.count > Self.greatestOwnCapacity {
        lostLines &+= 1
        return
      }
    }
    ownPending += line.count
    pending.append(contentsOf: line)
    news.care(self)
  }

  /// Writes what the place takes, also when epoll has not told yet that it takes something. Once for
  /// each `ownCapacity` bytes, for all that waits is copied.
  @inline(never)
  private func tryNow() {
    if state == .blocked { tryAgain() } else { flush() }
    nextTry = ownPending + Self.ownCapacity
  }
}
