import Basics
import Configuration
import Linux
import Logs

// Rotation of a log file (`maxbytes`, `backups`), as Supervisor does it, but between two lines.
//
// The file is open for appending and its size is counted, not asked for at each write; before it is
// moved aside the kernel is asked, so that one that somebody else truncated (logrotate's
// copytruncate) or moved (rename) is left as it is. A rename that fails stops the rotation: the
// file grows on, nothing is lost, and after a pause it is tried again from where it stopped.

extension Sink {
  /// Bytes that can be written until the file is full and a line has ended.
  func partUntilFull(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int {
    guard let rotation else { return count }
    // A line that does not end must not keep the file from being rotated.
    if size >= rotation.maxbytes, size - rotation.maxbytes > Int64(LogLimit.line) {
      rotateIfFull()
    }
    let room = rotation.maxbytes - size
    guard room < Int64(count) else { return count }
    let from = Int(max(0, room - 1))
    let end = from + firstNewline(start + from, count - from)
    return min(count, end + 1)
  }

  /// Moves the file aside when it is full.
  func rotateIfFull() {
    guard let rotation, let file, rotation.maxbytes > 0, size >= rotation.maxbytes else { return }
    if rotationFailure != nil, now() < rotateAt { return }
    do throws(Errno) {
      if file.isNamed(path.bytes) {
        size = max(0, file.size)
        guard size >= rotation.maxbytes else { return }
        try rotate(file, rotation.backups)
      } else {
        // Moved or removed by somebody: ours is a new one.
        try openAgain()
      }
      guard rotationFailure != nil else { return }
      rotationFailure = nil
      rotationPause = RetryPause()
      news.say(.info, message("{}: is rotated again", name))
    } catch {
      rotateAt = now() + rotationPause.next()
      if rotationFailure == nil {
        news.say(.error, message("{}: cannot rotate: {}: it grows on", name, error.text))
      }
      rotationFailure = error
    }
  }

  private func rotate(_ file: FileDescriptor, _ backups: Int32) throws(Errno) {
    guard backups > 0 else {
      try file.truncate()
      size = 0
      return
    }
    let renames = try rotationRenames(of: path, backups: backups) { name throws(Errno) in
      try fileExists(name.bytes)
    }
    for rename in renames {
      try renameFile(rename.from.bytes, to: rename.to.bytes)
    }
    try openAgain()
  }

  /// SIGUSR2: logrotate has moved the file.
  func reopen() {
    guard kind == .file else { return }
    do throws(Errno) {
      try openAgain()
    } catch {
      news.say(.error, message("{}: cannot open it again: {}, ignoring", name, error.text))
      return
    }
    // The new one may take what the old one would not.
    if state == .blocked || state == .failing { tryAgain() }
  }

  /// Before a try after a failure: the file may have been removed to make room, or its file system
  /// been mounted anew.
  func replaceFile() {
    if let file, file.isNamed(path.bytes), failure == .noSpace { return }
    try? openAgain()
  }

  /// The old one is written to until the new one is there.
  private func openAgain() throws(Errno) {
    let new = try FileDescriptor.openLog(path.bytes)
    file?.close()
    file = new
    // epoll has forgotten what is closed.
    isWatched = false
    identity = new.identity
    size = max(0, new.size)
  }
}
