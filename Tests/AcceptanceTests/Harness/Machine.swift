import Foundation
import Testing

/// A Debian machine of its own, as far as swinit's programs can tell: own processes and network, an
/// own /run, and own folders in the place of those of the host that they write to. These stay as
/// long as the value, so that a second start finds what the first has left.
final class Machine {
  private let folder: Folder
  /// Shell lines, run in the machine before each start: they make it what its image would be.
  private let everyTime: String
  /// The same, but before the first start alone, after the others.
  private let once: String

  /// Shell lines may use
  ///
  ///     own PATH OWNER     an empty folder in the place of PATH
  ///     copy PATH          a copy of PATH in its place
  ///     run PATH OWNER     a folder in /run
  init(everyTime: String, once: String) throws {
    folder = try Folder()
    (self.everyTime, self.once) = (everyTime, once)
  }

  /// With an empty database of MariaDB's. Its temporary tables are named by pids, which are the same in
  /// several machines: they do not share a folder for them.
  static func mariadb() throws -> Machine {
    try Machine(
      everyTime: """
        own /var/lib/mysql mysql
        run /run/mysqld mysql
        export TMPDIR=/run/mysqld
        """, once: "mariadb-install-db --user=mysql --skip-test-db > $machine/install.log")
  }

  /// Starts the programs of `fragment` here, and the witness.
  func setup(_ fragment: String) -> Setup {
    var setup = Setup(fragment, files: ["witness": Self.witness])
    setup.fragments["witness.conf"] =
      "[program:witness]\ncommand=%(here)s/witness\npriority=0\n"
    setup.launcher =
      ["unshare", "--net", "--ipc"]
      + Setup.asPID1(
        after: """
          set -e
          umask 022
          machine=\(folder.path)
          own() {
            [ -d "$machine$1" ] || install -d -o "$2" "$machine$1"
            mount --bind "$machine$1" "$1"
          }
          copy() {
            [ -d "$machine$1" ] || { mkdir -p "$machine$1"; cp -a "$1/." "$machine$1"; }
            mount --bind "$machine$1" "$1"
          }
          run() { install -d -o "$2" "$1"; }
          busybox ip link set lo up
          mount -t tmpfs -o mode=755 tmpfs /run
          \(everyTime)
          if [ ! -e "$machine/prepared" ]; then
            \(once)
            touch "$machine/prepared"
          fi
          """)
    return setup
  }

  /// A file of the machine, by the path that it has there.
  func read(_ path: String) -> String? { folder.read(path) }

  /// Starts first and stops last, and then says which processes are left.
  private static let witness = """
    #!/bin/sh
    trap '
      for process in /proc/[0-9]*; do read name < $process/comm && echo "left: $name"; done
      echo "that is all"
      exit 0
    ' TERM
    sleep 1000 &
    wait
    """

  /// What the witness may find: swinit, itself, and what it waits with.
  static let expectedLeft = ["left: sleep", "left: swinit", "left: witness"]
}

extension Container {
  /// A client of the programs, for `run`: in their network, with their files.
  func client(_ words: [String], as user: String? = nil) -> [String] {
    let identity =
      user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--init-groups"] } ?? []
    return ["nsenter", "-t", "\(pid)", "-n", "-m"] + identity + words
  }

  /// Runs a client again and again until it succeeds, and returns what it wrote.
  @discardableResult
  func answer(
    _ words: [String], as user: String? = nil, until good: (String) -> Bool = { _ in true }
  ) async throws -> String {
    let deadline = monotonic() + Container.patience
    while true {
      let finished = try await run(client(words, as: user))
      if finished.ending == .exited(0), good(finished.output) { return finished.output }
      if monotonic() > deadline {
        throw Trouble("\(words): \(finished)\n\(transcript)")
      }
      // A breath for the daemon that is asked.
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Tells swinit to stop, and holds the stop against what every example promises: an orderly end,
  /// no SIGKILL, and no process left when the programs are STOPPED.
  func stopInOrder() async throws {
    signal(SIGTERM)
    try await expectEnd(0, "exit 0: stopped by SIGTERM", within: 60)
    let left = (output?.texts ?? []).filter { $0.hasPrefix("left: ") }.sorted()
    #expect(left == Machine.expectedLeft, "\(transcript)")
    #expect(places(of: "SIGKILL (").isEmpty, "\(transcript)")
    #expect(places(of: "warn").isEmpty && places(of: "error").isEmpty, "\(transcript)")
  }

  /// What was written to stdout, as one text.
  var text: String { (output?.texts ?? []).joined(separator: "\n") }
}

/// An example of the README: the block that holds this program.
func example(of program: String) throws -> String {
  let text = try String(contentsOfFile: projectFolder + "/README.md", encoding: .utf8)
  for block in text.components(separatedBy: "```ini\n").dropFirst() {
    let fragment = block.components(separatedBy: "```")[0]
    if fragment.contains("[program:\(program)]") { return fragment }
  }
  throw Trouble("the README has no example of \(program)")
}
