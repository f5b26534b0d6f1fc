import Foundation
import Testing

// A failed start names the step, what the step was done to, and the reason; where
// output goes.

/// A start that cannot succeed.
struct FailedStart: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var options: String
  var reason: String
  var code: Int32
}

private let files = [
  "noline": "echo no interpreter line\n",
  "lost": "#!/no/such/interpreter\n",
  "plain": "#!/bin/sh\n",
]

private let failures = [
  FailedStart(
    testDescription: "missing folder", options: "command=sleep 60\ndirectory=/no/such/folder",
    reason: "chdir \"/no/such/folder\": No such file or directory", code: 1),
  FailedStart(
    testDescription: "missing command", options: "command=/no/such/command -x",
    reason: "execve \"/no/such/command\": No such file or directory", code: 127),
  FailedStart(
    testDescription: "nowhere in PATH", options: "command=no-such-command",
    reason: "execve \"no-such-command\": No such file or directory", code: 127),
  FailedStart(
    testDescription: "a folder", options: "command=/usr",
    reason: "execve \"/usr\": Permission denied", code: 126),
  FailedStart(
    testDescription: "no execute bit", options: "command=%(here)s/test.conf",
    reason: "test.conf\": Permission denied", code: 126),
  FailedStart(
    testDescription: "no execute bit in PATH",
    options: "command=test.conf\nenvironment=PATH=\"/no/such:%(here)s:/bin\"",
    reason: "execve \"test.conf\": Permission denied", code: 126),
  FailedStart(
    testDescription: "no interpreter line", options: "command=%(here)s/noline",
    reason: "noline\": Exec format error", code: 126),
  FailedStart(
    testDescription: "missing interpreter", options: "command=%(here)s/lost",
    reason: "lost\": No such file or directory", code: 127),
  FailedStart(
    testDescription: "log file below a file",
    options: "command=sleep 60\nstdout_logfile=/etc/passwd/x.log\nstdout_logfile_maxbytes=0",
    reason: "stdout_logfile \"/etc/passwd/x.log\": Not a directory", code: 1),
  FailedStart(
    testDescription: "log file where nothing can be made",
    options: "command=sleep 60\nstderr_logfile=/proc/no/x.log\nstderr_logfile_maxbytes=0",
    reason: "stderr_logfile \"/proc/no/x.log\": No such file or directory", code: 1),
  FailedStart(
    testDescription: "log file that is a folder",
    options: "command=sleep 60\nstdout_logfile=/usr\nstdout_logfile_maxbytes=0",
    reason: "stdout_logfile \"/usr\": Is a directory", code: 1),
]

/// Where a program's two streams are to be found.
struct Target: CustomTestStringConvertible, Sendable {
  var testDescription: String
  var options: String
  var output: [String]
  var errors: [String]

  init(_ options: String, output: [String], errors: [String]) {
    testDescription = options.replacingOccurrences(of: "\n", with: ", ")
    self.options = options
    self.output = output
    self.errors = errors
  }
}

private let targets = [
  Target("", output: ["out"], errors: ["err"]),
  Target("redirect_stderr=true", output: ["out", "err"], errors: []),
  Target("redirect_stderr=true\nstderr_logfile=/dev/stderr", output: ["out", "err"], errors: []),
  Target(
    "stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstderr_logfile=/dev/stderr\n"
      + "stderr_logfile_maxbytes=0", output: ["out"], errors: ["err"]),
  Target(
    "stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=50MB", output: ["out"], errors: ["err"]),
  Target("stdout_logfile=/dev/stderr", output: [], errors: ["out", "err"]),
  Target("stderr_logfile=/dev/stdout", output: ["out", "err"], errors: []),
  Target(
    "stdout_logfile=/dev/stderr\nstderr_logfile=/dev/stdout", output: ["err"], errors: ["out"]),
  Target("stdout_logfile=/dev/fd/2\nstderr_logfile=/dev/fd/1", output: ["err"], errors: ["out"]),
  Target("stdout_logfile=/proc/self/fd/2", output: [], errors: ["out", "err"]),
  Target("stderr_logfile=/proc/1/fd/1", output: ["out", "err"], errors: []),
  Target("stdout_logfile=NONE", output: [], errors: ["err"]),
  Target("stderr_logfile=none", output: ["out"], errors: []),
  Target("stdout_logfile=/dev/null\nstderr_logfile=off", output: [], errors: []),
]

private let speaker = "#!/bin/sh\necho out\necho err >&2\n"

extension Acceptance {
  @Suite struct Failures {
    @Test(arguments: failures) func namesStepAndReason(_ row: FailedStart) async throws {
      let text = "[program:probe]\n\(row.options)\nstartretries=0\n"
      try await withSwinit(Setup(text, files: files)) { swinit in
        let line = try await swinit.log("probe: FATAL, cannot start: ")
        #expect(line.contains(row.reason), "\(line)")
        #expect(line.hasSuffix("(1 try)"))
        try await swinit.expectEnd(row.code, "essential program probe is FATAL: cannot start: ")
      }
    }

