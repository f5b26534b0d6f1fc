// Messages are put together over bytes, by one function: an interpolated string at each of the
// hundred places that make one would cost a third of the binary.

/// Fills the gaps of a template in their order: `{}` plain, `{q}` in quotes and shortened, `{s}`
/// shortened without quotes (control bytes escaped in both). A gap too many stays empty.
///
/// The values are given away: most of them are made for the message, and none of those hundreds of
/// callers has to let go of them.
@inline(never)
public func message(_ template: Literal, _ value: consuming ByteString) -> ByteString {
  fill(template, [value])
}

@inline(never)
public func message(
  _ template: Literal, _ first: consuming ByteString, _ second: consuming ByteString
) -> ByteString {
  fill(template, [first, second])
}

@inline(never)
public func message(
  _ template: Literal, _ first: consuming ByteString, _ second: consuming ByteString,
  _ third: consuming ByteString
) -> ByteString {
  fill(template, [first, second, third])
}

@inline(never)
public func message(
  _ template: Literal, _ first: consuming ByteString, _ second: consuming ByteString,
  _ third: consuming ByteString, _ fourth: consuming ByteString
) -> ByteString {
  fill(template, [first, second, third, fourth])
}

@inline(never)
private func fill(_ template: Literal, _ values: [ByteString]) -> ByteString {
  let pattern = ByteString(template)
  var text = ByteString()
  var gaps = 0
  var index = 0
  while index < pattern.count {
    let isPlain = pattern.matches("{}", at: index)
    let isQuoted = pattern.matches("{q}", at: index)
    if isPlain || isQuoted || pattern.matches("{s}", at: index) {
      if gaps < values.count {
        if isPlain {
          text.append(values[gaps])
        } else {
          text.appendShortened(values[gaps], inQuotes: isQuoted)
        }
      }
      gaps += 1
      index += isPlain ? 2 : 3
    } else {
      text.append(byte: pattern.bytes[index])
      index += 1
    }
  }
  return text
}

/// A number for a message.
@inline(__always)
public func decimal(_ number: some BinaryInteger) -> ByteString {
  decimalText(Int64(clamping: number))
}

@inline(never)
public func decimalText(_ number: Int64) -> ByteString {
  var text = ByteString()
  text.append(number: number)
  return text
}

/// The octal digits of a number that is not negative.
public func octal(_ number: Int64) -> ByteString {
  var text = ByteString()
  text.append(digits: number.magnitude, base: 8)
  return text
}

extension ByteString {
  /// Longest text that a message quotes; a longer one is cut in its middle.
  public static let longestQuote = 80

  /// In double quotes for a message: control bytes escaped, nothing left out.
  public var quoted: ByteString {
    var text: ByteString = "\""
    text.appendEscaped(self)
    return text + "\""
  }

  @inline(never)
  public mutating func appendShortened(_ text: ByteString, inQuotes: Bool) {
    if inQuotes { append(byte: UInt8(ascii: "\"")) }
    if text.count <= Self.longestQuote {
      appendEscaped(text)
    } else {
      // Cut between characters, not inside one: a half of one would be shown as U+FFFD.
      var headEnd = Self.longestQuote - 20
      while headEnd > 40, text.bytes[headEnd] & 0xC0 == 0x80 { headEnd -= 1 }
      var tailStart = text.count - 17
      while tailStart < text.count - 10, text.bytes[tailStart] & 0xC0 == 0x80 { tailStart += 1 }
      appendEscaped(text.slice(0, headEnd))
      append(literal: "...")
      appendEscaped(text.dropping(tailStart))
    }
    if inQuotes { append(byte: UInt8(ascii: "\"")) }
  }

  @inline(never)
  private mutating func appendEscaped(_ text: ByteString) {
    for byte in text.bytes { appendEscaped(byte) }
  }

  @inline(never)
  public mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case 0x0A: append(literal: "\\n")
    case 0x0D: append(literal: "\\r")
    case 0x09: append(literal: "\\t")
    case 0..<0x20, 0x7F:
      append(literal: "\\x")
      append(hexadecimal: byte)
    default: append(byte: byte)
    }
  }

  /// Two digits.
  @inline(never)
  public mutating func append(hexadecimal byte: UInt8) {
    append(byte: Self.hexadecimalDigit(byte >> 4))
    append(byte: Self.hexadecimalDigit(byte & 15))
  }

  public static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x57 + value
  }
}
