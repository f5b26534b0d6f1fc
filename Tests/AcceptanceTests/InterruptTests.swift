import Foundation
import Testing

// swinit told by INT, and programs that do not end of it: each gets TERM a second later. And the
// same programs when swinit is told by TERM.

private let signals = [SIGTERM, SIGINT]

private func name(_ signal: Int32) -> String { signal == SIGINT ? "SIGINT" : "SIGTERM" }

extension Acceptance {
  @Suite struct Interrupts {
    /// What the log must say of a program that hears nothing but TERM.
    private func expectTold(_ program: String, _ signal: Int32, _ swinit: Container) async throws {
      let first = try await swinit.log("\(program): STOPPING (pid ")
      #expect(first.hasSuffix("\(name(signal)))"), "\(swinit.transcript)")
      let next = swinit.places(of: "\(program): still there after 1 s, SIGTERM")
      #expect(next.count == (signal == SIGINT ? 1 : 0), "\(swinit.transcript)")
    }

    /// A shell that waits for a command puts INT off until that has ended.
    @Test(arguments: ["sh", "dash", "bash"], signals)
    func shells(shell: String, signal: Int32) async throws {
      let text = "[program:shell]\ncommand=\(shell) -c \"echo up; sleep 1000; true\"\nstartsecs=0\n"
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.line("up")
        let pid = try await swinit.process("shell")
        try await swinit.wait("the command of the shell") {
          processes(inNamespaceOf: swinit.pid)[pid].map { !children(of: $0).isEmpty } ?? false
        }
        swinit.signal(signal)
        try await swinit.expectEnd(0, "exit 0: stopped by \(name(signal))")
        try await expectTold("shell", signal, swinit)
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
      }
    }

    /// With `[supervisord]` in the files everything is as in Supervisor; and a file that asks for INT
    /// gets INT alone.
    @Test(arguments: [
      ("[supervisord]", "", "SIGTERM"), ("[supervisord]\n[swinit]", "", "SIGTERM"),
      ("[swinit]\nstopsignal=HUP", "", "SIGHUP"), ("", "stopsignal=INT", "SIGINT"),
    ])
    func whereTheFilesDecide(globals: String, own: String, sent: String) async throws {
      let text = """
        \(globals)
        [program:tail]
        command=tail -f /dev/null
        startsecs=0
        \(own)
        """
      try await withSwinit(Setup(text)) { swinit in
        try await swinit.log("tail: RUNNING")
        swinit.signal(SIGINT)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGINT")
        try await swinit.log("tail: STOPPING (pid 2, \(sent))")
        #expect(swinit.places(of: "still there").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test(arguments: signals) func mariadbd(signal: Int32) async throws {
      let machine = try Machine.mariadb()
      let setup = machine.setup(
        """
        [program:db]
        command=/usr/sbin/mariadbd --user=mysql --log-error=/var/lib/mysql/error.log
        stopwaitsecs=60
        """)
      let log = { machine.read("/var/lib/mysql/error.log") ?? "" }
      try await withSwinit(setup) { swinit in
        try await swinit.answer(["mariadb", "--batch", "-Ne", "select 1"])
        swinit.signal(signal)
        try await swinit.expectEnd(0, "exit 0: stopped by \(name(signal))", within: 60)
        try await expectTold("db", signal, swinit)
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
        #expect(log().contains("mariadbd: Shutdown complete"), "\(log())")
      }
    }

    /// The README's block, and the same without its stopsignal.
    @Test(arguments: signals, [true, false])
    func mysqldSafeByPidproxy(signal: Int32, asInTheReadme: Bool) async throws {
      let machine = try Machine.mariadb()
      var text = try example(of: "mysql")
      if !asInTheReadme { text = text.replacingOccurrences(of: "stopsignal=TERM\n", with: "") }
      let setup = machine.setup(text)
      let log = { machine.read("/var/lib/mysql/error.log") ?? "" }
      try await withSwinit(setup) { swinit in
        try await swinit.log("mysql: follows pid ", within: 60)
        try await swinit.answer(["mariadb", "--batch", "-Ne", "select 1"])
        swinit.signal(signal)
        try await swinit.expectEnd(0, "exit 0: stopped by \(name(signal))", within: 60)
        try await expectTold("mysql", asInTheReadme ? SIGTERM : signal, swinit)
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
        #expect(log().contains("mariadbd: Shutdown complete"), "\(log())")
      }
    }

    @Test(arguments: signals) func rsyslogd(signal: Int32) async throws {
      let configuration = """
        global(workDirectory="/var/spool/rsyslog" processInternalMessages="on")
        module(load="imuxsock" SysSock.Name="/run/log.socket")
        *.* action(type="omfile" file="/var/spool/rsyslog/all.log")
        """
      let machine = try Machine(everyTime: "own /var/spool/rsyslog root", once: ":")
      var setup = machine.setup(
        """
        [program:syslog]
        command=rsyslogd -n -i NONE -f %(here)s/rsyslog.rules
        stopwaitsecs=30
        """)
      setup.files["rsyslog.rules"] = configuration
      let log = { machine.read("/var/spool/rsyslog/all.log") ?? "" }
      try await withSwinit(setup) { swinit in
        try await swinit.wait("rsyslogd's first line", within: 60) { log().contains("start") }
        swinit.signal(signal)
        try await swinit.expectEnd(0, "exit 0: stopped by \(name(signal))", within: 60)
        try await expectTold("syslog", signal, swinit)
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
        #expect(log().contains("exiting on signal 15"), "\(log())")
      }
    }
  }
}
