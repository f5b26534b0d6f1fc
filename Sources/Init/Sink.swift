import Basics
import Configuration
import Linux
import Logs

/// One place where lines end up: the container's stdout or stderr, a log file, syslog.
///
/// Writing never waits. What the place would not take is kept in `pending`, and until that is gone
/// nothing more is accepted: the streams that lead here stay unread, their pipes fill up, and their
/// programs wait as they would for any slow reader. So nothing is lost, and memory stays bounded by
/// what one read makes. Why a place does not take bytes decides how that ends:
///
///     blocked   its reader does not read          until epoll says that it does
///     failing   disk full, read-only, gone, …     until a try after a pause succeeds
///     broken    closed at the other end           bytes are dropped and counted, nobody can ever
///                                                 read them; each new line tries again
///
/// Each is said once, and said again, with its count, when it is over. What may never happen: a write
/// that blocks, a line that is doubled, a line of one in the middle of another's.
final class Sink {
  enum Kind: Equatable {
    case container, file, syslog
  }
  enum State: Equatable {
    case open, blocked, failing, broken
  }

  /// The most that a pipe takes in one piece (PIPE_BUF), so that lines of others who write to the
  /// same pipe do not cut ours in two.
  static let piece = 4096
  /// How long nobody may read before it is worth a word. A reader that is merely slow would be worth
  /// one all the time: each time it is said it takes twice as long, up to the greatest value, until a
  /// word was not worth it for as long as that.
  static let blockedNotice = Nanoseconds.seconds(1)
  static let greatestNotice = Nanoseconds.seconds(300)

  /// Its place in `Streams.sinks`.
  let index: Int
  let kind: Kind
  /// `stdout`, `stderr`, `syslog`, or the path.
  let name: ByteString
  let news: News
  var file: FileDescriptor?
  var state = State.open {
    didSet { if state != .open { news.care(self) } }
  }
  /// Among `News.sinks`.
  var isListed = false
  /// Bytes that were accepted and are not written.
  var pending: [UInt8] = []
  /// Of swinit's own lines (`OwnLines.swift`): the bytes that wait, when the place is tried again
  /// within a turn, and the lines that were dropped.
  var ownPending = 0
  var nextTry = Sink.ownCapacity
  var lostLines: UInt64 = 0
  /// When the place took a byte last.
  private(set) var taken = Time(nanoseconds: .min / 2)
  /// Dropped since it broke, and for good.
  private(set) var dropped: UInt64 = 0
  /// Streams that have something for it, first come, first served.
  var waiting: [Int] = [] {
    didSet { news.care(self) }
  }
  /// epoll tells when it is writable.
  var isWatched = false

  /// Since when it has not been open.
  var since = Time(nanoseconds: 0)
  private var isSaid = false
  private var notice = Sink.blockedNotice
  private var saidAt = Time(nanoseconds: 0)
  private(set) var failure: Errno?
  private var pause = RetryPause()
  private(set) var retryAt: Time?
  /// Of syslog: bytes of copies that were not sent while it was gone, and whether somebody waits
  /// elsewhere instead.
  private var missed: UInt64 = 0
  var isMissed = false
  /// The last byte that was written ended a line.
  private(set) var endsWithNewline = true
  /// At the end: nothing goes there any more, so that other places get what is left; the bytes.
  var isGivenUp = false
  var given = 0
  /// What waits for it, in the pipes too: set before a try.
  var bytesBehind = 0

  // Of a file.
  let path: ByteString
  var rotation: Rotation?
  /// Which file it is, whatever its names.
  var identity: FileIdentity?
  var size: Int64 = 0
  var rotationFailure: Errno?
  var rotationPause = RetryPause()
  var rotateAt = Time(nanoseconds: 0)

  private let isSocket: Bool
  let isTerminal: Bool
  let isRegular: Bool
  /// The open file is ours alone and non-blocking, or regular.
  var neverWaits: Bool
  /// The most in one write.
  var piece = Sink.piece

  private init(
    _ index: Int, _ kind: Kind, _ name: ByteString, _ file: FileDescriptor?, _ news: News,
    neverWaits: Bool, path: ByteString = "", rotation: Rotation? = nil
  ) {
    self.index = index
    self.kind = kind
    self.name = name
    self.file = file
    self.news = news
    self.path = path
    isSocket = file?.isSocket ?? false
    isTerminal = file?.isTerminal ?? false
    isRegular = file?.isRegularFile ?? false
    self.neverWaits = neverWaits || isRegular
    self.rotation = isRegular ? rotation : nil
    if isRegular { size = max(0, file?.size ?? 0) }
    if kind == .file { identity = file?.identity }
  }

