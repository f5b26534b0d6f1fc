/// A text in the source: where its bytes lie, which a NUL ends. What stands behind a NUL in it is lost,
/// in a `ByteString` from a literal too.
///
/// One word where `StaticString` is three, at each of the thousand calls that take a text.
public struct Literal: ExpressibleByStringLiteral, @unchecked Sendable {
  public let start: UnsafePointer<UInt8>

  @inline(__always)
  public init(stringLiteral text: StaticString) { start = text.utf8Start }

  @inline(never)
  public var count: Int {
    var count = 0
    while start[count] != 0 { count += 1 }
    return count
  }
}

extension Literal: CustomStringConvertible {
  public var description: String { ByteString(self).description }
}

/// A piece of a text that is part of the program: it costs no memory of its own.
public struct FixedText: @unchecked Sendable {
  public let start: UnsafePointer<UInt8>
  public let count: Int

  public var isEmpty: Bool { count == 0 }

  public init(start: UnsafePointer<UInt8>, count: Int) {
    self.start = start
    self.count = count
  }

  public init(_ text: Literal) { self.init(start: text.start, count: text.count) }

  @inline(never)
  public func hasSameText(as other: Literal) -> Bool {
    for index in 0..<count where start[index] != other.start[index] { return false }
    return other.start[count] == 0
  }
}
