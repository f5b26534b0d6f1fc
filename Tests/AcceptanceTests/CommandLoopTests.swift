import Foundation
import Testing

// What COMMAND gets, signal by signal and descriptor by descriptor, alone and with a program
// beside it, with swinit as PID 1 and not.

/// How swinit runs COMMAND.
private enum Place: CaseIterable, CustomTestStringConvertible {
  case alone, aloneNotPID1, besidePrograms, besideProgramsNotPID1

  var isPID1: Bool { self == .alone || self == .besidePrograms }
  var hasPrograms: Bool { self == .besidePrograms || self == .besideProgramsNotPID1 }
  var testDescription: String { "\(self)" }

  /// The last line on stderr when COMMAND has ended; alone swinit says nothing.
  func last(_ text: String) -> String? { hasPrograms ? text : nil }

  /// - Parameter words: swinit's options, `--`, COMMAND.
  func setup(_ words: [String], files: [String: String] = [:], after script: String = "") -> Setup {
    var setup = Setup("[program:beside]\ncommand=sleep 1000\nstartsecs=0\n", files: files)
    setup.launcher = isPID1 ? Setup.asPID1(after: script) : Setup.notPID1(after: script)
    setup.arguments = (hasPrograms ? ["-c", "FOLDER"] : []) + words
    return setup
  }
}

/// Says which signal it got, and ends with 6 when it gets `$1`.
private let listener = """
  #!/bin/bash
  for n in $(seq 1 31) $(seq 34 64); do
    case $n in 9 | 17 | 19) ;; *) trap "echo got $n" $n ;; esac
  done
  trap 'exit 6' ${1:-USR2}
  sleep 1000 &
  echo ready
  # A trap that comes just before a wait is only seen after it: so no wait is long.
  while :; do sleep 0.02 & wait $!; done
  """

private let files = ["listener": listener]

extension Acceptance {
  @Suite struct CommandLoops {
    /// Signals that are not passed on, or not as themselves: those that nobody can catch, CHLD, and
    /// what a terminal stops with. Beside programs also what the kernel sends for a fault: there it
    /// is swinit's own.
    private static let apart: Set<Int32> = [
      SIGKILL, SIGSTOP, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR2,
    ]
    private static let faults: Set<Int32> = [
      SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS,
    ]
    /// Of these the first one begins the stop of the programs, which leaves COMMAND 10 s.
    private static let stops: Set<Int32> = [
      SIGTERM, SIGINT, SIGQUIT, SIGPWR, SIGWINCH, 37,
    ]

    @Test(arguments: Place.allCases)
    fileprivate func everySignalReachesItEachTime(_ place: Place) async throws {
      let all = Array(Int32(1)...31) + Array(Int32(34)...64)
      let wanted = all.filter {
        !Self.apart.contains($0) && !(place.hasPrograms && Self.faults.contains($0))
      }
      let last = wanted.filter { Self.stops.contains($0) }
      let order = wanted.filter { !Self.stops.contains($0) } + last
      try await withSwinit(place.setup(["--", "FOLDER/listener"], files: files)) { swinit in
        try await swinit.line("ready")
        for number in order {
          for count in 1...2 {
            swinit.signal(number)
            try await swinit.wait("signal \(number), time \(count)") {
              swinit.output?.texts.filter { $0 == "got \(number)" }.count == count
            }
            // bash forgets a signal that comes while its trap still runs: its next child says that
            // the trap is over.
            let bash = descendant(
              of: swinit.pid, running: "/bin/bash \(swinit.folder.path)/listener")
            let before = Set(children(of: bash ?? 0))
            try await swinit.wait("the trap's end") {
              !Set(children(of: bash ?? 0)).subtracting(before).isEmpty
            }
          }
        }
        swinit.signal(SIGUSR2)
        try await swinit.expectEnd(6, place.last("exit 6: COMMAND listener: exited with status 6"))
        // Nothing else came.
        #expect(swinit.output?.texts.count == 1 + 2 * order.count, "\(swinit.transcript)")
      }
    }

