import Basics
import Configuration
import Linux
import Logs
import Supervision

// From the pipes to the sinks: who is read when, and what becomes of the bytes.

extension Streams {
  /// A turn of the loop begins.
  func beginTurn() { turnBytes = 0 }

  /// This turn has read what it may.
  var hasReadEnough: Bool { turnBytes >= Self.turnBudget }

  /// epoll says that there is something to read. That is done when the turn's other events are.
  func isReadable(_ index: Int) {
    if streams.indices.contains(index) { readable.append(index) }
  }

  /// Reads from each once, and again from those that have more, until it is enough. epoll has them in
  /// the same order each time, so each turn begins with another one.
  func serveReadable(_ epoll: Epoll) {
    if readable.isEmpty { return }
    var list = readable
    readable.removeAll(keepingCapacity: true)
    rounds = (rounds + 1) & 0xFFFF
    var start = rounds % list.count
    while !list.isEmpty {
      var next: [Int] = []
      for offset in 0..<list.count {
        if hasReadEnough { return }
        let index = list[(start + offset) % list.count]
        if serveReadable(index, epoll) { next.append(index) }
      }
      list = next
      start = 0
    }
  }

  /// Whether there may be more.
  private func serveReadable(_ index: Int, _ epoll: Epoll) -> Bool {
    if !mayRead {
      // It is watched again when memory is no longer short.
      let stream = streams[index]
      if stream.isWatched { epoll.remove(stream.pipe.reader) }
      stream.isWatched = false
      unwatched.append(index)
      return false
    }
    if let blocker = blocker(streams[index]) {
      park(index, at: blocker, epoll)
      return false
    }
    let mayHaveMore = serve(index)
    return !parkWithUnread(index, epoll) && mayHaveMore
  }

  /// New pipes, and streams whose sink accepts again; these have a budget of their own, so that the
  /// readable ones cannot use it all up.
  func watch(_ epoll: Epoll) {
    turnBytes = 0
    guard !news.memoryIsShort else { return watchSinks(epoll) }
    if !unwatched.isEmpty {
      let new = unwatched
      unwatched.removeAll()
      for index in new where !streams[index].isWaiting {
        watchStream(index, epoll)
        // Nothing but this look tells what there is.
        while !streams[index].isWatched, !hasReadEnough, serveReadable(index, epoll) {}
      }
    }
    if news.isSyslogBack { leaveFallback() }
    for sink in news.sinks where !sink.waiting.isEmpty && (sink.accepts || sink.isGone) {
      serveWaiting(sink, epoll)
    }
    watchSinks(epoll)
  }

  /// There is memory for what one read makes, as the longest form of lines has it. While it is short all
  /// pipes wait as they do for a slow reader.
  private var mayRead: Bool { !news.memoryIsShort && memoryAllows(16 * LogLimit.read) }

  private func watchSinks(_ epoll: Epoll) {
    // Only now: who was served may have filled its sink.
    isSinkUnwatched = false
    for sink in news.sinks {
      if sink.state == .blocked, !sink.isWatched, let file = sink.file {
        // What cannot be waited for is tried again, now and with every look.
        if (try? epoll.addWriter(file, token: Token.log(sink: sink.index).packed)) != nil {
          sink.isWatched = true
        } else {
          sink.tryAgain()
          if sink.state == .blocked { isSinkUnwatched = true }
        }
      }
    }
    news.forgetContent()
  }

  /// A stream or a sink that epoll could not take.
  var hasUnwatched: Bool { !unwatched.isEmpty || isSinkUnwatched }

  private func watchStream(_ index: Int, _ epoll: Epoll) {
    let stream = streams[index]
    guard !stream.isWatched else { return }
    let token = Token.stream(index).packed
    stream.isWatched = (try? epoll.addReader(stream.pipe.reader, token: token)) != nil
    if !stream.isWatched, !unwatched.contains(index) { unwatched.append(index) }
  }

  /// Who has something unread is the first to be served again: so only one of a sink's streams ever
  /// has.
  private func parkWithUnread(_ index: Int, _ epoll: Epoll) -> Bool {
    let stream = streams[index]
    guard stream.needsTurn else { return false }
    park(index, at: blocker(stream) ?? current(stream).sink, epoll)
    return true
  }

  func park(_ index: Int, at sink: Sink, _ epoll: Epoll) {
    let stream = streams[index]
    if stream.isWatched { epoll.remove(stream.pipe.reader) }
    stream.isWatched = false
    guard !stream.isWaiting else { return }
    stream.isWaiting = true
    if stream.fallback != nil, sink.index != stream.sink { sinks[stream.sink].isMissed = true }
    if stream.needsTurn {
      sink.waiting.insert(index, at: 0)
    } else {
      sink.waiting.append(index)
    }
  }

  private func serveWaiting(_ sink: Sink, _ epoll: Epoll) {
    for _ in 0..<Self.waitingInTurn {
      guard let index = sink.waiting.first, !hasReadEnough, mayRead, sink.accepts || sink.isGone
      else {
        return
      }
      sink.waiting.removeFirst()
      streams[index].isWaiting = false
      if let other = blocker(streams[index]) {
        park(index, at: other, epoll)
        continue
      }
      watchStream(index, epoll)
      serve(index)
      _ = parkWithUnread(index, epoll)
    }
  }

  /// Streams that wait for the container's instead of syslog, which is there again.
  private func leaveFallback() {
    news.isSyslogBack = false
    for (index, stream) in streams.enumerated() where stream.isWaiting && stream.fallback != nil {
      for sink in news.sinks { sink.waiting.removeAll { $0 == index } }
      sinks[stream.sink].waiting.append(index)
    }
  }

