// The effective values of a section as text, spelt as Supervisor would. Only for `check --json`.

import Basics
import Configuration
import Reading

extension Reader {
  func reportGlobals(
    _ values: SectionValues, _ environment: ByteString, _ setting: Value?
  ) -> [Report.Value] {
    var all: [Report.Value] = []
    for index in values.options.indices {
      let option = values.options[index].name
      let one = reportValue(values, index)
      if option.hasSameText(as: "environment") {
        one.text = Self.environmentText(environment)
        place(one, setting)
      } else if option.hasSameText(as: "essential") {
        one.text = ByteString(globals.essential.name)
      } else if option.hasSameText(as: "stay") {
        one.text = ByteString(WordList.flag[configuration.globals.stay ? 1 : 0])
      }
      all.append(one)
    }
    return all
  }

  /// All options of one process, those filled in from elsewhere as they came out.
  func reportValues(_ values: SectionValues, _ program: Program) -> [Report.Value] {
    var all: [Report.Value] = []
    for index in values.options.indices {
      let option = values.options[index].name
      let isUnset = values.values[index].entry == nil
      let one = reportValue(values, index)
      if option.hasSameText(as: "killasgroup") {
        one.text = ByteString(WordList.flag[program.killasgroup ? 1 : 0])
        if isUnset { place(one, values.setting("stopasgroup")) }
      } else if option.hasSameText(as: "essential") {
        one.text = ByteString(program.essential.name)
        if isUnset { place(one, globals.essentialSetting) }
      } else if option.hasSameText(as: "stopsignal"), isUnset,
        let text = globals.stopsignalSetting?.text
      {
        one.text = Self.stopSignalsText(text)
        place(one, globals.stopsignalSetting)
      } else if option.hasSameText(as: "log_format"), isUnset {
        one.text = ByteString(WordList.logFormat[Int64(program.logFormat.rawValue)])
        place(one, globals.logFormatSetting)
      }
      all.append(one)
    }
    return all
  }

  @inline(never)
  private func place(_ value: Report.Value, _ setting: Value?) {
    guard let place = setting?.entry?.place else { return }
    value.place = message("{}:{}", files[place.file], decimal(place.line))
  }

  @inline(never)
  private func reportValue(_ values: SectionValues, _ index: Int) -> Report.Value {
    let option = values.options[index]
    let value = values.values[index]
    let result = Report.Value(ByteString(option.name))
    place(result, value)
    if option.kind == .capabilities {
      result.text = value.written
    } else if let number = value.number {
      result.text = Self.text(of: number, option.kind)
    }
    guard let text = value.text else { return result }
    switch option.kind {
    case .command: result.text = value.written
    case .probe: result.text = value.written.isEmpty ? text : value.written
    case .secrets: result.text = text.withInsertionsPlain
    case .logfile: result.text = text.placesJoined
    case .environment: result.text = Self.environmentText(text)
    case .exitcodes:
      if let codes = parseExitCodes(text) { result.text = Self.text(of: codes) }
    case .stopSignals: result.text = Self.stopSignalsText(text)
    case .restartDelay:
      if let pauses = parsePauses(text) {
        result.text = message(
          "{},{}", Self.secondsText(pauses.first.count), Self.secondsText(pauses.greatest.count))
      }
    default: result.text = text
    }
    return result
  }

  @inline(never)
  private static func text(of number: Int64, _ kind: OptionKind) -> ByteString {
    switch kind {
    case .flag: ByteString(WordList.flag[number])
    case .seconds: secondsText(number)
    case .octal: "0" + octal(number)
    case .signal: signalText(number)
    case .signals: text(of: Signals(bits: UInt64(bitPattern: number)))
    case .autorestart: ByteString(WordList.autorestart[number])
    case .essential: ByteString(WordList.essential[number])
    case .exitOnSignal: ByteString(WordList.exitOnSignal[number])
    case .userPolicy: ByteString(WordList.userPolicy[number])
    case .loglevel: ByteString(WordList.loglevel[number])
    case .logFormat: ByteString(WordList.logFormat[number])
    case .standardInput: ByteString(WordList.standardInputs[number])
    case .integer, .size, .stopSignals, .exitcodes, .restartDelay, .path, .logfile, .user,
      .command, .environment, .processName, .names, .events, .address, .socket, .schedule,
      .programs, .waits, .probe, .text, .limit, .capabilities, .secrets:
      decimal(number)
    }
  }

  /// Seconds with as many digits behind the point as are needed.
  @inline(never)
  private static func secondsText(_ nanoseconds: Int64) -> ByteString {
    var text = ByteString()
    text.append(number: nanoseconds / 1_000_000_000)
    var fraction = nanoseconds % 1_000_000_000
    if fraction == 0 { return text }
    text.append(byte: UInt8(ascii: "."))
    var unit: Int64 = 100_000_000
    while fraction > 0 {
      text.append(number: fraction / unit)
      fraction %= unit
      unit /= 10
    }
    return text
  }

  private static func signalText(_ number: Int64) -> ByteString {
    Signal(number: Int32(clamping: number)).name.dropping(3)
  }

  @inline(never)
  private static func stopSignalsText(_ text: ByteString) -> ByteString {
    var result = ByteString()
    var isSignal = true
    for number in parseStopSignals(text) ?? [] {
      result.append(item: isSignal ? signalText(Int64(number)) : secondsText(Int64(number)))
      isSignal.toggle()
    }
    return result
  }

  private static func text(of codes: ExitCodes) -> ByteString {
    var text = ByteString()
    for code in 0...255 where codes.contains(UInt8(code)) {
      text.append(item: decimal(code))
    }
    let signals = Self.text(of: codes.signals)
    if !signals.isEmpty { text.append(item: signals) }
    return text
  }

  private static func text(of signals: Signals) -> ByteString {
    var text = ByteString()
    for signal in 1...Signal.highest where signals.contains(Signal(number: signal)) {
      text.append(item: signalText(Int64(signal)))
    }
    return text
  }

  @inline(never)
  private static func environmentText(_ block: ByteString) -> ByteString {
    var text = ByteString()
    for entry in block.entriesEndedByNul {
      let equals = entry.firstIndex(of: UInt8(ascii: "=")) ?? entry.count
      text.append(
        item: message(
          "{}={}", entry.slice(0, equals), entry.dropping(equals + 1).asEnvironmentValue))
    }
    return text
  }
}

extension Essential {
  /// As it is written in a file.
  public var name: FixedText { WordList.essential[Int64(rawValue)] }
}

extension LogLevel {
  /// As it is written in a file.
  public var name: FixedText { WordList.loglevel[Int64(rawValue)] }
}