    /// Without a terminal COMMAND is stopped by what a terminal would stop it with. So is swinit, but
    /// not as PID 1 and not when it has programs to look after.
    @Test(arguments: Place.allCases, [SIGTSTP, SIGTTIN, SIGTTOU])
    fileprivate func whatStopsAJobStopsIt(_ place: Place, _ signal: Int32) async throws {
      try await withSwinit(place.setup(["--", "FOLDER/listener"], files: files)) { swinit in
        try await swinit.line("ready")
        let command = try #require(
          descendant(of: swinit.pid, running: "/bin/bash \(swinit.folder.path)/listener"))
        for round in 1...2 {
          swinit.signal(signal)
          try await swinit.wait("COMMAND stopped") { ProcessStat(command)?.isStopped == true }
          if place == .aloneNotPID1 {
            try await swinit.wait("swinit stopped") { ProcessStat(swinit.pid)?.isStopped == true }
          } else {
            #expect(ProcessStat(swinit.pid)?.isStopped == false)
          }
          swinit.signal(SIGCONT)
          // bash loses a signal that comes while the trap of another one is about to run.
          try await swinit.wait("both going on") {
            swinit.output?.texts.filter { $0 == "got 18" }.count == round
              && ProcessStat(swinit.pid)?.isStopped == false
          }
        }
        swinit.signal(SIGUSR2)
        try await swinit.expectEnd(6, place.last("exit 6: COMMAND listener: exited with status 6"))
      }
    }

    @Test(arguments: Place.allCases, [0, 1, 126, 255])
    fileprivate func itsStatusIsOurs(_ place: Place, _ code: Int32) async throws {
      try await withSwinit(place.setup(["--", "sh", "-c", "exit \(code)"])) {
        try await $0.expectEnd(code, place.last("COMMAND sh: exited with status \(code)"))
      }
    }

    @Test(
      arguments: Place.allCases,
      [
        (SIGHUP, "SIGHUP"), (SIGKILL, "SIGKILL"), (SIGSEGV, "SIGSEGV"), (SIGTERM, "SIGTERM"),
        (64, "SIGRTMIN+30"),
      ] as [(Int32, String)])
    fileprivate func itsDeathIs128AndTheSignal(
      _ place: Place, _ death: (signal: Int32, name: String)
    ) async throws {
      let (signal, name) = death
      try await withSwinit(place.setup(["--", "bash", "-c", "kill -\(signal) $$"])) {
        try await $0.expectEnd(128 + signal, place.last("COMMAND bash: killed by \(name)"))
      }
    }

    @Test(
      arguments: Place.allCases,
      [
        ("/nowhere", 127, "execve \"/nowhere\": No such file or directory"),
        ("nowhere", 127, "execve \"nowhere\": No such file or directory"),
        ("/etc/passwd", 126, "execve \"/etc/passwd\": Permission denied"),
        ("/etc", 126, "execve \"/etc\": Permission denied"),
        ("FOLDER/listener/x", 126, "/listener/x\": Not a directory"),
      ] as [(String, Int32, String)])
    fileprivate func whatCannotBeStarted(
      _ place: Place, _ what: (command: String, code: Int32, text: String)
    ) async throws {
      try await withSwinit(place.setup(["--", what.command], files: files)) {
        try await $0.expectEnd(what.code, what.text)
      }
    }

    @Test(arguments: Place.allCases)
    fileprivate func acceptedCodesAreZero(_ place: Place) async throws {
      for (script, code, end) in [
        ("exit 3", Int32(0), "exited with status 3"), ("exit 4", 4, "exited with status 4"),
        ("kill $$", 0, "killed by SIGTERM"),
      ] {
        let words = ["--accept", "3", "--accept=143", "--", "sh", "-c", script]
        try await withSwinit(place.setup(words)) {
          try await $0.expectEnd(code, place.last("exit \(code): COMMAND sh: \(end)"))
        }
      }
    }

    /// By name, by number, to another real-time signal, and to nothing.
    @Test(arguments: Place.allCases)
    fileprivate func signalsAreRewritten(_ place: Place) async throws {
      let words = [
        "--rewrite", "HUP:USR1", "--rewrite=sigalrm:SIGURG", "--rewrite", "40:RTMIN+7",
        "--rewrite", "50:0", "--", "FOLDER/listener",
      ]
      try await withSwinit(place.setup(words, files: files)) { swinit in
        try await swinit.line("ready")
        for (sent, got) in [(SIGHUP, SIGUSR1), (SIGALRM, SIGURG), (40, 41)] {
          swinit.signal(50)
          swinit.signal(sent)
          try await swinit.line("got \(got)")
        }
        #expect(swinit.output?.texts == ["ready", "got 10", "got 23", "got 41"])
        swinit.signal(SIGUSR2)
        try await swinit.expectEnd(6, place.last("exit 6: COMMAND listener: exited with status 6"))
      }
    }

