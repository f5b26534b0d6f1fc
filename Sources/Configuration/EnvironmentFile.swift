import Basics

/// What a file of variables holds, by the rules of `docker run --env-file`.
///
/// One variable a line, `NAME=VALUE`. Blanks before NAME are skipped, VALUE is everything behind the
/// first `=` as it stands: no quotes, no expansions, no comments behind it. Lines that are empty or
/// begin with `#` are skipped, a line end may be CR LF, and a byte order mark is skipped. `NAME` alone
/// takes its value from swinit's own environment, and is left out where that has none.
public struct EnvironmentFile {
  /// The most variables of one file: each is looked for among all others.
  public static let greatestCount = 2_000
  /// The most bytes of one file: execve(2) takes no more.
  public static let greatestSize = 128 << 10

  /// `NAME=VALUE`, or `NAME` alone.
  public private(set) var entries: [ByteString] = []
  /// The first line that cannot be read, counted from 1: no name, a blank in it, or a NUL.
  public private(set) var badLine: Int32?

  public init(_ bytes: [UInt8]) {
    var text = ByteString(bytes)
    if text.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropping(3) }
    var number: Int32 = 0
    for line in text.split(at: 0x0A) {
      number += 1
      guard add(line) else {
        badLine = number
        return
      }
    }
  }

  private mutating func add(_ line: ByteString) -> Bool {
    var end = line.count
    if end > 0, line.bytes[end - 1] == 0x0D { end -= 1 }
    var start = 0
    while start < end, line.bytes[start].isBlank { start += 1 }
    let entry = line.slice(start, end)
    if entry.isEmpty || entry.bytes[0] == UInt8(ascii: "#") { return true }
    let name = entry.slice(0, entry.firstIndex(of: UInt8(ascii: "=")) ?? entry.count)
    guard isVariableName(name), !entry.contains(byte: 0), entries.count < Self.greatestCount else {
      return false
    }
    entries.append(entry)
    return true
  }
}
