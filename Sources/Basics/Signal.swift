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
  public static let proceed = Signal(number: 18)
  public static let stop = Signal(number: 19)
  public static let terminalStop = Signal(number: 20)
  public static let terminalInput = Signal(number: 21)
  public static let terminalOutput = Signal(number: 22)
  public static let fileSize = Signal(number: 25)
  public static let windowChange = Signal(number: 28)
  public static let power = Signal(number: 30)

  /// The highest number that `kill(2)` takes: SIGRTMAX.
  public static let highest: Int32 = 64
  /// SIGRTMIN as programs see it: the C libraries keep 32 and 33 (glibc) or 32 to 34 (musl).
  public static let realTimeBase: Int32 = 34

  /// Reads a name in any case, with or without SIG, `RTMIN+N`, `RTMAX-N`, or a number of 1…64.
  @inline(never)
  public init?(_ text: ByteString) {
    var word = text.trimmed.uppercased
    if let number = word.unsignedDecimal {
      guard (1...UInt64(Self.highest)).contains(number) else { return nil }
      self.init(number: Int32(number))
      return
    }
    if word.hasPrefix("SIG") { word = word.dropping(3) }
    if let number = Self.number(named: word) {
      self.init(number: number)
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
    guard let offset = word.dropping(6).unsignedDecimal,
      offset <= UInt64(Self.highest - Self.realTimeBase)
    else { return nil }
    self.init(number: base + sign * Int32(offset))
  }

  /// The number of a name in capitals and without SIG.
  private static func number(named name: ByteString) -> Int32? {
    if name.equals("IOT") { return 6 }
    if name.equals("CLD") { return 17 }
    if name.equals("POLL") { return 29 }
    if name.equals("RTMIN") { return realTimeBase }
    if name.equals("RTMAX") { return highest }
    return WordList.signals.index(of: name).map { Int32($0) + 1 }
  }

  /// The name with SIG, as a person writes it: `SIGTERM`, `SIGRTMIN+3`.
  @inline(never)
  public var name: ByteString {
    if number >= 1, number <= 31 {
      return message("SIG{}", ByteString(WordList.signals[Int64(number) - 1]).uppercased)
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

/// Which signal stands for which, on its way to the command.
public struct SignalRewrites: Equatable, Sendable {
  /// `table[n]` for signal n; 0: to nobody; empty: each for itself.
  private var table: [UInt8] = []

  public init() {}

  public func contains(_ signal: Signal) -> Bool {
    let index = Int(signal.number)
    return table.indices.contains(index) && table[index] != UInt8(truncatingIfNeeded: index)
  }

  /// - Parameter new: nil: the signal goes to nobody.
  public mutating func set(_ old: Signal, _ new: Signal?) {
    if table.isEmpty { table = (0...UInt8(Signal.highest)).map { $0 } }
    guard table.indices.contains(Int(old.number)) else { return }
    table[Int(old.number)] = UInt8(truncatingIfNeeded: new?.number ?? 0)
  }

  public func callAsFunction(_ signal: Signal) -> Signal? {
    guard table.indices.contains(Int(signal.number)) else { return signal }
    let number = Int32(table[Int(signal.number)])
    return number == 0 ? nil : Signal(number: number)
  }
}
