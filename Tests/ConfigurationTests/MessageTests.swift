import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// The exact words of errors and warnings: what people read, search for and paste.
struct MessageTests {
  /// A configuration, and all that is said about it without the file's name.
  struct Case: CustomTestStringConvertible, Sendable {
    var text: String
    var expected: [String]
    init(_ text: String, _ expected: String...) {
      self.text = text
      self.expected = expected
    }
    var testDescription: String { text }
  }

  private func said(_ text: String, strict: Bool = false, report: Bool = false) -> [String] {
    loading(text, strict: strict, report: report).texts.map {
      String($0.dropFirst("/etc/app.conf:".count))
    }
  }

  @Test(arguments: [
    Case("[program:x]\nuser=app", "1: cannot run [program:x]: command= is missing"),
    Case(
      "[program:x]\ncommand=/x\nautostart=maybe",
      "3: cannot read autostart \"maybe\": true or false is allowed (also yes, no, on, off, 1, 0)"),
    Case(
      "[program:x]\ncommand=/x\npriority=high",
      "3: cannot read priority \"high\": a whole number"
        + " is allowed, of 32 bits"),
    Case(
      "[program:x]\ncommand=/x\nnumprocs=-1",
      "3: cannot read numprocs \"-1\": a whole number of 0 to 10000 is allowed"),
    Case(
      "[program:x]\ncommand=/x\nstartretries=-2",
      "3: cannot read startretries \"-2\": a whole number, -1 or more, is allowed"),
    Case(
      "[program:x]\ncommand=/x\nstartsecs=soon",
      "3: cannot read startsecs \"soon\": a number of seconds is allowed, as 10 or 0.5"),
    Case(
      "[program:x]\ncommand=/x\nstdout_logfile_maxbytes=1M",
      "3: cannot read stdout_logfile_maxbytes \"1M\": a number of bytes is allowed, as 0, 4096,"
        + " 50KB, 50MB or 1GB"),
    Case(
      "[program:x]\ncommand=/x\numask=99",
      "3: cannot read umask \"99\": an octal number of 0 to 0777 is allowed, as 022"),
    Case(
      "[program:x]\ncommand=/x\nstopsignal=TREM",
      "3: cannot read stopsignal \"TREM\": a signal is allowed, or signals with pauses in seconds"
        + " between them, as TERM, SIGINT, RTMIN+3, 15 or TSTP,5,TERM"),
    Case(
      "[program:x]\ncommand=/x\nstopsignal=TSTP,5,TERM",
      "3: warning: Supervisor takes only one signal for stopsignal"),
    Case(
      "[program:x]\ncommand=/x\nreloadsignal=USR1",
      "3: warning: reloadsignal is not in this version: nothing asks for a reload (see"
        + " forward_signals)"),
    Case(
      "[program:x]\ncommand=/x\nforward_signals=HUP,KILL,CHLD",
      "3: cannot forward SIGKILL: it is for swinit alone, or a fault of its own",
      "3: cannot forward SIGCHLD: it is for swinit alone, or a fault of its own"),
    Case(
      "[program:x]\ncommand=/x\nforward_signals=HUP,QUIT,WINCH",
      "3: warning: SIGQUIT begins the stop (stop_on): it is not forwarded"),
    Case(
      "[program:x]\ncommand=/x\nstop_command=/y 'z",
      "3: cannot read stop_command \"/y 'z\": a quote ' is never closed"),
    Case(
      "[program:x]\ncommand=/x\nenv_file=",
      "3: cannot read env_file \"\": a path is allowed"),
    Case(
      "[program:x]\ncommand=/x\nsecrets=PASSWORD",
      "3: cannot read secrets \"PASSWORD\": NAME:/PATH pairs separated by commas are allowed"),
    Case(
      "[program:x]\ncommand=/x\nnice=20",
      "3: cannot read nice \"20\": a whole number of -20 to 19 is allowed"),
    Case(
      "[program:x]\ncommand=/x\noom_score_adj=-1001",
      "3: cannot read oom_score_adj \"-1001\": a whole number of -1000 to 1000 is allowed"),
    Case(
      "[program:x]\ncommand=/x\nrlimit_nofile=2:1",
      "3: cannot read rlimit_nofile \"2:1\": SOFT or SOFT:HARD is allowed, each a number, a size as"
        + " 64MB, or unlimited, SOFT not above HARD"),
    Case(
      "[program:x]\ncommand=/x\nrlimit_nofiles=1",
      "3: warning: ignoring \"rlimit_nofiles\" in [program:x]: there is no such option; did you mean"
        + " \"rlimit_nofile\"?"),
    Case(
      "[program:x]\ncommand=/x\ncap_keep=cap_net_bind_servce",
      "3: cannot read cap_keep \"cap_net_bind_servce\": names separated by commas are allowed, as"
        + " NET_BIND_SERVICE,CHOWN, or ALL; did you mean \"net_bind_service\"?"),
    Case(
      "[program:x]\ncommand=/x\nstdin=tty",
      "3: cannot read stdin \"tty\": null, pipe or inherit is allowed"),
    Case(
      "[program:x]\ncommand=/x\nno_new_privs=2",
      "3: cannot read no_new_privs \"2\": true or false is allowed (also yes, no, on, off, 1, 0)"),
    Case(
      "[program:x]\ncommand=/x\nexitcodes=0,256",
      "3: cannot read exitcodes \"0,256\": codes of 0 to 255 and signals separated by commas are"
        + " allowed, as 0,2,TERM"),
    Case(
      "[program:x]\ncommand=/x\nrestart_delay=9,3",
      "3: cannot read restart_delay \"9,3\": one or two numbers of seconds are allowed, the smaller"
        + " first, as 0,30"),
    Case(
      "[program:x]\ncommand=/x\nuser=",
      "3: cannot read user \"\": NAME, UID, NAME:GROUP or"
        + " UID:GID is allowed"),
    Case(
      "[program:x]\ncommand=/x \"a b",
      "2: cannot read command \"/x \"a b\": a quote \" is never closed"),
    Case("[program:x]\ncommand=", "2: cannot read command \"\": the command is missing"),
    Case(
      "[program:x]\ncommand=/x\nenvironment=\"A=1\"",
      "3: cannot read environment \"\"A=1\"\": a quote stands before the \"=\"; quotes go around"
        + " the value: NAME=\"value\""),
    Case(
      "[program:x]\ncommand=/x\nenvironment=A=\"1\"\n B=\"2\"",
      "3: cannot read environment \"A=\"1\"\\nB=\"2\"\": a comma is missing behind the value of A,"
        + " or quotes around it"),
    Case(
      "[program:x]\ncommand=/x %(ENV_HOEM)s",
      "2: cannot expand \"%(ENV_HOEM)s\" in command: HOEM is not set; %(ENV_HOEM:-text)s would give"
        + " a default; did you mean \"ENV_HOME\"?"),
    Case(
      "[program:x]\ncommand=/x %(progam_name)s",
      "2: cannot expand \"%(progam_name)s\" in command: there is no such name here; did you mean"
        + " \"program_name\"?"),
    Case(
      "[program:x]\ncommand=date +%Y-%m",
      "2: cannot expand \"%Y-%m\" in command: a \"%\" itself is written \"%%\""),
    Case(
      "[program:x]\ncommand=/x\nnumprocs=2",
      "3: cannot name 2 processes alike: with numprocs above 1 write"
        + " process_name=%(program_name)s_%(process_num)02d"),
    Case(
      "[program:x]\ncommand=/x\nstopasgroup=true\nkillasgroup=false",
      "4: cannot combine killasgroup=false with stopasgroup=true: leave killasgroup out"),
    Case(
      "[program:x]\ncommand=/x\nprocess_name=a:b",
      "3: cannot read process_name \"a:b\": a name without blanks, \":\" and \"/\" is allowed"),
    Case(
      "[program:x]\ncommand=/x\nrun_timeout=5",
      "3: cannot use run_timeout here: only a oneshot and what has schedule= run to their end"),
    Case(
      "[program:x]\ncommand=/x\noneshot=true\nrun_timeout=0",
      "4: cannot read run_timeout \"0\": more than 0 seconds are allowed, as 10 or 0.5"),
    Case(
      "[program:x]\ncommand=/x\nretry_delay=9,3",
      "3: cannot read retry_delay \"9,3\": one or two numbers of seconds are allowed, the smaller"
        + " first, as 0,30"),
    Case("[program:]\ncommand=/x", "1: cannot read section [program:]: write [program:NAME]"),
    Case("[program]\ncommand=/x", "1: cannot read section [program]: write [program:NAME]"),
    Case(
      "[program:a b]\ncommand=/x",
      "1: cannot use the name \"a b\": a name holds no blank, \":\" and \"/\""),
    Case(
      "[program:web]\ncommand=/x\n[group:g]\nprograms=wbe",
      "4: cannot find program \"wbe\" of group \"g\"; did you mean \"web\"?"),
    Case(
      "[program:a]\ncommand=/x\n[group:g]\nprograms=a\n[group:h]\nprograms=a",
      "6: cannot take program \"a\" into group \"h\": it is in group \"g\" already (line 4)"),
    Case(
      "[program:a]\ncommand=/x\n[group:g]\nprograms=a,a",
      "4: cannot take program \"a\" twice into group \"g\""),
    Case(
      "[program:a]\ncommand=/x\n[program:b]\ncommand=/x\n[group:a]\nprograms=b",
      "1: cannot run program \"a\" beside group \"a\", which it does not belong to: both would be"
        + " the group \"a\""),
    Case(
      "[program:a]\ncommand=/x\nprocess_name=p\n[program:b]\ncommand=/x\nprocess_name=p\n"
        + "[group:g]\nprograms=a,b",
      "4: cannot have two processes named \"p\" in group \"g\""),
    Case(
      "[include]\nfile=x", "1: cannot follow [include]: files= is missing",
      "2: warning: ignoring \"file\" in [include]: it is an option of [unix_http_server]"),
    Case(
      "[program:x]\ncommand /x",
      "1: cannot run [program:x]: command= is missing",
      "2: cannot read \"command /x\": a line is [section], option=value or a comment"),
    Case(
      "[program:x\ncommand=/x", "1: cannot read section header \"[program:x\": \"]\" is missing"),
    Case(
      "[swinit]\nnodeamon=true",
      "2: cannot accept \"nodeamon\" in [swinit]: there is no such option; did you mean"
        + " \"nodaemon\"?"),
    Case(
      "[eventlistener:l]\ncommand=/l\nevents=TICK_5\nredirect_stderr=true",
      "1: warning: [eventlistener:l] is not run: there are no event listeners in this version",
      "4: cannot use redirect_stderr=true: the stdout of an event listener is its protocol"),
  ])
  func errors(_ one: Case) {
    #expect(said(one.text) == one.expected)
  }

