import Foundation

private let starting = NSLock()

/// Runs `body` while no process is started.
///
/// A pipe is made and then marked close-on-exec (Foundation has no pipe2(2)): a process that is
/// started in between would hold it open for ever. And a program that a process just started still
/// has open for writing cannot be executed ("Text file busy").
func whileNothingStarts<Result>(_ body: () throws -> Result) rethrows -> Result {
  starting.lock()
  defer { starting.unlock() }
  return try body()
}

/// POSIX_SPAWN_SETSID, which spawn.h keeps for _GNU_SOURCE.
private let startSession: Int32 = 0x80

/// What a process is started with.
struct Launch {
  var words: [String]
  var environment: [String: String] = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
  /// Descriptors of ours that the process gets, by the number that it sees.
  var given: [Int32: Int32] = [:]
  /// The terminal that becomes its stdin.
  var terminal: String?

  /// What is made for other users to read can be read by them, whatever the tester's mask is.
  static let usualMask: Void = { _ = umask(0o022) }()

  /// Starts it, with every signal at its default and none blocked.
  func start() throws -> pid_t {
    Self.usualMask
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, terminal ?? "/dev/null", O_RDWR, 0)
    // In a session of its own what it opens becomes its controlling terminal.
    for (number, descriptor) in given {
      posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | startSession
    posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

    var arguments = words.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for word in arguments + variables { free(word) } }
    var pid: pid_t = 0
    let failure = whileNothingStarts {
      posix_spawnp(&pid, words[0], &actions, &attributes, &arguments, &variables)
    }
    guard failure == 0 else { throw Trouble("cannot start \(words): errno \(failure)") }
    return pid
  }
}

/// How a process ended.
enum Ending: Equatable {
  case exited(Int32)
  case signalled(Int32)

  init(_ status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal)
  }
}

/// A pipe; neither end reaches a process by accident.
struct Pipe {
  let reader: Int32
  let writer: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    try whileNothingStarts {
      guard pipe(&ends) == 0 else { throw Trouble("pipe: errno \(errno)") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }
    (reader, writer) = (ends[0], ends[1])
  }
}

/// What has come out of a pipe so far, line by line.
struct Lines {
  struct Line {
    var text: String
    /// When it was read, in seconds of the monotonic clock.
    var time: Double
  }
  let descriptor: Int32
  private(set) var lines: [Line] = []
  private(set) var isOpen = true
  private var rest: [UInt8] = []

  init(reading descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  /// Takes what is there without waiting; not more than some of it from one who never stops.
  mutating func drain() {
    var buffer = [UInt8](repeating: 0, count: 65536)
    for _ in 0..<16 where isOpen {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 { return }
      if count == 0 { close() }
      let time = monotonic()
      var parts = buffer[..<max(count, 0)].split(separator: 10, omittingEmptySubsequences: false)
      let last = parts.removeLast()
      for part in parts {
        rest += part
        lines.append(Line(text: String(decoding: rest, as: UTF8.self), time: time))
        rest = []
      }
      rest += last
    }
  }

  /// Nobody reads any more: who writes gets EPIPE.
  mutating func close() {
    guard isOpen else { return }
    isOpen = false
    _ = Foundation.close(descriptor)
  }

  var texts: [String] { lines.map(\.text) }
  /// What came after the last newline.
  var remainder: String { String(decoding: rest, as: UTF8.self) }
}

/// Seconds of the monotonic clock.
func monotonic() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}
