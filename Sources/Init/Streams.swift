import Configuration
import Linux
import Logs
import Supervision

/// What programs write and swinit carries on: from their pipes through a format into sinks.
///
/// A pipe is made only where one is needed (SPEC §10); everything else a program writes by itself,
/// and costs nothing here. One buffer serves all pipes: a read, the lines of it, a write. A stream
/// whose sink does not accept is taken out of epoll and queues at the sink; when the sink accepts
/// again they are served in turn.
///
/// What may never happen: a turn of the loop that lasts longer than `turnBudget` bytes take; a
/// stream that starves another.
final class Streams {
  /// Bytes that one turn of the loop reads: some milliseconds.
  static let turnBudget = 1 << 20
  /// Bytes that are read at a program's end before its end is told: twice what a pipe holds, which a
  /// grandchild may be filling. What comes later is read later.
  static let endBudget = 128 << 10

  let configuration: Configuration
  let news = News()
  private(set) var sinks: [Sink] = []
  private(set) var streams: [LogStream] = []
  /// By program, stdout and stderr: index of `streams`, or -1. Empty while there is none.
  private var indices: [Int32] = []
  /// The container's stdout and stderr, once needed.
  private var containers: (out: Int?, err: Int?)
  private var syslog: Int?
  private let tag = ByteString(ownName())
  private let isAllFormatted: Bool

  /// The first byte is the filter's.
  private var buffer: UnsafeMutableBufferPointer<UInt8>?
  private let out = OutputBuffer()
  private let copyOut = OutputBuffer()
  private var clock = ClockText()
  private var turnBytes = 0
  private var unfinished = 0

  /// - Parameter hasCommand: COMMAND writes to our own descriptors.
  init(_ configuration: Configuration, hasCommand: Bool) {
    self.configuration = configuration
    var isAllFormatted = !hasCommand && configuration.globals.logFormat != .direct
    for program in configuration.programs where program.logFormat == .direct {
      isAllFormatted = false
    }
    self.isAllFormatted = isAllFormatted
    if !configuration.globals.nocleanup { removeAutomaticLogs() }
  }

  // MARK: Where a program's streams lead

  /// What the child gets as its stdout or stderr.
  ///
  /// - Parameter credentials: whom it becomes; nil: as we are.
  /// - Throws: why the log file cannot be opened, or the pipe not made.
  func output(
    _ slot: Slot, isErrors: Bool, _ credentials: Credentials?, _ devNull: FileDescriptor
  ) throws(Errno) -> SpawnPlan.Output {
    let program = configuration.programs[slot]
    let wanted = isErrors ? program.stderr : program.stdout
    if let index = index(slot, isErrors) {
      let stream = streams[index]
      if let credentials { stream.pipe.give(to: credentials) }
      return .descriptor(stream.pipe.writer)
    }
    var destination = wanted
    if wanted.target == .automatic {
      destination.target = .file(try automaticLog(program, isErrors: isErrors))
    }
    guard needsPipe(program, destination, credentials) else {
      switch destination.target {
      case .containerStdout: return .descriptor(.standardOutput)
      case .containerStderr: return .descriptor(.standardError)
      case .file(let path): return .file(path.bytes)
      case .null, .automatic, .syslog: return .descriptor(devNull)
      }
    }
    let stream = try makeStream(program, destination, isErrors: isErrors)
    if let credentials { stream.pipe.give(to: credentials) }
    streams.append(stream)
    setIndex(slot, isErrors, streams.count - 1)
    hasNewStream = true
    return .descriptor(stream.pipe.writer)
  }

  /// There is a stream that epoll does not know.
  private(set) var hasNewStream = false

  private func needsPipe(
    _ program: Program, _ destination: LogDestination, _ credentials: Credentials?
  ) -> Bool {
    if destination.syslog { return true }
    switch destination.target {
    case .containerStdout:
      return program.logFormat != .direct || isRefused(.standardOutput, credentials)
    case .containerStderr:
      return program.logFormat != .direct || isRefused(.standardError, credentials)
    case .file:
      return destination.rotation.maxbytes > 0 || program.fileFormat != .direct
        || configuration.globals.stripAnsi
    case .null: return false
    case .automatic, .syslog: return true
    }
  }

  /// A program of another user could not open /dev/stdout by that name.
  private func isRefused(_ file: FileDescriptor, _ credentials: Credentials?) -> Bool {
    guard let credentials else { return false }
    return !file.canBeOpened(by: credentials)
  }

  private func makeStream(
    _ program: Program, _ destination: LogDestination, isErrors: Bool
  ) throws(Errno) -> LogStream {
    let name = configuration.displayName(program)
    let stream: StaticString = isErrors ? "stderr" : "stdout"
    let syslogWriter = LineWriter(.syslog, program: program.name, stream: stream, tag: tag)
    var copy: (sink: Int, writer: LineWriter)?
    var fallback: (sink: Int, writer: LineWriter)?
    var form = LineWriter.Form(program.logFormat)
    let sink: Int
    switch destination.target {
    case .containerStdout: sink = container(isErrors: false)
    case .containerStderr: sink = container(isErrors: true)
    case .file(let path):
      form = LineWriter.Form(program.fileFormat)
      sink = try file(path, destination.rotation)
    case .null, .automatic, .syslog:
      sink = syslogSink()
      let writer = LineWriter(form ?? .raw, program: name, stream: stream)
      fallback = (container(isErrors: isErrors), writer)
      form = .syslog
    }
    if destination.syslog, sinks[sink].kind != .syslog { copy = (syslogSink(), syslogWriter) }
    let writer = form.map {
      $0 == .syslog ? syslogWriter : LineWriter($0, program: name, stream: stream)
    }
    return LogStream(
      pipe: try LogPipe(), program: name, isErrors: isErrors, sink: sink, writer: writer,
      fallback: fallback, copy: copy,
      stripsAnsi: configuration.globals.stripAnsi && sinks[sink].kind == .file)
  }

