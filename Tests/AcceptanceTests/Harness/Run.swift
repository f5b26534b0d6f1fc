import Foundation

/// A command that ends by itself: what it wrote and how it ended.
struct Finished {
  var ending: Ending
  var output: String
  var errors: [String]
  /// The processor time that it took in user mode, in seconds.
  var userTime = 0.0
}

/// Runs a command to its end.
func run(
  _ words: [String], environment: [String: String] = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
) async throws -> Finished {
  let output = try Pipe()
  let errors = try Pipe()
  var launch = Launch(words: words, environment: environment)
  launch.given = [1: output.writer, 2: errors.writer]
  let pid = try launch.start()
  close(output.writer)
  close(errors.writer)
  var (out, err) = (Lines(reading: output.reader), Lines(reading: errors.reader))
  defer {
    out.close()
    err.close()
  }
  let deadline = monotonic() + Container.patience
  var status: Int32 = 0
  var usage = rusage()
  while wait4(pid, &status, WNOHANG, &usage) == 0 {
    out.drain()
    err.drain()
    if monotonic() > deadline {
      kill(pid, SIGKILL)
      waitpid(pid, &status, 0)
      throw Trouble("\(words) does not end: \(out.texts) \(err.texts)")
    }
    try await Task.sleep(for: .milliseconds(2))
  }
  out.drain()
  err.drain()
  let text = out.texts.map { $0 + "\n" }.joined() + out.remainder
  return Finished(
    ending: Ending(status), output: text, errors: err.texts,
    userTime: Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6)
}

/// Waits for something that does not show in what swinit writes, without reading that.
func eventually(
  _ what: String, within bound: Double = Container.patience, until condition: () throws -> Bool
) async throws {
  let deadline = monotonic() + bound
  while try !condition() {
    if monotonic() > deadline { throw Trouble("waited for \(what), in vain") }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// The project's own folder.
let projectFolder = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).reduce("") {
  $0.isEmpty ? "/" : ($0 == "/" ? "/" : $0 + "/") + $1
}
