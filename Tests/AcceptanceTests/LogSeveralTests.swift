import Foundation
import Testing

// One stream to several places (`stdout_logfile=a.log,/dev/stdout`): each has all of it, in its own
// form, and one that takes nothing costs the others no line. And where swinit's own lines go.

/// A program that runs once.
private func once(_ command: String, _ options: String) -> String {
  """
  [program:a]
  command=\(command)
  startsecs=0
  autorestart=false
  \(options)

  """
}

private func sequence(_ last: Int) -> String { (1...last).map { "\($0)\n" }.joined() }

extension Container {
  /// What the files of a log hold, the oldest first.
  fileprivate func log(in folder: String) -> String {
    let number = { (name: String) in Int(name.split(separator: ".").last ?? "") ?? 0 }
    return self.folder.names(folder).sorted { number($0) > number($1) }
      .map { self.folder.read(folder + "/" + $0) ?? "" }.joined()
  }
}

extension Acceptance {
  @Suite struct LogSeveral {
    /// A file that is rotated, one that is not, and the container.
    @Test func eachPlaceHasAll() async throws {
      let text = once(
        #"sh -c "seq 1 20000; printf end""#,
        """
        stdout_logfile=%(here)s/a/a.log , /dev/stdout,%(here)s/b,,/b.log
        stdout_logfile_maxbytes=20000
        stdout_logfile_backups=99
        """)
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.log(in: "a") == sequence(20000) + "end")
        #expect(swinit.log(in: "b,") == sequence(20000) + "end")
        #expect(swinit.folder.names("a").count > 4)
        #expect(swinit.screen == sequence(20000) + "end\n")
        #expect(swinit.folder.names("").filter { $0.contains(",") } == ["b,"])
      }
    }

    /// Each has its own form, and a place that two names lead to has each line once.
    @Test(arguments: [
      ("", "out", "out\n"), ("log_format=prefix", "a | out", "a | out\n"),
    ])
    func eachPlaceHasItsForm(_ option: String, _ line: String, _ file: String) async throws {
      let place = "%(here)s/logs/../logs/a.log,/dev/stdout,%(here)s/logs/a.log,/dev/fd/1"
      let text = once(
        #"sh -c "echo out; printf out >&2""#,
        """
        \(option)
        stdout_logfile=\(place)
        stderr_logfile=/dev/stderr,%(here)s/err.log
        """)
      try await withSwinit(Setup("[swinit]\nlog_format=raw\n" + text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.output?.texts == [line])
        #expect(swinit.log(in: "logs") == file)
        #expect(swinit.errors.texts.filter { $0 == line }.count == 1)
        #expect(swinit.folder.read("err.log") == (option.isEmpty ? "out" : file))
      }
    }

    /// Escape sequences are taken out of files alone.
    @Test func escapeSequencesGoToTheContainer() async throws {
      let text = once(
        #"printf "\033[1mbold\033[0m\033\n\033""#, "stdout_logfile=/dev/stdout,%(here)s/a.log")
      try await withSwinit(Setup("[swinit]\nstrip_ansi=true\n" + text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.screen == "\u{1B}[1mbold\u{1B}[0m\u{1B}\n\u{1B}\n")
        #expect(swinit.folder.read("a.log") == "bold\u{1B}\n\u{1B}")
      }
    }

    /// Without a syslog the other places have all, and that is said once.
    @Test func syslogIsNotThere() async throws {
      var setup = Setup(once("seq 1 1000", "stdout_logfile=%(here)s/a.log,syslog,/dev/stdout"))
      setup.launcher = Setup.asPID1(
        after: "mkdir $0/dev && mount -t tmpfs none $0/dev && cp -a /dev/null $0/dev/"
          + " && mount --move $0/dev /dev || exit 99")
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.places(of: "syslog: /dev/log: ").count == 1, "\(swinit.transcript)")
        #expect(swinit.screen == sequence(1000))
        #expect(swinit.folder.read("a.log") == sequence(1000))
      }
    }

    /// One place that nobody reads: the program waits, and in the end every place has all. The others
    /// have what was read meanwhile.
    @Test func onePlaceIsNotRead() async throws {
      var setup = Setup(
        beat + once("seq 1 60000", "stdout_logfile=%(here)s/a.log,%(here)s/fifo,/dev/stdout"))
      setup.launcher = Setup.asPID1(after: "mkfifo $0/fifo")
      try await withSwinit(setup) { swinit in
        try await swinit.log("fifo: nobody reads it: what leads there waits")
        try await swinit.isAlive()
        try await swinit.wait("lines elsewhere") {
          swinit.output?.texts.isEmpty == false && swinit.folder.read("a.log")?.isEmpty == false
        }
        #expect(swinit.places(of: "a: EXITED").isEmpty)
        let reader = open(swinit.folder.path + "/fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(reader >= 0)
        var output = Lines(reading: reader)
        defer { output.close() }
        try await swinit.wait("all") {
          output.drain()
          return output.texts.count >= 60000
        }
        try await swinit.log("a: EXITED")
        let expected = (1...60000).map { "\($0)" }
        #expect(output.texts == expected)
        try await swinit.wait("the last line") { swinit.output?.texts.count == 60000 }
        #expect(swinit.output?.texts == expected)
        #expect(swinit.folder.read("a.log") == sequence(60000))
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// One place whose disk is full, until somebody makes room: as if it were the only one.
    @Test func onePlaceIsFull() async throws {
      var setup = Setup(
        beat + once("seq 1 100000", "stdout_logfile=/dev/stdout,%(here)s/disk/a.log"))
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
        try await swinit.wait("the last line") { swinit.output?.texts.count == 100_000 }
        #expect(swinit.screen == sequence(100_000))
        let file = try String(contentsOfFile: swinit.inside("disk/a.log"), encoding: .utf8)
        #expect(file == sequence(100_000))
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The end, with one place that takes nothing: what is left goes to the other.
    @Test(arguments: ["/dev/stdout,%(here)s/a.log", "%(here)s/a.log,%(here)s/fifo"])
    func theEndWithAPlaceThatTakesNothing(_ places: String) async throws {
      var setup = Setup(
        once("%(here)s/write", "stdout_logfile=\(places)\nenvironment=SUM=\"%(here)s/sum\"\n"))
      setup.files = [
        "write": #"""
        #!/usr/bin/perl
        my ($sum, $stop) = (0, 0);
        $SIG{TERM} = sub { $stop = 1 };
        until ($stop) { $sum += syswrite(STDOUT, "0123456789" x 9 . "012345678\n") // 0 }
        open(F, ">", "$ENV{SUM}.new"); print F $sum; close F;
        rename("$ENV{SUM}.new", $ENV{SUM});
        """#
      ]
      setup.launcher = Setup.asPID1(after: "mkfifo $0/fifo")
      setup.readsOutput = false
      let name = places.hasSuffix("fifo") ? "fifo" : "stdout"
      try await withSwinit(setup) { swinit in
        try await swinit.log("\(name): nobody reads it: what leads there waits")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let sum = try #require(Int(swinit.folder.read("sum") ?? ""))
        #expect(swinit.folder.read("a.log")?.utf8.count == sum)
        #expect(swinit.places(of: "does not take what is left at the end").count == 1)
        try await swinit.log("\(name): does not take what is left at the end: ")
      }
    }

    /// The place that cannot be opened is the one that is named.
    @Test func onePlaceCannotBeOpened() async throws {
      let text = once("true", "stdout_logfile=/dev/stdout,%(here)s/a.log,/proc/nowhere/b.log")
      try await withSwinit(Setup(text + "startretries=0")) { swinit in
        try await swinit.log("stdout_logfile \"/proc/nowhere/b.log\": No such file or directory")
        try await swinit.expectEnd(
          1, "exit 1: essential program a is FATAL: cannot start: stdout_logfile")
      }
    }

    /// swinit's own lines stand once in the container's log, where `logfile` has them.
    @Test(arguments: [
      ("logfile=/dev/stdout", true), ("logfile=/proc/1/fd/1\nsilent=true", true),
      ("logfile=%(here)s/own.log,/dev/fd/1", true), ("logfile=/dev/stderr\nsilent=true", false),
    ])
    func ownLinesStandOnce(_ options: String, _ isOutput: Bool) async throws {
      let text = "[supervisord]\nstay=false\n\(options)\n" + once("echo out", "")
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(0))
        let own = isOutput ? swinit.output?.texts ?? [] : swinit.errors.texts
        let other = isOutput ? swinit.errors.texts : swinit.output?.texts ?? []
        #expect(own.filter { $0.contains("a: STARTING") }.count == 1, "\(swinit.transcript)")
        #expect(own.last?.contains("exit 0: nothing left to do") == true)
        #expect(other.allSatisfy { !$0.contains("swinit: ") }, "\(swinit.transcript)")
        if options.contains("own.log") {
          let lines = own.filter { $0.hasPrefix("swinit: ") }
          #expect(swinit.folder.read("own.log") == lines.map { $0 + "\n" }.joined())
        }
      }
    }

    /// The same where the file is the container's log itself.
    @Test func ownLinesStandOnceInAFileThatIsStderr() async throws {
      var setup = Setup("[swinit]\nlogfile=%(here)s/all.log\n" + once("true", ""))
      setup.launcher = Setup.asPID1(after: "exec 2>>$0/all.log")
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        let lines = try #require(swinit.folder.read("all.log")).split(separator: "\n")
        #expect(lines.filter { $0.contains("a: STARTING") }.count == 1, "\(lines)")
        #expect(lines.last?.contains("exit 0: nothing left to do") == true)
      }
    }
  }
}
