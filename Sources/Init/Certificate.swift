import Basics
import Configuration
import Linux
import Supervision

// The death certificate: the last line that swinit writes, on stderr and in /dev/termination-log. It
// names what ended the
// container: the program, how it ended, how often it did so before, and its last words; or who
// asked for the stop.

/// What the certificate says beside the reason itself.
struct Circumstances {
  /// Who sent the signal that asked for the stop, as he was when it came.
  var sender: ByteString = ""
  /// The ends of the program that is to blame, as far as they were alike.
  var crashes: Crashes?
  /// Its last line on stderr, where that passes through us.
  var lastLine: ByteString?
}

extension ExitReason {
  /// The program whose end it tells of, and how that ended.
  var blamed: Failure? {
    switch self {
    case .told(_, _, let failed), .nothingLeft(let failed): return failed
    case .essentialFatal(let slot, let failure), .awaitedFatal(let slot, let failure):
      return Failure(slot: slot, end: .failed(failure))
    case .essentialExited(let slot, let status), .commandEnded(let slot, let status):
      return Failure(slot: slot, end: .exited(status))
    }
  }
}

extension Messages {
  /// The last line: why swinit ends, and with which code.
  func certificate(
    _ code: UInt8, _ reason: ExitReason, _ circumstances: Circumstances
  ) -> ByteString {
    var why: ByteString
    var advice: ByteString = ""
    switch reason {
    case .told(let signal, _, let failed):
      why = message("stopped by {} {}", signal.name, circumstances.sender) + blame(failed)
    case .essentialFatal(let slot, let failure) where slot == command:
      why = message("COMMAND {}", self.reason(slot, failure))
    case .essentialFatal(let slot, let failure):
      why = message("essential program {} is FATAL: {}", name(slot), self.reason(slot, failure))
      advice = " (essential=none would keep the container)"
    case .essentialExited(let slot, let status):
      why = message("essential program {} ended: {}", name(slot), text(of: status, slot))
    case .commandEnded(let slot, let status):
      why = message("COMMAND {}: {}", name(slot), text(of: status, slot))
    case .awaitedFatal(let slot, let failure):
      why = message(
        "COMMAND was not started, program {} is FATAL: {}", name(slot), self.reason(slot, failure))
    case .nothingLeft(let failed): why = "nothing left to do" + blame(failed)
    }
    if let crashes = circumstances.crashes, crashes.count > 1 {
      why += message(", {} times in a row", decimal(crashes.count)) + pace(crashes)
    }
    if let line = circumstances.lastLine { why += ", last line on stderr " + line.quoted }
    return message("exit {}: {}{}", decimal(code), why, advice)
  }

  private func blame(_ failure: ExitReason.Failure?) -> ByteString {
    guard let failure else { return "" }
    switch failure.end {
    case .exited(let status):
      return message(", {}: {}", name(failure.slot), text(of: status, failure.slot))
    case .failed(let start):
      return message(", {}: {}", name(failure.slot), reason(failure.slot, start))
    }
  }
}
