import Foundation
import Testing

// When the kernel refuses swinit memory, that is a state of it and not its end. The limits are lowered from
// outside, to what it has at that moment, since a limit from the start would be its programs' as well.

/// A limit that makes mmap(2) fail with ENOMEM.
enum MemoryLimit: String, CaseIterable, Sendable {
  case addressSpace = "as"
  case data

  /// What of it a process has now, in bytes.
  func use(_ pid: pid_t) throws -> Int {
    let field = self == .data ? "VmData" : "VmSize"
    let kilobytes = status(pid, field)?.split(separator: " ").first.flatMap { Int($0) }
    return try #require(kilobytes) << 10
  }

  /// nil: no limit.
  func set(_ pid: pid_t, to bytes: Int?) async throws {
    let text = bytes.map { "\($0)" } ?? "unlimited"
    let done = try await run(["prlimit", "--pid", "\(pid)", "--\(rawValue)=\(text):unlimited"])
    try #require(done.ending == .exited(0), "\(done.errors)")
  }
}

/// It says something when it is told to by a fifo.
private let talker = """
  [program:talker]
  command=sh -c "rm -f go; mkfifo go; read x <go; echo I am here; exec sleep 60"
  directory=%(here)s
  startsecs=0
  log_format=prefix

  """

extension Acceptance {
  @Suite struct ShortMemory {
    @Test(arguments: MemoryLimit.allCases)
    func itIsSaidOnceAndIsOverWhenThereIsMemory(limit: MemoryLimit) async throws {
      let text = talker + "[program:other]\ncommand=sleep 60\nstartsecs=0\nautorestart=true\n"
      try await withSwinit(Setup(text)) { swinit in
        try await begin(swinit, limit)
        try await endOther(swinit)
        try await swinit.log("other: EXITED")
        // It is started again when there is memory, however long that takes.
        #expect(swinit.places(of: "other: STARTING").count == 1, "\(swinit.transcript)")
        try await limit.set(swinit.pid, to: nil)
        try await swinit.log("memory is no longer short, after ")
        try await swinit.line("talker | I am here")
        try await swinit.wait("other") { swinit.places(of: "other: RUNNING").count == 2 }
        #expect(swinit.places(of: "memory is short").count == 1, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test(arguments: MemoryLimit.allCases, [1, 300])
    func theOrderlyStopNeedsNoMore(limit: MemoryLimit, programs: Int) async throws {
      let others = """
        [program:other]
        command=sleep 60
        process_name=%(program_name)s_%(process_num)d
        numprocs=\(programs)
        startsecs=0
        priority=5
        [program:last]
        command=sh -c "trap 'exit 7' TERM; while :; do sleep 60 & wait; done"
        startsecs=0
        priority=1
        stopasgroup=true
        """
      try await withSwinit(Setup(talker + others)) { swinit in
        try await swinit.wait("all") {
          swinit.places(of: "other_").filter { swinit.errors.texts[$0].contains("RUNNING") }.count
            == programs
        }
        try await begin(swinit, limit)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM", within: 60)
        #expect(swinit.places(of: "last: STOPPED").count == 1, "\(swinit.transcript)")
        #expect(swinit.places(of: ": STOPPED").count == programs + 2, "\(swinit.transcript)")
      }
    }

    /// Memory becomes short by what the talker says.
    private func begin(_ swinit: Container, _ limit: MemoryLimit) async throws {
      try await swinit.log("talker: RUNNING")
      let fifo = swinit.inside("go")
      try await eventually("the fifo") { FileManager.default.fileExists(atPath: fifo) }
      try await limit.set(swinit.pid, to: limit.use(swinit.pid))
      try Data("\n".utf8).write(to: URL(fileURLWithPath: fifo))
      try await swinit.log("warn memory is short: the kernel refuses more")
    }

    /// From inside of swinit's PID namespace, whose pid the log has.
    private func endOther(_ swinit: Container) async throws {
      let pid = try await swinit.process("other")
      let words = ["nsenter", "--pid", "--mount", "--target", "\(swinit.pid)", "kill", "\(pid)"]
      let done = try await run(words)
      try #require(done.ending == .exited(0), "\(done.errors)")
    }
  }
}
