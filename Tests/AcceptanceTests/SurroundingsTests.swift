import Foundation
import Testing

// It works where it is not PID 1, and where next to nothing is there; it is never
// blocked.

private let sleeper = "[program:sleeper]\ncommand=sleep 60\nstartsecs=0\n"

/// Leaves a child behind in a session of its own, says its pid, and lives on.
private let leaver = """
  #!/bin/sh
  sh -c 'setsid sleep 60 & echo orphan $!'
  exec sleep 60
  """

/// Says that it is over when it is told to end.
private let teller = """
  #!/bin/sh
  trap 'echo over $1; exit' TERM
  echo ready $1
  while :; do sleep 0.02; done
  """

private let twoTellers = """
  [program:low]
  command=%(here)s/teller low
  priority=1
  startsecs=0
  [program:high]
  command=%(here)s/teller high
  priority=2
  startsecs=0

  """

/// What `docker run --read-only --user 1234567:0 --cap-drop ALL --security-opt no-new-privileges`
/// leaves of root.
private let asNobody = [
  "setpriv", "--reuid", "1234567", "--regid", "0", "--clear-groups", "--bounding-set=-all",
  "--inh-caps=-all", "--no-new-privs",
]
private let readOnly = "mount -o remount,ro,bind / || exit 99"
private let withoutProc = "umount -l /proc || exit 99"

extension Acceptance {
  /// Everything a second time as the child of another PID 1.
  @Suite struct Subreaper {
    @Test func startsAndStopsInOrder() async throws {
      var setup = Setup(twoTellers, files: ["teller": teller])
      setup.launcher = Setup.notPID1()
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready low")
        try await swinit.line("ready high")
        #expect(status(swinit.pid, "NSpid")?.hasSuffix("\t1") == false)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let over = swinit.output?.texts.filter { $0.hasPrefix("over") }
        #expect(over == ["over high", "over low"])
      }
    }

    @Test(arguments: [("exit 3", 3), ("exit 0", 0), ("kill -TERM $$", 143)])
    func exitsWithTheProgramsStatus(script: String, code: Int32) async throws {
      var setup = Setup(runOnce("sh -c \"\(script)\"", "essential=exit") + "\n" + sleeper)
      setup.launcher = Setup.notPID1()
      try await withSwinit(setup) { swinit in try await swinit.expectEnd(code, "exit \(code): ") }
    }

