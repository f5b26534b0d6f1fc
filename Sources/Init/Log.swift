import Configuration
import Linux

/// swinit's own messages: `swinit: LEVEL message`, one line each, on stderr and perhaps in a file.
///
/// A line is written at the end of the loop's turn, together with the others of that turn. Writing
/// never waits: where the reader does not read, lines are kept up to `capacity` and written when
/// the descriptor takes them again; what does not fit is dropped, whole lines at a time, counted,
/// and the count is said when it is over. A message is never a reason for PID 1 to stop.
struct Log {
  /// One place where lines go.
  struct Sink {
    let file: FileDescriptor
    let isSocket: Bool
    let isRegular: Bool
    var pending: [UInt8] = []
    /// Lines that were dropped since the last that was written.
    var lost: UInt64 = 0
    /// It would not take more: the loop waits until it is writable.
    var isBlocked = false

    init(_ file: FileDescriptor) {
      self.file = file
      isSocket = file.isSocket
      isRegular = file.isRegularFile
    }
  }

  /// Bytes kept for a reader that does not read: some 600 lines.
  static let capacity = 64 << 10
  /// The most that a pipe takes in one piece (PIPE_BUF), so that lines of others who write to the
  /// same pipe do not cut ours in two.
  static let piece = 4096

  let level: LogLevel
  var sinks: [Sink]

  /// - Parameters:
  ///   - silent: nothing on stderr.
  ///   - file: where messages go as well.
  init(level: LogLevel, silent: Bool, file: FileDescriptor?) {
    self.level = level
    sinks = []
    if !silent { sinks.append(Sink(Self.openStandardError())) }
    if let file { sinks.append(Sink(file)) }
  }

  /// stderr on an open file of its own where that is possible, so that it can be non-blocking
  /// without making it so for the programs that share it. A regular file is shared for its
  /// position, and never blocks.
  private static func openStandardError() -> FileDescriptor {
    let shared = FileDescriptor.standardError
    guard !shared.isRegularFile, !shared.isSocket else { return shared }
    return (try? FileDescriptor.reopenForWriting(shared.number)) ?? shared
  }

  /// Adds a line to what the turn's end will write.
  mutating func write(_ level: LogLevel, _ message: ByteString) {
    guard level <= self.level else { return }
    writeAlways(level, message)
  }

  /// Adds a line whatever the level is: the last word.
  mutating func writeAlways(_ level: LogLevel, _ message: ByteString) {
    let line = ("swinit: " + ByteString(level.name) + " " + message + "\n").bytes
    for index in sinks.indices {
      if sinks[index].pending.count + line.count > Self.capacity {
        sinks[index].lost &+= 1
      } else {
        sinks[index].pending.append(contentsOf: line)
      }
    }
  }

  /// Writes what can be written now.
  mutating func flush() {
    for index in sinks.indices where !sinks[index].isBlocked { flush(index) }
  }

  /// The descriptor of a sink has become writable.
  mutating func unblock(_ index: Int) {
    sinks[index].isBlocked = false
    flush(index)
  }

  private mutating func flush(_ index: Int) {
    var done = 0
    while true {
      let rest = sinks[index].pending.count - done
      if rest == 0, sinks[index].lost > 0 {
        let lost = sinks[index].lost
        sinks[index].lost = 0
        let line: ByteString =
          message("swinit: warn {} messages were lost here: nobody read them\n", decimal(lost))
        sinks[index].pending.append(contentsOf: line.bytes)
        continue
      }
      if rest == 0 { break }
      let count = sinks[index].isRegular ? rest : wholeLines(sinks[index].pending, from: done)
      do throws(Errno) {
        done += try write(index, from: done, count: count)
      } catch {
        if error == .wouldBlock {
          sinks[index].isBlocked = true
        } else {
          // Closed at the other end, a full disk: nobody will ever read these lines.
          for byte in sinks[index].pending[done...] where byte == UInt8(ascii: "\n") {
            sinks[index].lost &+= 1
          }
          done = sinks[index].pending.count
        }
        break
      }
    }
    sinks[index].pending.removeFirst(done)
  }

  private func write(_ index: Int, from start: Int, count: Int) throws(Errno) -> Int {
    let sink = sinks[index]
    var failure: Errno?
    let written = sink.pending.withUnsafeBytes { bytes -> Int in
      do throws(Errno) {
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)])
        return try sink.file.writeNow(part, isSocket: sink.isSocket)
      } catch {
        failure = error
        return 0
      }
    }
    if let failure { throw failure }
    return written
  }

  /// As many whole lines as fit into a piece; a longer line is cut at the piece's end.
  private func wholeLines(_ bytes: [UInt8], from start: Int) -> Int {
    let end = min(bytes.count, start + Self.piece)
    if end == bytes.count { return end - start }
    let newline = bytes[start..<end].lastIndex(of: UInt8(ascii: "\n"))
    return newline.map { $0 + 1 - start } ?? end - start
  }

  var isBlocked: Bool { sinks.contains { $0.isBlocked } }
}

extension LogLevel {
  var name: StaticString {
    switch self {
    case .critical: return "critical"
    case .error: return "error"
    case .warn: return "warn"
    case .info: return "info"
    case .debug: return "debug"
    case .trace: return "trace"
    case .blather: return "blather"
    }
  }
}
