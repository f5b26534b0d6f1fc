import Foundation

/// A file under /proc, whole.
func procFile(_ path: String) -> String? {
  guard let data = FileManager.default.contents(atPath: "/proc/" + path) else { return nil }
  return String(decoding: data, as: UTF8.self)
}

/// One field of /proc/PID/status.
func status(_ pid: pid_t, _ field: String) -> String? {
  statusField(procFile("\(pid)/status"), field)
}

/// One field out of the text of a /proc/PID/status.
func statusField(_ text: String?, _ field: String) -> String? {
  text?.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    .map { $0.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces) }
}

/// All processes that the tests can see.
func allProcesses() -> [pid_t] {
  ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
}

/// The processes of the PID namespace that has `root` as its PID 1, by the pid that they have
/// there.
func processes(inNamespaceOf root: pid_t) -> [pid_t: pid_t] {
  let namespace = { (pid: pid_t) in
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid")
  }
  guard let wanted = namespace(root) else { return [:] }
  var found: [pid_t: pid_t] = [:]
  for pid in allProcesses() where namespace(pid) == wanted {
    guard let inner = status(pid, "NSpid")?.split(separator: "\t").last else { continue }
    found[pid_t(inner) ?? 0] = pid
  }
  return found
}

/// `pid` itself or the nearest of its descendants that runs the file `program`.
///
/// While we look, a shell becomes the program and forks: what we find first may be a child that has
/// not executed anything yet. Its parent is the one.
func firstProcess(under pid: pid_t, running program: String) -> pid_t? {
  var generation = [pid]
  while !generation.isEmpty {
    for var process in generation where executable(process) == program {
      while let parent = status(process, "PPid").flatMap({ pid_t($0) }),
        executable(parent) == program
      {
        process = parent
      }
      return process
    }
    generation = generation.flatMap { children(of: $0) }
  }
  return nil
}

func children(of pid: pid_t) -> [pid_t] {
  (procFile("\(pid)/task/\(pid)/children")?.split(separator: " ") ?? []).compactMap { pid_t($0) }
}

func executable(_ pid: pid_t) -> String? {
  try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")
}

/// Processes that have ended and that nobody has reaped, children of `parent`.
func zombies(of parent: pid_t) -> [pid_t] {
  allProcesses().filter { pid in
    guard let text = procFile("\(pid)/status") else { return false }
    return statusField(text, "PPid") == "\(parent)"
      && statusField(text, "State")?.hasPrefix("Z") == true
  }
}

/// What /proc/PID/stat says of a process and its terminal.
struct ProcessStat {
  let state: Substring
  let group: pid_t
  let session: pid_t
  /// The foreground group of its controlling terminal; -1 without one.
  let foreground: pid_t

  init?(_ pid: pid_t) {
    guard let fields = procFile("\(pid)/stat")?.split(separator: ")").last?.split(separator: " "),
      fields.count > 6, let group = pid_t(fields[2]), let session = pid_t(fields[3]),
      let foreground = pid_t(fields[5])
    else { return nil }
    (self.state, self.group, self.session, self.foreground) = (
      fields[0], group, session, foreground
    )
  }

  var isStopped: Bool { state == "T" }
  var isInFront: Bool { group == foreground }
}

/// The descendant of `pid` whose command line is `line`.
func descendant(of pid: pid_t, running line: String) -> pid_t? {
  for child in children(of: pid) {
    let words = procFile("\(child)/cmdline")?.split(separator: "\0").joined(separator: " ")
    if words == line { return child }
    if let found = descendant(of: child, running: line) { return found }
  }
  return nil
}
