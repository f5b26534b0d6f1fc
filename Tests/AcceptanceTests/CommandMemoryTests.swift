import Foundation
import Testing

// `swinit -- COMMAND` without programs, and a COMMAND that the OOM killer has ended: swinit has nothing
// to say otherwise, but this is worth the last line. Here the kernel's files are made up, as a container
// with cgroups of version 2 has them.

private let memory = """
  umount -l /sys/fs/cgroup; mount -t tmpfs tmpfs /sys/fs/cgroup || exit 99
  echo 'oom 0\noom_kill 0' > /sys/fs/cgroup/memory.events
  echo 67108864 > /sys/fs/cgroup/memory.max
  """

extension Acceptance {
  @Suite struct CommandMemory {
    @Test(arguments: [
      (
        "echo oom_kill 1 > $events; kill -9 $$",
        "swinit: error exit 137: COMMAND command: killed by SIGKILL, the OOM killer has killed 1 process"
          + " of this container (limit 64 MiB)"
      ),
      // A shell above what was killed; and a second one.
      (
        "echo oom_kill 2 > $events; exit 137",
        "swinit: error exit 137: COMMAND command: exited with status 137, the OOM killer has killed 2"
          + " processes of this container (limit 64 MiB)"
      ),
      // Somebody else's SIGKILL; and an end that has nothing to do with it.
      ("kill -9 $$", ""), ("echo oom_kill 1 > $events; exit 9", ""),
    ])
    func itIsSaid(script: String, last: String) async throws {
      var setup = Setup(
        "", files: ["command": "#!/bin/sh\nevents=/sys/fs/cgroup/memory.events\n\(script)\n"])
      setup.launcher = ["unshare", "--mount"] + Setup.asPID1(after: memory)
      setup.arguments = ["--", "FOLDER/command"]
      try await withSwinit(setup) { swinit in
        try await swinit.expectEnd(
          script.hasSuffix("exit 9") ? 9 : 137, last.isEmpty ? nil : last)
      }
    }
  }
}
