import Foundation
import Testing

// Levels start upwards and stop downwards, a level at once, and nothing survives.

private func program(_ name: String, _ more: String, command: String = "sleep 60") -> String {
  "[program:\(name)]\ncommand=\(command)\nstartsecs=0\n\(more)\n"
}

/// Takes 300 ms to end.
private let slow =
  "#!/bin/sh\ntrap 'sleep 0.3; exit 0' TERM\necho ready\nwhile :; do sleep 0.02; done\n"
/// Cannot be told.
private let deaf =
  "#!/usr/bin/perl\n$SIG{TERM} = 'IGNORE'; $| = 1; print \"deaf\\n\"; sleep 60 for 1..9;\n"

/// The names in the lines that hold `part`, in the order of the lines.
private func order(_ swinit: Container, _ part: String) -> [String] {
  swinit.places(of: part).map { place in
    let words = swinit.errors.texts[place].split(separator: " ")
    return String(words[2].dropLast())
  }
}

extension Acceptance {
  @Suite struct Order {
    @Test func levelsStartUpwardsAndStopDownwards() async throws {
      let text = """
        [group:web]
        programs=front,back
        priority=20
        \(program("front", "priority=2"))
        \(program("back", "priority=1"))
        \(program("database", "priority=10"))
        \(program("last", ""))
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("last: RUNNING")
        let names = ["database", "web:back", "web:front", "last"]
        #expect(order(swinit, ": STARTING") == names)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(order(swinit, ": STOPPING") == names.reversed())
        #expect(order(swinit, ": STOPPED") == names.reversed())
      }
    }

    /// One level is gone entirely before the next is told.
    @Test func aLevelWaitsForTheOneAboveIt() async throws {
      let text =
        program("low", "priority=1") + program("quick", "priority=2")
        + program("slow", "priority=2", command: "%(here)s/slow")
      try await withSwinit(Setup(text, files: ["slow": slow])) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let gone = try #require(swinit.places(of: "slow: STOPPED").first)
        let told = try #require(swinit.places(of: " low: STOPPING").first)
        #expect(gone < told, "\(swinit.transcript)")
      }
    }

    /// Serially these would take 3 s.
    @Test func withinALevelAllAreToldAtOnce() async throws {
      let text =
        "[program:slow]\ncommand=%(here)s/slow\nstartsecs=0\nnumprocs=10\n"
        + "process_name=%(program_name)s_%(process_num)02d\n"
      try await withSwinit(Setup(text, files: ["slow": slow])) { swinit in
        try await swinit.wait("ten") { swinit.output?.texts.count == 10 }
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let lastTold = try #require(swinit.places(of: "STOPPING").last)
        let firstGone = try #require(swinit.places(of: "STOPPED").first)
        #expect(lastTold < firstGone, "\(swinit.transcript)")
        #expect(swinit.span(since: told).own < 2)
      }
    }

    @Test func whoDoesNotEndIsKilledAfterStopwaitsecs() async throws {
      let text = program("deaf", "stopwaitsecs=1", command: "%(here)s/deaf")
      try await withSwinit(Setup(text, files: ["deaf": deaf])) { swinit in
        try await swinit.line("deaf")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.log("warn deaf: still there after 1 s, SIGKILL (pid ")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let time = swinit.span(since: told)
        #expect(time.whole >= 1 && time.own < 3, "it took \(time)")
      }
    }

    /// TERM and INT are passed on as they are; what the file says comes first.
    @Test(arguments: [
      (SIGTERM, "", "TERM"), (SIGINT, "", "INT"), (SIGQUIT, "", "TERM"),
      (SIGTERM, "stopsignal=QUIT", "QUIT"), (SIGINT, "stopsignal=usr1", "USR1"),
    ])
    func theSignalOfTheStop(sent: Int32, option: String, seen: String) async throws {
      let teller = """
        #!/bin/sh
        for signal in TERM INT QUIT USR1; do trap "echo got $signal; exit" $signal; done
        echo ready
        while :; do sleep 0.02; done
        """
      let text = program("teller", option, command: "%(here)s/teller")
      try await withSwinit(Setup(text, files: ["teller": teller])) { swinit in
        try await swinit.line("ready")
        swinit.signal(sent)
        try await swinit.log("teller: STOPPING (pid \(swinit.process("teller")), SIG\(seen))")
        let names = [SIGTERM: "TERM", SIGINT: "INT", SIGQUIT: "QUIT"]
        try await swinit.expectEnd(0, "exit 0: stopped by SIG\(names[sent] ?? "?")")
        #expect(swinit.output?.texts.contains("got \(seen)") == true, "\(swinit.transcript)")
      }
    }

    @Test func theSignalsDefaultForAll() async throws {
      let text = "[swinit]\nstopsignal=QUIT\n" + program("a", "") + program("b", "stopsignal=INT")
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("both") { swinit.places(of: "RUNNING").count == 2 }
        swinit.signal(SIGTERM)
        try await swinit.log("a: STOPPING (pid \(swinit.process("a")), SIGQUIT)")
        try await swinit.log("b: STOPPING (pid \(swinit.process("b")), SIGINT)")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The shell ends on TERM, its child does not hear of it: unless the group is told.
    @Test(arguments: [true, false]) func stopasgroup(_ group: Bool) async throws {
      let child = """
        #!/bin/sh
        trap 'echo child told at $(cut -d" " -f1 /proc/uptime); exit' TERM
        echo ready
        while :; do sleep 0.02; done
        """
      let parent = """
        #!/bin/sh
        "${0%/*}/child" &
        trap 'sleep 0.2; echo parent over; exit' TERM
        while :; do sleep 0.02; done
        """
      let text = program("shell", "stopasgroup=\(group)", command: "%(here)s/parent")
      try await withSwinit(Setup(text, files: ["child": child, "parent": parent])) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        // The child is told in any case: with the group, or by the last sweep.
        let lines = swinit.output?.texts ?? []
        let childTold = try #require(lines.firstIndex { $0.hasPrefix("child told") })
        let parentOver = try #require(lines.firstIndex(of: "parent over"))
        #expect((childTold < parentOver) == group, "\(swinit.transcript)")
      }
    }

    /// Both are deaf. With `killasgroup` the child dies with its parent, else in the last sweep.
    @Test(arguments: [true, false]) func killasgroup(_ group: Bool) async throws {
      let parent = """
        #!/bin/sh
        trap '' TERM
        "${0%/*}/deaf" &
        while :; do sleep 0.02; done
        """
      let text = program(
        "shell", "stopwaitsecs=0\nkillasgroup=\(group)", command: "%(here)s/parent")
      try await withSwinit(Setup(text, files: ["deaf": deaf, "parent": parent])) { swinit in
        try await swinit.line("deaf")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let time = swinit.span(since: told)
        #expect(group ? time.own < 0.9 : time.whole >= 1, "it took \(time):\n\(swinit.transcript)")
      }
    }

    /// In a session of its own and deaf: it cannot be told, and it may not hold up the end.
    @Test func theSweepKillsAStray() async throws {
      let stray = "#!/bin/sh\nsetsid \"${0%/*}/deaf\" &\nexec sleep 60\n"
      let text = program("a", "", command: "%(here)s/stray")
      try await withSwinit(Setup(text, files: ["deaf": deaf, "stray": stray])) { swinit in
        try await swinit.line("deaf")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let time = swinit.span(since: told)
        #expect(time.whole >= 1 && time.own < 2.5, "it took \(time)")
      }
    }

    /// A stray that listens is told, and waited for no longer than it needs.
    @Test func theSweepTellsAStray() async throws {
      let polite =
        "#!/bin/sh\ntrap 'echo told; exit' TERM\necho ready\nwhile :; do sleep 0.02; done\n"
      let stray = "#!/bin/sh\nsetsid \"${0%/*}/polite\" &\nexec sleep 60\n"
      let text = program("a", "", command: "%(here)s/stray")
      try await withSwinit(Setup(text, files: ["polite": polite, "stray": stray])) { swinit in
        try await swinit.line("ready")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.output?.texts.contains("told") == true, "\(swinit.transcript)")
        #expect(swinit.span(since: told).own < 0.9)
      }
    }

    /// No fixed pause anywhere. (The benchmark measures it; this only sees that there is none.)
    @Test func anIdleContainerStopsAtOnce() async throws {
      let text = program("a", "priority=1") + program("b", "priority=2") + program("c", "")
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("all") { swinit.places(of: "RUNNING").count == 3 }
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.span(since: told).own < 0.5)
      }
    }

    @Test func aStopDuringTheStart() async throws {
      let text =
        program("a", "startsecs=60\npriority=1") + program("b", "", command: "/no/such/program")
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("b: BACKOFF, cannot start: execve \"/no/such/program\": No such file")
        swinit.signal(SIGTERM)
        try await swinit.log("a: STOPPED")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func programsAreRestarted() async throws {
      let text = """
        [program:always]
        command=true
        startsecs=0
        autorestart=true
        [program:unexpected]
        command=sh -c "exit 2"
        startsecs=0
        [program:never]
        command=sh -c "exit 2"
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("three starts of two") {
          swinit.places(of: "always: STARTING").count >= 3
            && swinit.places(of: "unexpected: STARTING").count >= 3
        }
        // Who ends again and again is restarted with a growing pause.
        try await swinit.log("always: EXITED with status 0 (expected), restarting in 1 s")
        try await swinit.log("unexpected: EXITED with status 2 (unexpected), restarting in 1 s")
        #expect(swinit.places(of: "never: STARTING").count == 1)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }
  }
}
