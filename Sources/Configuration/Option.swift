/// What the value of an option is made of. Decides how it is read, what an error says is allowed,
/// and how `check --json` spells it.
public enum OptionKind: UInt8, Sendable {
  case flag, integer, seconds, size, octal
  case signal, signals, exitcodes, autorestart
  case essential, restartDelay, exitOnSignal, userPolicy, loglevel
  case path, logfile, user, command, environment, processName
  case names, events, address, socket, text

  /// The word for it in the reference.
  public var name: StaticString {
    switch self {
    case .flag: "boolean"
    case .integer: "integer"
    case .seconds: "seconds"
    case .size: "size"
    case .octal: "octal"
    case .signal: "signal"
    case .signals: "signals"
    case .exitcodes: "exit codes"
    case .autorestart: "true, false, unexpected"
    case .essential: "none, fatal, exit"
    case .restartDelay: "seconds[,seconds]"
    case .exitOnSignal: "0, signal, failure"
    case .userPolicy: "run, require"
    case .loglevel: "level"
    case .path: "path"
    case .logfile: "log file"
    case .user: "user[:group]"
    case .command: "command"
    case .environment: "NAME=\"value\",…"
    case .processName: "name"
    case .names: "names"
    case .events: "events"
    case .address: "host:port"
    case .socket: "socket"
    case .text: "text"
    }
  }

  /// What an error says is allowed.
  var allowed: StaticString {
    switch self {
    case .flag: "true or false is allowed (also yes, no, on, off, 1, 0)"
    case .integer: "a whole number is allowed"
    case .seconds: "a number of seconds is allowed, as 10 or 0.5"
    case .size: "a number of bytes is allowed, as 0, 4096, 50KB, 50MB or 1GB"
    case .octal: "an octal number is allowed, as 022 or 0700"
    case .signal: "one signal is allowed, by name or number, as TERM, SIGINT, RTMIN+3 or 15"
    case .signals: "signals separated by commas are allowed, as TERM,INT,QUIT"
    case .exitcodes: "codes of 0 to 255 and signals separated by commas are allowed, as 0,2,TERM"
    case .autorestart: "true, false or unexpected is allowed"
    case .essential: "none, fatal or exit is allowed"
    case .restartDelay: "one or two numbers of seconds are allowed, the smaller first, as 0,30"
    case .exitOnSignal: "0, signal or failure is allowed"
    case .userPolicy: "run or require is allowed"
    case .loglevel: "critical, error, warn, info, debug, trace or blather is allowed"
    case .path: "a path is allowed"
    case .logfile: "a path, AUTO, NONE or syslog is allowed"
    case .user: "NAME, UID, NAME:GROUP or UID:GID is allowed"
    case .command: "a command and its arguments are allowed"
    case .environment: "NAME=\"value\" pairs separated by commas are allowed"
    case .processName: "a name without blanks, \":\" and \"/\" is allowed"
    case .names: "names separated by commas are allowed"
    case .events: "event names separated by commas are allowed, as PROCESS_STATE_FATAL,TICK_60"
    case .address: "a port or HOST:PORT is allowed, as 9001, *:9001 or 127.0.0.1:9001"
    case .socket: "unix:///PATH or tcp://HOST:PORT is allowed"
    case .text: "any text is allowed"
    }
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

/// One option of one kind of section: the only place in which its facts stand. The reader, `check`,
/// `help` and the reference are all made from these rows.
public struct Option: Sendable {
  public let name: StaticString
  public let kind: OptionKind
  /// As it would be written in a file; empty: unset.
  public let defaultText: StaticString
  public let effect: OptionEffect
  /// The least and greatest number, where the kind is one.
  public let lowest: Int32
  public let highest: Int32
  /// One or two sentences: meaning, unit, bounds.
  public let help: StaticString

  init(
    _ name: StaticString, _ kind: OptionKind, _ defaultText: StaticString,
    effect: OptionEffect = .full, lowest: Int32 = 0, highest: Int32 = .max,
    _ help: StaticString
  ) {
    self.name = name
    self.kind = kind
    self.defaultText = defaultText
    self.effect = effect
    self.lowest = lowest
    self.highest = highest
    self.help = help
  }
}

/// The kinds of sections that have options.
public enum SectionKind: UInt8, CaseIterable, Sendable {
  case program, globals, group, include
  case eventListener, fcgiProgram
  case unixServer, inetServer, client, rpcInterface

  /// As it is written above its options.
  public var title: StaticString {
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

  /// Its own options. A listener and an fcgi-program have those of a program as well.
  public var options: [Option] {
    switch self {
    case .program: programOptions
    case .globals: globalOptions
    case .group: groupOptions
    case .include: includeOptions
    case .eventListener: eventListenerOptions
    case .fcgiProgram: fcgiProgramOptions
    case .unixServer: unixServerOptions
    case .inetServer: inetServerOptions
    case .client: clientOptions
    case .rpcInterface: rpcInterfaceOptions
    }
  }

  /// Runs a command, with all options of a program.
  var isProgram: Bool {
    switch self {
    case .program, .eventListener, .fcgiProgram: true
    case .globals, .group, .include, .unixServer, .inetServer, .client, .rpcInterface: false
    }
  }

  /// All that may stand in such a section; of two rows of one name the first counts.
  var allOptions: [Option] {
    self == .eventListener || self == .fcgiProgram ? options + programOptions : options
  }

  @inline(never)
  func option(_ name: ByteString) -> Option? {
    for option in options where name == option.name { return option }
    guard isProgram else { return nil }
    for option in programOptions where name == option.name { return option }
    return nil
  }
}
