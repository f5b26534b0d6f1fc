import Basics
import Configuration

extension Reader {
  /// `[supervisor]`, `[supervisord]` and `[swinit]` are one section; a later one of these counts
  /// before an earlier one, and their environments add up.
  package func readGlobals() {
    let own = sections.section("swinit")
    var found: [Section] = []
    if let section = sections.section("supervisor") { found.append(section) }
    if let section = sections.section("supervisord") { found.append(section) }
    let isSupervisors = !found.isEmpty || request.asSupervisor
    if let own { found.append(own) }

    let values = SectionValues(.globals)
    let environmentIndex = values.index("environment") ?? 0
    let merged = Section(name: "swinit", place: Place(file: 0, line: 0))
    var environment = ByteString()
    var environmentSetting: Value?
    for section in found {
      merged.place = section.place
      for entry in section.entries { merged.set(entry) }
      // Each with its own expansions and its own messages.
      evaluate(environmentIndex, of: values, section, names)
      guard let setting = values.setting("environment"), let block = setting.text else { continue }
      environment.append(block)
      environmentSetting = setting
    }
    for entry in overrides { merged.set(entry) }
    environment = Self.lastOfEachName(environment)
    names.global = environment.entriesEndedByNul

    for index in values.options.indices where index != environmentIndex {
      evaluate(index, of: values, merged, names)
    }
    if values.flag("strict") { isStrict = true }
    for section in found { checkOptions(section, .globals) }
    setGlobals(values, environment, runsUnchanged: isSupervisors)
    // Supervisor's own default, whatever swinit is told to stop by.
    if isSupervisors, globals.stopSequence.isEmpty {
      globals.stopSequence = [UInt64(Signal.terminate.number)]
      globals.stopsignal = .terminate
    }
    remarkGlobals(values)
    observer?.globalsWereRead(
      values, environment: environment, environmentSetting, by: self)
  }

  private func setGlobals(
    _ values: SectionValues, _ environment: ByteString, runsUnchanged: Bool
  ) {
    globals.essential = Essential(rawValue: values.word("essential") ?? 0) ?? .fatal
    globals.essentialSetting = values.setting("essential")
    if runsUnchanged, globals.essentialSetting == nil { globals.essential = .none }
    globals.stopSequence = stopSequence(values)
    globals.stopsignal = globals.stopSequence.first.map { Signal(number: Int32($0)) }
    globals.stopsignalSetting = values.setting("stopsignal")
    globals.runsUnchanged = runsUnchanged
    if observer != nil { globals.values = values }

    var result = Globals()
    result.environment = environment
    result.user = values.text("user")
    if let level = values.word("loglevel") {
      result.loglevel = LogLevel(rawValue: level) ?? .info
    }
    if let text = values.text("logfile") {
      var logfile = LogDestination(places: text)
      logfile.rotation = values.rotation("logfile_maxbytes", "logfile_backups")
      result.logfile = logfile
    }
    globals.logFormat = LogFormat(rawValue: values.word("log_format") ?? 0) ?? .direct
    globals.logFormatSetting = values.setting("log_format")
    result.logFormat = globals.logFormat
    result.stripAnsi = values.flag("strip_ansi")
    result.childlogdir = values.text("childlogdir")
    result.nocleanup = values.flag("nocleanup")
    result.identifier = values.text("identifier") ?? result.identifier
    result.silent = values.flag("silent")
    result.minfds = values.number("minfds").map { UInt64($0) }
    result.umask = values.mode("umask")
    result.directory = values.text("directory")
    result.pidfile = values.text("pidfile")
    result.stay = values.setting("stay") == nil ? runsUnchanged : values.flag("stay")
    if let way = values.word("exit_on_signal") {
      result.exitOnSignal = ExitOnSignal(rawValue: way) ?? .zero
    }
    if let bits = values.number("stop_on") {
      result.stopOn = Signals(bits: UInt64(bitPattern: bits))
    }
    result.requireUser = values.number("user_policy") == 1
    result.grace = values.number("grace").map { Nanoseconds($0) }
    result.drain = values.duration("drain")
    configuration.globals = result
    if let setting = values.setting("user") { users.append(setting) }
  }

  /// Of two `NAME=value` of one name the last.
  private static func lastOfEachName(_ block: ByteString) -> ByteString {
    let entries = block.entriesEndedByNul
    var names: [ByteString] = []
    for entry in entries {
      names.append(entry.slice(0, entry.firstIndex(of: UInt8(ascii: "=")) ?? entry.count))
    }
    var result = ByteString()
    for index in entries.indices {
      var comesAgain = false
      for later in (index + 1)..<entries.count where names[later] == names[index] {
        comesAgain = true
      }
      if comesAgain { continue }
      result.append(entries[index])
      result.append(byte: 0)
    }
    return result
  }

  /// What would have an effect in Supervisor and has none here.
  private func remarkGlobals(_ values: SectionValues) {
    if let text = values.text("logfile"), let place = values.place("logfile"),
      LogTarget(text) == .automatic
    {
      faults.warn(place, "logfile=AUTO is no file of swinit's own: its messages go to stderr")
    }
  }
}
