/// Bytes on their way out: a growing block of memory that is filled and emptied time and again.
///
/// An array would check, and keep unique, at every byte that is appended; this is what the formats
/// spend their time in. It lives as long as the one who made it.
public final class OutputBuffer {
  public private(set) var count = 0
  private var start: UnsafeMutablePointer<UInt8>?
  private var capacity = 0

  public init() {}

  deinit { start?.deallocate() }

  public var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: start, count: count)
  }

  /// Makes room for `extra` more bytes, and returns where the next one goes.
  @inline(__always)
  func reserve(_ extra: Int) -> UnsafeMutablePointer<UInt8> {
    if let start, capacity - count >= extra { return start + count }
    return grow(extra)
  }

  @inline(never)
  private func grow(_ extra: Int) -> UnsafeMutablePointer<UInt8> {
    let wanted = max(count + extra, capacity * 2, 256)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
    if let start {
      copy(UnsafePointer(start), count, to: larger)
      start.deallocate()
    }
    start = larger
    capacity = wanted
    return larger + count
  }

  /// `extra` bytes were written where `reserve` said.
  @inline(__always)
  func extend(by extra: Int) { count += extra }

  @inline(__always)
  func append(_ part: UnsafeBufferPointer<UInt8>) {
    guard let source = part.baseAddress, part.count > 0 else { return }
    copy(source, part.count, to: reserve(part.count))
    count += part.count
  }

  public func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

  func append(byte: UInt8) {
    reserve(1).pointee = byte
    count += 1
  }

  func append(literal text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Empties it. Its memory stays, unless it has become more than `keeping` bytes.
  public func clear(keeping: Int) {
    count = 0
    guard capacity > keeping else { return }
    start?.deallocate()
    start = nil
    capacity = 0
  }
}

/// Copies bytes that do not overlap.
///
/// Heads and lines are short: eight bytes at a time in place are several times faster than a call of
/// `memcpy`, which pays off for the long ones. (`update(from:count:)` goes byte by byte where code is
/// made small.)
@inline(__always)
func copy(_ source: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>) {
  if count > 256 {
    UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count)
  } else {
    copyShort(source, count, to: target)
  }
}

@inline(never)
private func copyShort(
  _ source: UnsafePointer<UInt8>, _ count: Int, to target: UnsafeMutablePointer<UInt8>
) {
  let source = UnsafeRawPointer(source)
  let target = UnsafeMutableRawPointer(target)
  guard count >= 8 else {
    for index in 0..<max(0, count) {
      target.storeBytes(
        of: source.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index, as: UInt8.self)
    }
    return
  }
  var index = 0
  while index < count - 8 {
    target.storeBytes(
      of: source.loadUnaligned(fromByteOffset: index, as: UInt64.self), toByteOffset: index,
      as: UInt64.self)
    index += 8
  }
  // The last eight, some of them for the second time.
  target.storeBytes(
    of: source.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self), toByteOffset: count - 8,
    as: UInt64.self)
}
