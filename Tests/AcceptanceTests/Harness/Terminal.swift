import Foundation

/// A new pseudo terminal: our end of it, where a person would sit, and the path of the other.
struct Terminal {
  let descriptor: Int32
  let path: String

  static let interrupt = "\u{3}"
  static let suspend = "\u{1A}"

  init() throws {
    let unlock = UInt(0x4004_5431)  // TIOCSPTLCK
    let getNumber = UInt(0x8004_5430)  // TIOCGPTN
    descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    var locked: Int32 = 0
    var number: Int32 = 0
    guard descriptor >= 0, ioctl(descriptor, unlock, &locked) == 0,
      ioctl(descriptor, getNumber, &number) == 0
    else { throw Trouble("no terminal: errno \(errno)") }
    path = "/dev/pts/\(number)"
  }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(descriptor, bytes, bytes.count)
  }

  func resize(rows: UInt16, columns: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
  }
}
