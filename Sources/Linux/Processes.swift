import CLinux

/// A child that has ended and was reaped.
public struct EndedProcess: Sendable {
  public var pid: Int32
  /// The signal that ended it, or 0.
  public var signal: Int32
  public var code: Int32
}

public enum Reaped: Sendable {
  case one(EndedProcess)
  /// There are children, but none has ended.
  case noneEnded
  case noChildren
}

/// Reaps one child, whoever it is (`waitpid(2)` with WNOHANG).
public func reapOne() -> Reaped {
  var ended = cl_ended()
  switch cl_reap(&ended) {
  case 1: return .one(EndedProcess(pid: ended.pid, signal: ended.signal, code: ended.code))
  case 0: return .noneEnded
  default: return cl_errno() == ECHILD ? .noChildren : .noneEnded
  }
}

/// Reaps one child that was in this process group, if one has ended.
public func reapOne(ofGroup group: Int32) -> EndedProcess? {
  var ended = cl_ended()
  guard cl_reap_group(group, &ended) == 1 else { return nil }
  return EndedProcess(pid: ended.pid, signal: ended.signal, code: ended.code)
}

public func processID() -> Int32 { getpid() }
public func effectiveUserID() -> UInt32 { geteuid() }
public func effectiveGroupID() -> UInt32 { getegid() }

/// Orphans among our descendants become our children, as they do of PID 1.
public func becomeSubreaper() throws(Errno) {
  guard cl_become_subreaper() == 0 else { throw Errno.last }
}

/// Opens 0, 1 and 2 where they are closed; nothing else that is open now reaches a child.
public func secureDescriptors() throws(Errno) {
  guard cl_secure_descriptors() == 0 else { throw Errno.last }
}

/// The soft and hard limits of open files that we were started with; ours is raised to the hard
/// one. nil where that cannot be done, which leaves everything as it was.
public func raiseOpenFileLimit() -> (soft: UInt64, hard: UInt64)? {
  var soft: UInt64 = 0
  var hard: UInt64 = 0
  guard cl_raise_open_files(&soft, &hard) == 0 else { return nil }
  return (soft, hard)
}

/// Raises the hard limit of open files, and the soft one with it. False: that is not allowed.
public func raiseHardFileLimit(to limit: UInt64) -> Bool { cl_set_open_files(limit) == 0 }

/// Gives back the memory that holds our own code and constants: what reading the configuration
/// needed is not needed again, and the rest comes back from the page cache when it is touched.
public func forgetStartupCode() { cl_forget_startup_code() }

/// Nanoseconds on a clock of ours: CLOCK_MONOTONIC, less the time that was forgotten.
public func monotonicNow() -> Int64 { Int64(truncatingIfNeeded: cl_monotonic_now()) }

/// Turns `monotonicNow` back: so long everything stood still, and no deadline has come nearer.
public func forgetTime(_ nanoseconds: Int64) { cl_forget_time(UInt64(max(0, nanoseconds))) }

/// A step on the way to a running program, as a message names it.
public struct SpawnStep: Equatable, Sendable {
  public var number: UInt8
  /// Which of several things it was: a resource, a capability. Says nothing about equality.
  public var detail: UInt8 = 0
  public init(number: UInt8) { self.number = number }
  init(_ step: cl_step) { number = UInt8(truncatingIfNeeded: step.rawValue) }
  /// As the child reports it.
  init(word: Int32) {
    number = UInt8(truncatingIfNeeded: word)
    detail = UInt8(truncatingIfNeeded: word >> Int32(CL_STEP_DETAIL))
  }

  public static func == (left: SpawnStep, right: SpawnStep) -> Bool { left.number == right.number }

  public static let pipe = SpawnStep(CL_STEP_PIPE)
  public static let fork = SpawnStep(CL_STEP_FORK)
  public static let session = SpawnStep(CL_STEP_SESSION)
  public static let limits = SpawnStep(CL_STEP_LIMITS)
  public static let stdin = SpawnStep(CL_STEP_STDIN)
  public static let stdout = SpawnStep(CL_STEP_STDOUT)
  public static let stderr = SpawnStep(CL_STEP_STDERR)
  public static let groups = SpawnStep(CL_STEP_GROUPS)
  public static let gid = SpawnStep(CL_STEP_GID)
  public static let uid = SpawnStep(CL_STEP_UID)
  public static let proof = SpawnStep(CL_STEP_PROOF)
  public static let directory = SpawnStep(CL_STEP_DIRECTORY)
  public static let exec = SpawnStep(CL_STEP_EXEC)
  /// The look-up of the user, before the fork.
  public static let user = SpawnStep(CL_STEP_USER)
  public static let group = SpawnStep(CL_STEP_GROUP)
  /// The terminal's foreground.
  public static let terminal = SpawnStep(CL_STEP_TERMINAL)
  public static let nice = SpawnStep(CL_STEP_NICE)
  public static let oomScore = SpawnStep(CL_STEP_OOM)
  public static let capabilities = SpawnStep(CL_STEP_CAPABILITIES)
  /// `detail` is the capability.
  public static let keepCapability = SpawnStep(CL_STEP_KEEP)
  public static let dropCapability = SpawnStep(CL_STEP_DROP)
  public static let noNewPrivileges = SpawnStep(CL_STEP_PRIVILEGES)
  /// Before the fork too.
  public static let environmentFile = SpawnStep(CL_STEP_ENV_FILE)
  /// The line stands in the place of the errno.
  public static let environmentLine = SpawnStep(CL_STEP_ENV_LINE)
  /// `detail` is its place in the list.
  public static let secret = SpawnStep(CL_STEP_SECRET)
}

/// Both ends of the pipe that `make` makes; it may have made them and failed then.
func makePipe(
  _ make: (UnsafeMutablePointer<Int32>) -> Int32
) throws(Errno) -> (reader: FileDescriptor, writer: FileDescriptor) {
  var ends: (Int32, Int32) = (-1, -1)
  let result = withUnsafeMutablePointer(to: &ends) { pointer in
    pointer.withMemoryRebound(to: Int32.self, capacity: 2) { make($0) }
  }
  guard result == 0 else {
    let failure = Errno.last
    if ends.0 >= 0 { FileDescriptor(number: ends.0).close() }
    if ends.1 >= 0 { FileDescriptor(number: ends.1).close() }
    throw failure
  }
  return (FileDescriptor(number: ends.0), FileDescriptor(number: ends.1))
}

/// The pipe through which a child tells why it could not become its program. It closes by itself
/// when exec succeeds.
public struct ReportPipe {
  public let reader: FileDescriptor
  public let writer: FileDescriptor

  public init() throws(Errno) {
    (reader, writer) = try makePipe(cl_report_pipe)
  }

  public enum Answer {
    case nothingYet
    case executed
    case failed(step: SpawnStep, Errno)
  }

  /// Reads from the reading end, without waiting.
  public static func read(_ reader: FileDescriptor) -> Answer {
    var report = cl_report()
    do throws(Errno) {
      var failure: Errno?
      let count = withUnsafeMutableBytes(of: &report) { buffer -> Int in
        do throws(Errno) {
          return try reader.read(into: buffer)
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      guard count == MemoryLayout<cl_report>.size else { return .executed }
      return .failed(step: SpawnStep(word: report.step), Errno(code: report.error))
    } catch {
      return error == .wouldBlock ? .nothingYet : .executed
    }
  }
}
