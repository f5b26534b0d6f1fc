// The effective values of a section as text, spelt as Supervisor would. Only for `check --json`.

extension Reader {
  mutating func reportGlobals(
    _ values: SectionValues, _ environment: ByteString, _ setting: SectionValues.Setting?
  ) {
    guard request.wantsReport else { return }
    for index in values.options.indices {
      let option = values.options[index]
      var one = reportValue(values, index)
      if option.name.hasSameText(as: "environment") {
        one.text = Self.environmentText(environment)
        place(&one, setting)
      } else if option.name.hasSameText(as: "essential") {
        one.text = ByteString(globals.essential.name)
      } else if option.name.hasSameText(as: "stay") {
        one.text = configuration.globals.stay ? "true" : "false"
      }
      report?.globals.append(one)
    }
  }

  /// All options of one process, those filled in from elsewhere as they came out.
  func reportValues(_ values: SectionValues, _ program: Program) -> [Report.Value] {
    var all: [Report.Value] = []
    for index in values.options.indices {
      let option = values.options[index]
      var one = reportValue(values, index)
      if option.name.hasSameText(as: "killasgroup") {
        one.text = program.killasgroup ? "true" : "false"
        if values.settings[index] == nil { place(&one, values.setting("stopasgroup")) }
      } else if option.name.hasSameText(as: "essential") {
        one.text = ByteString(program.essential.name)
        if values.settings[index] == nil { place(&one, globals.essentialSetting) }
      } else if option.name.hasSameText(as: "stopsignal"), values.settings[index] == nil,
        let signal = globals.stopsignal
      {
        one.text = Self.signalText(Int64(signal.number))
        place(&one, globals.stopsignalSetting)
      }
      all.append(one)
    }
    return all
  }

  @inline(never)
  private func place(_ value: inout Report.Value, _ setting: SectionValues.Setting?) {
    guard let setting else { return }
    value.file = files[setting.entry.place.file]
    value.line = setting.entry.place.line
  }

  @inline(never)
  private func reportValue(_ values: SectionValues, _ index: Int) -> Report.Value {
    let option = values.options[index]
    let setting = values.settings[index]
    var result = Report.Value(
      option: ByteString(option.name), text: ByteString(), file: nil, line: 0)
    place(&result, setting)
    switch values.values[index] {
    case .unset: break
    case .number(let number): result.text = Self.text(of: number, option)
    case .text(let text):
      switch option.kind {
      case .command: result.text = setting?.text ?? ByteString()
      case .environment: result.text = Self.environmentText(text)
      default: result.text = text
      }
    case .exitcodes(let codes): result.text = Self.text(of: codes)
    case .pauses(let first, let greatest):
      result.text = Self.secondsText(first.count)
      result.text.append(byte: UInt8(ascii: ","))
      result.text.append(Self.secondsText(greatest.count))
    }
    return result
  }

  @inline(never)
  private static func text(of number: Int64, _ option: Option) -> ByteString {
    var text = ByteString()
    switch option.kind {
    case .flag: text.append(literal: number == 1 ? "true" : "false")
    case .seconds: text = secondsText(number)
    case .octal: text = "0" + octal(number)
    case .signal: text = signalText(number)
    case .signals:
      for signal in 1...Signal.highest
      where Signals(bits: UInt64(bitPattern: number)).contains(Signal(number: signal)) {
        if !text.isEmpty { text.append(byte: UInt8(ascii: ",")) }
        text.append(signalText(Int64(signal)))
      }
    case .autorestart:
      text.append(literal: number == 0 ? "false" : number == 1 ? "unexpected" : "true")
    case .essential:
      text.append(literal: (Essential(rawValue: UInt8(clamping: number)) ?? .none).name)
    case .exitOnSignal:
      text.append(literal: number == 0 ? "0" : number == 1 ? "signal" : "failure")
    case .userPolicy: text.append(literal: number == 0 ? "run" : "require")
    case .loglevel:
      text.append(literal: LogLevel(rawValue: UInt8(clamping: number))?.name ?? "info")
    case .integer, .size, .exitcodes, .restartDelay, .path, .logfile, .user, .command,
      .environment, .processName, .names, .events, .address, .socket, .text:
      text.append(number: number)
    }
    return text
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

  private static func text(of codes: ExitCodes) -> ByteString {
    var text = ByteString()
    for code in 0...255 where codes.contains(UInt8(code)) {
      if !text.isEmpty { text.append(byte: UInt8(ascii: ",")) }
      text.append(number: Int64(code))
    }
    for signal in 1...Signal.highest where codes.signals.contains(Signal(number: signal)) {
      if !text.isEmpty { text.append(byte: UInt8(ascii: ",")) }
      text.append(signalText(Int64(signal)))
    }
    return text
  }

  @inline(never)
  private static func environmentText(_ block: ByteString) -> ByteString {
    var text = ByteString()
    for entry in block.entriesEndedByNul {
      let equals = entry.bytes.firstIndex(of: UInt8(ascii: "=")) ?? entry.count
      if !text.isEmpty { text.append(byte: UInt8(ascii: ",")) }
      text.append(ByteString(entry.bytes[..<equals]))
      text.append(byte: UInt8(ascii: "="))
      text.append(entry.dropping(equals + 1).asEnvironmentValue)
    }
    return text
  }
}

extension Essential {
  /// As it is written in a file.
  public var name: StaticString {
    switch self {
    case .none: "none"
    case .fatal: "fatal"
    case .exit: "exit"
    }
  }
}

extension LogLevel {
  /// As it is written in a file.
  public var name: StaticString {
    switch self {
    case .critical: "critical"
    case .error: "error"
    case .warn: "warn"
    case .info: "info"
    case .debug: "debug"
    case .trace: "trace"
    case .blather: "blather"
    }
  }
}
