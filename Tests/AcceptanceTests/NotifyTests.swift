import Foundation
import Testing

// NOTIFY_SOCKET: any process of the network can name it, and whatever it is sent may harm nobody.

/// Sends messages to its NOTIFY_SOCKET, or to the one that the file `notify` names, once the file `go`
/// is there: with descriptors as the first argument says, then READY=1 when the second one is `ready`.
/// The sockets that it passes linger for ten minutes on bytes that nobody reads.
private let sender = """
  #!/usr/bin/python3
  import array, os, socket, struct, sys, time
  here = os.path.dirname(sys.argv[0])

  def wait_for(name):
      while not os.path.exists(here + "/" + name):
          time.sleep(0.01)

  server = socket.create_server(("127.0.0.1", 0))
  kept = []

  def lingering():
      client = socket.create_connection(server.getsockname())
      kept.append(server.accept()[0])
      client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 600))
      client.setblocking(False)
      try:
          while True:
              client.send(bytes(65536))
      except BlockingIOError:
          return client

  name = os.environ.get("NOTIFY_SOCKET")
  if name is None:
      wait_for("notify")
      name = open(here + "/notify").read().strip()
  notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  notify.connect("\\0" + name[1:])

  def rights(descriptors):
      numbers = array.array("i", [one if isinstance(one, int) else one.fileno() for one in descriptors])
      return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)]

  def nested():
      inner, outer = socket.socketpair()
      one = lingering()
      inner.sendmsg([b"x"], rights([one]))
      return outer

  kind = sys.argv[1]
  if kind == "barrier":
      reader, writer = os.pipe()
      notify.sendmsg([b"READY=1\\nBARRIER=1"], rights([writer]))
      os.close(writer)
      os.read(reader, 1)
      print("the barrier is over", flush=True)
      time.sleep(600)

  print("waits", flush=True)
  wait_for("go")
  # The peers stay here; a process that exits closes its own sockets without waiting.
  ends, end = socket.socketpair()
  if os.fork() == 0:
      if kind == "one":
          messages = [[lingering()]]
      elif kind == "most":
          messages = [[1] * 250 + [lingering() for _ in range(3)]]
      elif kind == "nested":
          messages = [[nested()]]
      elif kind == "many":
          messages = [[lingering()] for _ in range(6)]
      else:
          messages = []
      for one in messages:
          notify.sendmsg([b"FDSTORE=1"], rights(one))
      for one in kept:
          end.sendmsg([b"x"], rights([one]))
      os._exit(0)
  end.close()
  os.wait()
  if sys.argv[2:] == ["ready"]:
      notify.send(b"READY=1")
  print("sent", flush=True)
  if sys.argv[2:] == ["die"] and os.fork() != 0:
      os._exit(9)
  time.sleep(600)
  """

extension Acceptance {
  @Suite struct Notify {
    /// Has the messages sent while swinit stands still, so that it finds them all in the queue.
    private func send(to swinit: Container) async throws {
      try await swinit.line("waits")
      kill(swinit.pid, SIGSTOP)
      try swinit.folder.write("", to: "go")
      try await swinit.line("sent")
      kill(swinit.pid, SIGCONT)
    }

    /// The last close of such a socket waits for ten minutes, and would hold PID 1 for as long.
    @Test(arguments: ["one", "most", "nested", "many"])
    func aPassedDescriptorHoldsNobody(kind: String) async throws {
      let text = "[program:app]\ncommand=%(here)s/sender \(kind) ready\nready=notify\n"
      try await withSwinit(Setup(text, files: ["sender": sender])) { swinit in
        try await send(to: swinit)
        try await swinit.log("app: RUNNING")
        try await swinit.wait("no child of swinit but the program") {
          children(of: swinit.pid).count == 1
        }
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// From a process that shares the network and nothing else: another container, say.
    @Test func aStrangersDescriptorHoldsNobody() async throws {
      let text = """
        [program:app]
        command=sh -c "echo $NOTIFY_SOCKET > %(here)s/notify; sleep 600"
        ready=notify
        [program:stranger]
        command=unshare --pid --fork --kill-child setpriv --reuid nobody %(here)s/sender many ready
        startsecs=0
        stopsignal=KILL
        """
      try await withSwinit(Setup(text, files: ["sender": sender])) { swinit in
        try await send(to: swinit)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "app: RUNNING").isEmpty, "\(swinit.transcript)")
      }
    }

    /// The socket is closed for the next start while such messages are queued.
    @Test func aQueuedDescriptorHoldsNoRestart() async throws {
      let text = "[program:app]\ncommand=%(here)s/sender many die\nready=notify\nstartretries=1\n"
      try await withSwinit(Setup(text, files: ["sender": sender])) { swinit in
        try await send(to: swinit)
        try await swinit.expectEnd(9, "essential program app is FATAL")
      }
    }

