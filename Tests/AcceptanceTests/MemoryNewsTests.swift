import Foundation
import Testing

// The kernel's own news of memory: kills that no child's end tells of, and what is put down before the
// kernel kills a whole container (version 2). Where the machine has version 1 these are its own; those of
// version 2 are made up here, and tried for real in a virtual machine (Tests/vm).

private let eater = """
  #!/usr/bin/perl
  my @all;
  for (1 .. 400) { push @all, "x" x (1 << 20); }
  sleep 60;
  """

/// Its worker is killed, and when told so it is itself, by somebody else.
private let parent = """
  #!/bin/sh
  "$(dirname "$0")/worker"
  until [ -e "$0.go" ]; do sleep 0.02; done
  kill -KILL $$
  """

private let program = """
  [program:app]
  command=%(here)s/parent
  startsecs=0
  autorestart=false
  essential=exit
  """

private func memory(group: String) -> String {
  """
  umount -l /sys/fs/cgroup; mount -t tmpfs tmpfs /sys/fs/cgroup || exit 99
  echo 'max 0\noom_kill 2' > /sys/fs/cgroup/memory.events
  echo 67108864 > /sys/fs/cgroup/memory.max
  echo \(group) > /sys/fs/cgroup/memory.oom.group
  mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3
  echo 'own words' > "$0/termination-log" && touch /dev/termination-log
  mount --bind "$0/termination-log" /dev/termination-log
  """
}

extension Acceptance {
  @Suite struct NewsOfMemory {
    @Test(.enabled(if: Cgroup.has("memory"), "no memory cgroup of version 1 to write to"))
    func aWorkersKillIsToldAndNoLaterOneIsTakenForIt() async throws {
      let cgroup = try Cgroup("memory", ["memory.limit_in_bytes": "67108864"])
      defer { cgroup.remove() }
      var setup = Setup(program, files: ["worker": eater, "parent": parent])
      setup.launcher = cgroup.launcher
      try await expectWorker(setup, limit: "64 MiB")
    }

    @Test func soIsOneOfVersion2() async throws {
      let kill = "#!/bin/sh\necho 'max 1\noom_kill 3' > /sys/fs/cgroup/memory.events\n"
      var setup = Setup(program, files: ["worker": kill, "parent": parent])
      setup.launcher = Setup.asPID1(after: memory(group: "0"))
      try await expectWorker(setup, limit: "64 MiB")
    }

    private func expectWorker(_ setup: Setup, limit: String) async throws {
      try await withSwinit(setup) { swinit in
        try await swinit.log(
          "warn a process of this container was killed by the OOM killer (limit \(limit)): "
            + "no program's own, a worker")
        try swinit.folder.write("", to: "parent.go")
        try await swinit.expectEnd(
          137, "exit 137: essential program app ended: killed by SIGKILL")
        try await swinit.log("warn app: EXITED, killed by SIGKILL")
      }
    }

    /// The limit is reached, and the container is killed as one: who holds the memory stands in the
    /// termination log before that, until something better does.
    @Test(arguments: [true, false])
    func whatHoldsTheMemoryIsPutDownBeforehand(isGroup: Bool) async throws {
      let holder = """
        #!/usr/bin/perl
        my $held = "x" x (8 << 20);
        open(my $file, ">", "/sys/fs/cgroup/memory.events");
        print $file "max 1\noom_kill 3\n";
        close $file;
        sleep 60;
        """
      var setup = Setup(
        "[program:small]\ncommand=sleep 60\n[program:app]\ncommand=%(here)s/holder\n",
        files: ["holder": holder])
      setup.launcher = Setup.asPID1(after: memory(group: isGroup ? "1" : "0"))
      try await withSwinit(setup) { swinit in
        let text = { swinit.folder.read("termination-log") ?? "" }
        if isGroup {
          try await swinit.wait("the note") { text().contains("app ") }
          let note = text()
          #expect(note.hasPrefix("own words\nat 2"), "\(note)")
          #expect(
            note.contains("Z the memory limit of the container was reached (limit 64 MiB): app "))
          #expect(
            note.hasSuffix(
              " MiB; if this is the last line, the kernel has killed all of it (memory.oom.group)\n"
            ))
          #expect(!note.contains("small"), "\(note)")
        }
        try await swinit.log("killed by the OOM killer")
        if !isGroup { #expect(text() == "own words\n") }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(text().hasPrefix("own words\nexit 0: stopped by SIGTERM"), "\(text())")
      }
    }

    /// Behind the note a program has written something: both stay.
    @Test func whatIsWrittenBehindTheNoteStays() async throws {
      let late = """
        #!/usr/bin/perl
        my $held = "x" x (8 << 20);
        system "echo 'max 1\\noom_kill 2' > /sys/fs/cgroup/memory.events";
        system "until grep -q ': app ' /dev/termination-log; do sleep 0.02; done";
        system "echo 'late words' >> /dev/termination-log; echo written";
        sleep 60;
        """
      var setup = Setup("[program:app]\ncommand=%(here)s/late\n", files: ["late": late])
      setup.launcher = Setup.asPID1(after: memory(group: "1"))
      try await withSwinit(setup) { swinit in
        try await swinit.line("written")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let lines = (swinit.folder.read("termination-log") ?? "").split(separator: "\n")
        try #require(lines.count == 4, "\(lines)")
        #expect(lines[1].hasPrefix("at 2"))
        #expect(lines[2] == "late words")
        #expect(lines[3].hasPrefix("exit 0: "))
      }
    }
  }
}
