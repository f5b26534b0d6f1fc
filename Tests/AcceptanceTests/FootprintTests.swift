import Foundation
import Testing

// What it weighs. (Times against bare system calls: Tests/Benchmarks.)

private let three = """
  [program:a]
  command=sleep 60
  startsecs=0
  [program:b]
  command=sleep 60
  startsecs=0
  priority=5
  [program:c]
  command=sleep 60
  startsecs=0
  user=www-data
  """

extension Acceptance {
  @Suite struct Footprint {
    /// Of each architecture. tini-static, which runs one command, has 692,000.
    static let greatestBinary = 560_000
    /// kB, with three programs.
    static let greatestResident = 320
    /// kB of these that are no pages of the file.
    static let greatestOwn = 96

    @Test func theBinaryIsSmall() throws {
      for path in [try #require(Binary.path), OtherBinary.path].compactMap({ $0 }) {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        #expect(try #require(size) <= Self.greatestBinary, "\(path)")
      }
    }

    @Test func theBinaryIsStatic() throws {
      for path in [try #require(Binary.path), OtherBinary.path].compactMap({ $0 }) {
        try isStatic(path)
      }
    }

    /// No program interpreter, no needed library: PT_INTERP and DT_NEEDED are absent.
    private func isStatic(_ path: String) throws {
      let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
      func number(_ offset: Int, _ size: Int) -> Int {
        (0..<size).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
      }
      try #require(bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), "no 64-bit ELF file")
      let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2))
      let headers = (0..<count).map { table + $0 * size }
      let interpreter = 3
      let dynamic = 2
      #expect(count > 0)
      #expect(!headers.contains { number($0, 4) == interpreter })
      for header in headers where number(header, 4) == dynamic {
        let (offset, length) = (number(header + 8, 8), number(header + 32, 8))
        let needed = stride(from: offset, to: offset + length, by: 16).filter { number($0, 8) == 1 }
        #expect(needed.isEmpty)
      }
    }

    @Test func itIsSmallInMemory() async throws {
      try await withSwinit(Setup(three)) { swinit in
        try await swinit.wait("three") { swinit.places(of: "RUNNING").count == 3 }
        let size = { (field: String) in
          status(swinit.pid, field)?.split(separator: " ").first.flatMap { Int($0) }
        }
        let (resident, own) = try (#require(size("VmRSS")), #require(size("RssAnon")))
        #expect(resident <= Self.greatestResident, "of this RssAnon: \(own)")
        #expect(own <= Self.greatestOwn)
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// The one place where time passes on purpose: that nothing happens can only be seen by
    /// looking twice.
    @Test func itDoesNotWakeUpWhenIdle() async throws {
      let switches = { (pid: pid_t) in
        ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"].map { status(pid, $0) ?? "?" }
      }
      try await withSwinit(Setup(three)) { swinit in
        try await swinit.wait("three") { swinit.places(of: "RUNNING").count == 3 }
        try await swinit.wait("sleep") { status(swinit.pid, "State")?.hasPrefix("S") == true }
        let before = switches(swinit.pid)
        try await Task.sleep(for: .seconds(5))
        #expect(switches(swinit.pid) == before)
        #expect(before != ["?", "?"])
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    /// A thousand programs: all start, all stop, and no descriptor is left open for any of them.
    @Test func aThousandPrograms() async throws {
      let few = try await openDescriptors(programs: 3)
      let many = try await openDescriptors(programs: 1000)
      #expect(few == many)
    }

    private func openDescriptors(programs count: Int) async throws -> Int {
      let text = """
        [program:p]
        command=sleep 60
        startsecs=0
        numprocs=\(count)
        process_name=%(process_num)d
        """
      return try await withSwinit(Setup(text)) { swinit in
        try await swinit.wait("all") { swinit.places(of: "RUNNING").count == count }
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(swinit.pid)/fd")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM", within: 60)
        #expect(swinit.places(of: "STOPPED").count == count)
        return open.count
      }
    }
  }
}
