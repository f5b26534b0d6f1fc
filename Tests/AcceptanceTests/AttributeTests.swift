import Foundation
import Testing

// What a program's options make of its process, as the kernel shows it: limits, priorities,
// capabilities, stdin; and what is said where that cannot be.

/// Every resource, and the row of it in /proc/PID/limits.
private let limits: [(option: String, row: String, soft: String, hard: String)] = [
  ("cpu=1000:2000", "Max cpu time", "1000", "2000"),
  ("fsize=1GB:2GB", "Max file size", "1073741824", "2147483648"),
  ("data=2GB:unlimited", "Max data size", "2147483648", "unlimited"),
  ("stack=4MB:8MB", "Max stack size", "4194304", "8388608"),
  ("core=0", "Max core file size", "0", "0"),
  ("rss=1GB", "Max resident set", "1073741824", "1073741824"),
  ("nproc=1000:2000", "Max processes", "1000", "2000"),
  ("nofile=300:400", "Max open files", "300", "400"),
  ("memlock=64KB:128KB", "Max locked memory", "65536", "131072"),
  ("as=4GB:unlimited", "Max address space", "4294967296", "unlimited"),
  ("locks=10:20", "Max file locks", "10", "20"),
  ("sigpending=100:200", "Max pending signals", "100", "200"),
  ("msgqueue=100KB:200KB", "Max msgqueue size", "102400", "204800"),
  ("nice=5:10", "Max nice priority", "5", "10"),
  ("rtprio=1:2", "Max realtime priority", "1", "2"),
  ("rttime=1000000:unlimited", "Max realtime timeout", "1000000", "unlimited"),
]

/// What `cap_keep` and `cap_drop` leave.
struct CapabilityRow: CustomTestStringConvertible, Sendable {
  var testDescription: String
  /// Of the bounding set; nil: all but these.
  var bounding: UInt64?
  var without: UInt64 = 0
  var permitted: UInt64?
  var inheritable: UInt64 = 0
  var ambient: UInt64 = 0

  var options: String { testDescription.replacingOccurrences(of: " ", with: "\n") }
}

private let netBind: UInt64 = 1 << 10
private let capabilityRows = [
  CapabilityRow(
    testDescription: "cap_keep=NET_BIND_SERVICE user=www-data", bounding: netBind,
    permitted: netBind, inheritable: netBind, ambient: netBind),
  CapabilityRow(
    testDescription: "cap_keep=cap_kill,chown user=1234567 no_new_privs=true", bounding: 0x21,
    permitted: 0x21, inheritable: 0x21, ambient: 0x21),
  CapabilityRow(
    testDescription: "cap_keep=CHOWN,SETUID", bounding: 0x81, permitted: 0x81, inheritable: 0x81),
  CapabilityRow(
    testDescription: "cap_drop=ALL cap_keep=CHOWN", bounding: 1, permitted: 1, inheritable: 1),
  CapabilityRow(testDescription: "cap_drop=KILL", without: 0x20, permitted: nil),
  CapabilityRow(testDescription: "cap_drop=ALL", bounding: 0, permitted: 0),
  CapabilityRow(testDescription: "cap_drop=all user=www-data", bounding: 0, permitted: 0),
  CapabilityRow(
    testDescription: "cap_drop=SYS_ADMIN user=www-data", without: 1 << 21, permitted: 0),
]

/// Soft and hard of a row of /proc/PID/limits.
private func values(_ lines: [String], _ row: String) -> [String] {
  let line = lines.first { $0.hasPrefix(row) } ?? ""
  return line.dropFirst(row.count).split(separator: " ").prefix(2).map(String.init)
}

/// Nobody but CAP_SYS_RESOURCE raises a hard limit, and not every machine's root has it.
private func fits(_ limit: String, into own: String) -> Bool {
  guard let own = UInt64(own) else { return own == "unlimited" }
  return UInt64(limit).map { $0 <= own } ?? false
}

private func hasCapability(_ number: UInt64) -> Bool {
  let set = statusField(procFile("self/status"), "CapEff").flatMap { UInt64($0, radix: 16) } ?? 0
  return set >> number & 1 == 1
}

