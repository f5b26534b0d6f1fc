// The values that only `LaunchOptions` and `LifePolicy` have: text -> value; nil where the text is none.

import Basics
import Configuration

extension WordList {
  package static let standardInputs = WordList("null | pipe | inherit")
}

/// The most signals of one sequence: more than any program understands.
private let longestSequence = 16

/// `TERM`, or signals with pauses in seconds between them, `TSTP,5,TERM`, as
/// `LifePolicy.stopSequence` has them.
@inline(never)
package func parseStopSignals(_ text: ByteString) -> [UInt64]? {
  let parts = text.split(at: UInt8(ascii: ","))
  guard parts.count % 2 == 1, parts.count < 2 * longestSequence else { return nil }
  var numbers: [UInt64] = []
  for part in parts {
    let isSignal = numbers.count % 2 == 0
    guard
      let number = isSignal ? Signal(part).map({ Int64($0.number) }) : parseSeconds(part.trimmed)
    else { return nil }
    numbers.add(UInt64(number))
  }
  return numbers
}

/// `SOFT`, `SOFT:HARD`, each a number, a size (`64MB`) or `unlimited`; SOFT alone is both, as with
/// `prlimit(1)`.
@inline(never)
package func parseLimit(_ text: ByteString) -> (soft: UInt64, hard: UInt64)? {
  let colon = text.firstIndex(of: UInt8(ascii: ":")) ?? text.count
  guard let soft = parseOneLimit(text.slice(0, colon)) else { return nil }
  if colon == text.count { return (soft, soft) }
  guard let hard = parseOneLimit(text.dropping(colon + 1)), soft <= hard else { return nil }
  return (soft, hard)
}

@inline(never)
private func parseOneLimit(_ text: ByteString) -> UInt64? {
  let word = text.trimmed.lowercased
  return word.equals("unlimited") ? LaunchOptions.unlimited : parseSize(word).map { UInt64($0) }
}

extension [UInt64] {
  @inline(never)
  package mutating func add(_ number: UInt64) { append(number) }
}

/// Names in any case, with or without CAP_, or `all`, separated by commas.
/// - Parameter bad: gets the first that is none of these.
/// - Returns: bits; nil: there is such a one, or no name at all.
@inline(never)
package func parseCapabilities(_ text: ByteString, bad: inout ByteString) -> UInt64? {
  var bits: UInt64 = 0
  for name in namesBetweenCommas(text) {
    var word = name.lowercased
    if word.hasPrefix("cap_") { word = word.dropping(4) }
    if word.equals("all") {
      bits = .max
    } else if let number = WordList.capabilities.index(of: word) {
      bits |= 1 << UInt64(number)
    } else {
      bad = word
      return nil
    }
  }
  return bits == 0 ? nil : bits
}

/// `NAME:PATH` pairs separated by commas, PATH from the root on; each ended by a NUL. A value that
/// was inserted adds no pair.
@inline(never)
package func parseSecrets(_ text: ByteString) -> ByteString? {
  var block = ByteString()
  for pair in text.partsBetweenCommas {
    let path = pair.pathOfSecret
    guard isVariableName(pair.nameOfSecret), path.hasPrefix("/"), path.count > 1 else {
      return nil
    }
    block.append(pair)
    block.append(byte: 0)
  }
  return block.isEmpty ? nil : block
}
