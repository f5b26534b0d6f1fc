import Basics

/// How it is found out whether a program is ready (`ready`), or still well (`health`).
public struct Probe: Equatable, Sendable {
  public enum Kind: UInt8, Sendable {
    /// It has stayed up for `startsecs`.
    case running
    /// It says `READY=1` on the socket that NOTIFY_SOCKET names (sd_notify(3)).
    case notify
    /// It writes a newline to a descriptor, as s6 has it.
    case newline
    /// The path is there.
    case path
    /// Somebody accepts a connection.
    case tcp, unix
    /// A server answers a GET with 200 to 399.
    case http
    /// A command ends with 0.
    case command
  }

  public let kind: Kind
  /// Of tcp and http: a numeric address, or a name of /etc/hosts.
  public let host: ByteString
  /// Of tcp and http the port, of a newline the descriptor; else 0.
  public let number: Int32
  /// Of path and unix the path, of http what is asked for, of a command its words, each ended by a
  /// NUL byte.
  public let text: ByteString

  public init(
    _ kind: Kind, host: ByteString = "", number: Int32 = 0, text: ByteString = ""
  ) {
    self.kind = kind
    self.host = host
    self.number = number
    self.text = text
  }

  /// The program says so itself: nothing is to be asked time and again. A path is waited for by
  /// inotify, which does not tell of all of them (behind a dangling link, in /proc, in what is mounted
  /// there), so that it is asked for again and again as well.
  public var isAwaited: Bool {
    switch kind {
    case .running, .notify, .newline: return true
    case .path, .tcp, .unix, .http, .command: return false
    }
  }
}

/// One program waits for another one.
public struct Dependency: Equatable, Sendable {
  /// Indices into `Configuration.programs`.
  public var dependent: Int
  public var on: Int
  /// It waits until the other one has ended, not until it is ready.
  public var untilEnd: Bool

  public init(_ dependent: Int, on: Int, untilEnd: Bool = false) {
    self.dependent = dependent
    self.on = on
    self.untilEnd = untilEnd
  }
}
