// Text as a terminal may be given it.
//
// A terminal obeys control bytes: a line of a program, or a name in a configuration, could move the
// cursor, rewrite lines above, set the title, or answer in the operator's place. Here each of them is
// shown instead, as `\x1b`.

/// Appends the bytes with every control byte as `\x` and two digits: C0 but for the tab, DEL, and C1,
/// both as single bytes and as UTF-8 (U+0080 … U+009F). A CR at the end stays: it does nothing there.
///
/// - Parameter keepsLines: newlines stay too.
@inline(never)
public func appendVisible(
  _ text: UnsafeBufferPointer<UInt8>, keepsLines: Bool = false, to result: inout [UInt8]
) {
  guard let start = text.baseAddress else { return }
  var index = 0
  while index < text.count {
    let byte = text[index]
    let left = text.count - index
    let isKept =
      byte == 0x09 || keepsLines && byte == 0x0A || byte == 0x0D && left == 1
    if isKept || byte >= 0x20 && byte < 0x7F {
      result.append(byte)
      index += 1
    } else if byte < 0x80 {
      appendHexadecimal(byte, to: &result)
      index += 1
    } else {
      let (found, isWhole) = characterLength(start + index, left)
      let length = isWhole ? found : 0
      if length == 0, byte < 0xA0 {
        appendHexadecimal(byte, to: &result)
        index += 1
      } else if length == 2, byte == 0xC2, text[index + 1] < 0xA0 {
        appendHexadecimal(text[index + 1], to: &result)
        index += 2
      } else {
        for _ in 0..<max(1, length) {
          result.append(text[index])
          index += 1
        }
      }
    }
  }
}

@inline(never)
private func appendHexadecimal(_ byte: UInt8, to result: inout [UInt8]) {
  result.append(UInt8(ascii: "\\"))
  result.append(UInt8(ascii: "x"))
  result.append(ByteString.hexadecimalDigit(byte >> 4))
  result.append(ByteString.hexadecimalDigit(byte & 15))
}

extension ByteString {
  /// One line, with its control bytes shown.
  public var visible: ByteString { visible(keepsLines: false) }

  /// Several lines, with all other control bytes shown.
  public var visibleLines: ByteString { visible(keepsLines: true) }

  @inline(never)
  private func visible(keepsLines: Bool) -> ByteString {
    // Nearly always there is nothing to show.
    var isPlain = true
    for byte in bytes where byte < 0x20 || byte >= 0x7F { isPlain = false }
    if isPlain { return self }
    var result: [UInt8] = []
    bytes.withUnsafeBufferPointer { appendVisible($0, keepsLines: keepsLines, to: &result) }
    return ByteString(result)
  }
}
