// What text needs of bytes: ASCII only, so that no Unicode table is drawn in. Every other byte
// passes through as it is.

extension UInt8 {
  /// Space, tab, newline, vertical tab, form feed, carriage return.
  var isBlank: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
  var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
  var uppercased: UInt8 { self >= 0x61 && self <= 0x7A ? self & 0xDF : self }
}

extension ByteString {
  /// Without blanks (space, tab, line ends) at both ends.
  @inline(never)
  public var trimmed: ByteString {
    var first = 0
    var end = bytes.count
    while first < end, bytes[first].isBlank { first += 1 }
    while end > first, bytes[end - 1].isBlank { end -= 1 }
    return first == 0 && end == bytes.count ? self : ByteString(bytes[first..<end])
  }

  /// ASCII letters in upper case, everything else as it is.
  @inline(never)
  public var uppercased: ByteString {
    var result = self
    for index in result.bytes.indices { result.bytes[index] = result.bytes[index].uppercased }
    return result
  }

  /// ASCII letters in lower case, everything else as it is.
  @inline(never)
  public var lowercased: ByteString {
    var result = self
    for index in result.bytes.indices { result.bytes[index] = result.bytes[index].lowercased }
    return result
  }

  @inline(never)
  public func equals(_ text: StaticString) -> Bool { self == text }

  @inline(never)
  public func hasPrefix(_ prefix: StaticString) -> Bool {
    matches(prefix, at: 0)
  }

  @inline(never)
  public func hasSuffix(_ suffix: StaticString) -> Bool {
    matches(suffix, at: bytes.count - suffix.utf8CodeUnitCount)
  }

  @inline(never)
  public func contains(_ part: StaticString) -> Bool {
    let last = bytes.count - part.utf8CodeUnitCount
    var start = 0
    while start <= last {
      if matches(part, at: start) { return true }
      start += 1
    }
    return false
  }

  /// Whether `part` stands at `start`.
  @inline(never)
  func matches(_ part: StaticString, at start: Int) -> Bool {
    let count = part.utf8CodeUnitCount
    guard start >= 0, count <= bytes.count - start else { return false }
    for index in 0..<count where bytes[start + index] != part.utf8Start[index] { return false }
    return true
  }

  /// From `start` to the end; empty when `start` lies beyond it.
  @inline(never)
  public func dropping(_ start: Int) -> ByteString {
    start <= 0 ? self : ByteString(bytes.dropFirst(start))
  }

  /// The parts between the separators, empty ones too: one more than there are separators.
  @inline(never)
  public func split(at separator: UInt8) -> [ByteString] {
    var parts: [ByteString] = []
    var start = 0
    for index in bytes.indices where bytes[index] == separator {
      parts.append(ByteString(bytes[start..<index]))
      start = index + 1
    }
    parts.append(ByteString(bytes[start...]))
    return parts
  }

  /// The words between blanks; none of them is empty.
  @inline(never)
  var wordsBetweenBlanks: [ByteString] {
    var words: [ByteString] = []
    var start = 0
    for index in 0...bytes.count where index == bytes.count || bytes[index].isBlank {
      if index > start { words.append(ByteString(bytes[start..<index])) }
      start = index + 1
    }
    return words
  }

  /// The number that the text is, when it is nothing but decimal digits and fits.
  public var unsignedDecimal: UInt64? { unsigned(base: 10) }

  /// The number that the text is in a base of 2…10, when it is nothing but digits and fits.
  @inline(never)
  func unsigned(base: UInt64) -> UInt64? {
    guard !bytes.isEmpty else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      guard byte.isDigit, UInt64(byte - 0x30) < base else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: base)
      let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// The number that the text is: decimal digits behind an optional sign.
  @inline(never)
  var signedDecimal: Int64? {
    guard let sign = bytes.first else { return nil }
    let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
    guard let magnitude = (isSigned ? dropping(1) : self).unsignedDecimal,
      magnitude <= UInt64(Int64.max)
    else { return nil }
    return sign == UInt8(ascii: "-") ? -Int64(magnitude) : Int64(magnitude)
  }

  @inline(never)
  mutating func append(literal text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { bytes.append(text.utf8Start[index]) }
  }
  @inline(never)
  mutating func append(_ text: ByteString) { bytes.append(contentsOf: text.bytes) }
  @inline(never)
  mutating func append(byte: UInt8) { bytes.append(byte) }
  @inline(never)
  mutating func append(number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = bytes.count
    repeat {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  /// The entries of a block in which a NUL ends each, as execve(2) takes them.
  @inline(never)
  public var entriesEndedByNul: [ByteString] {
    var entries = split(at: 0)
    entries.removeLast()
    return entries
  }
}

extension ByteString {
  /// The same text as good UTF-8 (RFC 3629): each byte that belongs to no character becomes U+FFFD.
  @inline(never)
  var repairedUTF8: ByteString {
    var text = ByteString()
    var index = 0
    while index < bytes.count {
      let length = characterLength(at: index)
      if length == 0 {
        text.bytes += [0xEF, 0xBF, 0xBD]
        index += 1
      } else {
        text.bytes += bytes[index..<(index + length)]
        index += length
      }
    }
    return text
  }

  /// How many bytes the character at `index` has; 0 when there is none.
  private func characterLength(at index: Int) -> Int {
    let lead = bytes[index]
    if lead < 0x80 { return 1 }
    let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
    if length == 0 || index + length > bytes.count { return 0 }
    for offset in 1..<length where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
    let second = bytes[index + 1]
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    switch lead {
    case 0xE0: return second >= 0xA0 ? length : 0
    case 0xED: return second < 0xA0 ? length : 0
    case 0xF0: return second >= 0x90 ? length : 0
    case 0xF4: return second < 0x90 ? length : 0
    default: return length
    }
  }
}
