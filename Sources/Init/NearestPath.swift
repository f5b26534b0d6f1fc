import Basics
import Configuration
import Linux

extension FileWatcher {
  /// A watch of the path, or of the nearest folder above it that is there; -1: of neither.
  func watchNearest(_ path: ByteString) -> Int32 {
    if let watch = try? watchFile(path.bytes) { return watch }
    var folder = path
    while let slash = folder.lastIndex(of: UInt8(ascii: "/")) {
      folder = slash == 0 ? "/" : folder.slice(0, slash)
      if let watch = try? watchDirectory(folder.bytes) { return watch }
      if slash == 0 { return -1 }
    }
    return (try? watchDirectory(ByteString(".").bytes)) ?? -1
  }
}
