import Basics
import Configuration
import Init
import Linux
import Supervision

/// `swinit pidproxy PIDFILE COMMAND [ARG...]`, or called as pidproxy. Ends with the
/// daemon's status, as a shell has it; 2 when words are missing, as Supervisor's.
///
/// - Parameter start: the index of PIDFILE among the words.
func pidProxy(_ words: [ByteString], _ arguments: ArgumentVector, start: Int) -> UInt8 {
  guard words.count > start + 1 else {
    if start == 1 {
      // As Supervisor's, whose name this is.
      Output.print("pidproxy.py <pidfile name> <command> [<cmdarg1> ...]", to: .standardError)
      return 2
    }
    Output.complain(
      "pidproxy wants a pidfile and a command: swinit pidproxy PIDFILE COMMAND [ARG...]")
    return ExitCode.usage.rawValue
  }
  do throws(Errno) {
    try becomeSubreaper()
    let signals = try SignalDescriptor()
    let loop = try PidProxyLoop(pidfile: words[start], signals: signals)
    let plan = CommandPlan(
      words: arguments + start + 1, session: .shared, signals: .asStarted)
    let (pid, failure) = try plan.start()
    let status = loop.run(pid)
    guard let (step, errno) = failure else { return status.code }
    Output.complain(
      message("cannot start {q}: {}", words[start + 1], ByteString(errno.message)))
    return step == .exec && errno == .noEntry ? 127 : 126
  } catch {
    Output.complain(message("cannot start pidproxy: {}", ByteString(error.message)))
    return ExitCode.system.rawValue
  }
}
