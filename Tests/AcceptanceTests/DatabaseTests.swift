import Foundation
import Testing

// The README's databases: stopped while a client is at work, they must have had the time to end in
// order, so that the next start has nothing to repair.

extension Acceptance {
  @Suite struct Databases {
    /// The newest PostgreSQL of this machine. The example has Debian 12's.
    private func postgresVersion() throws -> String {
      let folder = "/usr/lib/postgresql"
      let versions = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
        FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)/bin/postgres")
      }
      return try #require(versions.max { (Int($0) ?? 0) < (Int($1) ?? 0) })
    }

    @Test func postgres() async throws {
      let version = try postgresVersion()
      let machine = try Machine(
        everyTime: """
          own /etc/postgresql postgres
          own /var/lib/postgresql postgres
          own /var/log/postgresql postgres
          run /run/postgresql postgres
          """, once: "pg_createcluster \(version) main")
      let setup = machine.setup(
        try example(of: "postgres").replacingOccurrences(of: "/15/", with: "/\(version)/"))
      let query = { (text: String) in ["psql", "--no-psqlrc", "-qAtc", text] }

      try await withSwinit(setup) { swinit in
        try await swinit.log("postgres: RUNNING", within: 60)
        try await swinit.answer(
          query("create table t (n int); insert into t values (7)"), as: "postgres")
        // This one stays: a smart shutdown would wait for it.
        let words = swinit.client(query("select pg_sleep(1000)"), as: "postgres")
        async let client = run(words)
        try await swinit.answer(
          query("select count(*) from pg_stat_activity where query = 'select pg_sleep(1000)'"),
          as: "postgres", until: { $0 == "1\n" })
        try await swinit.stopInOrder()
        let server = try await swinit.process("postgres")
        #expect(!swinit.places(of: "postgres: STOPPING (pid \(server), SIGINT)").isEmpty)
        #expect(swinit.text.contains("received fast shutdown request"), "\(swinit.transcript)")
        #expect(swinit.text.contains("database system is shut down"), "\(swinit.transcript)")
        let errors = try await client.errors
        #expect(errors.contains { $0.contains("terminating connection due to administrator") })
      }

      try await withSwinit(setup) { swinit in
        #expect(
          try await swinit.answer(query("select n from t"), as: "postgres") == "7\n")
        try await swinit.stopInOrder()
        #expect(swinit.text.contains("database system was shut down at"), "\(swinit.transcript)")
        for word in ["recovery", "not properly shut down", "interrupted"] {
          #expect(!swinit.text.contains(word), "\(swinit.transcript)")
        }
      }
    }

    @Test func mariadbBehindPidproxy() async throws {
      let machine = try Machine.mariadb()
      let setup = machine.setup(try example(of: "mysql"))
      let query = { (text: String) in ["mariadb", "--batch", "-Ne", text] }
      let log = { machine.read("/var/lib/mysql/error.log") ?? "" }

      try await withSwinit(setup) { swinit in
        try await swinit.log("mysql: follows pid ", within: 60)
        try await swinit.answer(
          query("create database d; create table d.t (n int); insert into d.t values (7)"))
        let words = swinit.client(query("select sleep(1000)"))
        async let client = run(words)
        try await swinit.answer(
          query(
            "select count(*) from information_schema.processlist where info = 'select sleep(1000)'"),
          until: { $0 == "1\n" })
        try await swinit.stopInOrder()
        #expect(log().contains("mariadbd: Shutdown complete"), "\(log())")
        #expect(try await client.ending != .exited(0))
      }

      let before = log().count
      try await withSwinit(setup) { swinit in
        #expect(try await swinit.answer(query("select n from d.t")) == "7\n")
        try await swinit.stopInOrder()
        let text = String(log().dropFirst(before))
        #expect(text.contains("ready for connections"), "\(text)")
        #expect(text.contains("mariadbd: Shutdown complete"), "\(text)")
        #expect(!text.lowercased().contains("recovery"), "\(text)")
      }
    }
  }
}
