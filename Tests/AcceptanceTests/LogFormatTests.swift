import Foundation
import Testing

// `log_format`. Whole lines of many programs on one pipe, and nothing else between them.

/// What one program says in a row: `seq` with a name before each number.
private func counting(_ name: String, to last: Int) -> String {
  """
  [program:\(name)]
  command=seq -f "\(name) %%07.0f" 1 \(last)
  startsecs=0
  autorestart=false

  """
}

/// The numbers that `name` wrote, from lines that hold nothing but the prefix and `name NUMBER`.
private func numbers(_ name: String, in lines: [String]) -> [Int] {
  let start = "\(name) | \(name) "
  return lines.compactMap { line in
    line.hasPrefix(start) ? Int(line.dropFirst(start.count)) : nil
  }
}

extension Acceptance {
  @Suite struct LogFormats {
    /// 64 programs at once, each thousand lines, in whole lines and in order.
    @Test(arguments: [Setup.Streams.merged, .separate])
    func neverInterleaved(_ streams: Setup.Streams) async throws {
      let names = (1...64).map { "p\($0)" }
      var setup = Setup(
        "[swinit]\nlog_format=prefix\n[program:stays]\ncommand=sleep 1000\n"
          + names.map { counting($0, to: 1000) }.joined())
      setup.streams = streams
      try await withSwinit(setup) { swinit in
        // Only then the end: that waits for no slow reader.
        try await swinit.wait("all lines") {
          let read = streams == .merged ? swinit.errors : swinit.output
          guard let read, read.lines.count >= 64 * 1000 else { return false }
          return read.texts.filter { !$0.hasPrefix("swinit: ") }.count == 64 * 1000
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let lines = streams == .merged ? swinit.errors.texts : swinit.output?.texts ?? []
        for name in names { #expect(numbers(name, in: lines) == Array(1...1000), "\(name)") }
        let own = lines.filter { $0.hasPrefix("swinit: ") }.count
        #expect(lines.count == own + 64 * 1000)
      }
    }

    @Test(arguments: [
      ("raw", "^out$", "^err$", "^swinit: info a: STARTING"),
      ("prefix", "^a \\| out$", "^a \\| err$", "^swinit: info a: STARTING"),
      (
        "timestamp", "^[0-9]{4}-[0-9-]{5}T[0-9:]{8}\\.[0-9]{3}Z a \\| out$",
        "^[0-9]{4}-[0-9-]{5}T[0-9:]{8}\\.[0-9]{3}Z a \\| err$",
        "^[0-9]{4}-[0-9-]{5}T[0-9:]{8}\\.[0-9]{3}Z swinit: info a: STARTING"
      ),
      (
        "json",
        "^\\{\"time\":\"[0-9TZ:.-]{24}\",\"program\":\"a\",\"stream\":\"stdout\",\"message\":\"out\"\\}$",
        "^\\{\"time\":\"[0-9TZ:.-]{24}\",\"program\":\"a\",\"stream\":\"stderr\",\"message\":\"err\"\\}$",
        "^\\{\"time\":\"[0-9TZ:.-]{24}\",\"program\":\"swinit\",\"stream\":\"stderr\",\"level\":\"info\""
          + ",\"message\":\"a: STARTING"
      ),
    ])
    func eachForm(_ format: String, _ out: String, _ err: String, _ own: String) async throws {
      let text = """
        [swinit]
        log_format=\(format)
        [program:a]
        command=sh -c "echo out; echo err >&2"
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let written = try #require(swinit.output).texts
        #expect(written.count == 1 && written[0].range(of: out, options: .regularExpression) != nil)
        for pattern in [err, own] {
          #expect(
            swinit.errors.texts.contains {
              $0.range(of: pattern, options: .regularExpression) != nil
            }, "\(pattern)\n\(swinit.transcript)")
        }
      }
    }

    /// A program's own word counts more than the global one, also for the log file.
    @Test func perProgram() async throws {
      let text = """
        [swinit]
        log_format=prefix
        [program:a]
        command=sh -c "echo a; echo file"
        log_format=raw
        startsecs=0
        autorestart=false
        [program:b]
        command=sh -c "echo b"
        startsecs=0
        autorestart=false
        [program:c]
        command=sh -c "echo c"
        log_format=direct
        startsecs=0
        autorestart=false
        [program:d]
        command=sh -c "echo d"
        stdout_logfile=%(here)s/d.log
        startsecs=0
        autorestart=false
        [program:e]
        command=sh -c "echo e"
        log_format=json
        stdout_logfile=%(here)s/e.log
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(try #require(swinit.output).texts.sorted() == ["a", "b | b", "c", "file"])
        #expect(swinit.folder.read("d.log") == "d\n")
        let line = try #require(swinit.folder.read("e.log"))
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
        #expect(object?["message"] == "e" && object?["program"] == "e")
      }
    }

    /// Every line that leaves the container, from the warnings of the configuration to the last word.
    @Test func everyLineIsJSON() async throws {
      var setup = Setup(
        """
        [swinit]
        log_format=json
        [program:a]
        command=%(here)s/write
        startsecs=0
        autorestart=false
        colour=red
        [program:b]
        command=no-such-command
        startretries=0
        essential=none
        """)
      setup.files = [
        "write": #"""
        #!/usr/bin/perl
        print qq(\xff"\t\\\x01 ), q(x) x 70000, qq(\n\xe9 no newline);
        """#
      ]
      setup.streams = .merged
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        let lines = swinit.errors.texts
        let objects = try lines.map { line in
          try #require(
            JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
        let messages = objects.map { $0["message"] as? String ?? "" }
        #expect(messages.contains { $0.contains("ignoring \"colour\"") })
        #expect(messages.contains { $0.contains("no-such-command") })
        #expect(messages.last?.hasPrefix("exit ") == true)
        let ofA = objects.filter { $0["program"] as? String == "a" }
        #expect(ofA.count == 3)
        let parts = ofA.map { $0["message"] as? String ?? "" }
        #expect(parts.first?.hasPrefix("\u{FF}\"\t\\\u{1} xxx") == true)
        #expect(parts.last == "\u{E9} no newline")
        #expect(ofA.map { $0["continues"] as? Bool ?? false } == [true, false, false])
        #expect(parts.prefix(2).joined().filter { $0 == "x" }.count == 70000)
      }
    }

    /// Errors of the configuration are lines of the container too.
    @Test func errorsOfTheConfigurationAreJSON() async throws {
      let setup = Setup("[swinit]\nlog_format=json\n[program:a]\ncommand=sleep 1\nstartsecs=soon\n")
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(78, "cannot read startsecs")
        #expect(!swinit.errors.texts.isEmpty)
        for line in swinit.errors.texts {
          let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
          #expect(object?["level"] == "error", "\(line)")
        }
      }
    }

    /// COMMAND's lines are lines of the container.
    @Test func theMainCommandToo() async throws {
      var setup = Setup("[swinit]\nlog_format=json\n[program:a]\ncommand=sleep 60\nstartsecs=0\n")
      setup.arguments = ["-c", "FOLDER", "--", "sh", "-c", "echo out; echo err >&2; exit 3"]
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(3))
        let out = try #require(swinit.output).texts
        #expect(
          out.count == 1 && out[0].contains(#""program":"sh","stream":"stdout","message":"out""#))
        #expect(
          swinit.errors.texts.contains {
            $0.contains(#""program":"sh","stream":"stderr","message":"err""#)
          }, "\(swinit.transcript)")
      }
    }

    @Test func longLinesAreSplitAndMarked() async throws {
      let text = """
        [program:a]
        command=perl -e "print q(y) x 65536, qq(\\n), q(z) x 150000, qq(\\n), q(the end)"
        log_format=prefix
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let y = String(repeating: "y", count: 65536)
        let z = { String(repeating: "z", count: $0) }
        let expected = [
          "a | " + y, "a | " + z(65536) + " [...]", "a | [...] " + z(65536) + " [...]",
          "a | [...] " + z(150_000 - 2 * 65536), "a | the end",
        ]
        #expect(try #require(swinit.output).texts.map(\.count) == expected.map(\.count))
        #expect(try #require(swinit.output).texts == expected)
      }
    }

    /// Bytes that are no text pass through every other form.
    @Test func bytesAreUntouched() async throws {
      let text = """
        [program:a]
        command=perl -e "print map({ chr } 0..9, 11..255), qq(\\n)"
        log_format=raw
        stdout_logfile=%(here)s/a.log
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let path = swinit.folder.path + "/a.log"
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        #expect(bytes == (0...255).filter { $0 != 10 } + [10])
      }
    }

    @Test func escapeSequencesAreStripped() async throws {
      let text = """
        [swinit]
        strip_ansi=true
        [program:a]
        command=printf "\\033[1;31mred\\033[0m plain\\033[K\\n"
        stdout_logfile=%(here)s/a.log
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("a.log") == "red plain\n")
      }
    }
  }
}
