extension LogTarget {
  /// What the text of a `…logfile` option means. swinit's own descriptors are recognised by name,
  /// so that they work where /dev/stdout cannot be opened, and are swinit's even when it is not
  /// PID 1.
  @inline(never)
  init(_ text: ByteString) {
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

extension SectionValues {
  /// The two options that belong to a log file.
  @inline(never)
  func rotation(_ maxbytes: Literal, _ backups: Literal) -> Rotation {
    Rotation(maxbytes: number(maxbytes) ?? 0, backups: int32(backups))
  }
}

extension Reader {
  /// Where a program's streams go and how.
  @inline(never)
  func readLogs(_ values: SectionValues, of program: inout Program) {
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
    var result = LogDestination(values.text(logfile).map { LogTarget($0) } ?? own)
    result.rotation = values.rotation(maxbytes, backups)
    result.syslog = values.flag(syslog) || result.target == .syslog
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
