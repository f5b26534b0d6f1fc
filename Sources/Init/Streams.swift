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
  /// Reads from one pipe before it is the others' turn.
  static let readsInTurn = 4
  /// Streams of one sink that are served after they waited, before it is the next sink's turn.
  static let waitingInTurn = 16
  /// Bytes that are read at a program's end before its end is told: twice what a pipe holds, which a
  /// grandchild may be filling. What comes later is read later.
  static let endBudget = 128 << 10

  let configuration: Configuration
  let news = News()
  private(set) var sinks: [Sink] = []
  private(set) var streams: [LogStream] = []
  /// By program, stdout and stderr: index of `streams`, or -1. Empty while there is none.
  var indices: [Int32] = []
  /// The container's stdout and stderr, once needed.
  private var containers: (out: Int?, err: Int?)
  private var syslog: Int?
  private let tag = ByteString(ownName())
  private let isAllFormatted: Bool
  /// Whether we ourselves could not open /dev/stdout and /dev/stderr by name.
  private let isRefusedToUs: (out: Bool, err: Bool)

  /// The first byte is the filter's.
  var buffer: UnsafeMutableBufferPointer<UInt8>?
  let out = OutputBuffer()
  let copyOut = OutputBuffer()
  var clock = ClockText()
  var turnBytes = 0
  var unfinished = 0

  init(_ configuration: Configuration) {
    self.configuration = configuration
    isRefusedToUs = (
      FileDescriptor.standardOutput.refusesToBeOpened,
      FileDescriptor.standardError.refusesToBeOpened
    )
    var isAllFormatted = configuration.globals.logFormat != .direct
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
    unwatched.append(streams.count - 1)
    return .descriptor(stream.pipe.writer)
  }

  /// Streams that epoll does not know yet.
  var unwatched: [Int] = []

  private func needsPipe(
    _ program: Program, _ destination: LogDestination, _ credentials: Credentials?
  ) -> Bool {
    if destination.syslog { return true }
    switch destination.target {
    case .containerStdout:
      return program.logFormat != .direct || isRefused(isErrors: false, credentials)
    case .containerStderr:
      return program.logFormat != .direct || isRefused(isErrors: true, credentials)
    case .file:
      return destination.rotation.maxbytes > 0 || program.fileFormat != .direct
        || configuration.globals.stripAnsi
    case .null: return false
    case .automatic, .syslog: return true
    }
  }

  /// The program could not open /dev/stdout by that name: it is another user's, or a socket.
  private func isRefused(isErrors: Bool, _ credentials: Credentials?) -> Bool {
    guard let credentials else { return isErrors ? isRefusedToUs.err : isRefusedToUs.out }
    let file = isErrors ? FileDescriptor.standardError : .standardOutput
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
      let count = sinks.count
      sink = try file(path, destination.rotation)
      if sink < count, form == nil { form = shareInLines(sink) }
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
      let sink = Sink(index, container: file, news)
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
      Sink(
        sinks.count, file, path: path, rotation: rotation.maxbytes > 0 ? rotation : nil, news))
    return sinks.count - 1
  }

  func syslogSink() -> Int {
    if let syslog { return syslog }
    sinks.append(Sink(sinks.count, syslog: news))
    syslog = sinks.count - 1
    return sinks.count - 1
  }

  /// Who writes to a file together with others does so in whole lines.
  private func shareInLines(_ sink: Int) -> LineWriter.Form {
    for stream in streams where stream.sink == sink && stream.writer == nil {
      stream.writer = LineWriter(.raw, program: stream.program, stream: "")
    }
    return .raw
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

  func index(_ slot: Slot, _ isErrors: Bool) -> Int? {
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
}
