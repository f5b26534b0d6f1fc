import CLinux

/// Words in one block, each ended by a NUL byte: arguments or an environment, as execve(2) wants
/// them, without an allocation for each.
public struct WordBlock: Sendable {
  public private(set) var bytes: [UInt8] = []
  /// Where each word begins.
  public private(set) var starts: [Int] = []

  public init() {}

  /// - Parameter block: words, each of them ended by a NUL byte.
  public init(_ block: [UInt8]) {
    bytes = block
    var start = 0
    for (index, byte) in block.enumerated() where byte == 0 {
      starts.append(start)
      start = index + 1
    }
  }

  public mutating func append(_ word: some Sequence<UInt8>) {
    starts.append(bytes.count)
    bytes.append(contentsOf: word)
    bytes.append(0)
  }

  /// Sets `NAME=value`, in the place of what had that name before.
  public mutating func set(_ entry: ArraySlice<UInt8>) {
    let equals = entry.firstIndex(of: UInt8(ascii: "=")) ?? entry.endIndex
    let name = entry[..<equals]
    if let old = index(of: name) { starts.remove(at: old) }
    append(entry)
  }

  /// Sets every `NAME=value` of a block.
  public mutating func merge(_ block: [UInt8]) {
    var start = 0
    for (index, byte) in block.enumerated() where byte == 0 {
      set(block[start..<index])
      start = index + 1
    }
  }

  /// The value of `NAME` in an environment.
  public func value(of name: [UInt8]) -> [UInt8]? {
    guard let found = index(of: name[...]) else { return nil }
    let start = starts[found] + name.count + 1
    return Array(bytes[start...].prefix { $0 != 0 })
  }

  private func index(of name: ArraySlice<UInt8>) -> Int? {
    for (index, start) in starts.enumerated() {
      let end = start + name.count
      if end < bytes.count, bytes[end] == UInt8(ascii: "="),
        bytes[start..<end].elementsEqual(name)
      {
        return index
      }
    }
    return nil
  }

  /// A pointer to each word and a null pointer at the end; good while `bytes` lives unchanged.
  func pointers(_ base: UnsafePointer<CChar>) -> [UnsafePointer<CChar>?] {
    var list: [UnsafePointer<CChar>?] = []
    list.reserveCapacity(starts.count + 1)
    for start in starts { list.append(base + start) }
    list.append(nil)
    return list
  }
}

/// Everything that a child needs to become its program.
public struct SpawnPlan: Sendable {
  public enum Output: Sendable {
    case descriptor(FileDescriptor)
    /// Opened by the child for appending, made with its parents where missing.
    case file([UInt8])
  }

  public var arguments: WordBlock
  public var environment: WordBlock
  /// Where a command without a slash is looked for.
  public var searchPath: [UInt8]
  public var directory: [UInt8]?
  public var stdin: FileDescriptor
  public var stdout: Output
  public var stderr: Output
  public var redirectStderr = false
  public var credentials: Credentials?
  public var umask: UInt32?
  /// A descriptor that the program gets as this number.
  public var ready: (file: FileDescriptor, number: Int32)?
  public var openFiles: (soft: UInt64, hard: UInt64)?
  public var nice: Int32?
  public var oomScoreAdjust: Int32?
  public var noNewPrivileges = false
  /// Bits: what the program has, whoever it runs as; and what it has not.
  public var capabilities: (kept: UInt64, dropped: UInt64) = (0, 0)
  /// By the kernel's numbers; they count more than `openFiles`.
  /// Three numbers for each: the resource, the soft limit and the hard one.
  public var limits: [UInt64] = []
  /// By which `treeMark(of:)` knows its process and all that descend from it.
  public var mark: TreeMark?
  /// It takes over our own 0, 1 and 2, but for outputs that are descriptors above them, with this
  /// session and these signals. nil: a session of its own, and every signal at its default.
  public var takesOver: (session: CommandSession, signals: SignalDispositions)?

