import Foundation
import Testing

// Processes and descriptors that have run out.

/// Takes every process that the limit leaves, but only when it is told to.
private let hog = """
  #!/usr/bin/perl
  $SIG{USR1} = sub { $go = 1 };
  print STDERR "hog waits\\n";
  select(undef, undef, undef, 0.01) until $go;
  for (1 .. 100) {
    my $child = fork();
    last unless defined $child;
    exec "sleep", "60" unless $child;
  }
  sleep 60;
  """

extension Acceptance {
  @Suite struct Shortages {
    /// It starts nothing itself when that happens, and hears of it from the kernel.
    @Test(.enabled(if: Cgroup.has("pids"), "no pids cgroup of version 1 to write to"))
    func aProgramThatFillsTheLimitOfProcessesIsToldOf() async throws {
      let cgroup = try Cgroup("pids", ["pids.max": "24"])
      defer { cgroup.remove() }
      let text = "[program:hog]\ncommand=%(here)s/hog\nstartsecs=0\nforward_signals=USR1\n"
      var setup = Setup(text, files: ["hog": hog])
      setup.launcher = cgroup.launcher
      try await withSwinit(setup) { swinit in
        try await swinit.log("hog waits")
        swinit.signal(SIGUSR1)
        try await eventually("a fork that fails") {
          let text = try? String(contentsOfFile: cgroup.path + "/pids.events", encoding: .utf8)
          return text != nil && text != "max 0\n"
        }
        // Version 1 does not wake everywhere: it is looked at when children may have ended.
        swinit.signal(SIGCHLD)
        let line = try await swinit.log(
          "warn the pids limit of the container, 24, is reached: a fork of a program has failed: ")
        #expect(line.contains(" by hog, 0 of them zombies, and swinit itself"), "\(line)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Nine tenths of a small number are all but one.
    @Test(.enabled(if: Cgroup.has("pids"), "no pids cgroup of version 1 to write to"))
    func aSmallLimitOfProcessesIsWarnedOfWhenItIsNear() async throws {
      let cgroup = try Cgroup("pids", ["pids.max": "9"])
      defer { cgroup.remove() }
      var setup = Setup(
        """
        [program:one]
        command=sleep 60
        startsecs=0
        priority=1
        [program:many]
        command=sleep 60
        process_name=%(program_name)s_%(process_num)d
        numprocs=6
        startsecs=0
        """)
      setup.launcher = cgroup.launcher
      try await withSwinit(setup) { swinit in
        // Beside the programs there are unshare and swinit itself.
        let line = try await swinit.log(" processes are used (pids limit of the container): ")
        #expect(line.contains("warn 8 of 9 processes are used"), "\(line)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test(arguments: ["direct", "prefix"])
    func sixteenDescriptorsServeWhatTheyCan(format: String) async throws {
      var setup = Setup(
        """
        [swinit]
        essential=none
        stay=true
        log_format=\(format)
        [program:p]
        command=sh -c "echo here; exec sleep 60"
        process_name=%(process_num)d
        numprocs=5
        startsecs=0
        startretries=1
        """)
      // Whatever the tests' own process leaves open counts too.
      let script = """
        for file in /proc/self/fd/*; do
          number=${file##*/}
          [ "$number" -gt 2 ] && eval "exec $number>&-"
        done
        ulimit -n 16
        exec "$@"
        """
      setup.launcher = Setup.asPID1 + ["bash", "-c", script, "bash"]
      try await withSwinit(setup) { swinit in
        let count = { (state: String) in swinit.places(of: state).count }
        try await swinit.wait("five ends of five starts") {
          count(": RUNNING") + count(": FATAL") == 5
        }
        if format == "direct" {
          #expect(count(": RUNNING") == 5, "\(swinit.transcript)")
        } else {
          #expect(count(": RUNNING") >= 1, "\(swinit.transcript)")
          let words = " (swinit's limit of open files is 16"
          #expect(swinit.places(of: words).count >= count(": FATAL"), "\(swinit.transcript)")
        }
        let running = count(": RUNNING")
        try await swinit.wait("what they write") {
          swinit.output?.texts.filter { $0.hasSuffix("here") }.count == running
        }
        swinit.signal(SIGTERM)
        // A program that is FATAL did not get what it wanted, but essential=none.
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(count(": STOPPED") == running, "\(swinit.transcript)")
      }
    }
  }
}
