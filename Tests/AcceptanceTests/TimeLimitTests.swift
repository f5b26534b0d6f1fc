import Foundation
import Testing

// run_timeout, retry_delay, the order of what is due at once, the grace as a farewell, and signals
// that are not worth a line.

/// Takes longer than a second to end, and ends.
private let slow = """
  #!/bin/sh
  trap 'echo told; sleep 1.5; echo done; exit 0' TERM
  echo left
  while :; do sleep 0.01; done
  """

extension Acceptance {
  @Suite struct TimeLimits {
    @Test func aOneshotThatTakesTooLong() async throws {
      let text = """
        [program:migrate]
        command=sleep 1000
        oneshot=true
        run_timeout=0.2
        [program:web]
        command=sleep 1000
        depends_on=migrate
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(
          1, "essential program migrate is FATAL: not done after 0.2 s (run_timeout)")
        try await swinit.log("warn migrate: has run for 0.2 s (run_timeout), SIGTERM (pid ")
        #expect(swinit.places(of: "web: STARTING").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test func aScheduledRunThatTakesTooLong() async throws {
      let text = """
        [program:job]
        command=sleep 1000
        schedule=@every 1s
        run_timeout=0.2
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("warn job: has run for 0.2 s (run_timeout), SIGTERM (pid ")
        try await swinit.log("job: EXITED, killed by SIGTERM (unexpected)")
        try await swinit.log("job: STOPPED, next run in ")
        // The next one is not left out.
        try await swinit.wait("a second run") { swinit.places(of: "job: STARTING").count >= 2 }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        #expect(swinit.places(of: "left out").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test func retriesWithPausesOfTheirOwn() async throws {
      let text = """
        [program:web]
        command=sh -c "exit 3"
        retry_delay=0.02,0.05
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(3, "essential program web is FATAL")
        let pauses = swinit.errors.texts.compactMap {
          $0.components(separatedBy: "next try in ").last
        }
        .filter { $0.hasSuffix(" s") }
        #expect(pauses == ["0.02 s", "0.04 s", "0.05 s"], "\(swinit.transcript)")
      }
    }

    /// They came in reverse.
    @Test func processesThatWaitForTheSameStartInOrder() async throws {
      let text = """
        [program:db]
        command=sh -c "sleep 0.1; echo ready > /proc/self/fd/3; exec sleep 1000"
        ready=fd:3
        [program:worker]
        command=sleep 1000
        process_name=%(program_name)s_%(process_num)02d
        numprocs=8
        depends_on=db
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("all workers") { swinit.places(of: "worker").count >= 8 }
        try await swinit.wait("the last") { swinit.places(of: ": STARTING").count == 9 }
        let names = swinit.errors.texts.filter { $0.contains(": STARTING") }
          .map { $0.split(separator: " ")[2] }
        #expect(names == ["db:"] + (0..<8).map { "worker:worker_0\($0):" })
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
      }
    }

    /// It had one second, whatever the grace was.
    @Test(arguments: [["-t", "20"], ["-c", "FOLDER", "-t", "20"]])
    func whatCommandLeavesHasTheGrace(options: [String]) async throws {
      let start =
        "#!/bin/sh\nsetsid ${0%/*}/slow &\nwhile [ ! -e ${0%/*}/end ]; do sleep 0.01; done\n"
      var setup = Setup("[program:p]\ncommand=sleep 1000\n", files: ["slow": slow, "start": start])
      setup.arguments = options + ["--", "FOLDER/start"]
      try await withSwinit(setup) { swinit in
        try await swinit.line("left")
        try swinit.folder.write("", to: "end")
        try await swinit.line("told")
        try await swinit.expectEnd(0, "COMMAND start: exited with status 0")
        #expect(swinit.output?.texts.last == "done", "\(swinit.transcript)")
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
      }
    }

    /// timeout(1) sends SIGCONT behind each of its signals.
    @Test func aSIGCONTIsNotWorthALine() async throws {
      let slow = """
        #!/bin/sh
        trap 'echo told; until [ -e "${0%/*}/go" ]; do sleep 0.01; done; exit 0' TERM
        echo up
        while :; do sleep 0.01; done
        """
      let setup = Setup("[program:p]\ncommand=%(here)s/slow\n", files: ["slow": slow])
      try await withSwinit(setup) { swinit in
        try await swinit.line("up")
        swinit.signal(SIGCONT)
        swinit.signal(SIGUSR1)
        try await swinit.log("SIGUSR1 from outside of this PID namespace has no meaning here")
        swinit.signal(SIGTERM)
        try await swinit.line("told")
        swinit.signal(SIGCONT)
        try swinit.folder.write("", to: "go")
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        #expect(swinit.places(of: "SIGCONT").isEmpty, "\(swinit.transcript)")
      }
    }

    /// A listener or program of ours that ends the container after the unexpected end of another one.
    @Test(arguments: [
      ("exit 3", "", 3, ", watched: exited with status 3"),
      ("kill -9 $$", "", 137, "watched: killed by SIGKILL"),
      ("exit 0", "exitcodes=2", 1, "watched: exited with status 0"),
      ("exit 2", "exitcodes=2", 0, "stopped by SIGTERM from pid "),
    ])
    func toldByOneOfOurOwn(
      script: String, options: String, code: Int32, last: String
    ) async throws {
      let text = """
        [supervisord]
        nodaemon=true
        [program:killer]
        command=%(here)s/killer
        [program:watched]
        command=sh -c "touch %(here)s/gone; \(script)"
        autorestart=false
        startsecs=0
        \(options)
        """
      // It asks for the end when swinit has heard of the other one's.
      let killer = """
        #!/bin/sh
        here=${0%/*}
        while [ ! -e $here/go ]; do sleep 0.01; done
        kill -TERM $PPID
        exec sleep 1000
        """
      try await withSwinit(Setup(text, files: ["killer": killer])) { swinit in
        try await swinit.log("watched: EXITED")
        try swinit.folder.write("", to: "go")
        try await swinit.expectEnd(code, last)
      }
    }

    /// A program that lives when its stop_command has ended gets its signal, as with systemd.
    @Test func whatAStopCommandDoesNotEndIsTold() async throws {
      let text = """
        [program:probe]
        command=%(here)s/slow
        startsecs=0
        stop_command=true
        stopsignal=TERM
        """
      try await withSwinit(Setup(text, files: ["slow": slow])) { swinit in
        try await swinit.line("left")
        let pid = try await swinit.process("probe")
        swinit.signal(SIGINT)
        try await swinit.expectEnd(0, "stopped by SIGINT")
        try await swinit.log(
          "info probe: stop_command exited with status 0, SIGTERM (pid \(pid))")
        #expect(swinit.output?.texts.last == "done", "\(swinit.transcript)")
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
      }
    }
  }
}
