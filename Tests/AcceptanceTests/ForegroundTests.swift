import Foundation
import Testing

// Programs that stay in the foreground and have a pidfile all the same, as most real files have it:
// told, and gone, is gone. They were waited for, for a daemon that there never was.

private let clean =
  "#!/bin/sh\ntrap 'echo over; exit 0' TERM\necho up\nwhile :; do sleep 0.01; done\n"

/// Leaves an orphan behind which is no daemon.
private let untidy = """
  #!/bin/sh
  trap 'echo over; exit 0' TERM
  sleep 1000 &
  echo up
  while :; do sleep 0.01; done
  """

extension Acceptance {
  @Suite struct Foreground {
    /// Much less than the 10 s that a daemon's pidfile has.
    private let bound = 5.0

    private func expectNoWait(_ swinit: Container, since told: Moment) {
      #expect(swinit.span(since: told).own < bound, "\(swinit.transcript)")
      for part in ["names no process of it", "SIGKILL (pid", "still there"] {
        #expect(swinit.places(of: part).isEmpty, "\(swinit.transcript)")
      }
    }

    @Test(arguments: [
      "command=%(here)s/clean\npidfile=%(here)s/no/such",
      "command=%(here)s/clean\npidfile=%(here)s/clean",
      "command=pidproxy %(here)s/nofile %(here)s/clean",
      "command=pidproxy %(here)s/nofile %(here)s/untidy",
      // Of its group nothing is left either.
      "command=%(here)s/clean\npidfile=/nofile\nstopasgroup=true",
      "command=%(here)s/clean\npidfile=/nofile\nstop_command=sh -c \"kill $MAINPID\"",
    ])
    func aProgramThatEndsOfItsSignal(_ text: String) async throws {
      let setup = Setup(
        "[program:low]\ncommand=sleep 1000\npriority=1\n[program:p]\nstartsecs=0\n" + text + "\n",
        files: ["clean": clean, "untidy": untidy])
      try await withSwinit(setup) { swinit in
        try await swinit.line("up")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        expectNoWait(swinit, since: told)
        #expect(swinit.output?.texts.last == "over")
        // The level below had its turn.
        try await swinit.log("low: STOPPED")
      }
    }

    /// One that has lived for a while is in the foreground, whatever it leaves.
    @Test func aProgramThatLeavesAnOrphan() async throws {
      let text = "[program:p]\nstartsecs=1\ncommand=%(here)s/untidy\npidfile=/nofile\n"
      try await withSwinit(Setup(text, files: ["untidy": untidy])) { swinit in
        try await swinit.log("p: RUNNING")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        expectNoWait(swinit, since: told)
      }
    }

    @Test(arguments: ["clean", "untidy"]) func theStandAlonePidproxy(_ program: String) async throws
    {
      var setup = Setup("", files: ["clean": clean, "untidy": untidy])
      setup.launcher = []
      setup.arguments = ["pidproxy", "/nofile", "FOLDER/\(program)"]
      try await withSwinit(setup) { swinit in
        try await swinit.line("up")
        let told = swinit.moment
        kill(swinit.pid, SIGTERM)
        let ending = try await swinit.end()
        #expect(ending == .exited(0), "\(swinit.transcript)")
        expectNoWait(swinit, since: told)
      }
    }

    /// A daemon that is on its way into the background when the stop comes is still found.
    @Test func aDaemonThatIsJustGoing() async throws {
      let starter = """
        #!/bin/sh
        here=${0%/*}
        trap 'setsid $here/daemon & exit 0' TERM
        echo starting
        while :; do sleep 0.01; done
        """
      let daemon = """
        #!/bin/sh
        here=${0%/*}
        trap 'echo daemon told; exit 0' TERM
        echo $$ > $here/pid
        while :; do sleep 0.01; done
        """
      let text = "[program:p]\nstartsecs=0\ncommand=%(here)s/starter\npidfile=%(here)s/pid\n"
      let files = ["starter": starter, "daemon": daemon]
      try await withSwinit(Setup(text, files: files)) { swinit in
        try await swinit.line("starting")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        #expect(swinit.output?.texts.last == "daemon told", "\(swinit.transcript)")
      }
    }

    @Test func nginx() async throws {
      let machine = try Machine(
        everyTime: "own /var/log/nginx root\nown /var/lib/nginx root", once: ":")
      let setup = machine.setup(
        """
        [program:nginx]
        command=nginx -c %(here)s/nginx.rules -g "daemon off;"
        pidfile=/run/nginx.pid
        stopsignal=QUIT
        """)
      var all = setup
      all.files["nginx.rules"] =
        "pid /run/nginx.pid;\nevents {}\nhttp { server { listen 127.0.0.1:8080; } }\n"
      try await withSwinit(all) { swinit in
        try await swinit.log("nginx: RUNNING")
        let told = swinit.moment
        try await swinit.stopInOrder()
        expectNoWait(swinit, since: told)
      }
    }
  }
}
