import Basics

/// The effective configuration: what the files mean, with every default filled in and every
/// expansion done. The supervision core is made from one; comparing two tells what changed.
public struct Configuration: Equatable, Sendable {
  public var globals = Globals()
  /// In byte order of the names (as Supervisor lists them).
  public var groups: [Group] = []
  /// Every process of every program, group by group, within a group as the programs stand there.
  public var programs: [Program] = []
  /// Who waits for whom. Never a circle, never a program for itself.
  public var dependencies: [Dependency] = []

  public init() {}

  /// Whether the wall clock starts a program.
  @inline(never)
  public var followsWallClock: Bool {
    for program in programs {
      if let schedule = program.schedule, schedule.isCalendar { return true }
    }
    return false
  }

  /// The name that people type: `group:process`, or the process alone where both are equal.
  @inline(never)
  public func displayName(_ program: Program) -> ByteString {
    let group = groups[program.group].name
    return group == program.name ? group : group + ":" + program.name
  }
}

/// A `[group:x]`, or the group that each program has of its own.
public struct Group: Equatable, Sendable {
  public var name: ByteString
  /// A program's own group has the priority of its program.
  public var priority: Int32

  public init(name: ByteString, priority: Int32) {
    self.name = name
    self.priority = priority
  }
}

/// What of a program's ending stops the container (SPEC §6).
public enum Essential: UInt8, Sendable {
  /// Nothing does.
  case none
  /// Becoming FATAL.
  case fatal
  /// Every end after which it is not restarted.
  case exit
}

public enum Autorestart: UInt8, Sendable {
  case never, unexpected, always
}

/// Where a program's stdout or stderr goes.
public enum LogTarget: Equatable, Sendable {
  /// swinit's own descriptor 1: the container's stdout.
  case containerStdout
  /// swinit's own descriptor 2: the container's stderr.
  case containerStderr
  /// /dev/null.
  case null
  /// A file that is appended to, by the program itself or by swinit for it (see `Rotation`).
  case file(ByteString)
  /// AUTO: a file in `childlogdir` that swinit names when the program starts.
  case automatic
  /// Only to syslog (`…_syslog` sends there as well).
  case syslog
}

/// When a log file is moved aside (`…_maxbytes`, `…_backups`).
public struct Rotation: Equatable, Sendable {
  /// Bytes; 0: never, and the program holds the file itself.
  public var maxbytes: Int64 = 50 << 20
  /// How many older files are kept, as FILE.1 (the youngest) … FILE.N; 0: none.
  public var backups: Int32 = 10

  public init(maxbytes: Int64 = 50 << 20, backups: Int32 = 10) {
    self.maxbytes = maxbytes
    self.backups = backups
  }
}

/// All that is to be known of one of a program's two streams.
public struct LogDestination: Equatable, Sendable {
  public var target: LogTarget
  /// Where it goes as well, each place once: containers and files, the containers before the files
  /// (`target` among them).
  public var others: [LogTarget] = []
  /// Of all its files.
  public var rotation = Rotation()
  /// To syslog as well.
  public var syslog = false

  public init(_ target: LogTarget) { self.target = target }

  public var placeCount: Int { 1 + others.count }

  /// - Parameter number: 0 is the first; others than there are mean it too.
  public func place(_ number: Int) -> LogTarget {
    number > 0 && number <= others.count ? others[number - 1] : target
  }
}

/// The daemon of a program that puts itself into the background: the process that a pidfile names.
public struct Follow: Equatable, Sendable {
  public enum Mode: UInt8, Sendable {
    /// `pidfile=`: once the command has ended with 0. Before that the command is the program.
    case afterFork
    /// pidproxy: signals go to the named process as soon as there is one.
    case proxy
  }
  public var pidfile: ByteString
  public var mode: Mode

  public init(pidfile: ByteString, mode: Mode) {
    self.pidfile = pidfile
    self.mode = mode
  }
}

/// The exit codes that are expected of a program (`exitcodes`): a set over 0…255.
public struct ExitCodes: Equatable, Sendable {
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  /// Deaths by signal that are expected too (`exitcodes=0,TERM`).
  public var signals = Signals()

