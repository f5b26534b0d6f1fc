import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// `[swinit]`, `[supervisord]`, `[supervisor]`.
struct GlobalTests {
  @Test func nothingSet() {
    let result = loading("[program:x]\ncommand=/x")
    #expect(result.configuration.globals == Globals())
    #expect(result.configuration.programs.map { $0.essential } == [.fatal])
  }

  @Test(arguments: ["swinit", "supervisord", "supervisor"])
  func everyKeyHasItsEffect(section: String) {
    let result = loading(
      """
      [\(section)]
      environment=A="1",B="%(host_node_name)s"
      user=app
      loglevel=DEBUG
      logfile=/dev/stdout
      logfile_maxbytes=2KB
      logfile_backups=3
      log_format=json
      childlogdir=/l
      silent=true
      minfds=4096
      umask=027
      directory=/srv
      pidfile=/run/s.pid
      stay=true
      exit_on_signal=failure
      stop_on=TERM,RTMIN+3
      user_policy=require
      nodaemon=true
      nocleanup=true
      minprocs=200
      identifier=me
      strip_ansi=true
      """)
    #expect(result.texts == [])
    var expected = Globals()
    expected.environment = ByteString("A=1\0B=box\0" as String)
    expected.user = "app"
    expected.loglevel = .debug
    expected.logfile = LogDestination(.containerStdout)
    expected.logfile?.rotation = Rotation(maxbytes: 2048, backups: 3)
    expected.logFormat = .json
    expected.childlogdir = "/l"
    expected.stripAnsi = true
    expected.nocleanup = true
    expected.identifier = "me"
    expected.silent = true
    expected.minfds = 4096
    expected.umask = 0o27
    expected.directory = "/srv"
    expected.pidfile = "/run/s.pid"
    expected.stay = true
    expected.exitOnSignal = .failure
    expected.stopOn = Signals(.terminate, Signal(number: 37))
    expected.requireUser = true
    #expect(result.configuration.globals == expected)
  }

  @Test func swinitCountsBeforeSupervisordAndEnvironmentsAddUp() {
    let result = loading(
      """
      [swinit]
      loglevel=error
      environment=B="2",C="3"
      [supervisord]
      loglevel=debug
      umask=022
      environment=A="1",B="1"
      """)
    #expect(result.texts == [])
    #expect(result.configuration.globals.loglevel == .error)
    #expect(result.configuration.globals.umask == 0o22)
    #expect(result.configuration.globals.environment == ByteString("A=1\0B=2\0C=3\0" as String))
  }

  /// What of a program's end stops the container, by sections and by its own options.
  @Test(arguments: [
    ("", "", Essential.fatal, false),
    ("[swinit]", "", .fatal, false),
    ("[supervisord]", "", .none, true),
    ("[supervisor]", "", .none, true),
    ("[swinit]\n[supervisord]", "", .none, true),
    ("[supervisord]\nessential=exit", "", .exit, true),
    ("[supervisord]\nstay=false", "", .none, false),
    ("[swinit]\nessential=exit", "", .exit, false),
    ("[swinit]\nessential=none\nstay=true", "", .none, true),
    ("[swinit]\nessential=none", "essential=fatal", .fatal, false),
    ("", "autostart=false", .none, false),
    ("[swinit]\nessential=fatal", "autostart=false", .none, false),
    ("[swinit]\nessential=exit", "autostart=false", .exit, false),
    ("", "autostart=false\nessential=fatal", .fatal, false),
    ("[supervisord]", "essential=exit", .exit, true),
  ])
  func essentialAndStay(sections: String, lines: String, essential: Essential, stay: Bool) {
    let result = loading("\(sections)\n[program:x]\ncommand=/x\n\(lines)\n")
    #expect(result.texts == [])
    #expect(result.configuration.programs.map { $0.essential } == [essential])
    #expect(result.configuration.globals.stay == stay)
  }

  @Test func stopsignalIsADefaultForPrograms() throws {
    let result = loading(
      """
      [swinit]
      stopsignal=QUIT
      [program:a]
      command=/a
      [program:b]
      command=/b
      stopsignal=INT
      """)
    #expect(try result.program("a").stopsignal == .quit)
    #expect(try result.program("b").stopsignal == .interrupt)
  }
}

/// Groups.
struct GroupTests {
  @Test func programsLeaveTheirOwnGroupsInTheOrderOfTheList() {
    let result = loading(
      """
      [program:a]
      command=/a
      priority=5
      [program:b]
      command=/b %(group_name)s
      [program:c]
      command=/c %(group_name)s
      [group:z]
      programs=c, b,
      [group:k]
      programs=a
      priority=3
      """)
    #expect(result.texts == [])
    #expect(result.programNames == ["k:a", "z:c", "z:b"])
    #expect(result.configuration.groups.map { $0.priority } == [3, 999])
    #expect(result.configuration.programs.map { $0.group } == [0, 1, 1])
    #expect(result.configuration.programs[1].words == ["/c", "z"])
  }

  @Test func aProgramsOwnGroupHasItsPriority() {
    let result = loading("[program:a]\ncommand=/a\npriority=-7\n")
    #expect(result.configuration.groups == [Group(name: "a", priority: -7)])
  }

  @Test func aGroupMayNameAnFcgiProgram() {
    let result = loading("[fcgi-program:f]\ncommand=/f\nsocket=tcp://:9\n[group:g]\nprograms=f\n")
    #expect(result.errors.count == 1)  // the socket
    #expect(result.configuration.groups.map { "\($0.name)" } == ["g"])
  }

  @Test func sameNamesInDifferentGroupsAreFine() {
    let result = loading(
      """
      [program:a]
      command=/a
      process_name=p
      [program:b]
      command=/b
      process_name=p
      """)
    #expect(result.texts == [])
    #expect(result.programNames == ["a:p", "b:p"])
  }

  @Test func startOrderOfTheListing() {
    let result = loading(
      """
      [program:db]
      command=/db
      priority=10
      user=app
      [program:web]
      command=/web 'a b'
      [program:cron]
      command=/cron
      autostart=false
      [group:g]
      programs=web,cron
      priority=20
      """)
    #expect(
      String(decoding: result.configuration.listing(), as: UTF8.self) == """
        10/10   db      /db  (user app)
        20/999  g:web   /web "a b"
        20/999  g:cron  /cron  (not started by itself)

        """)
  }
}
