/// The words of an option that allows only a few, in the order of their raw values.
public struct WordList: Sendable {
  private let text: Literal

  public init(_ text: Literal) { self.text = text }

  /// Without SIG, from number 1 on; in lower case.
  public static let signals = WordList(
    """
    hup | int | quit | ill | trap | abrt | bus | fpe | kill | usr1 | segv | usr2 | pipe | alrm \
    | term | stkflt | chld | cont | stop | tstp | ttin | ttou | urg | xcpu | xfsz | vtalrm \
    | prof | winch | io | pwr | sys
    """)

  /// In any case.
  @inline(never)
  public func index(of text: ByteString) -> Int64? {
    let lower = text.lowercased
    var reader = TableReader(self.text)
    var index: Int64 = 0
    while !reader.isAtEnd {
      if lower == reader.field() { return index }
      index += 1
    }
    return nil
  }

  @inline(never)
  public func nearest(to word: ByteString) -> NearestName {
    var nearest = NearestName(to: word)
    var reader = TableReader(text)
    while !reader.isAtEnd { nearest.consider(ByteString(reader.field())) }
    return nearest
  }

  /// Empty when there are not so many.
  @inline(never)
  public subscript(_ index: Int64) -> FixedText {
    var reader = TableReader(text)
    var rest = index
    while rest > 0, !reader.isAtEnd {
      _ = reader.field()
      rest -= 1
    }
    return reader.field()
  }
}

/// Reads the fields of a table one after the other.
public struct TableReader {
  private let text: Literal
  /// Never beyond the NUL.
  private var position = 0

  public init(_ text: Literal) { self.text = text }

  public var isAtEnd: Bool { text.start[position] == 0 }

  /// Up to the next `|` or line end, without the blanks at its ends.
  @inline(never)
  public mutating func field() -> FixedText {
    let bytes = text.start
    var first = position
    while !isAtEnd, bytes[position] != UInt8(ascii: "|"), bytes[position] != 0x0A { position += 1 }
    var end = position
    if !isAtEnd { position += 1 }
    while first < end, bytes[first] == 0x20 { first += 1 }
    while first < end, bytes[end - 1] == 0x20 { end -= 1 }
    return FixedText(start: bytes + first, count: end - first)
  }
}
