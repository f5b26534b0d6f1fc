import Foundation
import Testing

// `stoptree`. What a program has started ends with it, wherever it has gone.

/// As `npm start` does it, and worse: a shell between, sessions of their own, orphans of two forks,
/// one that throws its environment away, one that ignores SIGTERM, one of another user.
private let branches = """
  #!/bin/bash
  count() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c '^100[0-9]$'; }
  echo "found $(count)"
  sleep 1001 &
  setsid sleep 1002 &
  (setsid sh -c 'sleep 1003 & exec env -i sleep 1004' &)
  (setsid sleep 1005 &)
  setpriv --reuid 33 --regid 33 --clear-groups setsid sh -c '(sleep 1006 &)'
  [ "$1" = stubborn ] && (setsid perl -e '$SIG{TERM} = "IGNORE"; exec "sleep", "1007"' &)
  until [ "$(count)" -ge "$2" ]; do sleep 0.01; done
  echo grown
  [ "$3" ] && exit "$3"
  sleep 1008
  echo never
  sleep 1009
  """

/// The sleepers of a tree that are left.
private func left(_ swinit: Container) -> [String] {
  processes(inNamespaceOf: swinit.pid).values.compactMap { pid in
    let words = procFile("\(pid)/cmdline")?.split(separator: "\0").joined(separator: " ")
    return words.flatMap { $0.hasPrefix("sleep 100") ? $0 : nil }
  }
}

private func setup(_ words: String, _ options: String) -> Setup {
  // The witness stops last: what is left of the tree is looked for while it stays.
  Setup(
    """
    [swinit]
    essential=none
    stay=true
    [program:witness]
    command=sh -c "trap '' TERM; while :; do sleep 0.05; done"
    priority=1
    stopwaitsecs=3
    [program:app]
    command=%(here)s/branches \(words)
    stoptree=true
    startsecs=0
    \(options)

    """, files: ["branches": branches])
}

extension Acceptance {
  @Suite struct Trees {
    @Test func theWholeTreeEndsByTheStopSignal() async throws {
      try await withSwinit(setup("calm 6", "")) { swinit in
        try await swinit.line("grown")
        swinit.signal(SIGTERM)
        try await swinit.log("app: STOPPED")
        #expect(left(swinit) == [], "\(swinit.transcript)")
        #expect(swinit.places(of: "app: still there").isEmpty, "\(swinit.transcript)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.output?.texts.contains("never") == false)
      }
    }