  public init(_ codes: UInt8...) {
    for code in codes { insert(code) }
  }
  public mutating func insert(_ code: UInt8) {
    let bit: UInt64 = 1 << UInt64(code & 63)
    switch code >> 6 {
    case 0: words.0 |= bit
    case 1: words.1 |= bit
    case 2: words.2 |= bit
    default: words.3 |= bit
    }
  }
  public func contains(_ code: UInt8) -> Bool {
    let bit: UInt64 = 1 << UInt64(code & 63)
    switch code >> 6 {
    case 0: return words.0 & bit != 0
    case 1: return words.1 & bit != 0
    case 2: return words.2 & bit != 0
    default: return words.3 & bit != 0
    }
  }
  public static func == (left: ExitCodes, right: ExitCodes) -> Bool {
    left.words == right.words && left.signals == right.signals
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
  public var restartDelay = (first: Nanoseconds.zero, greatest: Nanoseconds.seconds(30))
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
  /// nil: nothing of it is asked for.
  public var attributes: Attributes?
  /// When the clock runs it; nil: it is a service.
  public var schedule: Schedule?
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
  public var ready: Probe?
  /// How long it may take to be ready; zero: for ever. Without meaning where `ready` is nil, but for
  /// a oneshot.
  public var readyTimeout = Nanoseconds.seconds(60)
  /// What is tried while it is RUNNING.
  public var health: Probe?
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

  public static func == (left: Program, right: Program) -> Bool {
    left.name == right.name && left.group == right.group && left.arguments == right.arguments
      && left.environment == right.environment && left.priority == right.priority
      && left.autostart == right.autostart && left.startsecs == right.startsecs
      && left.startretries == right.startretries && left.autorestart == right.autorestart
      && left.exitcodes == right.exitcodes && left.restartDelay == right.restartDelay
      && left.stopsignal == right.stopsignal && left.stopwaitsecs == right.stopwaitsecs
      && left.stopasgroup == right.stopasgroup && left.killasgroup == right.killasgroup
      && left.stoptree == right.stoptree
      && left.essential == right.essential && left.user == right.user
      && left.directory == right.directory && left.umask == right.umask
      && left.follow == right.follow && left.schedule == right.schedule
      && left.stdout == right.stdout && left.stderr == right.stderr
      && left.redirectStderr == right.redirectStderr && left.logFormat == right.logFormat
      && left.fileFormat == right.fileFormat && left.attributes == right.attributes
      && left.oneshot == right.oneshot
      && left.ready == right.ready && left.readyTimeout == right.readyTimeout
      && left.health == right.health && left.healthInterval == right.healthInterval
      && left.healthTimeout == right.healthTimeout && left.healthRetries == right.healthRetries
  }
}

/// `[swinit]` exit_on_signal: the exit status of a container that was told to stop.
public enum ExitOnSignal: UInt8, Sendable {
  /// 0.
  case zero
  /// 128 + the signal's number.
  case signal
  /// 0, or the code of the first program whose last end was unexpected.
  case failure
}

/// Least important last: a level shows itself and everything before it.
public enum LogLevel: UInt8, Comparable, Sendable {
  case critical, error, warn, info, debug, trace, blather

  public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// The keys of `[swinit]` and `[supervisord]`.
public struct Globals: Equatable, Sendable {
  /// `NAME=value`, each ended by a NUL byte; for all programs.
  public var environment = ByteString()
  /// Whom swinit itself becomes once the files are read.
  public var user: ByteString?
  public var loglevel = LogLevel.info
  /// Where swinit's own messages go: beside stderr, or instead where the container is among them.
  public var logfile: LogDestination?
  /// For swinit's own messages, and the default of all programs.
  public var logFormat = LogFormat.direct
  /// Escape sequences are taken out of what goes to files.
  public var stripAnsi = false
  /// Where AUTO log files lie; nil: unset, and no program has one.
  public var childlogdir: ByteString?
  /// AUTO log files of earlier runs are left alone.
  public var nocleanup = false
  /// Part of the names of AUTO log files.
  public var identifier: ByteString = "supervisor"
  /// No messages on stderr (they still go to `logfile`).
  public var silent = false
  /// Soft limit of open files that every child gets at least.
  public var minfds: UInt64?
  public var umask: UInt32?
  public var directory: ByteString?
  public var pidfile: ByteString?
  /// Stay when nothing is left to do.
  public var stay = false
  public var exitOnSignal = ExitOnSignal.zero
  /// The signals that begin the orderly stop. WINCH among them counts only without a terminal.
  public var stopOn = Signals(
    .terminate, .interrupt, .quit, .power, .windowChange, Signal(number: 37))
  /// true: a `user=` that cannot be had because swinit is not root is a failure, not a notice.
  public var requireUser = false
  /// How long a stop may take in all, from its signal to our exit; nil: as long as it takes.
  public var grace: Nanoseconds?
  /// The pause between a stop signal and what the programs hear of it.
  public var drain = Nanoseconds.zero

  public init() {}
}
