import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// Whatever is wrong gives an error that says where and what; and nothing crashes.
struct BadInputTests {
  /// Values that no option of the kind takes.
  private static func badValues(_ kind: OptionKind) -> [String] {
    switch kind {
    case .flag: ["maybe", "", "2", "truee", "true false", "%(process_num", "tr%ue"]
    case .integer: ["x", "", "1.5", "1e3", "99999999999999999999", "0x10", "--1", "1 2", "%d"]
    case .seconds:
      ["x", "", "-1", "1.2.3", ".", "1s", "1,5", "1.0123456789", "99999999999999999999"]
    case .size: ["x", "", "1M", "-1", "1.5MB", "KB", "10 K", "99999999999999999999"]
    case .octal: ["x", "", "8", "-1", "99999", "u=rwx", "777777777777"]
    case .signal: ["x", "", "0", "65", "SIG", "TERM,INT", "RTMIN+40", "RTMIN-1", "-15"]
    case .stopSignals:
      [
        "x", "", "0", "65", "SIG", "TERM,INT", "RTMIN+40", "-15", "TERM,", ",TERM", "TERM,5",
        "TERM,x,INT", "TERM,-1,INT", "TERM,5,x", "TERM,1,INT,2", "15,5",
        Array(repeating: "TERM", count: 17).joined(separator: ",1,"),
      ]
    case .signals: ["x", "", ",", "TERM,", "TERM,x", "TERM INT"]
    case .exitcodes: ["x", "256", "-1", "0,,1", "0 1", ","]
    case .autorestart: ["x", "", "always", "never", "unexpectd"]
    case .essential: ["x", "", "all", "2"]
    case .restartDelay: ["x", "", "1,2,3", "5,1", "-1", ",", "1,"]
    case .exitOnSignal: ["x", "", "1", "none"]
    case .userPolicy: ["x", "", "true"]
    case .loglevel: ["x", "", "warning", "0"]
    case .logFormat: ["x", "", "jsn", "text", "raw json", "%(nowhere)s"]
    case .path: ["", "%(nowhere)s", "%(ENV_NOT_SET)s/x"]
    case .logfile: ["%(nowhere)s", "/log/%d", "%(ENV_NOT_SET)s"]
    case .user: ["", ":", "a:", ":a", "a:b:c", "a b", "a/b", "%(ENV_NOT_SET)s"]
    case .command: ["", "''", "'a", "\"a", "a \\", "\"a' b", "%(ENV_NOT_SET)s", "date +%H"]
    case .environment:
      ["A", "=", "=1", "A=1,,B=1", "A=\"1", "\"A=1\"", "A=\"1\" B=\"2\"", "A=%(ENV_NOT_SET)s", ","]
    case .processName: ["", "a b", "a:b", "a/b", "%(process_num)q"]
    case .names: ["", ",", "a b", "a,,b"]
    case .events: ["", ",", "PROCESS", "TICK_5 TICK_60", "TICK_5,x"]
    case .address: ["", "x", ":", "host:", "host:x", "65536", "host:99999"]
    case .socket: ["", "x", "unix://", "unix://x", "tcp://", "tcp://:1", "tcp://h", "tcp://h:x"]
    case .schedule:
      [
        "", "*", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
        "* * * 13 *", "* * * 0 *", "* * * * 8", "-1 * * * *", "* * * * mond", "*/0 * * * *",
        "*/60 * * * *", "5/2 * * * *", "1,,2 * * * *", ", * * * *", "1-2-3 * * * *",
        "5-1 * * * *", "1/2/3 * * * *", "1- * * * *", "** * * * *", "0 0 30 2 *",
        "0 0 31 feb,apr,jun,sep,nov *", "? * * * *", "0 0 L * *", "@reboot", "@dayly", "@",
        "@daily 1",
        "@every", "@every 0s", "@every 5", "@every 1d", "@every 1s1m", "@every 1m 1s", "@every s",
        "@every 99999999999999999999s", "@every 9223372036854775807h", "@every 367000h",
        "@every -5s", "@every 1.5s", "\u{0}",
      ]
    case .programs: ["", ",", "a,,b", "a b", "a:b:c", "a:", ":a", "a/b"]
    case .waits: ["", "a", "a:", "a:dead", ":running", "a:running,b:running"]
    case .probe:
      [
        "", "x", "ready", "fd", "fd:", "fd:2", "fd:256", "fd:x", "tcp:", "tcp:h", "tcp:localhost:0",
        "tcp:localhost:65536", "tcp:[::1:80", "tcp:local host:1", "http:",
        "http:h:x/", "https://localhost/", "http://localhost/a b", "unix:", "unix:x", "path:",
        "path:x", "exec:", "exec:'a", "unix:/" + String(repeating: "x", count: 108),
      ]
    case .text: ["%(nowhere)s", "%"]
    case .limit:
      [
        "x", "", "-1", "1:", ":1", "2:1", "1:2:3", "1.5", "1M", "unlimited:1", "2KB:1KB",
        "infinity", "18446744073709551616",
      ]
    case .capabilities:
      ["", ",", "x", "CAP_", "NET_BIND", "CHOWN KILL", "CHOWN,,KILL", "41", "NONE"]
    case .secrets:
      ["", ",", "A", "A:", ":/x", "A:x", "A:/", "A=B:/x", "A B:/x", "A:/x,,B:/y", "A :/x"]
    case .standardInput: ["", "x", "/dev/null", "true"]
    }
  }

