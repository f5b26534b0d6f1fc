import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// Files, directories, includes.
struct LoadTests {
  @Test func aDirectoryIsReadInByteOrderWithoutWhatIsNoFragment() {
    let source = FakeSource([
      "/d/20.conf": "[program:b]\ncommand=/b\npriority=1",
      "/d/10.ini": "[program:a]\ncommand=/a\n[program:b]\npriority=2\nuser=root",
      "/d/.hidden.conf": "bad", "/d/x.conf~": "bad", "/d/x.conf.bak": "bad",
      "/d/x.conf.dpkg-old": "bad", "/d/README": "bad",
    ])
    let result = loading(source, ["/d"])
    #expect(result.texts == [])
    #expect(result.programNames == ["a", "b"])
    #expect(result.configuration.programs.map { $0.priority } == [999, 1])
    #expect(result.configuration.programs.map { $0.user } == [nil, "root"])
  }

  @Test func anEmptyDirectoryIsSaid() {
    let result = loading(FakeSource(), ["/empty"])
    #expect(
      result.texts == [
        "/empty: warning: there is no *.conf or *.ini file in this directory, nothing will run"
      ])
  }

  @Test func whatCannotBeReadIsAnError() {
    var source = FakeSource(["/d/a.conf": ""])
    source.unreadable["/d/b.conf"] = "Permission denied"
    source.files["/d/b.conf"] = []
    let result = loading(source, ["/d", "/none"])
    #expect(
      result.texts == [
        "/d/b.conf: cannot read \"/d/b.conf\": Permission denied",
        "/none: cannot read \"/none\": No such file or directory",
      ])
  }

  @Test func limitsAreErrors() {
    let long = String(repeating: "x", count: Limit.line + 1)
    let line = loading("[program:x]\ncommand=/x\nuser=\(long)\n")
    #expect(
      line.errors == [
        "/etc/app.conf:3: cannot read this line: it has 65542 bytes, 65536 are allowed"
      ])
    let file = loading(String(repeating: "#\n", count: Limit.file / 2 + 1))
    #expect(
      file.errors == [
        "/etc/app.conf: cannot read this file: it has more than the 1048576 bytes that are allowed"
      ])
    let zero = loading(bytes: Array("[program:x]\ncommand=/x\nuser=a".utf8) + [0, 0x0A])
    #expect(zero.errors.count == 1)
    #expect(zero.errors[0].hasPrefix("/etc/app.conf:3: cannot read this line: it holds a NUL"))
  }

  @Test func includesAreRelativeSortedAndOverride() {
    let source = FakeSource([
      "/etc/main.conf": "[include]\nfiles = more/*.conf /abs/x.conf\n[program:a]\ncommand=/main",
      "/etc/more/2.conf": "[program:a]\ncommand=%(here)s/two",
      "/etc/more/1.conf": "[program:a]\ncommand=/one\nuser=app",
      "/abs/x.conf": "[program:x]\ncommand=%(here)s/x",
    ])
    let result = loading(source, ["/etc/main.conf"])
    #expect(result.texts == [])
    #expect(result.programNames == ["a", "x"])
    #expect(result.configuration.programs.map { $0.words } == [["/etc/more/two"], ["/abs/x"]])
    #expect(result.configuration.programs[0].user == "app")
  }

  @Test func includesAreFollowedOnceAndNeverInACircle() {
    let source = FakeSource([
      "/etc/a.conf": "[include]\nfiles=*.conf\n",
      "/etc/b.conf": "[program:b]\ncommand=/b\n[include]\nfiles=c.ini\n",
      "/etc/c.ini": "[program:c]\ncommand=/c\n",
    ])
    let result = loading(source, ["/etc/a.conf", "/etc/../etc/./a.conf"])
    #expect(
      result.texts == [
        "/etc/a.conf:2: warning: \"/etc/a.conf\" was read already, ignoring it here",
        "/etc/b.conf:3: warning: [include] in a file that is itself included has no effect, as in"
          + " Supervisor",
        "/etc/../etc/./a.conf: warning: \"/etc/../etc/./a.conf\" was read already, ignoring it"
          + " here",
      ])
    #expect(result.programNames == ["b"])
  }

  @Test func anIncludeOfAFragmentIsFollowed() {
    let source = FakeSource([
      "/d/a.conf": "[include]\nfiles=%(ENV_DIR)s/p.ini", "/x/p.ini": "[program:p]\ncommand=/p",
    ])
    let result = loading(source, ["/d"], environment: ["DIR=/x"])
    #expect(result.texts == [])
    #expect(result.programNames == ["p"])
  }

  @Test func aPatternWithoutMatchIsAWarning() {
    let result = loading("[include]\nfiles=none/*.conf\n")
    #expect(
      result.texts == [
        "/etc/app.conf:2: warning: [include] files \"/etc/none/*.conf\" matches no file"
      ])
  }

  @Test func defaultsApplyToEverySectionThatKnowsThem() throws {
    let result = loading(
      """
      [DEFAULT]
      user=app
      priority=7
      autorestart=true
      [unix_http_server]
      file=/x
      [program:a]
      command=/a
      [program:b]
      command=/b
      priority=8
      [group:g]
      programs=a
      """)
    #expect(result.errors == [])
    #expect(result.configuration.programs.map { $0.priority } == [8, 7])
    #expect(result.configuration.programs.map { $0.user } == ["app", "app"])
    #expect(result.configuration.programs.map { $0.autorestart } == [.always, .always])
    #expect(result.configuration.groups.map { $0.priority } == [8, 7])
    #expect(result.warnings.count == 1)
  }

  @Test func unknownUsersAreAnError() {
    let text =
      "[program:x]\ncommand=/x\nuser=ghost\n[program:y]\ncommand=/y\nuser=77\ngroups=apps,5"
    let result = loading(text)
    #expect(
      result.texts == [
        "/etc/app.conf:3: cannot find user \"ghost\" in /etc/passwd",
        "/etc/app.conf:7: cannot find group \"apps\" in /etc/group; did you mean \"app\"?",
      ])
  }

  @Test func aGroupWithoutProgramsIsEmpty() {
    let result = loading("[group:g]\n[program:x]\ncommand=/x")
    #expect(
      result.texts == [
        "/etc/app.conf:1: warning: group \"g\" is empty: it has no programs=NAME,NAME"
      ])
  }
}
