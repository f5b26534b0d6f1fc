import Basics

/// The renames that make room for a new log file: FILE.2 -> FILE.3, FILE.1 -> FILE.2, FILE ->
/// FILE.1; in this order, so that one that fails loses nothing: what it would have replaced is
/// still there, and the ones before it are done.
///
/// Names are Supervisor's. Only what stands before the first gap is moved: a gap is what a failed
/// rotation leaves, and filling it loses no backup.
///
/// - Parameters:
///   - backups: how many are kept; at least 1.
///   - exists: whether there is a file of that name.
/// - Throws: what `exists` throws: a name of which nobody knows is not written over.
public func rotationRenames<Failure>(
  of path: ByteString, backups: Int32, exists: (ByteString) throws(Failure) -> Bool
) throws(Failure) -> [(from: ByteString, to: ByteString)] {
  var names = [path]
  var number: Int32 = 1
  while number <= backups {
    let name = backup(path, number)
    names.append(name)
    if number == backups { break }
    if try !exists(name) { break }
    number += 1
  }
  var renames: [(from: ByteString, to: ByteString)] = []
  var index = names.count - 1
  while index > 0 {
    renames.append((names[index - 1], names[index]))
    index -= 1
  }
  return renames
}

/// FILE.1 is the youngest.
public func backup(_ path: ByteString, _ number: Int32) -> ByteString {
  path + "." + decimal(number)
}

/// Whether a name in `childlogdir` is that of an AUTO log file of an earlier run, or of one of its
/// backups: `NAME-stdout---IDENTIFIER-XXXXXXXX.log` (Supervisor's pattern).
public func isAutomaticLog(_ name: ByteString, identifier: ByteString) -> Bool {
  let bytes = name.bytes
  let middle = ("---" + identifier + "-").bytes
  // The number of a backup: at most four digits behind the last ".log".
  var end = bytes.count
  var digits = 0
  while end > 0, digits < 4, bytes[end - 1] >= 0x30, bytes[end - 1] <= 0x39 {
    end -= 1
    digits += 1
  }
  if end > 0, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
  let suffix = ByteString(".log").bytes
  guard end > suffix.count, bytes[(end - suffix.count)..<end].elementsEqual(suffix) else {
    return false
  }
  let last = end - suffix.count - middle.count
  var start = 1
  while start < last {
    if bytes[start..<(start + middle.count)].elementsEqual(middle) { return true }
    start += 1
  }
  return false
}

/// How long until a place that would not take bytes is tried again: 0.1 s, then twice as long each
/// time, at most 5 s: soon where the cause is short, and no load where it is not.
public struct RetryPause: Equatable, Sendable {
  public static let first = Nanoseconds.milliseconds(100)
  public static let greatest = Nanoseconds.seconds(5)
  public private(set) var length = RetryPause.first

  public init() {}

  /// The pause that begins now.
  public mutating func next() -> Nanoseconds {
    let now = length
    length = min(Nanoseconds(length.count * 2), Self.greatest)
    return now
  }
}
