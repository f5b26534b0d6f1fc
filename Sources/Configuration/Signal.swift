/// A signal by its number on Linux (x86_64 and aarch64 agree on all of them; `signal(7)`).
public struct Signal: Hashable, Sendable {
  public var number: Int32
  public init(number: Int32) { self.number = number }

  public static let hangup = Signal(number: 1)
  public static let interrupt = Signal(number: 2)
  public static let quit = Signal(number: 3)
  public static let kill = Signal(number: 9)
  public static let user2 = Signal(number: 12)
  public static let brokenPipe = Signal(number: 13)
  public static let terminate = Signal(number: 15)
  public static let child = Signal(number: 17)
  public static let windowChange = Signal(number: 28)
  public static let power = Signal(number: 30)

  /// The highest number that `kill(2)` takes: SIGRTMAX.
  public static let highest: Int32 = 64
  /// SIGRTMIN as programs see it: the C libraries keep 32 and 33 (glibc) or 32 to 34 (musl).
  static let realTimeBase: Int32 = 34

  /// Names without SIG, in the order of the numbers from 1.
  private static let names: [StaticString] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
  ]
  private static let aliases: [(name: StaticString, number: Int32)] = [
    ("IOT", 6), ("CLD", 17), ("POLL", 29), ("RTMIN", realTimeBase), ("RTMAX", highest),
  ]

  /// Reads a name in any case, with or without SIG, `RTMIN+N`, `RTMAX-N`, or a number of 1…64.
  public init?(_ text: ByteString) {
    var word = text.trimmed.uppercased
    if let number = word.unsignedDecimal {
      guard (1...UInt64(Self.highest)).contains(number) else { return nil }
      self.init(number: Int32(number))
      return
    }
    if word.hasPrefix("SIG") { word = ByteString(word.bytes[3...]) }
    for (index, name) in Self.names.enumerated() where word == name {
      self.init(number: Int32(index) + 1)
      return
    }
    for alias in Self.aliases where word == alias.name {
      self.init(number: alias.number)
      return
    }
    let base: Int32
    let sign: Int32
    if word.hasPrefix("RTMIN+") {
      (base, sign) = (Self.realTimeBase, 1)
    } else if word.hasPrefix("RTMAX-") {
      (base, sign) = (Self.highest, -1)
    } else {
      return nil
    }
    guard let offset = ByteString(word.bytes[6...]).unsignedDecimal,
      offset <= UInt64(Self.highest - Self.realTimeBase)
    else { return nil }
    self.init(number: base + sign * Int32(offset))
  }

  /// The name with SIG, as a person writes it: `SIGTERM`, `SIGRTMIN+3`.
  public var name: ByteString {
    if number >= 1, Int(number) <= Self.names.count {
      return message("SIG{}", ByteString(Self.names[Int(number) - 1]))
    }
    if number == Self.realTimeBase { return "SIGRTMIN" }
    if number > Self.realTimeBase, number <= Self.highest {
      return message("SIGRTMIN+{}", decimal(number - Self.realTimeBase))
    }
    return message("signal {}", decimal(number))
  }
}

/// A set of signals 1…64 as one word.
public struct Signals: Hashable, Sendable {
  public var bits: UInt64
  public init(bits: UInt64 = 0) { self.bits = bits }
  public init(_ signals: Signal...) {
    bits = 0
    for signal in signals { insert(signal) }
  }

  /// The bit of a signal; nothing for what is no signal.
  private static func bit(_ signal: Signal) -> UInt64 {
    (1...Signal.highest).contains(signal.number) ? 1 << UInt64(signal.number - 1) : 0
  }
  public func contains(_ signal: Signal) -> Bool { bits & Self.bit(signal) != 0 }
  public mutating func insert(_ signal: Signal) { bits |= Self.bit(signal) }
  public mutating func remove(_ signal: Signal) { bits &= ~Self.bit(signal) }
}
