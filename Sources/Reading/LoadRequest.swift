import Basics
import Configuration

/// What a path is.
public enum PathKind: Sendable {
  case file, directory
  /// Not there or not to be had; the reason as strerror(3) words it.
  case missing(reason: ByteString)
}

public enum FileContents: Sendable {
  case bytes([UInt8])
  /// More than the limit asked for.
  case tooLarge
  case failed(reason: ByteString)
}

public enum DirectoryListing: Sendable {
  /// The names without their directory, in any order.
  case names([ByteString])
  case failed(reason: ByteString)
}

/// What the loader asks of the outside world: files, glob, users. The real one calls libc, tests
/// have their own, and the loader itself stays free of system calls.
public protocol ConfigurationSource {
  func kind(of path: ByteString) -> PathKind
  /// The whole file, unless it is longer than `limit` bytes.
  func read(_ path: ByteString, limit: Int) -> FileContents
  func entries(of directory: ByteString) -> DirectoryListing
  /// The paths that match, as glob(3) gives them; none is no failure.
  func matches(of pattern: ByteString) -> DirectoryListing
  /// Whether `name`, `uid`, `name:group` or `uid:gid` can be resolved now.
  func userIsKnown(_ user: ByteString) -> Bool
  func groupIsKnown(_ group: ByteString) -> Bool
  /// The names of all users, or of all groups, for a hint.
  func accountNames(groups: Bool) -> [ByteString]
  /// Whether `host` is a numeric address, or stands in /etc/hosts.
  func hostIsKnown(_ host: ByteString) -> Bool
}

/// What is to be read, and in which surroundings.
public struct LoadRequest: Sendable {
  /// The paths of `-c` in order: directories or files.
  public var paths: [ByteString]
  /// The inherited environment, `NAME=value` each.
  public var environment: [ByteString]
  /// For `%(host_node_name)s`.
  public var hostName: ByteString
  /// Unknown options and sections are errors (`--strict`).
  public var strict: Bool
  /// The files are judged, perhaps elsewhere than in their image: an unknown user is a warning.
  public var isElsewhere = false
  /// Global options from the command line, which count before those of the files.
  public var overrides: [(key: ByteString, value: ByteString)] = []
  /// Where they come from, as errors name it.
  public var overridesSource: ByteString = "command line"
  /// A supervisord was called: the files are Supervisor's, whatever sections they have.
  public var asSupervisor = false

  public init(
    paths: [ByteString], environment: [ByteString] = [], hostName: ByteString = "localhost",
    strict: Bool = false
  ) {
    self.paths = paths
    self.environment = environment
    self.hostName = hostName
    self.strict = strict
  }
}

public struct LoadResult: Sendable {
  /// Only to be run when there are no errors.
  public var configuration: Configuration
  /// All of all files, in the order of the files and their lines.
  public var faults: [Fault]

  public var hasErrors: Bool {
    for fault in faults where fault.severity == .error { return true }
    return false
  }
}

/// Bounds of what is read. Each keeps a mistake (a log given as configuration, a slipped digit)
/// from costing PID 1 its memory; real files are a hundred times smaller.
public enum Limit {
  /// Bytes of one file.
  public static let file = 1 << 20
  /// Bytes of one line.
  public static let line = 64 << 10
  /// Bytes of one value with its variables put in: four times the longest line.
  public static let value = 256 << 10
  /// Sections of all files together.
  public static let sections = 20_000
  /// Processes of all programs together.
  public static let processes = 10_000
  /// Dependencies between two processes: of programs with many processes each waits for all.
  public static let dependencies = 100_000
}
