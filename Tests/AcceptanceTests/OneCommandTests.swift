import Foundation
import Testing

// `swinit -- COMMAND`, and the names of the one-command inits and of supervisord.

/// Runs swinit under a name with words, as PID 1; `FOLDER` in a word is the test's folder.
private func setup(
  _ name: String, _ words: [String], files: [String: String] = [:],
  launcher: [String] = Setup.asPID1, environment: [String: String] = [:]
) -> Setup {
  var setup = Setup("", files: files)
  setup.fragments = [:]
  // The harness appends swinit's own path; a link to it stands for the name.
  setup.launcher =
    launcher + [
      "sh", "-c", "[ -e $0/\(name) ] || ln -s $1 $0/\(name); shift; exec $0/\(name) \"$@\"",
      "FOLDER",
    ]
  setup.arguments = words
  for (key, value) in environment { setup.environment[key] = value }
  return setup
}

/// Prints every signal that it gets, and `ready` first; ends on SIGUSR2 with 6. What a shell says of
/// a child that the group's signal has ended is nobody's news.
private let listener = """
  #!/bin/sh
  exec 2> /dev/null
  for s in HUP INT QUIT USR1 TERM ALRM CONT WINCH PWR 34 40 64; do trap "echo got $s" $s; done
  trap 'exit 6' USR2
  echo ready
  while :; do sleep 0.02; done
  """

extension Acceptance {
  @Suite struct OneCommand {
    @Test(arguments: [0, 1, 2, 64, 71, 126, 255])
    func itsStatusIsOurs(_ code: Int32) async throws {
      try await withSwinit(setup("swinit", ["--", "sh", "-c", "exit \(code)"])) {
        try await $0.expectEnd(code, nil)
      }
    }

    @Test(arguments: [SIGTERM, SIGHUP, SIGKILL, SIGSEGV])
    func itsDeathBySignalIs128AndTheSignal(_ signal: Int32) async throws {
      try await withSwinit(setup("swinit", ["/bin/sh", "-c", "kill -\(signal) $$"])) {
        try await $0.expectEnd(128 + signal, nil)
      }
    }

    @Test(
      arguments: [
        ("/nowhere", 127, "execve \"/nowhere\": No such file or directory"),
        ("/etc/passwd", 126, "execve \"/etc/passwd\": Permission denied"),
      ] as [(String, Int32, String)])
    func whatCannotStart(_ command: String, _ code: Int32, _ text: String) async throws {
      try await withSwinit(setup("swinit", ["--", command])) { swinit in
        try await swinit.expectEnd(code, text)
      }
    }

    @Test(
      arguments: [
        (["--accept", "3", "--", "sh", "-c", "exit 3"], 0),
        (["--accept=3", "--accept=143", "--", "sh", "-c", "kill $$"], 0),
        (["--accept", "4", "--", "sh", "-c", "exit 3"], 3),
      ] as [([String], Int32)])
    func accept(_ words: [String], _ code: Int32) async throws {
      try await withSwinit(setup("swinit", words)) { try await $0.expectEnd(code, nil) }
    }

    @Test(arguments: [
      (["--accept", "300", "--", "x"], "--accept \"300\": an exit code is allowed"),
      (["--rewrite", "TERM", "--", "x"], "--rewrite \"TERM\": OLD:NEW is allowed"),
      (["--pdeathsig", "FOO", "--", "x"], "--pdeathsig \"FOO\": a signal is allowed"),
      (["--group"], "there is no \"-- COMMAND\""), (["--"], "there is no COMMAND"),
      (["--grup", "--", "x"], "cannot understand \"--grup\""),
      (["chekc"], "did you mean \"check\"?"),
    ])
    func badWords(_ words: [String], _ text: String) async throws {
      try await withSwinit(setup("swinit", words)) { swinit in
        try await swinit.expectEnd(64, text)
      }
    }

    /// Under every name that passes all signals on, as PID 1 and not.
    @Test(arguments: ["swinit", "tini", "docker-init", "dumb-init", "catatonit"], [true, false])
    func everySignalReachesIt(_ name: String, asPID1: Bool) async throws {
      let setup = setup(
        name, ["--", "FOLDER/listener"], files: ["listener": listener],
        launcher: asPID1 ? Setup.asPID1 : [], environment: ["TINI_SUBREAPER": "1"])
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        let signals: [(Int32, String)] = [
          (SIGHUP, "HUP"), (SIGINT, "INT"), (SIGQUIT, "QUIT"), (SIGUSR1, "USR1"),
          (SIGTERM, "TERM"), (SIGALRM, "ALRM"), (SIGWINCH, "WINCH"), (SIGPWR, "PWR"),
          (34, "34"), (40, "40"), (64, "64"),
        ]
        for (number, word) in signals {
          for count in 1...2 {
            kill(swinit.pid, number)
            try await swinit.wait("\(word) \(count)") {
              swinit.output?.texts.filter { $0 == "got \(word)" }.count == count
            }
          }
        }
        kill(swinit.pid, SIGUSR2)
        try await swinit.expectEnd(6, nil)
      }
    }