    @Test func aBarrierIsAnswered() async throws {
      let text = "[program:app]\ncommand=%(here)s/sender barrier\nready=notify\n"
      try await withSwinit(Setup(text, files: ["sender": sender])) { swinit in
        try await swinit.log("app: RUNNING")
        try await swinit.line("the barrier is over")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A message counts from the program's user and from its processes alone.
    @Test(arguments: ["setpriv --reuid nobody --clear-groups", "env"])
    func nobodyElseSaysThatAProgramIsReady(as user: String) async throws {
      let text = """
        [program:database]
        command=sh -c "echo $NOTIFY_SOCKET > %(here)s/notify; exec %(here)s/database"
        ready=notify
        [program:stranger]
        command=\(user) %(here)s/sender nothing ready
        startsecs=0
        [program:dependent]
        command=sleep 600
        depends_on=database
        """
      let database = """
        #!/bin/sh
        until [ -e "${0%/*}/honest" ]; do sleep 0.01; done
        echo honest >&2
        python3 -c 'import os, socket
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.sendto(b"READY=1", "\\0" + os.environ["NOTIFY_SOCKET"][1:])'
        exec sleep 600
        """
      try await withSwinit(Setup(text, files: ["sender": sender, "database": database])) { swinit in
        try await swinit.line("waits")
        try swinit.folder.write("", to: "go")
        try await swinit.line("sent")
        let said = try await swinit.log("warn database: READY=1 from pid ")
        let reason =
          user == "env"
          ? "(uid 0) does not count: it is no process of the program"
          : "does not count: it is of another user"
        #expect(said.hasSuffix(reason), "\(said)")
        try swinit.folder.write("", to: "honest")
        try await swinit.log("dependent: STARTING")
        let honest = try #require(swinit.places(of: "honest").first)
        let ready = try #require(swinit.places(of: "database: RUNNING").first)
        #expect(honest < ready, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A program that becomes another user by itself speaks for itself.
    @Test func aProgramMayHaveBecomeAnotherUser() async throws {
      let text = """
        [program:app]
        command=setpriv --reuid nobody --clear-groups %(here)s/sender nothing ready
        ready=notify
        """
      try await withSwinit(Setup(text, files: ["sender": sender])) { swinit in
        try await send(to: swinit)
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// An orphan is the program's when it is in its session, which nobody can enter from outside, or has
    /// its mark.
    @Test(arguments: [false, true]) func anOrphanOfTheProgramCounts(leaves: Bool) async throws {
      let text = """
        [program:app]
        command=%(here)s/orphan \(leaves ? "leaves" : "stays")
        ready=notify
        """
      let orphan = """
        #!/usr/bin/python3
        import os, socket, sys, time
        if os.fork() == 0:
            if os.fork() == 0:
                if sys.argv[1] == "leaves":
                    os.setsid()
                while os.getppid() != 1:
                    time.sleep(0.01)
                notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                notify.sendto(b"READY=1", "\\0" + os.environ["NOTIFY_SOCKET"][1:])
                time.sleep(600)
            os._exit(0)
        os.wait()
        time.sleep(600)
        """
      try await withSwinit(Setup(text, files: ["orphan": orphan])) { swinit in
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Without /proc the user is all that can be known.
    @Test func withoutProcTheUserDecides() async throws {
      var setup = Setup(
        "[program:app]\ncommand=%(here)s/sender nothing ready\nready=notify\n",
        files: ["sender": sender])
      setup.launcher = Setup.asPID1(after: "umount -l /proc || exit 99")
      try await withSwinit(setup) { swinit in
        try await send(to: swinit)
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The server of a test could pass descriptors too, on the connection that tests it.
    @Test func aTestedServerCanPassNothing() async throws {
      let text = """
        [program:app]
        command=%(here)s/server
        ready=unix:%(here)s/socket
        """
      let server = """
        #!/usr/bin/python3
        import os, socket, sys
        path = os.path.dirname(sys.argv[0]) + "/socket"
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        server.bind(path)
        server.listen(5)
        for _ in range(2):
            client, _ = server.accept()
            try:
                socket.send_fds(client, [b"x"], [0])
                print("passed", flush=True)
            except OSError as error:
                print("refused", type(error).__name__, flush=True)
        """
      var setup = Setup(text, files: ["server": server])
      // The connection stays open long enough for an answer.
      setup.launcher = Setup.underStrace(["connect:delay_exit=300000"])
      try await withSwinit(setup) { swinit in
        let line = try await swinit.line("ed")
        #expect(line.hasPrefix("refused"), "\(swinit.transcript)")
      }
    }

    /// What a service manager has told swinit is no program's.
    @Test(arguments: [false, true]) func theWordsForSwinitReachNoProgram(command: Bool) async throws
    {
      let words = [
        "NOTIFY_SOCKET=@none", "LISTEN_FDS=1", "LISTEN_PID=1", "LISTEN_FDNAMES=web",
        "WATCHDOG_USEC=1000000", "WATCHDOG_PID=1",
      ]
      var setup = Setup(
        "[program:once]\ncommand=env\nautorestart=false\nstartsecs=0\nstdout_logfile=%(here)s/out\n"
      )
      for word in words {
        let parts = word.split(separator: "=")
        setup.environment[String(parts[0])] = String(parts[1])
      }
      if command { setup.arguments = ["-c", "FOLDER", "--", "/usr/bin/env"] }
      try await withSwinit(setup) { swinit in
        try await swinit.end()
        let program = swinit.folder.read("out") ?? ""
        #expect(program.contains("SUPERVISOR_PROCESS_NAME=once\n"))
        for word in words { #expect(!program.contains(word), "\(program)") }
        let main = swinit.output?.texts ?? []
        for word in words where command { #expect(main.contains(word), "\(main)") }
      }
    }
  }
}
