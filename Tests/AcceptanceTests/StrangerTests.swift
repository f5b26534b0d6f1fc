import Foundation
import Testing

// Whose process is it? A pidfile may name anybody, a mark may be tried on by anybody, a pid may be
// somebody else's by now: no signal goes to a stranger, and nobody is lost for one look that failed.

extension Acceptance {
  @Suite struct Strangers {
    /// An orphan of root's, and a program of nobody's that names it.
    private static let victim = """
      [program:victim]
      command=%(here)s/victim
      startsecs=0
      autorestart=false
      """
    private static let victimScript = """
      #!/bin/sh
      cd "${0%/*}"
      setsid sleep 4321 & echo $! > victim.pid
      """

    /// Root's orphan is younger than the program that names it.
    @Test func aPidfileNamesNoStranger() async throws {
      let text =
        Self.victim + """

          [program:liar]
          command=%(here)s/liar
          user=nobody
          pidfile=%(here)s/u/liar.pid
          startretries=0
          essential=none
          [program:stays]
          command=sleep 600
          """
      let liar = """
        #!/bin/sh
        cd "${0%/*}"
        until [ -s victim.pid ]; do sleep 0.01; done
        until [ -e go ]; do sleep 0.01; done
        cat victim.pid > u/liar.pid
        """
      var setup = Setup(text, files: ["liar": liar, "victim": Self.victimScript])
      setup.launcher = Setup.asPID1(after: "mkdir FOLDER/u && chown nobody FOLDER/u")
      try await withSwinit(setup) { swinit in
        try await swinit.log("victim: EXITED")
        let orphan = try await eventuallyFound { descendant(of: swinit.pid, running: "sleep 4321") }
        // The file is younger than it.
        try swinit.folder.write("", to: "go")
        try await swinit.log("/u/liar.pid names no process of it", within: 40)
        try await swinit.log("liar: FATAL")
        #expect(executable(orphan) != nil)
        #expect(swinit.places(of: "liar: follows").isEmpty)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The right process, by a file of its own: one that has left its session as daemons do.
    @Test(arguments: ["user=nobody", "user=root"]) func aPidfileNamesItsDaemon(user: String)
      async throws
    {
      let text = """
        [program:app]
        command=%(here)s/app
        \(user)
        pidfile=%(here)s/u/app.pid
        """
      let app = """
        #!/usr/bin/perl
        use POSIX;
        (my $here = $0) =~ s,/[^/]*$,,;
        exit 0 if fork();
        setsid();
        if (fork()) { select(undef, undef, undef, 0.2); POSIX::_exit(0) }
        open(my $f, ">", "$here/u/app.pid"); print $f "$$\\n"; close $f;
        $SIG{TERM} = sub { print "told\\n"; exit 0 };
        $| = 1;
        print "serves\\n";
        sleep 1 while 1;
        """
      var setup = Setup(text, files: ["app": app])
      setup.launcher = Setup.asPID1(after: "mkdir FOLDER/u && chown nobody FOLDER/u")
      try await withSwinit(setup) { swinit in
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.line("told")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// What a program of an earlier life has left is removed; what is no pidfile stays.
    @Test func aStalePidfileIsRemoved() async throws {
      let text = """
        [program:picky]
        command=sh -c "test -e %(here)s/picky.pid && exit 3; exec sleep 600"
        pidfile=%(here)s/picky.pid
        startsecs=0
        [program:other]
        command=sleep 600
        pidfile=%(here)s/precious
        startsecs=0
        """
      let files = ["picky.pid": "1\n", "precious": "root:x:0:0\n"]
      try await withSwinit(Setup(text, files: files)) { swinit in
        try await swinit.log("other: RUNNING")
        try await swinit.wait("picky to sleep") {
          children(of: swinit.pid).allSatisfy { executable($0)?.hasSuffix("sleep") == true }
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.folder.read("picky.pid") == nil)
        #expect(swinit.folder.read("precious") == "root:x:0:0\n")
        #expect(swinit.places(of: "EXITED").isEmpty, "\(swinit.transcript)")
      }
    }

    /// A program that lowers its limits to another one's mark: the orphan is not that one's.
    @Test func nobodyPutsOnTheMarkOfAnother() async throws {
      let text = """
        [program:first]
        command=sh -c "grep -e locks -e resident /proc/self/limits > %(here)s/first; exec sleep 600"
        user=nobody
        stoptree=true
        startsecs=0
        [program:forger]
        command=%(here)s/forger
        user=nobody
        priority=1000
        startsecs=0
        autorestart=false
        [program:last]
        command=sh -c "grep -e locks -e resident /proc/self/limits > %(here)s/last; exec sleep 600"
        user=nobody
        stoptree=true
        startsecs=0
        """
      let forger = """
        #!/usr/bin/python3
        import os, resource, sys, time
        here = os.path.dirname(sys.argv[0])

        def limits(name):
            while True:
                lines = open(here + "/" + name).read().splitlines() if os.path.exists(here + "/" + name) else []
                if len(lines) == 2:
                    return {line.split()[1]: int(line.split()[-2]) for line in lines}
                time.sleep(0.01)

        for name in ["first", "last"]:
            wanted = limits(name)
            if os.fork() == 0:
                os.setsid()
                if os.fork():
                    os._exit(0)
                done = 0
                for number, key in [(10, "file"), (5, "resident")]:
                    try:
                        resource.setrlimit(number, (wanted[key], wanted[key]))
                        done += 1
                    except (ValueError, PermissionError):
                        pass
                print(name, "done", done, flush=True)
                os.execvp("sleep", ["sleep", "4321"])
            os.wait()
        """
      var setup = Setup(text, files: ["forger": forger])
      setup.launcher = Setup.asPID1(after: "chmod 777 FOLDER")
      try await withSwinit(setup) { swinit in
        try await swinit.line("first done 1")
        try await swinit.line("last done 1")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        // Neither waited for the other's orphan, which the final sweep ends.
        #expect(swinit.places(of: "still there").isEmpty, "\(swinit.transcript)")
      }
    }

    /// Where the kernel refuses the limits (gVisor), that is said.
    @Test func aMarkThatCannotBeSetIsSaid() async throws {
      var setup = Setup(
        "[program:app]\ncommand=true\nstoptree=true\nstartsecs=0\nautorestart=false\n")
      setup.launcher =
        Setup.asPID1 + [
          "strace", "-D", "-qq", "-o", "/dev/null", "-e", "trace=prlimit64",
          "-e", "inject=prlimit64:error=EPERM",
        ]
      try await withSwinit(setup) { swinit in
        try await swinit.log(
          "warn the limits that mark a program's processes cannot be set (")
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
      }
    }

    /// A daemon is not lost, and no second one is started, for a look at the pidfile that failed.
    @Test(arguments: ["EIO", "EINTR", "ENOMEM", "EMFILE"])
    func aFailedLookLosesNoDaemon(error: String) async throws {
      let text = "[program:app]\ncommand=%(here)s/app\npidfile=%(here)s/app.pid\n"
      let app = """
        #!/bin/sh
        cd "${0%/*}"
        echo begins
        until [ -e go ]; do sleep 0.01; done
        setsid sh -c 'sleep 4321 & echo $! > app.pid; wait' > /dev/null 2>&1 < /dev/null &
        until [ -s app.pid ]; do sleep 0.01; done
        """
      try await withSwinit(Setup(text, files: ["app": app])) { swinit in
        try await swinit.line("begins")
        let tracer = try await attached(
          to: swinit.pid, "inject=pread64:error=\(error):when=1..3", "pread64", swinit.folder)
        defer { detach(tracer) }
        try swinit.folder.write("", to: "go")
        try await swinit.log("info app: follows", within: 40)
        #expect(swinit.places(of: "app: STARTING").count == 1, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM", within: 40)
      }
    }

    /// A listing of /proc that fails, as a whole or of one process, does not mean that nobody is left.
    @Test(arguments: [
      "getdents64:error=EIO:when=1..4", "open:error=EMFILE:when=1..40",
      "open:error=ENFILE:when=2..90+2",
      "read:error=ENOMEM:when=2..40",
    ])
    func aFailedListingLosesNobody(failure: String) async throws {
      let text = """
        [program:app]
        command=sh -c "setsid %(here)s/child & exec sleep 600"
        stoptree=true
        startsecs=0
        """
      let child = """
        #!/bin/sh
        trap 'sleep 0.3; echo the child has ended >&2; exit 0' TERM
        echo up
        while :; do sleep 0.01; done
        """
      try await withSwinit(Setup(text, files: ["child": child])) { swinit in
        try await swinit.line("up")
        let tracer = try await attached(
          to: swinit.pid, "inject=\(failure)", String(failure.prefix { $0 != ":" }), swinit.folder)
        defer { detach(tracer) }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM", within: 40)
        let ended = try #require(swinit.places(of: "the child has ended").first)
        let stopped = try #require(swinit.places(of: "app: STOPPED").first)
        #expect(ended < stopped, "\(swinit.transcript)")
      }
    }

    /// A signal that could not be sent is sent again: nobody is said to withstand what did not reach it.
    @Test(arguments: [
      "pidfd_send_signal:error=ENOMEM:when=1..4", "pidfd_send_signal:error=EAGAIN:when=2..5",
      "pidfd_open:error=EMFILE",
    ])
    func aSignalThatFailedIsSentAgain(failure: String) async throws {
      let text = """
        [program:app]
        command=sh -c "setsid %(here)s/child & exec sleep 600"
        stoptree=true
        startsecs=0
        stopwaitsecs=0.3
        """
      let child = """
        #!/bin/sh
        trap '' TERM
        echo up
        while :; do sleep 0.01; done
        """
      try await withSwinit(Setup(text, files: ["child": child])) { swinit in
        try await swinit.line("up")
        let tracer = try await attached(
          to: swinit.pid, "inject=\(failure)", String(failure.prefix { $0 != ":" }), swinit.folder)
        defer { detach(tracer) }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM", within: 40)
        #expect(swinit.places(of: "withstands").isEmpty, "\(swinit.transcript)")
        #expect(swinit.places(of: "no program").isEmpty, "\(swinit.transcript)")
      }
    }

    /// `--cap-drop ALL --cap-add SETUID --cap-add SETGID`, as images are often run.
    @Test func rootWithoutTheRightToKillSaysSo() async throws {
      let text = """
        [program:app]
        command=sleep 600
        user=nobody
        startsecs=0
        stopwaitsecs=0.2
        """
      var setup = Setup(text)
      setup.launcher =
        Setup.asPID1 + ["setpriv", "--bounding-set", "-kill", "--inh-caps", "-kill"]
      try await withSwinit(setup) { swinit in
        try await swinit.log(
          "warn swinit has no CAP_KILL: programs of another user, as app, get no")
        try await swinit.log("app: RUNNING")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.log("cannot send SIGTERM to pid")
        try await swinit.log("cannot be stopped: SIGKILL is not permitted (no CAP_KILL), ignoring")
        // Five seconds, for which a SIGKILL is waited for, are not over.
        #expect(swinit.span(since: told).own < 4, "\(swinit.transcript)")
        #expect(swinit.places(of: "withstands").isEmpty, "\(swinit.transcript)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A kernel, or a seccomp profile, that has pidfds and lets nobody send signals through them.
    @Test(arguments: ["ENOSYS", "EPERM"]) func aRefusedPidfdIsGoneAround(error: String) async throws
    {
      let text = """
        [program:app]
        command=sh -c "setsid sleep 4321 & exec sleep 600"
        stoptree=true
        startsecs=0
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("app: RUNNING")
        _ = try await eventuallyFound { descendant(of: swinit.pid, running: "sleep 4321") }
        let tracer = try await attached(
          to: swinit.pid, "inject=pidfd_send_signal:error=\(error)", "pidfd_send_signal",
          swinit.folder)
        defer { detach(tracer) }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM", within: 40)
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
      }
    }
  }
}

private func eventuallyFound(_ find: () -> pid_t?) async throws -> pid_t {
  var found: pid_t?
  try await eventually("a process") {
    found = find()
    return found != nil
  }
  return found ?? 0
}
