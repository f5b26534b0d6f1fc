// Messages are put together over bytes, by one function: an interpolated string at each of the
// hundred places that make one would cost a third of the binary.

/// Fills the gaps of a template in their order: `{}` plain, `{q}` in quotes and shortened, `{s}`
/// shortened without quotes (control bytes escaped in both). A gap too many stays empty.
@inline(never)
public func message(
  _ template: StaticString, _ first: ByteString = ByteString(), _ second: ByteString = ByteString(),
  _ third: ByteString = ByteString(), _ fourth: ByteString = ByteString()
) -> ByteString {
  let pattern = ByteString(template)
  var text = ByteString()
  var gaps = 0
  var index = 0
  while index < pattern.count {
    let isPlain = pattern.matches("{}", at: index)
    let isQuoted = pattern.matches("{q}", at: index)
    if isPlain || isQuoted || pattern.matches("{s}", at: index) {
      let value = gaps == 0 ? first : gaps == 1 ? second : gaps == 2 ? third : fourth
      gaps += 1
      if isPlain { text.append(value) } else { text.appendShortened(value, inQuotes: isQuoted) }
      index += isPlain ? 2 : 3
    } else {
      text.append(byte: pattern.bytes[index])
      index += 1
    }
  }
  return text
}

/// A number for a message.
public func decimal(_ number: some BinaryInteger) -> ByteString {
  var text = ByteString()
  text.append(number: Int64(clamping: number))
  return text
}

/// The octal digits of a number that is not negative.
func octal(_ number: Int64) -> ByteString {
  var digits = ByteString()
  var rest = number.magnitude
  repeat {
    digits.append(byte: 0x30 + UInt8(truncatingIfNeeded: rest & 7))
    rest >>= 3
  } while rest > 0
  digits.bytes.reverse()
  return digits
}

extension ByteString {
  /// Longest text that a message quotes; a longer one is cut in its middle.
  static let longestQuote = 80

  /// In double quotes for a message: control bytes escaped, long text shortened.
  public var quoted: ByteString {
    var text = ByteString()
    text.appendShortened(self, inQuotes: true)
    return text
  }

  @inline(never)
  mutating func appendShortened(_ text: ByteString, inQuotes: Bool) {
    if inQuotes { append(byte: UInt8(ascii: "\"")) }
    if text.count <= Self.longestQuote {
      for byte in text.bytes { appendEscaped(byte) }
    } else {
      // Cut between characters, not inside one: a half of one would be shown as U+FFFD.
      var headEnd = Self.longestQuote - 20
      while headEnd > 40, text.bytes[headEnd] & 0xC0 == 0x80 { headEnd -= 1 }
      var tailStart = text.count - 17
      while tailStart < text.count - 10, text.bytes[tailStart] & 0xC0 == 0x80 { tailStart += 1 }
      for byte in text.bytes[..<headEnd] { appendEscaped(byte) }
      append(literal: "...")
      for byte in text.bytes[tailStart...] { appendEscaped(byte) }
    }
    if inQuotes { append(byte: UInt8(ascii: "\"")) }
  }

  mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case 0x0A: append(literal: "\\n")
    case 0x0D: append(literal: "\\r")
    case 0x09: append(literal: "\\t")
    case 0..<0x20, 0x7F:
      append(literal: "\\x")
      append(byte: Self.hexadecimalDigit(byte >> 4))
      append(byte: Self.hexadecimalDigit(byte & 15))
    default: append(byte: byte)
    }
  }

  static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x57 + value
  }
}
