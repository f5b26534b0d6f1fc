/// Every effective value with its place: what `check --json` prints. Made only when asked for, so
/// that the running PID 1 keeps nothing of it.
public struct Report: Equatable, Sendable {
  public struct Value: Equatable, Sendable {
    public var option: ByteString
    public var text: ByteString
    /// Where it was set; nil: the default.
    public var file: ByteString?
    public var line: Int
  }
  public var globals: [Value] = []
  /// As `Configuration.programs`.
  public var programs: [[Value]] = []

  public init() {}

  /// The whole effective configuration as one JSON object.
  public func json(_ configuration: Configuration, _ faults: [Fault]) -> [UInt8] { [] }
}

extension Configuration {
  /// The programs in the order in which they start, one line each: level, name, command.
  public func listing() -> [UInt8] { [] }
}
