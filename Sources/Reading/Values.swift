// The text of an option -> its value, by kind. Nothing here knows a place or makes a message: nil
// means that the text is no such value.

import Basics
import Configuration

/// The value of one option: a number, a text, or nothing where nothing is set and nothing is the
/// default.
package final class Value {
  /// Of every kind that is a number or one of a few words (then the raw value of its enum).
  package let number: Int64?
  /// Of all other kinds, as it is; for commands and environments the entries, each ended by a NUL.
  package let text: ByteString?
  /// Where it was set; nil: it was not.
  package var entry: Entry?
  /// What was set, after expansion.
  package var written = ByteString()

  package init(number: Int64? = nil, text: ByteString? = nil) {
    self.number = number
    self.text = text
  }
}

/// Whether the text is a number of seconds, as the options of that kind take it.
public func isDuration(_ text: ByteString) -> Bool { parseSeconds(text).map { $0 >= 0 } ?? false }

extension Option {
  /// Reads a text that is already expanded and without blanks at its ends.
  @inline(never)
  package func value(of text: ByteString) -> Value? {
    switch kind {
    case .flag: number(parseFlag(text))
    case .integer: bounded(text.signedDecimal)
    case .seconds: number(parseSeconds(text).flatMap { $0 < Int64(lowest) ? nil : $0 })
    case .size: number(parseSize(text))
    case .octal: bounded(parseOctal(text))
    case .signal: number(Signal(text).map { Int64($0.number) })
    case .signals: number(parseSignals(text).map { Int64(bitPattern: $0.bits) })
    case .stopSignals: self.text(text, parseStopSignals(text) != nil)
    case .exitcodes: parseExitCodes(text) == nil ? nil : Value(text: text)
    case .autorestart:
      number(WordList.autorestart.index(of: text) ?? parseFlag(text).map { $0 * 2 })
    case .essential: number(WordList.essential.index(of: text) ?? parseFlag(text).map { $0 * 2 })
    case .schedule: (try? parseSchedule(text)) == nil ? nil : Value(text: text)
    case .restartDelay: parsePauses(text) == nil ? nil : Value(text: text)
    case .exitOnSignal: number(WordList.exitOnSignal.index(of: text))
    case .userPolicy: number(WordList.userPolicy.index(of: text))
    case .loglevel: number(WordList.loglevel.index(of: text))
    case .logFormat: number(WordList.logFormat.index(of: text))
    case .user: self.text(text, isUser(text))
    case .processName: self.text(text, isName(text))
    case .names: self.text(text, areNames(text))
    case .events: self.text(text, areEvents(text))
    case .address: self.text(text, isAddress(text))
    case .socket: self.text(text, isSocket(text))
    case .limit: self.text(text, parseLimit(text) != nil)
    case .capabilities: number(capabilities(text))
    case .secrets: self.text(text, parseSecrets(text) != nil)
    case .standardInput: number(WordList.standardInputs.index(of: text))
    case .programs: self.text(text, parsePrograms(text) != nil)
    case .waits: self.text(text, parseWaits(text, Place(file: 0, line: 0)) != nil)
    case .probe: self.text(text, Probe.parse(text) != nil)
    case .path, .logfile: self.text(text, !text.isEmpty)
    case .command, .environment, .text: self.text(text, true)
    }
  }

  private func capabilities(_ text: ByteString) -> Int64? {
    var bad = ByteString()
    return parseCapabilities(text, bad: &bad).map { Int64(bitPattern: $0) }
  }

  @inline(never)
  private func number(_ value: Int64?) -> Value? {
    guard let value else { return nil }
    return Value(number: value)
  }

  private func bounded(_ value: Int64?) -> Value? {
    guard let value, value >= Int64(lowest), value <= Int64(highest) else { return nil }
    return number(value)
  }

  @inline(never)
  private func text(_ text: ByteString, _ isGood: Bool) -> Value? {
    isGood ? Value(text: text) : nil
  }
}

/// 0 or 1.
package func parseFlag(_ text: ByteString) -> Int64? {
  WordList.flag.index(of: text).map { $0 & 1 }
}

