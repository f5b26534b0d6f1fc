import Foundation
import Testing

// What the container exits with, row by row, and what its last line says.

/// One way to end.
struct ByItself: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var configuration: String
  var code: Int32
  var lastLine: String

  init(_ description: String, _ configuration: String, _ code: Int32, _ lastLine: String) {
    testDescription = description
    self.configuration = configuration
    self.code = code
    self.lastLine = lastLine
  }
}

/// `[program:NAME]` that ends by itself and is left alone then.
private func once(_ name: String, _ command: String, _ more: String = "") -> String {
  """
  [program:\(name)]
  command=\(command)
  startsecs=0
  autorestart=false
  \(more)

  """
}

/// `[program:NAME]` whose first failed start is its last.
private func fragile(_ name: String, _ command: String, _ more: String = "") -> String {
  "[program:\(name)]\ncommand=\(command)\nstartretries=0\n\(more)\n"
}

private let sleeper = "[program:sleeper]\ncommand=sleep 60\nstartsecs=0\n"

/// Fails, but waits until the tests make the file `go`.
private let waitsForGo = "#!/bin/sh\nwhile ! test -e \"${0%/*}/go\"; do sleep 0.01; done\n"

private let byItself = [
  ByItself(
    "essential=exit: its code", once("a", "sh -c \"exit 3\"", "essential=exit") + sleeper, 3,
    "error exit 3: essential program a ended: exited with status 3"),
  ByItself(
    "essential=true is essential=exit", once("a", "sh -c \"exit 7\"", "essential=true") + sleeper,
    7, "exit 7: essential program a ended"),
  ByItself(
    "essential=exit: 0 as well", once("a", "true", "essential=exit") + sleeper, 0,
    "exit 0: essential program a ended: exited with status 0"),
  ByItself(
    "essential=exit: 128 + signal", once("a", "sh -c \"kill -9 $$\"", "essential=exit") + sleeper,
    137, "exit 137: essential program a ended: killed by SIGKILL"),
  ByItself(
    "essential=exit: 128 + SIGSEGV", once("a", "sh -c \"kill -SEGV $$\"", "essential=exit"),
    139, "exit 139: essential program a ended: killed by SIGSEGV"),
  ByItself(
    "[swinit] essential=exit is for all",
    "[swinit]\nessential=exit\n" + once("a", "sh -c \"exit 4\"")
      + sleeper, 4, "exit 4: essential program a ended"),
  ByItself(
    "FATAL: not found", fragile("a", "/no/such/program") + sleeper, 127,
    "error exit 127: essential program a is FATAL: cannot start: execve \"/no/such/program\": "
      + "No such file or directory"),
  ByItself(
    "FATAL: not found in PATH", fragile("a", "no-such-program") + sleeper, 127,
    "exit 127: essential program a is FATAL: cannot start: execve \"no-such-program\": "),
  ByItself(
    "FATAL: not executable", fragile("a", "/etc/passwd") + sleeper, 126,
    "exit 126: essential program a is FATAL: cannot start: execve \"/etc/passwd\": "
      + "Permission denied"),
  ByItself(
    "FATAL: another step", fragile("a", "sleep 60", "directory=/no/such/folder") + sleeper, 1,
    "exit 1: essential program a is FATAL: cannot start: chdir \"/no/such/folder\": "
      + "No such file or directory"),
  ByItself(
    "FATAL: too quick, its code", fragile("a", "sh -c \"exit 5\"") + sleeper, 5,
    "exit 5: essential program a is FATAL"),
  ByItself(
    "FATAL: too quick with 0 is never 0", fragile("a", "true") + sleeper, 1,
    "exit 1: essential program a is FATAL"),
  ByItself(
    "FATAL: too quick by a signal", fragile("a", "sh -c \"kill -TERM $$\"") + sleeper, 143,
    "exit 143: essential program a is FATAL"),
  ByItself(
    "FATAL after its retries", "[program:a]\ncommand=/no/such/program\nstartretries=1\n" + sleeper,
    127, "exit 127: essential program a is FATAL"),
  ByItself(
    "nothing left, all well", once("a", "true") + once("b", "sh -c \"exit 0\""), 0,
    "info exit 0: nothing left to do"),
  ByItself(
    "nothing left, a code that is expected", once("a", "sh -c \"exit 3\"", "exitcodes=0,3"), 0,
    "exit 0: nothing left to do"),
  ByItself(
    "nothing left, a signal", once("a", "sh -c \"kill -USR1 $$\""), 138,
    "error exit 138: nothing left to do, a: killed by SIGUSR1"),
  ByItself(
    "nothing left, FATAL that is not essential",
    fragile("a", "/no/such/program", "essential=none") + once("b", "true"), 127,
    "exit 127: nothing left to do, a: "),
  ByItself(
    "a program that does not start by itself counts for nothing",
    once("a", "true") + once("b", "sh -c \"exit 9\"", "autostart=false"), 0,
    "exit 0: nothing left to do"),
]

