/// The length of the UTF-8 character (RFC 3629) of 2 to 4 bytes that begins at `text`.
///
/// Overlong forms, surrogates and code points beyond U+10FFFF are no characters.
///
/// - Parameter count: The number of bytes that may be looked at, at least 1.
/// - Returns: The number of bytes that belong together, at least 1, and whether they are a whole
///   character. An ASCII byte is a whole character.
@inline(__always)
public func characterLength(
  _ text: UnsafePointer<UInt8>, _ count: Int
) -> (length: Int, isWhole: Bool) {
  let lead = text[0]
  if lead < 0x80 { return (1, true) }
  let length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0
  // The second byte shows what is overlong, a surrogate, or too great.
  let lowest: UInt8 = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80
  let highest: UInt8 = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF
  var found = 1
  while found < length, found < count {
    let byte = text[found]
    guard byte & 0xC0 == 0x80, found > 1 || (byte >= lowest && byte <= highest) else { break }
    found += 1
  }
  return (found, found == length)
}

extension ByteString {
  /// The same text as good UTF-8: each piece that is no character becomes U+FFFD.
  @inline(never)
  public var repairedUTF8: ByteString {
    var text = ByteString()
    var index = 0
    while index < bytes.count {
      let (length, isWhole) = bytes.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { characterLength($0 + index, buffer.count - index) } ?? (1, false)
      }
      if isWhole {
        text.append(slice(index, index + length))
      } else {
        text.append(literal: "\u{FFFD}")
      }
      index += length
    }
    return text
  }
}
