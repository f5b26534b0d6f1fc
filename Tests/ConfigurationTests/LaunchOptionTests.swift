import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// What only some programs ask for.
struct LaunchOptionTests {
  @Test func whoAsksForNothingHasNone() throws {
    for text in ["", "stopsignal=TERM\nstopwaitsecs=5"] {
      #expect(try program(with: text).launch == nil)
      #expect(try program(with: text).lifeBox == nil)
    }
  }

  @Test func processesOfASectionShareThem() throws {
    let result = loading(
      "[program:x]\ncommand=/x\nnumprocs=3\nprocess_name=%(process_num)d\nnice=5\nstop_command=/s\n"
        + "[program:y]\ncommand=/y\nnumprocs=2\nprocess_name=%(process_num)d\n"
        + "env_file=/env.%(process_num)d\n")
    #expect(result.texts == [])
    let programs = result.configuration.programs
    try #require(programs.count == 5)
    #expect(programs[0].launchBox != nil && programs[0].launchBox === programs[1].launchBox)
    #expect(programs[0].launchBox === programs[2].launchBox)
    #expect(programs[0].lifeBox != nil && programs[0].lifeBox === programs[2].lifeBox)
    #expect(programs[3].launch?.envFile == "/env.0")
    #expect(programs[4].launch?.envFile == "/env.1")
  }

  @Test func aDifferentAttributeIsADifferentProgram() throws {
    #expect(try program(with: "nice=5") == program(with: "nice=5"))
    #expect(try program(with: "nice=5") != program(with: "nice=6"))
    #expect(try program(with: "nice=5") != program(with: ""))
  }

  @Test(
    arguments: [
      ("TERM", 15, []), ("TSTP,5,TERM", 20, [(5_000, 15)]),
      ("quit, 0.5 ,SIGTERM,0,9", 3, [(500, 15), (0, 9)]),
    ] as [(String, Int32, [(Int64, Int32)])])
  func stopSequences(text: String, first: Int32, rest: [(Int64, Int32)]) throws {
    let program = try program(with: "stopsignal=\(text)")
    #expect(program.stopsignal == Signal(number: first))
    for (index, (pause, signal)) in rest.enumerated() {
      let step = try #require(program.life.stopStep(UInt8(index)))
      #expect(step == (.milliseconds(pause), Signal(number: signal)))
    }
    #expect(program.life.stopStep(UInt8(rest.count)) == nil)
  }

  @Test func theGlobalSequenceIsForThoseWithoutTheirOwn() throws {
    let result = loading(
      "[swinit]\nstopsignal=QUIT,2,TERM\n[program:a]\ncommand=/a\n"
        + "[program:b]\ncommand=/b\nstopsignal=INT\n", report: true)
    #expect(result.errors == [])
    #expect(try result.program("a").stopsignal == .quit)
    let step = try #require(try result.program("a").life.stopStep(0))
    #expect(step == (.seconds(2), .terminate))
    #expect(try result.program("b").stopsignal == .interrupt)
    #expect(try result.program("b").lifeBox == nil)
  }