  /// Another of its programs wants it rotated, and the first did not say.
  func rotate(by new: Rotation) {
    if kind == .file, isRegular, rotation == nil, new.maxbytes > 0 { rotation = new }
  }

  /// The container's stdout or stderr: on an open file of its own where that is possible, so that
  /// it can be non-blocking without making it so for the programs that share it. A regular file is
  /// shared for its position, and never blocks.
  ///
  /// - Parameter opened: that file, opened when we were still allowed to.
  convenience init(
    _ index: Int, container shared: FileDescriptor, opened: FileDescriptor?, _ news: News
  ) {
    let name: ByteString = shared == .standardOutput ? "stdout" : "stderr"
    guard let own = opened ?? shared.reopenedWithoutWaiting else {
      self.init(index, .container, name, shared, news, neverWaits: false)
      return
    }
    self.init(index, .container, name, own, news, neverWaits: true)
  }

  /// A file that is open for appending.
  convenience init(
    _ index: Int, _ file: FileDescriptor, path: ByteString, rotation: Rotation?, _ news: News
  ) {
    self.init(index, .file, path, file, news, neverWaits: true, path: path, rotation: rotation)
  }

  convenience init(_ index: Int, syslog news: News) {
    self.init(index, .syslog, "syslog", nil, news, neverWaits: true)
    do throws(Errno) {
      file = try FileDescriptor.syslog()
    } catch {
      fail(error)
    }
  }

  /// Only we write here: a piece may be as large as a batch.
  func isOurs() {
    if neverWaits { piece = LogLimit.batch }
  }

  /// A syslog that is not there: lines go elsewhere, or nowhere.
  var isGone: Bool { kind == .syslog && state == .failing }

  /// Bytes that were not sent to it.
  func miss(_ count: Int) { missed &+= UInt64(count) }

  /// Takes bytes now.
  var accepts: Bool {
    if !pending.isEmpty, state == .open { flush() }
    return isGivenUp || (pending.isEmpty && (state == .open || state == .broken))
  }

