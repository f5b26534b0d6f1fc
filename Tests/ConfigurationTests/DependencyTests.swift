import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// `depends_on` and its relatives, `ready`, `health`, `oneshot`: what the options become.
struct DependencyTests {
  /// Sections of programs that do nothing, with more lines for some of them.
  private static func text(_ programs: [(String, String)]) -> String {
    programs.map { "[program:\($0.0)]\ncommand=/x\n\($0.1)\n" }.joined()
  }

  private static func dependencies(_ text: String) -> [String] {
    let result = loading(text)
    let configuration = result.configuration
    let name = { (slot: Int) in "\(configuration.displayName(configuration.programs[slot]))" }
    return result.faults.map { "\($0.text)" }
      + configuration.dependencies.map {
        "\(name($0.dependent)) after \(name($0.on))" + ($0.untilEnd ? "'s end" : "")
      }
  }

  static let names: [([(String, String)], [String])] = [
    ([("a", "depends_on=b , c"), ("b", ""), ("c", "")], ["a after b", "a after c"]),
    (
      [("a", "depends_on=a2"), ("a2", "depends_on=a3"), ("a3", "")], ["a after a2", "a2 after a3"]
    ),
    (
      [("a", "depends_on=n"), ("n", "numprocs=2\nprocess_name=n%(process_num)d")],
      ["a after n:n0", "a after n:n1"]
    ),
    (
      [("a", "depends_on=n:n1"), ("n", "numprocs=2\nprocess_name=n%(process_num)d")],
      ["a after n:n1"]
    ),
    (
      [
        ("a", "numprocs=2\nprocess_name=a%(process_num)d\ndepends_on=b:b%(process_num)d"),
        ("b", "numprocs=2\nprocess_name=b%(process_num)d"),
      ], ["a:a0 after b:b0", "a:a1 after b:b1"]
    ),
    (
      [
        (
          "a",
          "autostart=false\ndependent_startup=true\ndependent_startup_wait_for=b:running c:exited"
        ),
        ("b", ""), ("c", ""),
      ], ["a after b", "a after c's end"]
    ),
    (
      [("a", "dependent_startup_wait_for=b:exited,running"), ("b", "")], ["a after b"]
    ),
    ([("a", "autostart=false\ndepends_on=b"), ("b", "autostart=false")], ["a after b"]),
    // Nobody is there to wait for.
    ([("a", "depends_on=b,b:b0"), ("b", "numprocs=0")], []),
  ]

  @Test(arguments: names.indices) func whoWaitsForWhom(index: Int) {
    let (programs, expected) = Self.names[index]
    #expect(Self.dependencies(Self.text(programs)) == expected)
  }

  @Test func groupsAreNamedWithAStarOrAlone() {
    for name in ["g:*", "g"] {
      let text =
        Self.text([("a", "depends_on=\(name)"), ("b", ""), ("c", "")]) + "[group:g]\nprograms=b,c\n"
      #expect(Self.dependencies(text) == ["a after g:b", "a after g:c"])
    }
  }

