import Configuration
import Init
import Linux

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
/// Signals are taken first: one that comes while the files are read waits until the loop is there
/// to answer it, where the kernel would have dropped it (PID 1) or ended us (anywhere else).
func runPrograms(_ request: RunRequest) -> UInt8 {
  let signals: SignalDescriptor
  do throws(Errno) {
    try secureDescriptors()
    signals = try SignalDescriptor()
  } catch {
    Output.complain(message("cannot start: signalfd: {}", ByteString(error.message)))
    return ExitCode.system.rawValue
  }
  guard var configuration = readConfiguration(request) else { return request.faultyStatus }
  guard let (command, words) = request.command else { return run(configuration, signals) }
  let slot = configuration.add(command, words)
  if let signal = command.parentDeathSignal {
    do throws(Errno) {
      try setParentDeathSignal(signal.number)
    } catch {
      Output.complain(message("cannot start: prctl: {}", ByteString(error.message)))
      return ExitCode.system.rawValue
    }
  }
  return run(configuration, signals, CommandSetup(slot: slot, rewrites: command.rewrites))
}

/// nil, and everything that is wrong on stderr, when there are errors. What reading took is free
/// again when this returns.
private func readConfiguration(_ request: RunRequest) -> Configuration? {
  let loaded = request.load()
  var errors: ByteString = message(
    "exit {}: the configuration has errors", decimal(request.faultyStatus))
  for fault in loaded.faults {
    Output.print(
      fault.severity == .error ? fault.text : message("swinit: warn {}", fault.text),
      to: .standardError)
    if fault.severity == .error { errors += "\n" + fault.text }
  }
  guard loaded.hasErrors else { return loaded.configuration }
  writeTerminationLog(errors)
  return nil
}

private func run(
  _ configuration: Configuration, _ signals: SignalDescriptor, _ command: CommandSetup? = nil
) -> UInt8 {
  let globals = configuration.globals
  if processID() != 1 {
    do throws(Errno) {
      try becomeSubreaper()
    } catch {
      Output.complain(
        message("warn cannot adopt orphans: prctl: {}, ignoring", ByteString(error.message)))
    }
  }
  if let umask = globals.umask { setFileCreationMask(umask) }
  if let directory = globals.directory {
    do throws(Errno) {
      try changeDirectory(directory.bytes)
    } catch {
      Output.complain(message("cannot start: chdir {q}: {}", directory, ByteString(error.message)))
      return ExitCode.system.rawValue
    }
  }
  let logfile = openLogfile(globals.logfile)
  if let pidfile = globals.pidfile { writePidfile(pidfile) }
  if let user = globals.user, let refusal = becomeUser(user, globals.requireUser) {
    return refusal
  }
  do throws(Errno) {
    let devNull = try openDevNull()
    let loop = try EventLoop(
      configuration, signals: signals, logfile: logfile, devNull: devNull, command: command)
    let code = loop.run()
    if let pidfile = globals.pidfile { try? removeFile(pidfile.bytes) }
    return code
  } catch {
    Output.complain(message("cannot start: epoll: {}", ByteString(error.message)))
    return ExitCode.system.rawValue
  }
}

/// Where children read from. A container without /dev has an empty file instead.
private func openDevNull() throws(Errno) -> FileDescriptor {
  if let file = try? FileDescriptor.openForReadingAndWriting(ByteString("/dev/null").bytes) {
    return file
  }
  return try FileDescriptor.anonymous()
}

private func openLogfile(_ target: LogTarget?) -> FileDescriptor? {
  switch target {
  case .containerStdout: return .standardOutput
  case .containerStderr, .null, nil: return nil
  case .file(let path):
    do throws(Errno) {
      return try FileDescriptor.openForAppending(path.bytes)
    } catch {
      Output.complain(
        message("warn cannot open logfile {q}: {}, ignoring", path, ByteString(error.message)))
      return nil
    }
  }
}

private func writePidfile(_ path: ByteString) {
  do throws(Errno) {
    let file = try FileDescriptor.openForReplacing(path.bytes)
    file.writeAll((message("{}\n", decimal(processID())) as ByteString).bytes)
    file.close()
  } catch {
    Output.complain(
      message("warn cannot write pidfile {q}: {}, ignoring", path, ByteString(error.message)))
  }
}

/// `[supervisord] user`: swinit itself gives up root. An exit status when that is not possible.
private func becomeUser(_ user: ByteString, _ isRequired: Bool) -> UInt8? {
  let credentials: Credentials
  do throws(UserFailure) {
    credentials = try lookUp(user)
  } catch {
    Output.complain(message("cannot start: user {q} is not in /etc/passwd", user))
    return ExitCode.configuration.rawValue
  }
  if credentials.uid == effectiveUserID() { return nil }
  if effectiveUserID() != 0 {
    let word: ByteString = message(
      "not root: runs as uid {}, not as {q}", decimal(effectiveUserID()), user)
    Output.complain((isRequired ? "cannot start: " : "warn ") + word)
    return isRequired ? ExitCode.configuration.rawValue : nil
  }
  guard let (step, errno) = become(credentials) else { return nil }
  let call: StaticString = step == .groups ? "setgroups" : step == .gid ? "setgid" : "setuid"
  Output.complain(
    message("cannot start: {} for {q}: {}", ByteString(call), user, ByteString(errno.message)))
  return ExitCode.system.rawValue
}
