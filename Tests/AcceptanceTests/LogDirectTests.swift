import Foundation
import Testing

// Without a format a program holds the container's own stdout and stderr; only where it
// could not open them by name it gets a pipe of its own.

/// What descriptor 1 or 2 of a process of the container is.
private func file(_ descriptor: Int, of pid: pid_t) -> String? {
  try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(descriptor)")
}

private let opening = """
  command=sh -c "echo held; echo opened > /dev/stdout; echo err > /dev/stderr; exec sleep 60"
  startsecs=0
  """

extension Container {
  /// The program as the tests see it.
  fileprivate func outerProcess(_ name: String) async throws -> pid_t {
    let inner = try await process(name)
    return try #require(processes(inNamespaceOf: pid)[inner])
  }
}

extension Acceptance {
  @Suite struct LogDirect {
    @Test(arguments: [
      ("", 1), ("/dev/stdout", 1), ("/dev/fd/1", 1), ("/proc/1/fd/1", 1), ("/proc/self/fd/1", 1),
      ("/dev/stderr", 2), ("/dev/fd/2", 2), ("/proc/1/fd/2", 2), ("/proc/self/fd/2", 2),
    ])
    func ownDescriptorsByName(_ name: String, _ number: Int) async throws {
      let line = name.isEmpty ? "" : "stdout_logfile=\(name)\nstdout_logfile_maxbytes=1MB"
      let setup = Setup("[program:a]\n\(opening)\n\(line)\n")
      try await withSwinit(setup) { swinit in
        let pid = try await swinit.outerProcess("a")
        try await swinit.wait("all") {
          (swinit.output?.texts ?? []).count + swinit.errors.texts.count { !$0.hasPrefix("swinit") }
            == 3
        }
        #expect(file(1, of: pid) == file(number, of: swinit.pid))
        #expect(file(2, of: pid) == file(2, of: swinit.pid))
        #expect(swinit.places(of: "warn").isEmpty)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// Where the descriptor lets the user in, nothing comes between.
    @Test(arguments: [false, true])
    func anotherUserOpensThem(_ isOpen: Bool) async throws {
      var setup = Setup("[program:a]\nuser=www-data\n\(opening)\n")
      if isOpen {
        setup.launcher = Setup.asPID1(after: "chmod a+w /proc/self/fd/1 /proc/self/fd/2")
      }
      try await withSwinit(setup) { swinit in
        let pid = try await swinit.outerProcess("a")
        try await swinit.log("err")
        try await swinit.line("opened")
        #expect(swinit.output?.texts == ["held", "opened"])
        #expect((file(1, of: pid) == file(1, of: swinit.pid)) == isOpen)
        #expect((file(2, of: pid) == file(2, of: swinit.pid)) == isOpen)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func anotherUserOnATerminal() async throws {
      var setup = Setup("[program:a]\nuser=www-data\n\(opening)\n")
      setup.streams = .terminal
      try await withSwinit(setup) { swinit in
        for text in ["held", "opened", "err"] { try await swinit.see(text) }
        swinit.signal(SIGTERM)
        try await swinit.end()
        #expect(swinit.ending == .exited(0))
      }
    }

    /// swinit itself gave up root, and what it was given stays root's.
    @Test func swinitIsAnotherUser() async throws {
      let setup = Setup("[supervisord]\nuser=www-data\n[program:a]\n\(opening)\n")
      try await withSwinit(setup) { swinit in
        try await swinit.log("err")
        try await swinit.line("opened")
        #expect(swinit.output?.texts == ["held", "opened"])
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A socket cannot be opened by anybody.
    @Test func aSocket() async throws {
      var setup = Setup("[program:a]\n\(opening)\n")
      setup.streams = .socket
      try await withSwinit(setup) { swinit in
        try await swinit.log("err")
        try await swinit.line("opened")
        #expect(swinit.output?.texts == ["held", "opened"])
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// nginx as www-data, with its logs where its images have them.
    @Test func nginxAsAnotherUser() async throws {
      var setup = Setup(
        """
        [program:nginx]
        command=nginx -c %(here)s/nginx.cfg -e /dev/stderr
        user=www-data
        """)
      setup.files["nginx.cfg"] = """
        daemon off;
        error_log /dev/stderr notice;
        pid HERE/run/nginx.pid;
        events {}
        http {
          access_log /dev/stdout;
          client_body_temp_path HERE/run/body;
          proxy_temp_path HERE/run/proxy;
          fastcgi_temp_path HERE/run/fastcgi;
          uwsgi_temp_path HERE/run/uwsgi;
          scgi_temp_path HERE/run/scgi;
          server { listen unix:HERE/run/http; location / { return 200 "it works"; } }
        }
        """
      setup.launcher = Setup.asPID1(
        after: "sed -i \"s,HERE,$0,g\" $0/nginx.cfg; mkdir -m 777 $0/run")
      try await withSwinit(setup) { swinit in
        try await swinit.log("nginx: RUNNING")
        let socket = swinit.folder.path + "/run/http"
        let page = try await run(["curl", "-sS", "--unix-socket", socket, "http://x/page"])
        #expect(page.output == "it works", "\(swinit.transcript)")
        try await swinit.line("\"GET /page HTTP/1.1\" 200")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.said("notice", "start worker processes"), "\(swinit.transcript)")
      }
    }
  }
}

extension Container {
  fileprivate func said(_ parts: String...) -> Bool {
    errors.texts.contains { line in parts.allSatisfy { line.contains($0) } }
  }
}
