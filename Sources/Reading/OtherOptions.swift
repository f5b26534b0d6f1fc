import Basics
import Configuration

/// `[swinit]`; `[supervisord]` and `[supervisor]` have the same.
let globalTable: Literal = """
  essential | essential | fatal | Default of essential for all programs. In a configuration with\
   [supervisord]: none.
  stay | flag | false | Stay when all programs have ended. In a configuration with\
   [supervisord]: true.
  exit_on_signal | exitOnSignal | 0 | Exit status after a stop by signal: 0, 128 + its number\
   (signal), or the code of the first program that ended unexpectedly (failure).
  stop_on | signals | TERM,INT,QUIT,PWR,RTMIN+3,WINCH | Signals that begin the orderly stop.\
   WINCH counts only when stdin is no terminal.
  grace | seconds | | How long a stop may take in all: the time is shared among the levels that are\
   still to stop, so that the last one gets its part. Also -t and SWINIT_GRACE. Unset: no limit.
  drain | seconds | 0 | How long after a stop signal the programs run on before they get theirs;\
   within grace.
  stopsignal | stopSignals | | Default of stopsignal for all programs. Unset: TERM; when swinit is\
   told to stop by INT, INT,1,TERM, but not in a configuration with [supervisord].
  user_policy | userPolicy | run | When swinit is not root and a program asks for another user:\
   run it as we are, or fail (require).
  strict | flag | false | Unknown options and sections are errors.
  environment | environment | | Variables for all programs, NAME="value" separated by commas.
  user | user | | User that swinit itself becomes once the files are read.
  directory | path | | Working directory of swinit, and of programs that have none.
  umask | octal 0..0777 | | File mode mask of swinit and its programs, octal.
  minfds | integer 1.. | | Open files that every program may have at least.
  logfile | logfile | | Where swinit's own messages go beside stderr: places as of stdout_logfile.\
   With /dev/stdout or /dev/stderr among them: there instead of stderr. Unset: stderr alone.
  logfile_maxbytes | size | 50MB | Bytes at which logfile becomes FILE.1; 0: never.
  logfile_backups | integer | 10 | How many rotated log files are kept.
  log_format | logFormat | direct | Default of log_format for all programs, and the form of\
   swinit's own messages.
  loglevel | loglevel | info | The least important messages shown: critical, error, warn, info,\
   debug, trace, blather.
  silent | flag | false | No messages on stderr, only where logfile has them.
  pidfile | path | | File into which swinit writes its process id.
  childlogdir | path | | Directory of AUTO log files. Unset: TMPDIR, else /tmp.
  strip_ansi | flag | false | Remove escape sequences from log files.
  nodaemon | flag ignored | true | swinit always stays in the foreground.
  nocleanup | flag | false | Leave AUTO log files of earlier runs.
  minprocs | integer 1.. ignored | | Left to the container's limits.
  identifier | text | supervisor | Name of the instance, in the names of AUTO log files.
  """

/// `[group:NAME]`.
let groupTable: Literal = """
  programs | names | | The programs that belong to it, required. They leave their own groups.
  priority | integer any | 999 | Place in the order, before that of its programs: low numbers\
   start first and stop last.
  """

/// `[include]`.
let includeTable: Literal = """
  files | text | | Patterns of files to read after this one, separated by blanks; relative to\
   this file.
  """

/// `[unix_http_server]`.
let unixServerTable: Literal = """
  file | path missing | | Path of the control socket.
  chmod | octal 0..07777 missing | 0700 | Mode of the socket, octal.
  chown | user missing | | Owner (and group) of the socket.
  username | text missing | | User name for clients.
  password | text missing | | Password for clients, plain or {SHA}hex.
  """

/// `[inet_http_server]`.
let inetServerTable: Literal = """
  port | address missing | | Where the control server listens.
  username | text missing | | User name for clients.
  password | text missing | | Password for clients, plain or {SHA}hex.
  """

/// `[supervisorctl]`.
let clientTable: Literal = """
  serverurl | text missing | http://localhost:9001 | URL of the control server.
  username | text missing | | User name for the server.
  password | text missing | | Password for the server.
  prompt | text missing | supervisor | Prompt of the interactive client.
  history_file | path missing | | History of the interactive client.
  """

/// `[rpcinterface:supervisor]`.
let rpcInterfaceTable: Literal = """
  supervisor.rpcinterface_factory | text ignored | supervisor.rpcinterface:make_main_rpcinterface\
   | The Python function that Supervisor calls; built in here.
  """
