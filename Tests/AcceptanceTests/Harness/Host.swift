import Foundation

/// What some machines cannot do and some tests want; each is tried once. A test that wants it is
/// skipped elsewhere, by `.enabled(if:)`, with the reason.
enum Host {
  static let hasUserNamespaces = can(
    "unshare --user --map-root-user --pid --fork --mount-proc true")

  static let mountsImages = can(
    """
    image=$(mktemp)
    truncate -s 8M $image && mkfs.ext4 -q $image && unshare --mount mount -o loop $image /mnt
    status=$?
    rm -f $image
    exit $status
    """)

  /// Whether a shell script ends with 0.
  private static func can(_ script: String) -> Bool {
    guard let nothing = try? Pipe() else { return false }
    defer {
      close(nothing.reader)
      close(nothing.writer)
    }
    var launch = Launch(words: ["sh", "-c", script])
    // What it says is no news, and the pipe holds more.
    launch.given = [1: nothing.writer, 2: nothing.writer]
    guard let pid = try? launch.start() else { return false }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
      if errno != EINTR { return false }
    }
    return status == 0
  }
}