private let asStranger = ["setpriv", "--reuid", "1234567", "--regid", "1234567", "--clear-groups"]

extension Acceptance {
  @Suite struct Attributes {
    @Test func everyLimitIsSet() async throws {
      let own = procFile("self/limits")?.split(separator: "\n").map(String.init) ?? []
      let fitting = limits.filter { row in
        hasCapability(24) || fits(row.hard, into: values(own, row.row).last ?? "0")
      }
      #expect(fitting.count >= 8)
      let options = fitting.map { "rlimit_" + $0.option }.joined(separator: "\n")
      let lines = try await outputOfOnce(Setup(runOnce("cat /proc/self/limits", options)))
      for (option, row, soft, hard) in fitting {
        #expect(values(lines, row) == [soft, hard], "\(option)")
      }
    }

    @Test func anOwnLimitOfFilesCountsMoreThanMinfds() async throws {
      let text = runOnce(
        "sh -c \"ulimit -Sn; ulimit -Hn\"", "rlimit_nofile=100:200", globals: "minfds=2000")
      #expect(try await outputOfOnce(Setup(text)) == ["100", "200"])
    }

    @Test(arguments: [5, 0, -5]) func nice(_ value: Int) async throws {
      let line =
        try await outputOfOnce(Setup(runOnce("cat /proc/self/stat", "nice=\(value)"))).first ?? ""
      let fields = line.split(separator: " ")
      #expect(fields.count > 18 && fields[18] == "\(value)", "\(line)")
    }

    @Test(arguments: ["500", "-500", "0", "-1000", "1000", "7"])
    func oomScoreAdjust(_ value: String) async throws {
      let text = runOnce("cat /proc/self/oom_score_adj", "oom_score_adj=\(value)\nstartretries=0")
      guard value.hasPrefix("-"), !hasCapability(24) else {
        #expect(try await outputOfOnce(Setup(text)) == [value])
        return
      }
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log(
          "probe: FATAL, cannot start: oom_score_adj: Permission denied"
            + " (CAP_SYS_RESOURCE is missing)")
        try await swinit.expectEnd(
          1, "oom_score_adj: Permission denied (CAP_SYS_RESOURCE is missing)")
      }
    }

    @Test(arguments: [("", "0"), ("no_new_privs=true", "1"), ("no_new_privs=true\nuser=33", "1")])
    func noNewPrivileges(options: String, seen: String) async throws {
      let lines = try await outputOfOnce(Setup(runOnce("cat /proc/self/status", options)))
      #expect(statusField(lines.joined(separator: "\n"), "NoNewPrivs") == seen)
    }

