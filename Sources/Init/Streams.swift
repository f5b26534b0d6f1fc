import Basics
import Configuration
import Linux
import Logs
import Supervision

/// The container's stdout and stderr, opened a second time while we are still root: who gives that up
/// may not be able to later. nil: not opened.
public struct ContainerFiles {
  var out: FileDescriptor?
  var err: FileDescriptor?

  public init() {}

  public mutating func open() {
    out = FileDescriptor.standardOutput.reopenedWithoutWaiting
    err = FileDescriptor.standardError.reopenedWithoutWaiting
  }
}

/// What programs write and swinit carries on: from their pipes through a format into sinks.
///
/// A pipe is made only where one is needed; everything else a program writes by itself,
/// and costs nothing here. One buffer serves all pipes: a read, the lines of it, a write. A stream
/// whose sink does not accept is taken out of epoll and queues at the sink; when the sink accepts
/// again they are served in turn.
///
/// What may never happen: a turn of the loop that lasts longer than `turnBudget` bytes take; a
/// stream that starves another.
final class Streams {
  /// Bytes that one turn of the loop reads: some milliseconds.
  static let turnBudget = 1 << 20
  /// Reads that filled half of the buffer or more, before a pipe is made wider.
  static let readsUntilWide = 4
  /// Streams of one sink that are served after they waited, before it is the next sink's turn.
  static let waitingInTurn = 16

  let configuration: Configuration
  let news = News()
  private(set) var sinks: [Sink] = []
  private(set) var streams: [LogStream] = []
  /// By program, stdout and stderr: index of `streams`, or -1. Empty while there is none.
  var indices: [Int32] = []
  /// Files that are rotated.
  private var rotated: [LogTarget] = []
  /// AUTO files, by number of program and stream.
  private var automaticLogs: [(stream: Int, path: ByteString)] = []
  private let opened: ContainerFiles
  /// The container's stdout and stderr, once needed.
  private var containers: (out: Int?, err: Int?)
  private var syslog: Int?
  let tag = ByteString(ownName())
  private let isAllFormatted: Bool
  /// Whether we ourselves could not open /dev/stdout and /dev/stderr by name.
  private let isRefusedToUs: (out: Bool, err: Bool)

  var buffer: UnsafeMutablePointer<UInt8>?
  let out = OutputBuffer()
  let copyOut = OutputBuffer()
  var clock = ClockText()
  var turnBytes = 0
  var unfinished = 0

  init(_ configuration: Configuration, _ opened: ContainerFiles) {
    self.configuration = configuration
    self.opened = opened
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
    findRotated()
  }

  /// Only where some programs hold their files themselves.
  private func findRotated() {
    var holdsFile = false
    var rotated: [LogTarget] = []
    for program in configuration.programs {
      for one in [program.stdout, program.stderr] {
        for number in 0..<one.placeCount {
          let target = one.place(number)
          guard case .file = target else { continue }
          if one.rotation.maxbytes > 0 { rotated.append(target) } else { holdsFile = true }
        }
      }
    }
    if holdsFile { self.rotated = rotated }
  }

  // MARK: Where a program's streams lead

  /// Why there is no place for a stream.
  enum Failure: Error {
    case pipe(Errno)
    /// - Parameter place: its number in `LogDestination`.
    case file(Errno, place: UInt8)
  }

  /// What the child gets as its stdout or stderr.
  ///
  /// - Parameter credentials: whom it becomes; nil: as we are.
  func output(
    _ slot: Slot, isErrors: Bool, _ credentials: Credentials?, _ devNull: FileDescriptor
  ) throws(Failure) -> SpawnPlan.Output {
    let program = configuration.programs[slot]
    let wanted = isErrors ? program.stderr : program.stdout
    if let index = index(slot, isErrors) {
      let stream = streams[index]
      stream.lastLine?.clear()
      if let credentials { stream.pipe.give(to: credentials) }
      return .descriptor(stream.pipe.writer)
    }
    var destination = wanted
    if wanted.target == .automatic {
      destination.target = .file(try automaticLog(slot, program, isErrors: isErrors))
    }
    guard needsPipe(program, destination, credentials) else {
      switch destination.target {
      case .containerStdout: return .descriptor(.standardOutput)
      case .containerStderr: return .descriptor(.standardError)
      case .file(let path): return .file(path.bytes)
      case .null, .automatic, .syslog: return .descriptor(devNull)
      }
    }
    if isErrors, let shared = index(slot, false), program.stdout.target == destination.target,
      !destination.syslog, destination.others.isEmpty, streams[shared].takesBytes
    {
      // In one pipe the order of what is written stays.
      setIndex(slot, true, shared)
      streams[shared].lastLine = LastLine()
      sinks[streams[shared].sink].rotate(by: destination.rotation)
      return .descriptor(streams[shared].pipe.writer)
    }
    let stream = try makeStream(program, destination, isErrors: isErrors)
    if isErrors || program.redirectStderr { stream.lastLine = LastLine() }
    if let credentials { stream.pipe.give(to: credentials) }
    streams.append(stream)
    setIndex(slot, isErrors, streams.count - 1)
    unwatched.append(streams.count - 1)
    return .descriptor(stream.pipe.writer)
  }

