import Foundation
import Testing

// Real processes through every state and along every arrow of `swinit help states`.

/// A life of one program, from its first start to the end of the container.
struct Life: CustomTestStringConvertible, Sendable {
  let name: String
  let program: String
  /// When swinit is told to stop: as soon as the log says this of the program.
  var stopAt: String?
  /// What the program writes when it is ready to be told.
  var ready: String?
  /// Every state it is in, after STOPPED.
  let states: [String]
  let code: Int32
  /// What the last line says.
  var end = "stopped by SIGTERM"
  /// What the log says besides.
  var log: [String] = []
  var testDescription: String { name }

  static let all: [Life] = [
    Life(
      name: "it runs and is stopped", program: "command=sleep 1000\nstartsecs=0.1",
      stopAt: "RUNNING", states: ["STARTING", "RUNNING", "STOPPING", "STOPPED"], code: 0),
    Life(
      name: "it withstands the stop signal",
      program: "command=sh -c \"trap '' TERM; echo ready; while :; do sleep 1; done\"\n"
        + "startsecs=0\nstopwaitsecs=0.1\nstopasgroup=false\nkillasgroup=true",
      stopAt: "RUNNING", ready: "ready", states: ["STARTING", "RUNNING", "STOPPING", "STOPPED"],
      code: 0, log: ["a: still there after 0.1 s, SIGKILL"]),
    Life(
      name: "it is stopped while it starts", program: "command=sleep 1000\nstartsecs=1000",
      stopAt: "STARTING", states: ["STARTING", "STOPPING", "STOPPED"], code: 0),
    Life(
      name: "it is stopped while it waits for the next try", program: "command=sh -c \"exit 3\"",
      stopAt: "BACKOFF", states: ["STARTING", "BACKOFF", "STOPPED"], code: 0),
    Life(
      name: "it ends too soon, twice", program: "command=sh -c \"exit 3\"\nstartretries=1",
      states: ["STARTING", "BACKOFF", "STARTING", "BACKOFF", "FATAL"], code: 3,
      end: "program a is FATAL: exited with status 3 before startsecs, 2 times in a row",
      log: [
        "warn a: BACKOFF, exited with status 3 before startsecs, next try in 1 s",
        "debug a: BACKOFF, exited with status 3 before startsecs, no try is left",
        "error a: FATAL, exited with status 3 before startsecs (2 tries, each within ",
      ]),
    Life(
      name: "it cannot be executed", program: "command=/no/such/program\nstartretries=0",
      states: ["STARTING", "BACKOFF", "FATAL"], code: 127,
      end: "program a is FATAL: cannot start: execve \"/no/such/program\": No such file",
      log: ["a: FATAL, cannot start: execve \"/no/such/program\""]),
    Life(
      name: "it ends as expected", program: "command=sh -c \"exit 2\"\nstartsecs=0\nexitcodes=2",
      states: ["STARTING", "RUNNING", "EXITED"], code: 0, end: "nothing left to do",
      log: ["info a: EXITED with status 2 (expected)"]),
    Life(
      name: "it ends unexpectedly, and nobody wants it again",
      program: "command=sh -c \"kill -KILL $$\"\nstartsecs=0\nautorestart=false",
      states: ["STARTING", "RUNNING", "EXITED"], code: 137,
      end: "nothing left to do, a: killed by SIGKILL",
      log: ["warn a: EXITED, killed by SIGKILL (unexpected)"]),
    Life(
      name: "it ends unexpectedly, once",
      program: "command=%(here)s/once\nstartsecs=0",
      stopAt: "RUNNING", ready: "ready",
      states: [
        "STARTING", "RUNNING", "EXITED", "STARTING", "RUNNING", "STOPPING", "STOPPED",
      ], code: 0, log: ["warn a: EXITED with status 3 (unexpected), restarting"]),
    Life(
      name: "the clock runs it", program: "command=sh -c \"exit 3\"\nschedule=@every 3s",
      stopAt: "STOPPED", states: ["STARTING", "RUNNING", "EXITED", "STOPPED"], code: 0,
      log: [
        "warn a: EXITED with status 3 (unexpected)", "info a: STOPPED, next run in ",
      ]),
  ]

  /// The arrows that take another program or a oneshot; `Readiness` drives them.
  static let others: Set<String> = ["STOPPED -> FATAL", "STARTING -> EXITED"]

  /// The arrows that it goes along, as `swinit help states` writes them.
  var arrows: Set<String> {
    Set(zip(["STOPPED"] + states, states).map { "\($0) -> \($1)" })
  }
}

extension Acceptance {
  @Suite struct States {
    private static let names = [
      "STOPPED", "STARTING", "RUNNING", "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN",
    ]

    @Test(arguments: Life.all)
    func aLife(_ life: Life) async throws {
      // The state before FATAL lasts no time: the log tells it to those who want it all.
      let setup = Setup(
        "[swinit]\nloglevel=debug\n[program:a]\n\(life.program)\n",
        files: [
          "once": "#!/bin/sh\nmkdir ${0%/*}/ran || { echo ready; exec sleep 1000; }\nexit 3\n"
        ])
      try await withSwinit(setup) { swinit in
        if let ready = life.ready { try await swinit.line(ready) }
        if let state = life.stopAt {
          let times = life.states.filter { $0 == state }.count
          try await swinit.wait("\(state), time \(times)") {
            swinit.places(of: "a: \(state)").count == times
          }
          swinit.signal(SIGTERM)
        }
        try await swinit.expectEnd(life.code, life.end)
        let seen = swinit.errors.texts.compactMap { line -> String? in
          guard let start = line.range(of: " a: ") else { return nil }
          let word = line[start.upperBound...].prefix { $0.isUppercase }
          return Self.names.first { $0 == word }
        }
        #expect(seen == life.states, "\(swinit.transcript)")
        for part in life.log { #expect(!swinit.places(of: part).isEmpty, "\(part)") }
      }
    }

    /// What help prints is what was driven; a person's start of a FATAL program needs the control
    /// server.
    @Test func everyArrowOfTheGraphIsDriven() async throws {
      let words = [try #require(Binary.path), "help", "states"]
      let lines = try await run(words).output.split(separator: "\n")
      let printed = lines.compactMap { line -> String? in
        let words = line.split(separator: " ")
        guard words.count > 2, words[1] == "->" else { return nil }
        return words[0...2].joined(separator: " ")
      }
      let driven = Life.all.reduce(into: Set<String>()) { $0.formUnion($1.arrows) }
      #expect(Set(printed).subtracting(driven) == Life.others.union(["FATAL -> STARTING"]))
      #expect(driven.isSubset(of: printed))
    }

    /// Supervisor's names and codes.
    @Test func namesAndCodes() async throws {
      let words = [try #require(Binary.path), "help", "states"]
      let lines = try await run(words).output.split(separator: "\n").prefix(8)
      let codes = lines.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
      #expect(
        codes == [
          "STOPPED 0", "STARTING 10", "RUNNING 20", "BACKOFF 30", "STOPPING 40", "EXITED 100",
          "FATAL 200", "UNKNOWN 1000",
        ])
    }
  }
}
