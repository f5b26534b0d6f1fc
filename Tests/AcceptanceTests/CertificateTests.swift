import Foundation
import Testing

// Why the container ended, on stderr and in /dev/termination-log; OOM kills and the
// limit of processes named.

private let eater = """
  #!/usr/bin/perl
  my @all;
  for (1 .. 400) { push @all, "x" x (1 << 20); }
  sleep 60;
  """

/// Takes every process that the limit leaves.
private let hog = """
  #!/usr/bin/perl
  use POSIX "setsid";
  while (1) {
    my $child = fork();
    if (defined $child && $child == 0) {
      setsid() if $$ % 2;
      exec "sleep", "60";
    }
    select(undef, undef, undef, 0.005) unless defined $child;
  }
  """

/// The files of version 2, as a container has them, where two processes were killed before.
private let memoryOfVersion2 = """
  umount -l /sys/fs/cgroup; mount -t tmpfs tmpfs /sys/fs/cgroup || exit 99
  echo 'oom 0\noom_kill 2' > /sys/fs/cgroup/memory.events
  echo 536870912 > /sys/fs/cgroup/memory.max
  """

/// Counts another kill there.
private let count = "#!/bin/sh\necho 'oom_kill 3' > /sys/fs/cgroup/memory.events\n"

/// A file of its own in the place of /dev/termination-log, which the test can read.
private let terminationLog = """
  mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3
  touch "$0/termination-log" /dev/termination-log
  mount --bind "$0/termination-log" /dev/termination-log
  """

extension Acceptance {
  @Suite struct Certificates {
    @Test(.enabled(if: Cgroup.has("memory"), "no memory cgroup of version 1 to write to"))
    func theOutOfMemoryKillerIsNamed() async throws {
      let cgroup = try Cgroup("memory", ["memory.limit_in_bytes": "67108864"])
      defer { cgroup.remove() }
      var setup = Setup(
        "[program:app]\ncommand=%(here)s/eater\nstartsecs=0\nautorestart=false\nessential=exit\n",
        files: ["eater": eater])
      setup.launcher = cgroup.launcher
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(
          137, "exit 137: essential program app ended: killed by the OOM killer (limit 64 MiB)")
        try await swinit.log("warn app: EXITED, killed by the OOM killer (limit 64 MiB)")
      }
    }

    /// The files of version 2, as a container has them; the counter rises before the kill.
    @Test(arguments: [true, false])
    func theCounterOfVersion2Decides(isCounted: Bool) async throws {
      let count = "echo 'oom 1\noom_kill 3\noom_group_kill 0' > /sys/fs/cgroup/memory.events"
      let text = """
        [program:app]
        command=sh -c "%(here)s/count; kill -KILL $$"
        startsecs=0
        autorestart=false
        essential=exit
        """
      var setup = Setup(
        text, files: ["count": "#!/bin/sh\n" + (isCounted ? count : "true") + "\n"])
      setup.launcher = Setup.asPID1(after: memoryOfVersion2)
      try await withSwinit(setup) { swinit in
        let cause = isCounted ? "killed by the OOM killer (limit 512 MiB)" : "killed by SIGKILL"
        try await swinit.expectEnd(137, "exit 137: essential program app ended: \(cause)")
      }
    }

