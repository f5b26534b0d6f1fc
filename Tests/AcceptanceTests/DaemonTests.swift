import Foundation
import Testing

// The example of conf.d with the real nginx and the real cron, as it is shipped.

extension Acceptance {
  @Suite struct Daemons {
    /// conf.d under `Tests/stage`, with a network of its own.
    private var example: Setup {
      var setup = Setup("")
      setup.fragments = [:]
      setup.launcher = [
        "unshare", "--net", "sh", "-c",
        "busybox ip link set lo up && cp -r \(projectFolder)/conf.d $0"
          + " && chmod -R go+rX $0/conf.d && exec \"$@\"", "FOLDER",
        "\(projectFolder)/Tests/stage", "FOLDER/conf.d",
      ]
      setup.arguments = ["-c", "FOLDER/conf.d"]
      setup.environment["GREETING"] = "Ahoy"
      return setup
    }

    private func fetch(_ swinit: Container) async throws -> String {
      let url = "http://127.0.0.1:8080/"
      let words = ["nsenter", "-t", "\(swinit.pid)", "-n", "curl", "-s", "--max-time", "5", url]
      return try await run(words).output
    }

    @Test func theyComeUpServeAndStopInOrder() async throws {
      try await withSwinit(example) { swinit in
        for name in ["app", "cron", "nginx"] { try await swinit.log("\(name): RUNNING") }
        let page = try await fetch(swinit)
        #expect(page.contains("Ahoy from the app"), "\(page)")
        #expect(page.contains("user: www-data, program: app, page asked by: 127.0.0.1"))
        try await swinit.line("GET / HTTP/1.1")
        let told = swinit.moment
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.span(since: told).own < 2)
        let order = { (part: String) in
          swinit.errors.texts.filter { $0.contains(part) }.map { $0.split(separator: " ")[2] }
        }
        #expect(order(": STARTING") == ["app:", "cron:", "nginx:"])
        #expect(order(": STOPPING") == ["nginx:", "cron:", "app:"])
        #expect(order(": STOPPED") == ["nginx:", "cron:", "app:"])
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
        let nginx = try await swinit.process("nginx")
        #expect(!swinit.places(of: "nginx: STOPPING (pid \(nginx), SIGQUIT)").isEmpty)
      }
    }

    /// nginx without its app: it is restarted, and nginx goes on.
    @Test func anAppThatDiesIsRestarted() async throws {
      try await withSwinit(example) { swinit in
        for name in ["app", "nginx"] { try await swinit.log("\(name): RUNNING") }
        let app = try await swinit.process("app")
        let seen = try #require(processes(inNamespaceOf: swinit.pid)[app])
        kill(seen, SIGKILL)
        try await swinit.log("warn app: EXITED, killed by SIGKILL (unexpected), restarting")
        try await swinit.wait("a second app") { swinit.places(of: "app: RUNNING").count == 2 }
        #expect(try await fetch(swinit).contains("Ahoy from the app"))
        #expect(swinit.places(of: "nginx: STARTING").count == 1)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The job prints a variable that came with the container. cron has a minute's patience.
    @Test func cronsJobSeesTheContainersVariables() async throws {
      let setup = example
      let swinit = try Container(setup)
      defer { swinit.destroy() }
      try await swinit.line("cron: Ahoy from a job at ", within: 75)
      swinit.signal(SIGTERM)
      try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
    }
  }
}
