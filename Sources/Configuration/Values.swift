// The text of an option -> its value, by kind. Nothing here knows a place or makes a message: nil
// means that the text is no such value.

/// The value of one option.
enum Value {
  /// Nothing is set, and nothing is the default.
  case unset
  /// Every kind that is a number or one of a few words (then the raw value of its enum).
  case number(Int64)
  /// Bytes as they are; for commands and environments the entries, each ended by a NUL.
  case text(ByteString)
  case exitcodes(ExitCodes)
  case pauses(first: Nanoseconds, greatest: Nanoseconds)
}

extension Option {
  /// Reads a text that is already expanded and without blanks at its ends.
  @inline(never)
  func value(of text: ByteString) -> Value? {
    switch kind {
    case .flag: number(parseFlag(text).map { $0 ? 1 : 0 })
    case .integer: bounded(text.signedDecimal)
    case .seconds: number(parseSeconds(text)?.count)
    case .size: number(parseSize(text))
    case .octal: bounded(parseOctal(text))
    case .signal: number(Signal(text).map { Int64($0.number) })
    case .signals: number(parseSignals(text).map { Int64(bitPattern: $0.bits) })
    case .exitcodes: parseExitCodes(text).map { .exitcodes($0) }
    case .autorestart: number(parseAutorestart(text).map { Int64($0.rawValue) })
    case .essential: number(parseEssential(text).map { Int64($0.rawValue) })
    case .restartDelay: parsePauses(text)
    case .exitOnSignal: word(text, ["0", "signal", "failure"])
    case .userPolicy: word(text, ["run", "require"])
    case .loglevel:
      word(text, ["critical", "error", "warn", "info", "debug", "trace", "blather"])
    case .user: isUser(text) ? .text(text) : nil
    case .processName: isName(text) ? .text(text) : nil
    case .names: areNames(text) ? .text(text) : nil
    case .events: areEvents(text) ? .text(text) : nil
    case .address: isAddress(text) ? .text(text) : nil
    case .socket: isSocket(text) ? .text(text) : nil
    case .path, .logfile: text.isEmpty ? nil : .text(text)
    case .command, .environment, .text: .text(text)
    }
  }

  private func number(_ value: Int64?) -> Value? {
    guard let value else { return nil }
    return .number(value)
  }

  private func bounded(_ value: Int64?) -> Value? {
    guard let value, value >= Int64(lowest), value <= Int64(highest) else { return nil }
    return .number(value)
  }

  private func word(_ text: ByteString, _ words: [StaticString]) -> Value? {
    let lower = text.lowercased
    for index in words.indices where lower == words[index] { return .number(Int64(index)) }
    return nil
  }
}

@inline(never)
func parseFlag(_ text: ByteString) -> Bool? {
  let lower = text.lowercased
  for word: StaticString in ["true", "yes", "on", "t", "y", "1"] where lower == word { return true }
  for word: StaticString in ["false", "no", "off", "f", "n", "0"] where lower == word {
    return false
  }
  return nil
}

/// `10`, `0.5`, `.5`; not negative, at most nine digits behind the point.
func parseSeconds(_ text: ByteString) -> Nanoseconds? {
  let parts = (text.hasPrefix("+") ? text.dropping(1) : text).split(at: UInt8(ascii: "."))
  guard parts.count <= 2 else { return nil }
  if parts.count == 2, parts[0].isEmpty, parts[1].isEmpty { return nil }
  guard let whole = parts[0].isEmpty && parts.count == 2 ? 0 : parts[0].unsignedDecimal,
    whole <= UInt64(Int64.max)
  else { return nil }
  let seconds = Nanoseconds.seconds(Int64(whole))
  guard parts.count == 2, !parts[1].isEmpty else { return seconds }
  guard parts[1].count <= 9, var fraction = parts[1].unsignedDecimal else { return nil }
  for _ in parts[1].count..<9 { fraction *= 10 }
  let (sum, overflow) = seconds.count.addingReportingOverflow(Int64(fraction))
  return Nanoseconds(overflow ? .max : sum)
}

/// `10`, `50KB`, `50MB`, `1GB` in any case, factor 1024.
func parseSize(_ text: ByteString) -> Int64? {
  let lower = text.lowercased
  var factor: Int64 = 1
  var digits = lower
  if lower.hasSuffix("kb") { factor = 1 << 10 }
  if lower.hasSuffix("mb") { factor = 1 << 20 }
  if lower.hasSuffix("gb") { factor = 1 << 30 }
  if factor > 1 { digits = ByteString(lower.bytes.dropLast(2)).trimmed }
  guard let number = digits.signedDecimal, number >= 0 else { return nil }
  return number.clampedProduct(factor)
}

func parseOctal(_ text: ByteString) -> Int64? {
  guard let value = (text.hasPrefix("0o") ? text.dropping(2) : text).unsigned(base: 8),
    value <= UInt64(Int32.max)
  else { return nil }
  return Int64(value)
}

