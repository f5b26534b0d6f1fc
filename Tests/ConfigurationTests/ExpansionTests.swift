import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// `%(name)s`.
struct ExpansionTests {
  private var names: ExpansionNames {
    let names = ExpansionNames(hostName: "box", inherited: ["HOME=/home/op", "EMPTY=", "N=42"])
    names.global = ["HOME=/global", "G=1"]
    names.programName = "web"
    names.groupName = "all"
    names.processNumber = 7
    names.numprocs = 9
    return names
  }

  private func expand(_ text: String) -> String? {
    var expander = Expander(ByteString(text), names, here: "/etc/x")
    return expander.expand().map { "\($0)" }
  }

  @Test(arguments: [
    ("plain", "plain"), ("%%", "%"), ("100%% of %%", "100% of %"), ("%(here)s/a", "/etc/x/a"),
    ("%(host_node_name)s", "box"), ("%(program_name)s-%(group_name)s", "web-all"),
    ("%(process_num)d", "7"), ("%(process_num)s", "7"), ("%(process_num)02d", "07"),
    ("%(process_num)03i", "007"), ("%(process_num)5d|", "    7|"), ("%(process_num)-5d|", "7    |"),
    ("%(process_num)+d", "+7"), ("%(numprocs)u", "9"), ("%(numprocs)o", "11"),
    ("%(ENV_N)x", "2a"), ("%(ENV_N)X", "2A"), ("%(ENV_N)d", "42"), ("%(ENV_N).4d", "0042"),
    ("%(program_name)5s|", "  web|"), ("%(program_name)-5s|", "web  |"),
    ("%(program_name).2s", "we"), ("%(ENV_G)s", "1"), ("%(ENV_HOME)s", "/global"),
    ("%(ENV_EMPTY)s", ""), ("%(ENV_EMPTY:-d)s", "d"), ("%(ENV_NO:-a b)s", "a b"),
    ("%(ENV_NO:-)s", ""), ("%(ENV_NO:-f(x))s", "f(x)"), ("%(ENV_G:-d)s", "1"),
    ("%(process_num)ld", "7"),
  ])
  func good(text: String, expected: String) {
    #expect(expand(text) == expected)
  }

  @Test(arguments: [
    "%", "a%", "%d", "%s", "50%", "%Y-%m", "%(here)", "%(here", "%(", "%()s", "%(nothing)s",
    "%(ENV_NO)s", "%(program_name)d", "%(here)q", "%(here)99999s", "%(here).99999s", "% (here)s",
    "%(HERE)s", "%(here)2", "%%%", "%(process_num)f",
  ])
  func bad(text: String) {
    #expect(expand(text) == nil)
  }

  @Test func everyMistakeOfAValueIsFound() {
    let result = loading("[program:x]\ncommand=/x %(ENV_A)s %(ENV_B)s %(ENV_A)s 5% 6%\n")
    #expect(
      result.errors == [
        "/etc/app.conf:2: cannot expand \"%(ENV_A)s\" in command: A is not set;"
          + " %(ENV_A:-text)s would give a default",
        "/etc/app.conf:2: cannot expand \"%(ENV_B)s\" in command: B is not set;"
          + " %(ENV_B:-text)s would give a default",
        "/etc/app.conf:2: cannot expand \"%\" in command: a \"%\" itself is written \"%%\"",
      ])
  }

  @Test func laterEnvironmentsCountBeforeEarlierOnes() throws {
    let result = loading(
      """
      [supervisord]
      environment=A="global",B="%(ENV_A)s/b"
      [program:x]
      command=/x %(ENV_A)s %(ENV_B)s %(ENV_C)s
      environment=A="own-%(ENV_A)s"
      [program:y]
      command=/y %(ENV_A)s
      """, environment: ["A=inherited", "C=c"])
    #expect(result.errors == [])
    #expect(try result.program("x").words == ["/x", "own-global", "inherited/b", "c"])
    #expect(try result.program("x").variables == ["A=own-global"])
    #expect(try result.program("y").words == ["/y", "global"])
  }

  @Test func numbersBooleansAndUsersAreExpandedToo() throws {
    let result = loading(
      """
      [program:x]
      command=%(ENV_COMMAND)s
      numprocs=%(ENV_N)s
      process_name=p%(process_num)d
      autostart=%(ENV_AUTO)s
      user=%(ENV_USER)s
      environment=%(ENV_PAIRS)s
      """,
      environment: ["COMMAND=/x 'a b'", "N=2", "AUTO=false", "USER=app", "PAIRS=A=\"1\",B=\"2\""])
    #expect(result.texts == [])
    let program = try result.program("x:p1")
    #expect(program.words == ["/x", "a b"])
    #expect(!program.autostart)
    #expect(program.user == "app")
    #expect(program.variables == ["A=1", "B=2"])
  }
}