  /// What a section of a kind must hold, but for one option.
  private static func section(_ kind: SectionKind, without name: FixedText) -> String {
    var text: String
    var required: [(Literal, String)] = []
    switch kind {
    case .program:
      text = "[program:x]\n"
      required = [("command", "/x")]
    case .eventListener:
      text = "[eventlistener:x]\n"
      required = [("command", "/x"), ("events", "TICK_5")]
    case .fcgiProgram:
      text = "[fcgi-program:x]\n"
      required = [("command", "/x"), ("socket", "unix:///s")]
    case .globals: text = "[supervisord]\n"
    case .group:
      text = "[program:p]\ncommand=/p\n[group:x]\n"
      required = [("programs", "p")]
    case .include: text = "[include]\n"
    case .unixServer: text = "[unix_http_server]\n"
    case .inetServer: text = "[inet_http_server]\n"
    case .client: text = "[supervisorctl]\n"
    case .rpcInterface: text = "[rpcinterface:supervisor]\n"
    }
    for (key, value) in required where !name.hasSameText(as: key) {
      text += "\(ByteString(key))=\(value)\n"
    }
    return text
  }

  /// Each option of each section with each bad value of its kind.
  static let badOptions: [String] = {
    var all: [String] = []
    for kind in SectionKind.allCases where kind != .rpcInterface {
      for option in kind.allOptions {
        for value in badValues(option.kind) {
          all.append("\(section(kind, without: option.name))\(ByteString(option.name))=\(value)\n")
        }
      }
    }
    return all
  }()

  static let badSyntax: [String] = [
    "x", "x=1", "[", "[]", "[ ]", "[a", "]", "[program:]\ncommand=/x", "[program]\ncommand=/x",
    "[program: ]\ncommand=/x", "[program:a b]\ncommand=/x", "[program:a:b]\ncommand=/x",
    "[program:a/b]\ncommand=/x", "[program:a]", "[program:a]\n", "[program:a]\nuser=root",
    "[program:a]\n=\n", "[program:a]\n=x\n", "[program:a]\n:x\n", "[program:a]\ncommand\n",
    "[program:a]\n;command=/x", "[program:a]\ncommand ;=/x\n", "[group:]\nprograms=a",
    "[group:g]\nprograms=\n", "[group:g]\nprograms=none\n", "[include]\n",
    "[include]\nfiles=\n", "[include]\nfiles=%(nowhere)s\n", "[eventlistener:l]\ncommand=/l\n",
    "[eventlistener:l]\nevents=TICK_5\n", "[fcgi-program:f]\ncommand=/f\n",
    "[program:a]\ncommand=/x\nnumprocs=2\n", "[swinit]\nunknown=1\n", "[swinit]\ncommand=/x\n",
    "[program:a]\ncommand=/x\nprocess_name=x\nnumprocs=3",
    "[program:a]\ncommand=/x\n[program:b]\ncommand=/x\n[group:a]\nprograms=b\n",
    "[program:a]\ncommand=/x \u{0}\n", "\u{0}", "[program:a\u{0}]\n",
    "[program:a]\ncommand=/x\nnumprocs=10001\nprocess_name=%(process_num)d",
  ]