    @Test func adoptsAndReapsOrphans() async throws {
      var setup = Setup(
        "[program:leaver]\ncommand=%(here)s/leaver\nstartsecs=0\n", files: ["leaver": leaver])
      setup.launcher = Setup.notPID1()
      try await withSwinit(setup) { swinit in
        let orphan = try #require(
          pid_t(try await swinit.line("orphan ").dropFirst("orphan ".count)))
        let seen = try #require(processes(inNamespaceOf: swinit.pid)[orphan])
        try await swinit.wait("the adoption") { status(seen, "PPid") == "\(swinit.pid)" }
        kill(seen, SIGKILL)
        try await swinit.wait("the reaping") { status(seen, "State") == nil }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The last sweep takes what left its session too.
    @Test func leavesNothingBehind() async throws {
      let stubborn = "#!/bin/sh\ntrap '' TERM\necho orphan\nwhile :; do sleep 0.1; done\n"
      let leaver = "#!/bin/sh\nsetsid ${0%/*}/stubborn &\nexec sleep 60\n"
      var setup = Setup(
        "[program:leaver]\ncommand=%(here)s/leaver\nstartsecs=0\n",
        files: ["leaver": leaver, "stubborn": stubborn])
      // PID 1 says what is there when swinit is gone: itself.
      setup.launcher =
        Setup.asPID1
        + ["sh", "-c", "\"$@\"; set -- /proc/[0-9]*; echo left: $#; exit 0", "FOLDER"]
      try await withSwinit(setup) { swinit in
        try await swinit.line("orphan")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.line("left: ")
        let time = swinit.span(since: told)
        #expect(time.whole >= 1 && time.own < 2.5, "it took \(time)")
        #expect(swinit.output?.texts.contains("left: 1") == true, "\(swinit.transcript)")
      }
    }

    @Test func neverSignalsAStranger() async throws {
      let stranger = """
        #!/usr/bin/perl
        $SIG{$_} = sub { print "hit by $_[0]\\n" } for qw(TERM INT QUIT HUP USR1 CONT);
        $| = 1; print "stranger\\n"; sleep 60 for 1..9;
        """
      var setup = Setup(twoTellers, files: ["teller": teller, "stranger": stranger])
      setup.launcher = Setup.notPID1(after: "$0/stranger &")
      try await withSwinit(setup) { swinit in
        try await swinit.line("stranger")
        try await swinit.line("ready high")
        try await swinit.line("ready low")
        let parent = try #require(status(swinit.pid, "PPid").flatMap { pid_t($0) })
        let friend = try #require(
          children(of: parent).first { $0 != swinit.pid })
        swinit.signal(SIGTERM)
        try await swinit.log("exit 0: stopped by SIGTERM")
        #expect(status(friend, "State")?.hasPrefix("Z") != true)
        try await swinit.end()
        #expect(
          swinit.output?.texts.contains { $0.hasPrefix("hit") } == false, "\(swinit.transcript)")
      }
    }
  }

  @Suite struct Surroundings {
    @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    func closedDescriptors(_ closed: String) async throws {
      let text = """
        [program:probe]
        command=sh -c "ls -l /proc/self/fd > %(here)s/seen.part; mv %(here)s/seen.part %(here)s/seen; exec sleep 60"
        startsecs=0
        """
      var setup = Setup(text)
      setup.launcher = Setup.asPID1 + ["sh", "-c", "exec \"$@\" \(closed)", "FOLDER"]
      try await withSwinit(setup) { swinit in
        try await swinit.wait("the program") { swinit.folder.read("seen") != nil }
        let seen = try #require(swinit.folder.read("seen"))
        for descriptor in ["0", "1", "2"] {
          #expect(seen.contains(" \(descriptor) -> "), "\(seen)")
        }
        #expect(!seen.contains(" 4 -> "), "\(seen)")
        swinit.signal(SIGTERM)
        #expect(try await swinit.end() == .exited(0))
      }
    }

    @Test(arguments: [withoutProc, readOnly, readOnly + "\n" + withoutProc, "umount -l /sys || :"])
    func withoutThisAndThat(_ before: String) async throws {
      var setup = Setup(twoTellers, files: ["teller": teller])
      setup.launcher = Setup.asPID1(after: before)
      try await expectOrder(setup)
    }

    @Test func asNobodyAndWithNothing() async throws {
      var setup = Setup(twoTellers, files: ["teller": teller])
      setup.launcher = Setup.asPID1(after: readOnly + "\n" + withoutProc) + asNobody
      try await expectOrder(setup)
    }

    @Test func asNobodyAndNotPID1() async throws {
      var setup = Setup(twoTellers, files: ["teller": teller])
      setup.launcher = Setup.notPID1() + asNobody
      try await expectOrder(setup)
    }

    @Test func withAnEmptyEnvironment() async throws {
      var setup = Setup(twoTellers, files: ["teller": teller])
      setup.launcher = ["/usr/bin/unshare"] + Setup.asPID1(after: "").dropFirst()
      setup.launcher += ["env", "-i"]
      try await expectOrder(setup)
    }

    private func expectOrder(_ setup: Setup) async throws {
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready low")
        try await swinit.line("ready high")
        try await swinit.wait("both running") { swinit.places(of: "RUNNING").count == 2 }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let over = swinit.output?.texts.filter { $0.hasPrefix("over") }
        #expect(over == ["over high", "over low"])
      }
    }
  }

  @Suite struct NeverBlocked {
    /// Nobody reads stderr and it takes no byte more: the stop goes its way.
    @Test func aFullStderr() async throws {
      var setup = Setup(twoTellers, files: ["teller": teller])
      setup.streams = .stuckStderr
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready low")
        try await swinit.line("ready high")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        #expect(try await swinit.end() == .exited(0))
        let over = swinit.output?.texts.filter { $0.hasPrefix("over") }
        #expect(over == ["over high", "over low"])
        #expect(swinit.span(since: told).own < 3)
      }
    }

    /// Restarts go on while nobody reads, for more lines than can be kept.
    @Test func aFullStderrForALongTime() async throws {
      let text = """
        [program:brief]
        command=sh -c "echo run"
        startsecs=0
        numprocs=300
        process_name=%(process_num)d
        autorestart=false

        """
      var setup = Setup(twoTellers + text, files: ["teller": teller])
      setup.streams = .stuckStderr
      try await withSwinit(setup) { swinit in
        try await swinit.wait("all runs") {
          swinit.output?.texts.filter { $0 == "run" }.count == 300
        }
        swinit.signal(SIGTERM)
        #expect(try await swinit.end() == .exited(0))
      }
    }

    /// Closed at the other end: EPIPE, and no SIGPIPE.
    @Test func aStderrThatNobodyHolds() async throws {
      let setup = Setup(twoTellers, files: ["teller": teller])
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready low")
        try await swinit.line("ready high")
        swinit.closeErrors()
        swinit.signal(SIGUSR1)
        swinit.signal(SIGTERM)
        #expect(try await swinit.end() == .exited(0))
        let over = swinit.output?.texts.filter { $0.hasPrefix("over") }
        #expect(over == ["over high", "over low"])
      }
    }

    /// swinit must not make the container's descriptors non-blocking: programs share them.
    @Test func programsKeepABlockingOutput() async throws {
      let probe = "#!/bin/sh\ngrep flags /proc/self/fdinfo/1 /proc/self/fdinfo/2\n"
      let setup = Setup(runOnce("%(here)s/probe"), files: ["probe": probe])
      for line in try await outputOfOnce(setup) {
        let flags = try #require(line.split(separator: "\t").last.flatMap { Int($0, radix: 8) })
        #expect(flags & Int(O_NONBLOCK) == 0, "\(line)")
      }
    }
  }
}
