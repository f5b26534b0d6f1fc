import Foundation
import Testing

// The release binary of the other architecture, under qemu-user. Left out, since qemu-user cannot do
// it: swinit that is not PID 1 (PR_SET_CHILD_SUBREAPER is refused), and what it weighs in memory (that
// would be qemu's).

extension Acceptance {
  @Suite(
    .enabled(
      if: OtherBinary.isGiven,
      "SWINIT_OTHER_BINARY names no binary for the other architecture, or there is no qemu-user-static"
    ))
  struct OtherArchitecture {
    private func run(_ words: [String]) async throws -> Finished {
      try await AcceptanceTests.run(
        [#require(OtherBinary.emulator), #require(OtherBinary.path)] + words)
    }

    private func setup(_ fragment: String) throws -> Setup {
      var setup = Setup(fragment)
      setup.binary = OtherBinary.path
      setup.emulator = OtherBinary.emulator
      return setup
    }

    @Test func theVersionNamesIt() async throws {
      let finished = try await run(["version"])
      #expect(finished.ending == .exited(0))
      #expect(
        finished.output.contains("(\(OtherBinary.architecture), commit "), "\(finished.output)")
    }

    /// What only reads and prints: the same bytes as from the binary that runs here by itself.
    @Test(
      arguments: [
        ["check"], ["check", "--json"], ["check", "--stop"], ["help", "options"],
        ["help", "states"],
      ])
    func itPrintsTheSame(_ words: [String]) async throws {
      let all = words + (words[0] == "check" ? ["-c", projectFolder + "/conf.d"] : [])
      let other = try await run(all)
      let own = try await AcceptanceTests.run([#require(Binary.path)] + all)
      #expect(other.ending == .exited(0), "\(other)")
      #expect(!other.output.isEmpty && other.output == own.output)
      #expect(other.errors == own.errors)
    }

    /// As PID 1: programs by level, readiness, lines through swinit, a restart, orphans, a program
    /// that withstands the stop signal, the last line. On a kernel with small pages and, as far as
    /// qemu-user before version 9 can have them, with large ones.
    @Test(arguments: ["4096", "65536"]) func itRunsPrograms(pageSize: String) async throws {
      let text = """
        [swinit]
        log_format=prefix
        [program:database]
        command=sh -c "echo up >&2; touch %(here)s/socket; exec sleep 1000"
        ready=path:%(here)s/socket
        priority=1
        [program:deaf]
        command=sh -c "trap '' TERM; echo deaf; while :; do sleep 0.05; done"
        startsecs=0
        depends_on=database
        stopwaitsecs=0.5
        killasgroup=true
        [program:once]
        command=sh -c "mkdir %(here)s/ran || exec sleep 1000; (sleep 0.1 &); exit 3"
        startsecs=0
        depends_on=database

        """
      var setup = try setup(text)
      setup.environment["QEMU_PAGESIZE"] = pageSize
      try await withSwinit(setup) { swinit in
        try await swinit.line("deaf | deaf")
        try await swinit.log("database | up")
        try await swinit.log("once: EXITED with status 3 (unexpected), restarting")
        try await swinit.wait("its second start") {
          swinit.places(of: "once: RUNNING").count == 2
        }
        try await swinit.wait("no zombie") { zombies(of: swinit.pid).isEmpty }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        try await swinit.log("deaf: still there after 0.5 s, SIGKILL")
        let stopped = swinit.errors.texts.filter { $0.contains(": STOPPED") }
          .map { $0.split(separator: " ")[2] }
        #expect(stopped == ["once:", "deaf:", "database:"], "\(swinit.transcript)")
      }
    }

    @Test func theCodeOfAProgramIsItsCode() async throws {
      let text = "[program:a]\ncommand=/no/such/program\nstartretries=0\n"
      try await withSwinit(setup(text)) { swinit in
        try await swinit.expectEnd(127, "No such file or directory")
      }
    }

    @Test func oneCommand() async throws {
      var setup = try setup("")
      setup.arguments = [
        "--", "sh", "-c", "trap 'exit 6' TERM; echo ready; while :; do sleep 0.02; done",
      ]
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(6, nil)
      }
    }
  }
}

extension Acceptance {
  @Test func theVersionNamesArchitectureAndCommit() async throws {
    let finished = try await AcceptanceTests.run([#require(Binary.path), "version"])
    #if arch(arm64)
      let architecture = "aarch64"
    #else
      let architecture = "x86_64"
    #endif
    let form = "^swinit [0-9.]+ \\(\(architecture), commit ([0-9a-f]{7,40}(-dirty)?|unknown)\\)\n$"
    #expect(
      finished.output.range(of: form, options: .regularExpression) != nil, "\(finished.output)")
  }
}
