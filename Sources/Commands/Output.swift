import Basics
import Configuration
import Init
import Linux
import Logs

/// Text for a person or a pipe, written at once, waiting where the reader is slow: for the commands
/// that are not PID 1. What cannot be written is lost; there is nobody left to tell.
enum Output {
  // Not favoured, so that a literal alone goes the short way.
  @_disfavoredOverload
  @inline(never)
  static func print(_ text: consuming ByteString, to file: FileDescriptor = .standardOutput) {
    text += "\n"
    file.writeAll(text.bytes)
  }

  @inline(never)
  static func print(_ text: Literal, to file: FileDescriptor = .standardOutput) {
    print(ByteString(text), to: file)
  }

  static func print(_ bytes: [UInt8], to file: FileDescriptor = .standardOutput) {
    file.writeAll(bytes)
  }

  /// What is wrong with an invocation.
  @inline(never)
  static func complain(_ text: consuming ByteString) {
    print("swinit: " + text, to: .standardError)
  }

  /// A line of the container's log before there is a loop to write it.
  @inline(never)
  static func say(_ format: LogFormat, _ level: LogLevel, _ text: ByteString) {
    let line = ownLine(format, level: level.word, text, ClockText(nanoseconds: wallClockNow()))
    FileDescriptor.standardError.writeAll(line)
  }
}
