import Foundation
import Testing

// Files, their rotation and names, AUTO, syslog, and who else touches them.

/// One program that is done at once.
private func once(_ command: String, _ options: String) -> String {
  """
  [program:a]
  command=\(command)
  startsecs=0
  autorestart=false
  \(options)

  """
}

/// `1\n2\n … last\n`.
private func sequence(_ numbers: ClosedRange<Int>) -> String {
  numbers.map { "\($0)\n" }.joined()
}

extension Folder {
  /// Names below a folder of the folder, in order.
  func names(_ name: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path + "/" + name)) ?? []).sorted()
  }
}

extension Acceptance {
  @Suite struct LogFiles {
    /// FILE.1 is the youngest; what is older than FILE.3 is gone; nothing is missing or doubled in
    /// what is kept, and no line is cut.
    @Test func rotation() async throws {
      let text = once(
        "seq 1 20000",
        """
        stdout_logfile=%(here)s/logs/deep/a.log
        stdout_logfile_maxbytes=10000
        stdout_logfile_backups=3
        """)
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let names = swinit.folder.names("logs/deep")
        #expect(names == ["a.log", "a.log.1", "a.log.2", "a.log.3"])
        let parts = names.reversed().map { swinit.folder.read("logs/deep/" + $0) ?? "" }
        let whole = parts.joined()
        let first = try #require(Int(whole.prefix { $0 != "\n" }))
        #expect(whole == sequence(first...20000))
        for part in parts.dropLast() {
          #expect(part.utf8.count >= 10000 && part.utf8.count < 10010)
        }
      }
    }

