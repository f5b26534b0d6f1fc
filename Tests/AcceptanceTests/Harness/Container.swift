import Foundation
import Testing

struct Moment {
  let time: Double
  let lateness: Double
}

/// swinit and everything under it: started, listened to, told to stop, and cleaned up whatever
/// the test does.
///
/// Nothing here sleeps to let something happen. A test waits for a condition, and the condition
/// has a bound; when the bound is over the test fails with all that was written so far.
final class Container {
  /// Generous: it only matters when something is wrong.
  static let patience = 20.0

  let folder: Folder
  /// What the tests started: unshare, or swinit itself.
  let outer: pid_t
  /// swinit, as the tests see it.
  private(set) var pid: pid_t
  private(set) var output: Lines?
  private(set) var errors: Lines
  /// Whether what is written to stdout is taken in: a reader that has stopped, if not.
  var readsOutput: Bool
  private(set) var ending: Ending?
  /// What /proc says of swinit's executable file.
  private let program: String
  /// When it was, in seconds of the monotonic clock.
  let started = monotonic()
  private var held: [Int32] = []
  private(set) var terminal: Terminal?
  /// How much later than asked for the tester was woken, in all: what a busy machine takes from
  /// everybody.
  private var lateness = 0.0

  init(_ setup: Setup) throws {
    guard let binary = setup.binary else { throw Trouble("SWINIT_BINARY is not set") }
    folder = try Folder()
    readsOutput = setup.readsOutput
    // Beside the test's files, where every user and every mount namespace can reach it.
    let copy = try folder.copy(binary, as: "swinit")
    program = setup.emulator ?? copy
    let name = folder.path + "/" + setup.called
    if name != copy { symlink("swinit", name) }
    for (name, text) in setup.fragments { try folder.write(text, to: name) }
    for (name, text) in setup.files { try folder.write(text, to: name, mode: 0o755) }
    let words =
      setup.launcher + (setup.emulator.map { [$0] } ?? []) + [name]
      + (setup.arguments ?? ["-c", "FOLDER"])
    let path = folder.path
    var launch = Launch(
      words: words.map { $0.replacingOccurrences(of: "FOLDER", with: path) },
      environment: setup.environment)

    if setup.onTerminal || setup.streams == .terminal {
      let terminal = try Terminal()
      self.terminal = terminal
      launch.terminal = terminal.path
    }
    var given: [Int32] = []
    defer { for descriptor in given { close(descriptor) } }
    let first = try Pipe()
    given.append(first.writer)
    launch.given[1] = first.writer
    switch setup.streams {
    case .merged:
      errors = Lines(reading: first.reader)
      launch.given[2] = first.writer
    case .separate:
      output = Lines(reading: first.reader)
      let second = try Pipe()
      errors = Lines(reading: second.reader)
      given.append(second.writer)
      launch.given[2] = second.writer
    case .socket:
      let (reader, writer) = try socketPair()
      output = Lines(reading: reader)
      given.append(writer)
      launch.given = [1: writer, 2: first.writer]
      errors = Lines(reading: first.reader)
    case .stuckStderr:
      output = Lines(reading: first.reader)
      errors = Lines(reading: -1)
      let (stuck, keeper) = try fullPipe(in: folder)
      given.append(stuck)
      held.append(keeper)
      launch.given[2] = stuck
    case .terminal:
      output = terminal.map { Lines(reading: $0.descriptor) }
      errors = Lines(reading: -1)
      launch.given = [1: 0, 2: 0]
    }
    if setup.leaksDescriptor { launch.given[9] = first.writer }
    if let terminal, setup.streams != .terminal { held.append(terminal.descriptor) }
    outer = try launch.start()
    pid = outer
  }

  /// Ends what is left: unshare takes its namespace with it.
  func destroy() {
    if ending == nil {
      if pid != outer { kill(pid, SIGKILL) }
      kill(outer, SIGKILL)
      var status: Int32 = 0
      while waitpid(outer, &status, 0) < 0, errno == EINTR {}
    }
    output?.close()
    errors.close()
    for descriptor in held { close(descriptor) }
    held = []
  }

  /// Takes in what has happened, without waiting.
  private func look() {
    if ending == nil {
      var status: Int32 = 0
      if waitpid(outer, &status, WNOHANG) == outer { ending = Ending(status) }
    }
    if readsOutput { output?.drain() }
    errors.drain()
    if pid == outer, ending == nil, let found = firstProcess(under: outer, running: program) {
      pid = found
    }
  }

  /// Waits until `condition` holds.
  func wait(
    _ what: String, within bound: Double = patience, until condition: () throws -> Bool
  ) async throws {
    let deadline = monotonic() + bound
    while true {
      let over = monotonic() > deadline || ending != nil
      look()
      if try condition() { return }
      if over { throw Trouble("waited for \(what), in vain (\(state)):\n\(transcript)") }
      try await nap()
    }
  }

  /// Between two looks.
  private func nap() async throws {
    let asleep = monotonic()
    try await Task.sleep(for: .milliseconds(2))
    lateness += max(0, monotonic() - asleep - 0.01)
  }

  /// The beginning of a span that a test has bounds for.
  var moment: Moment { Moment(time: monotonic(), lateness: lateness) }

  /// The seconds since `moment`: all of them, and those that the machine did not give to others.
  func span(since moment: Moment) -> (whole: Double, own: Double) {
    let whole = monotonic() - moment.time
    return (whole, whole - (lateness - moment.lateness))
  }

