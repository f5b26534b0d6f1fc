import Foundation
import Testing

// What a program finds when it is started.

/// Runs `command` once, and nothing else.
func runOnce(_ command: String, _ more: String = "", globals: String = "") -> String {
  """
  [swinit]
  \(globals)
  [program:probe]
  command=\(command)
  startsecs=0
  autorestart=false
  \(more)
  """
}

/// What a program that is run once writes to stdout.
func outputOfOnce(_ setup: Setup, code: Int32 = 0) async throws -> [String] {
  try await withSwinit(setup) { swinit in
    try await swinit.expectEnd(code, "exit \(code): nothing left to do")
    return swinit.output?.texts ?? []
  }
}

extension Acceptance {
  @Suite struct Child {
    /// However swinit itself was started.
    @Test(arguments: ["", "trap '' INT HUP PIPE QUIT TERM USR1 CHLD"])
    func signalsAreFreshWhatever(_ before: String) async throws {
      var setup = Setup(runOnce("cat /proc/self/status"))
      setup.launcher = Setup.asPID1(after: before)
      let text = try await outputOfOnce(setup).joined(separator: "\n")
      // 32 and 33 are the C library's own; glibc's posix_spawn, which starts all this, ignores them.
      let own: UInt64 = 1 << 31 | 1 << 32
      for field in ["SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"] {
        let mask = try #require(statusField(text, field).flatMap { UInt64($0, radix: 16) })
        #expect(mask & ~own == 0, "\(field)")
      }
    }

    @Test func itHasASessionOfItsOwn() async throws {
      let line = try await outputOfOnce(Setup(runOnce("cat /proc/self/stat"))).first ?? ""
      let fields = line.split(separator: " ").map(String.init)
      try #require(fields.count > 7)
      // pid (name) state ppid pgrp session tty
      #expect(fields[3] == "1")
      #expect(fields[4] == fields[0])
      #expect(fields[5] == fields[0])
      #expect(fields[6] == "0")
    }

    /// Nothing above 2, though swinit has its own descriptors and its starter left it one more.
    /// The 3 is the one that ls reads the folder with.
    @Test(arguments: [false, true]) func itHasThreeDescriptors(leak: Bool) async throws {
      var setup = Setup(runOnce("ls /proc/self/fd"))
      setup.leaksDescriptor = leak
      #expect(try await outputOfOnce(setup) == ["0", "1", "2", "3"])
    }

    /// A kernel or an engine without close_range(2), a high limit, and a high number: above 65,536 where
    /// the machine allows so many.
    @Test(arguments: ["", "umount -l /proc && "])
    func itHasThreeDescriptorsWithoutCloseRange(before: String) async throws {
      let limit = min(hardLimitOfFiles, 70_000)
      let number = limit - 1
      var setup = Setup(
        runOnce("bash -c 'if : <&\(number); then echo open; else echo closed; fi 2>/dev/null'"))
      setup.launcher =
        Setup.asPID1 + [
          "bash", "-c", "ulimit -n \(limit) && exec \(number)</ && \(before)exec \"$@\"", "-",
        ]
        + Setup.underStrace(["close_range:error=ENOSYS"]).drop { $0 != "strace" }
      #expect(try await outputOfOnce(setup) == ["closed"])
    }

    @Test func aHundredAtOnceHaveThreeDescriptorsEach() async throws {
      let text = runOnce(
        "ls /proc/self/fd", "numprocs=100\nprocess_name=%(program_name)s_%(process_num)d")
      let lines = try await outputOfOnce(Setup(text))
      for descriptor in ["0", "1", "2", "3"] {
        #expect(lines.filter { $0 == descriptor }.count == 100)
      }
      #expect(lines.count == 400)
    }

    @Test func stdinIsEmpty() async throws {
      let setup = Setup(runOnce("sh -c \"readlink /proc/self/fd/0; cat; echo over\""))
      #expect(try await outputOfOnce(setup) == ["/dev/null", "over"])
    }

    @Test func limitsAreTheOnesThatSwinitWasStartedWith() async throws {
      var setup = Setup(runOnce("sh -c \"ulimit -Sn; ulimit -Hn\""))
      setup.launcher = Setup.asPID1(after: "ulimit -Sn 300; ulimit -Hn 4000")
      #expect(try await outputOfOnce(setup) == ["300", "4000"])
    }

    @Test func minfdsRaisesTheLimit() async throws {
      var setup = Setup(runOnce("sh -c \"ulimit -Sn\"", globals: "minfds=2000"))
      setup.launcher = Setup.asPID1(after: "ulimit -Sn 300; ulimit -Hn 4000")
      #expect(try await outputOfOnce(setup) == ["2000"])
    }