    @Test func withoutBackupsItStartsAgain() async throws {
      let text = once(
        "seq 1 20000",
        """
        stdout_logfile=%(here)s/logs/a.log
        stdout_logfile_maxbytes=10000
        stdout_logfile_backups=0
        """)
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.names("logs") == ["a.log"])
        let whole = try #require(swinit.folder.read("logs/a.log"))
        #expect(whole.utf8.count < 10010 && whole.hasSuffix("\n20000\n"))
      }
    }

    /// A restart goes on in the same file, and a program that is already there is appended to.
    @Test func filesAreAppendedTo() async throws {
      let text = once("echo new", "stdout_logfile=%(here)s/a.log")
      var setup = Setup(text)
      setup.files = ["a.log": "old\n"]
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("a.log") == "old\nnew\n")
      }
    }

    @Test func bothStreamsInOneFile() async throws {
      let text = once(
        #"sh -c "echo out; echo err >&2""#,
        "stdout_logfile=%(here)s/a.log\nredirect_stderr=true\nstderr_logfile=%(here)s/b.log")
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("a.log") == "out\nerr\n")
        #expect(swinit.folder.read("b.log") == nil)
      }
    }

    /// Programs that name one file: nothing of either is lost, whoever rotates it.
    @Test func twoProgramsInOneFile() async throws {
      let options = """
        startsecs=0
        autorestart=false
        stdout_logfile=%(here)s/logs/x.log
        stdout_logfile_maxbytes=20000
        stdout_logfile_backups=99
        """
      let text = """
        [program:a]
        command=seq -f "a%%g" 1 9999
        \(options)
        [program:b]
        command=seq -f "b%%g" 1 9999
        \(options)
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let names = swinit.folder.names("logs")
        let lines = names.flatMap {
          (swinit.folder.read("logs/" + $0) ?? "").split(separator: "\n").map(String.init)
        }
        #expect(names.count > 3)
        #expect(lines.count == 2 * 9999)
        #expect(Set(lines).count == 2 * 9999)
      }
    }

    /// `maxbytes=0`: the program holds the file, and nothing is between.
    @Test func withoutALimitTheProgramHoldsTheFile() async throws {
      let text = """
        [program:a]
        command=sleep 60
        startsecs=0
        stdout_logfile=%(here)s/a.log
        stdout_logfile_maxbytes=0
        """
      try await withSwinit(Setup(text)) { swinit in
        let pid = try await swinit.process("a")
        try await swinit.log("a: RUNNING")
        let outer = try #require(processes(inNamespaceOf: swinit.pid)[pid])
        let file = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(outer)/fd/1")
        #expect(file == swinit.folder.path + "/a.log")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// AUTO is a file in childlogdir, named as Supervisor names it; those of an earlier run go.
    @Test(arguments: [false, true])
    func automatic(_ nocleanup: Bool) async throws {
      let text = """
        [supervisord]
        childlogdir=%(here)s/auto
        nocleanup=\(nocleanup)
        identifier=me
        [program:a]
        command=echo out
        stdout_logfile=AUTO
        startsecs=0
        autorestart=false
        """
      var setup = Setup(text)
      let old = ["a-stdout---me-abcdefgh.log", "a-stdout---me-abcdefgh.log.1"]
      for name in old + ["other.log", "a-stdout---you-abcdefgh.log"] {
        setup.files["auto/" + name] = "old\n"
      }
      try await withSwinit(setup) { swinit in
        try await swinit.log("a: EXITED")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let names = swinit.folder.names("auto")
        let new = names.filter { !setup.files.keys.contains("auto/" + $0) }
        #expect(new.count == 1)
        let pattern = "^a-stdout---me-[a-z0-9_]{8}\\.log$"
        #expect(new[0].range(of: pattern, options: .regularExpression) != nil, "\(new)")
        #expect(swinit.folder.read("auto/" + new[0]) == "out\n")
        let kept = nocleanup ? old : []
        #expect(
          names.filter { $0 != new[0] }
            == (kept + ["a-stdout---you-abcdefgh.log", "other.log"]).sorted())
      }
    }

    /// logrotate's default: the file is renamed, and we are told.
    @Test func renamedAndReopened() async throws {
      let program = #"sh -c "echo one; while ! [ -e %(here)s/go ]; do sleep 0.05; done; echo two""#
      let text = once(program, "stdout_logfile=%(here)s/logs/a.log")
      try await withSwinit(Setup(text)) { swinit in
        let logs = swinit.folder.path + "/logs/"
        try await swinit.wait("one") { swinit.folder.read("logs/a.log") == "one\n" }
        #expect(rename(logs + "a.log", logs + "a.old") == 0)
        swinit.signal(SIGUSR2)
        try await swinit.log("log files are opened again: SIGUSR2")
        try await swinit.wait("a new file") { swinit.folder.read("logs/a.log") == "" }
        try swinit.folder.write("", to: "go")
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("logs/a.old") == "one\n")
        #expect(swinit.folder.read("logs/a.log") == "two\n")
      }
    }

    /// logrotate's copytruncate: what comes after it stands at the file's beginning, with no hole,
    /// and the file is full later.
    @Test func truncatedByOthers() async throws {
      let program =
        #"sh -c "seq 1 900; while ! [ -e %(here)s/go ]; do sleep 0.05; done; seq 1 900""#
      let text = once(
        program, "stdout_logfile=%(here)s/logs/a.log\nstdout_logfile_maxbytes=5000")
      try await withSwinit(Setup(text)) { swinit in
        let path = swinit.folder.path + "/logs/a.log"
        try await swinit.wait("the first") {
          swinit.folder.read("logs/a.log")?.hasSuffix("\n900\n") == true
        }
        #expect(truncate(path, 0) == 0)
        try swinit.folder.write("", to: "go")
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.names("logs") == ["a.log"])
        #expect(swinit.folder.read("logs/a.log") == sequence(1...900))
      }
    }

    /// swinit's own messages in a file that is rotated too.
    @Test func ownLogfile() async throws {
      let text = """
        [supervisord]
        logfile=%(here)s/own/swinit.log
        logfile_maxbytes=2000
        logfile_backups=2
        loglevel=info
        [swinit]
        stay=false
        [program:a]
        command=true
        numprocs=40
        process_name=%(process_num)d
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let names = swinit.folder.names("own")
        #expect(names == ["swinit.log", "swinit.log.1", "swinit.log.2"])
        let kept = names.reversed().flatMap {
          (swinit.folder.read("own/" + $0) ?? "").split(separator: "\n").map(String.init)
        }
        #expect(kept == Array(swinit.errors.texts.suffix(kept.count)))
      }
    }

    /// A /dev of its own, with a syslog that writes what it gets into `$0/syslog`.
    private static let withSyslog = """
      mkdir $0/dev && mount -t tmpfs none $0/dev || exit 99
      for name in null zero; do cp -a /dev/$name $0/dev/; done
      mount --move $0/dev /dev || exit 99
      perl -e '
        use Socket; socket(S, PF_UNIX, SOCK_DGRAM, 0); bind(S, sockaddr_un("/dev/log")) or die;
        open(F, ">", "$ARGV[0]/syslog"); F->autoflush(1);
        open(R, ">", "$ARGV[0]/ready"); close R;
        while (defined(recv(S, $_, 65536, 0))) { print F "$_\\n" }' $0 &
      while ! [ -e $0/ready ]; do sleep 0.05; done
      """

    /// No syslog: said once, and its lines are the container's.
    @Test func withoutSyslog() async throws {
      var setup = Setup(
        once(#"sh -c "echo one; echo two; echo three >&2""#, "stdout_logfile=syslog")
          + "[program:b]\ncommand=echo both\nstartsecs=0\nautorestart=false\nstdout_syslog=true\n")
      setup.launcher = Setup.asPID1(
        after: "mkdir $0/dev && mount -t tmpfs none $0/dev && cp -a /dev/null $0/dev/"
          + " && mount --move $0/dev /dev || exit 99")
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(try #require(swinit.output).texts.sorted() == ["both", "one", "two"])
        #expect(swinit.errors.texts.contains("three"))
        #expect(swinit.places(of: "/dev/log").count == 1, "\(swinit.transcript)")
      }
    }

    /// Only to syslog, as well to syslog, and swinit's own.
    @Test func withSyslog() async throws {
      var setup = Setup(
        "[swinit]\nlogfile=syslog\nstay=true\n"
          + once(#"sh -c "echo one; echo two >&2""#, "stdout_logfile=syslog\nstderr_syslog=true"))
      setup.launcher = Setup.notPID1(after: Self.withSyslog)
      try await withSwinit(setup) { swinit in
        try await swinit.wait("swinit's line on the end") {
          swinit.folder.read("syslog")?.contains("a: EXITED") == true
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        let lines = try #require(swinit.folder.read("syslog")).split(separator: "\n").map(
          String.init)
        let head = "^<14>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} swinit: "
        for line in lines { #expect(line.range(of: head, options: .regularExpression) != nil) }
        for end in ["swinit: a one", "swinit: a two"] {
          #expect(lines.filter { $0.hasSuffix(end) }.count == 1, "\(lines)")
        }
        #expect(lines.contains { $0.contains("a: STARTING") })
        #expect(try #require(swinit.output).texts == [])
        #expect(swinit.errors.texts.filter { $0 == "two" }.count == 1)
      }
    }
  }
}