    /// With `--group` what COMMAND has in the background of its group gets signals too, else not.
    @Test(arguments: Place.allCases, [true, false])
    fileprivate func signalsToTheGroup(_ place: Place, _ isToGroup: Bool) async throws {
      let inner = """
        #!/bin/bash
        trap 'echo inner' HUP
        sleep 1000 &
        echo ready
        while :; do wait; done
        """
      let outer = """
        #!/bin/bash
        trap 'echo outer' HUP
        trap 'exit 6' USR2
        $1/inner & while :; do wait; done
        """
      let words = (isToGroup ? ["--group"] : []) + ["--", "FOLDER/outer", "FOLDER"]
      try await withSwinit(place.setup(words, files: ["inner": inner, "outer": outer])) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGHUP)
        try await swinit.line("outer")
        if isToGroup { try await swinit.line("inner") }
        swinit.signal(SIGUSR2)
        try await swinit.expectEnd(6, place.last("exit 6: COMMAND outer: exited with status 6"))
        #expect(swinit.output?.texts.contains("inner") == isToGroup)
      }
    }

    /// The shell that started swinit ends, and another one holds the namespace.
    @Test(arguments: [Place.aloneNotPID1, .besideProgramsNotPID1])
    fileprivate func theParentsDeathIsASignalToIt(_ place: Place) async throws {
      var setup = place.setup(["--pdeathsig", "USR1", "--", "FOLDER/listener"], files: files)
      setup.launcher =
        Setup.asPID1 + [
          "sh", "-c", "mkfifo $0/fifo; (\"$@\" & read x < $0/fifo); sleep 1000", "FOLDER",
        ]
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        #expect(swinit.output?.texts == ["ready"])
        let fifo = open(swinit.folder.path + "/fifo", O_WRONLY | O_CLOEXEC)
        #expect(write(fifo, "x\n", 2) == 2)
        close(fifo)
        try await swinit.line("got 10")
      }
    }

    /// Mask, ignored signals, directory, environment and umask are those that swinit was started
    /// with.
    @Test(arguments: Place.allCases)
    fileprivate func itInheritsWhatWeHad(_ place: Place) async throws {
      let script = """
        grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status > $1; pwd >> $1; umask >> $1
        ulimit -Sn >> $1; echo "$VARIABLE" >> $1
        """
      let start = """
        cd /usr/share; umask 031; ulimit -Sn 512; export VARIABLE='a  b'
        set -- env --ignore-signal=HUP,USR1,PIPE --block-signal=USR2,ALRM,CHLD "$@"
        env --ignore-signal=HUP,USR1,PIPE --block-signal=USR2,ALRM,CHLD sh $0/report $0/bare
        """
      let setup = place.setup(
        ["--", "sh", "FOLDER/report", "FOLDER/inside"], files: ["report": script], after: start)
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, place.last("exit 0: COMMAND sh: exited with status 0"))
        let bare = try #require(swinit.folder.read("bare"))
        #expect(bare.contains("/usr/share\n0031\n512\na  b\n"), "\(bare)")
        #expect(swinit.folder.read("inside") == bare)
      }
    }

    /// Alone it gets every descriptor. Beside programs only the first three, and its stdin is the
    /// container's.
    @Test(arguments: Place.allCases)
    fileprivate func itsDescriptors(_ place: Place) async throws {
      let start = "echo hello > $0/input; exec 0< $0/input"
      let script = "read x; echo \"input $x\"; test -e /proc/self/fd/9 && echo nine; exit 4"
      var setup = place.setup(["--", "sh", "-c", script], after: start)
      setup.leaksDescriptor = true
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(4, place.last("exit 4: COMMAND sh: exited with status 4"))
        let lines = swinit.output?.texts ?? []
        #expect(lines == (place.hasPrograms ? ["input hello"] : ["input hello", "nine"]))
      }
    }

    /// sd_listen_fds(3): the sockets are for the process whose pid stands there.
    @Test(arguments: [Place.alone, .aloneNotPID1], [true, false])
    fileprivate func theListenPidIsIts(_ place: Place, _ isOurs: Bool) async throws {
      // swinit has the pid of the shell that becomes it.
      let start = isOurs ? "LISTEN_PID=$$" : "LISTEN_PID=4321"
      var setup = place.setup(["--", "sh", "-c", "echo $LISTEN_PID $$"])
      setup.launcher =
        Setup.asPID1 + (place.isPID1 ? [] : ["sh", "-c", "\"$@\"; exit $?", "x"])
        + ["sh", "-c", start + " exec \"$@\"", "x"]
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, nil)
        let words = try #require(swinit.output?.texts.first).split(separator: " ")
        #expect(words.first == (isOurs ? words.last : "4321"))
      }
    }

    /// Orphans are reaped while COMMAND runs. What it leaves behind is told to end with SIGTERM and,
    /// when that does not help, ended with SIGKILL after a second.
    @Test(arguments: Place.allCases)
    fileprivate func orphansAndLeftovers(_ place: Place) async throws {
      let script = """
        for i in 1 2 3 4 5; do (sleep 0 &); done
        setsid sh -c 'trap "" TERM; echo $$ > '$1'/stubborn; exec sleep 1000' &
        setsid sh -c 'trap "echo told; exit" TERM; echo up; while :; do sleep 0.01; done' 2>&- &
        trap 'exit 4' USR2
        while :; do sleep 0.01; done
        """
      let setup = place.setup(
        ["--", "sh", "FOLDER/parent", "FOLDER"], files: ["parent": script])
      try await withSwinit(setup) { swinit in
        try await swinit.line("up")
        try await swinit.wait("the stubborn one and no zombie") {
          swinit.folder.read("stubborn")?.hasSuffix("\n") == true
            && descendant(of: swinit.pid, running: "sleep 1000") != nil
            && zombies(of: swinit.pid).isEmpty
        }
        let began = swinit.moment
        swinit.signal(SIGUSR2)
        try await swinit.expectEnd(4, place.last("exit 4: COMMAND sh: exited with status 4"))
        #expect(swinit.output?.texts.contains("told") == true, "\(swinit.transcript)")
        let time = swinit.span(since: began)
        #expect(time.whole >= 0.9 && time.own < 5)
      }
    }

    // Beside programs.

    @Test func itIsNotStartedWhenAProgramCannotBe() async throws {
      for (essential, word) in [
        ("none", "COMMAND was not started, program x is FATAL"),
        ("fatal", "essential program x is FATAL"),
      ] {
        var setup = Setup(
          "[program:x]\ncommand=sh -c 'exit 5'\nstartretries=0\nessential=\(essential)\n")
        setup.arguments = ["-c", "FOLDER", "--", "echo", "started"]
        try await withSwinit(setup) { swinit in
          try await swinit.expectEnd(5, "exit 5: \(word): exited with status 5 before startsecs")
          #expect(swinit.output?.texts == [])
        }
      }
    }

    @Test(arguments: [true, false])
    func aStopBeforeItsStart(asPID1: Bool) async throws {
      let place: Place = asPID1 ? .besidePrograms : .besideProgramsNotPID1
      var setup = place.setup(["--", "echo", "started"])
      setup.fragments = ["a.conf": "[program:slow]\ncommand=sleep 1000\nstartsecs=1000\n"]
      try await withSwinit(setup) { swinit in
        try await swinit.log("slow: STARTING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.output?.texts == [])
      }
    }

    /// The options want values that can be read, and a COMMAND.
    @Test(
      arguments: [
        (["--accept", "256", "--", "x"], "cannot read --accept \"256\""),
        (["--accept=-1", "--", "x"], "cannot read --accept \"-1\""),
        (["--accept=", "--", "x"], "cannot read --accept \"\""),
        (["--accept"], "--accept wants a value"),
        (["--rewrite", "TERM:", "--", "x"], "cannot read --rewrite \"TERM:\""),
        (["--rewrite", ":TERM", "--", "x"], "cannot read --rewrite \":TERM\""),
        (["--rewrite", "FOO:TERM", "--", "x"], "cannot read --rewrite \"FOO:TERM\""),
        (["--rewrite", "0:TERM", "--", "x"], "cannot read --rewrite \"0:TERM\""),
        (["--rewrite", "65:TERM", "--", "x"], "cannot read --rewrite \"65:TERM\""),
        (["--rewrite", "1:2:3", "--", "x"], "cannot read --rewrite \"1:2:3\""),
        (["--rewrite"], "--rewrite wants a value"),
        (["--pdeathsig", "0", "--", "x"], "cannot read --pdeathsig \"0\""),
        (["--pdeathsig"], "--pdeathsig wants a value"),
        (["--pdeathsig=TERM"], "--pdeathsig is for a COMMAND"),
        (["--group=1", "--", "x"], "cannot understand \"--group\""),
        (["-g", "--", "x"], "cannot understand \"-g\""),
        (["-c", "FOLDER", "--group"], "--group is for a COMMAND"),
        (["-c", "FOLDER", "--"], "there is no COMMAND"), (["versoin"], "did you mean \"version\"?"),
        (["hlep"], "did you mean \"help\"?"),
      ] as [([String], String)])
    func wrongWords(_ words: [String], _ text: String) async throws {
      try await withSwinit(Place.alone.setup(words)) { try await $0.expectEnd(64, text) }
    }
  }
}
