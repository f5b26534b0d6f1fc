import Basics

/// The exit codes that are expected of a program (`exitcodes`): a set over 0…255.
public struct ExitCodes: Equatable, Sendable {
  /// Bit n of the word m stands for the code 64 m + n.
  private var words = Words()
  /// Deaths by signal that are expected too (`exitcodes=0,TERM`).
  public var signals = Signals()

  public init(_ codes: UInt8...) {
    for code in codes { insert(code) }
  }
  public mutating func insert(_ code: UInt8) { words[code >> 6] |= 1 << UInt64(code & 63) }
  public func contains(_ code: UInt8) -> Bool { words[code >> 6] >> UInt64(code & 63) & 1 != 0 }

  private struct Words: Equatable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    subscript(index: UInt8) -> UInt64 {
      get { index == 0 ? first : index == 1 ? second : index == 2 ? third : fourth }
      set {
        switch index {
        case 0: first = newValue
        case 1: second = newValue
        case 2: third = newValue
        default: fourth = newValue
        }
      }
    }
  }
}

/// One process of one program, as it is to be run. `numprocs=3` makes three of them.
public struct Program: Equatable, Sendable {
  /// `process_name`, expanded.
  public var name: ByteString
  /// Index into `Configuration.groups`.
  public var group: Int
  /// The words of `command`, each ended by a NUL byte: the form that execve(2) wants.
  public var arguments: ByteString
  /// The program's own `environment`: `NAME=value`, each ended by a NUL byte.
  public var environment = ByteString()
  public var priority: Int32 = 999
  public var autostart = true
  public var startsecs = Nanoseconds.seconds(1)
  /// Retries after the first failed start; negative: never FATAL.
  public var startretries: Int32 = 3
  public var autorestart = Autorestart.unexpected
  public var exitcodes = ExitCodes(0)
  /// First and greatest pause before a program that dies again within 10 s of RUNNING.
  public var restartDelay = PauseRange(.zero, .seconds(30))
  /// nil: TERM, or the INT that swinit itself was told to stop with, and TERM after it; `[swinit]
  /// stopsignal` is already filled in.
  public var stopsignal: Signal?
  public var stopwaitsecs = Nanoseconds.seconds(10)
  public var stopasgroup = false
  public var killasgroup = false
  /// Everything that it has started ends with it.
  public var stoptree = false
  public var essential = Essential.fatal
  /// `name`, `uid`, `name:group` or `uid:gid` as written; looked up when the program starts.
  public var user: ByteString?
  public var directory: ByteString?
  public var umask: UInt32?
  public var follow: Follow?
  /// The empty policy where the program asks for nothing of it.
  public var life: LifePolicy {
    get { lifeBox?.value ?? LifePolicy() }
    set { lifeBox = newValue == LifePolicy() ? nil : Shared(newValue) }
  }
  /// nil: nothing of it is asked for.
  public var launch: LaunchOptions? {
    get { launchBox?.value }
    set { launchBox = newValue == LaunchOptions() ? nil : newValue.map { Shared($0) } }
  }
  /// When the clock runs it; nil: it is a service.
  public var schedule: Schedule? {
    get { scheduleBox?.value }
    set { scheduleBox = newValue.map { Shared($0) } }
  }
  private(set) var lifeBox: Shared<LifePolicy>?
  private(set) var launchBox: Shared<LaunchOptions>?
  private var scheduleBox: Shared<Schedule>?
  private var readyBox: Shared<Probe>?
  private var healthBox: Shared<Probe>?
  public var stdout = LogDestination(.containerStdout)
  /// Without meaning when `redirectStderr` is set.
  public var stderr = LogDestination(.containerStderr)
  public var redirectStderr = false
  /// For what goes to the container's stdout and stderr.
  public var logFormat = LogFormat.direct
  /// For what goes to files: only a program's own `log_format` changes them.
  public var fileFormat = LogFormat.direct
  /// It runs once, to its end, and is ready when it has ended as expected.
  public var oneshot = false
  /// What makes it RUNNING; nil: it has stayed up for `startsecs`.
  public var ready: Probe? {
    get { readyBox?.value }
    set { readyBox = newValue.map { Shared($0) } }
  }
  /// How long it may take to be ready; zero: for ever. Without meaning where `ready` is nil, but for
  /// a oneshot.
  public var readyTimeout = Nanoseconds.seconds(60)
  /// What is tried while it is RUNNING.
  public var health: Probe? {
    get { healthBox?.value }
    set { healthBox = newValue.map { Shared($0) } }
  }
  /// From the end of one try to the next.
  public var healthInterval = Nanoseconds.seconds(10)
  /// What one try may take, of `ready` too.
  public var healthTimeout = Nanoseconds.seconds(5)
  /// Failures in a row after which it is restarted.
  public var healthRetries: Int32 = 3

  public init(name: ByteString, group: Int, arguments: ByteString) {
    self.name = name
    self.group = group
    self.arguments = arguments
  }

  /// Takes what is equal from another process of the same section, so that both hold it once.
  public mutating func share(with other: Program) {
    if lifeBox == other.lifeBox { lifeBox = other.lifeBox }
    if launchBox == other.launchBox { launchBox = other.launchBox }
    if scheduleBox == other.scheduleBox { scheduleBox = other.scheduleBox }
    if readyBox == other.readyBox { readyBox = other.readyBox }
    if healthBox == other.healthBox { healthBox = other.healthBox }
  }
}
