import Testing

@testable import Logs

@Suite struct LastLineTests {
  private func last(_ pieces: [String]) -> String? {
    var line = LastLine()
    for piece in pieces { Array(piece.utf8).withUnsafeBufferPointer { line.add($0) } }
    return line.text.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    arguments: [
      ([], nil), ([""], nil), (["\n", " \n\t\n"], nil), (["one"], "one"), (["one\n"], "one"),
      (["one\ntwo\n"], "two"), (["one\ntwo"], "two"), (["o", "ne\nt", "wo", "\n\n"], "two"),
      (["one\r\ntwo\r\n"], "two"), (["50 %\r100 %\n"], "100 %"),
      (["  two words \n"], "  two words"),
    ] as [([String], String?)])
  func theLastThatIsNotEmpty(pieces: [String], expected: String?) {
    #expect(last(pieces) == expected)
  }

  /// However it comes, no more than the limit is kept of it.
  @Test(arguments: [1, 7, 511, 512, 513, 5_000])
  func theEndOfALongOne(size: Int) {
    let text = "first\n" + String(repeating: "x", count: 900) + "end"
    var pieces: [String] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      pieces.append(String(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    let expected = String(repeating: "x", count: LogLimit.lastLine - 3) + "end"
    #expect(last(pieces) == expected)
  }

  @Test func aNewLifeBeginsWithNothing() {
    var line = LastLine()
    [0x61, 0x0A].withUnsafeBufferPointer { line.add($0) }
    line.clear()
    #expect(line.text == nil)
  }
}
