import Basics
import Configuration
import Linux
import Logs

// Where a stream goes, of one place or of several (`stdout_logfile=a.log,/dev/stdout`).
//
// Of several, each gets the stream in its own form. What is read goes to all of them before more is
// read, so that the slowest says how fast the program may write: one that takes nothing stops the
// stream, and costs neither the others nor itself a line. Only at swinit's end the others are not
// kept waiting any more.

/// A place where a stream goes beside its first one.
final class LogBranch {
  let sink: Int
  /// nil: bytes as they come.
  var writer: LineWriter?
  var lines: LineSplitter
  /// Where the first place is no file, and so the stream is not filtered for all.
  var filter: AnsiFilter?

  init(sink: Int, writer: LineWriter?, stripsAnsi: Bool) {
    self.sink = sink
    self.writer = writer
    lines = LineSplitter(limit: writer?.form == .syslog ? LogLimit.syslogLine : LogLimit.line)
    filter = stripsAnsi ? AnsiFilter() : nil
  }
}

extension Streams {
  /// The stream of a pipe, with its places opened.
  func makeStream(
    _ pipe: LogPipe, _ program: Program, _ destination: LogDestination, isErrors: Bool
  ) throws(Failure) -> LogStream {
    let stream: StaticString = isErrors ? "stderr" : "stdout"
    let first = try open(0, of: destination, program, stream)
    var fallback: (sink: Int, writer: LineWriter)?
    if sinks[first.sink].kind == .syslog {
      let form = LineWriter.Form(program.logFormat) ?? .raw
      let place = container(isErrors: isErrors)
      fallback = (place, lineWriter(form, program, stream, place))
    }
    let stripsAnsi = configuration.globals.stripAnsi && sinks[first.sink].kind == .file
    var branches: [LogBranch] = []
    func add(_ sink: Int, _ writer: LineWriter?) {
      if sink == first.sink { return }
      for known in branches where known.sink == sink { return }
      branches.append(
        LogBranch(
          sink: sink, writer: writer,
          stripsAnsi: configuration.globals.stripAnsi && !stripsAnsi && sinks[sink].kind == .file))
    }
    for number in 1..<max(1, destination.placeCount) {
      let other = try open(number, of: destination, program, stream)
      add(other.sink, other.writer)
    }
    if destination.syslog {
      let sink = syslogSink()
      add(sink, lineWriter(.syslog, program, stream, sink))
    }
    return LogStream(
      pipe: pipe, program: configuration.displayName(program), isErrors: isErrors,
      sink: first.sink, writer: first.writer, fallback: fallback, branches: branches,
      stripsAnsi: stripsAnsi)
  }

  /// A place, and how the stream is written there; nil: bytes as they come.
  private func open(
    _ number: Int, of destination: LogDestination, _ program: Program, _ stream: StaticString
  ) throws(Failure) -> (sink: Int, writer: LineWriter?) {
    let target = destination.place(number)
    var form = LineWriter.Form(program.logFormat)
    let sink: Int
    switch target {
    case .containerStdout, .containerStderr:
      sink = container(isErrors: target == .containerStderr)
      // What swinit carries there beside other places is never in the middle of a line of others.
      if form == nil, !destination.others.isEmpty { form = .raw }
    case .file(let path):
      form = LineWriter.Form(program.fileFormat)
      let count = sinks.count
      do throws(Errno) {
        sink = try file(path, destination.rotation)
      } catch {
        throw .file(error, place: UInt8(truncatingIfNeeded: number))
      }
      if sink < count, form == nil { form = shareInLines(sink) }
    case .null, .automatic, .syslog:
      sink = syslogSink()
      form = .syslog
    }
    return (sink, form.map { lineWriter($0, program, stream, sink) })
  }

  private func lineWriter(
    _ form: LineWriter.Form, _ program: Program, _ stream: StaticString, _ sink: Int
  ) -> LineWriter {
    let name = form == .syslog ? program.name : configuration.displayName(program)
    var writer = LineWriter(form, program: name, stream: stream, tag: tag)
    writer.showsControls = sinks[sink].isTerminal
    return writer
  }

