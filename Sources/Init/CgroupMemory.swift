import Basics
import Configuration
import Linux

// What a memory cgroup tells of the OOM killer, without remembering anything.

/// The processes that the OOM killer has killed in our cgroup since there is one, and its limit:
/// `the OOM killer has killed 1 process of this container (limit 64 MiB)`. nil: none, or that cannot be
/// known.
///
/// For who had nothing to do before COMMAND ended, and so has no count of before: it says what is
/// certain. (The files are those of `OutOfMemory`.)
public func outOfMemoryKills() -> ByteString? {
  for folder in cgroupFolders("memory") {
    let version2 = contents(of: folder + "/memory.events")
    let text = version2 ?? contents(of: folder + "/memory.oom_control")
    guard let text, let kills = oomKills(in: text) else { continue }
    if kills == 0 { return nil }
    let file: ByteString = version2 == nil ? "/memory.limit_in_bytes" : "/memory.max"
    let limit = contents(of: folder + file).map { limitText($0) } ?? ""
    return message(
      "the OOM killer has killed {} process{} of this container{}", decimal(kills),
      kills == 1 ? "" : "es", limit)
  }
  return nil
}

private func contents(of path: ByteString) -> ByteString? {
  (try? readFile(path.bytes, limit: 4096)).map { ByteString($0) }
}

/// Out of `memory.events`, or of version 1's `memory.oom_control`. nil: kernels before 4.13 count
/// nothing.
func oomKills(in text: ByteString) -> Int64? {
  for line in text.split(at: UInt8(ascii: "\n")) where line.hasPrefix("oom_kill ") {
    return leadingNumber(line.dropping(9))
  }
  return nil
}

/// ` (limit 512 MiB)`, or nothing where there is none: then the machine itself was short.
func limitText(_ text: ByteString) -> ByteString {
  // Version 1 has no word for "none": it says nearly 2⁶³, which has more digits than are read.
  guard let bytes = leadingNumber(text), bytes < 1 << 50 else { return "" }
  let isWhole = bytes % (1 << 20) == 0
  return message(
    isWhole ? " (limit {} MiB)" : " (limit {} KiB)", decimal(bytes >> (isWhole ? 20 : 10)))
}
