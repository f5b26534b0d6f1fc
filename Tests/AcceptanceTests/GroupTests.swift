import Foundation
import Testing

// Programs with stopasgroup or killasgroup: an end is an end when the whole group is gone.

/// An app that drains: it ends of TERM, but not before the test has made the file `go`.
private let app = """
  #!/bin/sh
  here=${0%/*}
  trap 'echo draining; while [ ! -e $here/go ]; do sleep 0.01; done; echo drained; exit 0' TERM
  echo "app is up"
  while :; do sleep 0.01; done
  """

/// Says that it is up, and hears nothing.
private let deaf = "#!/bin/sh\ntrap '' TERM\necho deaf\nwhile :; do sleep 0.02; done\n"

/// A member that ends of TERM, and its parent, which has left the group and reaps it: PID 1 does not
/// hear of its end.
private let manager = """
  #!/usr/bin/python3
  import os, signal, sys, time
  child = os.fork()
  if child == 0:
      def end(signum, frame):
          print("member told", flush=True)
          os._exit(0)
      signal.signal(signal.SIGTERM, end)
      print("member", flush=True)
      while True: time.sleep(100)
  os.setpgid(0, 0)
  signal.signal(signal.SIGTERM, signal.SIG_IGN)
  os.waitpid(child, 0)
  print("member reaped", flush=True)
  while True: time.sleep(100)
  """

extension Acceptance {
  @Suite struct ProcessGroups {
    private func setup(_ options: String, _ files: [String: String] = ["app": app]) -> Setup {
      var setup = Setup(
        """
        [program:db]
        command=sleep 1000
        priority=1
        startsecs=0

        [program:web]
        command=sh -c "%(here)s/app; true"
        priority=2
        startsecs=0
        \(options)
        """, files: files)
      // One pipe, so that the order of lines is the order of what they tell.
      setup.streams = .merged
      return setup
    }

    private func release(_ swinit: Container) throws { try swinit.folder.write("", to: "go") }

    /// A process of the container, as the test sees it.
    private func find(_ pid: pid_t, in swinit: Container) throws -> pid_t {
      try #require(processes(inNamespaceOf: swinit.pid)[pid])
    }

    private func first(_ part: String, _ swinit: Container) throws -> Int {
      try #require(swinit.places(of: part).first, "\(part):\n\(swinit.transcript)")
    }