  public init(
    arguments: WordBlock, environment: WordBlock, searchPath: [UInt8], stdin: FileDescriptor,
    stdout: Output, stderr: Output
  ) {
    self.arguments = arguments
    self.environment = environment
    self.searchPath = searchPath
    self.stdin = stdin
    self.stdout = stdout
    self.stderr = stderr
  }

  /// Forks and execs; the pid. What goes wrong after the fork comes through `report`.
  public func spawn(report: FileDescriptor) throws(Errno) -> Int32 {
    var request = cl_spawn()
    request.stdin_fd = stdin.number
    request.ready_fd = ready?.file.number ?? -1
    request.ready_target = ready?.number ?? -1
    request.redirect_stderr = redirectStderr ? 1 : 0
    request.umask = umask.map { Int64($0) } ?? -1
    if let openFiles { cl_spawn_set_limit(&request, 7, openFiles.soft, openFiles.hard) }
    var index = 0
    while index + 2 < limits.count {
      cl_spawn_set_limit(
        &request, Int32(clamping: limits[index]), limits[index + 1], limits[index + 2])
      index += 3
    }
    if let mark { (request.mark_locks, request.mark_resident) = (mark.locks, mark.resident) }
    if let nice { (request.sets_nice, request.nice) = (1, nice) }
    if let oomScoreAdjust { (request.sets_oom, request.oom_score_adj) = (1, oomScoreAdjust) }
    request.no_new_privileges = noNewPrivileges ? 1 : 0
    request.capabilities_kept = capabilities.kept
    request.capabilities_dropped = capabilities.dropped
    request.report_fd = report.number
    if let takesOver {
      request.keep_descriptors = 1
      request.session = takesOver.session.word
      request.blocked = takesOver.signals.blocked
      request.ignored = takesOver.signals.ignored
    }
    var paths = PathBlock()
    let searchPathStart = paths.append(searchPath)
    let directoryStart = directory.map { paths.append($0) }
    var stdoutStart: Int?
    switch stdout {
    case .descriptor(let file): request.stdout_fd = file.number
    case .file(let path): stdoutStart = paths.append(path)
    }
    var stderrStart: Int?
    switch stderr {
    case .descriptor(let file): request.stderr_fd = file.number
    case .file(let path): stderrStart = redirectStderr ? nil : paths.append(path)
    }
    if let credentials {
      request.set_user = 1
      request.uid = credentials.uid
      request.gid = credentials.gid
      request.group_count = Int32(credentials.groups.count)
    }
    let pid = withPointers(arguments) { arguments in
      withPointers(environment) { environment in
        paths.bytes.withUnsafeBufferPointer { buffer in
          buffer.withMemoryRebound(to: CChar.self) { text in
            (credentials?.groups ?? []).withUnsafeBufferPointer { groups in
              let base = text.baseAddress!
              request.arguments = arguments
              request.environment = environment
              request.path = base + searchPathStart
              request.directory = directoryStart.map { base + $0 }
              request.stdout_path = stdoutStart.map { base + $0 }
              request.stderr_path = stderrStart.map { base + $0 }
              request.groups = groups.baseAddress
              return cl_spawn(&request)
            }
          }
        }
      }
    }
    guard pid > 0 else { throw Errno.last }
    return pid
  }

  private func withPointers(
    _ block: WordBlock, _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> pid_t
  ) -> pid_t {
    block.bytes.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        // An empty block has no bytes to point to, but still its null pointer at the end.
        let empty: StaticString = ""
        let base =
          text.baseAddress ?? UnsafeRawPointer(empty.utf8Start).assumingMemoryBound(to: CChar.self)
        return block.pointers(base).withUnsafeBufferPointer { body($0.baseAddress!) }
      }
    }
  }
}

/// C strings one after the other.
private struct PathBlock {
  var bytes: [UInt8] = []

  /// Where the path begins.
  mutating func append(_ path: [UInt8]) -> Int {
    let start = bytes.count
    bytes.append(contentsOf: path)
    bytes.append(0)
    return start
  }
}
