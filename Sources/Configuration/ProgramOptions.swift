/// `[program:NAME]`: Supervisor's options with its defaults, and what swinit has beside them.
let programTable: StaticString = """
  command | command | | The program and its arguments, required. Split by shell quoting rules,\
   but no shell runs it.
  process_name | processName | %(program_name)s | Name of each process; must contain\
   %(process_num) when numprocs is above 1.
  numprocs | integer 0..10000 | 1 | How many processes to run; 0 to 10000.
  numprocs_start | integer | 0 | Number of the first process, for %(process_num)d.
  priority | integer any | 999 | Place in the order: low numbers start first and stop last. Equal\
   ones go together.
  autostart | flag | true | Start it when swinit starts.
  startsecs | seconds | 1 | How long it must stay up to count as started; 0: at once. Fractions\
   are allowed.
  startretries | integer -1.. | 3 | Retries after a failed start before it becomes FATAL, after\
   1, 2, 3 … seconds; -1: for ever.
  autorestart | autorestart | unexpected | Start it again when it ends: always, never, or when\
   its exit code is not in exitcodes.
  exitcodes | exitcodes | 0 | Exit codes that are expected, for autorestart; signals too. Empty:\
   none is expected.
  restart_delay | restartDelay | 0,30 | First and greatest pause before a program that ends\
   within 10 seconds of RUNNING is started again; it doubles each time. One number: always that\
   pause.
  stopsignal | signal | TERM | The signal that stops it. Unset: [swinit] stopsignal, else the one\
   of TERM and INT that swinit itself got, else TERM.
  stopwaitsecs | seconds | 10 | How long it may take to stop before it gets KILL. Fractions are\
   allowed.
  stopasgroup | flag | false | Send stopsignal to its whole process group.
  killasgroup | flag | | Send KILL to its whole process group. Unset: as stopasgroup.
  stoptree | flag | false | What it has started ends with it, also what has left its group or\
   session: all of it gets stopsignal, after stopwaitsecs KILL; only then it is STOPPED or\
   started again.
  essential | essential | | What of its ending stops the container: none, becoming FATAL\
   (fatal), or every end without a restart (exit). Unset: [swinit] essential; none instead of\
   fatal when autostart is false.
  user | user | | User (and group) to run as, by name or number. Unset: as swinit. HOME, USER,\
   LOGNAME and SHELL are not changed.
  directory | path | | Working directory; ~ is the HOME of swinit. Unset: as swinit.
  umask | octal 0..0777 | | File mode mask, octal. Unset: as swinit.
  pidfile | path | | Of a daemon: when the command has ended with 0, the process that this file\
   names is the program. While the command stays, the file is not looked at.
  environment | environment | | Variables for this program, NAME="value" separated by commas; of\
   two of one name the last counts.
  redirect_stderr | flag | false | Send stderr where stdout goes.
  stdout_logfile | logfile | AUTO | Where stdout goes: a path, /dev/stdout, /dev/stderr, or NONE.\
   AUTO: the container's stdout. Missing directories are made.
  stdout_logfile_maxbytes | size missing | 50MB | Size at which the log file is rotated; 0:\
   never.
  stdout_logfile_backups | integer missing | 10 | How many rotated log files are kept.
  stdout_capture_maxbytes | size missing | 0 | Size of the buffer for PROCESS_COMMUNICATION\
   events; 0: none.
  stdout_events_enabled | flag missing | false | Send PROCESS_LOG events for its stdout.
  stdout_syslog | flag missing | false | Send its stdout to syslog as well.
  stderr_logfile | logfile | AUTO | Where stderr goes, as stdout_logfile. AUTO: the container's\
   stderr.
  stderr_logfile_maxbytes | size missing | 50MB | Size at which the log file is rotated; 0:\
   never.
  stderr_logfile_backups | integer missing | 10 | How many rotated log files are kept.
  stderr_capture_maxbytes | size missing | 0 | Size of the buffer for PROCESS_COMMUNICATION\
   events; 0: none.
  stderr_events_enabled | flag missing | false | Send PROCESS_LOG events for its stderr.
  stderr_syslog | flag missing | false | Send its stderr to syslog as well.
  serverurl | text missing | AUTO | URL of the control server, as SUPERVISOR_SERVER_URL.
  """

/// `[eventlistener:NAME]`, beside those of a program.
let eventListenerTable: StaticString = """
  events | events missing | | The events it wants, required.
  buffer_size | integer 1.. missing | 10 | How many events wait for it before the oldest is\
   dropped; at least 1.
  result_handler | text missing | supervisor.dispatchers:default_handler | A Python function that\
   judges its answers.
  priority | integer any | -1 | As of a program.
  """

/// `[fcgi-program:NAME]`, beside those of a program.
let fcgiProgramTable: StaticString = """
  socket | socket missing | | The socket that its processes share, required.
  socket_owner | user missing | | Owner (and group) of a unix socket.
  socket_mode | octal 0..07777 missing | 0700 | Mode of a unix socket, octal.
  socket_backlog | integer 1.. missing | | Queue of the socket.
  """