    @Test func whoIgnoresTheStopSignalIsKilledAndWaitedFor() async throws {
      try await withSwinit(setup("stubborn 7", "stopwaitsecs=0.5")) { swinit in
        try await swinit.line("grown")
        swinit.signal(SIGTERM)
        try await swinit.log("app: still there after 0.5 s, SIGKILL (what is left of it)")
        try await swinit.log("app: STOPPED")
        #expect(left(swinit) == [], "\(swinit.transcript)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The program ends by itself: the rest goes before the next start.
    @Test func nothingSurvivesARestart() async throws {
      let text = setup("calm 6 5", "autorestart=true\nrestart_delay=0.1")
      try await withSwinit(text) { swinit in
        try await swinit.log("app: exited with status 5, SIGTERM to what is left of its tree")
        try await swinit.log("app: EXITED with status 5 (unexpected)")
        try await swinit.wait("two lives") {
          swinit.output?.texts.filter { $0 == "grown" }.count ?? 0 >= 2
        }
        let found = swinit.output?.texts.filter { $0.hasPrefix("found") } ?? []
        #expect(Set(found) == ["found 0"], "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A title of its own, as nginx and postgres have, is written over the environment.
    @Test(arguments: [false, true])
    func whoHidesBehindATitleIsFound(restarts: Bool) async throws {
      var text = setup("", "stopwaitsecs=0.2\nautorestart=true\nrestart_delay=0.1")
      text.files["branches"] = """
        #!/bin/bash
        (setsid perl -e '$SIG{TERM} = "IGNORE"; $| = 1; $0 = "sleep 1001"; print "hidden\\n"; sleep 60' &)
        until pgrep -f '^sleep 1001'; do sleep 0.01; done
        \(restarts ? "exit 5" : "sleep 60")
        """
      try await withSwinit(text) { swinit in
        try await swinit.line("hidden")
        if restarts { try await swinit.log("app: exited with status 5, SIGTERM to what is left") }
        swinit.signal(SIGTERM)
        try await swinit.log("app: still there after ")
        try await swinit.log("app: STOPPED")
        #expect(left(swinit) == [], "\(swinit.transcript)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Thousands of processes hold nobody up: a turn of the loop looks at a thousand of them, no more.
    @Test func aTurnLooksAtAThousandProcesses() async throws {
      let count = 2500
      let text = """
        [program:app]
        command=perl -e '$|=1; for (1..\(count)) { fork or exec "sleep", "600" } print "grown\\n"; sleep 600'
        stoptree=true
        stopsignal=TERM
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.line("grown")
        let tracer = try await attached(
          to: swinit.pid, "status=successful", "epoll_pwait,open,pidfd_send_signal", swinit.folder)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM", within: 60)
        detach(tracer)
        let trace = try #require(swinit.folder.read("trace"))
        var reads: [Int] = []
        var signals: [Int] = []
        for turn in trace.components(separatedBy: "epoll_pwait(") {
          reads.append(turn.components(separatedBy: "/stat\"").count - 1)
          signals.append(turn.components(separatedBy: "pidfd_send_signal(").count - 1)
        }
        // A signal looks at its process once more; a look of another kind may come with a turn.
        #expect(reads.max()! < 1100, "\(reads)")
        #expect(signals.max()! <= 513, "\(signals)")
        #expect(signals.reduce(0, +) >= count, "\(signals)")
      }
    }

    /// The command of a test has the program's mark, and is no part of its tree.
    @Test func aTestIsNoPartOfTheTree() async throws {
      let text = """
        [swinit]
        stay=true
        [program:app]
        command=sh -c "until [ -e %(here)s/tested ]; do sleep 0.01; done; exit 5"
        stoptree=true
        startsecs=0
        autorestart=false
        essential=none
        health=exec:sh -c "touch %(here)s/tested; sleep 60; true"
        health_interval=0.01
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("app: EXITED with status 5")
        #expect(swinit.places(of: "left of its tree").isEmpty, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// What a stop_command started, and what it left of the program's tree, ends too.
    @Test func aStopCommandIsNotRunForTheTree() async throws {
      let text = setup("calm 6", "stop_command=sh -c \"sleep 1009 & kill $MAINPID\"")
      try await withSwinit(text) { swinit in
        try await swinit.line("grown")
        swinit.signal(SIGTERM)
        try await swinit.log("app: STOPPED")
        #expect(left(swinit) == [], "\(swinit.transcript)")
        #expect(swinit.places(of: "app: still there").isEmpty, "\(swinit.transcript)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Not PID 1: orphans come to a subreaper too.
    @Test func aSubreaperFindsThemToo() async throws {
      var setup = setup("calm 6", "")
      setup.launcher = Setup.notPID1()
      try await withSwinit(setup) { swinit in
        try await swinit.line("grown")
        swinit.signal(SIGTERM)
        try await swinit.log("app: STOPPED")
        #expect(left(swinit) == [], "\(swinit.transcript)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func withoutProcItIsSaidThatLittleIsFound() async throws {
      var setup = Setup("[program:app]\ncommand=sleep 60\nstartsecs=0\nstoptree=true\n")
      setup.launcher = Setup.asPID1(after: "mount -t tmpfs tmpfs /proc || exit 99")
      try await withSwinit(setup) { swinit in
        try await swinit.log("warn stoptree: without /proc only a program's process group is found")
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Without it, what has left the group stays until the end of the container.
    @Test func withoutStoptreeTheRestIsLeft() async throws {
      var setup = setup("calm 6", "")
      setup.fragments["test.conf"] = setup.fragments["test.conf"]?.replacingOccurrences(
        of: "stoptree=true", with: "stoptree=false")
      try await withSwinit(setup) { swinit in
        try await swinit.line("grown")
        swinit.signal(SIGTERM)
        try await swinit.log("app: STOPPED")
        #expect(left(swinit).contains("sleep 1005"), "\(swinit.transcript)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }
  }
}
