import Foundation
import Testing

// The commands that run no programs, and what they exit with.

private func binary() throws -> String { try #require(Binary.path) }

/// Runs a swinit command over a folder with one fragment; `FOLDER` in the words is that folder.
private func command(
  _ words: [String], fragment: String? = nil, files: [String: String] = [:]
) async throws -> (Finished, folder: String) {
  let folder = try Folder()
  if let fragment { try folder.write(fragment, to: "test.conf") }
  for (name, text) in files { try folder.write(text, to: name) }
  let words = words.map { $0.replacingOccurrences(of: "FOLDER", with: folder.path) }
  return (try await run([binary()] + words), folder.path)
}

private struct ReportGroup: Decodable {
  var priority: Int
  var programs: [String]
}

private struct ReportProgram: Decodable {
  var options: [String: String] = [:]
  var from: [String: String] = [:]

  struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for key in container.allKeys {
      if key.stringValue == "from" {
        from = try container.decode([String: String].self, forKey: key)
      } else {
        options[key.stringValue] = try container.decode(String.self, forKey: key)
      }
    }
  }
}

private struct Report: Decodable {
  var programs: [String: ReportProgram]
  var groups: [String: ReportGroup]
  var warnings: [String]
}

extension Acceptance {
  @Suite struct Commands {
    /// The README's reference is what the tables say; `swinit help reference` renews it.
    @Test func theReadmeIsUpToDate() async throws {
      let readme = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("README.md")
      let (finished, _) = try await command(["help", "reference"])
      let text = try String(contentsOf: readme, encoding: .utf8)
      #expect(finished.output.contains("### `[program:NAME]`"))
      #expect(text.hasSuffix(finished.output))
    }

    @Test(arguments: [["help"], ["--help"], ["version"], ["--version"]])
    func saysWhatIsAskedFor(_ words: [String]) async throws {
      let (finished, _) = try await command(words)
      #expect(finished.ending == .exited(0))
      #expect(finished.output.contains("swinit"))
      #expect(finished.errors == [])
    }

    @Test(arguments: ["stopsignal", "command", "autorestart", "essential", "exit_on_signal"])
    func helpKnowsOptions(_ option: String) async throws {
      let (finished, _) = try await command(["help", option])
      #expect(finished.ending == .exited(0))
      #expect(finished.output.contains(option))
    }

    @Test(arguments: ["options", "signals", "exit-codes", "states", "environment"])
    func helpKnowsTopics(_ topic: String) async throws {
      let (finished, _) = try await command(["help", topic])
      #expect(finished.ending == .exited(0))
      #expect(finished.output.split(separator: "\n").count > 3, "\(finished.output)")
    }

    @Test(arguments: [
      ["--no-such-option"], ["-x"], ["-c"], ["chek"], ["check", "--no-such-option"],
      ["check", "-c"], ["help", "no-such-topic"], ["help", "options", "more"], ["version", "more"],
    ])
    func wrongUseIs64(_ words: [String]) async throws {
      let (finished, _) = try await command(words)
      #expect(finished.ending == .exited(64))
      #expect(finished.output == "")
      #expect(finished.errors.count == 1, "\(finished.errors)")
      #expect(finished.errors.first?.hasPrefix("swinit: ") == true, "\(finished.errors)")
    }

    @Test func checkOfAGoodFile() async throws {
      let (finished, _) = try await command(
        ["check", "-c", "FOLDER"],
        fragment: "[program:b]\ncommand=sleep 2\n[program:a]\ncommand=sleep 1\npriority=5\n")
      #expect(finished.ending == .exited(0))
      #expect(finished.errors == [])
      let lines = finished.output.split(separator: "\n")
      let first = try #require(lines.firstIndex { $0.contains("sleep 1") })
      let second = try #require(lines.firstIndex { $0.contains("sleep 2") })
      #expect(first < second)
    }

    /// All errors of all files in one run, each on a line, with file and line.
    @Test func checkOfABadFile() async throws {
      let (finished, folder) = try await command(
        ["check", "-c", "FOLDER"],
        fragment:
          "[program:a]\ncommand=\n[program:b]\ncommand=x\npriority=many\nautostart=perhaps\n",
        files: ["z.ini": "[program:c]\nstartsecs=1\n[broken\n"])
      #expect(finished.ending == .exited(78))
      #expect(finished.output == "")
      let places = finished.errors.map { $0.split(separator: " ").first.map(String.init) ?? "" }
      #expect(places.contains("\(folder)/test.conf:2:"), "\(finished.errors)")
      #expect(places.contains("\(folder)/test.conf:5:"), "\(finished.errors)")
      #expect(places.contains("\(folder)/test.conf:6:"), "\(finished.errors)")
      #expect(places.contains("\(folder)/z.ini:1:"), "\(finished.errors)")
      #expect(places.contains("\(folder)/z.ini:3:"), "\(finished.errors)")
      #expect(finished.errors.allSatisfy { $0.contains(": cannot ") }, "\(finished.errors)")
    }

