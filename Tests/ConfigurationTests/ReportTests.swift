import Foundation
import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// `check --json`.
struct ReportTests {
  private func json(_ result: CheckResult) throws -> [String: Any] {
    let report = try #require(result.report)
    let bytes = report.json(result.configuration, result.faults)
    return try #require(
      try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test func aReportIsMadeOnlyWhenAskedFor() {
    #expect(loading("[program:x]\ncommand=/x").report == nil)
    #expect(loading("[program:x]\ncommand=/x", report: true).report != nil)
  }

  @Test func everyOptionHasItsValueAndItsPlace() throws {
    let result = loading(
      """
      [swinit]
      stopsignal=SIGQUIT
      essential=exit
      environment=G="1"
      [program:x]
      command=/x %(ENV_HOME)s
      autostart=no
      startsecs=1.50
      exitcodes=2,0,TERM
      umask=22
      stopasgroup=yes
      stdout_logfile_maxbytes=1KB
      environment=A=1,B="x\\"y"
      restart_delay=1
      retry_delay=0.15,5
      oneshot=true
      run_timeout=1.50
      """, report: true)
    #expect(result.errors == [])
    let all = try json(result)
    let programs = try #require(all["programs"] as? [String: [String: Any]])
    let program = try #require(programs["x:x"])
    let from = try #require(program["from"] as? [String: String])
    let expected: [(String, String, String)] = [
      ("command", "/x /home/op", "/etc/app.conf:6"),
      ("process_name", "x", "default"),
      ("numprocs", "1", "default"),
      ("autostart", "false", "/etc/app.conf:7"),
      ("autorestart", "unexpected", "default"),
      ("startsecs", "1.5", "/etc/app.conf:8"),
      ("exitcodes", "0,2,TERM", "/etc/app.conf:9"),
      ("umask", "022", "/etc/app.conf:10"),
      ("stopasgroup", "true", "/etc/app.conf:11"),
      ("killasgroup", "true", "/etc/app.conf:11"),
      ("stopsignal", "QUIT", "/etc/app.conf:2"),
      ("essential", "exit", "/etc/app.conf:3"),
      ("stdout_logfile", "/dev/stdout", "default"),
      ("log_format", "direct", "default"),
      ("stdout_logfile_maxbytes", "1024", "/etc/app.conf:12"),
      ("stderr_logfile_maxbytes", "52428800", "default"),
      ("environment", "A=\"1\",B=\"x\\\"y\"", "/etc/app.conf:13"),
      ("restart_delay", "1,1", "/etc/app.conf:14"),
      ("retry_delay", "0.15,5", "/etc/app.conf:15"),
      ("run_timeout", "1.5", "/etc/app.conf:17"),
      ("user", "", "default"),
      ("stopwaitsecs", "10", "default"),
    ]
    for (option, text, place) in expected {
      #expect(program[option] as? String == text, "\(option)")
      #expect(from[option] == place, "\(option)")
    }
    #expect(program.count == SectionKind.program.options.count + 1)
    #expect(from.count == SectionKind.program.options.count)

    let globals = try #require(all["globals"] as? [String: Any])
    #expect(globals["environment"] as? String == "G=\"1\"")
    #expect(globals["stop_on"] as? String == "INT,QUIT,TERM,WINCH,PWR,RTMIN+3")
    #expect(globals["exit_on_signal"] as? String == "0")
    #expect(globals["user_policy"] as? String == "run")
    #expect(globals["loglevel"] as? String == "info")
    #expect(globals["stay"] as? String == "false")
    #expect(globals.count == SectionKind.globals.options.count + 1)
  }

  @Test func groupsAndWarnings() throws {
    let result = loading(
      "[program:a]\ncommand=/a\nprocess_name=%(process_num)d\nnumprocs=2\nqwertz=1\n"
        + "[group:g]\nprograms=a\npriority=5", report: true)
    let all = try json(result)
    let groups = try #require(all["groups"] as? [String: [String: Any]])
    #expect(groups.keys.sorted() == ["g"])
    #expect(groups["g"]?["priority"] as? Int == 5)
    #expect(groups["g"]?["programs"] as? [String] == ["0", "1"])
    #expect((all["programs"] as? [String: Any])?.keys.sorted() == ["g:0", "g:1"])
    #expect(all["warnings"] as? [String] == result.warnings)
  }

  @Test func whateverTheBytesTheJSONIsValid() throws {
    let text: [UInt8] =
      Array("[program:x]\ncommand=/x \"\\\" \t".utf8) + [0xFF, 0xC3, 0x28, 1, 0x1F]
    let result = loading(
      bytes: text + Array("\"\nprocess_name=".utf8) + [0xF0, 0x9F], report: true)
    #expect(result.errors == [])
    let programs = try #require(try json(result)["programs"] as? [String: [String: Any]])
    #expect(programs.keys.first == "x:\u{FFFD}")
    #expect((programs.values.first?["command"] as? String)?.contains("\u{FFFD}") == true)
  }

  @Test func anEmptyConfigurationIsValidToo() throws {
    #expect(try json(loading("", report: true))["programs"] as? [String: String] == [:])
  }
}

/// `help` and the README's reference, from the one table.
struct ReferenceTests {
  private static let kinds = SectionKind.allCases

