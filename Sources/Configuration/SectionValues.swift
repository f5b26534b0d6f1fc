/// The values of one section, every option of its kind expanded, read and defaulted.
struct SectionValues {
  struct Setting {
    var entry: Entry
    /// After expansion.
    var text: ByteString
  }
  let kind: SectionKind
  let options: [Option]
  /// As `options`.
  fileprivate(set) var values: [Value]
  /// As `options`; nil: not set.
  fileprivate(set) var settings: [Setting?]

  init(_ kind: SectionKind) {
    self.kind = kind
    options = kind.allOptions
    values = [Value](repeating: .unset, count: options.count)
    settings = [Setting?](repeating: nil, count: options.count)
  }

  func index(_ name: StaticString) -> Int? {
    for index in options.indices where options[index].name.hasSameText(as: name) { return index }
    return nil
  }

  /// Where it was set; nil: it was not.
  func setting(_ name: StaticString) -> Setting? {
    guard let index = index(name) else { return nil }
    return settings[index]
  }
  func place(_ name: StaticString) -> Place? { setting(name)?.entry.place }

  private func value(_ name: StaticString) -> Value {
    guard let index = index(name) else { return .unset }
    return values[index]
  }

  func number(_ name: StaticString) -> Int64? {
    if case .number(let number) = value(name) { return number }
    return nil
  }
  func flag(_ name: StaticString) -> Bool { number(name) == 1 }
  func duration(_ name: StaticString) -> Nanoseconds { Nanoseconds(number(name) ?? 0) }
  func int32(_ name: StaticString) -> Int32 { Int32(clamping: number(name) ?? 0) }
  func text(_ name: StaticString) -> ByteString? {
    if case .text(let text) = value(name) { return text }
    return nil
  }
  func signal(_ name: StaticString) -> Signal? {
    guard let number = number(name) else { return nil }
    return Signal(number: Int32(clamping: number))
  }
  func exitcodes(_ name: StaticString) -> ExitCodes? {
    if case .exitcodes(let codes) = value(name) { return codes }
    return nil
  }
  func pauses(_ name: StaticString) -> (first: Nanoseconds, greatest: Nanoseconds)? {
    if case .pauses(let first, let greatest) = value(name) { return (first, greatest) }
    return nil
  }
}

extension StaticString {
  func hasSameText(as other: StaticString) -> Bool {
    utf8CodeUnitCount == other.utf8CodeUnitCount
      && UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount).elementsEqual(
        UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
  }
}

extension Reader {
  /// Finds, expands and reads the option at `index`. Errors go to `faults`; the value is then the
  /// default, so that one mistake makes no second message.
  mutating func evaluate(
    _ index: Int, of values: inout SectionValues, _ section: Section, _ names: ExpansionNames
  ) {
    let option = values.options[index]
    let key = ByteString(option.name)
    let entry = section.entry(key) ?? defaults?.entry(key)
    if let entry {
      if let text = expand(entry, option, names),
        let value = read(text.trimmed, option, entry)
      {
        values.values[index] = value
        values.settings[index] = SectionValues.Setting(entry: entry, text: text.trimmed)
        return
      }
      // The default stands in its place.
      values.settings[index] = SectionValues.Setting(entry: entry, text: entry.value)
    }
    let text = option.defaultText
    guard text.utf8CodeUnitCount > 0 else {
      values.values[index] = .unset
      return
    }
    var expander = Expander(ByteString(text), names, here: directory(of: section.place.file))
    values.values[index] = expander.expand().flatMap { option.value(of: $0) } ?? .unset
  }

  mutating func evaluateAll(
    _ values: inout SectionValues, _ section: Section, _ names: ExpansionNames
  ) {
    for index in values.options.indices { evaluate(index, of: &values, section, names) }
  }

  mutating func expand(_ entry: Entry, _ option: Option, _ names: ExpansionNames) -> ByteString? {
    var expander = Expander(entry.value, names, here: directory(of: entry.place.file))
    let text = expander.expand()
    for failure in expander.failures {
      faults.error(
        entry.place,
        "cannot expand \(failure.piece.quoted) in \(ByteString(option.name)): \(failure.reason)")
    }
    return text
  }

