// The options of a section: found, expanded, read, and given their defaults.

import Basics
import Configuration

extension Reader {
  /// Finds, expands and reads the option at `index`. Errors go to `faults`; the value is then the
  /// default, so that one mistake makes no second message.
  @inline(never)
  package func evaluate(
    _ index: Int, of values: SectionValues, _ section: Section, _ names: ExpansionNames
  ) {
    let option = values.options[index]
    let entry = section.entry(option.name) ?? defaults?.entry(option.name)
    if entry == nil, option.defaultText.isEmpty {
      values.values[index] = values.unset
      return
    }
    var value: Value?
    var written = ByteString()
    if let entry {
      written = entry.value
      if let text = expand(entry, option, names)?.trimmed {
        value = read(text, option, entry)
        if value != nil { written = text.withInsertionsPlain }
      }
    }
    // The default stands in for what cannot be read.
    if value == nil, !option.defaultText.isEmpty {
      var expander = Expander(
        ByteString(option.defaultText), names, here: directory(of: section.place.file))
      if let text = expander.expand() { value = option.value(of: text) }
    }
    let result = value ?? Value()
    result.entry = entry
    result.written = written
    values.values[index] = result
  }

  package func evaluateAll(_ values: SectionValues, _ section: Section, _ names: ExpansionNames) {
    for index in values.options.indices { evaluate(index, of: values, section, names) }
  }