/// `10`, `0.5`, `.5`, as nanoseconds; not negative, at most nine digits behind the point.
@inline(never)
package func parseSeconds(_ text: ByteString) -> Int64? {
  let number = text.hasPrefix("+") ? text.dropping(1) : text
  let point = number.firstIndex(of: UInt8(ascii: ".")) ?? number.count
  let whole = number.slice(0, point)
  let fraction = number.dropping(point + 1)
  // A text without any digit is no number, be there a point in it or not.
  guard !whole.isEmpty || !fraction.isEmpty, fraction.count <= 9 else { return nil }
  guard let seconds = whole.isEmpty ? 0 : whole.unsignedDecimal, seconds <= UInt64(Int64.max),
    var nanoseconds = fraction.isEmpty ? 0 : fraction.unsignedDecimal
  else { return nil }
  for _ in fraction.count..<9 { nanoseconds *= 10 }
  let (sum, overflow) = Int64(seconds).clampedProduct(1_000_000_000)
    .addingReportingOverflow(Int64(nanoseconds))
  return overflow ? .max : sum
}

/// `10`, `50KB`, `50MB`, `1GB` in any case, factor 1024.
package func parseSize(_ text: ByteString) -> Int64? {
  let lower = text.lowercased
  var factor: Int64 = 1
  var digits = lower
  if lower.hasSuffix("kb") { factor = 1 << 10 }
  if lower.hasSuffix("mb") { factor = 1 << 20 }
  if lower.hasSuffix("gb") { factor = 1 << 30 }
  if factor > 1 { digits = lower.slice(0, lower.count - 2).trimmed }
  guard let number = digits.signedDecimal, number >= 0 else { return nil }
  return number.clampedProduct(factor)
}

package func parseOctal(_ text: ByteString) -> Int64? {
  guard let value = (text.hasPrefix("0o") ? text.dropping(2) : text).unsigned(base: 8),
    value <= UInt64(Int32.max)
  else { return nil }
  return Int64(value)
}

/// A comma list; at least one.
package func parseSignals(_ text: ByteString) -> Signals? {
  var signals = Signals()
  for part in text.split(at: UInt8(ascii: ",")) {
    guard let signal = Signal(part) else { return nil }
    signals.insert(signal)
  }
  return signals
}

/// A comma list of 0…255 and names of signals; an empty one expects nothing.
@inline(never)
package func parseExitCodes(_ text: ByteString) -> ExitCodes? {
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

/// One or two lengths of time; one counts for both.
@inline(never)
package func parsePauses(_ text: ByteString) -> PauseRange? {
  let parts = text.split(at: UInt8(ascii: ","))
  guard parts.count <= 2, let first = parseSeconds(parts[0].trimmed),
    let greatest = parseSeconds(parts[parts.count - 1].trimmed), first <= greatest
  else { return nil }
  return PauseRange(Nanoseconds(first), Nanoseconds(greatest))
}

/// A user, and perhaps a group behind a colon; neither empty.
private func isUser(_ text: ByteString) -> Bool {
  let parts = text.split(at: UInt8(ascii: ":"))
  guard parts.count <= 2 else { return false }
  for part in parts where !isName(part) { return false }
  return true
}

/// A name of a program, process or group.
@inline(never)
package func isName(_ text: ByteString) -> Bool {
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
package func namesBetweenCommas(_ text: ByteString) -> [ByteString] {
  var names = text.split(at: UInt8(ascii: ","))
  for index in names.indices { names[index] = names[index].trimmed }
  if let last = names.last, last.isEmpty { names.removeLast() }
  return names
}

private func areEvents(_ text: ByteString) -> Bool {
  let names = namesBetweenCommas(text)
  for name in names where WordList.events.index(of: name) == nil { return false }
  return !names.isEmpty
}

private func isPort(_ text: ByteString) -> Bool {
  guard let port = text.unsignedDecimal else { return false }
  return port <= 65_535
}

/// `9001`, `*:9001`, `host:9001`, `:9001`, `[::1]:9001`.
private func isAddress(_ text: ByteString) -> Bool {
  guard let colon = text.lastIndex(of: UInt8(ascii: ":")) else { return isPort(text) }
  return isPort(text.dropping(colon + 1))
}

private func isSocket(_ text: ByteString) -> Bool {
  if text.hasPrefix("unix:///") { return text.count > 8 }
  guard text.hasPrefix("tcp://") else { return false }
  let rest = text.dropping(6)
  return !rest.hasPrefix(":") && rest.contains(byte: UInt8(ascii: ":")) && isAddress(rest)
}
