import Basics
import Configuration
import Init
import Linux
import Reading

/// What is to be run, and how that is found out once the signals are ours.
struct RunRequest {
  var load: () -> LoadResult
  /// COMMAND as the main program, and the words of the command line.
  var command: (request: CommandRequest, words: [ByteString])?
  /// The exit status when the configuration has errors.
  var faultyStatus = ExitCode.configuration.rawValue
}

/// Runs the programs until told to stop: what PID 1 does. The container's exit status.
///
/// Signals are taken first, where the kernel would drop them (PID 1) or end us (anywhere else). A stop
/// signal that comes while the files are read, which a dead network mount can hold up for ever, ends
/// swinit at once; every other one waits until the loop is there to answer it.
func runPrograms(_ request: RunRequest) -> UInt8 {
  let signals: SignalDescriptor
  do throws(Errno) {
    try secureDescriptors()
    signals = try SignalDescriptor()
  } catch {
    return swinitFails(.system, message("signalfd: {}", ByteString(error.message)))
  }
  guard let (read, early) = readConfiguration(request) else { return request.faultyStatus }
  var configuration = read
  guard let (command, words) = request.command else { return run(configuration, signals, early) }
  let slot = configuration.add(command, words)
  if let signal = command.parentDeathSignal {
    do throws(Errno) {
      try setParentDeathSignal(signal.number)
    } catch {
      return early.fail(.system, message("prctl: {}", ByteString(error.message)))
    }
  }
  return run(
    configuration, signals, early, CommandSetup(slot: slot, rewrites: command.rewrites))
}

/// What is to be said before there is a loop to say it. The loop never waits for who reads it; who
/// ends without one says it at once.
private struct EarlyLog {
  let format: LogFormat
  private(set) var lines: [(level: LogLevel, text: ByteString)] = []

  init(_ globals: Globals) { format = globals.logFormat }

  mutating func warn(_ text: ByteString) { lines.append((.warn, text)) }

  /// It ends here, and with this code.
  func fail(_ code: ExitCode, _ reason: ByteString) -> UInt8 {
    for (level, text) in lines { Output.say(format, level, text) }
    return swinitFails(code, reason, format)
  }
}

/// The last line of who could not begin: why, and with which code it ends.
private func swinitFails(
  _ code: ExitCode, _ reason: ByteString, _ format: LogFormat = .direct
) -> UInt8 {
  let text = message("exit {}: cannot start: {}", decimal(code.rawValue), reason)
  Output.say(format, .error, text)
  writeTerminationLog(text)
  return code.rawValue
}

/// nil, and everything that is wrong on stderr, when there are errors. What reading took is free
/// again when this returns.
private func readConfiguration(_ request: RunRequest) -> (Configuration, EarlyLog)? {
  let loaded = whileSignalsEndUs { request.load() }
  var early = EarlyLog(loaded.configuration.globals)
  guard loaded.hasErrors else {
    for fault in loaded.faults { early.warn(fault.text) }
    return (loaded.configuration, early)
  }
  var errors: ByteString = message(
    "exit {}: the configuration has errors", decimal(request.faultyStatus))
  for fault in loaded.faults {
    if fault.severity == .error { errors += "\n" + fault.text }
    if fault.severity == .error, early.format != .json {
      Output.print(fault.text, to: .standardError)
    } else {
      Output.say(early.format, fault.severity == .error ? .error : .warn, fault.text)
    }
  }
  writeTerminationLog(errors)
  return nil
}

private func run(
  _ configuration: Configuration, _ signals: SignalDescriptor, _ early: EarlyLog,
  _ command: CommandSetup? = nil
) -> UInt8 {
  var early = early
  let globals = configuration.globals
  if processID() != 1 {
    do throws(Errno) {
      try becomeSubreaper()
    } catch {
      early.warn(message("cannot adopt orphans: prctl: {}, ignoring", ByteString(error.message)))
    }
  }
  if let umask = globals.umask { setFileCreationMask(umask) }
  if let directory = globals.directory {
    do throws(Errno) {
      try changeDirectory(directory.bytes)
    } catch {
      return early.fail(
        .system, message("chdir {q}: {}", directory, ByteString(error.message)))
    }
  }
  let logfiles = openLogfiles(globals, &early)
  if let pidfile = globals.pidfile { writePidfile(pidfile, &early) }
  var opened = ContainerFiles()
  if let user = globals.user {
    opened.open()
    if let refusal = becomeUser(user, globals, &early) { return refusal }
  }
  do throws(Errno) {
    let devNull = try openDevNull()
    let loop = try EventLoop(
      configuration, signals: signals, logfiles: logfiles, devNull: devNull, opened: opened,
      command: command)
    for (level, text) in early.lines { loop.say(level, text) }
    let code = loop.run()
    if let pidfile = globals.pidfile { try? removeFile(pidfile.bytes) }
    return code
  } catch {
    return swinitFails(.system, message("epoll: {}", ByteString(error.message)))
  }
}

/// Where children read from. A container without /dev has an empty file instead.
private func openDevNull() throws(Errno) -> FileDescriptor {
  if let file = try? FileDescriptor.openForReadingAndWriting(ByteString("/dev/null").bytes) {
    return file
  }
  return try FileDescriptor.anonymous()
}

/// While we are still root. Their parents are made.
private func openLogfiles(_ globals: Globals, _ early: inout EarlyLog) -> [OwnLogFile] {
  var files: [OwnLogFile] = []
  guard let logfile = globals.logfile else { return files }
  for number in 0..<logfile.placeCount {
    guard case .file(let path) = logfile.place(number) else { continue }
    do throws(Errno) {
      files.append(OwnLogFile(path: path, file: try FileDescriptor.openLog(path.bytes)))
    } catch {
      early.warn(message("cannot open logfile {q}: {}, ignoring", path, ByteString(error.message)))
    }
  }
  return files
}

private func writePidfile(_ path: ByteString, _ early: inout EarlyLog) {
  do throws(Errno) {
    let file = try FileDescriptor.openForReplacing(path.bytes)
    file.writeAll((message("{}\n", decimal(processID())) as ByteString).bytes)
    file.close()
  } catch {
    early.warn(message("cannot write pidfile {q}: {}, ignoring", path, ByteString(error.message)))
  }
}

/// `[supervisord] user`: swinit itself gives up root. An exit status when that is not possible.
private func becomeUser(
  _ user: ByteString, _ globals: Globals, _ early: inout EarlyLog
) -> UInt8? {
  let credentials: Credentials
  do throws(UserFailure) {
    credentials = try lookUp(user)
  } catch {
    return early.fail(.configuration, message("user {q} is not in /etc/passwd", user))
  }
  if credentials.uid == effectiveUserID() { return nil }
  if effectiveUserID() != 0 {
    let word: ByteString = message(
      "not root: runs as uid {}, not as {q}", decimal(effectiveUserID()), user)
    guard globals.requireUser else {
      early.warn(word)
      return nil
    }
    return early.fail(.configuration, word)
  }
  guard let (step, errno) = become(credentials) else { return nil }
  let call: Literal = step == .groups ? "setgroups" : step == .gid ? "setgid" : "setuid"
  return early.fail(
    .system, message("{} for {q}: {}", ByteString(call), user, ByteString(errno.message)))
}
