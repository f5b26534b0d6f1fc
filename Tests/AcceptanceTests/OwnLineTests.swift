import Foundation
import Testing

// swinit's own lines: none is lost while somebody reads, none is said without end, and none of them,
// nor a program's, gives orders to a terminal.

extension Acceptance {
  @Suite struct OwnLines {
    /// A thousand and a half programs become FATAL in one turn.
    private static let cascade = """
      [program:first]
      command=/no/such
      startretries=0
      essential=none
      [program:other]
      command=sleep 600
      process_name=%(program_name)s_%(process_num)04d
      numprocs=1500
      depends_on=first
      essential=none
      [program:stays]
      command=sleep 600
      startsecs=0
      """

    /// - Parameter reader: what stderr is; `$0` is the test's folder.
    @Test(arguments: [
      "exec 2> $0/errors",
      // 4 KiB at a time, with pauses.
      """
      mkfifo $0/pipe
      perl -e 'open(O, ">", $ARGV[0]); while (sysread(STDIN, $b, 4096)) { syswrite(O, $b); \
      select(undef, undef, undef, 0.002) }' $0/errors < $0/pipe &
      exec 2> $0/pipe
      """,
    ])
    func noLineIsLostWhileSomebodyReads(reader: String) async throws {
      var setup = Setup(Self.cascade)
      setup.launcher =
        ["sh", "-c", reader + "\nexec \"$@\"", "FOLDER"] + Setup.asPID1
      try await withSwinit(setup) { swinit in
        func lines(_ part: String) -> Int {
          (swinit.folder.read("errors") ?? "").components(separatedBy: part).count - 1
        }
        try await swinit.wait("all of them", within: 60) { lines(": FATAL") == 1501 }
        swinit.signal(SIGTERM)
        try await swinit.end()
        #expect(swinit.ending == .exited(0))
        try await eventually("the last line") { lines("exit 0: stopped by SIGTERM") == 1 }
        #expect(lines("were lost") == 0)
      }
    }

    /// The kernel keeps each signal of this number.
    @Test func aStormOfSignalsIsCounted() async throws {
      let text = """
        [program:storm]
        command=sh -c "for i in $(seq 3000); do kill -40 1; done; echo over"
        startsecs=0
        autorestart=false
        [program:stays]
        command=sleep 600
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.line("over")
        try await swinit.wait("the last of them to be taken") {
          status(swinit.pid, "ShdPnd") == "0000000000000000"
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        // Five in each window of ten seconds.
        let said = swinit.places(of: "has no meaning here").count
        let counted = swinit.errors.texts.compactMap { line -> Int? in
          guard line.contains("more of these lines in 10 s") else { return nil }
          return line.split(separator: " ").compactMap { Int($0) }.first
        }
        #expect(said <= 100, "\(swinit.transcript)")
        #expect(said + counted.reduce(0, +) == 3000, "\(swinit.transcript)")
      }
    }

    /// A clear screen, a title, a way back to the beginning of the line, a C1 byte, a NUL.
    private static let orders = "\\033[2J\\033]0;mine\\007a\\rb\\000c\\233d\\302\\233e\\tf"

    @Test(arguments: ["prefix", "raw", "timestamp"])
    func aTerminalIsShownWhatItWouldObey(format: String) async throws {
      var setup = Setup(
        """
        [swinit]
        log_format=\(format)
        [program:app]
        command=printf '\(Self.orders)\\n'
        startsecs=0
        autorestart=false
        """)
      setup.streams = .terminal
      try await withSwinit(setup) { swinit in
        try await swinit.see(#"\x1b[2J\x1b]0;mine\x07a\x0db\x00c\x9bd\x9be"# + "\tf")
        try await swinit.end()
        #expect(!swinit.screen.contains("\u{1B}"), "\(swinit.screen)")
      }
    }

    /// Elsewhere nothing of it is changed.
    @Test func anotherPlaceGetsTheBytes() async throws {
      let setup = Setup(
        """
        [program:app]
        command=printf '\\033[1mx\\033[0m\\n'
        log_format=prefix
        startsecs=0
        autorestart=false
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.line("app | \u{1B}[1mx\u{1B}[0m")
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
      }
    }

    /// Names and values of a configuration, in `check` and in swinit's own lines.
    @Test(arguments: [true, false]) func namesGiveNoOrders(checks: Bool) async throws {
      var setup = Setup("[program:app]\ncommand=/no/\u{1B}[2J\nbad\u{1B}[2Jkey=1\nstartretries=0\n")
      setup.fragments["\u{1B}[2J.conf"] = "[program:b]\ncommand=x\u{9B}2J\nwrong=1\n"
      if checks { setup.arguments = ["check", "-c", "FOLDER"] }
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.transcript.contains(#"\x1b[2J"#), "\(swinit.transcript)")
        #expect(!swinit.transcript.contains("\u{1B}"), "\(swinit.transcript)")
        #expect(!swinit.transcript.contains("\u{9B}"), "\(swinit.transcript)")
      }
    }
  }
}
