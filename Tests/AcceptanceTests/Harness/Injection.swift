import Foundation

/// Makes system calls of a running process fail, as `inject=CALL:error=…` of strace(1) says. The
/// tracer's pid; the calls fail as long as it lives.
///
/// - Parameter calls: those that are traced, with commas: the one that fails among them.
func attached(
  to pid: pid_t, _ injection: String, _ calls: String, _ folder: Folder
) async throws -> pid_t {
  let words = [
    "strace", "-qq", "-o", folder.path + "/trace", "-p", "\(pid)", "-e", "trace=\(calls)", "-e",
    injection,
  ]
  let tracer = try Launch(words: words).start()
  try await eventually("strace's beginning") {
    statusField(procFile("\(pid)/status"), "TracerPid") == "\(tracer)"
  }
  return tracer
}

/// Ends a tracer; the process goes on without it.
func detach(_ tracer: pid_t) {
  kill(tracer, SIGTERM)
  var status: Int32 = 0
  while waitpid(tracer, &status, 0) < 0, errno == EINTR {}
}