    /// A shell between swinit and whom it hit: it ends with 128 + SIGKILL.
    @Test func theOutOfMemoryKillerIsNamedBehindAShell() async throws {
      let text = """
        [program:app]
        command=sh -c "%(here)s/count; sh -c 'kill -KILL $$'; exit $?"
        startsecs=0
        autorestart=false
        essential=exit
        """
      var setup = Setup(text, files: ["count": count])
      setup.launcher = Setup.asPID1(after: memoryOfVersion2)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(
          137, "exited with status 137, its child was killed by the OOM killer (limit 512 MiB)")
      }
    }

    /// What was said of one life is not said of the next.
    @Test func ourOwnKillIsNotTheOutOfMemoryKillers() async throws {
      let script = """
        #!/bin/sh
        trap '' TERM
        [ -e "$0.again" ] && { echo stubborn; while :; do sleep 0.05; done; }
        touch "$0.again"
        "$(dirname "$0")/count"
        kill -KILL $$
        """
      let text = """
        [program:app]
        command=%(here)s/app
        startsecs=0
        stopwaitsecs=0.1
        """
      var setup = Setup(text, files: ["count": count, "app": script])
      setup.launcher = Setup.asPID1(after: memoryOfVersion2)
      try await withSwinit(setup) { swinit in
        try await swinit.log("app: EXITED, killed by the OOM killer (limit 512 MiB)")
        try await swinit.line("stubborn")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(
          swinit.errors.texts.contains { $0.hasSuffix("app: STOPPED") }, "\(swinit.transcript)")
      }
    }

    @Test func aCrashLoopIsToldInOneLine() async throws {
      let text = "[program:app]\ncommand=sh -c \"exit 7\"\nstartretries=1\n"
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log(
          "app: FATAL, exited with status 7 before startsecs (2 tries, each within")
        try await swinit.expectEnd(
          7, "app is FATAL: exited with status 7 before startsecs, 2 times in a row, each within")
      }
    }

    /// The last line on stderr, where it passes through swinit.
    @Test(
      arguments: [
        ("log_format=prefix", true), ("stderr_logfile=%(here)s/err.log", true),
        ("log_format=raw\nredirect_stderr=true", true),
        ("stderr_logfile=%(here)s/err.log\nstderr_logfile_maxbytes=0", false), ("", false),
      ])
    func theLastWordsOfTheProgramAreTold(options: String, areKnown: Bool) async throws {
      let text = """
        [program:app]
        command=sh -c "echo begun; printf 'one\\ncannot reach the database\\n\\n' >&2; exit 3"
        startsecs=0
        autorestart=false
        essential=exit
        \(options)
        """
      try await withSwinit(Setup(text)) { swinit in
        let words = areKnown ? ", last line on stderr \"cannot reach the database\"" : ""
        try await swinit.expectEnd(
          3, "exit 3: essential program app ended: exited with status 3\(words)")
        #expect(swinit.errors.texts.last?.contains("last line") == areKnown, "\(swinit.transcript)")
      }
    }

    @Test func whoAskedForTheStopIsNamed() async throws {
      let text = "[program:app]\ncommand=sh -c \"sleep 0.2; kill -QUIT $PPID; sleep 60; true\"\n"
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.end()
        let last = swinit.errors.texts.last ?? ""
        #expect(last.contains("exit 0: stopped by SIGQUIT from pid "), "\(swinit.transcript)")
        #expect(last.hasSuffix(" (uid 0, sh)"), "\(swinit.transcript)")
      }
    }

    /// They are not shortened: the end of a line and its middle count as much as its beginning.
    @Test func theLastWordsAreWhole() async throws {
      let words = (1...40).map { "word\($0)" }.joined(separator: " ")
      let text = """
        [program:app]
        command=sh -c "printf '\\033[31m\(words)\\n' >&2; exit 3"
        log_format=prefix
        startsecs=0
        autorestart=false
        essential=exit
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(3, "last line on stderr \"\\x1b[31m\(words)\"")
      }
    }

    /// A process may call itself anything.
    @Test func theSendersNameHarmsNoTerminal() async throws {
      let script = "#!/usr/bin/perl\n$0 = qq(a\\e[31m\\rb); kill 'QUIT', getppid; sleep 60;\n"
      let setup = Setup("[program:app]\ncommand=%(here)s/app\n", files: ["app": script])
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "uid 0, a\\x1b[31m\\rb)")
      }
    }

    /// Who cannot even begin says so there, too.
    @Test(
      arguments: [
        ("directory=/no/such", 71, "chdir \"/no/such\": No such file or directory")
      ] as [(String, Int32, String)])
    func theTerminationLogHasWhyNothingBegan(line: String, code: Int32, why: String) async throws {
      var setup = Setup("[swinit]\n\(line)\n[program:app]\ncommand=sleep 60\n")
      setup.launcher = Setup.asPID1(after: terminationLog)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(code, "error exit \(code): cannot start: \(why)")
        let text = swinit.folder.read("termination-log") ?? ""
        #expect(text == "exit \(code): cannot start: \(why)\n")
      }
    }

    @Test func theTerminationLogHasWhatIsWrongWithTheFiles() async throws {
      var setup = Setup("[swinit]\nuser=nobodyatall\n[program:app]\ncommand=sleep 60\n")
      setup.launcher = Setup.asPID1(after: terminationLog)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(
          78, "test.conf:2: cannot find user \"nobodyatall\" in /etc/passwd")
        let text = swinit.folder.read("termination-log") ?? ""
        #expect(text.hasPrefix("exit 78: the configuration has errors\n"), "\(text)")
        #expect(text.hasSuffix(": cannot find user \"nobodyatall\" in /etc/passwd\n"), "\(text)")
      }
    }

    @Test func theTerminationLogHasTheLastLine() async throws {
      var setup = Setup("[program:app]\ncommand=sleep 60\nstartsecs=0\n")
      setup.launcher = Setup.asPID1(
        after: terminationLog + "\necho own words > /dev/termination-log")
      try await withSwinit(setup) { swinit in
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let text = swinit.folder.read("termination-log") ?? ""
        #expect(text.hasPrefix("own words\nexit 0: stopped by SIGTERM"), "\(text)")
      }
    }

    @Test func theTerminationLogHasTheErrorsOfTheConfiguration() async throws {
      var setup = Setup("[program:app]\n")
      setup.launcher = Setup.asPID1(after: terminationLog)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(78, "test.conf:1: cannot run [program:app]: command= is missing")
        let text = swinit.folder.read("termination-log") ?? ""
        #expect(text.hasPrefix("exit 78: the configuration has errors\n"), "\(text)")
        #expect(text.contains("command= is missing"), "\(text)")
      }
    }

    /// Neither is the file made, nor a fifo waited for.
    @Test(arguments: [true, false])
    func withoutARegularFileNothingIsWritten(isFifo: Bool) async throws {
      var setup = Setup("[program:app]\ncommand=sleep 60\nstartsecs=0\n")
      let script = """
        mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3
        \(isFifo ? "mkfifo /dev/termination-log" : "")
        "$@"
        code=$?
        ls /dev
        exit $code
        """
      setup.launcher = Setup.asPID1 + ["sh", "-c", script, "FOLDER"]
      try await withSwinit(setup) { swinit in
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let found = swinit.output?.texts.contains("termination-log")
        #expect(found == isFifo, "\(swinit.transcript)")
      }
    }

    @Test(.enabled(if: Cgroup.has("pids"), "no pids cgroup of version 1 to write to"))
    func theLimitOfProcessesIsExplained() async throws {
      let cgroup = try Cgroup("pids", ["pids.max": "24"])
      defer { cgroup.remove() }
      let text = """
        [program:hog]
        command=%(here)s/hog
        startsecs=0
        [program:late]
        command=sleep 0.1
        startsecs=0
        startretries=1
        autorestart=true
        """
      var setup = Setup(text, files: ["hog": hog])
      setup.launcher = cgroup.launcher
      try await withSwinit(setup) { swinit in
        let reason = "fork: Resource temporarily unavailable (pids limit 24 reached, "
        let line = try await swinit.log("late: BACKOFF, cannot start: \(reason)")
        #expect(line.contains(" by hog, 0 of them zombies, and swinit itself)"), "\(line)")
        try await swinit.expectEnd(1, "late is FATAL: cannot start: \(reason)")
      }
    }

    @Test(.enabled(if: Cgroup.has("pids"), "no pids cgroup of version 1 to write to"))
    func theLimitOfProcessesIsWarnedOf() async throws {
      let cgroup = try Cgroup("pids", ["pids.max": "23"])
      defer { cgroup.remove() }
      var setup = Setup(
        """
        [program:many]
        command=sleep 60
        process_name=%(program_name)s_%(process_num)d
        numprocs=20
        startsecs=0
        """)
      setup.launcher = cgroup.launcher
      try await withSwinit(setup) { swinit in
        try await swinit.log("of 23 processes are used (pids limit of the container): ")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "pids limit").count == 1, "\(swinit.transcript)")
      }
    }
  }
}
