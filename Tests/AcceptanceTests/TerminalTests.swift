import Foundation
import Testing

// On a terminal COMMAND has job control. Each test is a person at a terminal who types, and
// looks at what is written and at the processes.

/// A program beside COMMAND.
private let beside = "[program:beside]\ncommand=sleep 2000\nstartsecs=0\n"
private let withProgram = ["-c", "FOLDER"]

/// A container's `-t`: swinit is PID 1 and leads the terminal's session.
private func leader(
  _ name: String, _ words: [String], files: [String: String] = [:]
) -> Setup {
  var setup = Setup(beside, files: files)
  setup.called = name
  setup.launcher = Setup.asPID1 + ["setsid", "--ctty"]
  setup.arguments = words
  setup.streams = .terminal
  setup.environment["PS1"] = "> "
  return setup
}

/// A person's shell, from which swinit is started by typing. Not bash: that gives the terminal to its
/// job once more after the job began, and on a busy machine it then takes it from COMMAND.
private func shell(files: [String: String] = [:]) -> Setup {
  var setup = leader("swinit", [], files: files)
  setup.launcher =
    Setup.asPID1 + ["sh", "-c", "exec setsid --ctty dash -i"]
  return setup
}

private let interactive = ["bash", "--norc", "--noediting", "-i"]

extension Acceptance {
  @Suite struct Terminals {
    /// A shell as COMMAND: ^C ends its foreground job and not the shell, ^Z stops it, `bg` and `fg`
    /// go on with it, and the size of the window is the shell's.
    private func useShell(_ swinit: Container) async throws {
      let terminal = try #require(swinit.terminal)
      terminal.type("echo inner$((1 + 1))\n")
      try await swinit.see("inner2")

      try await startJob(swinit)
      terminal.type(Terminal.interrupt)
      try await swinit.wait("the job's end") { job(swinit) == nil }
      terminal.type("echo alive$((40 + 2))\n")
      try await swinit.see("alive42")

      let pid = try await startJob(swinit)
      terminal.type(Terminal.suspend)
      try await swinit.wait("a stopped job") { ProcessStat(pid)?.isStopped == true }
      terminal.type("bg\n")
      try await swinit.wait("a job in the background") {
        ProcessStat(pid).map { !$0.isStopped && !$0.isInFront } ?? false
      }
      terminal.type("fg\n")
      try await swinit.wait("a job in front") { ProcessStat(pid)?.isInFront == true }
      terminal.type(Terminal.interrupt)
      try await swinit.wait("the job's end") { job(swinit) == nil }

      terminal.resize(rows: 41, columns: 97)
      terminal.type("stty size\n")
      try await swinit.see("41 97")
    }

    private func job(_ swinit: Container) -> pid_t? {
      descendant(of: swinit.pid, running: "sleep 1000")
    }

    @discardableResult
    private func startJob(_ swinit: Container) async throws -> pid_t {
      swinit.terminal?.type("sleep 1000\n")
      var found: pid_t = 0
      try await swinit.wait("a job in front") {
        found = job(swinit) ?? 0
        return ProcessStat(found)?.isInFront == true
      }
      return found
    }

    @Test(
      arguments: [
        ("swinit", ["--"]), ("swinit", withProgram + ["--"]), ("tini", ["--"]),
        ("dumb-init", ["--"]),
      ] as [(String, [String])])
    func asTheLeaderOfTheSession(_ name: String, _ words: [String]) async throws {
      try await withSwinit(leader(name, words + interactive)) { swinit in
        try await useShell(swinit)
        swinit.terminal?.type("exit 7\n")
        try await swinit.expectEnd(7, nil)
      }
    }

    /// In front of a person's shell; the terminal is that shell's again afterwards.
    @Test(
      arguments: [
        ("swinit", ["--"]), ("swinit", withProgram + ["--"]), ("tini", ["-s", "--"]),
      ] as [(String, [String])])
    func asAJobOfAShell(_ name: String, _ words: [String]) async throws {
      var setup = shell()
      setup.called = name
      try await withSwinit(setup) { swinit in
        let line = (["FOLDER/" + name] + words + interactive).joined(separator: " ")
        try await start(line, swinit)
        try await useShell(swinit)
        swinit.terminal?.type("exit 7\n")
        try await expectShell(swinit, code: 7)
      }
    }

    /// A COMMAND that knows nothing of jobs: ^Z stops it and swinit, so that the shell in front of
    /// swinit takes the terminal; `bg` and `fg` go on with both.
    @Test func aJobIsStoppedAndGoesOnAsAWhole() async throws {
      try await withSwinit(shell()) { swinit in
        let terminal = try #require(swinit.terminal)
        try await start("FOLDER/swinit -- sleep 1000", swinit)
        try await swinit.wait("COMMAND in front") {
          ProcessStat(job(swinit) ?? 0)?.isInFront == true
        }
        let command = try #require(job(swinit))
        for words in [["fg"], ["bg", "fg"], ["fg"]] {
          terminal.type(Terminal.suspend)
          try await swinit.wait("both stopped") {
            ProcessStat(command)?.isStopped == true && ProcessStat(swinit.pid)?.isStopped == true
          }
          for word in words {
            terminal.type(word + "\n")
            try await swinit.wait("both going on after \(word)") {
              guard let here = ProcessStat(swinit.pid), let there = ProcessStat(command) else {
                return false
              }
              return !here.isStopped && !there.isStopped
                && (here.isInFront || there.isInFront) == (word == "fg")
            }
          }
        }
        terminal.type(Terminal.interrupt)
        try await expectShell(swinit, code: 130)
      }
    }

