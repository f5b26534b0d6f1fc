import Configuration
import Linux
import Supervision

/// Tells an OOM kill from any other SIGKILL: the kernel counts those of our cgroup (`oom_kill` in
/// `memory.events`, version 1: in `memory.oom_control`), and counts before it kills.
///
/// Both files are opened at the start, so that nothing of /sys is needed later. Nothing is read but
/// when a process was killed by a SIGKILL that is not ours: one `pread(2)`, and a second one for the
/// limit when it was the OOM killer. What cannot be told apart: a kill that the counter has from a
/// process which its own parent reaped, and another's SIGKILL as the next one that we see.
struct OutOfMemory {
  /// How long a kill may wait in the counter for its death to be seen, when one look found several.
  private static let patience = Nanoseconds.seconds(1)

  private var events: FileDescriptor?
  private var limit: FileDescriptor?
  private var seen: Int64 = 0
  /// Kills that were counted and belong to no death yet, and until when they may.
  private var open: Int64 = 0
  private var end = Time(nanoseconds: 0)

  init() {
    for folder in cgroupFolders("memory") {
      if take(folder + "/memory.events", folder + "/memory.max") { return }
      if take(folder + "/memory.oom_control", folder + "/memory.limit_in_bytes") { return }
    }
  }

  private mutating func take(_ events: ByteString, _ limit: ByteString) -> Bool {
    guard let file = try? FileDescriptor.openForReading(events.bytes) else { return false }
    self.events = file
    // Kernels before 4.13 count nothing.
    guard let count = count() else {
      file.close()
      self.events = nil
      return false
    }
    seen = count
    self.limit = try? FileDescriptor.openForReading(limit.bytes)
    return true
  }

  /// Closes both files.
  mutating func giveUp() {
    events?.close()
    limit?.close()
    (events, limit) = (nil, nil)
  }

  /// Opens them again. What was killed meanwhile is told of no later death.
  mutating func takeBack() { self = OutOfMemory() }

  private func count() -> Int64? {
    guard let events, let text = try? events.readAgain(limit: 512) else { return nil }
    return oomKills(in: ByteString(text))
  }

  /// Whether the OOM killer is behind a SIGKILL that was seen just now; the words for it.
  mutating func explain(at now: Time) -> ByteString? {
    guard let count = count() else { return nil }
    if count > seen {
      open = count - seen
      end = now + Self.patience
      seen = count
    }
    guard open > 0, now <= end else { return nil }
    open -= 1
    let limit = (try? limit?.readAgain(limit: 32)).map { limitText(ByteString($0)) }
    return "killed by the OOM killer" + (limit ?? "")
  }
}
