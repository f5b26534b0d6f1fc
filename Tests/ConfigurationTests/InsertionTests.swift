import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// The values of variables stay inside the words and pairs in which their `%(name)s` stand.
struct InsertionTests {
  struct Command: CustomTestStringConvertible {
    var written: String
    var value: String
    var words: [String]
    var isNoticed = false
    var testDescription: String { "\(written) with \(value)" }
  }

  @Test(arguments: [
    Command(written: "/c %(ENV_V)s", value: "plain", words: ["/c", "plain"]),
    Command(written: "/c \"%(ENV_V)s\"", value: "a b", words: ["/c", "a b"]),
    Command(
      written: "/c \"%(ENV_V)s\" d", value: "x\" \"y", words: ["/c", "x\" \"y", "d"],
      isNoticed: true),
    Command(
      written: "/c '%(ENV_V)s' d", value: "it's", words: ["/c", "it's", "d"], isNoticed: true),
    Command(
      written: "/c --x=%(ENV_V)s", value: "a b", words: ["/c", "--x=a b"], isNoticed: true),
    Command(
      written: "/c --x=%(ENV_V)s", value: "\"a\"", words: ["/c", "--x=\"a\""], isNoticed: true),
    Command(
      written: "/c \"%(ENV_V)s\"", value: "a\\\\b", words: ["/c", "a\\\\b"], isNoticed: true),
    Command(
      written: "/c %(ENV_V)s%(ENV_V)s", value: "a b", words: ["/c", "a ba b"], isNoticed: true),
    // Alone as a word, as in Supervisor.
    Command(written: "%(ENV_V)s", value: "php -d 'a b' x", words: ["php", "-d", "a b", "x"]),
    Command(written: "/c %(ENV_V)s d", value: "-c  2 ", words: ["/c", "-c", "2", "d"]),
    Command(written: "/c %(ENV_V)s d", value: "", words: ["/c", "d"]),
    Command(written: "/c %(ENV_V)s d", value: "''", words: ["/c", "", "d"]),
    Command(written: "/c \"%(ENV_V)s\" d", value: "", words: ["/c", "", "d"]),
    // It still changes nothing beside it.
    Command(
      written: "/c %(ENV_V)s \"d e\"", value: "it's so", words: ["/c", "it's", "so", "d e"],
      isNoticed: true),
    Command(
      written: "/c %(ENV_V)s d", value: "a\\", words: ["/c", "a\\", "d"], isNoticed: true),
    // A backslash before a value escapes none of its bytes.
    Command(
      written: "/c a\\%(ENV_V)s \"q r\" e", value: "/bin/sh -c id",
      words: ["/c", "a/bin/sh -c id", "q r", "e"], isNoticed: true),
    Command(
      written: "/c \"\\%(ENV_V)s\" e", value: "x\" y", words: ["/c", "\\x\" y", "e"],
      isNoticed: true),
    Command(written: "/c \\%(ENV_V)s e", value: "x", words: ["/c", "x", "e"]),
    // Only a variable without anything before it stands alone, be that empty or not.
    Command(
      written: "/c %(ENV_E)s%(ENV_V)s e", value: "a b", words: ["/c", "a b", "e"], isNoticed: true),
    Command(written: "/c %(ENV_NO:-a b)s 50%%", value: "", words: ["/c", "a", "b", "50%"]),
  ])
  func wordsOfACommand(_ one: Command) {
    let result = loading(
      "[program:x]\ncommand=\(one.written)\n", environment: ["V=\(one.value)", "E="])
    #expect(result.errors == [])
    #expect(result.configuration.programs.first?.words == one.words)
    let notice =
      "/etc/app.conf:2: warning: the blanks and quotes in the value of a variable stay inside its"
      + " word; Supervisor would split command \"\(one.written)\" at them"
    #expect(result.texts == (one.isNoticed ? [notice] : []))
  }

  @Test func aFolderWithABlankIsOneWord() throws {
    let source = FakeSource(["/etc/a b/app.conf": "[program:x]\ncommand=/c %(here)s\n"])
    let result = loading(source, ["/etc/a b/app.conf"])
    #expect(try result.program("x").words == ["/c", "/etc/a b"])
  }

