import Foundation
import Testing

// What the product promises, tried on the release binary as a real PID 1.
//
// Everything here is inside this one suite, so that it is skipped as a whole, visibly, where no
// binary is given. `Tests/run` gives one. The tests run as root: they make namespaces.

@Suite(
  .enabled(if: Binary.isGiven, "SWINIT_BINARY names no release binary (Tests/run gives one)"),
  .timeLimit(.minutes(3)))
struct Acceptance {
  @Test func theBinaryIsThere() throws {
    let path = try #require(Binary.path)
    #expect(FileManager.default.isExecutableFile(atPath: path), "no executable file: \(path)")
    #expect(geteuid() == 0, "these tests make namespaces: they need root")
  }
}
