import Basics
import Configuration
import Linux

/// The folders that may be ours in the hierarchy of a cgroup controller, the best guess first.
///
/// /proc/self/cgroup names our cgroup and /proc/self/mountinfo what is mounted where: with a cgroup
/// namespace the name is `/` and so is the mount; without one an engine mounts the container's own
/// cgroup, whose name stands as the root of the mount and has to be taken off. Version 2 has one
/// hierarchy for all controllers, which may stand beside those of version 1.
func cgroupFolders(_ controller: Literal) -> [ByteString] {
  let cgroups = lines(of: "/proc/self/cgroup")
  var folders: [ByteString] = []
  for line in lines(of: "/proc/self/mountinfo") {
    // `… ROOT MOUNTPOINT OPTIONS … - TYPE SOURCE OPTIONS`
    let words = line.split(at: UInt8(ascii: " "))
    guard words.count > 9, let options = words.last else { continue }
    let type = words[words.count - 3]
    let isVersion2 = type.equals("cgroup2")
    guard isVersion2 || type.equals("cgroup") && lists(options, controller) else { continue }
    for line in cgroups {
      let fields = line.split(at: UInt8(ascii: ":"))
      guard fields.count == 3,
        isVersion2 ? fields[1].isEmpty : lists(fields[1], controller)
      else { continue }
      let (root, path) = (words[3], fields[2])
      let isBelow = root.count > 1 && path.slice(0, root.count) == root
      folders.append(words[4] + (isBelow ? path.dropping(root.count) : path))
    }
    folders.append(words[4])
  }
  let usual: ByteString = "/sys/fs/cgroup"
  return folders + [usual, usual + "/" + ByteString(controller)]
}

private func lines(of path: ByteString) -> [ByteString] {
  ByteString((try? readFile(path.bytes, limit: 256 << 10)) ?? []).split(at: UInt8(ascii: "\n"))
}

/// Whether a list with commas holds the word.
private func lists(_ list: ByteString, _ word: Literal) -> Bool {
  for item in list.split(at: UInt8(ascii: ",")) where item.equals(word) { return true }
  return false
}

/// The number that a file of the kernel begins with. `max`, and everything else that is no number,
/// is no limit.
func leadingNumber(_ text: ByteString) -> Int64? {
  var value: Int64 = 0
  var digits = 0
  for byte in text.bytes {
    guard byte >= 0x30, byte <= 0x39, digits < 18 else { break }
    value = value * 10 + Int64(byte - 0x30)
    digits += 1
  }
  return digits > 0 ? value : nil
}