  /// The sink that keeps the stream from being read, if there is one.
  func blocker(_ stream: LogStream) -> Sink? {
    let sink = current(stream).sink
    return sink.accepts ? branchBlocker(stream) : sink
  }

  /// The sink and form of the moment.
  private func current(_ stream: LogStream) -> (sink: Sink, writer: LineWriter?) {
    let sink = sinks[stream.sink]
    if let fallback = stream.fallback {
      if sink.state == .failing, sink.isDue(sink.now()) { sink.tryAgain() }
      if sink.state == .failing { return (sinks[fallback.sink], fallback.writer) }
    }
    return (sink, stream.writer)
  }

  /// Reads once and carries on what was read; where a program's life has ended, no further than there,
  /// and its last line is ended. Whether there may be more.
  @discardableResult
  func serve(_ index: Int) -> Bool {
    let stream = streams[index]
    clock.set(nanoseconds: wallClockNow())
    var mayHaveMore = true
    if !stream.unread.isEmpty {
      let bytes = stream.unread
      stream.unread = []
      bytes.withUnsafeBufferPointer { process(stream, $0) }
    } else if !stream.isAtEnd {
      mayHaveMore = read(stream)
    }
    if stream.isAtEnd, stream.unread.isEmpty, blocker(stream) == nil { endLine(stream) }
    return mayHaveMore
  }

  private func read(_ stream: LogStream) -> Bool {
    let text = readBuffer()
    let wanted = min(LogLimit.read, stream.untilEnd ?? LogLimit.read)
    let room = UnsafeMutableRawBufferPointer(start: text, count: wanted)
    var count = 0
    do throws(Errno) {
      count = try stream.pipe.reader.read(into: room)
    } catch {
      // Nothing there, and so nothing of an earlier life either.
      stream.skipToEnd()
      return false
    }
    turnBytes += count
    stream.taken &+= count
    let isFast = count >= LogLimit.read / 2
    if isFast { widen(stream) }
    var input = UnsafeBufferPointer(start: text, count: count)
    let withFreeByte = UnsafeMutableBufferPointer(start: text - 1, count: count + 1)
    if let range = stream.filter?.filter(withFreeByte, count: count) {
      input = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(withFreeByte)[range])
    }
    stream.lastLine?.add(input)
    process(stream, input)
    // A pipe that gave less than it was asked for is empty: what comes next is told by epoll. Who
    // writes fast has written again by now.
    return isFast || count == wanted
  }

  /// Who fills his pipe again and again gets a wider one: fewer changes between him and us.
  private func widen(_ stream: LogStream) {
    stream.fullReads &+= 1
    if stream.fullReads == Self.readsUntilWide { stream.pipe.widen(to: LogLimit.widePipe) }
  }

  /// Where the bytes go that are read: `LogLimit.read` of them. On a page's beginning, which the kernel
  /// copies to fastest; the byte before it is the filter's.
  private func readBuffer() -> UnsafeMutablePointer<UInt8> {
    if let buffer { return buffer }
    let page = 4096
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: page + LogLimit.read, alignment: page)
    let new = (block + page).assumingMemoryBound(to: UInt8.self)
    buffer = new
    return new
  }

  private func process(_ stream: LogStream, _ input: UnsafeBufferPointer<UInt8>) {
    var position = 0
    let before = stream.unfinished
    let step = bytesAtOnce(stream, input.count)
    while position < input.count {
      if position > 0, blocker(stream) != nil {
        stream.unread = Array(input[position...])
        break
      }
      let end = min(input.count, position + step)
      let rest = UnsafeBufferPointer(rebasing: input[position..<end])
      let (sink, writer) = current(stream)
      var taken = rest.count
      if let writer {
        taken = stream.lines.take(rest, writer, clock, to: out)
        deliver(to: sink)
      } else {
        sink.write(rest)
      }
      writeBranches(stream, UnsafeBufferPointer(rebasing: rest[..<taken]))
      position += taken
    }
    unfinished += stream.unfinished - before
    guard unfinished > LogLimit.unfinished, stream.unfinished > 0, blocker(stream) == nil else {
      return
    }
    unfinished -= stream.unfinished
    let (sink, writer) = current(stream)
    if let writer {
      stream.lines.splitEarly(writer, clock, to: out)
      deliver(to: sink)
    }
    splitBranches(stream)
  }

  private func deliver(to sink: Sink) {
    if out.count > 0 { sink.write(out.bytes) }
    out.clear(keeping: 2 * LogLimit.batch)
  }

  /// A life of the program has ended here.
  private func endLine(_ stream: LogStream) {
    if stream.filter?.end() == true {
      let escape: [UInt8] = [0x1B]
      escape.withUnsafeBufferPointer { process(stream, $0) }
    }
    stream.passEnd()
    unfinished -= stream.unfinished
    let (sink, writer) = current(stream)
    if let writer {
      stream.lines.end(writer, clock, to: out)
      deliver(to: sink)
    }
    endBranches(stream)
  }

  /// The program's process is gone: what it wrote comes before the news of its end, unless its place
  /// takes nothing now. That is at most what its pipes hold.
  func programEnded(_ slot: Slot, _ epoll: Epoll) {
    for isErrors in [false, true] {
      guard let index = index(slot, isErrors) else { continue }
      let stream = streams[index]
      stream.markEnd()
      while stream.hasEnd, mayRead, blocker(stream) == nil { serve(index) }
      if stream.hasEnd, let blocker = blocker(stream) { park(index, at: blocker, epoll) }
    }
  }
}

extension LineWriter.Form {
  /// nil: bytes as they come.
  init?(_ format: LogFormat) {
    switch format {
    case .direct: return nil
    case .raw: self = .raw
    case .prefix: self = .prefix
    case .timestamp: self = .timestamp
    case .json: self = .json
    }
  }
}
