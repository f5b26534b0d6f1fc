import Foundation
import Testing

// How a program is told to stop, beyond one signal; signals that it gets too; and pauses between its
// restarts.

/// Says what it gets, and ends by TERM.
private let listener = """
  #!/bin/sh
  trap 'echo usr1' USR1
  trap 'echo hup' HUP
  trap 'echo term; exit 0' TERM
  echo ready
  while :; do tail -f /dev/null & wait $!; kill -KILL $!; done
  """

/// Starts first and stops last, and then says which programs are left.
private let witness = """
  [program:witness]
  command=%(here)s/witness
  priority=1
  startsecs=0
  """
private let witnessScript = """
  #!/bin/sh
  trap '
    while grep -q tail /proc/[0-9]*/comm; do sleep 0.02; done
    for p in /proc/[0-9]*; do read name < $p/comm && echo "left: $name"; done
    exit 0
  ' TERM
  while :; do sleep 1000 & wait $!; done
  """

extension Acceptance {
  @Suite struct StopWays {
    @Test func aSequenceOfSignals() async throws {
      let text = """
        [program:probe]
        command=%(here)s/listener
        startsecs=0
        stopsignal=USR1,0.3,HUP,0,TERM
        """
      try await withSwinit(Setup(text, files: ["listener": listener])) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.output?.texts.prefix(2) == ["ready", "usr1"])
        #expect(swinit.output?.texts.last == "term")
        try await swinit.log("probe: STOPPING (pid 2, SIGUSR1)")
        try await swinit.log("probe: still there after 0.3 s, SIGHUP (pid 2)")
        #expect(swinit.places(of: "SIGKILL (pid").isEmpty, "\(swinit.transcript)")
      }
    }

    /// Who, where, and with what a stop_command runs.
    @Test func aStopCommandRunsAsItsProgram() async throws {
      let text = """
        [program:probe]
        command=%(here)s/listener
        startsecs=0
        user=www-data
        directory=/usr
        environment=A="own"
        env_file=%(here)s/env
        umask=027
        rlimit_nofile=77
        stop_command=%(here)s/stop "a b"
        """
      let script = """
        #!/bin/sh
        echo "$1|$(id -un)|$PWD|$A|$B|$SUPERVISOR_PROCESS_NAME|$(umask)|$(ulimit -n)|$MAINPID"
        kill $MAINPID
        """
      let files = ["listener": listener, "stop": script, "env": "B=file\n"]
      try await withSwinit(Setup(text, files: files)) { swinit in
        try await swinit.line("ready")
        let pid = try await swinit.process("probe")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        try await swinit.line("a b|www-data|/usr|own|file|probe|0027|77|\(pid)")
        #expect(swinit.output?.texts.contains("term") == true)
        try await swinit.log("probe: STOPPING (pid \(pid), stop_command)")
        #expect(swinit.places(of: "warn").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test(arguments: [
      ("false", "stop_command exited with status 1, SIGTERM instead (pid 2)"),
      ("sh -c \"kill -9 $$\"", "stop_command killed by SIGKILL, SIGTERM instead"),
      (
        "/no/such",
        "cannot run stop_command: execve \"/no/such\": No such file or directory"
      ),
    ])
    func oneThatFailsIsReplacedByTheSignal(command: String, said: String) async throws {
      let text = """
        [program:probe]
        command=%(here)s/listener
        startsecs=0
        stop_command=\(command)
        """
      try await withSwinit(Setup(text, files: ["listener": listener])) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        try await swinit.log("warn probe: \(said)")
        #expect(swinit.output?.texts.last == "term")
      }
    }

    /// A variable that cannot be read any more costs the stop_command, not the stop.
    @Test func oneWhoseEnvironmentIsGoneIsReplacedByTheSignal() async throws {
      let text = """
        [program:probe]
        command=%(here)s/listener
        startsecs=0
        env_file=%(here)s/env
        stop_command=true
        """
      try await withSwinit(Setup(text, files: ["listener": listener, "env": ""])) { swinit in
        try await swinit.line("ready")
        try FileManager.default.removeItem(atPath: swinit.folder.path + "/env")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        try await swinit.log("probe: cannot run stop_command: env_file")
        #expect(swinit.output?.texts.last == "term")
      }
    }

    /// It hangs, with a child of its own: both are gone when the next level is told.
    @Test(arguments: ["sleep 1000", "%(here)s/short"])
    func oneThatHangsIsKilledWithItsGroup(program: String) async throws {
      let text = """
        [program:probe]
        command=\(program)
        startsecs=0
        priority=2
        stopwaitsecs=0.4
        stop_command=sh -c "%(here)s/stop & tail -f /dev/null"
        \(witness)
        """
      let files = [
        "stop": "#!/bin/sh\ntouch ${0%/*}/stopping\nexec tail -f /dev/null\n",
        "witness": witnessScript,
        // Ends by itself once it is to stop.
        "short": "#!/bin/sh\nuntil [ -e ${0%/*}/stopping ]; do sleep 0.02; done\n",
      ]
      try await withSwinit(Setup(text, files: files)) { swinit in
        try await swinit.log("probe: RUNNING")
        try await swinit.log("witness: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        try await swinit.log(
          program == "sleep 1000"
            ? "probe: still there after 0.4 s, SIGKILL"
            : "probe: stop_command is still there, SIGKILL")
        let left = swinit.output?.texts.filter { $0.hasPrefix("left: ") } ?? []
        #expect(left.sorted() == ["left: sleep", "left: swinit", "left: witness"])
        #expect(swinit.places(of: "witness: still there").isEmpty, "\(swinit.transcript)")
      }
    }

    /// A daemon that a pidfile names: MAINPID is the daemon, and so is who gets a signal.
    @Test func aDaemonIsAskedAndSignalled() async throws {
      let text = """
        [program:probe]
        command=%(here)s/wrapper
        pidfile=%(here)s/pid
        startsecs=0
        forward_signals=HUP
        stop_command=%(here)s/stop
        """
      let files = [
        "listener": listener, "stop": "#!/bin/sh\necho \"main $MAINPID\"; kill $MAINPID\n",
        "wrapper": "#!/bin/sh\ncd ${0%/*}\nsetsid ./listener &\necho $! > pid\nexit 0\n",
      ]
      try await withSwinit(Setup(text, files: files)) { swinit in
        try await swinit.line("ready")
        try await swinit.log("probe: follows pid ")
        let pid = swinit.folder.read("pid")?.split(separator: "\n").first ?? ""
        swinit.signal(SIGHUP)
        try await swinit.line("hup")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.output?.texts.suffix(2) == ["main \(pid)", "term"], "\(swinit.transcript)")
      }
    }

    @Test func aSignalIsPassedOnAndItsProgramStays() async throws {
      let text = """
        [program:probe]
        command=%(here)s/listener
        startsecs=0
        forward_signals=HUP,USR1
        [program:deaf]
        command=sleep 1000
        startsecs=0
        """
      try await withSwinit(Setup(text, files: ["listener": listener])) { swinit in
        try await swinit.line("ready")
        try await swinit.log("deaf: RUNNING")
        let pid = try await swinit.process("probe")
        swinit.signal(SIGHUP)
        try await swinit.line("hup")
        swinit.signal(SIGUSR1)
        try await swinit.line("usr1")
        swinit.signal(SIGALRM)
        try await swinit.log("SIGALRM from")
        #expect(swinit.places(of: "has no meaning").count == 1, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(try await swinit.process("probe") == pid)
        #expect(swinit.places(of: "EXITED").isEmpty, "\(swinit.transcript)")
      }
    }

    // Pauses between restarts and retries.

    @Test func restartDelayGrowsToItsGreatest() async throws {
      let text = """
        [program:probe]
        command=false
        startsecs=0
        restart_delay=0.1,0.3
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("four ends") { swinit.places(of: "probe: EXITED").count >= 4 }
        let pauses = swinit.errors.texts.filter { $0.contains("EXITED") }.prefix(4).map {
          String($0.split(separator: ",").last ?? "")
        }
        #expect(
          pauses == [
            " restarting in 0.1 s", " restarting in 0.2 s", " restarting in 0.3 s",
            " restarting in 0.3 s",
          ])
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func withStartretriesMinusOneItIsNeverGivenUp() async throws {
      let text = "[program:probe]\ncommand=/no/such\nstartretries=-1\nrestart_delay=0,0\n"
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("five tries") { swinit.places(of: "next try in 1 s").count >= 5 }
        #expect(swinit.places(of: "FATAL").isEmpty, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }
  }
}