    /// Of `fg` after `bg` a shell tells nobody: COMMAND has the terminal as soon as it wants it.
    @Test func aJobThatWasInTheBackgroundCanRead() async throws {
      // Of builtins only: ^Z between vfork and exec stops the child, and the shell waits for it.
      let reader = """
        #!/bin/sh
        until test -e "$1"; do :; done
        read word
        echo "got $word $((5 + 6))"
        exit 9
        """
      try await withSwinit(shell(files: ["reader": reader])) { swinit in
        let terminal = try #require(swinit.terminal)
        try await start("FOLDER/swinit -- FOLDER/reader FOLDER/go", swinit)
        let line = "/bin/sh FOLDER/reader FOLDER/go"
          .replacingOccurrences(of: "FOLDER", with: swinit.folder.path)
        let command = { descendant(of: swinit.pid, running: line) ?? 0 }
        try await swinit.wait("COMMAND in front") { ProcessStat(command())?.isInFront == true }
        terminal.type(Terminal.suspend)
        try await swinit.wait("swinit stopped") { ProcessStat(swinit.pid)?.isStopped == true }
        terminal.type("bg\n")
        try await swinit.wait("both going on") {
          ProcessStat(command())?.isStopped == false && ProcessStat(swinit.pid)?.isStopped == false
        }
        terminal.type("fg\n")
        try await swinit.wait("swinit in front") { ProcessStat(swinit.pid)?.isInFront == true }
        try swinit.folder.write("", to: "go")
        terminal.type("hello\n")
        try await swinit.see("got hello 11")
        try await expectShell(swinit, code: 9)
      }
    }

    /// Giving up the terminal brings SIGHUP and SIGCONT to its leader: COMMAND hears neither of these
    /// two, but every other, and hears of a new window size.
    @Test(
      arguments: [
        ("swinit", ["--"]), ("swinit", withProgram + ["--"]), ("dumb-init", ["--"]),
      ] as [(String, [String])])
    func nothingStrayReachesIt(_ name: String, _ words: [String]) async throws {
      let listener = """
        #!/bin/bash
        for s in HUP CONT USR1; do trap "echo got $s" $s; done
        trap 'stty size' WINCH
        trap 'exit 3' USR2
        sleep 1000 &
        echo "ready $((2 + 3))"
        while :; do wait; done
        """
      let setup = leader(name, words + ["FOLDER/listener"], files: ["listener": listener])
      try await withSwinit(setup) { swinit in
        try await swinit.see("ready 5")
        swinit.signal(SIGUSR1)
        try await swinit.see("got USR1")
        #expect(!swinit.screen.contains("got HUP") && !swinit.screen.contains("got CONT"))
        swinit.terminal?.resize(rows: 33, columns: 111)
        try await swinit.see("33 111")
        for word in ["HUP", "CONT"] {
          swinit.signal(word == "HUP" ? SIGHUP : SIGCONT)
          try await swinit.see("got " + word)
        }
        swinit.signal(SIGUSR2)
        try await swinit.expectEnd(3, nil)
      }
    }

    /// COMMAND leads a session of its own with the terminal, in front; swinit is out of the way.
    @Test(
      arguments: [
        ("swinit", ["--"]), ("swinit", withProgram + ["--"]), ("dumb-init", []),
      ] as [(String, [String])])
    func theTerminalIsCOMMANDs(_ name: String, _ words: [String]) async throws {
      try await withSwinit(leader(name, words + ["sleep", "1000"])) { swinit in
        try await swinit.wait("COMMAND in front") {
          ProcessStat(job(swinit) ?? 0)?.isInFront == true
        }
        let command = try #require(job(swinit))
        #expect(ProcessStat(command)?.session == command)
        #expect(ProcessStat(swinit.pid)?.foreground == -1)
        swinit.terminal?.type(Terminal.interrupt)
        try await swinit.expectEnd(130, nil)
      }
    }

    /// Types a command at the shell once that is there, and waits until swinit runs.
    private func start(_ line: String, _ swinit: Container) async throws {
      swinit.terminal?.type("echo outer$((1 + 1))\n")
      try await swinit.see("outer2")
      let line = line.replacingOccurrences(of: "FOLDER", with: swinit.folder.path)
      swinit.terminal?.type(line + "\n")
      try await swinit.wait("swinit") { swinit.pid != swinit.outer }
    }

    /// swinit has ended with `code`, and the shell that it was a job of has its terminal again.
    private func expectShell(_ swinit: Container, code: Int32) async throws {
      swinit.terminal?.type("echo code$?; echo back$((4 + 4))\n")
      try await swinit.see("code\(code)")
      try await swinit.see("back8")
    }
  }
}
