import Basics
import Configuration
import Linux

// /dev/termination-log, where Kubernetes looks for why a container ended.

/// What Kubernetes reads of it.
private let greatestSize = 4096

private let path: StaticString = "/dev/termination-log"

/// Adds a line to /dev/termination-log where there is such a file; it is never made. What a program
/// has written there itself stays. Nothing else than a regular file is written to, so that nobody
/// who does not read can hold us up.
public func writeTerminationLog(_ text: ByteString) {
  guard let file = try? FileDescriptor.openExisting(ByteString(path).bytes) else { return }
  file.writeAll(line(text))
  file.close()
}

private func line(_ text: ByteString) -> [UInt8] {
  text.visibleLines.slice(0, greatestSize - 1).bytes + [0x0A]
}

/// A last line there that holds as long as nothing else is written: what would be known if swinit were
/// killed now.
struct TerminationLog {
  /// What a program may have written before it, at most: else no note is left.
  private static let mostBefore = 64 << 10

  /// The note, and where it begins.
  private var start = 0
  private var text: [UInt8] = []

  /// What is written at once, and where to.
  private var first: [UInt8] = []
  private var file: FileDescriptor?

  var hasNote: Bool { !text.isEmpty }

  /// Has a first note ready, which then costs two system calls and no memory.
  mutating func prepare(_ note: ByteString) {
    file = try? FileDescriptor.openForCorrecting(ByteString(path).bytes)
    first = file == nil ? [] : line(note)
  }

  /// Leaves the note that was prepared, if there is none.
  mutating func noteAtOnce() {
    guard let file, text.isEmpty else { return }
    let size = file.size
    guard size >= 0, (try? file.replace(from: Int(size), with: first)) != nil else { return }
    start = Int(size)
    text = first
  }

  /// Leaves the note, in the place of the last one.
  mutating func note(_ note: ByteString) { replace(with: line(note)) }

  /// Takes the note back.
  mutating func withdraw() { if hasNote { replace(with: []) } }

  private mutating func replace(with new: [UInt8]) {
    let old = text
    text = []
    guard let present = try? readFile(ByteString(path).bytes, limit: Self.mostBefore, .guarded),
      let file = try? FileDescriptor.openForCorrecting(ByteString(path).bytes)
    else { return }
    defer { file.close() }
    // A program may have begun anew, or gone on behind the note: then that one is the program's.
    let isLast =
      !old.isEmpty && present.count == start + old.count && present[start...].elementsEqual(old)
    let place = isLast ? start : present.count
    guard isLast || !new.isEmpty else { return }
    do throws(Errno) {
      try file.replace(from: place, with: new)
      start = place
      text = new
    } catch {
      // No room: what was there before the note stays.
      try? file.replace(from: place, with: [])
    }
  }
}