/// One way to be told.
struct Told: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var signal: Int32
  var name: String
  var globals: String
  var code: Int32

  init(_ signal: Int32, _ name: String, _ globals: String = "", _ code: Int32 = 0) {
    testDescription = "\(name) \(globals)"
    self.signal = signal
    self.name = name
    self.globals = globals
    self.code = code
  }
}

private let realtime: Int32 = 34  // SIGRTMIN of glibc and musl

private let told = [
  Told(SIGTERM, "SIGTERM"), Told(SIGINT, "SIGINT"), Told(SIGQUIT, "SIGQUIT"),
  Told(SIGPWR, "SIGPWR"), Told(realtime + 3, "SIGRTMIN+3"), Told(SIGWINCH, "SIGWINCH"),
  Told(SIGTERM, "SIGTERM", "exit_on_signal=signal", 143),
  Told(SIGINT, "SIGINT", "exit_on_signal=signal", 130),
  Told(SIGTERM, "SIGTERM", "exit_on_signal=0", 0),
  Told(SIGTERM, "SIGTERM", "exit_on_signal=failure", 0),
  Told(SIGUSR1, "SIGUSR1", "stop_on=TERM,USR1", 0),
]

extension Acceptance {
  @Suite struct ExitStatus {
    @Test(arguments: byItself) func endsByItself(_ row: ByItself) async throws {
      try await withSwinit(Setup(row.configuration)) { swinit in
        try await swinit.expectEnd(row.code, row.lastLine)
      }
    }

    @Test(arguments: told) func isTold(_ row: Told) async throws {
      try await withSwinit(Setup("[swinit]\n\(row.globals)\n" + sleeper)) { swinit in
        try await swinit.log("sleeper: RUNNING")
        swinit.signal(row.signal)
        try await swinit.expectEnd(
          row.code, "exit \(row.code): stopped by \(row.name) from outside of this PID namespace")
      }
    }

    @Test func failureThatCameBeforeTheSignalCounts() async throws {
      let text = "[swinit]\nexit_on_signal=failure\n" + once("a", "sh -c \"exit 6\"") + sleeper
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("a: EXITED with status 6 (unexpected)")
        try await swinit.log("sleeper: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(
          6,
          "exit 6: stopped by SIGTERM from outside of this PID namespace, a: exited with status 6")
      }
    }

    @Test func signalsThatDoNotStopAreSaidAndIgnored() async throws {
      try await withSwinit(Setup("[swinit]\nstop_on=INT\n" + sleeper)) { swinit in
        try await swinit.log("sleeper: RUNNING")
        for signal in [SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD, SIGPIPE, SIGALRM] {
          swinit.signal(signal)
        }
        swinit.signal(SIGINT)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGINT")
      }
    }