/// A comma list; at least one.
func parseSignals(_ text: ByteString) -> Signals? {
  var signals = Signals()
  for part in text.split(at: UInt8(ascii: ",")) {
    guard let signal = Signal(part) else { return nil }
    signals.insert(signal)
  }
  return signals
}

/// A comma list of 0…255 and names of signals; an empty one expects nothing.
func parseExitCodes(_ text: ByteString) -> ExitCodes? {
  var codes = ExitCodes()
  if text.isEmpty { return codes }
  for part in text.split(at: UInt8(ascii: ",")) {
    let word = part.trimmed
    if let number = word.unsignedDecimal {
      guard number <= 255 else { return nil }
      codes.insert(UInt8(number))
    } else if let signal = Signal(word) {
      codes.signals.insert(signal)
    } else {
      return nil
    }
  }
  return codes
}

func parseAutorestart(_ text: ByteString) -> Autorestart? {
  if text.lowercased.equals("unexpected") { return .unexpected }
  return parseFlag(text).map { $0 ? .always : .never }
}

func parseEssential(_ text: ByteString) -> Essential? {
  let lower = text.lowercased
  if lower.equals("none") { return Essential.none }
  if lower.equals("fatal") { return .fatal }
  if lower.equals("exit") { return .exit }
  return parseFlag(text).map { $0 ? .exit : .none }
}

func parsePauses(_ text: ByteString) -> Value? {
  let parts = text.split(at: UInt8(ascii: ","))
  guard parts.count <= 2, let first = parseSeconds(parts[0].trimmed),
    let greatest = parseSeconds(parts[parts.count - 1].trimmed), first <= greatest
  else { return nil }
  return .pauses(first: first, greatest: greatest)
}

/// A user, and perhaps a group behind a colon; neither empty.
private func isUser(_ text: ByteString) -> Bool {
  let parts = text.split(at: UInt8(ascii: ":"))
  guard parts.count <= 2 else { return false }
  for part in parts {
    if part.isEmpty { return false }
    for byte in part.bytes where byte.isBlank || byte == UInt8(ascii: "/") { return false }
  }
  return true
}

/// A name of a program, process or group.
@inline(never)
func isName(_ text: ByteString) -> Bool {
  for byte in text.bytes
  where byte.isBlank || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/") {
    return false
  }
  return !text.isEmpty
}

/// Comma-separated, a comma at the end allowed; at least one.
private func areNames(_ text: ByteString) -> Bool {
  for name in namesBetweenCommas(text) where !isName(name) { return false }
  return !namesBetweenCommas(text).isEmpty
}

/// The trimmed parts between commas, without an empty last one.
@inline(never)
func namesBetweenCommas(_ text: ByteString) -> [ByteString] {
  var names = text.split(at: UInt8(ascii: ","))
  for index in names.indices { names[index] = names[index].trimmed }
  if let last = names.last, last.isEmpty { names.removeLast() }
  return names
}

/// The events of Supervisor 4.3 and their parents, in one word list.
private let eventNames: StaticString =
  """
  EVENT PROCESS_STATE PROCESS_STATE_STARTING PROCESS_STATE_BACKOFF PROCESS_STATE_RUNNING \
  PROCESS_STATE_STOPPING PROCESS_STATE_STOPPED PROCESS_STATE_EXITED PROCESS_STATE_FATAL \
  PROCESS_STATE_UNKNOWN PROCESS_STATE_STARTING_OR_RUNNING PROCESS_LOG PROCESS_LOG_STDOUT \
  PROCESS_LOG_STDERR PROCESS_COMMUNICATION PROCESS_COMMUNICATION_STDOUT \
  PROCESS_COMMUNICATION_STDERR REMOTE_COMMUNICATION SUPERVISOR_STATE_CHANGE \
  SUPERVISOR_STATE_CHANGE_RUNNING SUPERVISOR_STATE_CHANGE_STOPPING TICK TICK_5 TICK_60 TICK_3600 \
  PROCESS_GROUP PROCESS_GROUP_ADDED PROCESS_GROUP_REMOVED
  """

private func areEvents(_ text: ByteString) -> Bool {
  let known = ByteString(eventNames).wordsBetweenBlanks
  for name in namesBetweenCommas(text) where !known.contains(name.uppercased) { return false }
  return !namesBetweenCommas(text).isEmpty
}

private func isPort(_ text: ByteString) -> Bool {
  guard let port = text.unsignedDecimal else { return false }
  return port <= 65_535
}

/// `9001`, `*:9001`, `host:9001`, `:9001`, `[::1]:9001`.
private func isAddress(_ text: ByteString) -> Bool {
  guard let colon = text.bytes.lastIndex(of: UInt8(ascii: ":")) else { return isPort(text) }
  return isPort(text.dropping(colon + 1))
}

private func isSocket(_ text: ByteString) -> Bool {
  if text.hasPrefix("unix:///") { return text.count > 8 }
  guard text.hasPrefix("tcp://") else { return false }
  let rest = text.dropping(6)
  return !rest.hasPrefix(":") && rest.bytes.contains(UInt8(ascii: ":")) && isAddress(rest)
}