  @Test func everyOptionIsInTheReference() {
    for markdown in [true, false] {
      let text = String(decoding: optionReference(markdown: markdown), as: UTF8.self)
      for kind in Self.kinds {
        #expect(text.contains("\(ByteString(kind.title))"))
        for option in kind.options {
          #expect(text.contains("\(ByteString(option.name))"))
        }
      }
      if !markdown {
        for line in text.split(separator: "\n") { #expect(line.count <= 100) }
      }
    }
  }

  @Test(arguments: kinds)
  func everyRowIsSound(kind: SectionKind) {
    var seen: [ByteString] = []
    for option in kind.options {
      let name = ByteString(option.name)
      #expect(name == name.lowercased)
      #expect(!seen.contains(name))
      seen.append(name)
      let help = "\(ByteString(option.help))"
      #expect(help.hasSuffix("."))
      #expect(!help.contains("|"))
      #expect(!help.contains("\n"))
      if !option.defaultText.isEmpty,
        !option.defaultText.hasSameText(as: "%(program_name)s")
      {
        #expect(option.value(of: ByteString(option.defaultText)) != nil, "\(name)")
      }
    }
  }

  @Test(arguments: kinds)
  func everyLineOfATableSaysWhatItsColumnsAllow(kind: SectionKind) throws {
    let lines = "\(kind.table)".split(separator: "\n")
    #expect(lines.count == kind.options.count)
    for (line, option) in zip(lines, kind.options) {
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      try #require(fields.count == 4, "\(line)")
      #expect(!line.contains("  "))
      var words = fields[1].split(separator: " ")
      #expect(words.removeFirst() == "\(option.kind)")
      #expect(option.lowest < option.highest)
      for word in words {
        #expect(["any", "ignored", "missing"].contains(word) || word.contains(".."), "\(line)")
      }
    }
  }

  @Test func everyKindHasItsRow() throws {
    let last = OptionKind.standardInput.rawValue
    for number in 0...last {
      let kind = try #require(OptionKind(rawValue: number))
      #expect(OptionKind(named: ByteString("\(kind)")) == kind)
      #expect("\(kind.allowed)".contains("allowed"))
      #expect(!"\(kind.allowed)".contains("  "))
      #expect(!kind.name.isEmpty)
    }
    #expect(OptionKind(rawValue: last + 1) == nil)
  }

  @Test func boundsAreReadFromTheTable() throws {
    let numprocs = try #require(SectionKind.program.option("numprocs"))
    #expect((numprocs.lowest, numprocs.highest) == (0, Int32(Limit.processes)))
    let retries = try #require(SectionKind.program.option("startretries"))
    #expect((retries.lowest, retries.highest) == (-1, .max))
    let priority = try #require(SectionKind.group.option("priority"))
    #expect((priority.lowest, priority.highest) == (.min, .max))
    let umask = try #require(SectionKind.globals.option("umask"))
    #expect((umask.lowest, umask.highest) == (0, 0o777))
  }

  @Test func helpForOneOption() throws {
    let text = try #require(optionHelp(" StopWaitSecs "))
    #expect(
      String(decoding: text, as: UTF8.self) == """
        [program:NAME]
          stopwaitsecs = seconds  (default 10)
              How long it may take to stop before it gets KILL, counted from the last
              stop signal. Fractions are allowed.

        """)
    let both = try #require(optionHelp("essential"))
    #expect(String(decoding: both, as: UTF8.self).contains("[program:NAME]"))
    #expect(String(decoding: both, as: UTF8.self).contains("[swinit]"))
    #expect(optionHelp("nothing") == nil)
    #expect(optionHelp("") == nil)
  }

  @Test(arguments: [
    ("autostrat", "autostart"), ("STOPWAITSEC", "stopwaitsecs"), ("comand", "command"),
    ("nodemon", "nodaemon"), ("stopasgruop", "stopasgroup"),
  ])
  func nearestOptions(text: String, expected: String) {
    #expect(nearestOption(ByteString(text)) == ByteString(expected))
  }

  @Test(arguments: ["zebra", "", "x", "elephant_on", String(repeating: "autostart", count: 1000)])
  func nothingNear(text: String) {
    #expect(nearestOption(ByteString(text)) == nil)
  }

  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("abc", "abd", 1), ("abc", "acb", 1), ("abc", "ab", 1),
    ("abc", "xabc", 1), ("ab", "ba", 1), ("abc", "xyz", 3),
  ])
  func editDistances(left: String, right: String, expected: Int) {
    #expect(editDistance(ByteString(left), ByteString(right), limit: 3) == expected)
    #expect(editDistance(ByteString(right), ByteString(left), limit: 3) == expected)
    if expected > 0 {
      #expect(editDistance(ByteString(left), ByteString(right), limit: expected - 1) == nil)
    }
  }
}