  // MARK: Sinks

  /// The container's own. Where both are one file there is one sink for it.
  func container(isErrors: Bool) -> Int {
    if let known = isErrors ? containers.err : containers.out { return known }
    let file = isErrors ? FileDescriptor.standardError : .standardOutput
    let other = isErrors ? containers.out : containers.err
    var index = sinks.count
    if let other, FileDescriptor.standardOutput.isSameFile(as: .standardError) {
      index = other
    } else {
      let sink = Sink(container: file, news)
      if isAllFormatted { sink.isOurs() }
      sinks.append(sink)
    }
    if isErrors { containers.err = index } else { containers.out = index }
    return index
  }

  /// Of two that name one file the first says when it is rotated.
  private func file(_ path: ByteString, _ rotation: Rotation) throws(Errno) -> Int {
    for index in sinks.indices where sinks[index].kind == .file && sinks[index].path == path {
      return index
    }
    return add(try FileDescriptor.openLog(path.bytes), path: path, rotation)
  }

  /// A file that is open.
  func add(_ file: FileDescriptor, path: ByteString, _ rotation: Rotation) -> Int {
    sinks.append(
      Sink(file, path: path, rotation: rotation.maxbytes > 0 ? rotation : nil, news))
    return sinks.count - 1
  }

  func syslogSink() -> Int {
    if let syslog { return syslog }
    sinks.append(Sink(syslog: news))
    syslog = sinks.count - 1
    return sinks.count - 1
  }

  private func automaticLog(_ program: Program, isErrors: Bool) throws(Errno) -> ByteString {
    let globals = configuration.globals
    let prefix: ByteString = message(
      "{}/{}-{}---{}", globals.childlogdir ?? "/tmp", program.name,
      isErrors ? "stderr" : "stdout", globals.identifier)
    return ByteString(try makeUniqueFile((prefix + "-").bytes, ByteString(".log").bytes))
  }

  /// What AUTO log files an earlier run left: nobody writes to them any more.
  private func removeAutomaticLogs() {
    guard let directory = configuration.globals.childlogdir else { return }
    let identifier = configuration.globals.identifier
    for name in (try? entries(of: directory.bytes)) ?? []
    where isAutomaticLog(ByteString(name), identifier: identifier) {
      try? removeFile((directory + "/" + ByteString(name)).bytes)
    }
  }

  // MARK: Streams by program

  private func index(_ slot: Slot, _ isErrors: Bool) -> Int? {
    guard !indices.isEmpty else { return nil }
    let index = Int(indices[slot * 2 + (isErrors ? 1 : 0)])
    return index < 0 ? nil : index
  }

  private func setIndex(_ slot: Slot, _ isErrors: Bool, _ index: Int) {
    if indices.isEmpty {
      indices = Array(repeating: -1, count: configuration.programs.count * 2)
    }
    indices[slot * 2 + (isErrors ? 1 : 0)] = Int32(truncatingIfNeeded: index)
  }

  // MARK: Bytes

  /// A turn of the loop begins.
  func beginTurn() { turnBytes = 0 }

  /// epoll says that there is something to read.
  func isReadable(_ index: Int, _ epoll: Epoll) {
    guard streams.indices.contains(index), turnBytes < Self.turnBudget else { return }
    if let blocker = blocker(streams[index]) {
      park(index, at: blocker, epoll)
    } else {
      serve(index)
    }
  }

  /// New pipes, and streams whose sink accepts again.
  func watch(_ epoll: Epoll) {
    if hasNewStream {
      hasNewStream = false
      for index in streams.indices where !streams[index].isWatched && !streams[index].isWaiting {
        watchStream(index, epoll)
      }
    }
    for index in sinks.indices {
      let sink = sinks[index]
      if sink.state == .blocked, !sink.isWatched, let file = sink.file {
        // What cannot be waited for is tried again in the next turn.
        if (try? epoll.addWriter(file, token: Token.log(sink: index).packed)) != nil {
          sink.isWatched = true
        } else {
          sink.tryAgain()
        }
      }
      if !sink.waiting.isEmpty, sink.accepts { serveWaiting(sink, epoll) }
    }
  }

  private func watchStream(_ index: Int, _ epoll: Epoll) {
    let stream = streams[index]
    guard !stream.isWatched else { return }
    let token = Token.stream(index).packed
    stream.isWatched = (try? epoll.addReader(stream.pipe.reader, token: token)) != nil
    if !stream.isWatched { hasNewStream = true }
  }

  func park(_ index: Int, at sink: Sink, _ epoll: Epoll) {
    let stream = streams[index]
    if stream.isWatched { epoll.remove(stream.pipe.reader) }
    stream.isWatched = false
    guard !stream.isWaiting else { return }
    stream.isWaiting = true
    sink.waiting.append(index)
  }

  private func serveWaiting(_ sink: Sink, _ epoll: Epoll) {
    while let index = sink.waiting.first, turnBytes < Self.turnBudget, sink.accepts {
      sink.waiting.removeFirst()
      streams[index].isWaiting = false
      if let other = blocker(streams[index]) {
        park(index, at: other, epoll)
        continue
      }
      watchStream(index, epoll)
      serve(index)
      if !streams[index].unread.isEmpty, let blocker = blocker(streams[index]) {
        park(index, at: blocker, epoll)
      }
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
