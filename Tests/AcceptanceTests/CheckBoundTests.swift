import Foundation
import Testing

/// Files that are as bad as files can be: `check` takes no more than a multiple of their size, in time
/// and in memory.
extension Acceptance {
  @Suite struct CheckBounds {
    enum Kind: CaseIterable {
      case unknownKeys, unknownSections, unknownPrograms, similarPrograms, namesOfOneLine, circle,
        chain, pairs
      case longCommand, badValues, unknownVariables

      func text(_ count: Int) -> String {
        let lines = (0..<count).map { number in
          switch self {
          case .unknownKeys: "key\(number)=1"
          case .unknownSections: "[section\(number)]"
          case .unknownPrograms: "[program:p\(number)]\ncommand=/x\ndepends_on=nobody\(number)"
          case .similarPrograms: "[program:p\(number)]\ncommand=/x\ndepends_on=q\(number)"
          case .namesOfOneLine: "  nobody\(number),"
          case .circle:
            "[program:p\(number)]\ncommand=/x\ndepends_on=p\((number + 1) % count)"
          case .chain:
            "[program:p\(number)]\ncommand=/x\n"
              + (number + 1 < count ? "depends_on=p\(number + 1)" : "wrong=1")
          case .pairs: "[program:p\(number)]\ncommand=/x\ndepends_on=p\(number ^ 1)"
          case .longCommand: ""
          case .badValues: "[program:p\(number)]\ncommand=/x\nautostart=maybe\nstartsecs=soon"
          case .unknownVariables: "[program:p\(number)]\ncommand=/x %(ENV_NOBODY\(number))s"
          }
        }
        let first =
          switch self {
          case .namesOfOneLine: "[program:p]\ncommand=/x\ndepends_on=p,\n"
          case .longCommand:
            "[program:p]\ncommand=/x \(String(repeating: "y", count: 60_000))\nnumprocs=\(count)\n"
              + "process_name=%(process_num)d\nfoo=1\n"
          default: "[program:x]\ncommand=/x\n"
          }
        return first + lines.joined(separator: "\n") + "\n"
      }

      /// Near the limits: a file has 1 MiB, a configuration 10,000 processes.
      var count: Int {
        switch self {
        case .unknownKeys, .namesOfOneLine: 60_000
        case .unknownSections: 50_000
        default: 9_000
        }
      }
    }

    private func check(_ kind: Kind, _ count: Int) async throws -> Finished {
      let folder = try Folder()
      try folder.write(kind.text(count), to: "test.conf")
      let binary = try #require(Binary.path)
      // 64 MiB of address space are the bar: a check that needs more does not end with 78.
      let finished = try await run(
        ["prlimit", "--as=\(64 << 20)", binary, "check", "--strict", "-c", folder.path])
      #expect(finished.ending == .exited(78))
      return finished
    }

    @Test(arguments: Kind.allCases)
    func fourTimesTheMistakesTakeFourTimesTheTime(kind: Kind) async throws {
      let few = try await check(kind, kind.count / 4)
      let many = try await check(kind, kind.count)
      // Four times, and a logarithm; what grows with the square takes sixteen times. Of what is over in
      // a moment no ratio can be had.
      let ratio = many.userTime / max(few.userTime, 0.05)
      #expect(ratio < 8, "\(few.userTime) s and \(many.userTime) s")
      // A person can read what is said.
      #expect(many.errors.count + many.output.count(of: "\n") < 20_000)
    }
  }
}

extension String {
  fileprivate func count(of character: Character) -> Int { count { $0 == character } }
}
