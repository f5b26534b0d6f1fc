import Foundation
import Testing

// What a program waits for, how another one is found ready or unwell; on real sockets,
// descriptors, paths and commands.

private func program(_ name: String, _ more: String, command: String = "sleep 60") -> String {
  "[program:\(name)]\ncommand=\(command)\n\(more)\n"
}

/// Says READY=1 as sd_notify(3) does, from a child of the program.
private let notifier = """
  #!/usr/bin/perl
  use Socket;
  $| = 1;
  socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
  my $name = $ENV{NOTIFY_SOCKET};
  substr($name, 0, 1) = "\\0";
  my $to = pack_sockaddr_un($name);
  send($s, "STATUS=warming up\\nREADY=0", 0, $to) or die;
  print "warming\\n";
  until (-e "$ARGV[0]") { select(undef, undef, undef, 0.01) }
  if (fork() == 0) {
    send($s, "MAINPID=1\\nREADY=1\\n", 0, $to) or die;
    exit 0;
  }
  # More than the kernel keeps of unread ones: they must not block us.
  send($s, "STATUS=$_", 0, $to) for 1..100;
  print "told\\n";
  sleep 60 for 1..9;
  """

/// A server of one answer for every connection, once the file is there: `server FILE KIND WHERE`.
private let server = """
  #!/usr/bin/perl
  use Socket;
  $| = 1;
  my ($file, $kind, $where, $answer) = @ARGV;
  until (-e $file) { select(undef, undef, undef, 0.01) }
  my $family = $kind eq "unix" ? AF_UNIX : AF_INET;
  socket(my $s, $family, SOCK_STREAM, 0) or die;
  setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1) if $kind ne "unix";
  my $name = $kind eq "unix" ? pack_sockaddr_un($where) : pack_sockaddr_in($where, INADDR_LOOPBACK);
  bind($s, $name) or die "bind: $!";
  listen($s, 8);
  print "listening\\n";
  while (accept(my $c, $s)) {
    if ($answer) {
      my $line = <$c>;
      print "asked $line";
      my $now = -e "$file.bad" ? "503 Sorry" : $answer;
      syswrite($c, "HTTP/1.1 $now\\r\\nContent-Length: 0\\r\\n\\r\\n");
      # Until the other side has gone.
      while (<$c>) {}
    }
    close $c;
  }
  """

private let tools = ["notifier": notifier, "server": server]

/// In a network of its own, so that ports are free.
private func setup(_ text: String, files: [String: String] = tools) -> Setup {
  var setup = Setup(text, files: files)
  setup.launcher = ["unshare", "--net"] + Setup.asPID1(after: "busybox ip link set lo up")
  return setup
}

extension Acceptance {
  @Suite struct Readiness {
    /// Each form of `ready`: what the program does when the file `go` is there.
    static let forms: [(ready: String, command: String)] = [
      ("notify", "%(here)s/notifier %(here)s/go"),
      ("fd:7", "sh -c \"until [ -e %(here)s/go ]; do sleep 0.01; done; echo >&7; exec sleep 60\""),
      ("tcp:localhost:7001", "%(here)s/server %(here)s/go tcp 7001"),
      ("tcp:127.0.0.1:7002", "%(here)s/server %(here)s/go tcp 7002"),
      ("tcp:7003", "%(here)s/server %(here)s/go tcp 7003"),
      ("http://localhost:7004/ready?x", "%(here)s/server %(here)s/go tcp 7004 \"204 No Content\""),
      ("http:http://127.0.0.1:7005", "%(here)s/server %(here)s/go tcp 7005 \"302 Found\""),
      ("unix:%(here)s/socket", "%(here)s/server %(here)s/go unix %(here)s/socket"),
      ("path:%(here)s/new/folder/file", "sleep 60"),
      ("exec:test -e %(here)s/go", "sleep 60"),
    ]

    @Test(arguments: forms.indices) func readyMakesItRunning(index: Int) async throws {
      let form = Self.forms[index]
      let text =
        program("app", "ready=\(form.ready)", command: form.command)
        + program("web", "depends_on=app\nstartsecs=0")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("web: waits for app")
        try await swinit.log("app: STARTING")
        // Longer than the first pauses between two tests, and than startsecs would be with 0.
        try await swinit.wait("some tests") { monotonic() - swinit.started > 0.5 }
        #expect(swinit.places(of: "app: RUNNING").isEmpty, "\(swinit.transcript)")
        try swinit.folder.write("", to: "go")
        try swinit.folder.write("", to: "new/folder/file")
        try await swinit.log("app: RUNNING")
        try await swinit.log("web: RUNNING")
        let ready = try #require(swinit.places(of: "app: RUNNING").first)
        let dependent = try #require(swinit.places(of: "web: STARTING").first)
        #expect(ready < dependent, "\(swinit.transcript)")
        if form.ready == "notify" { try await swinit.line("told") }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        // The other way round, though both have one priority.
        let gone = try #require(swinit.places(of: "web: STOPPED").first)
        let told = try #require(swinit.places(of: "app: STOPPING").first)
        #expect(gone < told, "\(swinit.transcript)")
      }
    }

