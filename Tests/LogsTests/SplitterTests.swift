import Foundation
import Testing

@testable import Basics
@testable import Logs

@Suite struct SplitterTests {
  @Test func aLineOfTheLimitIsNotSplit() {
    #expect(lines("abcd\n", limit: 4) == "abcd\n")
    #expect(lines("abcd", limit: 4) == "abcd\n")
  }

  @Test(arguments: [
    ("abcde\n", "abcd [...]\n[...] e\n"),
    ("abcdefghi\n", "abcd [...]\n[...] efgh [...]\n[...] i\n"),
    ("abcdefgh\n", "abcd [...]\n[...] efgh\n"),
    ("abcde", "abcd [...]\n[...] e\n"),
    ("abcde\nf\n", "abcd [...]\n[...] e\nf\n"),
    // A character is not cut in two; what is none is.
    ("abcé\n", "abc [...]\n[...] é\n"),
    ("abc€\n", "abc [...]\n[...] €\n"),
    ("a😀b\n", "a [...]\n[...] 😀 [...]\n[...] b\n"),
  ])
  func aLongerLineIsSplitAndMarked(text: String, expected: String) {
    for cut in 0...text.utf8.count {
      #expect(lines(text, limit: 4, cuts: [cut]) == expected, "cut at \(cut)")
    }
  }

  @Test func bytesThatAreNoCharacterAreCutAtTheLimit() {
    let bytes = [UInt8](repeating: 0x80, count: 10)
    let mark = Array(" [...]\n[...] ".utf8)
    let four = [UInt8](repeating: 0x80, count: 4)
    #expect(lines(bytes, limit: 4) == four + mark + four + mark + [0x80, 0x80, 0x0A])
  }

  @Test func jsonSaysThatALineContinues() {
    let text = lines("abcdef\n", .json, limit: 4)
    let parts = text.split(separator: "\n")
    #expect(parts.count == 2)
    #expect(parts[0].hasSuffix(#""message":"abcd","continues":true}"#))
    #expect(parts[1].hasSuffix(#""message":"ef"}"#))
  }

  /// Any pieces give the same lines.
  @Test(arguments: 0..<300 as Range<UInt64>)
  func anyPiecesGiveTheSame(seed: UInt64) {
    var random = Seeded(seed)
    let limit = Int.random(in: 1...40, using: &random)
    let alphabet = Array("aaaaaaaaaaaaaa\n\n\"é€😀".utf8) + [0xFF, 0x80]
    let text = (0..<Int.random(in: 0...400, using: &random)).map { _ in
      alphabet.randomElement(using: &random)!
    }
    let forms: [LineWriter.Form] = [.raw, .prefix, .json]
    let form = forms.randomElement(using: &random)!
    let whole = lines(text, form, limit: limit)
    for _ in 0..<5 {
      let cuts = (0..<Int.random(in: 0...30, using: &random)).map { _ in
        Int.random(in: 0...text.count, using: &random)
      }
      #expect(lines(text, form, limit: limit, cuts: cuts) == whole, "seed \(seed)")
    }
    guard form == .raw else { return }
    // Nothing but marks was added.
    let marks = String(bytes: whole, encoding: .isoLatin1)!
      .replacingOccurrences(of: " [...]\n[...] ", with: "")
    let ended = text.isEmpty || text.last == 0x0A ? text : text + [0x0A]
    #expect(marks == String(bytes: ended, encoding: .isoLatin1)!, "seed \(seed)")
  }

  @Test func aBatchIsABound() {
    let text = [UInt8](repeating: 0x0A, count: LogLimit.read)
    var splitter = LineSplitter()
    let writer = LineWriter(.json, program: "app", stream: "stdout")
    let out = OutputBuffer()
    let taken = text.withUnsafeBufferPointer { splitter.take($0, writer, noon, to: out) }
    #expect(taken < text.count)
    #expect(out.count < LogLimit.batch + 200)
  }

  @Test func whatIsHeldIsBounded() {
    var splitter = LineSplitter()
    let writer = LineWriter(.raw, program: "app", stream: "stdout")
    let out = OutputBuffer()
    let part = [UInt8](repeating: 0x61, count: 10_000)
    for _ in 0..<50 {
      _ = part.withUnsafeBufferPointer { splitter.take($0, writer, noon, to: out) }
      #expect(splitter.count <= LogLimit.line)
      out.clear(keeping: 0)
    }
  }

  @Test func givenUpEarlyItIsAPart() {
    var splitter = LineSplitter()
    let writer = LineWriter(.raw, program: "app", stream: "stdout")
    let out = OutputBuffer()
    splitter.splitEarly(writer, noon, to: out)
    _ = Array("ab".utf8).withUnsafeBufferPointer { splitter.take($0, writer, noon, to: out) }
    splitter.splitEarly(writer, noon, to: out)
    _ = Array("c\nd\n".utf8).withUnsafeBufferPointer { splitter.take($0, writer, noon, to: out) }
    #expect(String(decoding: out.bytes, as: UTF8.self) == "ab [...]\n[...] c\nd\n")
  }

  @Test(arguments: 0..<40)
  func aNewlineIsFoundWhereverItIs(place: Int) {
    var text = [UInt8](repeating: 0x8A, count: 40)
    text[place] = 0x0A
    text.withUnsafeBufferPointer { #expect(firstNewline($0.baseAddress!, 40) == place) }
    text[place] = 0x0B
    text.withUnsafeBufferPointer { #expect(firstNewline($0.baseAddress!, 40) == 40) }
  }
}