    @Test(arguments: capabilityRows) func capabilities(_ row: CapabilityRow) async throws {
      let lines = try await outputOfOnce(Setup(runOnce("cat /proc/self/status", row.options)))
      let text = lines.joined(separator: "\n")
      let set = { statusField(text, $0).flatMap { UInt64($0, radix: 16) } }
      let own = try #require(
        statusField(procFile("self/status"), "CapBnd").flatMap { UInt64($0, radix: 16) })
      let bounding = row.bounding ?? own & ~row.without
      #expect(set("CapBnd") == bounding)
      #expect(set("CapPrm") == row.permitted ?? bounding)
      #expect(set("CapEff") == row.permitted ?? bounding)
      #expect(set("CapInh") == row.inheritable)
      #expect(set("CapAmb") == row.ambient)
    }

    @Test(arguments: [
      ("cap_keep=NET_BIND_SERVICE", "bound"), ("cap_keep=KILL", "Permission denied"),
    ])
    func anOrdinaryUserBindsPort80(options: String, said: String) async throws {
      let script = """
        #!/usr/bin/perl
        use Socket;
        socket(my $s, PF_INET, SOCK_STREAM, 0) or die;
        print bind($s, sockaddr_in(80, INADDR_ANY)) ? "bound" : "$!", "\\n";
        """
      var setup = Setup(
        runOnce("%(here)s/bind", "user=www-data\n" + options), files: ["bind": script])
      setup.launcher = ["unshare", "--net"] + setup.launcher
      #expect(try await outputOfOnce(setup) == [said])
    }

    /// What only root may do, by one who is not.
    @Test(arguments: [
      ("nice=-5", "nice: Permission denied (swinit is not root)"),
      ("oom_score_adj=-5", "oom_score_adj: Permission denied (swinit is not root)"),
      // More than any machine's hard limit.
      (
        "rlimit_nofile=2147483000",
        "setrlimit NOFILE: Operation not permitted (swinit is not root)"
      ),
      ("cap_keep=KILL", "cap_keep KILL: Operation not permitted (swinit does not have it)"),
      ("cap_drop=CHOWN", "cap_drop CHOWN: Operation not permitted (swinit is not root)"),
    ])
    func whatAStrangerCannotHaveIsAFailedStart(options: String, reason: String) async throws {
      var setup = Setup(runOnce("sleep 60", options + "\nstartretries=0"))
      setup.launcher += asStranger
      try await withSwinit(setup) { swinit in
        try await swinit.log("probe: FATAL, cannot start: \(reason)")
        try await swinit.expectEnd(1, "probe is FATAL: cannot start: \(reason)")
      }
    }

    @Test(arguments: [
      ("nice=-5", "sys_nice"), ("oom_score_adj=-5", "sys_resource"),
      ("rlimit_core=1KB:unlimited", "sys_resource"), ("cap_drop=KILL", "setpcap"),
    ])
    func aMissingCapabilityIsNamed(options: String, missing: String) async throws {
      var setup = Setup(runOnce("sleep 60", options + "\nstartretries=0"))
      setup.launcher = Setup.asPID1(after: "ulimit -c 0")
      setup.launcher += ["setpriv", "--bounding-set=-\(missing)", "--inh-caps=-\(missing)"]
      try await withSwinit(setup) { swinit in
        let line = try await swinit.log("probe: FATAL, cannot start: ")
        #expect(line.contains("(CAP_\(missing.uppercased()) is missing)"), "\(line)")
        try await swinit.expectEnd(1, "(CAP_\(missing.uppercased()) is missing)")
      }
    }

    @Test func aStrangerMayLowerHimself() async throws {
      let options =
        "nice=5\noom_score_adj=900\nrlimit_nofile=50:60\nno_new_privs=true\nrlimit_core=0"
      var setup = Setup(
        runOnce(
          "sh -c \"ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj; nice\"", options))
      setup.launcher += asStranger
      #expect(try await outputOfOnce(setup) == ["50", "60", "900", "5"])
    }

    // stdin.

    @Test func stdinIsAPipeThatStaysOpen() async throws {
      let script = "#!/bin/sh\nreadlink /proc/self/fd/0\ncat\necho over\n"
      let text = "[program:probe]\ncommand=%(here)s/reader\nstdin=pipe\nstartsecs=0.2\n"
      try await withSwinit(Setup(text, files: ["reader": script])) { swinit in
        let pipe = try await swinit.line("pipe:[")
        try await swinit.log("probe: RUNNING")
        let folder = "/proc/\(swinit.pid)/fd"
        let held = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
          (try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0)) == pipe
        }
        #expect(held.count == 1)
        #expect(swinit.output?.texts.contains("over") == false)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func aRestartGetsANewPipeAndTheOldOneIsClosed() async throws {
      let text =
        "[program:probe]\ncommand=sh -c \"readlink /proc/self/fd/0; [ -e %(here)s/go ] && cat; exit 1\"\n"
        + "stdin=pipe\nstartsecs=0\nrestart_delay=0.01\n"
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("three runs") { swinit.output?.texts.count ?? 0 >= 3 }
        try swinit.folder.write("", to: "go")
        let pid = swinit.pid
        try await swinit.wait("one that stays") {
          children(of: pid).contains { descendant(of: $0, running: "cat") != nil }
        }
        let folder = "/proc/\(pid)/fd"
        let pipes = swinit.output?.texts ?? []
        let held = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
          let link = try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0)
          return link.map { pipes.contains($0) } ?? false
        }
        #expect(held.count == 1)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func stdinIsTheContainers() async throws {
      var setup = Setup(runOnce("readlink /proc/self/fd/0", "stdin=inherit"))
      setup.onTerminal = true
      #expect(try await outputOfOnce(setup).first?.hasPrefix("/dev/pts/") == true)
    }
  }
}
