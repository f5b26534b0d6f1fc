import Testing

@testable import Basics
@testable import Logs

@Suite struct RotationTests {
  /// Files by name; what a name holds is what the file held at the start.
  private func rotated(
    _ names: [String], backups: Int32, failing: Int? = nil
  ) -> [String: String] {
    var files = Dictionary(uniqueKeysWithValues: names.map { ($0, $0) })
    let renames = rotationRenames(of: "f", backups: backups) { files[$0.description] != nil }
    for (index, rename) in renames.enumerated() {
      if index == failing { return files }
      files[rename.to.description] = files.removeValue(forKey: rename.from.description)
    }
    return files
  }

  @Test(
    arguments: [
      (["f"], 3, ["f.1": "f"]),
      (["f", "f.1"], 3, ["f.1": "f", "f.2": "f.1"]),
      // The oldest goes.
      (["f", "f.1", "f.2", "f.3"], 3, ["f.1": "f", "f.2": "f.1", "f.3": "f.2"]),
      (["f", "f.1"], 1, ["f.1": "f"]),
      // A gap is filled; what lies behind it stays.
      (["f", "f.1", "f.3"], 3, ["f.1": "f", "f.2": "f.1", "f.3": "f.3"]),
      (["f", "f.2"], 3, ["f.1": "f", "f.2": "f.2"]),
    ] as [([String], Int32, [String: String])])
  func namesAreSupervisors(names: [String], backups: Int32, expected: [String: String]) {
    #expect(rotated(names, backups: backups) == expected)
  }

  /// Wherever a rename fails, only the oldest file, which was to go, can be missing; and the next try
  /// loses no other.
  @Test(arguments: 0..<4)
  func aFailedRenameLosesNothing(failing: Int) {
    let names = ["f", "f.1", "f.2", "f.3", "f.4"]
    let files = rotated(names, backups: 4, failing: failing)
    let kept = Set(files.values)
    #expect(kept.isSuperset(of: ["f", "f.1", "f.2", "f.3"]))
    var after = files
    let renames = rotationRenames(of: "f", backups: 4) { after[$0.description] != nil }
    for rename in renames {
      after[rename.to.description] = after.removeValue(forKey: rename.from.description)
    }
    #expect(Set(after.values).isSuperset(of: ["f", "f.1", "f.2", "f.3"]))
    #expect(after["f"] == nil)
  }

  @Test func aHugeNumberOfBackupsCostsNothing() {
    #expect(rotated(["f", "f.1"], backups: .max) == ["f.1": "f", "f.2": "f.1"])
  }

  @Test(arguments: [
    ("app-stdout---supervisor-a1b2c3d4.log", true),
    ("app-stderr---supervisor-a1b2c3d4.log.3", true),
    ("app-stderr---supervisor-a1b2c3d4.log1234", true),
    ("app-stdout---other-a1b2c3d4.log", false),
    ("---supervisor-a1b2c3d4.log", false),
    ("app-stdout---supervisor-.log", false),
    ("app-stdout---supervisor-a1b2c3d4.txt", false),
    ("app.log", false), (".log", false), ("", false), ("1234", false),
  ])
  func automaticLogsAreKnownByName(name: String, isOne: Bool) {
    #expect(isAutomaticLog(ByteString(name), identifier: "supervisor") == isOne)
  }

  @Test func pausesGrowAndEnd() {
    var pause = RetryPause()
    let lengths = (0..<8).map { _ in pause.next().count / 1_000_000 }
    #expect(lengths == [100, 200, 400, 800, 1600, 3200, 5000, 5000])
  }
}

@Suite struct AnsiFilterTests {
  private func filtered(_ text: String, cuts: [Int] = []) -> String {
    let bytes = Array(text.utf8)
    var filter = AnsiFilter()
    var result: [UInt8] = []
    var start = 0
    for end in cuts.sorted() + [bytes.count] where end >= start {
      var buffer = [0] + bytes[start..<end]
      let count = end - start
      start = end
      let range = buffer.withUnsafeMutableBufferPointer { filter.filter($0, count: count) }
      result += buffer[range]
    }
    return String(decoding: result, as: UTF8.self)
  }

  @Test(arguments: [
    ("plain", "plain"), ("\u{1B}[31mred\u{1B}[0m", "red"), ("a\u{1B}[2Kb\n", "ab\n"),
    ("\u{1B}[38;5;200mx", "x"), ("\u{1B}x", "\u{1B}x"), ("\u{1B}\u{1B}[1mx", "\u{1B}x"),
    ("\u{1B}[31\nx", "\nx"), ("\u{1B}[1\u{1B}[2my", "y"), ("[31m", "[31m"),
  ])
  func sequencesGo(text: String, expected: String) {
    #expect(filtered(text) == expected)
    for cut in 0...text.utf8.count {
      #expect(filtered(text, cuts: [cut]) == expected, "cut at \(cut)")
    }
  }
}
