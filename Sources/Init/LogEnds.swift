import Basics
import Configuration
import Linux
import Logs
import Supervision

// What becomes of the streams when something was in the way: pauses, log rotation by others, and
// swinit's own end.

extension Streams {
  /// How long the end waits while nothing is taken anywhere.
  static let stillPatience = Nanoseconds.seconds(2)
  /// The same for swinit's last words.
  static let lastPatience = Nanoseconds.milliseconds(500)
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
    for stream in streams where stream.leads(to: index) { sum += stream.bytesBehind }
    return sum
  }

  /// The end: every program is gone. What they left in the pipes is written, and what swinit has to
  /// say, as long as the places take it; what then is left is said to be lost, and is. What a process
  /// that outlived even SIGKILL writes from here on is not waited for.
  ///
  /// - Parameter end: of the grace, if there is one: then nothing is waited for any more.
  func drain(until end: Time?) {
    for stream in streams { stream.markEnd() }
    let isDone = wait(atMost: Self.endPatience, until: end) {
      self.beginTurn()
      for index in self.streams.indices { self.drain(index) }
    }
    if !isDone { giveUp() }
  }

  /// swinit's last words.
  func finish(until end: Time?) { _ = wait(atMost: Self.lastPatience, until: end) {} }

  /// Writes until nothing is left, for at most that long, and not for ever to a place that takes
  /// nothing. There is no other work any more, so places are simply tried again and again. Whether all
  /// is written.
  private func wait(
    atMost patience: Nanoseconds, until end: Time?, _ work: () -> Void
  ) -> Bool {
    let start = now()
    let hasGrace = end != nil
    let end = min(end ?? .distantFuture, start + patience)
    var lastMove = start
    var behind = Int.max
    var pauses = Pauses()
    while true {
      work()
      for sink in sinks {
        sink.tryAgain()
        sink.flush()
      }
      let now = now()
      let after = bytesBehindAll
      if after == 0 { return true }
      if after < behind { lastMove = now }
      if now - lastMove >= Self.stillPatience || now >= end { return false }
      if after >= behind {
        pauseBriefly()
        if !hasGrace { forgetTime(pauses.length(from: now, until: now, to: self.now()).count) }
      }
      behind = after
    }
  }

  func drain(_ index: Int) {
    let stream = streams[index]
    while stream.hasEnd || !stream.unread.isEmpty, blocker(stream) == nil { serve(index) }
  }

  private var bytesBehindAll: Int {
    var sum = 0
    for sink in sinks { sum += sink.pending.count }
    for stream in streams { sum += stream.bytesBeforeEnd }
    return sum
  }

  private func giveUp() {
    leaveBlockedPlaces()
    for sink in sinks {
      var count = sink.giveUp()
      for stream in streams where stream.sink == sink.index {
        count += stream.bytesBeforeEnd
        stream.giveUp()
      }
      if count == 0 { continue }
      news.say(
        .error,
        message(
          "{}: does not take what is left at the end: {} bytes are lost", sink.name, decimal(count))
      )
    }
  }

  /// What was dropped because nobody can read it, for the last lines.
  func sayWhatWasDropped() {
    for sink in sinks where sink.dropped > 0 {
      let text: Literal =
        sink.kind == .syslog
        ? "{}: {} bytes were dropped: a line was too long"
        : "{}: {} bytes were dropped: nobody can read them"
      news.say(.error, message(text, sink.name, decimal(sink.dropped)))
    }
  }

  func now() -> Time { Time(nanoseconds: monotonicNow()) }
}