  /// Reads a text by its kind, with the remarks that the text itself earns.
  private mutating func read(_ text: ByteString, _ option: Option, _ entry: Entry) -> Value? {
    switch option.kind {
    case .command: return readCommand(text, entry)
    case .environment: return readEnvironment(text, entry)
    case .path, .logfile: return readPath(text, option, entry)
    case .flag, .integer, .seconds, .size, .octal, .signal, .signals, .exitcodes, .autorestart,
      .essential, .restartDelay, .exitOnSignal, .userPolicy, .loglevel, .user, .processName,
      .names, .events, .address, .socket, .text:
      break
    }
    guard let value = option.value(of: text) else {
      reject(text, option, entry)
      return nil
    }
    if option.kind == .seconds, text.bytes.contains(UInt8(ascii: ".")) {
      faults.warn(
        entry.place, fold: "fraction", "Supervisor takes only whole seconds for \(entry.key)")
    }
    if case .exitcodes(let codes) = value, codes.signals.bits != 0 {
      faults.warn(
        entry.place, fold: "exitcodes", "Supervisor takes only numbers for exitcodes, no signals")
    }
    return value
  }

  private mutating func reject(_ text: ByteString, _ option: Option, _ entry: Entry) {
    var message: ByteString = "cannot read \(ByteString(option.name)) \(text.quoted)"
    if text != entry.value { message += " (from \(entry.value.quoted))" }
    if option.kind == .integer || option.kind == .octal {
      message += ": \(option.range)"
    } else {
      message += ": \(ByteString(option.kind.allowed))"
    }
    if option.kind == .signal, text.bytes.contains(UInt8(ascii: ",")) {
      message += "; sequences are not in this version"
    }
    faults.error(entry.place, message)
  }

  private mutating func readCommand(_ text: ByteString, _ entry: Entry) -> Value? {
    do throws(Rejection) {
      let words = try CommandWords(text)
      if words.joinsLines {
        faults.warn(
          entry.place, fold: "joined lines",
          "a \"\\\" at the end of a line joins it with the next; Supervisor would pass the line end"
            + " to the program")
      }
      return .text(words.block)
    } catch {
      faults.error(entry.place, "cannot read command \(entry.value.quoted): \(error.reason)")
      return nil
    }
  }

  private mutating func readEnvironment(_ text: ByteString, _ entry: Entry) -> Value? {
    do throws(Rejection) {
      let pairs = try EnvironmentPairs(text)
      remarkUnquoted(pairs, entry)
      return .text(pairs.block)
    } catch {
      faults.error(entry.place, "cannot read environment \(entry.value.quoted): \(error.reason)")
      return nil
    }
  }

  /// Names the values that Supervisor would read differently. They are shown as they stand in the
  /// file, never as expanded: that may be a password.
  private mutating func remarkUnquoted(_ pairs: EnvironmentPairs, _ entry: Entry) {
    var forms = ByteString()
    for pair in pairs.pairs where pair.differs {
      var value: ByteString = "\"...\""
      if let written = try? EnvironmentPairs(entry.value) {
        for other in written.pairs where other.name == pair.name {
          value = other.value.asEnvironmentValue
        }
      }
      if !forms.isEmpty { forms += "," }
      forms += (pair.name + "=" + value).shortened
    }
    if forms.isEmpty { return }
    faults.warn(
      entry.place, "Supervisor would read this environment differently without quotes: \(forms)")
  }

  private mutating func readPath(_ text: ByteString, _ option: Option, _ entry: Entry) -> Value? {
    if text.isEmpty {
      // As Supervisor has it, no log file is the same as NONE.
      if option.kind == .logfile { return .text("NONE") }
      reject(text, option, entry)
      return nil
    }
    if option.kind == .logfile, entry.value.contains("%%") {
      faults.warn(
        entry.place, fold: "doubled percent",
        "\"%%\" is one \"%\" here; Supervisor expands log files twice and needs four")
    }
    guard text.hasPrefix("~") && (text.count == 1 || text.hasPrefix("~/")),
      let home = names.variable("HOME"), !home.isEmpty
    else { return .text(text) }
    return .text(home + text.dropping(1))
  }
}

extension Option {
  /// What an error says about bounds.
  fileprivate var range: ByteString {
    let what: StaticString = kind == .octal ? "an octal number" : "a whole number"
    if kind == .octal { return "\(what) of 0 to 0\(ByteString(octal: Int64(highest))) is allowed, as 022" }
    if lowest == .min { return "\(what) is allowed, below 2147483648 in size" }
    if highest == .max { return "\(what), \(lowest) or more, is allowed" }
    return "\(what) of \(lowest) to \(highest) is allowed"
  }
}