  @Test func theLongestStop() throws {
    #expect(try program(with: "").longestStop == .seconds(10))
    #expect(
      try program(with: "stopsignal=QUIT,2,INT,0.5,TERM").longestStop == .milliseconds(12_500))
    #expect(try program(with: "stop_command=/x\nstopwaitsecs=3").longestStop == .seconds(3))
    #expect(
      try program(with: "stopwaitsecs=9223372036854775807\nstop_command=/x").longestStop.count
        == .max)
  }

  @Test(
    arguments: [
      ("1024", 1024, 1024), ("0", 0, 0), ("10:20", 10, 20), (" 10 : 20 ", 10, 20),
      ("unlimited", .max, .max), ("10:Unlimited", 10, .max), ("unlimited:unlimited", .max, .max),
    ] as [(String, UInt64, UInt64)])
  func limits(text: String, soft: UInt64, hard: UInt64) throws {
    #expect(try program(with: "rlimit_nofile=\(text)").launch?.limits == [7, soft, hard])
  }

  /// `<bits/resource.h>`: the numbers of x86_64 and aarch64.
  static let resources = [
    "cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7,
    "memlock": 8, "as": 9, "locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14,
    "rttime": 15,
  ]

  @Test(arguments: resources.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  func everyResourceHasItsNumber(name: String, number: Int) throws {
    let limits = try program(with: "rlimit_\(name)=1:2").launch?.limits
    #expect(limits == [UInt64(number), 1, 2])
    #expect("\(resourceName(UInt8(number)))" == name.uppercased())
  }

  @Test func limitsMayBeSizesAndStandInTheKernelsOrder() throws {
    let limits = try program(with: "rlimit_as=1GB:2GB\nrlimit_memlock=64kb").launch?.limits
    #expect(limits == [8, 65_536, 65_536, 9, 1 << 30, 2 << 30])
  }

  @Test(
    arguments: [
      ("cap_keep=NET_BIND_SERVICE", 1 << 10, ~(1 << 10)), ("cap_keep=cap_chown,Cap_Kill", 33, ~33),
      ("cap_drop=checkpoint_restore", 0, 1 << 40), ("cap_drop=all", 0, .max),
      ("cap_drop=ALL\ncap_keep=SETUID", 128, ~128), ("cap_keep=all", .max, 0),
      ("cap_keep=CHOWN\ncap_drop=KILL", 1, ~1),
    ] as [(String, UInt64, UInt64)])
  func capabilities(text: String, kept: UInt64, dropped: UInt64) throws {
    let rule = try program(with: text).launch?.capabilities
    #expect(rule == CapabilityRule(kept: kept, dropped: dropped))
  }

  @Test func secretsAreNamesAndPaths() throws {
    let secrets = try program(with: "secrets=A:/run/secrets/a, B:/b:c ,").launch?.secrets
    #expect(secrets == ByteString("A:/run/secrets/a\0B:/b:c\0" as String))
    let names = secrets?.entriesEndedByNul.map { [$0.nameOfSecret, $0.pathOfSecret] }
    #expect(names == [["A", "/run/secrets/a"], ["B", "/b:c"]])
  }

  @Test func theRest() throws {
    let rich = try program(
      with: """
        stop_command=/bin/ctl "stop it"
        forward_signals=HUP,USR1
        env_file=~/env
        inherit_env=false
        user_environment=true
        nice=-20
        oom_score_adj=1000
        no_new_privs=true
        stdin=pipe
        """)
    let launch = try #require(rich.launch)
    #expect(rich.life.stopCommand == ByteString("/bin/ctl\0stop it\0" as String))
    #expect(rich.life.forwardSignals == Signals(.hangup, Signal(number: 10)))
    #expect(launch.envFile == "/home/op/env")
    #expect(!launch.inheritEnvironment && launch.userEnvironment)
    #expect(launch.nice == -20 && launch.oomScoreAdjust == 1000)
    #expect(launch.noNewPrivileges && launch.stdin == .pipe)
    #expect(try program(with: "stdin=INHERIT").launch?.stdin == .inherit)
  }
}

/// docker's rules for `--env-file`.
struct EnvironmentFileTests {
  private func entries(_ text: String) -> [String] {
    let file = EnvironmentFile(Array(text.utf8))
    return file.entries.map { "\($0)" } + (file.badLine.map { ["line \($0)"] } ?? [])
  }

  @Test(arguments: [
    ("", []), ("A=1", ["A=1"]), ("A=1\nB=2\n", ["A=1", "B=2"]), ("A=1\r\nB=2\r\n", ["A=1", "B=2"]),
    ("# a\n\n  \n\t# b\nA=1 # no comment\n", ["A=1 # no comment"]), ("  A= x  ", ["A= x  "]),
    ("A=\"x y\"", ["A=\"x y\""]), ("A='$B'", ["A='$B'"]), ("A=", ["A="]), ("A=b=c", ["A=b=c"]),
    ("A", ["A"]), ("\u{FEFF}A=1", ["A=1"]), ("A=1\nA=2", ["A=1", "A=2"]), ("a.b-c=1", ["a.b-c=1"]),
    ("=1", ["line 1"]), ("A=1\n\nA B=2\nC=3", ["A=1", "line 3"]), ("A =1", ["line 1"]),
    ("export A=1", ["line 1"]), ("A=\u{0}", ["line 1"]), ("A B", ["line 1"]),
  ])
  func lines(text: String, expected: [String]) {
    #expect(entries(text) == expected)
  }

  @Test func theyAreNotTooMany() {
    let many = (0..<2_001).map { "A\($0)=\n" }.joined()
    #expect(EnvironmentFile(Array(many.utf8)).badLine == 2_001)
  }
}
