import Foundation

@testable import Basics
@testable import Logs

/// A moment that every line gets.
let noon = ClockText(nanoseconds: 1_769_860_800_123_456_789)

/// All of a text through a splitter, in pieces that end where `cuts` say, each cut again where the
/// output holds a batch; and the end of the line.
func lines(
  _ text: [UInt8], _ form: LineWriter.Form = .raw, limit: Int = LogLimit.line, cuts: [Int] = []
) -> [UInt8] {
  var splitter = LineSplitter(limit: limit)
  let writer = LineWriter(form, program: "app", stream: "stdout", tag: "swinit")
  let out = OutputBuffer()
  var result: [UInt8] = []
  var start = 0
  for end in cuts.sorted() + [text.count] where end >= start {
    var rest = Array(text[start..<end])
    start = end
    while !rest.isEmpty {
      let taken = rest.withUnsafeBufferPointer { splitter.take($0, writer, noon, to: out) }
      rest.removeFirst(taken)
      result += Array(out.bytes)
      out.clear(keeping: 0)
    }
  }
  splitter.end(writer, noon, to: out)
  return result + Array(out.bytes)
}

func lines(
  _ text: String, _ form: LineWriter.Form = .raw, limit: Int = LogLimit.line, cuts: [Int] = []
) -> String {
  String(decoding: lines(Array(text.utf8), form, limit: limit, cuts: cuts), as: UTF8.self)
}

/// Numbers that a seed makes, the same ones every time.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}