    @Test(arguments: [("", "umask=027", "0027"), ("umask=077", "", "0077"), ("", "", "0022")])
    func umask(global: String, own: String, seen: String) async throws {
      var setup = Setup(runOnce("sh -c umask", own, globals: global))
      setup.launcher = Setup.asPID1(after: "umask 022")
      #expect(try await outputOfOnce(setup) == [seen])
    }

    @Test(arguments: [
      ("", "directory=/usr", "/usr"), ("directory=/etc", "", "/etc"), ("", "", "/"),
    ])
    func directory(global: String, own: String, seen: String) async throws {
      var setup = Setup(runOnce("pwd", own, globals: global))
      setup.launcher = Setup.asPID1(after: "cd /")
      #expect(try await outputOfOnce(setup) == [seen])
    }

    /// PATH is searched after `directory`, so that `./x` and relative parts of PATH mean it.
    @Test func theCommandIsLookedForInTheDirectory() async throws {
      let setup = Setup(
        runOnce("./hello", "directory=%(here)s"), files: ["hello": "#!/bin/sh\necho hello\n"])
      #expect(try await outputOfOnce(setup) == ["hello"])
    }

    @Test func theCommandIsLookedForInTheProgramsPath() async throws {
      let setup = Setup(
        runOnce("hello", "environment=PATH=\"%(here)s/tools:/bin\""),
        files: ["tools/hello": "#!/bin/sh\necho hello\n"])
      #expect(try await outputOfOnce(setup) == ["hello"])
    }

    @Test func environmentInRisingRank() async throws {
      let globals = "environment=B=\"swinit\",C=\"swinit\",D=\"swinit\",SUPERVISOR_GROUP_NAME=\"x\""
      var setup = Setup(
        runOnce("env", "environment=C=\"program\",SUPERVISOR_PROCESS_NAME=\"y\"", globals: globals))
      setup.environment = ["PATH": "/usr/bin:/bin", "A": "inherited", "B": "inherited", "E": "a=b"]
      let lines = try await outputOfOnce(setup)
      #expect(
        Set(lines) == [
          "PATH=/usr/bin:/bin", "A=inherited", "B=swinit", "C=program", "D=swinit", "E=a=b",
          "SUPERVISOR_ENABLED=1", "SUPERVISOR_GROUP_NAME=probe", "SUPERVISOR_PROCESS_NAME=y",
        ])
      #expect(Set(lines).count == lines.count, "a name stands twice: \(lines)")
    }

    @Test func namesOfAGroup() async throws {
      let text = """
        [group:workers]
        programs=probe
        \(runOnce("sh -c \"echo $SUPERVISOR_GROUP_NAME:$SUPERVISOR_PROCESS_NAME\"",
          "numprocs=2\nprocess_name=%(program_name)s_%(process_num)02d"))
        """
      let lines = try await outputOfOnce(Setup(text))
      #expect(Set(lines) == ["workers:probe_00", "workers:probe_01"])
    }

    /// As Supervisor does it; its users expect that.
    @Test func userDoesNotTouchHomeAndUser() async throws {
      var setup = Setup(runOnce("env", "user=www-data"))
      setup.environment["HOME"] = "/root"
      setup.environment["USER"] = "root"
      let lines = try await outputOfOnce(setup)
      #expect(lines.contains("HOME=/root"))
      #expect(lines.contains("USER=root"))
      #expect(!lines.contains { $0.hasPrefix("LOGNAME=") || $0.hasPrefix("SHELL=") })
    }

    @Test func noShellComesBetween() async throws {
      let setup = Setup(runOnce("echo $HOME * ; echo 'a  b' \"c d\" e\\ f | cat > x"))
      // The rest of the line after " ;" is a comment, as Supervisor has it.
      #expect(try await outputOfOnce(setup) == ["$HOME *"])
      let quoted = Setup(runOnce("printf '%%s|' 'a  b' \"c d\" e\\ f '|' '>' x"))
      #expect(
        try await withSwinit(quoted) { swinit in
          try await swinit.end()
          return swinit.output?.remainder
        } == "a  b|c d|e f|||>|x|")
    }

    @Test func bytesPassThroughUntouched() async throws {
      let setup = Setup(runOnce("printenv X", "environment=X=\"Grüße, %%, 漢字; # no comment\""))
      #expect(try await outputOfOnce(setup) == ["Grüße, %, 漢字; # no comment"])
    }
  }
}

private var hardLimitOfFiles: rlim_t {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  return limit.rlim_max
}
