import Foundation
import Testing

// fs.epoll.max_user_watches counts for all processes of a user on the machine: who has used it up keeps
// swinit from having epoll tell of anything new. Then swinit looks by itself.

/// Waits for the file `go`, then does what it was told to.
private let waiter = """
  #!/bin/sh
  until [ -e "${0%/*}/go" ]; do sleep 0.01; done
  eval "$1"
  exec sleep 600
  """

extension Acceptance {
  @Suite struct WatchLimit {
    /// Every epoll_ctl but the one for signals fails.
    private func setup(_ text: String, files: [String: String] = [:]) -> Setup {
      var setup = Setup(text, files: files.merging(["waiter": waiter]) { one, _ in one })
      setup.launcher = Setup.underStrace(["epoll_ctl:error=ENOSPC:when=2+"])
      return setup
    }

    @Test func aLogFlowsNevertheless() async throws {
      let text = """
        [swinit]
        log_format=prefix
        [program:app]
        command=%(here)s/waiter "echo line; echo another >&2"
        startsecs=0
        """
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("app: RUNNING")
        try swinit.folder.write("", to: "go")
        try await swinit.line("app | line")
        try await swinit.log("app | another")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The container's stdout is full, is said to be, and is read again.
    @Test func aFullPipeIsTriedAgain() async throws {
      let text = """
        [swinit]
        log_format=prefix
        [program:app]
        command=sh -c "seq 50000; exec sleep 600"
        startsecs=0
        """
      var setup = setup(text)
      setup.readsOutput = false
      try await withSwinit(setup) { swinit in
        try await swinit.log("stdout: nobody reads it")
        swinit.readsOutput = true
        try await swinit.line("app | 50000")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func aFailedExecIsTold() async throws {
      let text = "[program:app]\ncommand=/no/such/command\nstartretries=0\n"
      try await withSwinit(setup(text)) { swinit in
        try await swinit.expectEnd(
          127, "app is FATAL: cannot start: execve \"/no/such/command\": No such file or directory")
      }
    }

    @Test(arguments: [
      ("fd:7", "echo >&7"),
      (
        "notify",
        "python3 -c 'import os, socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto("
          + "b\\\"READY=1\\\", chr(0) + os.environ[\\\"NOTIFY_SOCKET\\\"][1:])'"
      ),
      ("path:%(here)s/go", "true"),
    ])
    func aProgramIsReadyWhenItSaysSo(ready: String, act: String) async throws {
      let text = """
        [program:app]
        command=%(here)s/waiter "\(act)"
        ready=\(ready)
        """
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("app: STARTING")
        #expect(swinit.places(of: "app: RUNNING").isEmpty, "\(swinit.transcript)")
        try swinit.folder.write("", to: "go")
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func aTestIsNotHeldAgainstTheProgram() async throws {
      let text = """
        [program:app]
        command=sleep 600
        startsecs=0
        health=tcp:127.0.0.1:9
        health_interval=0.1
        health_retries=1
        """
      try await withSwinit(setup(text)) { swinit in
        try await swinit.log("warn app: health cannot be tested: No space left on device")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "not well").isEmpty, "\(swinit.transcript)")
      }
    }
  }
}