  /// Waits for a line on stderr that holds `part`, and returns the first.
  @discardableResult
  func log(_ part: String, within bound: Double = patience) async throws -> String {
    var found: String?
    try await wait("\"\(part)\" on stderr", within: bound) {
      found = errors.texts.first { $0.contains(part) }
      return found != nil
    }
    return found ?? ""
  }

  /// Waits for a line on stdout that holds `part`, and returns the first.
  @discardableResult
  func line(_ part: String, within bound: Double = patience) async throws -> String {
    var found: String?
    try await wait("\"\(part)\" on stdout", within: bound) {
      found = output?.texts.first { $0.contains(part) }
      return found != nil
    }
    return found ?? ""
  }

  /// Waits until swinit has ended.
  @discardableResult
  func end(within bound: Double = patience) async throws -> Ending {
    let deadline = monotonic() + bound
    while ending == nil {
      look()
      if monotonic() > deadline { throw Trouble("swinit does not end:\n\(transcript)") }
      if ending == nil { try await nap() }
    }
    look()
    return ending ?? .exited(-1)
  }

  /// Waits for the end, and holds it against the exit status and the last line on stderr.
  ///
  /// - Parameter lastLine: a part of it: the reason is the product. nil: nothing was written there at
  ///   all. (Where stderr is a terminal or is not read, there is nothing to look at: nil too.)
  func expectEnd(
    _ code: Int32, _ lastLine: String?, within bound: Double = patience,
    at place: SourceLocation = #_sourceLocation
  ) async throws {
    let ending = try await end(within: bound)
    #expect(ending == .exited(code), "\(transcript)", sourceLocation: place)
    let last = errors.texts.last
    if let lastLine {
      let fits = last == lastLine || last?.contains(lastLine) == true
      #expect(fits, "\(transcript)", sourceLocation: place)
    } else {
      #expect(last == nil, "\(transcript)", sourceLocation: place)
    }
  }

  /// All that was written on the terminal or stdout so far, with what no newline ends yet.
  var screen: String {
    (output?.texts ?? []).map { $0 + "\n" }.joined() + (output?.remainder ?? "")
  }

  /// Waits until `text` is on the terminal.
  func see(_ text: String, within bound: Double = patience) async throws {
    try await wait("\"\(text)\" on the terminal", within: bound) { screen.contains(text) }
  }

  /// To swinit, from outside of its namespace.
  func signal(_ number: Int32) {
    look()
    if executable(pid) == program, kill(pid, number) == 0 { return }
    Issue.record("swinit, pid \(pid), cannot be sent signal \(number):\n\(transcript)")
  }

  /// The pid that stands in swinit's line on a program's start.
  func process(_ name: String) async throws -> pid_t {
    let line = try await log("info \(name): STARTING (pid ")
    guard let open = line.lastIndex(of: "("), let close = line.lastIndex(of: ")"),
      let pid = pid_t(line[open..<close].dropFirst("(pid ".count))
    else { throw Trouble("no pid in: \(line)") }
    return pid
  }

  /// Where the lines on stderr that hold `part` stand.
  func places(of part: String) -> [Int] {
    errors.texts.indices.filter { errors.texts[$0].contains(part) }
  }

  func closeErrors() { errors.close() }
  func closeOutput() { output?.close() }

  /// A path as swinit sees it, in its mount namespace.
  func inside(_ name: String) -> String { "/proc/\(pid)/root\(folder.path)/\(name)" }

  var state: String { ending.map { "it ended: \($0)" } ?? "it runs" }
  var transcript: String {
    (errors.texts.map { "2| " + $0 } + (output?.texts ?? []).map { "1| " + $0 })
      .suffix(60).joined(separator: "\n")
  }
}

/// A pipe that holds no byte more: its writing end, blocking, and what keeps it open.
private func fullPipe(in folder: Folder) throws -> (writer: Int32, keeper: Int32) {
  let path = folder.path + "/stuck"
  guard mkfifo(path, 0o600) == 0 else { throw Trouble("mkfifo: errno \(errno)") }
  let keeper = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
  let chunk = [UInt8](repeating: 0x78, count: 4096)
  while write(keeper, chunk, chunk.count) > 0 {}
  while write(keeper, chunk, 1) > 0 {}
  // A second opening, so that the one that swinit gets blocks.
  return (open(path, O_WRONLY | O_CLOEXEC), keeper)
}

private func socketPair() throws -> (Int32, Int32) {
  var ends: [Int32] = [-1, -1]
  try whileNothingStarts {
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else {
      throw Trouble("socketpair: errno \(errno)")
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }
  return (ends[0], ends[1])
}

/// Runs `body` with a started swinit and takes everything away after it.
func withSwinit<Result: Sendable>(
  _ setup: Setup, _ body: (Container) async throws -> Result
) async throws -> Result {
  try await Gate.shared.pass {
    let container = try Container(setup)
    defer { container.destroy() }
    return try await body(container)
  }
}

/// Only so many at a time, so that two processors stay fast enough for everybody.
actor Gate {
  static let shared = Gate(width: 6)
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(width: Int) { free = width }

  private func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func leave() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }

  nonisolated func pass<Result: Sendable>(
    _ body: () async throws -> Result
  ) async throws -> Result {
    await enter()
    do {
      let result = try await body()
      await leave()
      return result
    } catch {
      await leave()
      throw error
    }
  }
}