  static let errors: [([(String, String)], String)] = [
    (
      [("a", "depends_on=datbase"), ("database", "")],
      "3: cannot find program \"datbase\" to depend on; did you mean \"database\"?"
    ),
    ([("a", "depends_on=a")], "3: cannot wait in a circle: a -> a"),
    (
      [("a", "depends_on=b"), ("b", "depends_on=c"), ("c", "depends_on=a"), ("d", "depends_on=a")],
      "3: cannot wait in a circle: a -> b -> c -> a"
    ),
    (
      [("a", "depends_on=b"), ("b", "autostart=false")],
      "3: cannot depend on \"b\", which is not started by itself: write autostart=true there, or"
        + " autostart=false here"
    ),
    (
      [("a", "oneshot=true\nready=notify")],
      "4: cannot use ready with oneshot=true: a oneshot is ready when it has ended"
    ),
    (
      [("a", "schedule=@daily\nready=notify")],
      "4: cannot use ready with schedule=: nobody waits for a run"
    ),
    (
      [("a", "schedule=@daily\nhealth=tcp:localhost:80")],
      "4: cannot use health with schedule=: nobody waits for a run"
    ),
    (
      [("a", "depends_on=b,b:b"), ("b", "command=%(ENV_UNSET)s")],
      "6: cannot expand \"%(ENV_UNSET)s\" in command: UNSET is not set; %(ENV_UNSET:-text)s would"
        + " give a default"
    ),
    (
      [("a", "oneshot=true\nautorestart=true")],
      "4: cannot combine autorestart=true with oneshot=true: it runs once"
    ),
    (
      [("a", "oneshot=true\npidfile=/p")],
      "4: cannot combine pidfile with oneshot=true: a daemon does not run to its end"
    ),
    (
      [("a", "health_interval=0")],
      "3: cannot read health_interval \"0\": more than 0 seconds are allowed, as 10 or 0.5"
    ),
    (
      [("a", "health_timeout=0.0")],
      "3: cannot read health_timeout \"0.0\": more than 0 seconds are allowed, as 10 or 0.5"
    ),
    (
      [("a", "oneshot=true\nschedule=@daily")],
      "4: cannot combine schedule with oneshot=true: each run ends, leave oneshot out"
    ),
    (
      [("a", "schedule=@daily\ndepends_on=b"), ("b", "")],
      "4: cannot use depends_on with schedule=: a run waits for nothing"
    ),
    (
      [("a", "depends_on=b"), ("b", "schedule=@daily")],
      "3: cannot depend on \"b\", which only its schedule starts"
    ),
    (
      [("a", "health=notify")],
      "3: cannot use \"notify\" for health: tcp, http, unix, path or exec is allowed"
    ),
    (
      [("a", "ready=tcp:db.example.com:5432")],
      "3: cannot connect to host \"db.example.com\": it is no address and not in /etc/hosts, and"
        + " other names cannot be looked up without waiting (exec:COMMAND can do that)"
    ),
    (
      [("a", "ready=tpc:5432")],
      "3: cannot read ready \"tpc:5432\": running, notify, fd:N (3 to 255), tcp:HOST:PORT,"
        + " http:URL, unix:/PATH, path:/PATH or exec:COMMAND is allowed"
    ),
    (
      [("a", "dependent_startup_wait_for=b:fatal"), ("b", "")],
      "3: cannot read dependent_startup_wait_for \"b:fatal\": NAME:running and NAME:exited,"
        + " separated by blanks, are allowed"
    ),
  ]

  @Test(arguments: errors.indices) func whatIsWrongIsSaid(index: Int) {
    let (programs, expected) = Self.errors[index]
    let faults = loading(Self.text(programs)).faults
    #expect(faults.map { "\($0.line): \($0.message)" } == [expected])
  }

