import Basics
import Configuration
import Linux

/// The names under which swinit behaves as another program, and which that is: a symbolic link keeps
/// an image working. Every other name is swinit's own.
enum CalledAs {
  case swinit, tini, dumbInit, catatonit, supervisord, pidproxy

  init(_ name: ByteString) {
    if name == "tini" || name == "tini-static" || name == "docker-init" {
      self = .tini
    } else if name == "dumb-init" {
      self = .dumbInit
    } else if name == "catatonit" {
      self = .catatonit
    } else if name == "supervisord" {
      self = .supervisord
    } else if name == "pidproxy" {
      self = .pidproxy
    } else {
      self = .swinit
    }
  }
}

/// What stands behind the last slash.
func baseName(_ path: ByteString) -> ByteString {
  path.lastIndex(of: UInt8(ascii: "/")).map { path.dropping($0 + 1) } ?? path
}

/// The number at the beginning of a text, as atoi(3) has it: 0 where there is none.
func leadingNumber(_ text: ByteString) -> Int64 {
  var scanner = NumberScanner(text)
  return scanner.number() ?? 0
}

/// Reads numbers as scanf(3) does.
struct NumberScanner {
  private let bytes: [UInt8]
  private var index = 0

  init(_ text: ByteString) { bytes = text.bytes }

  /// The next number behind blanks, with a sign perhaps; nil: there is none. One that is too large
  /// for anything stays at its bound.
  mutating func number() -> Int64? {
    while index < bytes.count, bytes[index] == 0x20 || (0x09...0x0D).contains(bytes[index]) {
      index += 1
    }
    var isNegative = false
    if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
      isNegative = bytes[index] == UInt8(ascii: "-")
      index += 1
    }
    let start = index
    var value: Int64 = 0
    while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
      value = min(value * 10 + Int64(bytes[index] - 0x30), 1 << 40)
      index += 1
    }
    return index == start ? nil : isNegative ? -value : value
  }

  var isAtEnd: Bool { index == bytes.count }

  /// Whether that byte comes next; it is passed over.
  mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: byte) else { return false }
    index += 1
    return true
  }
}
