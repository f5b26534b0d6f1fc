import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// Options, defaults, values.
struct ProgramTests {
  @Test func defaults() throws {
    let program = try program(with: "")
    var expected = Program(name: "x", group: 0, arguments: ByteString("/bin/x\0" as String))
    expected.stopsignal = nil
    #expect(program == expected)
    #expect(program.priority == 999)
    #expect(program.autostart)
    #expect(program.startsecs == .seconds(1))
    #expect(program.startretries == 3)
    #expect(program.autorestart == .unexpected)
    #expect(program.exitcodes == ExitCodes(0))
    #expect(program.stopwaitsecs == .seconds(10))
    #expect(program.restartDelay == PauseRange(.zero, .seconds(30)))
    #expect(program.stdout == LogDestination(.containerStdout))
    #expect(program.stderr == LogDestination(.containerStderr))
    #expect(program.essential == .fatal)
  }

  @Test(arguments: [
    ("true", true), ("yes", true), ("on", true), ("t", true), ("Y", true), ("1", true),
    ("TRUE", true), ("false", false), ("No", false), ("off", false), ("f", false), ("n", false),
    ("0", false),
  ])
  func booleans(text: String, expected: Bool) throws {
    #expect(try program(with: "autostart=\(text)").autostart == expected)
  }

  @Test(arguments: [
    ("0", 0), ("10", 10_000), ("0.5", 500), (".25", 250), ("2.", 2000), ("+3", 3000),
    ("1.001", 1001),
  ])
  func seconds(text: String, milliseconds: Int64) throws {
    #expect(try program(with: "startsecs=\(text)").startsecs == .milliseconds(milliseconds))
  }

  @Test func hugeSecondsAreBoundedAndDoNotTrap() throws {
    #expect(try program(with: "stopwaitsecs=9223372036854775807.9").stopwaitsecs.count == .max)
  }

  @Test(arguments: [
    ("", "0", false), ("0,2", "2", true), ("0, 2 ,255", "255", true), ("1", "0", false),
  ])
  func exitcodes(text: String, code: String, expected: Bool) throws {
    let codes = try program(with: "exitcodes=\(text)").exitcodes
    #expect(codes.contains(try #require(UInt8(code))) == expected)
  }

  @Test func exitcodesMayBeSignals() throws {
    let codes = try program(with: "exitcodes=0,TERM,sigint").exitcodes
    #expect(codes.signals == Signals(.terminate, .interrupt))
    #expect(codes.contains(0))
    #expect(!codes.contains(15))
  }

  @Test(arguments: [
    ("TERM", 15), ("SIGTERM", 15), ("term", 15), ("sigquit", 3), ("15", 15), ("RTMIN+3", 37),
    ("SIGRTMAX-1", 63), ("WINCH", 28), (" USR2 ", 12),
  ])
  func signals(text: String, number: Int32) throws {
    #expect(try program(with: "stopsignal=\(text)").stopsignal == Signal(number: number))
  }

  @Test(arguments: [
    ("true", Autorestart.always), ("false", .never), ("unexpected", .unexpected),
    ("Unexpected", .unexpected), ("no", .never),
  ])
  func autorestart(text: String, expected: Autorestart) throws {
    #expect(try program(with: "autorestart=\(text)").autorestart == expected)
  }

  @Test(arguments: [
    ("none", Essential.none), ("false", .none), ("fatal", .fatal), ("exit", .exit),
    ("true", .exit), ("FATAL", .fatal),
  ])
  func essential(text: String, expected: Essential) throws {
    #expect(try program(with: "essential=\(text)").essential == expected)
  }

