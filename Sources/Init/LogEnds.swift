import Configuration
import Linux
import Logs
import Supervision

// What becomes of the streams when something was in the way: pauses, log rotation by others, and
// swinit's own end.

extension Streams {
  /// How long the end waits for a place that takes nothing.
  static let stillPatience = Nanoseconds.milliseconds(500)
  /// And for all places together, as long as bytes move.
  static let endPatience = Nanoseconds.seconds(5)

  /// When `timePassed` wants to be called; nil: never.
  var deadline: Time? {
    var first: Time?
    for sink in news.sinks {
      if let deadline = sink.deadline, deadline < first ?? .distantFuture { first = deadline }
    }
    return first
  }

  func timePassed(_ now: Time) {
    for sink in news.sinks where sink.timePassed(now) {
      sink.bytesBehind = bytesBehind(sink.index)
      sink.tryAgain()
    }
  }

  /// epoll says that a blocked sink takes more.
  func isWritable(_ index: Int, _ epoll: Epoll) {
    guard sinks.indices.contains(index) else { return }
    let sink = sinks[index]
    if sink.isWatched, let file = sink.file { epoll.remove(file) }
    sink.isWatched = false
    sink.tryAgain()
  }

  /// Writes what can be written of swinit's own lines, and of what waited.
  func flush() {
    for sink in news.sinks { sink.flush() }
  }

  /// SIGUSR2: somebody has moved the log files.
  func reopen() {
    for sink in sinks { sink.reopen() }
  }

  /// Bytes that wait for a sink, here and in the pipes.
  private func bytesBehind(_ index: Int) -> Int {
    var sum = sinks[index].pending.count
    for stream in streams where stream.sink == index { sum += stream.bytesBehind }
    return sum
  }

  /// The end: every program is gone. What they left in the pipes is written, as long as the places
  /// take it, and what swinit itself has to say. What a process that outlived even SIGKILL writes
  /// from here on is not waited for.
  func drain() {
    guard var epoll = try? Epoll() else { return flush() }
    var left: [Int] = []
    for stream in streams {
      left.append(stream.pipe.reader.bytesWaiting)
      stream.endsLine = true
    }
    let start = now()
    var lastMove = start
    while true {
      let before = bytesBehindAll(left)
      for index in streams.indices { drain(index, &left[index]) }
      flush()
      let after = bytesBehindAll(left)
      if after == 0 { return }
      let now = now()
      if after < before { lastMove = now }
      if now - lastMove >= Self.stillPatience || now - start >= Self.endPatience { break }
      if after < before { continue }
      waitForSinks(&epoll)
      timePassed(self.now())
    }
    sayWhatIsLeft()
  }

  private func drain(_ index: Int, _ left: inout Int) {
    let stream = streams[index]
    beginTurn()
    while left > 0 || !stream.unread.isEmpty, blocker(stream) == nil {
      let before = stream.pipe.reader.bytesWaiting
      let isResumed = !stream.unread.isEmpty
      guard serve(index) else {
        left = 0
        break
      }
      if !isResumed { left -= min(left, LogLimit.read, max(before, 1)) }
    }
    if left <= 0, stream.unread.isEmpty { endLine(stream) }
  }

  private func waitForSinks(_ epoll: inout Epoll) {
    for index in sinks.indices where sinks[index].state == .blocked {
      guard let file = sinks[index].file else { continue }
      // A second time it is there already.
      try? epoll.addWriter(file, token: Token.log(sink: index).packed)
    }
    let count = epoll.wait(milliseconds: 50)
    for index in 0..<count {
      guard case .log(let sink) = Token(packed: epoll.token(index)) else { continue }
      if let file = sinks[sink].file { epoll.remove(file) }
      sinks[sink].tryAgain()
    }
  }

  private func bytesBehindAll(_ left: [Int]) -> Int {
    var sum = 0
    for sink in sinks { sum += sink.pending.count }
    for index in streams.indices {
      sum += left[index] + streams[index].unread.count + streams[index].lines.count
    }
    return sum
  }

  private func sayWhatIsLeft() {
    for index in sinks.indices {
      let count = bytesBehind(index)
      if count == 0 { continue }
      news.say(
        .error,
        message(
          "{}: took nothing for {} at the end: {} bytes are lost", sinks[index].name,
          seconds(Self.stillPatience), decimal(count)))
    }
  }

  /// What was dropped because nobody can read it, for the last lines.
  func sayWhatWasDropped() {
    for sink in sinks where sink.dropped > 0 {
      news.say(
        .error,
        message("{}: {} bytes were dropped: nobody can read them", sink.name, decimal(sink.dropped))
      )
    }
  }

  func now() -> Time { Time(nanoseconds: monotonicNow()) }
}
