/// Bytes of a configuration file, a path, a name or an argument, in no particular encoding.
///
/// Linux knows no encoding for any of these, so swinit passes them through untouched. Working on
/// bytes also keeps Unicode's tables, which `String`'s comparison needs, out of the binary.
public struct ByteString: Hashable, Comparable, Sendable {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8] = []) { self.bytes = bytes }
  public init(_ slice: ArraySlice<UInt8>) { bytes = Array(slice) }
  public init(_ text: String) { bytes = Array(text.utf8) }
  public init(_ text: StaticString) {
    bytes = Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public var isEmpty: Bool { bytes.isEmpty }
  public var count: Int { bytes.count }

  /// Byte order, as `LC_ALL=C sort` has it.
  @inline(never)
  public static func < (left: ByteString, right: ByteString) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  public static func == (left: ByteString, right: StaticString) -> Bool {
    left.bytes.elementsEqual(
      UnsafeBufferPointer(start: right.utf8Start, count: right.utf8CodeUnitCount))
  }

  @inline(never)
  public static func += (left: inout ByteString, right: ByteString) {
    left.bytes.append(contentsOf: right.bytes)
  }

  @inline(never)
  public static func + (left: ByteString, right: ByteString) -> ByteString {
    ByteString(left.bytes + right.bytes)
  }
}

extension ByteString: CustomStringConvertible {
  /// The bytes as text; what is no UTF-8 becomes U+FFFD. For messages only.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// `"cannot read \(path)"` makes bytes without a `String` between: an interpolation that costs a
/// call for each part, where `String`'s own costs kilobytes of code in every message.
extension ByteString: ExpressibleByStringInterpolation {
  public init(stringLiteral value: StaticString) { self.init(value) }
  public init(stringInterpolation: Interpolation) { bytes = stringInterpolation.bytes }

  public struct Interpolation: StringInterpolationProtocol {
    var bytes: [UInt8] = []

    @inline(never)
    public init(literalCapacity: Int, interpolationCount: Int) {
      bytes.reserveCapacity(literalCapacity + 8 * interpolationCount)
    }
    @inline(never)
    public mutating func appendLiteral(_ literal: StaticString) {
      bytes.append(
        contentsOf: UnsafeBufferPointer(
          start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
    @inline(never)
    public mutating func appendInterpolation(_ text: ByteString) {
      bytes.append(contentsOf: text.bytes)
    }
    public mutating func appendInterpolation(_ text: StaticString) { appendLiteral(text) }
    public mutating func appendInterpolation(_ number: some BinaryInteger) {
      appendDecimal(Int64(clamping: number))
    }
    @inline(never)
    private mutating func appendDecimal(_ number: Int64) {
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      let start = bytes.count
      var rest = number.magnitude
      repeat {
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
        rest /= 10
      } while rest > 0
      bytes[start...].reverse()
    }
  }

  public typealias StringInterpolation = Interpolation
}
