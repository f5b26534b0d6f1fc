import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// Sections, keys, comments, continuation lines.
struct GrammarTests {
  private func sections(_ text: String) -> (SectionList, [Fault]) {
    var faults = FaultList()
    let list = FileParser.parse(Array(text.utf8), file: 0, &faults)
    return (list, faults.faults(files: ["f"]))
  }

  /// `key=value` of the only section, in order.
  private func values(_ text: String) throws -> [String] {
    let (list, faults) = sections(text)
    #expect(faults.filter { $0.severity == .error } == [])
    return try #require(list.sections.first).entries.map { "\($0.key)=\($0.value)" }
  }

  @Test(arguments: [
    ("[s]\nkey=value", ["key=value"]),
    ("[s]\nkey = value", ["key=value"]),
    ("[s]\nkey: value", ["key=value"]),
    ("[s]\nKEY=Value", ["key=Value"]),
    ("[s]\nkey=a=b:c", ["key=a=b:c"]),
    ("[s]\nkey:a=b", ["key=a=b"]),
    ("[s]\nkey=", ["key="]),
    ("[s]\nkey=first\nkey=second", ["key=second"]),
    ("[s]\nkey=first\n[t]\n[s]\nkey=second\nother=1", ["key=second", "other=1"]),
    ("[s]\r\nkey=value\r\n", ["key=value"]),
    ("[s]\rkey=value\r", ["key=value"]),
    ("\u{FEFF}[s]\nkey=value", ["key=value"]),
    ("[s] ; comment\nkey=value", ["key=value"]),
    ("  [s]\n  key=value\n  other=2", ["key=value", "other=2"]),
  ])
  func entries(text: String, expected: [String]) throws {
    #expect(try values(text) == expected)
  }

  @Test(arguments: [
    ("; whole\n# whole\n[s]\nkey=value", "value"),
    ("[s]\nkey=value ; cut", "value"),
    ("[s]\nkey=value # cut", "value"),
    ("[s]\nkey=value\t;cut", "value"),
    ("[s]\nkey=value;kept", "value;kept"),
    ("[s]\nkey=value#kept", "value#kept"),
    ("[s]\nkey=daemon off; error_log x;", "daemon off; error_log x;"),
    ("[s]\nkey= ; all", ""),
    ("[s]\nkey=;text", ";text"),
    ("[s]\nkey=sh -c \"echo 1 ; echo 2\"", "sh -c \"echo 1 ; echo 2\""),
    ("[s]\nkey=sh -c 'a # b' ; cut", "sh -c 'a # b'"),
    ("[s]\nkey=\"a \\\" ; b\" ; cut", "\"a \\\" ; b\""),
    ("[s]\nkey=it's ; cut", "it's"),
    ("[s]\nkey=\"open ; cut", "\"open"),
    ("[s]\nkey=a ; it's", "a"),
    ("[s]\nkey=ru ; Можно", "ru"),
  ])
  func comments(text: String, expected: String) throws {
    #expect(try values(text) == ["key=" + expected])
  }

  @Test(arguments: [
    ("[s]\nkey=a\n b\n\tc", "a\nb\nc"),
    ("[s]\nkey=\n  a\n  b", "a\nb"),
    ("[s]\nkey=a\n\n  b", "a\n\nb"),
    ("[s]\nkey=a\n\n\n[t]", "a"),
    ("[s]\nkey=a\n; dropped\n  b", "a\nb"),
    ("[s]\nkey=a\n  # dropped\n  b", "a\nb"),
    ("[s]\nkey=a ; cut\n  b # cut\n  c", "a\nb\nc"),
    ("[s]\n  key=a\n   b", "a\nb"),
    ("[s]\nkey=\"a\n  b ; kept\n  c\" ; cut", "\"a\nb ; kept\nc\""),
    ("[s]\nkey=a\n  b = c", "a\nb = c"),
  ])
  func continuationLines(text: String, expected: String) throws {
    let (list, _) = sections(text)
    #expect(list.sections.first?.entries.map { "\($0.value)" } == [expected])
  }

  @Test func entriesKnowTheLineOfTheirKey() throws {
    let (list, _) = sections("# 1\n[s]\n\na=1\n  x\n\nb=2\n[s]\na=3")
    let entries = try #require(list.sections.first).entries
    #expect(entries.map { $0.place.line } == [9, 7])
  }

  @Test func sectionNamesKeepTheirCaseAndBlanks() {
    let (list, _) = sections("[A b]\n[a b]\n")
    #expect(list.sections.map { "\($0.name)" } == ["A b", "a b"])
  }

  @Test func everyBadLineIsOneErrorAndTakesItsContinuationWithIt() {
    let (list, faults) = sections(
      """
      [s]
      no sign here
        that goes on = x
      good=1
      = nameless
        also that
      [open
      lost=1
      [t]
      good=2
      """)
    #expect(faults.map { $0.line } == [2, 5, 7])
    #expect(
      list.sections.flatMap { $0.entries.map { "\($0.key)=\($0.value)" } } == ["good=1", "good=2"])
  }

  @Test func linesBeforeTheFirstSectionAreOneError() {
    let (_, faults) = sections("a=1\nb=2\n[s]\n")
    #expect(faults.map { $0.line } == [1])
  }

  @Test func bytesThatAreNoTextPassThrough() throws {
    let result = loading(
      bytes: Array("[program:x]\ncommand=/bin/x \u{FF}".utf8) + [0xFE, 0x80, 0x0A])
    #expect(result.errors == [])
    #expect(result.configuration.programs.first?.arguments.bytes.suffix(3) == [0xFE, 0x80, 0])
  }

  @Test func anIndentedOptionIsRemarkedOn() {
    let result = loading("[program:x]\ncommand=/bin/x\n  autostart=false\n")
    #expect(
      result.texts == [
        "/etc/app.conf:3: warning: \"autostart=false\" is indented and so belongs to the value of"
          + " command above, as in Supervisor"
      ])
  }
}