  /// Each of two circles is named, and what only leads into one is not.
  @Test func everyCircleIsNamedOnce() {
    let text = Self.text([
      ("a", "depends_on=b"), ("b", "depends_on=a"), ("c", "depends_on=d"), ("d", "depends_on=c"),
      ("e", "depends_on=a,c"), ("f", ""),
    ])
    let words = loading(text).faults.map { "\($0.message)" }
    #expect(
      words == ["cannot wait in a circle: a -> b -> a", "cannot wait in a circle: c -> d -> c"])
  }

  /// A long chain takes no deep stack, in either order of the names.
  @Test(arguments: [true, false]) func aLongChainIsFine(isAscending: Bool) {
    let count = 2_000
    let name = { (index: Int) in "p" + String(10_000 + (isAscending ? index : count - index)) }
    let text = Self.text(
      (0..<count).map { (name($0), $0 == 0 ? "" : "depends_on=" + name($0 - 1)) })
    let result = loading(text)
    #expect(result.faults.isEmpty)
    #expect(result.configuration.dependencies.count == count - 1)
  }

  @Test func dependenciesAreBounded() {
    let many = "numprocs=1000\nprocess_name=n%(process_num)d"
    let text = Self.text([("a", many + "\ndepends_on=b"), ("b", many)])
    let words = loading(text).faults.map { "\($0.message)" }
    #expect(words == ["cannot keep more than 100000 dependencies between processes"])
  }

  static let probes: [(String, Probe)] = [
    ("notify", Probe(.notify)), ("fd:3", Probe(.newline, number: 3)),
    ("tcp:80", Probe(.tcp, host: "localhost", number: 80)),
    ("tcp::80", Probe(.tcp, host: "localhost", number: 80)),
    ("tcp:127.0.0.1:80", Probe(.tcp, host: "127.0.0.1", number: 80)),
    ("tcp:[::1]:80", Probe(.tcp, host: "::1", number: 80)),
    ("http:localhost", Probe(.http, host: "localhost", number: 80, text: "/")),
    ("http://localhost:81/a?b", Probe(.http, host: "localhost", number: 81, text: "/a?b")),
    ("http:http://[::1]/", Probe(.http, host: "::1", number: 80, text: "/")),
    ("http:http://[::1]:8/x", Probe(.http, host: "::1", number: 8, text: "/x")),
    ("unix:/run/s", Probe(.unix, text: "/run/s")), ("path: /run/s", Probe(.path, text: "/run/s")),
    ("exec:test -e 'a b'", Probe(.command, text: ByteString("test\0-e\0a b\0" as String))),
  ]

  @Test(arguments: probes.indices) func theFormsOfReady(index: Int) throws {
    let (text, probe) = Self.probes[index]
    let result = loading(Self.text([("a", "ready=\(text)")]))
    #expect(result.faults.isEmpty, "\(result.faults.map { "\($0.text)" })")
    #expect(result.configuration.programs.first?.ready == probe)
  }

  @Test func defaults() throws {
    let plain = try #require(
      loading(Self.text([("a", "ready=running")])).configuration.programs.first)
    #expect(plain.ready == nil && plain.health == nil && !plain.oneshot)
    #expect(plain.readyTimeout == .seconds(60) && plain.startretries == 3)
    let oneshot = try #require(
      loading(Self.text([("a", "oneshot=1")])).configuration.programs.first)
    #expect(oneshot.oneshot && oneshot.startretries == 0 && oneshot.readyTimeout == .zero)
    let set = loading(Self.text([("a", "oneshot=1\nstartretries=2\nready_timeout=9")]))
    #expect(set.configuration.programs.first?.startretries == 2)
    #expect(set.configuration.programs.first?.readyTimeout == .seconds(9))
  }

  @Test func graceAndDrain() {
    let globals = loading("[swinit]\ngrace=30\ndrain=1.5\n").configuration.globals
    #expect(globals.grace == .seconds(30) && globals.drain == .milliseconds(1_500))
    #expect(loading("").configuration.globals.grace == nil)
  }

  @Test func theListingNamesWhatIsWaitedFor() {
    let text = Self.text([("a", "depends_on=b,c"), ("b", ""), ("c", "autostart=true")])
    let lines = String(decoding: loading(text).configuration.listing(), as: UTF8.self)
    #expect(lines.contains("(after b, after c)"))
  }

  /// All errors in one run: one of another kind hides no circle.
  @Test func aCircleIsNamedBesideOtherErrors() {
    let result = loading(
      "[program:a]\ncommand=/x\ndepends_on=b\n[program:b]\ncommand=/x\ndepends_on=a\n"
        + "[program:c]\ncommand=/x\npriority=high\n")
    #expect(
      result.errors == [
        "/etc/app.conf:3: cannot wait in a circle: a -> b -> a",
        "/etc/app.conf:9: cannot read priority \"high\": a whole number is allowed, of 32 bits",
      ])
  }

  @Test func aLongCircleIsShortened() {
    let text = (0..<100).map { "[program:p\($0)]\ncommand=/x\ndepends_on=p\(($0 + 1) % 100)\n" }
    #expect(
      loading(text.joined()).errors == [
        "/etc/app.conf:3: cannot wait in a circle: p0 -> p1 -> p2 -> p3 -> p4 -> p5 -> p6 -> p7 -> p8"
          + " -> p9 -> (90 more) -> p0"
      ])
  }
}
