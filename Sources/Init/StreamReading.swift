import Configuration
import Linux
import Logs
import Supervision

// From the pipes to the sinks: who is read when, and what becomes of the bytes.

extension Streams {
  /// A turn of the loop begins.
  func beginTurn() { turnBytes = 0 }

  /// epoll says that there is something to read.
  func isReadable(_ index: Int, _ epoll: Epoll) {
    guard streams.indices.contains(index) else { return }
    for _ in 0..<Self.readsInTurn {
      guard turnBytes < Self.turnBudget else { return }
      if let blocker = blocker(streams[index]) { return park(index, at: blocker, epoll) }
      let mayHaveMore = serve(index)
      if parkWithUnread(index, epoll) || !mayHaveMore { return }
    }
    widen(streams[index])
  }

  /// Who keeps his pipe full gets a wider one: fewer changes between him and us.
  private func widen(_ stream: LogStream) {
    if stream.isWide { return }
    stream.isWide = true
    stream.pipe.widen(to: LogLimit.widePipe)
  }

  /// New pipes, and streams whose sink accepts again; these have a budget of their own, so that the
  /// readable ones cannot use it all up.
  func watch(_ epoll: Epoll) {
    turnBytes = 0
    if !unwatched.isEmpty {
      let new = unwatched
      unwatched.removeAll()
      for index in new where !streams[index].isWaiting { watchStream(index, epoll) }
    }
    for sink in news.sinks where !sink.waiting.isEmpty && sink.accepts {
      serveWaiting(sink, epoll)
    }
    // Only now: who was served may have filled its sink.
    for sink in news.sinks {
      if sink.state == .blocked, !sink.isWatched, let file = sink.file {
        // What cannot be waited for is tried again in the next turn.
        if (try? epoll.addWriter(file, token: Token.log(sink: sink.index).packed)) != nil {
          sink.isWatched = true
        } else {
          sink.tryAgain()
        }
      }
    }
    news.forgetContent()
  }

  private func watchStream(_ index: Int, _ epoll: Epoll) {
    let stream = streams[index]
    guard !stream.isWatched else { return }
    let token = Token.stream(index).packed
    stream.isWatched = (try? epoll.addReader(stream.pipe.reader, token: token)) != nil
    if !stream.isWatched { unwatched.append(index) }
  }

  /// Who has something unread is the first to be served again: so only one of a sink's streams ever
  /// has.
  private func parkWithUnread(_ index: Int, _ epoll: Epoll) -> Bool {
    let stream = streams[index]
    if stream.unread.isEmpty { return false }
    park(index, at: blocker(stream) ?? current(stream).sink, epoll)
    return true
  }

  func park(_ index: Int, at sink: Sink, _ epoll: Epoll) {
    let stream = streams[index]
    if stream.isWatched { epoll.remove(stream.pipe.reader) }
    stream.isWatched = false
    guard !stream.isWaiting else { return }
    stream.isWaiting = true
    if stream.unread.isEmpty {
      sink.waiting.append(index)
    } else {
      sink.waiting.insert(index, at: 0)
    }
  }

  private func serveWaiting(_ sink: Sink, _ epoll: Epoll) {
    for _ in 0..<Self.waitingInTurn {
      guard let index = sink.waiting.first, turnBytes < Self.turnBudget, sink.accepts else {
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

  /// The sink that keeps the stream from being read, if there is one.
  func blocker(_ stream: LogStream) -> Sink? {
    let sink = current(stream).sink
    if !sink.accepts { return sink }
    // A syslog that is not there does not hold up what goes elsewhere as well.
    if let copy = stream.copy, !sinks[copy.sink].accepts, sinks[copy.sink].state != .failing {
      return sinks[copy.sink]
    }
    return nil
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

  /// Reads once and carries on what was read. Whether there may be more.
  @discardableResult
  func serve(_ index: Int) -> Bool {
    let stream = streams[index]
    clock.set(nanoseconds: wallClockNow())
    if !stream.unread.isEmpty {
      let bytes = stream.unread
      stream.unread = []
      bytes.withUnsafeBufferPointer { process(stream, $0) }
      return true
    }
    let buffer = readBuffer()
    let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[1...])
    var count = 0
    do throws(Errno) {
      count = try stream.pipe.reader.read(into: room)
    } catch {
      endLine(stream)
      return false
    }
    turnBytes += count
    var range = 1..<(1 + count)
    if let filtered = stream.filter?.filter(buffer, count: count) { range = filtered }
    process(stream, UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[range]))
    // A pipe that gave less than it was asked for is empty: what comes next is told by epoll.
    if count < room.count { endLine(stream) }
    return count > 0
  }

  private func readBuffer() -> UnsafeMutableBufferPointer<UInt8> {
    if let buffer { return buffer }
    let new = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: LogLimit.read + 1)
    buffer = new
    return new
  }

  private func process(_ stream: LogStream, _ input: UnsafeBufferPointer<UInt8>) {
    var position = 0
    let before = stream.lines.count
    while position < input.count {
      if position > 0, blocker(stream) != nil {
        stream.unread = Array(input[position...])
        break
      }
      let rest = UnsafeBufferPointer(rebasing: input[position...])
      let (sink, writer) = current(stream)
      guard let writer else {
        sink.write(rest)
        copy(stream, rest)
        return
      }
      let taken = stream.lines.take(rest, writer, clock, to: out)
      deliver(to: sink)
      copy(stream, UnsafeBufferPointer(rebasing: rest[..<taken]))
      position += taken
    }
    unfinished += stream.lines.count - before
    guard unfinished > LogLimit.unfinished, stream.lines.count > 0 else { return }
    let (sink, writer) = current(stream)
    guard let writer, sink.accepts else { return }
    unfinished -= stream.lines.count
    stream.lines.splitEarly(writer, clock, to: out)
    deliver(to: sink)
  }

  private func copy(_ stream: LogStream, _ input: UnsafeBufferPointer<UInt8>) {
    guard let copy = stream.copy else { return }
    let sink = sinks[copy.sink]
    if sink.state == .failing, sink.isDue(sink.now()) { sink.tryAgain() }
    var position = 0
    while position < input.count {
      let rest = UnsafeBufferPointer(rebasing: input[position...])
      position += stream.copyLines.take(rest, copy.writer, clock, to: copyOut)
      if sink.state != .failing { sink.write(copyOut.bytes) }
      copyOut.clear(keeping: 2 * LogLimit.batch)
    }
  }

  private func deliver(to sink: Sink) {
    if out.count > 0 { sink.write(out.bytes) }
    out.clear(keeping: 2 * LogLimit.batch)
  }

  func endLine(_ stream: LogStream) {
    guard stream.endsLine, stream.unread.isEmpty else { return }
    let (sink, writer) = current(stream)
    if stream.lines.count > 0, !sink.accepts { return }
    stream.endsLine = false
    if let writer {
      unfinished -= stream.lines.count
      stream.lines.end(writer, clock, to: out)
      deliver(to: sink)
    }
    guard let copy = stream.copy else { return }
    stream.copyLines.end(copy.writer, clock, to: copyOut)
    if sinks[copy.sink].state != .failing { sinks[copy.sink].write(copyOut.bytes) }
    copyOut.clear(keeping: 2 * LogLimit.batch)
  }

  /// The program's process is gone: what it wrote comes before the news of its end.
  func programEnded(_ slot: Slot) {
    for isErrors in [false, true] {
      guard let index = index(slot, isErrors) else { continue }
      let stream = streams[index]
      stream.endsLine = true
      let limit = turnBytes + Self.endBudget
      while turnBytes < limit, blocker(stream) == nil, serve(index) {}
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
