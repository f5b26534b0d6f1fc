/// `[swinit]`; `[supervisord]` and `[supervisor]` have the same.
let globalOptions: [Option] = [
  Option(
    "essential", .essential, "fatal",
    """
    Default of essential for all programs. In a configuration with [supervisord] and without \
    [swinit]: none.
    """),
  Option(
    "stay", .flag, "false",
    """
    Stay when all programs have ended. In a configuration with [supervisord] and without \
    [swinit]: true.
    """),
  Option(
    "exit_on_signal", .exitOnSignal, "0",
    """
    Exit status after a stop by signal: 0, 128 + its number (signal), or the code of the first \
    program that ended unexpectedly (failure).
    """),
  Option(
    "stop_on", .signals, "TERM,INT,QUIT,PWR,RTMIN+3,WINCH",
    "Signals that begin the orderly stop. WINCH counts only when stdin is no terminal."),
  Option(
    "stopsignal", .signal, "",
    "Default of stopsignal for all programs. Unset: the one of TERM and INT that swinit got."),
  Option(
    "user_policy", .userPolicy, "run",
    """
    When swinit is not root and a program asks for another user: run it as we are, or fail \
    (require).
    """),
  Option("strict", .flag, "false", "Unknown options and sections are errors."),
  Option(
    "environment", .environment, "",
    "Variables for all programs, NAME=\"value\" separated by commas."),
  Option("user", .user, "", "User that swinit itself becomes once the files are read."),
  Option(
    "directory", .path, "", "Working directory of swinit, and of programs that have none."),
  Option("umask", .octal, "", highest: 0o777, "File mode mask of swinit and its programs, octal."),
  Option(
    "minfds", .integer, "", lowest: 1, "Open files that every program may have at least."),
  Option(
    "logfile", .logfile, "", "Where swinit's own messages go beside stderr. Unset: nowhere."),
  Option(
    "logfile_maxbytes", .size, "50MB", effect: .missing,
    "Size at which logfile is rotated; 0: never."),
  Option(
    "logfile_backups", .integer, "10", effect: .missing, "How many rotated log files are kept."),
  Option(
    "loglevel", .loglevel, "info",
    "The least important messages shown: critical, error, warn, info, debug, trace, blather."),
  Option("silent", .flag, "false", "No messages on stderr."),
  Option("pidfile", .path, "", "File into which swinit writes its process id."),
  Option("childlogdir", .path, "", effect: .missing, "Directory of AUTO log files."),
  Option("strip_ansi", .flag, "false", effect: .missing, "Remove escape sequences from log files."),
  Option("nodaemon", .flag, "true", effect: .none, "swinit always stays in the foreground."),
  Option("nocleanup", .flag, "false", effect: .none, "There are no AUTO log files to clean up."),
  Option("minprocs", .integer, "", effect: .none, lowest: 1, "Left to the container's limits."),
  Option("identifier", .text, "supervisor", effect: .none, "Name of the instance for its clients."),
]

/// `[group:NAME]`.
let groupOptions: [Option] = [
  Option(
    "programs", .names, "",
    "The programs that belong to it, required. They leave their own groups."),
  Option(
    "priority", .integer, "999", lowest: .min,
    "Place in the order, before that of its programs: low numbers start first and stop last."),
]

/// `[include]`.
let includeOptions: [Option] = [
  Option(
    "files", .text, "",
    "Patterns of files to read after this one, separated by blanks; relative to this file.")
]

/// `[unix_http_server]`.
let unixServerOptions: [Option] = [
  Option("file", .path, "", effect: .missing, "Path of the control socket."),
  Option("chmod", .octal, "0700", effect: .missing, highest: 0o7777, "Mode of the socket, octal."),
  Option("chown", .user, "", effect: .missing, "Owner (and group) of the socket."),
  Option("username", .text, "", effect: .missing, "User name for clients."),
  Option("password", .text, "", effect: .missing, "Password for clients, plain or {SHA}hex."),
]

/// `[inet_http_server]`.
let inetServerOptions: [Option] = [
  Option("port", .address, "", effect: .missing, "Where the control server listens."),
  Option("username", .text, "", effect: .missing, "User name for clients."),
  Option("password", .text, "", effect: .missing, "Password for clients, plain or {SHA}hex."),
]

/// `[supervisorctl]`.
let clientOptions: [Option] = [
  Option(
    "serverurl", .text, "http://localhost:9001", effect: .missing, "URL of the control server."),
  Option("username", .text, "", effect: .missing, "User name for the server."),
  Option("password", .text, "", effect: .missing, "Password for the server."),
  Option("prompt", .text, "supervisor", effect: .missing, "Prompt of the interactive client."),
  Option("history_file", .path, "", effect: .missing, "History of the interactive client."),
]

/// `[rpcinterface:supervisor]`.
let rpcInterfaceOptions: [Option] = [
  Option(
    "supervisor.rpcinterface_factory", .text, "supervisor.rpcinterface:make_main_rpcinterface",
    effect: .none, "The Python function that Supervisor calls; built in here.")
]