    @Test func unknownKeysAreWarningsOrWithStrictErrors() async throws {
      let text = "[program:a]\ncommand=x\nautostrat=true\n"
      let (lax, folder) = try await command(["check", "-c", "FOLDER"], fragment: text)
      #expect(lax.ending == .exited(0))
      #expect(lax.errors.count == 1)
      #expect(lax.errors.first?.contains("\(folder)/test.conf:3: ") == true)
      #expect(lax.errors.first?.contains("autostart") == true)
      let (strict, _) = try await command(["check", "--strict", "-c", "FOLDER"], fragment: text)
      #expect(strict.ending == .exited(78))
      #expect(strict.errors.count == 1)
    }

    @Test func checkAsJSON() async throws {
      let (finished, folder) = try await command(
        ["check", "--json", "-c", "FOLDER"],
        fragment: """
          [group:web]
          programs=a,b
          priority=7
          [program:a]
          command=printf "%%s\\n" "ü \\"q\\""
          numprocs=2
          process_name=%(program_name)s_%(process_num)d
          environment=X="1",Y="\u{1}"
          autostrat=1
          [program:b]
          command=sleep 1
          stopsignal=sigint
          autostart=no
          """)
      #expect(finished.ending == .exited(0))
      let report = try JSONDecoder().decode(Report.self, from: Data(finished.output.utf8))
      #expect(Set(report.programs.keys) == ["web:a_0", "web:a_1", "web:b"])
      #expect(report.groups["web"]?.priority == 7)
      #expect(report.groups["web"]?.programs == ["a_0", "a_1", "b"])
      #expect(report.programs["web:b"]?.options["command"] == "sleep 1")
      #expect(report.programs["web:b"]?.options["stopsignal"] == "INT")
      #expect(report.programs["web:b"]?.options["autostart"] == "false")
      #expect(report.programs["web:b"]?.from["stopsignal"] == "\(folder)/test.conf:12")
      #expect(report.programs["web:b"]?.from["startsecs"] == "default")
      #expect(report.warnings.count == 1)
      #expect(report.warnings.first?.contains("autostrat") == true)
    }

    @Test func theExampleIsWithoutFault() async throws {
      let finished = try await run([binary(), "check", "--strict", "-c", "\(projectFolder)/conf.d"])
      #expect(finished.ending == .exited(0))
      #expect(finished.errors == [])
    }

    /// Nothing starts from a configuration with errors, and nothing hides one.
    @Test(arguments: [
      "[program:good]\ncommand=touch %(here)s/started\n[program:bad]\ncommand=x\nstartsecs=soon\n",
      "[program:good]\ncommand=touch %(here)s/started\n[program:bad]\n",
      "[program:good]\ncommand=touch %(here)s/started\n[swinit]\nno_such_key=1\n",
    ])
    func nothingStartsFromErrors(_ text: String) async throws {
      try await withSwinit(Setup(text)) { swinit in
        let ending = try await swinit.end()
        #expect(ending == .exited(78))
        #expect(swinit.folder.read("started") == nil)
        #expect(!swinit.places(of: ": cannot ").isEmpty, "\(swinit.transcript)")
        #expect(swinit.places(of: "STARTING").isEmpty)
      }
    }

    @Test(arguments: ["FOLDER/missing", "FOLDER/dangling.conf"])
    func aPathThatCannotBeReadIsAnError(_ path: String) async throws {
      var setup = Setup("")
      setup.fragments = [:]
      setup.launcher = Setup.asPID1(after: "ln -s nowhere $0/dangling.conf")
      setup.arguments = ["-c", path]
      try await withSwinit(setup) { swinit in
        let ending = try await swinit.end()
        #expect(ending == .exited(78))
        #expect(!swinit.places(of: "No such file or directory").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test func anEmptyFolderIsSaidAndItStays() async throws {
      var setup = Setup("")
      setup.fragments = ["ignored.conf.bak": "[program:x]\n", ".hidden.conf": "["]
      try await withSwinit(setup) { swinit in
        try await swinit.log("swinit: ")
        try await swinit.wait("the folder's name") {
          !swinit.places(of: swinit.folder.path).isEmpty
        }
        try await swinit.log("waiting")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func severalPathsAndOneFile() async throws {
      var setup = Setup("[program:one]\ncommand=echo one\nstartsecs=0\nautorestart=false\n")
      setup.files = ["two": "[program:one]\ncommand=echo two\n"]
      setup.arguments = ["-c", "FOLDER/test.conf", "-c", "FOLDER/two"]
      #expect(try await outputOfOnce(setup) == ["two"])
    }

    @Test func theVariableNamesTheDefaultPath() async throws {
      var setup = Setup(runOnce("echo found"))
      setup.arguments = []
      setup.launcher = Setup.asPID1(after: "export SWINIT_CONF=$0/test.conf")
      #expect(try await outputOfOnce(setup) == ["found"])
    }
  }
}