    @Test func retriesAndTheirPausesAreSaid() async throws {
      let text = "[program:probe]\ncommand=/no/such\nstartretries=2\n"
      try await withSwinit(Setup(text)) { swinit in
        let reason = "cannot start: execve \"/no/such\": No such file or directory"
        try await swinit.log("warn probe: BACKOFF, \(reason), next try in 1 s")
        try await swinit.log("warn probe: BACKOFF, \(reason), next try in 2 s")
        try await swinit.log("error probe: FATAL, \(reason) (3 tries)")
        try await swinit.expectEnd(127, "\(reason), 3 times in a row")
      }
    }

    @Test(arguments: [
      ("exit 1", "exited with status 1"), ("exit 0", "exited with status 0"),
      ("kill -SEGV $$", "killed by SIGSEGV"),
    ])
    func endingTooSoonIsSaid(script: String, reason: String) async throws {
      let text = "[program:probe]\ncommand=sh -c \"\(script)\"\n"
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("warn probe: BACKOFF, \(reason) before startsecs, next try in 1 s")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func endingsAreSaid() async throws {
      let text = """
        [program:fine]
        command=sleep 0.1
        startsecs=0
        [program:wrong]
        command=sh -c "exit 3"
        startsecs=0
        autorestart=false
        [program:killed]
        command=sh -c "kill -KILL $$"
        startsecs=0
        autorestart=false
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("info fine: EXITED with status 0 (expected)")
        try await swinit.log("warn wrong: EXITED with status 3 (unexpected)")
        #expect(try await swinit.log("warn killed: EXITED").contains("killed by SIGKILL"))
        try await swinit.end()
      }
    }
  }

  @Suite struct Output {
    @Test(arguments: targets) func goesWhereItIsSent(_ row: Target) async throws {
      let setup = Setup(runOnce("%(here)s/speaker", row.options), files: ["speaker": speaker])
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.output?.texts == row.output)
        #expect(swinit.errors.texts.filter { $0 == "out" || $0 == "err" } == row.errors)
      }
    }

    /// The container's stdout is root's: who runs as somebody else gets it handed over.
    @Test func anotherUserWritesToTheContainersOutput() async throws {
      let setup = Setup(
        runOnce("%(here)s/speaker", "user=1234567\nstderr_logfile=/dev/stdout"),
        files: ["speaker": speaker])
      #expect(try await outputOfOnce(setup) == ["out", "err"])
    }

    @Test func aFileWithMissingParentsIsMadeAndAppendedTo() async throws {
      let text = runOnce(
        "%(here)s/speaker",
        """
        stdout_logfile=%(here)s/logs/deep/out.log
        stderr_logfile=%(here)s/logs/err.log
        stdout_logfile_maxbytes=0
        stderr_logfile_maxbytes=0
        """)
      var setup = Setup(text, files: ["speaker": speaker, "logs/err.log": "old\n"])
      setup.fragments["other.conf"] = "[program:probe]\nnumprocs=1\n"
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("logs/deep/out.log") == "out\n")
        #expect(swinit.folder.read("logs/err.log") == "old\nerr\n")
        #expect(swinit.output?.texts == [])
      }
    }

    @Test func bothStreamsIntoOneFile() async throws {
      let text = runOnce(
        "%(here)s/speaker",
        "stdout_logfile=%(here)s/all.log\nstdout_logfile_maxbytes=0\nredirect_stderr=true")
      try await withSwinit(Setup(text, files: ["speaker": speaker])) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("all.log") == "out\nerr\n")
      }
    }

    /// The file is opened while we are root: who may not make it can still be given it.
    @Test func anotherUsersFileIsOpenedAsRoot() async throws {
      let text = runOnce(
        "%(here)s/speaker",
        "user=1234567\nstdout_logfile=%(here)s/private/out.log\nstdout_logfile_maxbytes=0")
      try await withSwinit(Setup(text, files: ["speaker": speaker])) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.folder.read("private/out.log") == "out\n")
      }
    }

    @Test func swinitsOwnMessagesGoToAFileAsWell() async throws {
      let setup = Setup(
        runOnce("true", globals: "logfile=%(here)s/own.log\nlogfile_maxbytes=0\nloglevel=warn"))
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        #expect(swinit.places(of: "STARTING").isEmpty)
        #expect(swinit.folder.read("own.log")?.contains("exit 0: nothing left to do") == true)
      }
    }

    /// Whole lines, whatever the programs write at the same time.
    @Test func linesAreNotCut() async throws {
      let writer = "#!/usr/bin/perl\n$| = 1; print STDERR (('x' x 200) . \"\\n\") for 1..300;\n"
      let text = """
        [program:w]
        command=%(here)s/writer
        startsecs=0
        autorestart=false
        numprocs=8
        process_name=%(program_name)s_%(process_num)d
        """
      try await withSwinit(Setup(text, files: ["writer": writer])) { swinit in
        try await swinit.expectEnd(0, "exit 0: nothing left to do")
        let full = String(repeating: "x", count: 200)
        #expect(swinit.errors.texts.filter { $0 == full }.count == 2400)
        #expect(swinit.errors.texts.allSatisfy { $0 == full || $0.hasPrefix("swinit: ") })
      }
    }
  }
}