    /// The shell dies of the signal at once. The level below is told when the app has drained.
    @Test(arguments: ["stopasgroup=true", "stopasgroup=true\nuser=www-data"])
    func aLeaderThatDiesFirst(options: String) async throws {
      try await withSwinit(setup(options)) { swinit in
        try await swinit.log("app is up")
        let shell = try find(try await swinit.process("web"), in: swinit)
        swinit.signal(SIGTERM)
        try await swinit.log("draining")
        try await swinit.wait("the end of the shell") { executable(shell) == nil }
        #expect(swinit.places(of: "db: STOPPING").isEmpty, "\(swinit.transcript)")
        #expect(swinit.places(of: "web: STOPPED").isEmpty, "\(swinit.transcript)")
        try release(swinit)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        let drained = try first("drained", swinit)
        #expect(try drained < first("web: STOPPED", swinit), "\(swinit.transcript)")
        #expect(try drained < first("db: STOPPING", swinit), "\(swinit.transcript)")
        // It was told once: a second TERM is taken for impatience.
        #expect(swinit.places(of: "draining").count == 1, "\(swinit.transcript)")
        #expect(swinit.places(of: "warn").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test(arguments: ["stopasgroup=true", "killasgroup=true"])
    func whatHearsNothingIsKilledAfterStopwaitsecs(options: String) async throws {
      let files = ["app": deaf]
      try await withSwinit(setup("\(options)\nstopwaitsecs=0.3", files)) { swinit in
        try await swinit.log("deaf")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        let killed = try first(
          "web: still there after 0.3 s, SIGKILL (what is left of it)", swinit)
        #expect(try killed < first("web: STOPPED", swinit))
        #expect(try first("web: STOPPED", swinit) < first("db: STOPPING", swinit))
      }
    }

    /// Neither restarted while the app lives.
    @Test func aLeaderThatCrashes() async throws {
      try await withSwinit(setup("stopasgroup=true")) { swinit in
        try await swinit.log("app is up")
        kill(try find(try await swinit.process("web"), in: swinit), SIGKILL)
        try await swinit.log("web: killed by SIGKILL, SIGTERM to what is left of its group")
        try await swinit.log("draining")
        #expect(swinit.places(of: "web: STARTING").count == 1, "\(swinit.transcript)")
        try release(swinit)
        try await swinit.wait("a second app") { swinit.places(of: "app is up").count == 2 }
        #expect(try first("drained", swinit) < first("web: EXITED", swinit))
        #expect(swinit.places(of: "web: STARTING").count == 2)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
      }
    }

    /// There were three copies after two restarts.
    @Test func aRestartForHealth() async throws {
      let options = """
        stopasgroup=true
        health=exec:test ! -e %(here)s/ill
        health_interval=0.05
        health_retries=1
        """
      try await withSwinit(setup(options)) { swinit in
        try await swinit.log("app is up")
        try swinit.folder.write("", to: "ill")
        try await swinit.log("web: not well, SIGTERM and another start")
        try await swinit.log("draining")
        try FileManager.default.removeItem(atPath: swinit.folder.path + "/ill")
        #expect(swinit.places(of: "web: STARTING").count == 1, "\(swinit.transcript)")
        try release(swinit)
        try await swinit.wait("a second app") { swinit.places(of: "app is up").count == 2 }
        #expect(try first("drained", swinit) < swinit.places(of: "web: STARTING")[1])
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
      }
    }

    /// A script that has started what stays, as Supervisor's files have it.
    @Test func aGroupIsLeftAloneWhoseProgramIsNotStartedAgain() async throws {
      let options = "stopasgroup=true\nautorestart=false"
      var setup = setup(options)
      setup.files["start"] = "#!/bin/sh\n${0%/*}/app &\nexit 0\n"
      setup.fragments["test.conf"] = setup.fragments["test.conf"]?
        .replacingOccurrences(of: "sh -c \"%(here)s/app; true\"", with: "%(here)s/start")
      try await withSwinit(setup) { swinit in
        try await swinit.log("app is up")
        try await swinit.log("info web: exited with status 0, what is left of its group runs on")
        #expect(swinit.places(of: "draining").isEmpty, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.log("web: STOPPING (what is left of it, SIGTERM)")
        try await swinit.log("draining")
        #expect(swinit.places(of: "db: STOPPING").isEmpty, "\(swinit.transcript)")
        try release(swinit)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        #expect(try first("drained", swinit) < first("web: STOPPED", swinit))
      }
    }

    /// The end of a member that is not our child is found out by time.
    @Test func aMemberWhoseParentHasLeftTheGroup() async throws {
      let files = ["app": manager]
      try await withSwinit(setup("stopasgroup=true", files)) { swinit in
        try await swinit.log("member")
        swinit.signal(SIGTERM)
        try await swinit.log("member reaped")
        try await swinit.log("web: STOPPED")
        try await swinit.expectEnd(0, "stopped by SIGTERM", within: 30)
        #expect(swinit.places(of: "web: still there").isEmpty, "\(swinit.transcript)")
      }
    }

    /// COMMAND's end is COMMAND's: what it leaves in its group is the sweep's.
    @Test func commandsGroupDoesNotHoldUpItsEnd() async throws {
      var setup = setup("autostart=false")
      setup.arguments = ["-c", "FOLDER", "--group", "--", "FOLDER/start"]
      setup.files["start"] =
        "#!/bin/sh\n${0%/*}/app &\nwhile [ ! -e ${0%/*}/end ]; do sleep 0.01; done\nexit 7\n"
      try await withSwinit(setup) { swinit in
        try await swinit.log("app is up")
        try release(swinit)
        try swinit.folder.write("", to: "end")
        try await swinit.expectEnd(7, "COMMAND start: exited with status 7")
      }
    }
  }
}
