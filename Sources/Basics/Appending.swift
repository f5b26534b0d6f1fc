// What appends to an array stands in place: the growing, the copying, the check for a second owner. For
// what is appended in many places it is one function.

@inline(__always)
public func appendInPlace<Element>(_ element: consuming Element, to array: inout [Element]) {
  array.append(element)
}

extension [ByteString] {
  @inline(never)
  public mutating func append(_ element: consuming ByteString) {
    appendInPlace(element, to: &self)
  }
}

extension [Int] {
  @inline(never)
  public mutating func append(_ element: Int) { appendInPlace(element, to: &self) }
}

extension [SortKey] {
  @inline(never)
  public mutating func append(_ element: consuming SortKey) { appendInPlace(element, to: &self) }
}
