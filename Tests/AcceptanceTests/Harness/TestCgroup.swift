import Foundation
import Testing

/// A cgroup of version 1 of the test's own, and what starts swinit in it.
struct Cgroup {
  let path: String

  init(_ controller: String, _ limits: [String: String]) throws {
    path = "/sys/fs/cgroup/\(controller)/swinit-acceptance-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    for (name, value) in limits {
      try value.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
    }
  }

  /// Once all that was in it is reaped.
  func remove() {
    let deadline = monotonic() + Container.patience
    while rmdir(path) != 0 {
      guard errno == EBUSY, monotonic() < deadline else {
        Issue.record("\(path) cannot be removed: errno \(errno)")
        return
      }
      usleep(2000)
    }
  }

  var launcher: [String] {
    ["sh", "-c", "echo 0 > \(path)/cgroup.procs && exec \"$@\"", "sh"] + Setup.asPID1
  }

  static func has(_ controller: String) -> Bool {
    access("/sys/fs/cgroup/\(controller)/cgroup.procs", W_OK) == 0
  }
}
