import Basics
import Configuration

/// What there is to say of the logs, until the loop says it, and which sinks are to be looked at in
/// each turn: of a thousand the few that hold something or do not accept.
final class News {
  var list: [(LogLevel, ByteString)] = []
  private(set) var sinks: [Sink] = []
  var isSyslogBack = false
  /// No pipe is read.
  var memoryIsShort = false

  func care(_ sink: Sink) {
    if sink.isListed { return }
    sink.isListed = true
    sinks.append(sink)
  }

  /// Drops those with which all is well. The first becomes the last, so that each has its turn.
  func forgetContent() {
    if sinks.isEmpty { return }
    let listed = sinks
    sinks.removeAll(keepingCapacity: true)
    for index in 1...listed.count {
      let sink = listed[index == listed.count ? 0 : index]
      if sink.isContent { sink.isListed = false } else { sinks.append(sink) }
    }
  }

  func say(_ level: LogLevel, _ text: ByteString) { list.append((level, text)) }
}
