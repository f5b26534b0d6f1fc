import Foundation

/// A folder of a test's own, open to every user, gone when the test is over.
final class Folder {
  let path: String

  init() throws {
    Launch.usualMask
    var template = Array("/tmp/swinit-acceptance-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Trouble("mkdtemp: errno \(errno)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(path, 0o755)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String, mode: mode_t = 0o644) throws {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try whileNothingStarts {
      // In one piece under its final name: a waiting program never sees half of it.
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      chmod(file, mode)
    }
  }

  /// Copies a program, for everybody to run.
  func copy(_ program: String, as name: String) throws -> String {
    let copy = path + "/" + name
    try whileNothingStarts {
      try FileManager.default.copyItem(atPath: program, toPath: copy)
      chmod(copy, 0o755)
    }
    return copy
  }

  func read(_ name: String) -> String? {
    try? String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }
}
