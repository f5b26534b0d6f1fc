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

  @inline(never)
  init(_ kind: SectionKind) {
    self.kind = kind
    options = kind.allOptions
    values = [Value](repeating: .unset, count: options.count)
    settings = [Setting?](repeating: nil, count: options.count)
  }

  @inline(never)
  func index(_ name: StaticString) -> Int? {
    for index in options.indices where options[index].name.hasSameText(as: name) { return index }
    return nil
  }

  /// Where it was set; nil: it was not.
  @inline(never)
  func setting(_ name: StaticString) -> Setting? {
    guard let index = index(name) else { return nil }
    return settings[index]
  }
  @inline(never)
  func place(_ name: StaticString) -> Place? { setting(name)?.entry.place }

  @inline(never)
  private func value(_ name: StaticString) -> Value {
    guard let index = index(name) else { return .unset }
    return values[index]
  }

  @inline(never)
  func number(_ name: StaticString) -> Int64? {
    if case .number(let number) = value(name) { return number }
    return nil
  }
  @inline(never)
  func flag(_ name: StaticString) -> Bool { number(name) == 1 }
  func duration(_ name: StaticString) -> Nanoseconds { Nanoseconds(number(name) ?? 0) }
  func int32(_ name: StaticString) -> Int32 { Int32(clamping: number(name) ?? 0) }
  @inline(never)
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
  @inline(never)
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

  @inline(never)
  mutating func expand(_ entry: Entry, _ option: Option, _ names: ExpansionNames) -> ByteString? {
    var expander = Expander(entry.value, names, here: directory(of: entry.place.file))
    let text = expander.expand()
    for failure in expander.failures {
      faults.error(
        entry.place,
        message(
          "cannot expand {q} in {}: {}", failure.piece, ByteString(option.name), failure.reason))
    }
    return text
  }

  /// Reads a text by its kind, with the remarks that the text itself earns.
  @inline(never)
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
        entry.place, fold: "fraction",
        message("Supervisor takes only whole seconds for {}", entry.key))
    }
    if case .exitcodes(let codes) = value, codes.signals.bits != 0 {
      faults.warn(
        entry.place, fold: "exitcodes", "Supervisor takes only numbers for exitcodes, no signals")
    }
    return value
  }

  @inline(never)
  private mutating func reject(_ text: ByteString, _ option: Option, _ entry: Entry) {
    var problem = message("cannot read {} {q}", ByteString(option.name), text)
    if text != entry.value { problem.append(message(" (from {q})", entry.value)) }
    problem.append(literal: ": ")
    let isNumber = option.kind == .integer || option.kind == .octal
    problem.append(isNumber ? option.range : ByteString(option.kind.allowed))
    if option.kind == .signal, text.bytes.contains(UInt8(ascii: ",")) {
      problem.append(literal: "; sequences are not in this version")
    }
    faults.error(entry.place, problem)
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
      faults.error(entry.place, message("cannot read command {q}: {}", entry.value, error.reason))
      return nil
    }
  }

  private mutating func readEnvironment(_ text: ByteString, _ entry: Entry) -> Value? {
    do throws(Rejection) {
      let pairs = try EnvironmentPairs(text)
      remarkUnquoted(pairs, entry)
      return .text(pairs.block)
    } catch {
      faults.error(
        entry.place, message("cannot read environment {q}: {}", entry.value, error.reason))
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
      if !forms.isEmpty { forms.append(literal: ",") }
      forms.append(message("{s}", pair.name + "=" + value))
    }
    if forms.isEmpty { return }
    faults.warn(
      entry.place,
      message("Supervisor would read this environment differently without quotes: {}", forms))
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
    if kind == .octal {
      return message("an octal number of 0 to 0{} is allowed, as 022", octal(Int64(highest)))
    }
    if lowest == .min { return "a whole number is allowed, of 32 bits" }
    if highest == .max {
      return message("a whole number, {} or more, is allowed", decimal(Int64(lowest)))
    }
    return message(
      "a whole number of {} to {} is allowed", decimal(Int64(lowest)), decimal(Int64(highest)))
  }
}
