import Foundation
import Testing

// Files in folders that a program's user owns, and files that are no files: links to what is root's,
// second names of it, fifos, mounts that do not answer. swinit is root here, and is not to be used.

/// A folder of the user nobody in the test's folder, and a file that is root's alone.
private let stranger = """
  mkdir FOLDER/u
  chown nobody FOLDER/u
  echo secret > FOLDER/roots
  chmod 600 FOLDER/roots
  """

private func setup(_ text: String, files: [String: String] = [:]) -> Setup {
  var setup = Setup(text, files: files)
  setup.launcher = Setup.asPID1(after: stranger)
  return setup
}

private let notFollowed =
  "a symbolic link on the way was made by another user (root's are followed)"

extension Acceptance {
  @Suite struct HostileFiles {
    /// The program puts a link in the place of its log, and writes until the log is rotated.
    @Test func aRotationFollowsNoLink() async throws {
      let text = """
        [program:app]
        command=%(here)s/app
        user=nobody
        stdout_logfile=%(here)s/u/app.log
        stdout_logfile_maxbytes=2KB
        stdout_logfile_backups=2
        """
      let app = """
        #!/bin/sh
        cd "${0%/*}/u"
        until [ -e app.log ]; do sleep 0.01; done
        mv app.log old; ln -s ../roots app.log
        while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa || exit; done
        """
      try await withSwinit(setup(text, files: ["app": app])) { swinit in
        try await swinit.log("cannot rotate: \(notFollowed)")
        swinit.signal(SIGUSR2)
        try await swinit.log("cannot open it again: \(notFollowed)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.folder.read("roots") == "secret\n")
      }
    }

    /// By the child, before it gives up root (`maxbytes=0`), and by swinit.
    @Test(arguments: ["0", "1MB"], ["ln -s ../roots", "ln -s ../u2/deep", "ln ../roots"])
    func aStartFollowsNoLink(maxbytes: String, link: String) async throws {
      let text = """
        [program:app]
        command=echo line
        user=nobody
        stdout_logfile=%(here)s/u/app.log
        stdout_logfile_maxbytes=\(maxbytes)
        startretries=0
        """
      var setup = setup(text)
      setup.launcher = Setup.asPID1(
        after: stranger + """

          mkdir FOLDER/u2
          ln -s ../roots FOLDER/u2/deep
          chown -h nobody FOLDER/u2/deep
          cd FOLDER/u
          \(link) app.log
          [ ! -L app.log ] || chown -h nobody app.log
          """)
      try await withSwinit(setup) { swinit in
        let reason = link == "ln ../roots" ? "the file has other names too" : notFollowed
        try await swinit.expectEnd(1, reason)
        #expect(swinit.folder.read("roots") == "secret\n")
      }
    }

    /// Root's own links are followed, and so are those that the kernel makes.
    @Test(arguments: ["0", "1MB"]) func rootsLinksAreFollowed(maxbytes: String) async throws {
      let text = """
        [program:app]
        command=sh -c "echo line $KEY"
        user=nobody
        stdout_logfile=%(here)s/logs/app.log
        stdout_logfile_maxbytes=\(maxbytes)
        secrets=KEY:%(here)s/secrets/key
        startsecs=0
        autorestart=false
        """
      var setup = setup(text)
      setup.launcher = Setup.asPID1(
        after: stranger + """

          cd FOLDER
          ln -s FOLDER/u logs
          mkdir secrets secrets/..1
          ln -s ..1 secrets/..data
          ln -s ..data/key secrets/key
          echo k > secrets/..1/key
          """)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("u/app.log") == "line k\n")
      }
    }

    @Test(arguments: ["secrets=KEY:%(here)s/u/key", "env_file=%(here)s/u/key"])
    func nothingOfRootsIsReadForAProgram(option: String) async throws {
      let text = "[program:app]\ncommand=env\nuser=nobody\n\(option)\nstartretries=0\n"
      for link in ["ln -s ../roots key; chown -h nobody key", "ln ../roots key"] {
        var setup = setup(text)
        setup.launcher = Setup.asPID1(after: stranger + "\ncd FOLDER/u\n\(link)")
        try await withSwinit(setup) { swinit in
          try await swinit.end()
          #expect(swinit.ending == .exited(1))
          #expect(!swinit.transcript.contains("secret\n"), "\(swinit.transcript)")
          #expect(swinit.output?.texts.contains { $0.contains("secret") } == false)
        }
      }
    }