  /// Who writes to a file together with others does so in whole lines.
  private func shareInLines(_ sink: Int) -> LineWriter.Form {
    for stream in streams {
      let raw = LineWriter(.raw, program: stream.program, stream: "")
      if stream.sink == sink, stream.writer == nil { stream.writer = raw }
      for branch in stream.branches where branch.sink == sink && branch.writer == nil {
        branch.writer = raw
      }
    }
    return .raw
  }

  // MARK: Writing

  /// The place beside the first that keeps the stream from being read. A syslog that is not there
  /// does not hold up what goes elsewhere as well.
  func branchBlocker(_ stream: LogStream) -> Sink? {
    for branch in stream.branches where !sinks[branch.sink].accepts && !sinks[branch.sink].isGone {
      return sinks[branch.sink]
    }
    return nil
  }

  /// Bytes of a stream that are carried on at once: with a head before each line they become many.
  func bytesAtOnce(_ stream: LogStream, _ count: Int) -> Int {
    for branch in stream.branches where branch.writer != nil { return LogLimit.copied }
    return count
  }

  /// Carries on to the places beside the first.
  func writeBranches(_ stream: LogStream, _ input: UnsafeBufferPointer<UInt8>) {
    for branch in stream.branches {
      guard branch.filter != nil else {
        write(input, to: branch)
        continue
      }
      var text: [UInt8] = [0]
      text.append(contentsOf: input)
      let count = input.count
      text.withUnsafeMutableBufferPointer { buffer in
        if let range = branch.filter?.filter(buffer, count: count) {
          write(UnsafeBufferPointer(rebasing: UnsafeBufferPointer(buffer)[range]), to: branch)
        }
      }
    }
  }

  private func write(_ input: UnsafeBufferPointer<UInt8>, to branch: LogBranch) {
    let sink = sinks[branch.sink]
    if sink.isGone, sink.isDue(sink.now()) { sink.tryAgain() }
    guard let writer = branch.writer else {
      if !input.isEmpty { sink.write(input) }
      return
    }
    var position = 0
    while position < input.count {
      let rest = UnsafeBufferPointer(rebasing: input[position...])
      position += branch.lines.take(rest, writer, clock, to: copyOut)
      deliverCopy(to: sink)
    }
  }

  /// A life of the program has ended here.
  func endBranches(_ stream: LogStream) {
    for branch in stream.branches {
      if branch.filter?.end() == true {
        let escape: [UInt8] = [0x1B]
        escape.withUnsafeBufferPointer { write($0, to: branch) }
      }
      guard let writer = branch.writer else { continue }
      branch.lines.end(writer, clock, to: copyOut)
      deliverCopy(to: sinks[branch.sink])
    }
  }

  /// The unfinished lines become parts of theirs.
  func splitBranches(_ stream: LogStream) {
    for branch in stream.branches {
      guard let writer = branch.writer else { continue }
      branch.lines.splitEarly(writer, clock, to: copyOut)
      deliverCopy(to: sinks[branch.sink])
    }
  }

  private func deliverCopy(to sink: Sink) {
    if sink.isGone {
      sink.miss(copyOut.count)
    } else if copyOut.count > 0 {
      sink.write(copyOut.bytes)
    }
    copyOut.clear(keeping: 2 * LogLimit.batch)
  }

  // MARK: The end

  /// What one place does not take the others of the same stream still get.
  func leaveBlockedPlaces() {
    for index in streams.indices where !streams[index].branches.isEmpty {
      drain(index)
      while let blocker = blocker(streams[index]) {
        blocker.isGivenUp = true
        drain(index)
      }
    }
  }
}

extension Sink {
  /// The end: what could not be written is not written any more. The bytes.
  func giveUp() -> Int {
    let count = pending.count + given
    given = 0
    isGivenUp = false
    pending = endsWithNewline ? [] : [0x0A]
    ownPending = 0
    return count
  }
}
