import Foundation
import Testing

@testable import Basics
@testable import Logs

@Suite struct FormatTests {
  @Test(arguments: [
    (LineWriter.Form.raw, "line\n"),
    (.prefix, "app | line\n"),
    (.timestamp, "2026-01-31T12:00:00.123Z app | line\n"),
    (.syslog, "<14>Jan 31 12:00:00 swinit: app line\n"),
    (
      .json,
      #"{"time":"2026-01-31T12:00:00.123Z","program":"app","stream":"stdout","message":"line"}"#
        + "\n"
    ),
  ])
  func eachForm(form: LineWriter.Form, expected: String) {
    #expect(lines("line\n", form) == expected)
    // The last line need not be finished.
    #expect(lines("line", form) == expected)
    #expect(lines("", form) == "")
  }

  @Test func emptyLinesAreLines() {
    #expect(lines("\n\na\n", .prefix) == "app | \napp | \napp | a\n")
  }

  @Test func bytesAreUntouchedButInJSON() {
    let bytes: [UInt8] = [0x00, 0xFF, 0x1B, 0x22, 0x5C, 0x80, 0x0D, 0x0A]
    #expect(lines(bytes, .raw) == bytes)
    #expect(lines(bytes, .prefix) == Array("app | ".utf8) + bytes)
  }

  @Test(
    arguments: [
      ([0x00, 0x1F, 0x7F], "\\u0000\\u001f\u{7F}"),
      ([0x09, 0x0D, 0x22, 0x5C], #"\t\r\"\\"#),
      ([0xC3, 0xA9], "é"), ([0xE9], "\\u00e9"), ([0xC3], "\\u00c3"),
      ([0xE2, 0x82, 0xAC], "€"), ([0xE2, 0x82], "\\u00e2\\u0082"),
      ([0xF0, 0x9F, 0x98, 0x80], "😀"), ([0xF0, 0x9F, 0x98], "\\u00f0\\u009f\\u0098"),
      // Overlong, a surrogate, beyond U+10FFFF, a lone continuation.
      ([0xC0, 0xAF], "\\u00c0\\u00af"), ([0xE0, 0x80, 0x80], "\\u00e0\\u0080\\u0080"),
      ([0xED, 0xA0, 0x80], "\\u00ed\\u00a0\\u0080"),
      ([0xF4, 0x90, 0x80, 0x80], "\\u00f4\\u0090\\u0080\\u0080"), ([0x80], "\\u0080"),
      ([0xF5, 0xFF], "\\u00f5\\u00ff"),
    ] as [([UInt8], String)])
  func jsonEscapes(bytes: [UInt8], expected: String) throws {
    // At every place within the words that are looked at.
    for lead in 0..<9 {
      let pad = [UInt8](repeating: 0x61, count: lead)
      let line = lines(pad + bytes + pad, .json)
      let text = try #require(String(validating: line, as: UTF8.self))
      #expect(text.contains("\"message\":\"\(String(repeating: "a", count: lead))\(expected)"))
      _ = try JSONSerialization.jsonObject(with: Data(line))
    }
  }

  /// Whatever the bytes, the line is valid JSON, and its message gives them back: characters as they
  /// are, everything else as U+0080…U+00FF.
  @Test(arguments: 0..<200 as Range<UInt64>)
  func randomBytesAreValidJSON(seed: UInt64) throws {
    var random = Seeded(seed)
    let alphabet: [UInt8] = [
      0x61, 0x22, 0x5C, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x00, 0x7F,
    ]
    let bytes = (0..<Int.random(in: 0...100, using: &random)).map { _ in
      Bool.random(using: &random)
        ? alphabet.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
    }.filter { $0 != 0x0A }
    let line = lines(bytes + [0x0A], .json)
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    let message = try #require(object["message"] as? String)
    var expected: [Unicode.Scalar] = []
    var rest = bytes[...]
    while let first = rest.first {
      let length = (1...4).first { count in
        rest.count >= count && String(validating: rest.prefix(count), as: UTF8.self) != nil
      }
      if let length {
        expected += String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars
      } else {
        expected.append(Unicode.Scalar(first))
      }
      rest = rest.dropFirst(length ?? 1)
    }
    #expect(Array(message.unicodeScalars) == expected)
  }

  @Test(arguments: [
    (LogFormat.direct, "swinit: warn it is \"so\"\n"), (.raw, "swinit: warn it is \"so\"\n"),
    (.prefix, "swinit: warn it is \"so\"\n"),
    (.timestamp, "2026-01-31T12:00:00.123Z swinit: warn it is \"so\"\n"),
    (
      .json,
      #"{"time":"2026-01-31T12:00:00.123Z","program":"swinit","stream":"stderr","level":"warn","#
        + #""message":"it is \"so\""}"# + "\n"
    ),
  ])
  func ownLines(format: LogFormat, expected: String) {
    let line = ownLine(format, level: "warn", "it is \"so\"", noon)
    #expect(String(decoding: line, as: UTF8.self) == expected)
  }

  @Test func aNameIsEscapedToo() {
    let writer = LineWriter(.json, program: "a\"b", stream: "stderr")
    let out = OutputBuffer()
    [UInt8]("x".utf8).withUnsafeBufferPointer { writer.append($0, LinePart(), noon, to: out) }
    let text = String(decoding: out.bytes, as: UTF8.self)
    #expect(text.contains(#""program":"a\"b","stream":"stderr","message":"x"}"#))
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z", "Jan  1 00:00:00"),
      (951_782_399_999, "2000-02-28T23:59:59.999Z", "Feb 28 23:59:59"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z", "Feb 29 00:00:00"),
      (1_798_761_599_001, "2026-12-31T23:59:59.001Z", "Dec 31 23:59:59"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z", "Mar  1 00:00:00"),
    ] as [(Int64, String, String)])
  func clock(milliseconds: Int64, text: String, syslog: String) {
    let clock = ClockText(nanoseconds: milliseconds * 1_000_000)
    #expect(String(decoding: clock.bytes, as: UTF8.self) == text)
    #expect(String(decoding: clock.syslog, as: UTF8.self) == syslog)
  }

  @Test func aClockThatIsWrongTrapsNot() {
    #expect(ClockText(nanoseconds: .min).bytes.count == 24)
    #expect(ClockText(nanoseconds: .max).bytes.count == 24)
  }
}
