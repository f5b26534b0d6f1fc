/// Takes the escape sequences of terminals (`ESC [ … letter`) out of a stream (`strip_ansi`).
///
/// A sequence may be cut in two by a read: where it stands is remembered.
public struct AnsiFilter: Sendable {
  private enum Place {
    case text, escape, sequence
  }
  private var place = Place.text

  public init() {}

  /// The text ends here. Whether an ESC was held back that begins no sequence: it belongs to the text.
  public mutating func end() -> Bool {
    defer { place = .text }
    return place == .escape
  }

  /// Filters in place. The text begins at index 1: an ESC that was held back and begins no sequence
  /// needs the byte before.
  ///
  /// - Parameters:
  ///   - buffer: its first byte is free.
  ///   - count: of the bytes behind it.
  /// - Returns: where in `buffer` the filtered text is.
  public mutating func filter(_ buffer: UnsafeMutableBufferPointer<UInt8>, count: Int)
    -> Range<Int>
  {
    guard let bytes = buffer.baseAddress, count > 0, count < buffer.count else { return 1..<1 }
    var written = 0
    for index in 1...count {
      let byte = bytes[index]
      switch place {
      case .text:
        if byte == 0x1B {
          place = .escape
        } else {
          bytes[written] = byte
          written += 1
        }
      case .escape:
        if byte == UInt8(ascii: "[") {
          place = .sequence
          continue
        }
        bytes[written] = 0x1B
        written += 1
        if byte == 0x1B { continue }
        bytes[written] = byte
        written += 1
        place = .text
      case .sequence:
        // Parameters and what comes between; the sequence ends with a letter. Anything else breaks
        // it off, and is text.
        if byte >= 0x20, byte <= 0x3F { continue }
        place = byte == 0x1B ? .escape : .text
        if (byte >= 0x40 && byte <= 0x7E) || byte == 0x1B { continue }
        bytes[written] = byte
        written += 1
      }
    }
    return 0..<written
  }
}
