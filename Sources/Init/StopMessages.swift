import Basics
import Configuration
import Linux
import Supervision

// What the log says of the ways to stop a program.

extension Messages {
  @inline(never)
  func stillThere(
    _ slot: Slot, _ pid: ProcessID, _ waited: Nanoseconds, _ signal: Signal
  ) -> ByteString {
    let whole = configuration.programs[slot].stopwaitsecs
    let part: ByteString =
      signal == .kill && waited < whole
      ? message(", its part of the grace (stopwaitsecs {})", secondsText(whole)) : ""
    return message(
      "{}: still there after {}, {} ({})", name(slot), secondsText(waited) + part, signal.name,
      process(pid))
  }

  /// Why a `stop_command` could not be run.
  func stopCommand(_ slot: Slot, _ failure: SpawnFailure) -> ByteString {
    message("{}: cannot run stop_command: {}", name(slot), step(slot, failure, isStop: true))
  }

  @inline(never)
  func stopCommandEnded(
    _ slot: Slot, _ pid: ProcessID, _ status: WaitStatus?, _ signal: Signal?
  ) -> ByteString {
    let word: ByteString = status == .exited(0) ? "" : " instead"
    return message(
      "{}: stop_command {}{}", name(slot), status.map { text(of: $0) } ?? "was not run",
      signal.map { message(", {}{} (pid {})", $0.name, word, decimal(pid)) } ?? "")
  }

  @inline(never)
  func treeLeft(_ slot: Slot, _ status: WaitStatus, _ signal: Signal?) -> ByteString {
    let rest: ByteString = configuration.programs[slot].stoptree ? "tree" : "group"
    guard let signal else {
      return message(
        "{}: {}, what is left of its {} runs on", name(slot), text(of: status, slot), rest)
    }
    return message(
      "{}: {}, {} to what is left of its {}", name(slot), text(of: status, slot), signal.name, rest)
  }
}
