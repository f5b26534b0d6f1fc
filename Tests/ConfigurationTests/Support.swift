import Testing

@testable import Basics
@testable import Checking
@testable import Configuration
@testable import Reading

/// Files, directories and users that exist only here.
struct FakeSource: ConfigurationSource {
  var files: [ByteString: [UInt8]] = [:]
  var users: [ByteString] = ["root", "app", "www-data", "nobody"]
  var unreadable: [ByteString: String] = [:]

  init(_ files: [String: String] = [:]) {
    for (path, text) in files { self.files[ByteString(path)] = Array(text.utf8) }
  }

  func kind(of path: ByteString) -> PathKind {
    // Only the path is looked at, as a real source would find a file by `..` too.
    if unreadable[path] != nil || files[path] != nil || path.contains("/../") { return .file }
    if !names(in: path).isEmpty || path == ("/empty" as Literal) { return .directory }
    return .missing(reason: "No such file or directory")
  }

  func read(_ path: ByteString, limit: Int) -> FileContents {
    if let reason = unreadable[path] { return .failed(reason: ByteString(reason)) }
    guard let bytes = files[path] else { return .failed(reason: "No such file or directory") }
    return bytes.count > limit ? .tooLarge : .bytes(bytes)
  }

  func entries(of directory: ByteString) -> DirectoryListing {
    // Backwards, since no order is promised.
    .names(names(in: directory).sorted().reversed())
  }

  private func names(in directory: ByteString) -> [ByteString] {
    var names: [ByteString] = []
    let prefix = directory.bytes + (directory.bytes.last == 0x2F ? [] : [0x2F])
    for path in files.keys where path.bytes.starts(with: prefix) {
      let rest = path.bytes.dropFirst(prefix.count)
      if !rest.contains(0x2F) { names.append(ByteString(rest)) }
    }
    return names
  }

  /// `*` only in the last part of the path.
  func matches(of pattern: ByteString) -> DirectoryListing {
    if let reason = unreadable[pattern] { return .failed(reason: ByteString(reason)) }
    let parts = pattern.bytes.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
    if parts.count == 1 { return .names(files[pattern] == nil ? [] : [pattern]) }
    return .names(
      files.keys.filter { path in
        path.bytes.starts(with: parts[0]) && path.bytes.reversed().starts(with: parts[1].reversed())
          && !path.bytes.dropFirst(parts[0].count).contains(0x2F)
      })
  }

  func hostIsKnown(_ host: ByteString) -> Bool {
    ["localhost", "127.0.0.1", "::1", "database"].contains { ByteString($0) == host }
  }
  func groupIsKnown(_ group: ByteString) -> Bool {
    group.unsignedDecimal != nil || users.contains(group)
  }
  func accountNames(groups: Bool) -> [ByteString] { users.map { $0 } }
  func userIsKnown(_ user: ByteString) -> Bool {
    let parts = user.split(at: UInt8(ascii: ":"))
    for part in parts where part.unsignedDecimal == nil && !users.contains(part) { return false }
    return true
  }
}

/// Loads one file, `/etc/app.conf`.
func loading(
  _ text: String, environment: [String] = ["HOME=/home/op", "PATH=/bin"], strict: Bool = false,
  report: Bool = false
) -> CheckResult {
  loading(bytes: Array(text.utf8), environment: environment, strict: strict, report: report)
}

func loading(
  bytes: [UInt8], environment: [String] = ["HOME=/home/op", "PATH=/bin"], strict: Bool = false,
  report: Bool = false
) -> CheckResult {
  var source = FakeSource()
  source.files["/etc/app.conf"] = bytes
  return loading(
    source, ["/etc/app.conf"], environment: environment, strict: strict, report: report)
}

func loading(
  _ source: FakeSource, _ paths: [String], environment: [String] = ["HOME=/home/op", "PATH=/bin"],
  strict: Bool = false, report: Bool = false
) -> CheckResult {
  var scope = CheckScope()
  scope.advises = report
  return judge(
    LoadRequest(
      paths: paths.map { ByteString($0) }, environment: environment.map { ByteString($0) },
      hostName: "box", strict: strict),
    scope, from: source)
}

extension CheckResult {
  /// As a person sees them.
  var texts: [String] { faults.map { $0.text.description } }
  var errors: [String] { faults.filter { $0.severity == .error }.map { $0.text.description } }
  var warnings: [String] { faults.filter { $0.severity == .warning }.map { $0.text.description } }

  /// The names that people type, in the configuration's order.
  var programNames: [String] { configuration.programs.map { "\(configuration.displayName($0))" } }

  func program(_ name: String) throws -> Program {
    try #require(configuration.programs.first { "\(configuration.displayName($0))" == name })
  }
}

extension Program {
  var words: [String] { arguments.entriesEndedByNul.map { "\($0)" } }
  var variables: [String] { environment.entriesEndedByNul.map { "\($0)" } }
}

/// The only program of a section that holds these lines beside a command.
func program(with lines: String, environment: [String] = ["HOME=/home/op"]) throws -> Program {
  let result = loading("[program:x]\ncommand=/bin/x\n\(lines)\n", environment: environment)
  #expect(result.errors == [])
  return try #require(result.configuration.programs.first)
}
