import Foundation
import Testing

// The grace, the drain, and the timetable that `check --stop` prints.

private let deaf =
  "#!/usr/bin/perl\n$SIG{TERM} = 'IGNORE'; $| = 1; print \"deaf\\n\"; sleep 60 for 1..9;\n"
/// Takes a moment to end, and says so.
private let database =
  "#!/bin/sh\ntrap 'echo saving; sleep 0.3; echo saved; exit 0' TERM\necho up\n"
  + "while :; do sleep 0.02; done\n"

/// Two that hear nothing above a database.
private let text = """
  [program:database]
  command=%(here)s/database
  priority=1
  startsecs=0
  [program:worker]
  command=%(here)s/deaf
  priority=2
  startsecs=0
  [program:web]
  command=%(here)s/deaf
  priority=3
  startsecs=0
  """
private let files = ["deaf": deaf, "database": database]

extension Acceptance {
  @Suite struct Grace {
    static let ways: [(arguments: [String], environment: [String: String], global: String)] = [
      (["-c", "FOLDER", "-t", "6"], [:], ""), (["-c", "FOLDER"], ["SWINIT_GRACE": "6"], ""),
      (["-c", "FOLDER"], [:], "[swinit]\ngrace=6\n"),
      (["-t", "6", "-c", "FOLDER"], ["SWINIT_GRACE": "100"], "[swinit]\ngrace=1000\n"),
    ]

    /// Each would have 10 s. What the database needs fits into its part on a busy machine too.
    @Test(arguments: ways.indices) func theLastLevelHasItsPart(index: Int) async throws {
      let way = Self.ways[index]
      var setup = Setup(way.global + text, files: files)
      setup.arguments = way.arguments
      for (name, value) in way.environment { setup.environment[name] = value }
      try await withSwinit(setup) { swinit in
        try await swinit.wait("all") { swinit.output?.texts.count == 3 }
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.log("web: still there after 1.")
        try await swinit.log("its part of the grace (stopwaitsecs 10 s), SIGKILL")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.span(since: told).own < 6)
        #expect(swinit.output?.texts.suffix(2) == ["saving", "saved"], "\(swinit.transcript)")
        #expect(swinit.places(of: "SIGKILL").count == 2, "\(swinit.transcript)")
      }
    }

    @Test func commandAloneWithAGrace() async throws {
      var setup = Setup("", files: files)
      setup.arguments = ["-t", "2", "--", "FOLDER/deaf"]
      setup.fragments = [:]
      try await withSwinit(setup) { swinit in
        try await swinit.line("deaf")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(137, "exit 137: COMMAND deaf: killed by SIGKILL")
        let time = swinit.span(since: told)
        #expect(time.whole > 1 && time.own < 2, "it took \(time)")
      }
    }

    @Test func theProgramsHearOfTheStopAfterTheDrain() async throws {
      let text = "[swinit]\ndrain=0.5\n[program:app]\ncommand=sleep 60\nstartsecs=0\n"
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("app: RUNNING")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.log("info draining: the programs are told in 0.5 s")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let time = swinit.span(since: told)
        #expect(time.whole >= 0.5 && time.own < 3, "it took \(time)")
      }
    }

    private func check(_ text: String, _ words: [String]) async throws -> Finished {
      let folder = try Folder()
      try folder.write(text, to: "test.conf")
      return try await run([try #require(Binary.path), "check", "-c", folder.path] + words)
    }

    private let levels = """
      [program:db]
      command=db
      stopwaitsecs=60
      [program:migrate]
      command=migrate
      oneshot=true
      [program:web]
      command=web
      depends_on=db,migrate
      [program:spare]
      command=spare
      autostart=false
      """

    @Test func theTimetableOfAStop() async throws {
      let free = try await check(levels, ["--stop"])
      #expect(free.ending == .exited(0))
      #expect(
        free.output == """
          a stop in the worst case, with programs that hear no signal:
                0 s  web: SIGTERM
               10 s  web: SIGKILL after 10 s
               10 s  db: SIGTERM
               70 s  db: SIGKILL after 60 s
               70 s  end

          """)
      #expect(free.errors.count == 1 && free.errors[0].hasPrefix("warning: no grace is set"))

      let tight = try await check(levels, ["--stop", "--grace", "30"])
      #expect(
        tight.output == """
          a stop in the worst case, with programs that hear no signal:
                0 s  web: SIGTERM
               10 s  web: SIGKILL after 10 s
               10 s  db: SIGTERM
             27.5 s  db: SIGKILL after 17.5 s
             27.5 s  end

          """)
      #expect(
        tight.errors == [
          "warning: the stopwaitsecs do not fit into the grace of 30 s: db gets 17.5 s of 60 s"
        ])

      let wide = try await check(levels, ["--grace=90"])
      #expect(wide.errors == [])
    }

    /// A reader who has stopped is not waited for longer than the grace.
    @Test func theLogsEndIsWithinTheGrace() async throws {
      var setup = Setup(
        "[swinit]\ngrace=1\n[program:a]\ncommand=yes\nlog_format=raw\nstartsecs=0\n")
      setup.readsOutput = false
      try await withSwinit(setup) { swinit in
        try await swinit.log("stdout: nobody reads it: what leads there waits")
        let begin = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        // Without a grace it would be 2 s and more.
        #expect(swinit.span(since: begin).own < 1.5, "\(swinit.transcript)")
        #expect(!swinit.places(of: "does not take what is left at the end").isEmpty)
      }
    }

    /// What the README shows is what comes of its example.
    @Test func theReadmesTimetable() async throws {
      let finished = try await check(try example(of: "database"), ["--stop", "--grace", "30"])
      let readme = try String(contentsOfFile: projectFolder + "/README.md", encoding: .utf8)
      #expect(
        readme.contains(finished.output + finished.errors.joined(separator: "\n")),
        "\(finished.output)\(finished.errors)")
    }

    @Test(arguments: [
      (["--grace", "soon"], 64, "cannot read --grace \"soon\": a number of seconds is allowed"),
      (["--grace"], 64, "--grace wants a number of seconds"),
    ])
    func aBadGrace(words: [String], code: Int32, error: String) async throws {
      let finished = try await check(levels, words)
      #expect(finished.ending == .exited(code))
      #expect(finished.errors.contains { $0.contains(error) }, "\(finished.errors)")
    }
  }
}
