/// Bytes of a configuration file, a path, a name or an argument, in no particular encoding.
///
/// Linux knows no encoding for any of these, so swinit passes them through untouched. Working on
/// bytes also keeps Unicode's tables, which `String`'s comparison needs, out of the binary.
public struct ByteString: Hashable, Comparable, Sendable {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }
  public init(_ slice: ArraySlice<UInt8>) { bytes = Array(slice) }
  public init(_ text: String) { bytes = Array(text.utf8) }
  @inline(__always)
  public init(_ text: StaticString) { self.init(Literal(stringLiteral: text)) }
  @inline(never)
  public init(_ text: Literal) {
    self.init(FixedText(text))
  }
  @inline(never)
  public init(_ text: FixedText) {
    bytes = Array(UnsafeBufferPointer(start: text.start, count: text.count))
  }

  public var isEmpty: Bool { bytes.isEmpty }
  public var count: Int { bytes.count }

  /// Byte order, as `LC_ALL=C sort` has it.
  @inline(never)
  public static func < (left: ByteString, right: ByteString) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  @inline(never)
  public static func == (left: ByteString, right: Literal) -> Bool {
    left == FixedText(right)
  }

  @inline(never)
  public static func == (left: ByteString, right: FixedText) -> Bool {
    guard left.bytes.count == right.count else { return false }
    for index in 0..<right.count where left.bytes[index] != right.start[index] { return false }
    return true
  }

  // Not favoured, so that a literal is appended as it stands.
  @_disfavoredOverload
  @inline(never)
  public static func += (left: inout ByteString, right: ByteString) {
    left.bytes.append(contentsOf: right.bytes)
  }

  @inline(never)
  public static func += (left: inout ByteString, right: Literal) {
    left.append(literal: right)
  }

  @_disfavoredOverload
  @inline(never)
  public static func + (left: consuming ByteString, right: ByteString) -> ByteString {
    left += right
    return left
  }

  @inline(never)
  public static func + (left: consuming ByteString, right: Literal) -> ByteString {
    left += right
    return left
  }

  @inline(never)
  public static func + (left: Literal, right: ByteString) -> ByteString {
    ByteString(left) + right
  }
}

extension ByteString: CustomStringConvertible {
  /// The bytes as text; what is no UTF-8 becomes U+FFFD. For messages only.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteString: ExpressibleByStringLiteral {
  @inline(__always)
  public init(stringLiteral value: StaticString) { self.init(value) }
}
