import Foundation
import Testing

// Pidproxy in its three forms, and what a pidfile may be.

/// Starts a daemon behind it, which names itself in the pidfile after `delay` seconds. `stay`: waits
/// for it; `fork`: leaves it.
private let wrapper = """
  #!/bin/sh
  here=${0%/*}
  setsid $here/daemon ${2:-0} &
  case $1 in
    stay) trap : TERM; while :; do wait; sleep 0.05; kill -0 $! 2>/dev/null || exit 5; done ;;
    stuck) sleep 1000 ;;
    twice) trap 'setsid $here/daemon 0 &' USR1; while :; do wait; sleep 0.02; done ;;
    again) trap 'end=1' USR2; while [ -z "$end" ]; do wait; setsid $here/daemon 0 & done ;;
  esac
  exit 0
  """

private let daemon = """
  #!/bin/sh
  here=${0%/*}
  for s in HUP USR1; do trap "echo daemon got $s" $s; done
  trap 'echo daemon got TERM; exit 0' TERM
  echo "daemon $$ is up"
  sleep $1
  echo " $$ " > $here/pid.new
  echo garbage >> $here/pid.new
  mv $here/pid.new $here/pid
  while :; do sleep 0.02; done
  """

private func setup(_ program: String, before script: String = ":") -> Setup {
  var setup = Setup(
    "[program:d]\nautorestart=false\nstartsecs=0.05\n" + program,
    files: ["wrapper": wrapper, "daemon": daemon])
  setup.launcher = Setup.asPID1(after: script)
  return setup
}

extension Acceptance {
  @Suite struct PidProxy {
    private static let forms: [String] = [
      "command=/usr/bin/pidproxy %(here)s/pid %(here)s/wrapper stay",
      "command=pidproxy %(here)s/pid %(here)s/wrapper fork 0.2",
      "pidfile=%(here)s/pid\ncommand=%(here)s/wrapper fork 0.2",
      // As a process of its own; nothing of it is native here.
      "command=%(here)s/./swinit2 pidproxy %(here)s/pid %(here)s/wrapper stay",
    ]

    /// SIGKILL to the first daemon that said that it is up.
    private func killDaemon(_ swinit: Container) async throws {
      let line = try await swinit.line("is up")
      let pid = try #require(pid_t(line.split(separator: " ")[1]))
      kill(try #require(processes(inNamespaceOf: swinit.pid)[pid]), SIGKILL)
    }

    /// A stale pidfile, which names a living stranger, is there from the beginning.
    @Test(arguments: forms)
    func signalsReachTheDaemonAndNobodyElse(_ form: String) async throws {
      let script = """
        ln -s swinit $0/swinit2
        sh -c 'trap "echo stranger hit" TERM HUP USR1; echo $$ > '$0'/pid
               while :; do sleep 0.02; done' &
        while [ ! -s $0/pid ]; do sleep 0.01; done
        """
      try await withSwinit(setup(form, before: script)) { swinit in
        if !form.contains("swinit2") { try await swinit.log("d: follows pid ") }
        try await swinit.line("is up")
        try await swinit.log("d: RUNNING")
        try await swinit.wait("the daemon's pidfile") {
          swinit.folder.read("pid")?.contains("garbage") == true
        }
        swinit.signal(SIGTERM)
        try await swinit.line("daemon got TERM")
        try await swinit.expectEnd(0, "stopped by SIGTERM")
        let order = swinit.errors.texts.filter { $0.contains("d: STOP") }
        #expect(
          order.count == 2 && swinit.places(of: "d: still there").isEmpty, "\(swinit.transcript)")
      }
    }

    /// The stranger is signalled only by the sweep, which is after everything else.
    @Test func aStalePidfileIsNotBelieved() async throws {
      let script = """
        setsid sh -c 'trap "echo stranger hit; exit" USR1; echo $$ > '$0'/pid
               while :; do sleep 0.02; done' &
        while [ ! -s $0/pid ]; do sleep 0.01; done
        """
      let form = "stopsignal=USR1\ncommand=pidproxy %(here)s/pid sleep 1000"
      try await withSwinit(setup(form, before: script)) { swinit in
        try await swinit.log("d: RUNNING")
        swinit.signal(SIGTERM)
        // sleep got the signal: there is no daemon.
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.output?.texts.contains("stranger hit") == false)
        #expect(swinit.places(of: "SIGKILL (pid").isEmpty)
      }
    }

    @Test(arguments: ["HUP", "USR1", "TERM"])
    func theStandAloneFormPassesSignalsOn(_ name: String) async throws {
      let numbers = ["HUP": SIGHUP, "USR1": SIGUSR1, "TERM": SIGTERM]
      var setup = setup("")
      setup.launcher = []
      setup.arguments = ["pidproxy", "FOLDER/pid", "FOLDER/wrapper", "fork"]
      try await withSwinit(setup) { swinit in
        try await swinit.wait("the pidfile") { swinit.folder.read("pid") != nil }
        try await swinit.wait("a signal that arrives") {
          kill(swinit.pid, numbers[name] ?? 0)
          return swinit.output?.texts.contains("daemon got \(name)") == true
        }
        if name != "TERM" { kill(swinit.pid, SIGTERM) }
        try await swinit.expectEnd(0, nil)
      }
    }

