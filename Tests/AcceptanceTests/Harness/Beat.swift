/// A program that runs as long as swinit, whatever becomes of the others.
let beat = """
  [program:beat]
  command=sh -c "echo >> %(here)s/beats; exec sleep 0.05"
  startsecs=0
  autorestart=true
  restart_delay=0,0
  environment=PATH="/bin:/usr/bin"

  """

extension Container {
  /// swinit goes on: it reaps and starts `beat`.
  func isAlive() async throws {
    let count = { self.folder.read("beats")?.count ?? 0 }
    let before = count()
    try await eventually("three more starts") { count() >= before + 3 }
  }
}
