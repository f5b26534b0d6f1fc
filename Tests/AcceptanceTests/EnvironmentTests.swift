import Foundation
import Testing

// Variables out of files, of the user, and without what swinit was started with.

extension Acceptance {
  @Suite struct Environment {
    private func variables(_ setup: Setup) async throws -> Set<String> {
      let lines = try await outputOfOnce(setup)
      #expect(Set(lines).count == lines.count, "a name stands twice: \(lines)")
      return Set(lines.filter { !$0.hasPrefix("SUPERVISOR_") })
    }

    @Test func filesAndSecretsStandBetweenSwinitsAndTheProgramsOwn() async throws {
      var setup = Setup(
        runOnce(
          "env",
          """
          env_file=%(here)s/env
          secrets=D:%(here)s/d,E:%(here)s/e
          environment=E="own"
          """, globals: "environment=B=\"swinit\",C=\"swinit\""),
        files: [
          "env": "# first\n  C=file # kept\nD=file\r\nE=file\nF\nG\nSUPERVISOR_ENABLED=x\n",
          "d": "s3cret\n\n", "e": "e",
        ])
      setup.environment = ["PATH": "/bin", "A": "inherited", "B": "inherited", "F": "passed on"]
      #expect(
        try await variables(setup) == [
          "PATH=/bin", "A=inherited", "B=swinit", "C=file # kept", "D=s3cret", "E=own",
          "F=passed on",
        ])
    }

    @Test func theyAreReadAtEachStart() async throws {
      let text = """
        [program:probe]
        command=%(here)s/probe
        env_file=%(here)s/env
        secrets=B:%(here)s/b
        startsecs=0
        exitcodes=7
        """
      let script = """
        #!/bin/sh
        echo $A $B
        cd ${0%/*}
        [ $A = 2 ] && exit 7
        echo A=2 > env; echo y > b
        """
      let files = ["probe": script, "env": "A=1\n", "b": "x\n"]
      try await withSwinit(Setup(text, files: files)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.output?.texts == ["1 x", "2 y"])
      }
    }

    /// What is wrong, its reason, and the file that it is about.
    @Test(arguments: [
      ("env_file=/no/such", "env_file \"/no/such\": No such file or directory"),
      ("env_file=%(here)s/bad", "/bad\": line 3 is no NAME=VALUE"),
      ("env_file=/", "env_file \"/\": Is a directory"),
      ("env_file=%(here)s/fifo", "/fifo\": Invalid argument"),
      ("env_file=%(here)s/large", "/large\": Argument list too long"),
      ("secrets=A:%(here)s/good,B:/no/such", "secrets \"/no/such\": No such file or directory"),
      ("secrets=A:%(here)s/nul", "/nul\": Invalid argument"),
      ("secrets=A:%(here)s/fifo", "/fifo\": Invalid argument"),
    ])
    func whatCannotBeReadIsAFailedStart(options: String, reason: String) async throws {
      var setup = Setup(
        runOnce("sleep 60", options + "\nstartretries=0"),
        files: [
          "bad": "A=1\n\nhidden value\n", "good": "x", "nul": "a\u{0}b",
          "large": String(repeating: "A=1234567\n", count: 14_000),
        ])
      setup.launcher = Setup.asPID1(after: "mkfifo $0/fifo")
      try await withSwinit(setup) { swinit in
        let line = try await swinit.log("probe: FATAL, cannot start: ")
        #expect(line.contains(reason), "\(line)")
        #expect(!swinit.transcript.contains("hidden"), "\(swinit.transcript)")
        try await swinit.expectEnd(1, reason)
      }
    }

    @Test func secretsAreNeverShown() async throws {
      let text = runOnce("%(here)s/probe", "secrets=A:%(here)s/a")
      let files = ["a": "s3cret\n", "probe": "#!/bin/sh\ntest $A = s3cret\n"]
      for arguments in [["check", "-c", "FOLDER"], ["check", "--json", "-c", "FOLDER"]] {
        var setup = Setup(text, files: files)
        setup.arguments = arguments
        setup.launcher = []
        try await withSwinit(setup) { swinit in
          try await swinit.expectEnd(0, "autorestart=false this runs once")
          #expect(!swinit.transcript.contains("s3cret"))
        }
      }
      var setup = Setup(
        text.replacingOccurrences(of: "[swinit]", with: "[swinit]\nloglevel=blather"),
        files: files)
      setup.streams = .merged
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        try await swinit.log("probe: EXITED with status 0")
        #expect(!swinit.transcript.contains("s3cret"))
      }
    }

    @Test func nothingIsInherited() async throws {
      var setup = Setup(
        runOnce(
          "/usr/bin/env", "inherit_env=false\nenvironment=B=\"2\"",
          globals: "environment=A=\"1\""))
      setup.environment["SECRET"] = "x"
      #expect(
        try await Set(outputOfOnce(setup)) == [
          "A=1", "B=2", "SUPERVISOR_ENABLED=1", "SUPERVISOR_GROUP_NAME=probe",
          "SUPERVISOR_PROCESS_NAME=probe",
        ])
    }

    private static let passwd =
      "root:x:0:0::/root:/bin/bash\ntester:x:4242:4242::/home/tester:\nother:x:4242:1::/o:/o\n"
      + "us:x:1234567:1::/home/us:/bin/us\n"
    private static let ownUsers = "mount --bind $0/passwd /etc/passwd || exit 99"

    @Test(arguments: [
      ("user=tester", ["/home/tester", "tester", "tester", "/bin/sh"]),
      ("user=other:0", ["/o", "other", "other", "/o"]),
      ("user=4242", ["/home/tester", "tester", "tester", "/bin/sh"]),
      ("", ["/root", "root", "root", "/bin/bash"]),
      ("user=other\nenvironment=HOME=\"/mine\"", ["/mine", "other", "other", "/o"]),
    ])
    func theUsersOwn(options: String, expected: [String]) async throws {
      var setup = Setup(
        runOnce("env", options + "\nuser_environment=true"), files: ["passwd": Self.passwd])
      setup.launcher = Setup.asPID1(after: Self.ownUsers)
      setup.environment["HOME"] = "/inherited"
      let lines = try await outputOfOnce(setup)
      for (name, value) in zip(["HOME", "USER", "LOGNAME", "SHELL"], expected) {
        #expect(lines.contains("\(name)=\(value)"), "\(lines)")
      }
    }

    /// A number needs no entry in passwd: what is inherited stays, and one line says so.
    @Test func aUserWithoutAnEntryKeepsWhatIsThere() async throws {
      var setup = Setup(runOnce("env", "user=7654321\nuser_environment=true\nexitcodes="))
      setup.environment["HOME"] = "/inherited"
      setup.fragments["test.conf"]! += "\nautorestart=true\nrestart_delay=0.01"
      try await withSwinit(setup) { swinit in
        try await swinit.wait("two runs") {
          swinit.output?.texts.filter { $0 == "HOME=/inherited" }.count ?? 0 >= 2
        }
        #expect(swinit.places(of: "not in /etc/passwd").count == 1, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Not root, the program runs as we are: so are its variables.
    @Test func whoRunsAsWeAreHasOurs() async throws {
      var setup = Setup(
        runOnce("env", "user=tester\nuser_environment=true"), files: ["passwd": Self.passwd])
      setup.launcher = Setup.asPID1(after: Self.ownUsers)
      setup.launcher += ["setpriv", "--reuid", "1234567", "--regid", "1", "--clear-groups"]
      #expect(try await outputOfOnce(setup).contains("HOME=/home/us"))
    }
  }
}