    @Test func aDaemonThatDiesUnderAWrapperThatStays() async throws {
      try await withSwinit(setup("command=pidproxy %(here)s/pid %(here)s/wrapper stuck")) {
        swinit in
        try await swinit.log("d: follows pid ")
        try await killDaemon(swinit)
        try await swinit.log("d: its daemon has ended: SIGTERM to pid ")
        try await swinit.log("d: EXITED, killed by SIGTERM")
      }
    }

    @Test func aWrapperThatDiesLeavesTheDaemonRunning() async throws {
      try await withSwinit(setup("command=pidproxy %(here)s/pid %(here)s/wrapper stuck")) {
        swinit in
        try await swinit.log("d: follows pid ")
        try await swinit.log("d: RUNNING")
        let wrapper = try await swinit.process("d")
        let seen = try #require(processes(inNamespaceOf: swinit.pid)[wrapper])
        kill(seen, SIGKILL)
        try await swinit.wait("two lines on whom it follows") {
          swinit.places(of: "d: follows pid ").count == 2
        }
        #expect(swinit.places(of: "d: EXITED").isEmpty)
        swinit.signal(SIGTERM)
        try await swinit.line("daemon got TERM")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func aDaemonThatIsStartedAgainIsFollowed() async throws {
      try await withSwinit(setup("command=pidproxy %(here)s/pid %(here)s/wrapper again")) {
        swinit in
        try await swinit.log("d: follows pid ")
        try await killDaemon(swinit)
        try await swinit.wait("another daemon") {
          swinit.places(of: "d: follows pid ").count == 2
        }
        #expect(swinit.places(of: "d: EXITED").isEmpty)
      }
    }

    /// swinit learns in one moment of the new daemon and then of the end of the old one.
    @Test func theEndOfTheOldDaemonIsNotThatOfTheNewOne() async throws {
      // The sweep at the end of everything sends SIGTERM: the stop has another signal.
      let form =
        "stopsignal=HUP\nstopwaitsecs=0.2\ncommand=pidproxy %(here)s/pid %(here)s/wrapper twice"
      try await withSwinit(setup(form)) { swinit in
        try await swinit.log("d: follows pid ")
        try await swinit.log("d: RUNNING")
        let old = swinit.folder.read("pid")
        let wrapper = try await swinit.process("d")
        kill(swinit.pid, SIGSTOP)
        kill(try #require(processes(inNamespaceOf: swinit.pid)[wrapper]), SIGUSR1)
        try await swinit.wait("a new pidfile") { swinit.folder.read("pid") != old }
        try await killDaemon(swinit)
        kill(swinit.pid, SIGCONT)
        try await swinit.wait("another daemon") {
          swinit.places(of: "d: follows pid ").count == 2
        }
        // A signal for the program goes to it, not to the wrapper.
        swinit.signal(SIGTERM)
        try await swinit.line("daemon got HUP")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        // And the new one was never given up in between.
        let stop = swinit.places(of: "d: STOPPING")[0]
        #expect(!swinit.errors.texts[stop + 1].contains("follows"), "\(swinit.transcript)")
      }
    }

    @Test(arguments: ["", "abc", "-5", "0", "1", "99999999999", "12 13"])
    func aPidfileThatNamesNobody(_ text: String) async throws {
      let form =
        "command=pidproxy %(here)s/pid sh -c \"printf %%s '\(text)' > $PIDFILE; exec sleep 1000\"\n"
        + "environment=PIDFILE=\"%(here)s/pid\""
      try await withSwinit(setup(form)) { swinit in
        try await swinit.log("d: RUNNING")
        try await swinit.wait("the pidfile") { swinit.folder.read("pid") == text }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "follows").isEmpty && swinit.places(of: "SIGKILL (").isEmpty)
      }
    }

    /// Where inotify cannot be had, a timer looks.
    @Test(.enabled(if: Host.hasUserNamespaces, "no user namespaces"))
    func withoutInotify() async throws {
      let script = "echo 0 > /proc/sys/user/max_inotify_instances || exit 99"
      var setup = setup("command=pidproxy %(here)s/run/x/pid %(here)s/late")
      setup.files["late"] = """
        #!/bin/sh
        here=${0%/*}
        setsid sh -c "trap 'echo told; exit' TERM; sleep 0.3; mkdir -p $here/run/x
          echo \\$\\$ > $here/run/x/pid; while :; do sleep 0.02; done" &
        exit 0
        """
      setup.launcher =
        ["unshare", "--user", "--map-root-user"] + Setup.asPID1(after: script)
      try await withSwinit(setup) { swinit in
        try await swinit.log("d: follows pid ")
        swinit.signal(SIGTERM)
        try await swinit.line("told")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test(arguments: [
      ("command=pidproxy /run/x", "cannot run pidproxy: it wants a pidfile and a command"),
      ("pidfile=/a\ncommand=pidproxy /run/x y", "cannot use pidfile= with a pidproxy"),
    ])
    func badWords(_ program: String, _ text: String) async throws {
      try await withSwinit(setup(program)) { swinit in
        try await swinit.log(text)
        try await swinit.expectEnd(78, text)
      }
    }
  }
}