    @Test func rewriteAndGroup() async throws {
      let words = ["--rewrite", "TERM:USR1", "--rewrite", "1:0", "--", "FOLDER/listener"]
      try await withSwinit(setup("swinit", words, files: ["listener": listener])) { swinit in
        try await swinit.line("ready")
        kill(swinit.pid, SIGHUP)
        kill(swinit.pid, SIGTERM)
        try await swinit.line("got USR1")
        #expect(swinit.output?.texts == ["ready", "got USR1"])
      }
      // A shell that waits passes nothing on: only the group reaches its child.
      let script = "trap '' TERM; FOLDER/listener & wait $!; exit 9"
      try await withSwinit(
        setup("swinit", ["--group", "--", "sh", "-c", script], files: ["listener": listener])
      ) { swinit in
        try await swinit.line("ready")
        kill(swinit.pid, SIGINT)
        try await swinit.expectEnd(130, nil)
      }
    }

    @Test func itInheritsWhatWeHad() async throws {
      let launcher =
        Setup.asPID1 + [
          "sh", "-c", "cd $0 && trap '' HUP && exec 7</dev/null && exec \"$@\"", "FOLDER",
        ]
      let script =
        "pwd; grep SigIgn /proc/self/status; test -e /proc/self/fd/7 && echo seven; echo $V"
      try await withSwinit(
        setup(
          "swinit", ["--", "sh", "-c", script], launcher: launcher, environment: ["V": "yes"])
      ) { swinit in
        _ = try await swinit.end()
        let lines = swinit.output?.texts ?? []
        #expect(lines.contains(swinit.folder.path))
        #expect(lines.contains("seven") && lines.contains("yes"))
        #expect(lines.contains { $0.hasPrefix("SigIgn:") && $0.hasSuffix("1") }, "\(lines)")
      }
    }

    @Test func whatItLeavesBehindIsTold() async throws {
      let script =
        "setsid sh -c 'trap \"echo told; exit\" TERM; echo up; while :; do sleep 0.02; done' 2>&- & read x < FOLDER/fifo; exit 4"
      let launcher = Setup.asPID1 + ["sh", "-c", "mkfifo $0/fifo && exec \"$@\"", "FOLDER"]
      try await withSwinit(setup("swinit", ["--", "sh", "-c", script], launcher: launcher)) {
        swinit in
        try await swinit.line("up")
        let fifo = open(swinit.folder.path + "/fifo", O_WRONLY | O_CLOEXEC)
        #expect(write(fifo, "x\n", 2) == 2)
        close(fifo)
        try await swinit.expectEnd(4, nil)
        #expect(swinit.output?.texts.contains("told") == true, "\(swinit.transcript)")
      }
    }

