import Basics
import Checking
import Configuration
import Linux
import Reading
import Supervision

/// Prints what there is to know about a topic, all of it from the tables that the code uses: 0, or
/// 64 for a topic that does not exist.
func help(_ topic: ByteString?) -> UInt8 {
  guard let topic else {
    Output.print(usage)
    return ExitCode.fine.rawValue
  }
  if topic == "options" {
    Output.print(optionReference(markdown: false))
  } else if topic == "reference" {
    // The README's reference, which a test holds against this.
    Output.print(reference().bytes)
  } else if topic == "signals" {
    Output.print(signals())
  } else if topic == "exit-codes" {
    Output.print(exitCodes())
  } else if topic == "states" {
    Output.print(states())
  } else if topic == "environment" {
    Output.print(environment)
  } else if let text = optionHelp(topic) {
    Output.print(text)
  } else {
    let near: ByteString = nearestOption(topic).map { message(" (did you mean {q}?)", $0) } ?? ""
    Output.complain(message("cannot help with {q}{}: swinit help lists the topics", topic, near))
    return ExitCode.usage.rawValue
  }
  return ExitCode.fine.rawValue
}

private let usage: Literal = """
  swinit, a container init: runs the programs of Supervisor-style files, as PID 1 or not.

  swinit [-c PATH]... [-t SECONDS]
                                 run the programs of PATH until told to stop; a stop takes SECONDS
                                 at most, shared among the levels
  swinit [-c PATH]... [OPTION]... -- COMMAND [ARG...]
                                 the same, and COMMAND when they are all running: signals go to it,
                                 and when it ends everything is stopped, with its exit status.
                                 Without programs this is all of tini and dumb-init. OPTION:
    --group                      signals go to COMMAND's process group
    --accept CODE                this exit code of COMMAND counts as 0
    --rewrite OLD:NEW            signal OLD becomes NEW; OLD:0 drops it
    --pdeathsig SIGNAL           SIGNAL comes when swinit's own parent ends
  swinit pidproxy PIDFILE COMMAND [ARG...]
                                 run COMMAND; signals go to the daemon that PIDFILE names
  swinit check [-c PATH]... [--strict] [--json] [--stop] [--grace SECONDS] [--from-supervisor]
                                 read and judge the configuration, start nothing; --stop: print
                                 the timetable of a stop, in the worst case; --from-supervisor:
                                 say what Supervisor would do differently, and the line that
                                 brings it back
  swinit help [TOPIC]            TOPIC: an option's name, options, reference, signals, exit-codes,
                                 states, environment
  swinit version

  PATH is a file, or a directory whose *.conf and *.ini are read in the order of their names.
  Without -c: $SWINIT_CONF, else /etc/swinit/conf.d, else (without COMMAND) /etc/supervisord.conf,
  else /etc/supervisor/supervisord.conf. "--" may be left out before a COMMAND that is no action.

  Called as tini, tini-static, docker-init, dumb-init, catatonit, pidproxy or supervisord (by a link)
  it behaves as that program.
  """

private func signals() -> ByteString {
  var names = ByteString()
  let stopping = Globals().stopOn
  for number in 1...Signal.highest where stopping.contains(Signal(number: number)) {
    names += names.isEmpty ? "" : ", "
    names += Signal(number: number).name
  }
  return "Orderly stop: " + names + """

      (stop_on= changes the list; SIGWINCH not when stdin is a terminal, where it means a new size).
      Levels end in descending order of priority, each only when the one above is gone; a program
      that is still there after its stopwaitsecs gets SIGKILL. Each program ends before what it
      depends on. With grace= (-t, SWINIT_GRACE) the time is shared out, so that the last level has
      its part; with drain= the programs hear of the stop after a pause. A repeated signal changes nothing;
      a second SIGINT on a terminal kills what is left.
    SIGUSR2: log files are opened again, for logrotate.
    Every other signal goes to the programs that want it (forward_signals=), else is logged (SIGCONT
      is not) and has no effect; with a COMMAND every signal goes to it.
    Programs get their stopsignal=, one or several with pauses; where none is set, SIGTERM; when swinit
      was told to stop by SIGINT, SIGINT and a second later SIGTERM, but not with [supervisord] in
      the configuration. A stop_command= is run before; when it has ended the signal is sent.
    """
}

private func exitCodes() -> ByteString {
  var text = ByteString()
  for code in ExitCode.allCases {
    text += column(decimal(code.rawValue), 2, fromRight: true)
    text += message("   {}\n", ByteString(code.meaning))
  }
  return text + """

    Told to stop by a signal: 0, or as exit_on_signal= says (signal: 128 + its number; failure: the
      code of the first program that had failed). Told by one of our own processes while a program
      is FATAL or its last end was unexpected: its code, 1 for 0.
    An essential program ended it: its exit code, 128 + n when signal n killed it; when it could not
      start: 127 command not found, 126 not executable, 1 another step, its own code when it ended
      too quickly (1 for 0).
    Nothing left to do: the code of the first program whose last end was unexpected, else 0.
    The last line on stderr says which of these it was.
    """
}

private func states() -> ByteString {
  var text = ByteString()
  for state in StateName.allCases {
    text += column(ByteString(state.text), 8) + column(decimal(state.rawValue), 5, fromRight: true)
    text += message("  {}\n", ByteString(state.meaning))
  }
  text += message("\n{}\n\n", ByteString(StateArrow.picture))
  for arrow in StateArrow.all {
    text += column(ByteString(arrow.from.text), 8) + " -> " + column(ByteString(arrow.to.text), 8)
    text += message("  {}\n", ByteString(arrow.cause))
  }
  text.bytes.removeLast()
  return text
}

/// The text filled up with blanks to a width.
private func column(_ text: ByteString, _ width: Int, fromRight: Bool = false) -> ByteString {
  var blanks = ByteString()
  while blanks.count + text.count < width { blanks += " " }
  return fromRight ? blanks + text : text + blanks
}

/// The README's reference: every topic, as Markdown.
private func reference() -> ByteString {
  var text = ByteString()
  for (title, body) in [
    ("Exit codes", exitCodes()), ("Signals", signals()), ("States", states()),
    ("Environment", ByteString(environment)),
  ] as [(ByteString, ByteString)] {
    text += message("### {}\n\n```text\n{}\n```\n\n", title, body)
  }
  return text + ByteString(optionReference(markdown: true))
}

private let environment: Literal = """
  Read by swinit:
    SWINIT_CONF               the configuration when there is no -c
    SWINIT_GRACE              the grace of a stop when there is no -t, before the configuration's
    %(ENV_NAME)s in a value   NAME from swinit's environment, then [swinit] environment, then (for
                              command, log files and directory) the program's own environment;
                              %(ENV_NAME:-default)s where it may be missing
  Given to every program, later ones over earlier ones:
    what swinit was started with, unless inherit_env=false; a service manager's NOTIFY_SOCKET,
      LISTEN_* and WATCHDOG_* go to COMMAND alone
    [swinit] environment=
    with user_environment=true HOME, USER, LOGNAME and SHELL; user= alone does not change them
    SUPERVISOR_ENABLED=1, SUPERVISOR_PROCESS_NAME, SUPERVISOR_GROUP_NAME
    the program's own env_file=, secrets=, environment=
    NOTIFY_SOCKET, to a program with ready=notify
  A stop_command= has all these and MAINPID.
  """
