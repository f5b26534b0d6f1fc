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

/// What of a program's ending stops the container.
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