    @Test func withProgramsTheyAreReadyFirstAndStoppedAfterIt() async throws {
      var setup = Setup(
        """
        [program:db]
        command=sleep 1000
        startsecs=0.2
        priority=1
        [program:web]
        command=sleep 1000
        startsecs=0
        priority=2
        """, files: ["listener": listener])
      setup.arguments = ["-c", "FOLDER", "--", "FOLDER/listener"]
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        #expect(
          swinit.places(of: "listener: STARTING")[0] > swinit.places(of: "db: RUNNING")[0])
        swinit.signal(SIGHUP)
        try await swinit.line("got HUP")
        swinit.signal(SIGTERM)
        try await swinit.line("got TERM")
        // It has not ended for that; now it does.
        swinit.signal(SIGUSR2)
        try await swinit.expectEnd(6, "exit 6: COMMAND listener: exited with status 6")
        let order = swinit.errors.texts.filter { $0.contains(": STOPPING") }
          .map { $0.split(separator: " ")[2] }
        #expect(order == ["listener:", "web:", "db:"])
      }
    }

    /// Job control under a terminal: a shell in front of it can stop and continue jobs. As the
    /// leader of the terminal's session (a container's -t), and as a job of another session.
    @Test(
      arguments: [
        (["swinit", "--"], true), (["swinit", "--"], false), (["dumb-init"], true),
        (["tini", "-s", "--"], false), (["swinit", "-c", "FOLDER", "--"], true),
        (["swinit", "-c", "FOLDER", "--"], false),
      ] as [([String], Bool)])
    func aShellOnATerminalHasJobControl(_ words: [String], leads: Bool) async throws {
      let script = """
        set -m; sleep 1000 & kill -STOP %1; wait %1; jobs; kill -CONT %1; kill %1
        read -r _ _ _ _ group _ _ front _ < /proc/$$/stat; echo "tty $front $group"
        """
      var setup = setup(
        words[0], words.dropFirst() + ["bash", "-c", script],
        files: ["a.conf": "[program:p]\ncommand=sleep 1000\nstartsecs=0\n"],
        launcher: Setup.asPID1 + (leads ? ["setsid", "--ctty"] : []))
      setup.onTerminal = true
      try await withSwinit(setup) { swinit in
        _ = try await swinit.end()
        #expect(swinit.output?.texts.contains { $0.contains("Stopped") } == true)
        let last = try #require(swinit.output?.texts.last { $0.hasPrefix("tty ") })
        let fields = last.split(separator: " ")
        #expect(fields.count == 3 && fields[1] == fields[2] && fields[1] != "-1", "\(last)")
      }
    }
  }

  @Suite struct Names {
    @Test(
      arguments: [
        // tini's usage ends with an empty line.
        ("tini", ["--version"], 0, "tini version 0.19.0", nil), ("tini", [], 1, "", ""),
        ("tini", ["-e", "7", "--", "sh", "-c", "exit 7"], 0, "", nil),
        ("tini-static", ["-p", "NOPE", "true"], 1, "", "Not a valid option for -p: NOPE"),
        ("tini", ["-vvv", "--", "true"], 0, "Spawned child process 'true' with pid '", nil),
        ("tini", ["nowhere"], 127, "", "exec nowhere failed: No such file or directory"),
        ("tini", ["/etc/passwd"], 126, "", "exec /etc/passwd failed: Permission denied"),
        ("dumb-init", ["nowhere"], 2, "", "[dumb-init] nowhere: No such file or directory"),
        ("dumb-init", ["-r", "x", "true"], 1, "", "Use --help for full usage."),
        ("docker-init", ["false"], 1, "", nil),
        ("dumb-init", [], 1, "", "dumb-init --help for full usage."),
        ("dumb-init", ["sh", "-c", "exit 5"], 5, "", nil),
        ("catatonit", ["nowhere"], 1, "", "failed to exec pid1: No such file or directory"),
        ("catatonit", ["--version"], 0, "tini version", nil), ("catatonit", ["true"], 0, "", nil),
        ("catatonit", ["--", "sh", "-c", "exit 5"], 5, "", nil),
        ("catatonit", [], 1, "", "usage: catatonit [-ghLPV] [--] <progname> [<arguments>...]"),
        ("supervisord", ["-v"], 0, "4.3.0", nil),
        ("supervisord", ["x"], 2, "", "For help,"), ("supervisord", ["-X"], 2, "", "For help,"),
        ("pidproxy", ["x"], 2, "", "pidproxy.py <pidfile name> <command> [<cmdarg1> ...]"),
      ] as [(String, [String], Int32, String, String?)])
    func exitCodes(
      _ name: String, _ words: [String], _ code: Int32, _ text: String, _ lastError: String?
    ) async throws {
      try await withSwinit(setup(name, words)) { swinit in
        try await swinit.expectEnd(code, lastError)
        let lines = swinit.output?.texts ?? []
        #expect(text.isEmpty || lines.contains { $0.contains(text) }, "\(swinit.transcript)")
      }
    }

    /// A shell with a child in its group: who of them hears of a signal.
    @Test(
      arguments: [
        ("tini", ["-g", "--"], [:], true), ("tini", ["--"], [:], false),
        ("tini", [], ["TINI_KILL_PROCESS_GROUP": ""], true), ("catatonit", ["-g"], [:], true),
        ("catatonit", [], [:], false), ("dumb-init", [], [:], true),
        ("dumb-init", ["-c"], [:], false), ("dumb-init", ["--single-child"], [:], false),
        ("dumb-init", [], ["DUMB_INIT_SETSID": "0"], false), ("swinit", ["--"], [:], false),
        ("swinit", ["--group", "--"], [:], true),
      ] as [(String, [String], [String: String], Bool)])
    func whatGoesToTheGroup(
      _ name: String, _ words: [String], _ variables: [String: String], toGroup: Bool
    ) async throws {
      let script = """
        exec 2> /dev/null
        trap 'echo shell' USR1
        trap 'exit 6' USR2
        FOLDER/listener &
        while :; do sleep 0.02 & wait $!; done
        """
      let setup = setup(
        name, words + ["sh", "-c", script], files: ["listener": listener],
        environment: variables)
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        kill(swinit.pid, SIGUSR1)
        try await swinit.line("shell")
        if toGroup { try await swinit.line("got USR1") }
        kill(swinit.pid, SIGUSR2)
        try await swinit.expectEnd(6, nil)
        #expect((swinit.output?.texts.contains("got USR1") == true) == toGroup)
      }
    }

    @Test(
      arguments: [
        ("tini", ["-w", "--", "sh", "-c", "(sleep 0 &); sleep 0.2"], [:], "Reaped", "Reaped"),
        ("tini", ["true"], ["TINI_VERBOSITY": "3"], "Received SIGCHLD", nil),
        ("tini", ["-h"], [:], "Usage: tini [OPTIONS] PROGRAM -- [ARGS] | --version", nil),
        (
          "dumb-init", ["true"], ["DUMB_INIT_DEBUG": "1"], "Running in debug mode.",
          "Child exited with status 0. Goodbye."
        ),
        (
          "dumb-init", ["-v", "true"], [:], "setsid complete.",
          "Child exited with status 0. Goodbye."
        ),
        ("dumb-init", ["--vers"], [:], "dumb-init v1.2.5", "dumb-init v1.2.5"),
        (
          "catatonit", ["true"], ["CATATONIT_DEBUG": "1"], "DEBUG (catatonit:",
          "no children left to monitor"
        ),
        ("catatonit", ["-h"], [:], "usage: catatonit [-ghLPV]", "Print version information."),
      ] as [(String, [String], [String: String], String, String?)])
    func whatTheySay(
      _ name: String, _ words: [String], _ variables: [String: String], _ text: String,
      _ lastError: String?
    ) async throws {
      try await withSwinit(setup(name, words, environment: variables)) { swinit in
        try await swinit.expectEnd(0, lastError)
        let said = swinit.errors.texts + (swinit.output?.texts ?? [])
        #expect(said.contains { $0.contains(text) }, "\(swinit.transcript)")
      }
    }

    @Test func catatonitPauses() async throws {
      try await withSwinit(setup("catatonit", ["-P"])) { swinit in
        try await swinit.wait("catatonit") { executable(swinit.pid)?.hasSuffix("/swinit") == true }
        try await swinit.wait("its end") {
          kill(swinit.pid, SIGTERM)
          return swinit.ending != nil
        }
        try await swinit.expectEnd(0, nil)
      }
      try await withSwinit(
        setup("catatonit", ["true"], environment: ["CATATONIT_LOG": "x"])
      ) { try await $0.expectEnd(1, "CATATONIT_LOG is reserved") }
    }

    @Test(arguments: [(["-r", "15:10"], "got USR1"), (["--rewrite=15:10"], "got USR1")])
    func dumbInitRewrites(_ words: [String], _ text: String) async throws {
      let setup = setup("dumb-init", words + ["FOLDER/listener"], files: ["listener": listener])
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        kill(swinit.pid, SIGTERM)
        try await swinit.line(text)
      }
    }

    /// In a session of another: it warns unless it is told to reap.
    @Test(arguments: [["-s"], []])
    func tiniReapsWhenItIsTold(_ words: [String]) async throws {
      let variables = words.isEmpty ? ["TINI_SUBREAPER": ""] : [:]
      try await withSwinit(
        setup("tini", words + ["true"], launcher: [], environment: variables)
      ) { swinit in
        try await swinit.expectEnd(0, nil)
      }
    }

    @Test func tiniWarnsWhenItReapsNothing() async throws {
      try await withSwinit(setup("tini", ["true"], launcher: [])) { swinit in
        try await swinit.expectEnd(0, "or run Tini as PID 1.")
        try await swinit.log("[WARN  tini (")
      }
    }

    /// dumb-init's signals go to the whole session's group, and what stops it stops its child.
    @Test func dumbInitStopsItselfToo() async throws {
      let setup = setup(
        "dumb-init", ["FOLDER/listener"], files: ["listener": listener], launcher: [])
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        kill(swinit.pid, SIGTSTP)
        try await swinit.wait("a stopped dumb-init") { state(swinit.pid) == "T" }
        kill(swinit.pid, SIGCONT)
        try await swinit.line("got CONT")
        #expect(state(swinit.pid) != "T")
        kill(swinit.pid, SIGUSR2)
        try await swinit.expectEnd(6, nil)
      }
    }

    @Test func supervisordFindsItsFileAndObeysItsOptions() async throws {
      let file = "[program:x]\ncommand=sh -c 'umask; pwd'\nstartsecs=0\nautorestart=false\n"
      let launcher = Setup.asPID1 + ["sh", "-c", "cd $0 && exec \"$@\"", "FOLDER"]
      let setup = setup(
        "supervisord", ["-n", "-m", "027", "-d", "/usr", "-e", "debug"],
        files: ["etc/supervisord.conf": file], launcher: launcher)
      try await withSwinit(setup) { swinit in
        try await swinit.line("0027")
        try await swinit.line("/usr")
        // As a supervisord it stays when everything has ended.
        try await swinit.log("x: EXITED with status 0")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "stopped by SIGTERM")
      }
    }

    private func state(_ pid: pid_t) -> Substring? {
      let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
      return text?.split(separator: ")").last?.split(separator: " ").first
    }
  }
}