  /// Writes, or keeps what cannot be written: to be asked first whether it accepts.
  func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    if isGivenUp {
      given += bytes.count
      return
    }
    let done = accepts ? push(bytes) : 0
    if done < bytes.count {
      pending.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[done...]))
      news.care(self)
    }
  }

  /// Writes what waits, unless it is known that it cannot be.
  func flush() {
    guard state == .open || state == .broken else { return }
    while !pending.isEmpty {
      let bytes = pending
      pending = []
      let done = bytes.withUnsafeBufferPointer { push($0) }
      if done < bytes.count { pending = Array(bytes[done...]) }
      ownPending = min(ownPending, pending.count)
      nextTry = ownPending + Self.ownCapacity
      guard pending.isEmpty, lostLines > 0, state == .open else { return }
      news.say(
        .warn, message("{} messages were lost here: nobody read them", decimal(lostLines)))
      lostLines = 0
    }
  }

  /// The descriptor is writable, or a pause is over.
  func tryAgain() {
    guard state == .blocked || state == .failing else { return }
    if kind == .syslog, file == nil { reconnect() }
    if kind == .file, state == .failing { replaceFile() }
    guard file != nil else { return }
    let (blockedSince, lastTaken, wasBlocked) = (since, taken, state == .blocked)
    state = .open
    retryAt = nil
    if pending.isEmpty, failure != nil, kind == .syslog { recovered() }
    flush()
    // It took nothing: nobody has read it since.
    if wasBlocked, state == .blocked, taken == lastTaken { since = blockedSince }
  }

  // MARK: Writing

  private func push(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    guard let start = bytes.baseAddress else { return 0 }
    var done = 0
    var isRetried = false
    while done < bytes.count {
      let count = nextPart(start + done, bytes.count - done)
      do throws(Errno) {
        let written = try put(start + done, count)
        done += written
        if isSaid || failure != nil { recovered() }
        guard written > 0 else { continue }
        if !isRegular { taken = now() }
        endsWithNewline = start[done - 1] == 0x0A
        if rotation != nil {
          size &+= Int64(written)
          if endsWithNewline { rotateIfFull() }
        }
      } catch {
        if error == .wouldBlock {
          state = .blocked
          since = now()
          return done
        }
        if error == .messageTooLong, kind == .syslog {
          dropped &+= UInt64(count)
          done += count
          continue
        }
        if kind == .syslog, !isRetried {
          // It may only have been started anew.
          isRetried = true
          file?.close()
          file = nil
          reconnect()
          if file != nil { continue }
        }
        fail(error)
        if state == .broken {
          dropped &+= UInt64(bytes.count - done)
          return bytes.count
        }
        return done
      }
    }
    return done
  }

  /// How much of the bytes the next write takes.
  private func nextPart(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int {
    if kind == .syslog { return min(count, firstNewline(start, count) + 1) }
    if let rotation, rotation.maxbytes > 0 { return partUntilFull(start, count) }
    if isRegular || count <= piece { return count }
    var end = piece
    while end > 0, start[end - 1] != 0x0A { end -= 1 }
    return end > 0 ? end : piece
  }

  private func put(_ start: UnsafePointer<UInt8>, _ count: Int) throws(Errno) -> Int {
    guard let file else { throw Errno.noEntry }
    if kind == .syslog {
      // Without its newline, which is ours.
      _ = try file.write(UnsafeRawBufferPointer(start: start, count: max(0, count - 1)))
      return count
    }
    let part = UnsafeRawBufferPointer(start: start, count: count)
    return neverWaits ? try file.write(part) : try file.writeNow(part, isSocket: isSocket)
  }

  // MARK: What goes wrong, and its end

  private func fail(_ error: Errno) {
    let isNew = failure == nil
    if isNew { since = now() }
    failure = error
    if kind == .syslog {
      file?.close()
      file = nil
    }
    if kind == .container, !isRegular {
      state = .broken
      if isNew {
        isSaid = true
        news.say(
          .error, message("{}: {}: what is written there is dropped", name, error.text))
      }
      return
    }
    state = .failing
    retryAt = now() + pause.next()
    guard isNew else { return }
    isSaid = true
    news.say(.error, message(kind == .syslog ? Self.noSyslog : Self.waits, name, error.text))
  }

  private static let waits: Literal =
    "{}: cannot write: {}: its programs wait until that is over"
  private static let noSyslog: Literal =
    "{}: /dev/log: {}: lines for it alone go to the container's stdout and stderr, copies nowhere"

  private func reconnect() {
    do throws(Errno) {
      file = try FileDescriptor.syslog()
    } catch {
      retryAt = now() + pause.next()
    }
  }

  private func recovered() {
    let length = now() - since
    if failure == nil {
      news.say(.info, message("{}: is read again after {}", name, secondsText(length)))
    } else if state == .broken {
      news.say(
        .info, message("{}: is open again; {} bytes were dropped", name, decimal(dropped)))
      dropped = 0
      state = .open
    } else if kind == .syslog {
      news.isSyslogBack = true
      isMissed = false
      news.say(
        .info,
        message(
          "{}: works again after {}; {} bytes of copies were not sent", name, secondsText(length),
          decimal(missed)))
      missed = 0
    } else {
      news.say(
        .info,
        message(
          "{}: works again after {}; {} bytes had waited, none is lost", name, secondsText(length),
          decimal(bytesBehind)))
    }
    failure = nil
    isSaid = false
    pause = RetryPause()
  }

  /// When `timePassed` wants to be called; nil: never.
  var deadline: Time? {
    switch state {
    // Who waits here is served in the next turn.
    case .open, .broken:
      return waiting.isEmpty || news.memoryIsShort ? nil : Time(nanoseconds: 0)
    case .blocked: return isSaid ? nil : since + notice
    // Without anything for it syslog is asked again with the next line, not by the clock.
    case .failing: return kind == .syslog && pending.isEmpty && !isMissed ? nil : retryAt
    }
  }

  /// - Returns: whether it is to be tried again.
  func timePassed(_ now: Time) -> Bool {
    switch state {
    case .open, .broken: return false
    case .blocked:
      if !isSaid, since + notice <= now {
        isSaid = true
        notice =
          now - saidAt > Self.greatestNotice
          ? Self.blockedNotice : min(Nanoseconds(notice.count * 2), Self.greatestNotice)
        saidAt = now
        news.say(
          .warn, message("{}: nobody reads it: what leads there waits", name))
      }
      return false
    case .failing: return isDue(now)
    }
  }

  /// Nothing waits in it or for it.
  var isContent: Bool { state == .open && pending.isEmpty && waiting.isEmpty }

  func isDue(_ now: Time) -> Bool { retryAt.map { $0 <= now } ?? true }

  func now() -> Time { Time(nanoseconds: monotonicNow()) }
}
