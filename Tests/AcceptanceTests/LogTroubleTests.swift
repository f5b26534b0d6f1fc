import Foundation
import Testing

// "never blocked": what is in the way of the logs for a while costs time, not lines, and
// what costs lines is counted. Each cause is a real one.

/// `command` with a log file of its own, done when it is done.
private func logging(_ command: String, to file: String, _ options: String = "") -> String {
  """
  [program:a]
  command=\(command)
  startsecs=0
  autorestart=false
  stdout_logfile=%(here)s/\(file)
  \(options)

  """
}

/// `seq 1 LAST`, or how it goes on after `first`.
private func sequence(_ first: Int = 1, _ last: Int) -> String {
  (first...last).map { "\($0)\n" }.joined()
}

extension Container {
  fileprivate func file(_ name: String) -> String? {
    try? String(contentsOfFile: inside(name), encoding: .utf8)
  }

  /// Lines of swinit's own that hold all of the parts.
  fileprivate func said(_ parts: String...) -> Int {
    errors.texts.filter { line in parts.allSatisfy { line.contains($0) } }.count
  }
}

extension Acceptance {
  @Suite struct LogTroubles {
    /// A reader of the container's stdout that stops, and goes on.
    @Test(arguments: [Setup.Streams.separate, .socket])
    func stoppedReader(_ streams: Setup.Streams) async throws {
      var setup = Setup(
        beat + """
          [program:a]
          command=seq 1 200000
          log_format=prefix
          startsecs=0
          autorestart=false
          """)
      setup.streams = streams
      setup.readsOutput = false
      try await withSwinit(setup) { swinit in
        try await swinit.log("stdout: nobody reads it: what leads there waits")
        try await swinit.isAlive()
        #expect(swinit.places(of: "a: EXITED").isEmpty)
        swinit.readsOutput = true
        try await swinit.log("stdout: is read again after")
        try await swinit.log("a: EXITED")
        try await swinit.wait("the last line") { swinit.output?.texts.last == "a | 200000" }
        #expect(try #require(swinit.output).texts == (1...200_000).map { "a | \($0)" })
        #expect(swinit.said("stdout: nobody reads it") == 1)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A disk that is full, until somebody makes room.
    @Test func fullDisk() async throws {
      var setup = Setup(
        beat + logging("seq 1 100000", to: "disk/a.log", "stdout_logfile_backups=0"))
      setup.launcher = Setup.asPID1(
        after: """
          mkdir $0/disk && mount -t tmpfs -o size=1m none $0/disk || exit 99
          head -c 900000 /dev/zero > $0/disk/filler
          """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("disk/a.log: cannot write: No space left on device")
        try await swinit.isAlive()
        #expect(swinit.places(of: "a: EXITED").isEmpty)
        #expect(unlink(swinit.inside("disk/filler")) == 0)
        try await swinit.log("a: EXITED")
        let word = try await swinit.log("disk/a.log: works again after")
        #expect(word.contains("bytes had waited, none is lost"))
        let whole = sequence(1, 100_000)
        try await swinit.wait("the last line") {
          swinit.file("disk/a.log")?.utf8.count ?? 0 >= whole.utf8.count
        }
        #expect(swinit.file("disk/a.log") == whole)
        #expect(swinit.said("cannot write") == 1)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Somebody makes room by removing the log itself: what follows goes to a new one.
    @Test func removedToMakeRoom() async throws {
      var setup = Setup(
        beat + logging("seq 1 250000", to: "disk/a.log", "stdout_logfile_backups=0"))
      setup.launcher = Setup.asPID1(
        after: "mkdir $0/disk && mount -t tmpfs -o size=1m none $0/disk || exit 99")
      try await withSwinit(setup) { swinit in
        try await swinit.log("disk/a.log: cannot write: No space left on device")
        try await swinit.isAlive()
        let old = try #require(swinit.file("disk/a.log"))
        #expect(old.utf8.count == 1 << 20)
        #expect(unlink(swinit.inside("disk/a.log")) == 0)
        try await swinit.log("a: EXITED")
        let whole = sequence(1, 250_000)
        try await swinit.wait("the last line") {
          swinit.file("disk/a.log")?.utf8.count ?? 0 >= whole.utf8.count - old.utf8.count
        }
        #expect(old + (swinit.file("disk/a.log") ?? "") == whole)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A file system that its kernel turns read-only for an error, until it is mounted anew.
    @Test(.enabled(if: Host.mountsImages, "no image can be mounted (no loop device)"))
    func readOnlyFileSystem() async throws {
      var setup = Setup(
        beat
          + logging(
            #"sh -c "seq 1 1000; while ! [ -e %(here)s/go ]; do sleep 0.05; done; seq 1001 60000""#,
            to: "disk/a.log"))
      setup.launcher = Setup.asPID1(
        after: """
          mkdir $0/disk && truncate -s 8M $0/image && mkfs.ext4 -q $0/image || exit 99
          mount -o loop $0/image $0/disk || exit 99
          """)
      try await withSwinit(setup) { swinit in
        try await swinit.wait("the first lines") { swinit.file("disk/a.log") == sequence(1, 1000) }
        let inside = ["nsenter", "-t", "\(swinit.pid)", "-m", "-p"]
        let disk = swinit.folder.path + "/disk"
        let aborted = try await run(inside + ["mount", "-o", "remount,abort", disk])
        #expect(aborted.ending == .exited(0), "\(aborted.errors)")
        try swinit.folder.write("", to: "go")
        try await swinit.log("disk/a.log: cannot write: Read-only file system")
        try await swinit.isAlive()
        let mounted = try await run(inside + ["mount", "-t", "tmpfs", "none", disk])
        #expect(mounted.ending == .exited(0), "\(mounted.errors)")
        try await swinit.log("a: EXITED")
        try await swinit.log("none is lost")
        let rest = sequence(1001, 60000)
        try await swinit.wait("the last line") {
          swinit.file("disk/a.log")?.utf8.count ?? 0 >= rest.utf8.count
        }
        #expect(swinit.file("disk/a.log") == rest)
        #expect(swinit.said("cannot write") == 1)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A rename that fails in the middle of a rotation: the file grows on, and is rotated when it can
    /// be.
    @Test func failedRename() async throws {
      let command =
        #"sh -c "seq 1 9999; while ! [ -e %(here)s/go ]; do sleep 0.05; done; seq 10000 12000""#
      var setup = Setup(
        beat
          + logging(
            command, to: "logs/a.log", "stdout_logfile_maxbytes=20000\nstdout_logfile_backups=2"))
      // A folder that is not empty cannot be replaced by a file.
      setup.files = ["logs/a.log.2/x": ""]
      try await withSwinit(setup) { swinit in
        try await swinit.log("logs/a.log: cannot rotate: Is a directory: it grows on")
        try await swinit.isAlive()
        try await swinit.wait("all so far") {
          swinit.folder.read("logs/a.log")?.hasSuffix("\n9999\n") == true
        }
        try FileManager.default.removeItem(atPath: swinit.folder.path + "/logs/a.log.2")
        try swinit.folder.write("", to: "go")
        try await swinit.log("a: EXITED")
        try await swinit.log("logs/a.log: is rotated again")
        #expect(swinit.said("cannot rotate") == 1)
        let names = swinit.folder.names("logs")
        #expect(names == ["a.log", "a.log.1", "a.log.2"])
        let parts = names.reversed().map { swinit.folder.read("logs/" + $0) ?? "" }
        #expect(parts.joined() == sequence(1, 12000))
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Nobody will ever read stdout: said, counted, and nobody waits.
    @Test func closedStdout() async throws {
      let setup = Setup(
        beat + """
          [program:a]
          command=sh -c "while ! [ -e %(here)s/go ]; do sleep 0.05; done; seq 1 50000"
          log_format=prefix
          startsecs=0
          autorestart=false
          """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("a: RUNNING")
        swinit.closeOutput()
        try swinit.folder.write("", to: "go")
        try await swinit.log("stdout: Broken pipe: what is written there is dropped")
        try await swinit.log("a: EXITED")
        try await swinit.isAlive()
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let bytes = (1...50000).reduce(0) { $0 + "a | \($1)\n".utf8.count }
        #expect(swinit.said("stdout: \(bytes) bytes were dropped: nobody can read them") == 1)
        #expect(swinit.said("Broken pipe") == 1)
      }
    }

    /// The same of stderr, where swinit speaks itself.
    @Test func closedStderr() async throws {
      let setup = Setup(
        """
        [swinit]
        log_format=prefix
        [program:a]
        command=sh -c "while ! [ -e %(here)s/go ]; do sleep 0.05; done; seq 1 50000 >&2; echo done"
        startsecs=0
        autorestart=false
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("a: RUNNING")
        swinit.closeErrors()
        try swinit.folder.write("", to: "go")
        try await swinit.expectEnd(0, "a: RUNNING")
        #expect(swinit.output?.texts == ["a | done"])
      }
    }

    /// What a program wrote before it died arrives, also when a grandchild holds its pipe.
    @Test func whatTheDeadHaveWritten() async throws {
      let setup = Setup(
        beat + """
          [program:a]
          command=sh -c "sleep 600 & seq 1 9000; printf 'no newline'; kill -9 $$"
          log_format=prefix
          startsecs=0
          autorestart=false
          essential=none
          """)
      try await withSwinit(setup) { swinit in
        let expected = (1...9000).map { "a | \($0)" } + ["a | no newline"]
        try await swinit.wait("all") { swinit.output?.texts.count ?? 0 >= expected.count }
        #expect(swinit.output?.texts == expected)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A grandchild that never stops writing keeps neither its program's end nor swinit's waiting.
    @Test func aGrandchildThatNeverStops() async throws {
      let setup = Setup(
        """
        [swinit]
        stay=true
        [program:a]
        command=sh -c "echo main; yes & exit 3"
        log_format=prefix
        startsecs=0
        autorestart=false
        essential=none
        """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("a: EXITED")
        try await swinit.line("a | main")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        for line in swinit.output?.texts ?? [] { #expect(line == "a | y" || line == "a | main") }
      }
    }

    /// The end of swinit, with a reader that has stopped: bounded, and what is lost is counted.
    @Test func stoppedReaderAtTheEnd() async throws {
      var setup = Setup(
        """
        [program:a]
        command=%(here)s/write
        log_format=raw
        startsecs=0
        """)
      setup.files = [
        "write": #"""
        #!/usr/bin/perl
        my ($sum, $stop, $rest) = (0, 0, "");
        $SIG{TERM} = sub { $stop = 1 };
        until ($stop) {
          $rest = "0123456789" x 9 . "012345678\n" if $rest eq "";
          my $n = syswrite(STDOUT, $rest);
          next unless defined $n;
          $sum += $n;
          substr($rest, 0, $n) = "";
        }
        open(F, ">", "$ENV{SUM}.new"); print F $sum; close F;
        rename("$ENV{SUM}.new", $ENV{SUM});
        """#
      ]
      setup.fragments["test.conf"]! += "\nenvironment=SUM=\"%(here)s/sum\"\n"
      setup.readsOutput = false
      try await withSwinit(setup) { swinit in
        try await swinit.log("stdout: nobody reads it: what leads there waits")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let sum = try #require(Int(swinit.folder.read("sum") ?? ""))
        let word = try #require(
          swinit.errors.texts.first { $0.contains("stdout: does not take what is left at the end") }
        )
        let lost = try #require(Int(word.split(separator: " ").dropLast(3).last ?? ""))
        swinit.readsOutput = true
        try await swinit.end()
        let output = try #require(swinit.output)
        let read = output.texts.reduce(0) { $0 + $1.utf8.count + 1 } + output.remainder.utf8.count
        // A last line without its end gets one.
        #expect((read + lost) - sum <= 1 && (read + lost) - sum >= 0, "\(read) + \(lost), \(sum)")
        #expect(lost > 0)
      }
    }

    /// 200 programs that write as fast as they can, short lines and lines that never end, to a reader
    /// and to none: memory has a bound.
    @Test(arguments: [("yes", true), ("yes", false), ("cat /dev/zero", true)])
    func memory(_ command: String, _ isRead: Bool) async throws {
      var setup = Setup(
        """
        [program:a]
        command=\(command)
        numprocs=200
        process_name=%(process_num)d
        log_format=prefix
        startsecs=0
        """)
      // A reader that forgets; the tests' own would remember everything.
      setup.launcher = Setup.asPID1(
        after: isRead ? "mkfifo $0/out; cat $0/out > /dev/null & exec > $0/out" : "")
      setup.readsOutput = false
      try await withSwinit(setup) { swinit in
        try await swinit.wait("all") { swinit.places(of: "RUNNING").count == 200 }
        // Until each of them must have written more than its pipe and swinit hold, or waits.
        let written = { (pid: pid_t) in
          procFile("\(pid)/io")?.split(separator: "\n").first { $0.hasPrefix("wchar") }
            .flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        }
        let programs = children(of: swinit.pid).filter { executable($0)?.contains("bin/") == true }
        let enough = isRead ? 1 << 20 : 32 << 10
        try await swinit.wait("bytes", within: 60) {
          programs.filter { written($0) >= enough }.count >= 200
        }
        let resident = try #require(
          status(swinit.pid, "VmRSS").flatMap { Int($0.split(separator: " ")[0]) })
        let bound = command == "yes" ? 1500 : 200 * 64 * 2 + 1500
        #expect(resident <= bound, "kB")
        swinit.signal(SIGTERM)
        try await swinit.end(within: 60)
        #expect(swinit.ending == .exited(0))
      }
    }
  }
}
