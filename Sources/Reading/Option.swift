import Basics
import Configuration

/// What the value of an option is made of. Decides how it is read, what an error says is allowed,
/// and how `check --json` spells it.
public enum OptionKind: UInt8, Sendable {
  case flag, integer, seconds, size, octal
  case signal, stopSignals, signals, exitcodes, autorestart
  case essential, restartDelay, exitOnSignal, userPolicy, loglevel, logFormat
  case path, logfile, user, command, environment, processName
  case names, events, address, socket, schedule, programs, waits, probe, text
  case limit, capabilities, secrets, standardInput
}

extension OptionKind {
  /// The text is split into words or pairs, and the values of variables must not take part in it.
  package var isSplitAfterExpansion: Bool {
    self == .command || self == .environment || self == .probe || self == .secrets
  }
}

/// What this version does with an option.
public enum OptionEffect: UInt8, Sendable {
  /// What its help says.
  case full
  /// It is checked, and means nothing here: there is nothing that it could change.
  case none
  /// It is checked, and warned of where it would change something: not in this version.
  case missing
}

/// One option of one kind of section, a row of the tables: the only place in which its facts stand.
/// The reader, `check`, `help` and the reference are all made from these rows.
public struct Option: Sendable {
  public let name: FixedText
  public let kind: OptionKind
  /// As it would be written in a file; empty: unset.
  public let defaultText: FixedText
  public let effect: OptionEffect
  /// The least and greatest number, where the kind is one.
  public let lowest: Int32
  public let highest: Int32
  /// One or two sentences: meaning, unit, bounds.
  public let help: FixedText
}

/// The kinds of sections that have options.
public enum SectionKind: UInt8, CaseIterable, Sendable {
  case program, globals, group, include
  case eventListener, fcgiProgram
  case unixServer, inetServer, client, rpcInterface

  /// As it is written above its options.
  public var title: Literal {
    switch self {
    case .program: "[program:NAME]"
    case .globals: "[swinit]"
    case .group: "[group:NAME]"
    case .include: "[include]"
    case .eventListener: "[eventlistener:NAME]"
    case .fcgiProgram: "[fcgi-program:NAME]"
    case .unixServer: "[unix_http_server]"
    case .inetServer: "[inet_http_server]"
    case .client: "[supervisorctl]"
    case .rpcInterface: "[rpcinterface:supervisor]"
    }
  }

  /// Runs a command, with all options of a program.
  package var isProgram: Bool {
    switch self {
    case .program, .eventListener, .fcgiProgram: true
    case .globals, .group, .include, .unixServer, .inetServer, .client, .rpcInterface: false
    }
  }
}

@inline(never)
package func nearest(_ word: ByteString, in options: [Option]) -> NearestName {
  var nearest = NearestName(to: word)
  for option in options { nearest.consider(ByteString(option.name)) }
  return nearest
}
