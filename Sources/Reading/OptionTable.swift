// The tables of options are text, one line for each option:
//
//   NAME | KIND BOUNDS EFFECT | DEFAULT | HELP
//
// KIND is a case of `OptionKind`; BOUNDS is `any` (all 32 bits), `LOWEST..` or `LOWEST..HIGHEST`,
// or missing (0 and more), octal where the option is, of seconds `1..` for more than 0; EFFECT is
// `ignored` (`OptionEffect.none`), `missing`, or nothing at all. A line that goes on is indented by a
// third blank, which stays.
//
// Rows as Swift values would be built by code, a hundred bytes of it for each, and their strings
// would be pointers that the start has to relocate. The text is taken apart once.

import Basics
import Configuration

/// Of all kinds of sections, by their raw values.
private let tables: [[Option]] = {
  var tables: [[Option]] = []
  for kind in SectionKind.allCases {
    var reader = TableReader(kind.table)
    var options: [Option] = []
    while !reader.isAtEnd { options.append(Option(&reader)) }
    tables.append(options)
  }
  return tables
}()

extension SectionKind {
  /// Its own options. A listener and an fcgi-program have those of a program as well.
  public var options: [Option] { tables[Int(rawValue)] }

  /// All that may stand in such a section; of two rows of one name the first counts.
  @inline(never)
  package var allOptions: [Option] {
    var all = options
    if isProgram, self != .program {
      for option in SectionKind.program.options { all.append(option) }
    }
    return all
  }

  @inline(never)
  package func option(_ name: ByteString) -> Option? {
    for option in options where name == option.name { return option }
    return isProgram && self != .program ? SectionKind.program.option(name) : nil
  }

  var table: Literal {
    switch self {
    case .program: programTable
    case .globals: globalTable
    case .group: groupTable
    case .include: includeTable
    case .eventListener: eventListenerTable
    case .fcgiProgram: fcgiProgramTable
    case .unixServer: unixServerTable
    case .inetServer: inetServerTable
    case .client: clientTable
    case .rpcInterface: rpcInterfaceTable
    }
  }
}

extension Option {
  /// The next row of a table. A test holds all of them against slips.
  fileprivate init(_ reader: inout TableReader) {
    name = reader.field()
    let words = ByteString(reader.field()).wordsBetweenBlanks
    defaultText = reader.field()
    help = reader.field()
    kind = words.isEmpty ? .text : OptionKind(named: words[0]) ?? .text
    var effect = OptionEffect.full
    var lowest: Int32 = 0
    var highest: Int32 = .max
    for word in words {
      if word.equals("ignored") { effect = .none }
      if word.equals("missing") { effect = .missing }
      if word.equals("any") { lowest = .min }
      guard word.contains("..") else { continue }
      let bounds = word.split(at: UInt8(ascii: "."))
      lowest = Int32(clamping: bounds[0].signedDecimal ?? 0)
      if !bounds[2].isEmpty {
        highest = Int32(
          clamping: (kind == .octal ? parseOctal(bounds[2]) : bounds[2].signedDecimal) ?? 0)
      }
    }
    self.effect = effect
    self.lowest = lowest
    self.highest = highest
  }
}

/// What the kinds are called in the tables and in the reference, and what an error says is allowed;
/// in the order of their cases.
private let kinds: Literal = """
  flag | boolean | true or false is allowed (also yes, no, on, off, 1, 0)
  integer | integer | a whole number is allowed
  seconds | seconds | a number of seconds is allowed, as 10 or 0.5
  size | size | a number of bytes is allowed, as 0, 4096, 50KB, 50MB or 1GB
  octal | octal | an octal number is allowed, as 022 or 0700
  signal | signal | one signal is allowed, by name or number, as TERM, SIGINT, RTMIN+3 or 15
  stopSignals | signal[,seconds,signal…] | a signal is allowed, or signals with pauses in seconds\
   between them, as TERM, SIGINT, RTMIN+3, 15 or TSTP,5,TERM
  signals | signals | signals separated by commas are allowed, as TERM,INT,QUIT
  exitcodes | exit codes | codes of 0 to 255 and signals separated by commas are allowed, as\
   0,2,TERM
  autorestart | true, false, unexpected | true, false or unexpected is allowed
  essential | none, fatal, exit | none, fatal or exit is allowed
  restartDelay | seconds[,seconds] | one or two numbers of seconds are allowed, the smaller\
   first, as 0,30
  exitOnSignal | 0, signal, failure | 0, signal or failure is allowed
  userPolicy | run, require | run or require is allowed
  loglevel | level | critical, error, warn, info, debug, trace or blather is allowed
  logFormat | direct, raw, prefix, timestamp, json | direct, raw, prefix, timestamp or json is\
   allowed
  path | path | a path is allowed
  logfile | log file | a path, AUTO, NONE or syslog is allowed
  user | user[:group] | NAME, UID, NAME:GROUP or UID:GID is allowed
  command | command | a command and its arguments are allowed
  environment | NAME="value",… | NAME="value" pairs separated by commas are allowed
  processName | name | a name without blanks, ":" and "/" is allowed
  names | names | names separated by commas are allowed
  events | events | event names separated by commas are allowed, as PROCESS_STATE_FATAL,TICK_60
  address | host:port | a port or HOST:PORT is allowed, as 9001, *:9001 or 127.0.0.1:9001
  socket | socket | unix:///PATH or tcp://HOST:PORT is allowed
  schedule | fields or @word | cron's five fields, @daily and its like, or @every 90s are allowed
  programs | names | programs separated by commas are allowed, as db,cache; GROUP:* for a group
  waits | name:state … | NAME:running and NAME:exited, separated by blanks, are allowed
  probe | test | running, notify, fd:N (3 to 255), tcp:HOST:PORT, http:URL, unix:/PATH, path:/PATH\
   or exec:COMMAND is allowed
  text | text | any text is allowed
  limit | soft[:hard] | SOFT or SOFT:HARD is allowed, each a number, a size as 64MB, or\
   unlimited, SOFT not above HARD
  capabilities | capabilities | names separated by commas are allowed, as\
   NET_BIND_SERVICE,CHOWN, or ALL
  secrets | NAME:path,… | NAME:/PATH pairs separated by commas are allowed
  standardInput | null, pipe, inherit | null, pipe or inherit is allowed
  """

extension OptionKind {
  /// As the tables write it.
  init?(named name: ByteString) {
    var reader = TableReader(kinds)
    var number: UInt8 = 0
    while !reader.isAtEnd {
      if name == ByteString(reader.field()) {
        self.init(rawValue: number)
        return
      }
      _ = reader.field()
      _ = reader.field()
      number += 1
    }
    return nil
  }

  /// The field of its row: 0, 1 or 2.
  @inline(never)
  private func field(_ column: Int) -> FixedText {
    var reader = TableReader(kinds)
    for _ in 0..<(3 * Int(rawValue) + column) { _ = reader.field() }
    return reader.field()
  }

  /// The word for it in the reference.
  public var name: FixedText { field(1) }

  /// What an error says is allowed.
  var allowed: ByteString { ByteString(field(2)) }
}
