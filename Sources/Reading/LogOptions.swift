import Basics
import Configuration

extension LogTarget {
  /// What the text of a `…logfile` option means. swinit's own descriptors are recognised by name,
  /// so that they work where /dev/stdout cannot be opened, and are swinit's even when it is not
  /// PID 1.
  @inline(never)
  package init(_ text: ByteString) {
    let lower = text.lowercased
    if lower.equals("auto") {
      self = .automatic
    } else if lower.equals("syslog") {
      self = .syslog
    } else if lower.equals("none") || lower.equals("off")
      || text.equals("/dev/null")
    {
      self = .null
    } else if text.equals("/dev/stdout") || Self.isDescriptor(text, "1") {
      self = .containerStdout
    } else if text.equals("/dev/stderr") || Self.isDescriptor(text, "2") {
      self = .containerStderr
    } else {
      self = .file(text)
    }
  }

  private static func isDescriptor(_ text: ByteString, _ number: Literal) -> Bool {
    for prefix: Literal in ["/dev/fd/", "/proc/1/fd/", "/proc/self/fd/"]
    where text.hasPrefix(prefix) {
      return text.dropping(prefix.count).equals(number)
    }
    return false
  }
}

extension LogDestination {
  /// - Parameter places: what `Reader.readPlaces` made of a `…logfile` option.
  @inline(never)
  package init(places: ByteString) {
    var containers: [LogTarget] = []
    var files: [LogTarget] = []
    var syslog = false
    for place in places.split(at: 0) {
      let target = LogTarget(place)
      switch target {
      case .syslog: syslog = true
      case .containerStdout, .containerStderr:
        if !containers.contains(target) { containers.append(target) }
      case .file, .null, .automatic:
        if !files.contains(target) { files.append(target) }
      }
    }
    containers.append(contentsOf: files)
    self.init(containers.first ?? .syslog)
    if containers.count > 1 { others = Array(containers[1...]) }
    self.syslog = syslog
  }
}

extension ByteString {
  /// What a `…logfile` option means to be several places, before its variables are put in, so that no
  /// value adds one: a NUL for each comma that separates, one comma for two.
  @inline(never)
  package var placesSeparated: ByteString {
    guard contains(byte: UInt8(ascii: ",")) else { return self }
    var text = ByteString()
    var depth = 0
    var index = 0
    while index < count {
      let byte = bytes[index]
      let isNameBegun = depth == 0 && matches("%(", at: index)
      let isDoubled = depth == 0 && (matches("%%", at: index) || matches(",,", at: index))
      if isNameBegun {
        text.append(byte: byte)
        index += 1
      }
      if isNameBegun || (depth > 0 && byte == UInt8(ascii: "(")) { depth += 1 }
      if depth > 0, byte == UInt8(ascii: ")") { depth -= 1 }
      if isDoubled {
        if byte == UInt8(ascii: "%") { text.append(byte: byte) }
        index += 1
      }
      let isComma = byte == UInt8(ascii: ",") && depth == 0 && !isDoubled
      text.append(byte: isComma ? 0 : bytes[index])
      index += 1
    }
    return text
  }

  /// The same back, as it would be written.
  @inline(never)
  package var placesJoined: ByteString {
    var text = ByteString()
    for byte in bytes {
      if byte == UInt8(ascii: ",") { text.append(byte: byte) }
      text.append(byte: byte == 0 ? UInt8(ascii: ",") : byte)
    }
    return text
  }
}

extension Reader {
  /// The places of a `…logfile` option, a NUL between each two, and ~ put in.
  package func readPlaces(_ text: ByteString, _ option: Option, _ entry: Entry) -> Value? {
    // As Supervisor has it, no log file is the same as NONE.
    if text.isEmpty { return Value(text: "NONE") }
    if entry.value.contains("%%") {
      faults.warn(
        entry.place, fold: "doubled percent",
        "\"%%\" is one \"%\" here; Supervisor expands log files twice and needs four")
    }
    let parts = text.split(at: 0)
    var places = ByteString()
    for index in parts.indices {
      let place = homeExpanded(parts[index].trimmed)
      if parts.count > 1, let reason = Self.standsAlone(place) {
        faults.error(
          entry.place,
          message("cannot read {} {q}: {}", ByteString(option.name), entry.value, reason))
        return nil
      }
      if index > 0 { places.append(byte: 0) }
      places.append(place)
    }
    return Value(text: places)
  }

  /// Why the place cannot be one of several.
  private static func standsAlone(_ place: ByteString) -> ByteString? {
    if place.isEmpty {
      return "a comma stands between two places; one that belongs to a name is written \",,\""
    }
    switch LogTarget(place) {
    case .automatic, .null: return message("{q} stands alone, it is none of several places", place)
    case .file, .containerStdout, .containerStderr, .syslog: return nil
    }
  }
}

extension SectionValues {
  /// The two options that belong to a log file.
  @inline(never)
  package func rotation(_ maxbytes: Literal, _ backups: Literal) -> Rotation {
    Rotation(maxbytes: number(maxbytes) ?? 0, backups: int32(backups))
  }
}

extension Reader {
  /// Where a program's streams go and how.
  @inline(never)
  package func readLogs(_ values: SectionValues, of program: inout Program) {
    program.redirectStderr = values.flag("redirect_stderr")
    program.stdout = destination(
      values, "stdout_logfile", "stdout_logfile_maxbytes", "stdout_logfile_backups",
      "stdout_syslog", or: .containerStdout)
    program.stderr = destination(
      values, "stderr_logfile", "stderr_logfile_maxbytes", "stderr_logfile_backups",
      "stderr_syslog", or: .containerStderr)
    let own = values.word("log_format").flatMap { LogFormat(rawValue: $0) }
    program.logFormat = own ?? globals.logFormat
    program.fileFormat = own ?? .direct
    let usesAutomatic =
      program.stdout.target == .automatic
      || (program.stderr.target == .automatic && !program.redirectStderr)
    if usesAutomatic, configuration.globals.childlogdir == nil {
      configuration.globals.childlogdir = temporaryDirectory
    }
  }

  @inline(never)
  private func destination(
    _ values: SectionValues, _ logfile: Literal, _ maxbytes: Literal,
    _ backups: Literal, _ syslog: Literal, or own: LogTarget
  ) -> LogDestination {
    var result = values.text(logfile).map { LogDestination(places: $0) } ?? LogDestination(own)
    result.rotation = values.rotation(maxbytes, backups)
    if values.flag(syslog) { result.syslog = true }
    return result
  }

  /// As Python's tempfile finds it, which Supervisor asks.
  private var temporaryDirectory: ByteString {
    for name: Literal in ["TMPDIR", "TEMP", "TMP"] {
      if let value = names.variable(ByteString(name)), !value.isEmpty { return value }
    }
    return "/tmp"
  }
}
