import Foundation
import Testing

// The servers that Supervisor's documentation has as examples, from Debian's packages, as they are
// run in the foreground: their own data, their own network, and a stop that they find clean.

/// A setup that prepares the folder by a script (`$0` is the folder) in a network of its own.
private func server(_ fragment: String, prepare script: String) -> Setup {
  var setup = Setup(fragment)
  setup.launcher =
    ["unshare", "--net"]
    + Setup.asPID1(
      after: "busybox ip link set lo up && cd $0 && {\n\(script)\n} > prepare.log 2>&1 || exit 99")
  return setup
}

extension Acceptance {
  @Suite struct Seed {
    private func inside(_ swinit: Container, _ words: [String]) async throws -> Finished {
      try await run(["nsenter", "-t", "\(swinit.pid)", "-n"] + words)
    }

    /// Waits until a client's command succeeds, and gives what it wrote.
    private func answer(_ swinit: Container, _ words: [String]) async throws -> String {
      let deadline = monotonic() + 60
      while true {
        let finished = try await inside(swinit, words)
        if finished.ending == .exited(0) { return finished.output }
        if monotonic() > deadline || swinit.ending != nil {
          throw Trouble("\(words): \(finished.errors)\n\(swinit.transcript)")
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    }

    @Test func apache() async throws {
      let setup = server(
        """
        [program:apache2]
        command=apache2 -f %(here)s/apache.txt -c "ErrorLog /dev/stdout" -DFOREGROUND
        redirect_stderr=true
        environment=HOME="/home/chrism",USER="chrism"
        """,
        prepare: """
          mkdir run htdocs && echo hello from apache > htdocs/index.html && chown -R www-data run
          cat > apache.txt <<END
          ServerName localhost
          Listen 127.0.0.1:8081
          User www-data
          Group www-data
          PidFile $0/run/pid
          Mutex file:$0/run
          DefaultRuntimeDir $0/run
          LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
          LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
          DocumentRoot $0/htdocs
          END
          """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("apache2: RUNNING")
        let page = try await answer(swinit, ["curl", "-sf", "http://127.0.0.1:8081/index.html"])
        #expect(page == "hello from apache\n")
        // Its error log came by way of /dev/stdout.
        try await swinit.line("resuming normal operations")
        let pid = try await swinit.process("apache2")
        let seen = try #require(processes(inNamespaceOf: swinit.pid)[pid])
        let environment = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(seen)/environ"))
          .split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        #expect(environment.contains("HOME=/home/chrism") && environment.contains("USER=chrism"))
        swinit.signal(SIGTERM)
        try await swinit.line("caught SIGTERM, shutting down")
        try await swinit.expectEnd(0)
        #expect(swinit.places(of: "SIGKILL").isEmpty)
      }
    }

    @Test func postgres() async throws {
      let data = try Folder()
      // A client stays connected: a "smart" shutdown would wait for it, the fast one does not.
      let setup = server(
        """
        [program:postgres]
        command=sh -c "exec $(ls -d /usr/lib/postgresql/*/bin/postgres) -D \(data.path)/db -k \(data.path) -h ''"
        stopsignal=INT
        redirect_stderr=true
        user=postgres
        """,
        prepare: """
          if [ ! -e \(data.path)/db ]; then
            chown postgres \(data.path)
            setpriv --reuid postgres --regid postgres --clear-groups \
              $(ls -d /usr/lib/postgresql/*/bin/initdb) -D \(data.path)/db -A trust
          fi
          """)
      let client = [
        "setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "psql",
      ]
      let words = client + ["-h", data.path, "-d", "postgres", "-Atc"]
      for start in 1...2 {
        try await withSwinit(setup) { swinit in
          try await swinit.line("database system is ready to accept connections", within: 60)
          let texts = swinit.output?.texts ?? []
          #expect(!texts.contains { $0.contains("recovery") || $0.contains("not properly") })
          let table = start == 1 ? "create table t as select 42 as x" : "select x from t"
          let answer = try await answer(swinit, words + [table])
          if start == 2 { #expect(answer == "42\n") }
          let client = ["nsenter", "-t", "\(swinit.pid)", "-n"] + words
          let sleeper = client + ["select 'here', pg_sleep(60)"]
          async let idle = run(sleeper)
          _ = try await self.answer(
            swinit,
            words + [
              "select 1/count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()"
            ])
          swinit.signal(SIGTERM)
          try await swinit.line("received fast shutdown request")
          try await swinit.line("database system is shut down")
          try await swinit.expectEnd(0)
          #expect(try await idle.ending != .exited(0))
          #expect(swinit.places(of: "SIGKILL").isEmpty, "\(swinit.transcript)")
        }
      }
    }

    @Test func slapd() async throws {
      let setup = server(
        """
        [program:slapd]
        command=slapd -f %(here)s/slapd.txt -h ldap://127.0.0.1:8888 -d 0
        redirect_stderr=true
        """,
        prepare: """
          mkdir db
          cat > slapd.txt <<END
          include /etc/ldap/schema/core.schema
          pidfile $0/slapd.pid
          modulepath /usr/lib/ldap
          moduleload back_mdb
          database mdb
          suffix "dc=example,dc=org"
          directory $0/db
          END
          printf 'dn: dc=example,dc=org\\nobjectClass: dcObject\\nobjectClass: organization\\no: Seed\\ndc: example\\n' > seed.ldif
          slapadd -f slapd.txt -l seed.ldif
          """)
      try await withSwinit(setup) { swinit in
        try await swinit.log("slapd: RUNNING")
        let found = try await answer(
          swinit,
          ["ldapsearch", "-x", "-H", "ldap://127.0.0.1:8888", "-b", "dc=example,dc=org", "o=Seed"])
        #expect(found.contains("dn: dc=example,dc=org"), "\(found)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0)
        #expect(swinit.places(of: "SIGKILL").isEmpty)
      }
    }

    @Test func mariadb() async throws {
      let data = try Folder()
      let setup = server(
        """
        [program:mysql]
        command=/usr/bin/pidproxy \(data.path)/pid mysqld_safe --no-defaults --datadir=\(data.path)/db --user=mysql --pid-file=\(data.path)/pid --socket=\(data.path)/sock --skip-networking --log-error=\(data.path)/log.err
        """,
        prepare: """
          if [ ! -e \(data.path)/db ]; then
            chown mysql \(data.path)
            mariadb-install-db --no-defaults --user=mysql --datadir=\(data.path)/db \
              --auth-root-authentication-method=normal --skip-test-db
          fi
          """)
      for start in 1...2 {
        try await withSwinit(setup) { swinit in
          try await swinit.log("mysql: follows pid ", within: 60)
          let words = ["mariadb", "--no-defaults", "-uroot", "-S", data.path + "/sock", "-Ne"]
          let text =
            start == 1 ? "create database d; create table d.t select 42 as x" : "select x from d.t"
          let answer = try await answer(swinit, words + [text])
          if start == 2 { #expect(answer == "42\n") }
          swinit.signal(SIGTERM)
          try await swinit.expectEnd(0)
          #expect(swinit.places(of: "SIGKILL").isEmpty, "\(swinit.transcript)")
          let log = data.read("log.err") ?? ""
          let ends = log.components(separatedBy: "mariadbd: Shutdown complete").count - 1
          #expect(ends == start, "\(log)")
          #expect(!log.lowercased().contains("crash recovery"), "\(log)")
        }
      }
    }
  }
}