  @Test func restartDelayHasOneOrTwoNumbers() throws {
    #expect(
      try program(with: "restart_delay=5").restartDelay == PauseRange(.seconds(5), .seconds(5)))
    let two = try program(with: "restart_delay=0.5, 60").restartDelay
    #expect(two == PauseRange(.milliseconds(500), .seconds(60)))
  }

  @Test func retryDelayHasOneOrTwoNumbers() throws {
    #expect(try program(with: "nice=1").life.retryDelay == nil)
    let one = try #require(try program(with: "retry_delay=0.15").life.retryDelay)
    #expect(one == PauseRange(.milliseconds(150), .milliseconds(150)))
    let two = try #require(try program(with: "retry_delay=0.15, 5").life.retryDelay)
    #expect(two == PauseRange(.milliseconds(150), .seconds(5)))
  }

  @Test(arguments: ["oneshot=true", "schedule=@hourly"])
  func runTimeoutIsForWhatRunsToItsEnd(kind: String) throws {
    #expect(
      try program(with: kind + "\nrun_timeout=1.5").life.runTimeout == .milliseconds(1_500))
    #expect(try program(with: kind).life.runTimeout == .zero)
  }

  /// Unset, it is TERM in Supervisor's files; elsewhere it depends on what swinit is told.
  @Test(
    arguments: [
      ("[supervisord]\n", Signal.terminate), ("[supervisor]\n", .terminate),
      ("[supervisord]\n[swinit]\n", .terminate), ("[swinit]\n", nil), ("", nil),
      ("[supervisord]\nstopsignal=QUIT\n", .quit),
      ("[supervisord]\n[swinit]\nstopsignal=INT\n", .interrupt),
    ] as [(String, Signal?)])
  func stopsignalUnset(globals: String, expected: Signal?) throws {
    let result = loading(globals + "[program:x]\ncommand=/x\n")
    #expect(try result.program("x").stopsignal == expected)
  }

  @Test func retriesMayBeEndless() throws {
    #expect(try program(with: "startretries=-1").startretries == -1)
  }

  @Test func masksAreOctal() throws {
    #expect(try program(with: "umask=022").umask == 0o22)
    #expect(try program(with: "umask=0o77").umask == 0o77)
  }

  @Test(arguments: [
    ("/dev/stdout", LogTarget.containerStdout), ("/dev/fd/1", .containerStdout),
    ("/proc/1/fd/1", .containerStdout), ("/proc/self/fd/2", .containerStderr),
    ("/dev/stderr", .containerStderr), ("/dev/null", .null), ("NONE", .null), ("none", .null),
    ("off", .null), ("AUTO", .automatic), ("syslog", .syslog),
    ("/var/log/x.log", .file("/var/log/x.log")), ("~/x.log", .file("/home/op/x.log")),
    ("%(program_name)s.log", .file("x.log")), ("/l/%%d", .file("/l/%d")),
  ])
  func logFiles(text: String, expected: LogTarget) throws {
    #expect(try program(with: "stdout_logfile=\(text)").stdout.target == expected)
  }

  @Test func stopasgroupMakesKillasgroup() throws {
    #expect(try program(with: "").killasgroup == false)
    #expect(try program(with: "stopasgroup=true").killasgroup)
    #expect(try program(with: "killasgroup=true").killasgroup)
  }

  @Test(arguments: ["app", "1000", "app:www-data", "1000:1000", "0"])
  func users(text: String) throws {
    #expect(try program(with: "user=\(text)").user == ByteString(text))
  }

  @Test func directoryExpandsTheTilde() throws {
    #expect(try program(with: "directory=~").directory == "/home/op")
    #expect(try program(with: "directory=~/a").directory == "/home/op/a")
    #expect(try program(with: "directory=~app/a").directory == "~app/a")
  }

  @Test func numprocsMakesCopiesThatDifferWhereTheNumberStands() throws {
    let result = loading(
      """
      [program:w]
      command=/w --n %(process_num)d --of %(numprocs)d --port 80%(process_num)02d
      process_name=%(program_name)s_%(process_num)02d
      numprocs=3
      numprocs_start=4
      environment=ID="%(process_num)s",X="1"
      directory=/var/%(ENV_ID)s
      stdout_logfile=/dev/stdout
      """)
    #expect(result.texts == [])
    #expect(result.programNames == ["w:w_04", "w:w_05", "w:w_06"])
    #expect(
      result.configuration.programs[1].words == ["/w", "--n", "5", "--of", "3", "--port", "8005"])
    #expect(result.configuration.programs.map { $0.variables[0] } == ["ID=4", "ID=5", "ID=6"])
    #expect(result.configuration.programs.map { $0.directory } == ["/var/4", "/var/5", "/var/6"])
    #expect(result.configuration.groups.count == 1)
  }

  @Test func numprocsMayBeNone() {
    let result = loading("[program:w]\ncommand=/w\nnumprocs=0")
    #expect(result.texts == [])
    #expect(result.programNames == [])
    #expect(result.configuration.groups.map { "\($0.name)" } == ["w"])
  }

  @Test func tenThousandProcessesAreTheLimit() {
    let text = "[program:w]\ncommand=/w\nprocess_name=%(process_num)d\nnumprocs="
    #expect(loading(text + "10000").programNames.count == 10_000)
    #expect(loading(text + "10001").errors.count == 1)
    let two = loading(
      text + "9999\n[program:v]\ncommand=/v\nprocess_name=%(process_num)d\nnumprocs=2")
    #expect(
      two.errors == [
        "/etc/app.conf:8: cannot run 10001 processes: 10000 are allowed in all"
      ])
  }
}