  @Test func longAndControlBytesAreShortenedAndEscaped() {
    let long = String(repeating: "ä", count: 100)
    let texts = said("[program:x]\ncommand=/x\nautostart=a\u{1B}[31m\u{7F}\npriority=\(long)")
    #expect(texts[0].hasPrefix("3: cannot read autostart \"a\\x1b[31m\\x7f\": true"))
    #expect(
      texts[1].hasPrefix(
        "4: cannot read priority \"\(String(repeating: "ä", count: 30))..."
          + "\(String(repeating: "ä", count: 8))\": a whole"))
  }

  @Test(arguments: [
    Case(
      "[program:x]\ncommand=/x\nauto_start=true",
      "3: warning: ignoring \"auto_start\" in [program:x]: there is no such option; did you mean"
        + " \"autostart\"?"),
    Case(
      "[program:x]\ncommand=/x\nqwertz=1\n[program:y]\ncommand=/y\nqwertz=2",
      "3: warning: ignoring \"qwertz\" in [program:x]: there is no such option (also line 6)"),
    Case(
      "[supervisord]\nstopsignal=QUIT\nautorestart=true",
      "3: warning: ignoring \"autorestart\" in [supervisord]: it is an option of [program:NAME]"),
    Case(
      "[group:g]\nprograms=x\nstopsignal=QUIT\n[program:x]\ncommand=/x",
      "3: warning: ignoring \"stopsignal\" in [group:g]: it is an option of [program:NAME]"),
    Case(
      "[progam:x]\ncommand=/x",
      "1: warning: ignoring section [progam:x]: there is none of that name; did you mean"
        + " \"program:x\"?"),
    Case(
      "[Supervisord]",
      "1: warning: ignoring section [Supervisord]: there is none of that name; did you mean"
        + " \"supervisord\"?"),
    Case(
      "[zebra]\na=1", "1: warning: ignoring section [zebra]: there is none of that name"),
    Case(
      "[DEFAULT]\nusr=app",
      "2: warning: ignoring \"usr\" in [DEFAULT]: there is no such option; did you mean \"user\"?"),
    Case(
      "[rpcinterface:other]\nx=1",
      "1: warning: [rpcinterface:other] is not used: swinit runs no Python, and has only the"
        + " interface \"supervisor\""),
  ])
  func unknown(_ one: Case) {
    #expect(said(one.text) == one.expected)
  }

  @Test(arguments: ["[program:x]\ncommand=/x\nqwertz=1", "[zebra]", "[DEFAULT]\nqwertz=1"])
  func unknownIsAnErrorWhenStrict(text: String) {
    #expect(loading(text, strict: true).errors.count == 1)
    #expect(loading(text + "\n[swinit]\nstrict=true").errors.count == 1)
    #expect(loading(text).errors == [])
  }

  /// Where Supervisor would have read something else.
  @Test(arguments: [
    Case(
      "[program:x]\ncommand=sh -c \"a ; b\"",
      "2: warning: the comment sign inside quotes is text; Supervisor would cut the line there"),
    Case(
      "[program:x]\ncommand=/x\nstartsecs=0.5\nstopwaitsecs=1.5",
      "3: warning: Supervisor takes only whole seconds for startsecs (also line 4)"),
    // What Supervisor does not have.
    Case(
      "[swinit]\ngrace=2.5\ndrain=0.5\n[program:x]\ncommand=/x\nhealth=path:/x\n"
        + "health_interval=0.5\nready_timeout=0.5"),
    Case(
      "[program:x]\ncommand=/x\nexitcodes=0,TERM",
      "3: warning: Supervisor takes only numbers for exitcodes, no signals"),
    Case(
      "[program:x]\ncommand=/x\nstdout_logfile=/l/%%d\nstdout_logfile_maxbytes=0",
      "3: warning: \"%%\" is one \"%\" here; Supervisor expands log files twice and needs four"),
    Case(
      "[program:x]\ncommand=/x \\\n  y",
      "2: warning: a \"\\\" at the end of a line joins it with the next; Supervisor would pass the"
        + " line end to the program"),
    Case(
      "[program:x]\ncommand=/x\nenvironment=A=",
      "3: warning: Supervisor would read this otherwise; both read A=\"\" alike"),
  ])
  func differences(_ one: Case) {
    #expect(said(one.text) == one.expected)
  }

  /// What this version does not do.
  @Test(arguments: [
    Case(
      "[program:x]\ncommand=/x\nstdout_capture_maxbytes=1MB\nstderr_capture_maxbytes=0",
      "3: warning: stdout_capture_maxbytes is not in this version: nothing is captured"),
    Case(
      "[program:x]\ncommand=/x\nstdout_events_enabled=true\nstderr_events_enabled=false",
      "3: warning: stdout_events_enabled is not in this version: no PROCESS_LOG events are sent"),
    Case(
      "[program:x]\ncommand=/x\nserverurl=http://x:1",
      "3: warning: serverurl is not in this version: SUPERVISOR_SERVER_URL is not set"),
    Case(
      "[supervisord]\nlogfile=AUTO",
      "2: warning: logfile=AUTO is no file of swinit's own: its messages go to stderr"),
    // What it does.
    Case(
      "[program:x]\ncommand=/x\nserverurl=AUTO\nstdout_syslog=yes\nstdout_logfile_backups=3\n"
        + "stdout_logfile=AUTO\nstderr_logfile=syslog\nlog_format=json"),
    Case(
      "[supervisord]\nlogfile=syslog\nchildlogdir=/l\nstrip_ansi=true\nlogfile_maxbytes=1MB\n"
        + "logfile_backups=1\nlog_format=prefix"),
    Case(
      "[supervisord]\n[unix_http_server]\nfile=/x\n[supervisorctl]\n[rpcinterface:supervisor]\n"
        + "supervisor.rpcinterface_factory = a:b\n[inet_http_server]\nport=*:9001",
      "2: warning: there is no control server in this version, ignoring [unix_http_server],"
        + " [supervisorctl], [rpcinterface:supervisor], [inet_http_server]"),
    Case(
      "[eventlistener:l]\ncommand=/l\nevents=PROCESS_STATE_FATAL",
      "1: warning: [eventlistener:l] is not run: there are no event listeners in this version; if"
        + " it is to stop the container, essential=fatal under [swinit] does that"),
    Case(
      "[eventlistener:l]\ncommand=/l\nevents=process_state_exited",
      "1: warning: [eventlistener:l] is not run: there are no event listeners in this version; if"
        + " it is to stop the container, essential=exit under [swinit] does that"),
    Case(
      "[eventlistener:l]\ncommand=/l\nevents=PROCESS_STATE",
      "1: warning: [eventlistener:l] is not run: there are no event listeners in this version; if"
        + " it is to stop the container, essential=exit (or essential=fatal) under [swinit] does"
        + " that"),
    Case(
      "[eventlistener:l]\ncommand=python3 -m supervisord_dependent_startup\nevents=PROCESS_STATE",
      "1: warning: [eventlistener:l] is not run: its work is done here (dependent_startup=)"),
    Case(
      "[eventlistener:l]\ncommand=/usr/bin/supervisor_stdout\nevents=PROCESS_LOG",
      "1: warning: [eventlistener:l] is not run: log_format=prefix under [swinit] does what it does"
    ),
    Case(
      "[fcgi-program:f]\ncommand=/f\nsocket=unix:///run/f.sock",
      "1: warning: [fcgi-program:f] is not run: there are no fcgi-programs in this version"),
  ])
  func missing(_ one: Case) {
    #expect(said(one.text) == one.expected)
  }

  @Test func remarksNameAFewLinesAndCountTheRest() {
    var text = ""
    for number in 1...10 { text += "[program:p\(number)]\ncommand=/x\nqwertz=1\n" }
    #expect(
      said(text) == [
        "3: warning: ignoring \"qwertz\" in [program:p1]: there is no such option (also line 6, 9,"
          + " 12, 15, 18, 21 and 3 more)"
      ])
  }

  @Test func allErrorsOfAllFilesComeInOneRun() {
    let source = FakeSource([
      "/d/a.conf": "[program:a]\nautostart=x\ncommand='\nnumprocs=many\n",
      "/d/b.conf": "nonsense\n[program:b]\nuser=:\ncommand=%(no)s %q",
    ])
    let result = loading(source, ["/d"])
    #expect(
      result.faults.map { "\($0.file):\($0.line)" } == [
        "/d/a.conf:2", "/d/a.conf:3", "/d/a.conf:4", "/d/b.conf:1", "/d/b.conf:3", "/d/b.conf:4",
        "/d/b.conf:4",
      ])
    #expect(result.hasErrors)
  }
}