    @Test(arguments: [
      "ln -s ../roots s.pid; chown -h nobody s.pid", "ln ../roots s.pid", "mkfifo s.pid",
    ])
    func thePidfileIsWrittenNowhereElse(link: String) async throws {
      let text = """
        [swinit]
        pidfile=%(here)s/u/s.pid
        [program:app]
        command=true
        startsecs=0
        autorestart=false
        """
      var setup = setup(text)
      setup.launcher = Setup.asPID1(after: stranger + "\ncd FOLDER/u\n\(link)")
      try await withSwinit(setup) { swinit in
        try await swinit.log("warn cannot write pidfile")
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("roots") == "secret\n")
      }
    }

    /// A fifo among the files is refused, and nobody waits for its other end.
    @Test(arguments: ["x.conf", "included"]) func aFifoStopsNoStart(name: String) async throws {
      var setup = Setup("[include]\nfiles=included*\n[program:app]\ncommand=true\n")
      setup.launcher = Setup.asPID1(after: "mkfifo FOLDER/\(name)")
      setup.arguments = ["-c", name == "x.conf" ? "FOLDER" : "FOLDER/test.conf"]
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(78))
        #expect(
          swinit.transcript.contains("/\(name)\": it is no regular file"), "\(swinit.transcript)")
      }
      setup.arguments?.insert("check", at: 0)
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(78))
      }
    }

    @Test(.enabled(if: access("/dev/fuse", F_OK) == 0, "no /dev/fuse here"))
    func aStopIsAnsweredWhileAFileIsRead() async throws {
      var setup = Setup("", files: ["hang": hangingFiles])
      setup.fragments = [:]
      setup.launcher = Setup.asPID1(
        after: """
          mkdir FOLDER/c
          FOLDER/hang FOLDER/c &
          until [ -e FOLDER/c/x.conf ]; do sleep 0.01; done
          """)
      setup.arguments = ["-c", "FOLDER/c"]
      try await withSwinit(setup) { swinit in
        try await swinit.wait("the read") {
          executable(swinit.pid) != nil
            && procFile("\(swinit.pid)/syscall")?.hasPrefix("0 ") == true
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by a signal before anything was started")
      }
    }

    /// Long paths, and many folders to look into.
    @Test func aPatternHarmsNobody() async throws {
      let patterns = [
        ("/".repeated(5000), "Is a directory"), ("a/".repeated(4000), "matches no file"),
        ("*/".repeated(31) + "no", "matches no file"), ("[".repeated(5000), "matches no file"),
        ("*/".repeated(100) + "x", "it has more than 32 names with a wildcard"),
      ]
      for (pattern, words) in patterns {
        var setup = Setup("[include]\nfiles=\(pattern)\n[program:app]\ncommand=true\n")
        setup.launcher = Setup.asPID1(after: "mkdir -p FOLDER/\("d/".repeated(40))")
        setup.arguments = ["check", "-c", "FOLDER/test.conf"]
        try await withSwinit(setup) { swinit in
          let ending = try await swinit.end()
          #expect(ending == .exited(words == "matches no file" ? 0 : 78), "\(pattern.prefix(9))")
          #expect(swinit.transcript.contains(words), "\(pattern.prefix(9))")
        }
      }
    }

    /// What cannot be listed is not empty.
    @Test(arguments: ["EIO:when=1", "EIO:when=2", "ENOMEM:when=1"], ["FOLDER", "FOLDER/main"])
    func aFolderThatCannotBeListedIsAnError(error: String, path: String) async throws {
      var setup = Setup("[program:app]\ncommand=true\n")
      setup.fragments["main"] = "[include]\nfiles=*.conf\n"
      setup.arguments = ["-c", path]
      setup.launcher = [
        "strace", "-qq", "-o", "/dev/null", "-e", "trace=getdents64",
        "-e", "inject=getdents64:error=\(error)",
      ]
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        #expect(swinit.ending == .exited(78), "\(swinit.transcript)")
      }
    }

    /// Where a name cannot be looked at, nobody knows whether there is a backup.
    @Test func aBackupThatCannotBeSeenIsNotWrittenOver() async throws {
      let text = """
        [program:app]
        command=sh -c "until [ -e %(here)s/go ]; do sleep 0.01; done; yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        stdout_logfile=%(here)s/logs/app.log
        stdout_logfile_maxbytes=20KB
        stdout_logfile_backups=3
        """
      var setup = Setup(text)
      setup.launcher = Setup.asPID1(
        after: "mkdir FOLDER/logs\necho old > FOLDER/logs/app.log.1")
      try await withSwinit(setup) { swinit in
        try await swinit.log("app: RUNNING")
        try await swinit.wait("the log") { swinit.folder.read("logs/app.log") != nil }
        let tracer = try await attached(
          to: swinit.pid, "inject=newfstatat:error=EIO", "newfstatat", swinit.folder)
        defer { detach(tracer) }
        try swinit.folder.write("", to: "go")
        try await swinit.log("cannot rotate: I/O error: it grows on")
        #expect(swinit.folder.read("logs/app.log.1") == "old\n")
      }
    }
  }
}

extension String {
  fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