    @Test func theFirstUnexpectedEndIsTheOne() async throws {
      let text = once("late", "%(here)s/late") + once("early", "sh -c \"exit 4\"")
      let setup = Setup(text, files: ["late": waitsForGo + "exit 5\n"])
      try await withSwinit(setup) { swinit in
        try await swinit.log("early: EXITED with status 4 (unexpected)")
        try swinit.folder.write("", to: "go")
        try await swinit.expectEnd(4, "exit 4: nothing left to do, early: exited with status 4")
      }
    }

    @Test func stayKeepsItWhenNothingIsLeft() async throws {
      try await withSwinit(Setup("[swinit]\nstay=true\n" + once("a", "sh -c \"exit 3\""))) {
        swinit in
        try await swinit.log("a: EXITED with status 3")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func aSupervisorFileStaysWithAFatalProgram() async throws {
      let text = "[supervisord]\nnodaemon=true\n" + fragile("a", "/no/such/program")
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("a: FATAL")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Nothing starts by itself: it waits, and says so.
    @Test func withoutAutostartItStays() async throws {
      try await withSwinit(Setup(once("a", "true", "autostart=false"))) { swinit in
        try await swinit.log("swinit: ")
        #expect(swinit.places(of: "STARTING").isEmpty)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The listener that many images have: it kills its parent when a program is FATAL.
    @Test(arguments: [(true, 127), (false, 0)])
    func aChildThatKillsItsParent(fatal: Bool, code: Int32) async throws {
      let killer = waitsForGo + "kill -QUIT $PPID\nwhile :; do sleep 0.05; done\n"
      let text =
        "[supervisord]\n[program:killer]\ncommand=%(here)s/killer\nstartsecs=0\n"
        + fragile("a", fatal ? "/no/such/program" : "sleep 60", "startsecs=0")
      try await withSwinit(Setup(text, files: ["killer": killer])) { swinit in
        try await swinit.log("killer: RUNNING")
        try await swinit.log(fatal ? "a: FATAL" : "a: RUNNING")
        let killer = try await swinit.process("killer")
        try swinit.folder.write("", to: "go")
        try await swinit.log("stopping: SIGQUIT from pid \(killer) (uid 0, killer)")
        try await swinit.expectEnd(code, "exit \(code): ")
      }
    }

    @Test func aRepeatedStopSignalChangesNothing() async throws {
      let slow =
        "#!/bin/sh\ntrap 'sleep 0.3; exit' TERM\necho ready\nwhile :; do sleep 0.05; done\n"
      let text = "[program:slow]\ncommand=%(here)s/slow\nstartsecs=0\n"
      try await withSwinit(Setup(text, files: ["slow": slow])) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGTERM)
        try await swinit.log("slow: STOPPING")
        swinit.signal(SIGTERM)
        swinit.signal(SIGINT)
        swinit.signal(SIGINT)
        try await swinit.log("slow: STOPPED")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test func onATerminalWindowChangesAreNotForUs() async throws {
      var setup = Setup(sleeper)
      setup.onTerminal = true
      try await withSwinit(setup) { swinit in
        try await swinit.log("sleeper: RUNNING")
        swinit.signal(SIGWINCH)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func onATerminalTheSecondInterruptKills() async throws {
      let deaf = "#!/bin/sh\ntrap '' INT TERM\necho ready\nwhile :; do sleep 0.05; done\n"
      var setup = Setup(
        "[program:deaf]\ncommand=%(here)s/deaf\nstartsecs=0\nstopwaitsecs=3600\n",
        files: ["deaf": deaf])
      setup.onTerminal = true
      try await withSwinit(setup) { swinit in
        try await swinit.line("ready")
        swinit.signal(SIGINT)
        try await swinit.log("deaf: STOPPING (pid \(swinit.process("deaf")), SIGINT)")
        swinit.signal(SIGINT)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGINT")
      }
    }
  }
}
