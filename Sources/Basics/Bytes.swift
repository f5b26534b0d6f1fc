// What text needs of bytes: ASCII only, so that no Unicode table is drawn in. Every other byte
// passes through as it is.

extension UInt8 {
  /// Space, tab, newline, vertical tab, form feed, carriage return.
  @inline(never)
  public var isBlank: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
  public var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  public var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
  public var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
  public var uppercased: UInt8 { self >= 0x61 && self <= 0x7A ? self & 0xDF : self }
}

extension ByteString {
  /// Without blanks (space, tab, line ends) at both ends.
  @inline(never)
  public var trimmed: ByteString {
    var first = 0
    var end = bytes.count
    while first < end, bytes[first].isBlank { first += 1 }
    while end > first, bytes[end - 1].isBlank { end -= 1 }
    return slice(first, end)
  }

  /// The bytes from `start` up to `end`, as far as there are any.
  @inline(never)
  public func slice(_ start: Int, _ end: Int) -> ByteString {
    let first = max(start, 0)
    let last = min(end, bytes.count)
    if first >= last { return ByteString() }
    return first == 0 && last == bytes.count ? self : ByteString(bytes[first..<last])
  }

  /// Where the byte stands first; nil: nowhere.
  @inline(never)
  public func firstIndex(of byte: UInt8) -> Int? {
    for index in 0..<bytes.count where bytes[index] == byte { return index }
    return nil
  }

  /// Where the byte stands last; nil: nowhere.
  @inline(never)
  public func lastIndex(of byte: UInt8) -> Int? {
    var index = bytes.count
    while index > 0 {
      index -= 1
      if bytes[index] == byte { return index }
    }
    return nil
  }

  public func contains(byte: UInt8) -> Bool { firstIndex(of: byte) != nil }

  /// ASCII letters in upper case, everything else as it is.
  @inline(never)
  public var uppercased: ByteString {
    var result = ByteString()
    for byte in bytes { result.append(byte: byte.uppercased) }
    return result
  }

  /// ASCII letters in lower case, everything else as it is.
  @inline(never)
  public var lowercased: ByteString {
    var result = ByteString()
    for byte in bytes { result.append(byte: byte.lowercased) }
    return result
  }

  @inline(never)
  public func equals(_ text: Literal) -> Bool { self == text }

  @inline(never)
  public func hasPrefix(_ prefix: Literal) -> Bool {
    matches(prefix, at: 0)
  }

  @inline(never)
  public func hasSuffix(_ suffix: Literal) -> Bool {
    matches(suffix, at: bytes.count - suffix.count)
  }

  @inline(never)
  public func contains(_ part: Literal) -> Bool {
    let last = bytes.count - part.count
    var start = 0
    while start <= last {
      if matches(part, at: start) { return true }
      start += 1
    }
    return false
  }

  /// Whether `part` stands at `start`.
  @inline(never)
  public func matches(_ part: Literal, at start: Int) -> Bool {
    let part = FixedText(part)
    guard start >= 0, part.count <= bytes.count - start else { return false }
    for index in 0..<part.count where bytes[start + index] != part.start[index] { return false }
    return true
  }

  /// From `start` to the end; empty when `start` lies beyond it.
  @inline(never)
  public func dropping(_ start: Int) -> ByteString {
    slice(start, bytes.count)
  }

  /// The parts between the separators, empty ones too: one more than there are separators.
  @inline(never)
  public func split(at separator: UInt8) -> [ByteString] {
    var parts: [ByteString] = []
    var start = 0
    for index in 0...bytes.count where index == bytes.count || bytes[index] == separator {
      parts.append(slice(start, index))
      start = index + 1
    }
    return parts
  }

  /// The words between blanks; none of them is empty.
  @inline(never)
  public var wordsBetweenBlanks: [ByteString] {
    var words: [ByteString] = []
    var start = 0
    for index in 0...bytes.count where index == bytes.count || bytes[index].isBlank {
      if index > start { words.append(slice(start, index)) }
      start = index + 1
    }
    return words
  }

  /// The number that the text is, when it is nothing but decimal digits and fits.
  public var unsignedDecimal: UInt64? { unsigned(base: 10) }

  /// The number that the text is in a base of 2…10, when it is nothing but digits and fits.
  @inline(never)
  public func unsigned(base: UInt64) -> UInt64? {
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
  public var signedDecimal: Int64? {
    guard let sign = bytes.first else { return nil }
    let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
    guard let magnitude = (isSigned ? dropping(1) : self).unsignedDecimal,
      magnitude <= UInt64(Int64.max)
    else { return nil }
    return sign == UInt8(ascii: "-") ? -Int64(magnitude) : Int64(magnitude)
  }

  @inline(never)
  public mutating func append(literal text: Literal) {
    append(FixedText(text))
  }
  @inline(never)
  public mutating func append(_ text: FixedText) {
    for index in 0..<text.count { append(byte: text.start[index]) }
  }
  @inline(never)
  public mutating func append(_ text: ByteString) { bytes.append(contentsOf: text.bytes) }
  @inline(never)
  public mutating func append(byte: UInt8) { bytes.append(byte) }
  @inline(never)
  public mutating func append(number: Int64) {
    if number < 0 { append(byte: UInt8(ascii: "-")) }
    append(digits: number.magnitude, base: 10)
  }

  /// In a base of 2…16.
  @inline(never)
  public mutating func append(digits number: UInt64, base: UInt64) {
    var unit: UInt64 = 1
    while number / unit >= base { unit *= base }
    while unit > 0 {
      append(byte: Self.hexadecimalDigit(UInt8(truncatingIfNeeded: number / unit % base)))
      unit /= base
    }
  }

  /// The first entry of a block in which a NUL ends each; all of it where there is no NUL.
  @inline(never)
  public var firstEntry: ByteString { slice(0, firstIndex(of: 0) ?? count) }

  /// The entries of a block in which a NUL ends each, as execve(2) takes them.
  @inline(never)
  public var entriesEndedByNul: [ByteString] {
    var entries: [ByteString] = []
    var start = 0
    for index in 0..<bytes.count where bytes[index] == 0 {
      entries.append(slice(start, index))
      start = index + 1
    }
    return entries
  }
}

extension ByteString {
}

/// Not empty, no blank, no `=`.
@inline(never)
public func isVariableName(_ name: ByteString) -> Bool {
  for byte in name.bytes where byte.isBlank || byte == UInt8(ascii: "=") { return false }
  return !name.isEmpty
}

extension ByteString {
  /// Appends an item to a list with commas.
  @inline(never)
  public mutating func append(item: ByteString) {
    if !isEmpty { append(byte: UInt8(ascii: ",")) }
    append(item)
  }
}
