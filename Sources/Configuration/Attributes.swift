/// What only some programs ask for, beside what every program has: how else it is told to stop, and
/// what its process is given or loses before it becomes the program.
///
/// A class, so that a program without any of it costs one word, and all processes of a section share
/// one. Nothing changes it once the reader has returned it.
public final class Attributes: @unchecked Sendable, Equatable {
  /// `stopsignal=TSTP,5,TERM`: what comes after the first signal.
  public var stopRest: [StopStep] = []
  /// The words of `stop_command`, each ended by a NUL; empty: there is none.
  public var stopCommand = ByteString()
  /// Signals for swinit that the program gets too.
  public var forwardSignals = Signals()
  /// A file of `NAME=VALUE` lines, read at each start.
  public var envFile: ByteString?
  /// Variables whose values are read from files at each start.
  public var secrets: [Secret] = []
  /// false: the environment that swinit was started with is not passed on.
  public var inheritEnvironment = true
  /// HOME, USER, LOGNAME and SHELL are those of the user that the program runs as.
  public var userEnvironment = false
  /// -20 (first served) … 19; nil: as swinit.
  public var nice: Int32?
  /// -1000 (never chosen) … 1000; nil: as swinit.
  public var oomScoreAdjust: Int32?
  public var limits: [ResourceLimit] = []
  public var noNewPrivileges = false
  public var capabilities = CapabilityRule()
  public var stdin = StandardInput.null

  public init() {}

  public static func == (left: Attributes, right: Attributes) -> Bool {
    left.stopRest == right.stopRest && left.stopCommand == right.stopCommand
      && left.forwardSignals == right.forwardSignals && left.envFile == right.envFile
      && left.secrets == right.secrets && left.inheritEnvironment == right.inheritEnvironment
      && left.userEnvironment == right.userEnvironment && left.nice == right.nice
      && left.oomScoreAdjust == right.oomScoreAdjust && left.limits == right.limits
      && left.noNewPrivileges == right.noNewPrivileges && left.capabilities == right.capabilities
      && left.stdin == right.stdin
  }
}

/// One more signal of a stop, sent when the program is still there after the pause.
public struct StopStep: Equatable, Sendable {
  /// Since the signal before it.
  public var pause: Nanoseconds
  public var signal: Signal

  public init(pause: Nanoseconds, signal: Signal) {
    self.pause = pause
    self.signal = signal
  }
}

/// `NAME:PATH` of `secrets`.
public struct Secret: Equatable, Sendable {
  public var name: ByteString
  public var path: ByteString
}

/// One `rlimit_NAME` (`getrlimit(2)`).
public struct ResourceLimit: Equatable, Sendable {
  /// The kernel's number: the name's place in `WordList.resources`.
  public var resource: UInt8
  public var soft: UInt64
  public var hard: UInt64

  /// RLIM_INFINITY.
  public static let unlimited = UInt64.max
}

/// What `cap_keep` and `cap_drop` leave of the capabilities (`capabilities(7)`); bit n for number n.
public struct CapabilityRule: Equatable, Sendable {
  /// The program has these, whoever it runs as.
  public var kept: UInt64 = 0
  /// In none of the program's sets.
  public var dropped: UInt64 = 0
}

public enum StandardInput: UInt8, Sendable {
  /// /dev/null.
  case null
  /// A pipe of its own; swinit holds the writing end as long as the program lives.
  case pipe
  /// The container's.
  case inherit
}

extension Program {
  /// How long it may take from being told to stop to SIGKILL: `stopwaitsecs` and the pauses of a
  /// sequence. A `stop_command` that fails has used up to `stopwaitsecs` more before that.
  public var longestStop: Nanoseconds {
    guard let attributes else { return stopwaitsecs }
    var length = Time(nanoseconds: 0) + stopwaitsecs
    for step in attributes.stopRest { length = length + step.pause }
    if !attributes.stopCommand.isEmpty { length = length + stopwaitsecs }
    return length - Time(nanoseconds: 0)
  }
}

/// The name of a resource in capitals: `NOFILE`.
public func resourceName(_ number: UInt8) -> ByteString {
  ByteString(WordList.resources[Int64(number)]).uppercased
}

/// The name of a capability in capitals, without CAP_: `NET_BIND_SERVICE`.
public func capabilityName(_ number: UInt8) -> ByteString {
  ByteString(WordList.capabilities[Int64(number)]).uppercased
}