    @Test func notReadyInTime() async throws {
      let text = program("app", "ready=fd:3\nready_timeout=0.3\nstartretries=0")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("warn app: not ready in time, SIGTERM (pid ")
        try await swinit.expectEnd(
          1, "essential program app is FATAL: not ready after 0.3 s (essential=none")
      }
    }

    @Test(arguments: [
      ("tcp:localhost:7001", "Connection refused"),
      ("unix:/no/socket", "No such file or directory"),
      ("exec:sh -c \"exit 3\"", "exited with status 3"),
      ("exec:/no/such", "exited with status 127"),
      ("exec:sleep 60", "no answer in time"),
    ])
    func theLastFailureIsNamed(ready: String, reason: String) async throws {
      let text = program(
        "app", "ready=\(ready)\nready_timeout=0.6\nhealth_timeout=0.2\nstartretries=0")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.expectEnd(1, "app is FATAL: not ready after 0.6 s (\(reason))")
      }
    }

    /// inotify tells of the folder in which the link is, not of the one into which it leads.
    @Test func aPathBehindALinkIntoNowhere() async throws {
      let text = program("app", "ready=path:%(here)s/link")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("app: STARTING")
        try FileManager.default.createSymbolicLink(
          atPath: swinit.folder.path + "/link",
          withDestinationPath: swinit.folder.path + "/elsewhere/file")
        try await swinit.wait("some tests") { monotonic() - swinit.started > 0.5 }
        #expect(swinit.places(of: "app: RUNNING").isEmpty, "\(swinit.transcript)")
        try swinit.folder.write("", to: "elsewhere/file")
        try await swinit.log("app: RUNNING")
      }
    }

    /// The kernel gives our own end of a connection the very port that we connect to.
    @Test func aConnectionWithItselfIsNone() async throws {
      let text = program(
        "app", "ready=tcp:localhost:40000\nready_timeout=1\nstartretries=0")
      var setup = setup(text)
      setup.launcher =
        ["unshare", "--net"]
        + Setup.asPID1(
          after: "busybox ip link set lo up;"
            + " echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range")
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(1, "app is FATAL: not ready after 1 s (Connection refused)")
      }
    }

    /// What it said last comes before its end.
    @Test func whoSaysThatHeIsReadyAndEndsWasReady() async throws {
      let text =
        program("app", "ready=fd:7\nautorestart=false", command: "%(here)s/app")
        + program("web", "depends_on=app\nstartsecs=0")
      // Both are there in one turn of the loop: it stands still until the program is a zombie.
      let app = """
        #!/bin/sh
        kill -STOP $PPID
        (until grep -q '^State:.Z' /proc/$$/status; do sleep 0.01; done; kill -CONT $PPID) 7>&- &
        echo >&7
        """
      var setup = Setup(text, files: ["app": app])
      setup.launcher = Setup.notPID1()
      try await withSwinit(setup) { swinit in
        try await swinit.log("app: RUNNING")
        try await swinit.log("app: EXITED with status 0 (expected)")
        try await swinit.log("web: RUNNING")
      }
    }

    /// The tests of one program never pile up, and a killed one leaves nothing behind.
    @Test func aTestThatHangsIsKilledWithItsGroup() async throws {
      let text = program(
        "app", "ready=exec:sh -c \"sleep 1000 & sleep 1000\"\nhealth_timeout=0.1\nready_timeout=2")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("app: STARTING")
        var most = 0
        try await swinit.wait("many tests") {
          let running = processes(inNamespaceOf: swinit.pid).values.filter {
            procFile("\($0)/cmdline") == "sleep\01000\0"
          }
          most = max(most, running.count)
          return monotonic() - swinit.started > 1.5
        }
        #expect(most >= 1 && most <= 4, "\(most) commands at once")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    // Dependencies and oneshots.

    @Test func aOneshotGoesFirstAndIsNoFailure() async throws {
      let text =
        program("migrate", "oneshot=true", command: "sh -c \"echo migrating; sleep 0.2\"")
        + program("app", "depends_on=migrate\nstartsecs=0", command: "sh -c \"echo app; sleep 60\"")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.line("app")
        #expect(swinit.output?.texts == ["migrating", "app"])
        #expect(swinit.places(of: "migrate: RUNNING").isEmpty, "\(swinit.transcript)")
        #expect(swinit.places(of: "warn").isEmpty, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func aOneshotThatFailsTakesItsDependentsWithIt() async throws {
      let text =
        program("migrate", "oneshot=true\nessential=none", command: "sh -c \"exit 7\"")
        + program("app", "depends_on=migrate")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("error migrate: FATAL, exited with status 7 (1 try)")
        try await swinit.log("error app: FATAL, migrate, which it depends on, is FATAL")
        try await swinit.expectEnd(7, "exit 7: essential program app is FATAL")
      }
    }

    @Test func commandWaitsForAOneshotAndForReadiness() async throws {
      let text =
        program("migrate", "oneshot=true", command: "sh -c \"sleep 0.2; echo migrated\"")
        + program("app", "ready=path:%(here)s/up\ndepends_on=migrate", command: "%(here)s/app")
      var setup = setup(
        text, files: ["app": "#!/bin/sh\nsleep 0.2; echo up; touch ${0%/*}/up; exec sleep 60\n"])
      setup.arguments = ["-c", "FOLDER", "--", "echo", "command"]
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: COMMAND echo")
        #expect(swinit.output?.texts == ["migrated", "up", "command"])
      }
    }

    /// As the images of SONiC have it, word for word.
    @Test func theWordsOfTheDependentStartupPlugin() async throws {
      let text = """
        [program:start]
        command=sh -c "echo start"
        autostart=false
        autorestart=false
        startsecs=0
        dependent_startup=true
        dependent_startup_wait_for=log:running
        [program:log]
        command=sleep 60
        autostart=false
        startsecs=0
        dependent_startup=true
        [program:last]
        command=sh -c "echo last; sleep 60"
        autostart=false
        startsecs=0
        dependent_startup=true
        dependent_startup_wait_for=start:exited log:running
        """
      try await withSwinit(setup(text)) { swinit in
        try await swinit.line("last")
        #expect(swinit.output?.texts == ["start", "last"])
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    // Health.

    @Test func whatIsUnwellIsRestarted() async throws {
      let text = program(
        "app",
        """
        ready=http://localhost:7001/
        health=http://localhost:7001/health
        health_interval=0.1
        health_retries=2
        """, command: "%(here)s/server %(here)s/go tcp 7001 \"200 OK\"")
      try await withSwinit(setup(text)) { swinit in
        try swinit.folder.write("", to: "go")
        try await swinit.line("asked GET /health HTTP/1.1")
        #expect(swinit.places(of: "health failed").isEmpty, "\(swinit.transcript)")
        try swinit.folder.write("", to: "go.bad")
        try await swinit.log("warn app: health failed (1 of 2): answer 503")
        try await swinit.log("warn app: health failed (2 of 2): answer 503")
        try await swinit.log("warn app: not well, SIGTERM and another start (pid ")
        try await swinit.log("warn app: EXITED, killed by SIGTERM (unexpected), restarting")
        try FileManager.default.removeItem(atPath: swinit.folder.path + "/go.bad")
        try await swinit.wait("another start") { swinit.places(of: "app: RUNNING").count == 2 }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Nobody is restarted for what others have used up: processes, or descriptors as here.
    @Test func aTestThatCannotBeMadeIsNotHeldAgainstIt() async throws {
      let text = program(
        "app", "health=exec:true\nhealth_interval=0.1\nhealth_retries=1\nstartsecs=0")
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("app: RUNNING")
        let limit = ["prlimit", "--pid", "\(swinit.pid)"]
        #expect(try await run(limit + ["--nofile=3:"]).ending == .exited(0))
        try await swinit.log("warn app: health cannot be tested: No file descriptors available")
        #expect(try await run(limit + ["--nofile=100:"]).ending == .exited(0))
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "not well").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test func whoHearsNothingIsKilledForBeingUnwell() async throws {
      let deaf = "#!/usr/bin/perl\n$SIG{TERM} = 'IGNORE'; sleep 60 for 1..9;\n"
      let text = program(
        "app", "health=exec:false\nhealth_interval=0.2\nhealth_retries=1\nstopwaitsecs=0.2",
        command: "%(here)s/deaf")
      try await withSwinit(setup(text, files: ["deaf": deaf])) { swinit in
        try await swinit.log("warn app: health failed (1 of 1): exited with status 1")
        try await swinit.log("warn app: still there after 0.2 s, SIGKILL")
        try await swinit.wait("another start") { swinit.places(of: "app: STARTING").count == 2 }
      }
    }
  }
}