  @inline(never)
  package func expand(_ entry: Entry, _ option: Option, _ names: ExpansionNames) -> ByteString? {
    let written = option.kind == .logfile ? entry.value.placesSeparated : entry.value
    var expander = Expander(
      written, names, here: directory(of: entry.place.file),
      marksInsertions: option.kind.isSplitAfterExpansion)
    let text = expander.expand()
    if let text, text.count > Limit.value {
      faults.error(
        entry.place,
        message(
          "cannot expand {}: its value has {} bytes, and {} are allowed", ByteString(option.name),
          decimal(text.count), decimal(Limit.value)))
      return nil
    }
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
  private func read(_ text: ByteString, _ option: Option, _ entry: Entry) -> Value? {
    switch option.kind {
    case .command: return readCommand(text, option, entry)
    case .environment: return readEnvironment(text, entry)
    case .schedule: return readSchedule(text, entry)
    case .path: return readPath(text, option, entry)
    case .logfile: return readPlaces(text, option, entry)
    case .flag, .integer, .seconds, .size, .octal, .signal, .stopSignals, .signals, .exitcodes,
      .autorestart, .essential, .restartDelay, .exitOnSignal, .userPolicy, .loglevel, .logFormat,
      .user, .processName, .names, .events, .address, .socket, .programs, .waits, .probe, .text,
      .limit, .capabilities, .secrets, .standardInput:
      break
    }
    guard let value = option.value(of: text) else {
      reject(text, option, entry)
      return nil
    }
    if option.kind == .seconds, text.contains(byte: UInt8(ascii: ".")),
      option.name.hasSameText(as: "startsecs") || option.name.hasSameText(as: "stopwaitsecs")
    {
      faults.warn(
        entry.place, fold: "fraction",
        message("Supervisor takes only whole seconds for {}", entry.key))
    }
    if option.kind == .exitcodes, parseExitCodes(text)?.signals != Signals() {
      faults.warn(
        entry.place, fold: "exitcodes", "Supervisor takes only numbers for exitcodes, no signals")
    }
    if option.kind == .stopSignals, text.contains(byte: UInt8(ascii: ",")) {
      faults.warn(
        entry.place, fold: "sequence",
        message("Supervisor takes only one signal for {}", entry.key))
    }
    return value
  }

  @inline(never)
  private func reject(_ text: ByteString, _ option: Option, _ entry: Entry) {
    // What is split after its expansion may hold secrets: it is shown as it is written.
    let text = option.kind.isSplitAfterExpansion ? entry.value : text
    var problem = message("cannot read {} {q}", ByteString(option.name), text)
    if text != entry.value { problem.append(message(" (from {q})", entry.value)) }
    problem.append(literal: ": ")
    let isNumber =
      option.kind == .integer || option.kind == .octal
      || option.kind == .seconds && option.lowest > 0
    problem.append(isNumber ? option.range : option.kind.allowed)
    if option.kind == .capabilities {
      var bad = ByteString()
      _ = parseCapabilities(text, bad: &bad)
      problem.append(WordList.capabilities.nearest(to: bad).question)
    }
    faults.error(entry.place, problem)
  }

  private func readCommand(_ text: ByteString, _ option: Option, _ entry: Entry) -> Value? {
    do throws(Rejection) {
      let words = try CommandWords(text)
      if words.joinsLines {
        faults.warn(
          entry.place, fold: "joined lines",
          """
          a "\\" at the end of a line joins it with the next; Supervisor would pass the line end \
          to the program
          """)
      }
      remarkInsertions(text, words, option, entry)
      return Value(text: words.block)
    } catch {
      faults.error(
        entry.place,
        message(
          "cannot read {} {q}: {}", ByteString(option.name), entry.value, error.reason))
      return nil
    }
  }

  private func readSchedule(_ text: ByteString, _ entry: Entry) -> Value? {
    do throws(Rejection) {
      _ = try parseSchedule(text)
      return Value(text: text)
    } catch {
      faults.error(entry.place, message("cannot read schedule {q}: {}", text, error.reason))
      return nil
    }
  }

  private func readEnvironment(_ text: ByteString, _ entry: Entry) -> Value? {
    do throws(Rejection) {
      let pairs = try EnvironmentPairs(text)
      remarkDifferences(pairs, entry)
      return Value(text: pairs.block)
    } catch {
      faults.error(
        entry.place, message("cannot read environment {q}: {}", entry.value, error.reason))
      return nil
    }
  }

  /// Says where the value of a variable has blanks or quotes that Supervisor would obey.
  private func remarkInsertions(
    _ text: ByteString, _ words: CommandWords, _ option: Option, _ entry: Entry
  ) {
    let plain = text.withInsertionsPlain
    if !option.name.hasSameText(as: "command") || plain.count == text.count { return }
    if let asSupervisor = try? CommandWords(plain), asSupervisor.block == words.block { return }
    faults.warn(
      entry.place, fold: "inserted words", about: entry.value,
      message(
        """
        the blanks and quotes in the value of a variable stay inside its word; Supervisor would \
        split command {q} at them
        """, entry.value))
  }

  /// Names the values that Supervisor would read differently. They are shown as they stand in the
  /// file, never as expanded: that may be a password.
  private func remarkDifferences(_ pairs: EnvironmentPairs, _ entry: Entry) {
    let written = try? EnvironmentPairs(entry.value)
    var forms = ByteString()
    var inserted = ByteString()
    var impossible = ByteString()
    for pair in pairs.pairs where !pair.isReadAlikeBySupervisor {
      var form: ByteString?
      var isReadAlike = false
      if let other = written?.pair(pair.name) {
        isReadAlike = other.isReadAlikeBySupervisor
        form = other.commonForm(of: other.value)
      }
      if isReadAlike {
        inserted.append(item: pair.name)
      } else if let form {
        forms.append(item: message("{s}", pair.name + "=" + form))
      } else {
        impossible.append(item: message("{s}", pair.name))
      }
    }
    if !forms.isEmpty {
      faults.warn(
        entry.place, fold: "read otherwise", about: forms,
        message("Supervisor would read this otherwise; both read {} alike", forms))
    }
    if !inserted.isEmpty {
      faults.warn(
        entry.place, fold: "inserted pairs", about: inserted,
        message(
          "the quotes and commas in the value of a variable are text; Supervisor would obey them in {}",
          inserted))
    }
    if !impossible.isEmpty {
      faults.warn(
        entry.place, fold: "read by nobody", about: impossible,
        message("Supervisor cannot read {} as it is read here, in whatever quotes", impossible))
    }
  }

  private func readPath(_ text: ByteString, _ option: Option, _ entry: Entry) -> Value? {
    if text.isEmpty {
      reject(text, option, entry)
      return nil
    }
    return Value(text: homeExpanded(text))
  }

  /// With swinit's HOME for a ~ at the beginning.
  package func homeExpanded(_ text: ByteString) -> ByteString {
    guard text.hasPrefix("~") && (text.count == 1 || text.hasPrefix("~/")),
      let home = names.variable("HOME"), !home.isEmpty
    else { return text }
    return home + text.dropping(1)
  }
}

extension Option {
  /// What an error says about bounds.
  fileprivate var range: ByteString {
    if kind == .octal {
      return message("an octal number of 0 to 0{} is allowed, as 022", octal(Int64(highest)))
    }
    if kind == .seconds { return "more than 0 seconds are allowed, as 10 or 0.5" }
    if lowest == .min { return "a whole number is allowed, of 32 bits" }
    if highest == .max {
      return message("a whole number, {} or more, is allowed", decimal(lowest))
    }
    return message(
      "a whole number of {} to {} is allowed", decimal(lowest), decimal(highest))
  }
}
