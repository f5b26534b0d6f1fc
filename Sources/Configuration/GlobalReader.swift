/// What the programs need of `[swinit]` and `[supervisord]`.
struct GlobalValues {
  var essential = Essential.fatal
  var essentialSetting: SectionValues.Setting?
  var stopsignal: Signal?
  var stopsignalSetting: SectionValues.Setting?
}

extension Reader {
  /// `[supervisor]`, `[supervisord]` and `[swinit]` are one section; a later one of these counts
  /// before an earlier one, and their environments add up.
  mutating func readGlobals() {
    var merged = Section(name: "swinit", place: Place(file: 0, line: 0))
    var environment = ByteString()
    var isOwn = false
    var isSupervisors = false
    var environmentSettings: [SectionValues.Setting] = []
    for name: StaticString in ["supervisor", "supervisord", "swinit"] {
      guard let section = sections.section(name) else { continue }
      if name.hasSameText(as: "swinit") { isOwn = true } else { isSupervisors = true }
      merged.place = section.place
      for entry in section.entries { merged.set(entry) }
      var own = SectionValues(.globals)
      guard let index = own.index("environment") else { continue }
      evaluate(index, of: &own, section, names)
      guard let setting = own.setting("environment"), let block = own.text("environment") else {
        continue
      }
      environment.append(block)
      environmentSettings.append(setting)
    }
    // Each was read above, with its own expansions and its own messages.
    merged.entries.removeAll { $0.key.equals("environment") }
    environment = Self.lastOfEachName(environment)
    names.global = environment.entriesEndedByNul

    var values = SectionValues(.globals)
    for index in values.options.indices
    where !values.options[index].name.hasSameText(as: "environment") {
      evaluate(index, of: &values, merged, names)
    }
    if values.flag("strict") { isStrict = true }
    for name: StaticString in ["supervisor", "supervisord", "swinit"] {
      if let section = sections.section(name) { checkOptions(section, .globals) }
    }
    let runsUnchanged = isSupervisors && !isOwn
    setGlobals(values, environment, runsUnchanged: runsUnchanged)
    remarkGlobals(values)
    reportGlobals(values, environment, environmentSettings.last)
  }

  private mutating func setGlobals(
    _ values: SectionValues, _ environment: ByteString, runsUnchanged: Bool
  ) {
    globals.essential =
      Essential(rawValue: UInt8(clamping: values.number("essential") ?? 0)) ?? .fatal
    globals.essentialSetting = values.setting("essential")
    if runsUnchanged, globals.essentialSetting == nil { globals.essential = .none }
    globals.stopsignal = values.signal("stopsignal")
    globals.stopsignalSetting = values.setting("stopsignal")

    var result = Globals()
    result.environment = environment
    result.user = values.text("user")
    if let level = values.number("loglevel") {
      result.loglevel = LogLevel(rawValue: UInt8(clamping: level)) ?? .info
    }
    if let text = values.text("logfile"), case .target(let target) = LogFileText(text) {
      result.logfile = target
    }
    result.silent = values.flag("silent")
    result.minfds = values.number("minfds").map { UInt64($0) }
    result.umask = values.number("umask").map { UInt32(clamping: $0) }
    result.directory = values.text("directory")
    result.pidfile = values.text("pidfile")
    result.stay = values.setting("stay") == nil ? runsUnchanged : values.flag("stay")
    if let way = values.number("exit_on_signal") {
      result.exitOnSignal = ExitOnSignal(rawValue: UInt8(clamping: way)) ?? .zero
    }
    if let bits = values.number("stop_on") {
      result.stopOn = Signals(bits: UInt64(bitPattern: bits))
    }
    result.requireUser = values.number("user_policy") == 1
    configuration.globals = result
    if let user = result.user, let place = values.place("user") { users.append((user, place)) }
  }

  /// Of two `NAME=value` of one name the last.
  private static func lastOfEachName(_ block: ByteString) -> ByteString {
    let entries = block.entriesEndedByNul
    var result = ByteString()
    for (index, entry) in entries.enumerated() {
      let name = entry.bytes.prefix { $0 != UInt8(ascii: "=") }
      var comesAgain = false
      for later in entries[(index + 1)...]
      where later.bytes.prefix(while: { $0 != UInt8(ascii: "=") }) == name {
        comesAgain = true
      }
      if comesAgain { continue }
      result.append(entry)
      result.append(byte: 0)
    }
    return result
  }

  /// What would have an effect in Supervisor and has none here.
  private mutating func remarkGlobals(_ values: SectionValues) {
    var hasFile = false
    if let text = values.text("logfile"), let place = values.place("logfile") {
      switch LogFileText(text) {
      case .automatic, .syslog:
        faults.warn(
          place, message("logfile {q} is not in this version; swinit's messages go to stderr", text)
        )
      case .target(.file): hasFile = true
      case .target: break
      }
    }
    if hasFile, values.number("logfile_maxbytes") != 0,
      let place = values.place("logfile_maxbytes") ?? values.place("logfile_backups")
    {
      faults.warn(
        place, "logfile is not rotated in this version; set logfile_maxbytes=0 to silence this")
    }
    if let place = values.place("childlogdir") {
      faults.warn(
        place,
        "childlogdir is not used in this version: what a program without a log file writes goes to"
          + " the container's stdout and stderr")
    }
    if values.flag("strip_ansi"), let place = values.place("strip_ansi") {
      faults.warn(place, "strip_ansi is not in this version, ignoring it")
    }
  }
}