  @Test func theTableIsLong() {
    #expect(Self.badOptions.count + Self.badSyntax.count > 500)
  }

  private func check(_ result: CheckResult) {
    #expect(result.hasErrors)
    for fault in result.faults {
      #expect(fault.file == "/etc/app.conf")
      #expect(fault.line > 0)
      #expect(fault.message.count >= 20)
      #expect(fault.message.count < 600)
      #expect(!fault.message.contains("\n"))
      if fault.severity == .error { #expect(fault.message.hasPrefix("cannot ")) }
    }
  }

  @Test(arguments: badOptions)
  func everyBadValueIsOneErrorWithItsPlace(text: String) {
    let result = loading(text, report: true)
    check(result)
    #expect(result.errors.count == 1)
  }

  @Test(arguments: badSyntax)
  func everyBadLineIsAnErrorWithItsPlace(text: String) {
    check(loading(text, report: true))
  }

  @Test func mutatedFilesNeverCrash() {
    var random = Generator(state: 0x5EED)
    let good = Styles.all.map { Array($0.utf8) }
    for round in 0..<2_000 {
      var bytes = good[round % good.count]
      for _ in 0...random.below(6) { mutate(&bytes, with: &random, from: good) }
      let result = loading(bytes: bytes, environment: Styles.environment, report: true)
      for fault in result.faults where fault.severity == .error {
        #expect(fault.message.hasPrefix("cannot "))
      }
      if round % 10 == 0, let report = result.report {
        #expect(report.json(result.configuration, result.faults).last == 0x0A)
        #expect(result.configuration.programs.isEmpty == result.configuration.listing().isEmpty)
      }
    }
  }

  /// What is broken on purpose in a good file is found, wherever it stands.
  @Test func aBrokenLineInAGoodFileIsFound() {
    var random = Generator(state: 77)
    let broken = [
      "[program:broken", "no sign", "=", "[program:]", "[program:q]\ncommand='",
      "[program:q]\nenvironment=\"A=1\"", "[swinit]\nzebra=1", "[program:q]\nstopsignal=NOSIG",
      "[program:q]\ncommand=%(none)s", "[group:nobody]\nprograms=nobody", "[program:q r]",
    ]
    for round in 0..<400 {
      let lines = Styles.all[round % Styles.all.count].split(
        separator: "\n", omittingEmptySubsequences: false)
      // In front of a section header, where no value is open.
      let headers = lines.indices.filter { lines[$0].hasPrefix("[") }
      let place = headers[random.below(headers.count)]
      var text = lines[..<place].joined(separator: "\n") + "\n"
      text += broken[random.below(broken.count)] + "\n"
      text += lines[place...].joined(separator: "\n")
      let result = loading(text, environment: Styles.environment)
      #expect(result.hasErrors)
      #expect(result.faults.allSatisfy { $0.line > 0 })
    }
  }

  private func mutate(
    _ bytes: inout [UInt8], with random: inout Generator, from good: [[UInt8]]
  ) {
    let signs = Array("[]=:;#\"'\\%()\n\r\t ,sd0-\u{0}".utf8)
    guard !bytes.isEmpty else { return }
    let place = random.below(bytes.count)
    switch random.below(7) {
    case 0: bytes[place] = UInt8(truncatingIfNeeded: random.below(256))
    case 1: bytes[place] = signs[random.below(signs.count)]
    case 2: bytes.insert(signs[random.below(signs.count)], at: place)
    case 3: bytes.remove(at: place)
    case 4: bytes.removeSubrange(place..<min(bytes.count, place + random.below(40)))
    case 5: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 60)], at: place)
    default:
      let other = good[random.below(good.count)]
      let start = random.below(other.count)
      bytes.insert(contentsOf: other[start..<min(other.count, start + 80)], at: place)
    }
  }
}

/// Numbers that are the same in every run (SplitMix64).
struct Generator {
  var state: UInt64
  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((word ^ (word >> 31)) % UInt64(max(bound, 1)))
  }
}
