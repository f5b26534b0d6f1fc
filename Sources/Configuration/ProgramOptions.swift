/// `[program:NAME]`: Supervisor's options with its defaults, and what swinit has beside them.
let programOptions: [Option] = [
  Option(
    "command", .command, "",
    "The program and its arguments, required. Split by shell quoting rules, but no shell runs it."),
  Option(
    "process_name", .processName, "%(program_name)s",
    "Name of each process; must contain %(process_num) when numprocs is above 1."),
  Option(
    "numprocs", .integer, "1", highest: Int32(Limit.processes),
    "How many processes to run; 0 to 10000."),
  Option("numprocs_start", .integer, "0", "Number of the first process, for %(process_num)d."),
  Option(
    "priority", .integer, "999", lowest: .min,
    "Place in the order: low numbers start first and stop last. Equal ones go together."),
  Option("autostart", .flag, "true", "Start it when swinit starts."),
  Option(
    "startsecs", .seconds, "1",
    "How long it must stay up to count as started; 0: at once. Fractions are allowed."),
  Option(
    "startretries", .integer, "3", lowest: -1,
    "Retries after a failed start before it becomes FATAL, after 1, 2, 3 … seconds; -1: for ever."),
  Option(
    "autorestart", .autorestart, "unexpected",
    "Start it again when it ends: always, never, or when its exit code is not in exitcodes."),
  Option(
    "exitcodes", .exitcodes, "0",
    "Exit codes that are expected, for autorestart; signals too. Empty: none is expected."),
  Option(
    "restart_delay", .restartDelay, "0,30",
    """
    First and greatest pause before a program that ends within 10 seconds of RUNNING is started \
    again; it doubles each time. One number: always that pause.
    """),
  Option(
    "stopsignal", .signal, "TERM",
    """
    The signal that stops it. Unset: [swinit] stopsignal, else the one of TERM and INT that \
    swinit itself got, else TERM.
    """),
  Option(
    "stopwaitsecs", .seconds, "10",
    "How long it may take to stop before it gets KILL. Fractions are allowed."),
  Option("stopasgroup", .flag, "false", "Send stopsignal to its whole process group."),
  Option(
    "killasgroup", .flag, "", "Send KILL to its whole process group. Unset: as stopasgroup."),
  Option(
    "essential", .essential, "",
    """
    What of its ending stops the container: none, becoming FATAL (fatal), or every end without a \
    restart (exit). Unset: [swinit] essential; none instead of fatal when autostart is false.
    """),
  Option(
    "user", .user, "",
    """
    User (and group) to run as, by name or number. Unset: as swinit. HOME, USER, LOGNAME and \
    SHELL are not changed.
    """),
  Option(
    "directory", .path, "", "Working directory; ~ is the HOME of swinit. Unset: as swinit."),
  Option("umask", .octal, "", highest: 0o777, "File mode mask, octal. Unset: as swinit."),
  Option(
    "environment", .environment, "",
    """
    Variables for this program, NAME="value" separated by commas; of two of one name the last \
    counts.
    """),
  Option("redirect_stderr", .flag, "false", "Send stderr where stdout goes."),
  Option(
    "stdout_logfile", .logfile, "AUTO",
    """
    Where stdout goes: a path, /dev/stdout, /dev/stderr, or NONE. AUTO: the container's stdout. \
    Missing directories are made.
    """),
  Option(
    "stdout_logfile_maxbytes", .size, "50MB", effect: .missing,
    "Size at which the log file is rotated; 0: never."),
  Option(
    "stdout_logfile_backups", .integer, "10", effect: .missing,
    "How many rotated log files are kept."),
  Option(
    "stdout_capture_maxbytes", .size, "0", effect: .missing,
    "Size of the buffer for PROCESS_COMMUNICATION events; 0: none."),
  Option(
    "stdout_events_enabled", .flag, "false", effect: .missing,
    "Send PROCESS_LOG events for its stdout."),
  Option("stdout_syslog", .flag, "false", effect: .missing, "Send its stdout to syslog as well."),
  Option(
    "stderr_logfile", .logfile, "AUTO",
    "Where stderr goes, as stdout_logfile. AUTO: the container's stderr."),
  Option(
    "stderr_logfile_maxbytes", .size, "50MB", effect: .missing,
    "Size at which the log file is rotated; 0: never."),
  Option(
    "stderr_logfile_backups", .integer, "10", effect: .missing,
    "How many rotated log files are kept."),
  Option(
    "stderr_capture_maxbytes", .size, "0", effect: .missing,
    "Size of the buffer for PROCESS_COMMUNICATION events; 0: none."),
  Option(
    "stderr_events_enabled", .flag, "false", effect: .missing,
    "Send PROCESS_LOG events for its stderr."),
  Option("stderr_syslog", .flag, "false", effect: .missing, "Send its stderr to syslog as well."),
  Option(
    "serverurl", .text, "AUTO", effect: .missing,
    "URL of the control server, as SUPERVISOR_SERVER_URL."),
]

/// `[eventlistener:NAME]`, beside those of a program.
let eventListenerOptions: [Option] = [
  Option("events", .events, "", effect: .missing, "The events it wants, required."),
  Option(
    "buffer_size", .integer, "10", effect: .missing, lowest: 1,
    "How many events wait for it before the oldest is dropped; at least 1."),
  Option(
    "result_handler", .text, "supervisor.dispatchers:default_handler", effect: .missing,
    "A Python function that judges its answers."),
  Option("priority", .integer, "-1", lowest: .min, "As of a program."),
]

/// `[fcgi-program:NAME]`, beside those of a program.
let fcgiProgramOptions: [Option] = [
  Option("socket", .socket, "", effect: .missing, "The socket that its processes share, required."),
  Option("socket_owner", .user, "", effect: .missing, "Owner (and group) of a unix socket."),
  Option(
    "socket_mode", .octal, "0700", effect: .missing, highest: 0o7777,
    "Mode of a unix socket, octal."),
  Option("socket_backlog", .integer, "", effect: .missing, lowest: 1, "Queue of the socket."),
]
