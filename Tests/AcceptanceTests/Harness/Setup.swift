import Foundation

/// What a test wants to be there before swinit is started.
struct Setup {
  /// The folder's `*.conf` files by name.
  var fragments: [String: String]
  /// Executable files beside the fragments, by name; `%(here)s/NAME` in a fragment.
  var files: [String: String] = [:]
  /// The file that is swinit.
  var binary = Binary.path
  /// What runs it, when this machine cannot.
  var emulator: String?
  /// The name that swinit is called by.
  var called = "swinit"
  /// What starts swinit; swinit and its arguments are appended. `PATH` is the test's folder.
  var launcher = Setup.asPID1
  /// nil: `-c` and the folder.
  var arguments: [String]?
  /// All that swinit finds in its environment.
  var environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
  var streams = Streams.separate
  /// Whether stdin is a terminal of its own; else it is /dev/null.
  var onTerminal = false
  /// Leave descriptor 9 open for swinit to find.
  var leaksDescriptor = false

  /// Whether stdout is read from the start (`Container.readsOutput`).
  var readsOutput = true

  enum Streams {
    /// stdout and stderr each a pipe.
    case separate
    /// One pipe for both, so that the order of lines is the order of writing.
    case merged
    /// stdout is a socket, stderr a pipe.
    case socket
    /// stderr is a pipe that is full from the start and read by nobody.
    case stuckStderr
    /// stdin, stdout and stderr are one terminal, the controlling one of the session.
    case terminal
  }

  init(_ fragment: String, files: [String: String] = [:]) {
    fragments = ["test.conf": fragment]
    self.files = files
  }

  /// A real PID 1: a PID namespace of its own, with a /proc that shows it.
  static let asPID1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]

  /// As PID 1, after a shell has run `script`; the script's `$0` is the test's folder.
  static func asPID1(after script: String) -> [String] {
    asPID1 + ["sh", "-c", script + "\nexec \"$@\"", "FOLDER"]
  }

  /// The child of a strace that is PID 1, and that has system calls of swinit alone fail or wait:
  /// `CALL:error=NAME`, `CALL:delay_exit=MICROSECONDS` … (`--inject` of strace(1)).
  static func underStrace(_ injections: [String], after script: String = "") -> [String] {
    let calls = injections.map { $0.prefix { $0 != ":" } }.joined(separator: ",")
    return asPID1(after: script) + ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + calls]
      + injections.flatMap { ["-e", "inject=" + $0] }
  }

  /// Not PID 1: the child of a shell that is. Nothing outside of the namespace can be harmed.
  static func notPID1(after script: String = "") -> [String] {
    asPID1 + ["sh", "-c", script + "\n\"$@\"\nexit $?", "FOLDER"]
  }
}

/// The release binary, as `SWINIT_BINARY` names it.
enum Binary {
  static let path = ProcessInfo.processInfo.environment["SWINIT_BINARY"]
  static var isGiven: Bool { path != nil }
}

/// The release binary for the other architecture, and what runs it here.
enum OtherBinary {
  static let path = ProcessInfo.processInfo.environment["SWINIT_OTHER_BINARY"]
  static var isGiven: Bool { path != nil && emulator != nil }
  #if arch(arm64)
    static let architecture = "x86_64"
  #else
    static let architecture = "aarch64"
  #endif
  /// Debian's qemu-user-static; the file itself, as /proc shows it.
  static let emulator = realpath("/usr/bin/qemu-\(architecture)-static", nil).map { path in
    defer { free(path) }
    return String(cString: path)
  }
}

struct Trouble: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