/// The words of `command`: POSIX shlex.
struct CommandTests {
  @Test(arguments: [
    ("/bin/x", ["/bin/x"]),
    ("x  a\tb\nc", ["x", "a", "b", "c"]),
    ("x 'a b' \"c d\"", ["x", "a b", "c d"]),
    ("x a'b c'd\"e f\"", ["x", "ab cde f"]),
    ("x '' \"\"", ["x", "", ""]),
    (#"x a\ b \"c\""#, ["x", "a b", "\"c\""]),
    (#"x "a\"b\\c\d""#, ["x", #"a"b\c\d"#]),
    (#"x 'a\b'"#, ["x", #"a\b"#]),
    ("x $HOME *.c a|b a;b", ["x", "$HOME", "*.c", "a|b", "a;b"]),
    ("x \\\n  y", ["x", "y"]),
    ("sh -c \"a \\\n b\"", ["sh", "-c", "a \\\n b"]),
  ])
  func words(text: String, expected: [String]) throws {
    #expect(try CommandWords(ByteString(text)).block.entriesEndedByNul.map { "\($0)" } == expected)
  }

  @Test(arguments: ["", "   ", "''", "x 'a", "x \"a", "x \\"])
  func rejected(text: String) {
    #expect(throws: Rejection.self) { _ = try CommandWords(ByteString(text)) }
  }
}

/// `environment`, with the cases tried with Supervisor.
struct EnvironmentTests {
  @Test(arguments: [
    ("", []), ("A=1", ["A=1"]), ("A=\"x y\",B='p\"q'", ["A=x y", "B=p\"q"]),
    ("A=\"1\",", ["A=1"]), ("A=\"1\",\n B=\"2\"", ["A=1", "B=2"]), (" A = \"1\" ", ["A=1"]),
    ("A=\"\",B=''", ["A=", "B="]), ("A=\"a,b\",B=2", ["A=a,b", "B=2"]),
    ("A=1,B=2,A=3", ["A=3", "B=2"]), ("P=/a/b:/c_d.e+f-(g)", ["P=/a/b:/c_d.e+f-(g)"]),
    ("A=it's,B=2", ["A=it's", "B=2"]), ("A='c:\\\\dir'", ["A=c:\\\\dir"]),
    ("A=\"c:\\dir\"", ["A=c:\\dir"]),
  ])
  func asSupervisor(text: String, expected: [String]) throws {
    let pairs = try EnvironmentPairs(ByteString(text))
    #expect(pairs.block.entriesEndedByNul.map { "\($0)" } == expected)
    #expect(pairs.pairs.allSatisfy { $0.isReadAlikeBySupervisor })
  }

  @Test(arguments: [
    ("A=", ["A="]), ("A=1 B=2", ["A=1 B=2"]), ("A=k@v", ["A=k@v"]), ("A=p$w", ["A=p$w"]),
    ("A=b#c,B=2", ["A=b#c", "B=2"]), ("U=http://h?x=1", ["U=http://h?x=1"]), ("A=a b", ["A=a b"]),
    ("A=\"x\"%y", ["A=x%y"]), ("A= a b  ,B=2", ["A=a b", "B=2"]), ("A=C:\\d", ["A=C:\\d"]),
    ("A-B@=1", ["A-B@=1"]), ("A=\"a\\\"b\\\\c\\d\"", ["A=a\"b\\c\\d"]),
    ("A=x\"y z\"", ["A=x\"y z\""]),
    ("A=say \"x\"", ["A=say \"x\""]), ("A=-Dx=\"a,b\"", ["A=-Dx=a,b"]), ("A='\"q\"'", ["A=\"q\""]),
    ("A=\"c:\\\\dir\"", ["A=c:\\dir"]), ("A=dogs',B=2", ["A=dogs'", "B=2"]),
    ("PATH=\"/opt/bin\":/bin", ["PATH=/opt/bin:/bin"]),
  ])
  func betterThanSupervisor(text: String, expected: [String]) throws {
    let pairs = try EnvironmentPairs(ByteString(text))
    #expect(pairs.block.entriesEndedByNul.map { "\($0)" } == expected)
    #expect(pairs.pairs.contains { !$0.isReadAlikeBySupervisor })
  }

  @Test(arguments: [
    "A", "=1", "A=1,,B=2", ",A=1", "\"A=1\"", "A=\"1", "A='1", "A=\"1\" B=\"2\"", "A=1\nB=2",
    "A B=1",
  ])
  func rejected(text: String) {
    #expect(throws: Rejection.self) { _ = try EnvironmentPairs(ByteString(text)) }
  }

  @Test func theNoticeGivesTheQuotedForm() {
    let result = loading(
      "[program:x]\ncommand=/x\nenvironment=U=http://h?x=1,A=it's,B=p\\w,C=\"a\\\"b\",D=x\"\n")
    #expect(
      result.texts == [
        "/etc/app.conf:3: warning: Supervisor would read this otherwise; both read"
          + " U=\"http://h?x=1\",B=\"p\\w\",C='a\"b' alike",
        "/etc/app.conf:3: warning: Supervisor cannot read D as it is read here, in whatever quotes",
      ])
  }

  @Test func theNoticeShowsNoSecret() {
    let result = loading(
      "[program:x]\ncommand=/x\nenvironment=A=%(ENV_S)s\n", environment: ["S=pass w@rd"])
    #expect(result.warnings.count == 1)
    #expect(!result.warnings[0].contains("w@rd"))
    #expect(result.warnings[0].contains("A=\"%(ENV_S)s\""))
  }
}
