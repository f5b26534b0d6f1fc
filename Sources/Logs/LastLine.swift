/// The end of what a program has written: for its last words, when the container ends because of it.
public struct LastLine: Sendable {
  private var bytes: [UInt8] = []

  public init() {}

  /// Takes in what was read; only the last `LogLimit.lastLine` bytes are kept.
  public mutating func add(_ input: UnsafeBufferPointer<UInt8>) {
    let limit = LogLimit.lastLine
    if input.count >= limit {
      bytes = Array(input[(input.count - limit)...])
    } else {
      bytes.removeFirst(max(0, bytes.count + input.count - limit))
      bytes += input
    }
  }

  /// The program was started again: what it wrote before is no last word.
  public mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  /// The last line that is not empty, or as much of its end as was kept; nil: there is none.
  public var text: [UInt8]? {
    var end = bytes.count
    while end > 0, bytes[end - 1] <= 0x20 { end -= 1 }
    var start = end
    while start > 0, bytes[start - 1] != 0x0A, bytes[start - 1] != 0x0D { start -= 1 }
    return start < end ? Array(bytes[start..<end]) : nil
  }
}