  /// Those that epoll found readable in this turn.
  var readable: [Int] = []
  var rounds = 0
  /// Streams that epoll does not know yet.
  var unwatched: [Int] = []
  /// A sink that blocks is waited for without epoll.
  var isSinkUnwatched = false

  private func needsPipe(
    _ program: Program, _ destination: LogDestination, _ credentials: Credentials?
  ) -> Bool {
    if destination.syslog || !destination.others.isEmpty { return true }
    switch destination.target {
    case .containerStdout:
      return program.logFormat != .direct || isRefused(isErrors: false, credentials)
    case .containerStderr:
      return program.logFormat != .direct || isRefused(isErrors: true, credentials)
    case .file:
      return isRotated(destination.target) || destination.rotation.maxbytes > 0
        || program.fileFormat != .direct || configuration.globals.stripAnsi
    case .null: return false
    case .automatic, .syslog: return true
    }
  }

  /// Another stream leads to the same file and has it rotated: who held it would write to a file that
  /// is no more there.
  private func isRotated(_ target: LogTarget) -> Bool {
    for one in rotated where one == target { return true }
    return false
  }

  /// The program could not open /dev/stdout by that name: it is another user's, or a socket.
  private func isRefused(isErrors: Bool, _ credentials: Credentials?) -> Bool {
    guard let credentials else { return isErrors ? isRefusedToUs.err : isRefusedToUs.out }
    let file = isErrors ? FileDescriptor.standardError : .standardOutput
    return !file.canBeOpened(by: credentials)
  }

  private func makeStream(
    _ program: Program, _ destination: LogDestination, isErrors: Bool
  ) throws(Failure) -> LogStream {
    let pipe: LogPipe
    do throws(Errno) { pipe = try LogPipe() } catch { throw .pipe(error) }
    do throws(Failure) {
      return try makeStream(pipe, program, destination, isErrors: isErrors)
    } catch {
      pipe.close()
      throw error
    }
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
      let sink = Sink(
        index, container: file, opened: isErrors ? opened.err : opened.out, news)
      if isAllFormatted { sink.isOurs() }
      sinks.append(sink)
    }
    if isErrors { containers.err = index } else { containers.out = index }
    return index
  }

  /// Of two that name one file, by whatever names, the first says when it is rotated, unless it does
  /// not.
  func file(_ path: ByteString, _ rotation: Rotation) throws(Errno) -> Int {
    for sink in sinks where sink.kind == .file && sink.path == path {
      sink.rotate(by: rotation)
      return sink.index
    }
    let new = try FileDescriptor.openLog(path.bytes)
    let identity = new.identity
    for sink in sinks where sink.kind == .file && sink.identity == identity {
      new.close()
      sink.rotate(by: rotation)
      return sink.index
    }
    return add(new, path: path, rotation)
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

  /// Named and made once for each stream.
  private func automaticLog(
    _ slot: Slot, _ program: Program, isErrors: Bool
  ) throws(Failure) -> ByteString {
    let stream = slot * 2 + (isErrors ? 1 : 0)
    for known in automaticLogs where known.stream == stream { return known.path }
    let globals = configuration.globals
    let prefix: ByteString = message(
      "{}/{}-{}---{}", globals.childlogdir ?? "/tmp", program.name,
      isErrors ? "stderr" : "stdout", globals.identifier)
    do throws(Errno) {
      let name = try makeUniqueFile((prefix + "-").bytes, ByteString(".log").bytes)
      automaticLogs.append((stream, ByteString(name)))
      return ByteString(name)
    } catch {
      throw .file(error, place: 0)
    }
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

  /// The last line of a program's stderr since it was started, where that passes through us.
  func lastErrorLine(of slot: Slot) -> ByteString? {
    let isRedirected = configuration.programs[slot].redirectStderr
    guard let index = index(slot, !isRedirected) else { return nil }
    return streams[index].lastLine?.text.map { ByteString($0) }
  }

  /// A start has failed for want of descriptors: the pipes that were made for it alone, which are those
  /// from `first` on, may serve another.
  func forget(_ slot: Slot, from first: Int) {
    guard first < streams.count else { return }
    for index in first..<streams.count {
      if streams[index].isWatched { return }
      streams[index].pipe.close()
    }
    for isErrors in [false, true] {
      if let index = index(slot, isErrors), index >= first { setIndex(slot, isErrors, -1) }
    }
    unwatched.removeAll { $0 >= first }
    streams.removeSubrange(first...)
  }

  private func setIndex(_ slot: Slot, _ isErrors: Bool, _ index: Int) {
    if indices.isEmpty {
      indices = Array(repeating: -1, count: configuration.programs.count * 2)
    }
    indices[slot * 2 + (isErrors ? 1 : 0)] = Int32(truncatingIfNeeded: index)
  }
}