  @Test(arguments: [
    ("CFG=\"%(ENV_V)s\"", "{\"a\": \"b\"}", ["CFG={\"a\": \"b\"}"]),
    ("CFG=\"%(ENV_V)s\"", "x\",EVIL=\"1", ["CFG=x\",EVIL=\"1"]),
    ("CFG='%(ENV_V)s',B=2", "x',EVIL='1", ["CFG=x',EVIL='1", "B=2"]),
    ("CFG=%(ENV_V)s,B=2", "x,EVIL=1", ["CFG=x,EVIL=1", "B=2"]),
    ("CFG=%(ENV_V)s,B=2", " a  b ", ["CFG= a  b ", "B=2"]),
    ("CFG=%(ENV_V)s\"x y\"", "'", ["CFG='x y"]),
    ("CFG=p-%(ENV_V)s", "line\nEVIL=1", ["CFG=p-line\nEVIL=1"]),
    ("CFG=\"%(ENV_V)s\"", "c:\\\\d\\", ["CFG=c:\\\\d\\"]),
    ("N_%(ENV_V)s=1", "x", ["N_x=1"]),
    // Alone instead of a pair, as in Supervisor.
    ("%(ENV_V)s", "A=1,B=\"x y\"", ["A=1", "B=x y"]), ("A=1, %(ENV_V)s ,C=3", "", ["A=1", "C=3"]),
  ])
  func pairsOfAnEnvironment(written: String, value: String, expected: [String]) throws {
    let program = try program(with: "environment=\(written)", environment: ["V=\(value)"])
    #expect(program.variables == expected)
  }

  @Test(arguments: ["x=1,EVIL", "x y", "a\""])
  func noVariableMakesTwoNames(value: String) {
    let result = loading(
      "[program:x]\ncommand=/x\nenvironment=%(ENV_V)s=1\n", environment: ["V=\(value)"])
    #expect(result.errors.count == 1)
  }

  @Test func theNoticeNamesThePairAndNotItsValue() {
    let result = loading(
      "[program:x]\ncommand=/x\nenvironment=A=\"ok\",CFG=\"%(ENV_V)s\"\n",
      environment: ["V={\"a\": \"b\"}"])
    #expect(
      result.texts == [
        "/etc/app.conf:3: warning: the quotes and commas in the value of a variable are text;"
          + " Supervisor would obey them in CFG"
      ])
  }

  @Test func noVariableAddsASecret() throws {
    let program = try program(
      with: "secrets=A:%(ENV_V)s,B:/b", environment: ["V=/a,EVIL:/etc/shadow"])
    let secrets = program.launch?.secrets.entriesEndedByNul.map { "\($0)" }
    #expect(secrets == ["A:/a,EVIL:/etc/shadow", "B:/b"])
  }

  @Test(arguments: [
    ("exec:test -e \"%(ENV_V)s\"", "a\" b", ["test", "-e", "a\" b"]),
    ("exec:%(ENV_V)s", "curl -f x", ["curl", "-f", "x"]),
    ("%(ENV_V)s", "exec:curl -f 'x y'", ["curl", "-f", "x y"]),
  ])
  func wordsOfAProbe(written: String, value: String, words: [String]) throws {
    let program = try program(with: "ready=\(written)", environment: ["V=\(value)"])
    #expect(program.ready?.text.entriesEndedByNul.map { "\($0)" } == words)
  }

  /// A variable may hold a password: no error shows its value.
  @Test(arguments: [
    "environment=%(ENV_S)s", "environment=A=1,%(ENV_S)s x", "environment=%(ENV_S)s y=1",
    "environment=A='%(ENV_S)s", "command=/x '%(ENV_S)s", "stop_command=/x \"%(ENV_S)s",
    "ready=exec:/x %(ENV_S)s \"", "health=http://u:%(ENV_S)s@localhost:99999/",
    "secrets=%(ENV_S)s",
  ])
  func noErrorShowsAValue(line: String) {
    let result = loading(
      "[program:x]\ncommand=/x\n\(line)\n", environment: ["S=A=1,hunter two"])
    #expect(result.errors.count == 1)
    #expect(!result.texts.joined().contains("hunter"), "\(result.texts)")
  }

  @Test func aValueHasABound() {
    let long = String(repeating: "x", count: 100_000)
    let line = "[program:x]\ncommand=/x %(ENV_V)s"
    #expect(loading(line + " %(ENV_V)s\n", environment: ["V=\(long)"]).errors == [])
    let errors = loading(
      line + String(repeating: " %(ENV_V)s", count: 500) + "\n", environment: ["V=\(long)"]
    ).errors
    #expect(errors.count == 1)
    #expect(
      errors.first?.hasPrefix("/etc/app.conf:2: cannot expand command: its value has") == true)
  }
}
