import Foundation
import Testing

// What is refused before anything is started, and what is passed over with a word: users, groups,
// limits, the command line.

/// Users of a container of our own.
private let accounts = [
  "passwd": "root:x:0:0::/root:/bin/sh\nwebapp:x:4242:4243::/home/webapp:/bin/sh\n",
  "group": "root:x:0:\nwebapp:x:4243:\nvideo:x:44:\nmail:x:8:webapp\n",
]
private let ownAccounts =
  "mount --bind $0/passwd /etc/passwd && mount --bind $0/group /etc/group || exit 99"

private func check(_ text: String) -> Setup {
  var setup = Setup(text, files: accounts)
  setup.launcher = Setup.asPID1(after: ownAccounts)
  return setup
}

extension Acceptance {
  @Suite struct Start {
    @Test(arguments: [
      ("user=webap", "cannot find user \"webap\" in /etc/passwd; did you mean \"webapp\"?"),
      ("user=webapp:vdeo", "cannot find group \"vdeo\" in /etc/group; did you mean \"video\"?"),
      ("groups=video,mial", "cannot find group \"mial\" in /etc/group; did you mean \"mail\"?"),
    ])
    func whoIsNotKnownRefusesTheStart(option: String, words: String) async throws {
      let text = "[program:other]\ncommand=true\n[program:app]\ncommand=true\n\(option)\n"
      try await withSwinit(check(text)) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(78))
        #expect(swinit.transcript.contains("test.conf:5: " + words), "\(swinit.transcript)")
        #expect(swinit.places(of: "STARTING").isEmpty)
      }
      // `check` may run elsewhere than in the image.
      var setup = check(text)
      setup.arguments = ["check", "-c", "FOLDER"]
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(0))
        #expect(swinit.transcript.contains("test.conf:5: warning: cannot find"))
      }
    }

    @Test(arguments: [
      ("user=webapp\ngroups=video,4242", "4243 8 44 4242"),
      ("user=webapp:video\ngroups=mail", "44 8"),
      ("user=webapp\ngroups=inherit", "4243 8 777"),
      ("groups=video", "0 44"),
    ])
    func groupsAreAdded(options: String, expected: String) async throws {
      var setup = check(runOnce("id -G", options))
      setup.launcher = Setup.asPID1(after: ownAccounts + "\nexec setpriv --groups 777 \"$@\"")
      let lines = try await outputOfOnce(setup)
      let found = Set((lines.first ?? "").split(separator: " "))
      #expect(found == Set(expected.split(separator: " ")), "\(lines)")
    }

    @Test func groupsAreRootsToGive() async throws {
      var setup = check(
        "[program:app]\ncommand=id -G\ngroups=video\nstartsecs=0\nautorestart=false\n")
      setup.launcher = Setup.asPID1(
        after: ownAccounts + "\nexec setpriv --reuid 4242 --regid 4243 --clear-groups \"$@\"")
      try await withSwinit(setup) { swinit in
        try await swinit.log("warn app: swinit is not root: it has the groups of swinit")
        try await swinit.line("4243")
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
      }
    }

    /// More open files than the hard limit: programs get what can be had, and that is said.
    @Test func moreFilesThanCanBeHad() async throws {
      var setup = Setup(
        "[supervisord]\nminfds=60000\n[program:app]\ncommand=sh -c \"ulimit -Hn\"\nstartsecs=0\n"
          + "autorestart=false\n")
      setup.launcher =
        Setup.asPID1 + [
          "setpriv", "--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource", "prlimit",
          "--nofile=4096:4096",
        ]
      try await withSwinit(setup) { swinit in
        try await swinit.log("warn minfds=60000: the hard limit of open files is 4096")
        try await swinit.line("4096")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Words that talk, or will talk, to a running swinit run no program of the machine.
    @Test(arguments: [
      (["shutdown"], "\"shutdown\" is an action that this version does not have"),
      (["reload"], "to run a program of that name write: swinit -- reload"),
      (["chekc"], "did you mean \"check\"?"), (["true"], "swinit -- true"),
      (["pidproxy"], "swinit pidproxy PIDFILE COMMAND"),
      (
        ["-t", "soon", "--", "/bin/true"], "cannot read -t \"soon\": a number of seconds is allowed"
      ),
      (["check", "--grace", "ten"], "cannot read --grace \"ten\""),
    ])
    func wordsThatAreNoCommand(words: [String], text: String) async throws {
      var setup = Setup("")
      setup.arguments = words
      setup.launcher = ["env"]
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(64))
        #expect(swinit.transcript.contains(text), "\(swinit.transcript)")
      }
    }

    @Test(arguments: [["--", "true"], ["/bin/true"]]) func aCommandIsOne(words: [String])
      async throws
    {
      var setup = Setup("")
      setup.arguments = words
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, nil)
      }
    }

    @Test func theVariableIsBlamedForItsValue() async throws {
      var setup = Setup("[program:app]\ncommand=true\n")
      setup.environment["SWINIT_GRACE"] = "ten"
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(78))
        #expect(
          swinit.transcript.contains("SWINIT_GRACE: cannot read grace \"ten\""),
          "\(swinit.transcript)")
      }
    }

    /// A zone without a rule for its summer time is the zone file of that name; without one it is said.
    @Test(
      .enabled(
        if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/America/New_York"),
        "no tzdata here"),
      arguments: ["EST5EDT", "CET-1CEST", "AAA5BBB"])
    func zonesWithoutARule(zone: String) async throws {
      var setup = Setup("[program:job]\ncommand=true\nschedule=0 12 15 1,7 *\n")
      setup.environment["TZ"] = zone
      setup.arguments = ["check", "-c", "FOLDER"]
      setup.launcher = ["env"]
      let hasFile = FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/" + zone)
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(0))
        if hasFile {
          // The three next runs lie in both halves of a year.
          let summer = zone == "EST5EDT" ? "-04" : "+02"
          let winter = zone == "EST5EDT" ? "-05" : "+01"
          #expect(swinit.transcript.contains(summer), "\(swinit.transcript)")
          #expect(swinit.transcript.contains(winter), "\(swinit.transcript)")
        } else {
          #expect(swinit.transcript.contains("TZ \"\(zone)\": there is no such zone file"))
        }
      }
    }

    /// To add `[swinit]` changes nothing but what stands in it.
    @Test(arguments: ["", "[swinit]\nlog_format=direct\n"])
    func supervisorsDefaultsStayBesideAnOwnSection(own: String) async throws {
      let text =
        own + """
          [supervisord]
          nodaemon=true
          [program:bad]
          command=/no/such
          startretries=0
          [program:good]
          command=sleep 600
          startsecs=0
          """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("bad: FATAL")
        try await swinit.log("good: RUNNING")
        swinit.signal(SIGINT)
        try await swinit.log("good: STOPPING (pid")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGINT")
        #expect(!swinit.places(of: ", SIGTERM)").isEmpty, "\(swinit.transcript)")
      }
    }
  }
}
