import Foundation
import Testing

// A pause of the whole container (docker pause, the freezer, SIGSTOP) is no time-out.

/// Takes 0.2 s of its own time to end, whatever passes elsewhere.
private let drainer = """
  #!/usr/bin/python3
  import os, signal, sys, time
  def drain(*_):
      print("draining", flush=True)
      for _ in range(20):
          time.sleep(0.01)
      print("drained", flush=True)
      os._exit(0)
  signal.signal(signal.SIGTERM, drain)
  print("up", flush=True)
  while True:
      signal.pause()
  """

/// Stops processes, and lets them go on.
private protocol Brake {
  func stop(_ pids: [pid_t]) throws
  func release(_ pids: [pid_t]) throws
}

private struct Signals: Brake {
  func stop(_ pids: [pid_t]) { for pid in pids { kill(pid, SIGSTOP) } }
  // swinit, the first, is the last to go on.
  func release(_ pids: [pid_t]) { for pid in pids.reversed() { kill(pid, SIGCONT) } }
}

/// The freezer of a cgroup, as docker pause has it.
private final class Freezer: Brake {
  private static let first = "/sys/fs/cgroup/freezer"
  private static let second = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
  private let folder: String
  private let isFirst: Bool

  /// Where a group can be made that has a freezer.
  private static var root: (path: String, isFirst: Bool)? {
    let manager = FileManager.default
    if manager.isWritableFile(atPath: first + "/cgroup.procs") { return (first, true) }
    for path in second where manager.isWritableFile(atPath: path + "/cgroup.procs") {
      let probe = path + "/swinit-probe-\(getpid())"
      guard mkdir(probe, 0o755) == 0 else { continue }
      defer { rmdir(probe) }
      if manager.fileExists(atPath: probe + "/cgroup.freeze") { return (path, false) }
    }
    return nil
  }
  static var isThere: Bool { root != nil }

  init() throws {
    guard let root = Self.root else { throw Trouble("no freezer") }
    isFirst = root.isFirst
    folder = root.path + "/swinit-acceptance-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    guard mkdir(folder, 0o755) == 0 else { throw Trouble("mkdir \(folder): errno \(errno)") }
  }

  deinit {
    try? write(isFirst ? "THAWED" : "0", to: isFirst ? "freezer.state" : "cgroup.freeze")
    // The processes have been killed, and are gone in a moment.
    let deadline = monotonic() + Container.patience
    while rmdir(folder) != 0, monotonic() < deadline { usleep(10_000) }
  }

  private func write(_ text: String, to name: String) throws {
    let descriptor = open(folder + "/" + name, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Trouble("open \(folder)/\(name): errno \(errno)") }
    defer { close(descriptor) }
    guard Glibc.write(descriptor, text, text.utf8.count) > 0 else {
      throw Trouble("write \(folder)/\(name): errno \(errno)")
    }
  }

  private func read(_ name: String) -> String {
    (try? String(contentsOfFile: folder + "/" + name, encoding: .utf8)) ?? ""
  }

  func stop(_ pids: [pid_t]) throws {
    for pid in pids { try write("\(pid)", to: "cgroup.procs") }
    try write(isFirst ? "FROZEN" : "1", to: isFirst ? "freezer.state" : "cgroup.freeze")
    let deadline = monotonic() + Container.patience
    while isFirst
      ? !read("freezer.state").hasPrefix("FROZEN") : !read("cgroup.events").contains("frozen 1")
    {
      if monotonic() > deadline { throw Trouble("the freezer does not freeze") }
      usleep(1_000)
    }
  }

  func release(_ pids: [pid_t]) throws {
    try write(isFirst ? "THAWED" : "0", to: isFirst ? "freezer.state" : "cgroup.freeze")
  }
}

extension Container {
  /// Everything of the container stands still for so long.
  fileprivate func pause(_ seconds: Double, by brake: any Brake) async throws {
    let pids = [pid] + processes(inNamespaceOf: pid).values.filter { $0 != pid }
    try brake.stop(pids)
    let start = monotonic()
    try await eventually("the end of the pause") { monotonic() - start > seconds }
    try brake.release(pids)
  }
}

extension Acceptance {
  @Suite struct Pause {
    static let stopping = """
      [program:app]
      command=%(here)s/drainer
      startsecs=0
      stopwaitsecs=3
      """

    private func stopIsPaused(by brake: any Brake) async throws {
      try await withSwinit(Setup(Self.stopping, files: ["drainer": drainer])) { swinit in
        try await swinit.line("up")
        try await swinit.log("app: RUNNING")
        swinit.signal(SIGTERM)
        try await swinit.line("draining")
        try await swinit.pause(4, by: brake)
        try await swinit.line("drained")
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
        #expect(swinit.places(of: "SIGKILL (").isEmpty, "\(swinit.transcript)")
      }
    }

    @Test func aProgramThatEndsIsNotKilledForIt() async throws {
      try await stopIsPaused(by: Signals())
    }

    @Test(.enabled(if: Freezer.isThere, "no freezer of cgroups that can be written to"))
    func norForTheFreezer() async throws { try await stopIsPaused(by: Freezer()) }

    /// The answer of the test needs a part of `health_timeout`, and the pause is longer than that.
    @Test func aTestIsNotLateForIt() async throws {
      let text = """
        [program:app]
        command=sleep 600
        startsecs=0
        health=exec:%(here)s/test
        health_timeout=3
        health_interval=0.1
        health_retries=1
        """
      let test = "#!/bin/sh\necho >> ${0%/*}/begun; sleep 0.2; echo >> ${0%/*}/asked\n"
      try await withSwinit(Setup(text, files: ["test": test])) { swinit in
        let count = { swinit.folder.read($0)?.count ?? 0 }
        try await swinit.wait("a test") { count("begun") > count("asked") }
        try await swinit.pause(4, by: Signals())
        let before = count("asked")
        try await swinit.wait("two more tests") { count("asked") >= before + 2 }
        #expect(swinit.places(of: "health").isEmpty, "\(swinit.transcript)")
        swinit.signal(SIGTERM)
        try await swinit.expectEnd(0, "exit 0: stopped by SIGTERM")
      }
    }

    @Test func aProgramThatIsNotReadyYetHasItsTime() async throws {
      let text = """
        [program:app]
        command=%(here)s/app
        ready=fd:7
        ready_timeout=3
        startretries=0
        """
      let app = """
        #!/bin/sh
        echo up
        until [ -e "${0%/*}/go" ]; do sleep 0.01; done
        echo >&7
        exec sleep 600
        """
      try await withSwinit(Setup(text, files: ["app": app])) { swinit in
        try await swinit.line("up")
        try await swinit.pause(4, by: Signals())
        try swinit.folder.write("", to: "go")
        try await swinit.log("app: RUNNING")
        #expect(swinit.places(of: "not ready").isEmpty, "\(swinit.transcript)")
      }
    }

    /// What COMMAND leaves behind has a second.
    @Test func norIsWhatCommandLeavesBehind() async throws {
      var setup = Setup("", files: ["drainer": drainer])
      setup.fragments = [:]
      setup.launcher = Setup.notPID1()
      setup.arguments = [
        "--", "sh", "-c", "\"$0/drainer\" & until [ -e $0/go ]; do sleep 0.01; done", "FOLDER",
      ]
      try await withSwinit(setup) { swinit in
        try await swinit.line("up")
        try swinit.folder.write("", to: "go")
        try await swinit.line("draining")
        try await swinit.pause(2, by: Signals())
        try await swinit.line("drained")
        try await swinit.expectEnd(0, nil)
      }
    }
  }
}
