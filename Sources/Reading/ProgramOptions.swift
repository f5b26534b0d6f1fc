import Basics
import Configuration

/// `[program:NAME]`: Supervisor's options with its defaults, and what swinit has beside them.
let programTable: Literal = """
  command | command | | The program and its arguments, required. Split by shell quoting rules,\
   but no shell runs it.
  process_name | processName | %(program_name)s | Name of each process; must contain\
   %(process_num) when numprocs is above 1.
  numprocs | integer 0..10000 | 1 | How many processes to run; 0 to 10000.
  numprocs_start | integer | 0 | Number of the first process, for %(process_num)d.
  priority | integer any | 999 | Place in the order: low numbers start first and stop last. Equal\
   ones go together.
  autostart | flag | true | Start it when swinit starts.
  schedule | schedule | | Run it by the clock: minute, hour, day of month, month and day of week as\
   in cron, @hourly, @daily, @weekly, @monthly, @yearly, or @every 90s. Local time of TZ. It is\
   STOPPED between its runs, never runs twice at once, and no end of it ends the container.
  startsecs | seconds | 1 | How long it must stay up to count as started; 0: at once. Fractions\
   are allowed.
  startretries | integer -1.. | 3 | Retries after a failed start before it becomes FATAL, after\
   1, 2, 3 … seconds (retry_delay); -1: for ever.
  autorestart | autorestart | unexpected | Start it again when it ends: always, never, or when\
   its exit code is not in exitcodes.
  exitcodes | exitcodes | 0 | Exit codes that are expected, for autorestart; signals too. Empty:\
   none is expected.
  restart_delay | restartDelay | 0,30 | First and greatest pause before a program that ends\
   within 10 seconds of RUNNING is started again; it doubles each time. One number: always that\
   pause.
  stopsignal | stopSignals | TERM | The signal that stops it, or several with pauses in seconds\
   (TSTP,5,TERM). Unset: [swinit] stopsignal, else TERM; when swinit itself is told to stop by INT,\
   INT,1,TERM, but not in a configuration with [supervisord].
  stopwaitsecs | seconds | 10 | How long it may take to stop before it gets KILL, counted from the\
   last stop signal. Fractions are allowed.
  stopasgroup | flag | false | Send stopsignal to its whole process group. It has ended when the\
   whole group has.
  killasgroup | flag | | Send KILL to its whole process group. It has ended when the whole group\
   has. Unset: as stopasgroup.
  stoptree | flag | false | What it has started ends with it, also what has left its group or\
   session: all of it gets stopsignal, after stopwaitsecs KILL; only then it is STOPPED or\
   started again.
  essential | essential | | What of its ending stops the container: none, becoming FATAL\
   (fatal), or every end without a restart (exit). Unset: [swinit] essential; none instead of\
   fatal when autostart is false.
  oneshot | flag | false | It runs once, to its end: ready when it ended with an expected code,\
   FATAL otherwise. It is retried only if startretries is set.
  depends_on | programs | | Programs that must be ready before it starts, separated by commas;\
   GROUP:* for all of a group. A oneshot must have ended as expected. It is stopped before them;\
   when one becomes FATAL, so does it.
  dependent_startup | flag | false | As autostart, in the words of Supervisor's plugin of this name.
  dependent_startup_wait_for | waits | | As depends_on, in the words of the plugin: NAME:running, or\
   NAME:exited for one that must have ended.
  ready | probe | running | What makes it RUNNING: up for startsecs (running), READY=1 on\
   NOTIFY_SOCKET (notify), a newline on descriptor N (fd:N), a connection (tcp:HOST:PORT,\
   unix:PATH), an answer of 200 to 399 (http:URL), a path that is there (path:PATH), or a command\
   that ends with 0 (exec:COMMAND). HOST: an address, or a name in /etc/hosts.
  ready_timeout | seconds | 60 | How long it may take to be ready before that counts as a failed\
   start; 0: for ever. A oneshot has none unless it is set.
  health | probe | | What is tried while it is RUNNING, as ready: tcp, http, unix, path or exec.
  health_interval | seconds 1.. | 10 | The pause between two tries of health.
  health_timeout | seconds 1.. | 5 | How long one try of health or ready may take; a command is then\
   killed with its group.
  health_retries | integer 1.. | 3 | Failures in a row after which it is restarted.
  user | user | | User (and group) to run as, by name or number. Unset: as swinit. HOME, USER,\
   LOGNAME and SHELL are not changed (user_environment).
  directory | path | | Working directory; ~ is the HOME of swinit. Unset: as swinit.
  umask | octal 0..0777 | | File mode mask, octal. Unset: as swinit.
  pidfile | path | | Of a daemon: when the command has ended with 0, the process that this file\
   names is the program. While the command stays, the file is not looked at.
  environment | environment | | Variables for this program, NAME="value" separated by commas; of\
   two of one name the last counts.
  redirect_stderr | flag | false | Send stderr where stdout goes.
  log_format | logFormat | | How what it writes gets to its place: by itself (direct), or through\
   swinit in whole lines as they are (raw) or with its name, the time, or as JSON. Unset: [swinit]\
   log_format, which leaves files as they are.
  stdout_logfile | logfile | /dev/stdout | Where stdout goes: a path, /dev/stdout, /dev/stderr,\
   NONE, syslog, or AUTO: a file in childlogdir. Missing directories are made. Several, with\
   commas between: to each of them; a comma of a name is written twice.
  stdout_logfile_maxbytes | size | 50MB | Bytes at which the log file becomes FILE.1; 0: never, and\
   the program holds the file itself.
  stdout_logfile_backups | integer | 10 | How many rotated log files are kept.
  stdout_capture_maxbytes | size missing | 0 | Size of the buffer for PROCESS_COMMUNICATION\
   events; 0: none.
  stdout_events_enabled | flag missing | false | Send PROCESS_LOG events for its stdout.
  stdout_syslog | flag | false | Send its stdout to syslog as well.
  stderr_logfile | logfile | /dev/stderr | Where stderr goes, as stdout_logfile.
  stderr_logfile_maxbytes | size | 50MB | Bytes at which the log file becomes FILE.1; 0: never, and\
   the program holds the file itself.
  stderr_logfile_backups | integer | 10 | How many rotated log files are kept.
  stderr_capture_maxbytes | size missing | 0 | Size of the buffer for PROCESS_COMMUNICATION\
   events; 0: none.
  stderr_events_enabled | flag missing | false | Send PROCESS_LOG events for its stderr.
  stderr_syslog | flag | false | Send its stderr to syslog as well.
  serverurl | text missing | AUTO | URL of the control server, as SUPERVISOR_SERVER_URL.
  stop_command | command | | Run before the stop signal, as the program is, with its pid in the\
   variable MAINPID (no shell puts it in). When it has ended and the program lives, the signal is\
   sent. Both share one stopwaitsecs, after which both are killed.
  run_timeout | seconds 1.. | | How long a oneshot, or a run of a program with schedule, may take; then\
   it is stopped, and has failed.
  retry_delay | restartDelay | | First and greatest pause after a failed start; it doubles each time. One\
   number: always that pause; never below 0.01. Unset: 1, 2, 3 … seconds, with startretries=-1 up to\
   the greatest of restart_delay.
  forward_signals | signals | | Signals for swinit that it gets too while it is RUNNING; not those\
   that begin the stop.
  reloadsignal | signal missing | HUP | The signal that makes it reload.
  env_file | path | | File of variables as docker's --env-file, read at each start. environment\
   counts more.
  secrets | secrets | | Variables whose values are the contents of files, read at each start and\
   never shown.
  inherit_env | flag | true | Pass on the environment that swinit was started with.
  user_environment | flag | false | Set HOME, USER, LOGNAME and SHELL of its user.
  groups | names | | Groups that it has beside those of its user, by name or number, separated by\
   commas; inherit: those of swinit (docker run --group-add, fsGroup).
  nice | integer -20..19 | | Its nice value.
  oom_score_adj | integer -1000..1000 | | How willingly the kernel kills it when memory is short.
  no_new_privs | flag | false | It gains no privileges by what it executes.
  cap_keep | capabilities | | The capabilities that it has, whoever it runs as; all others are lost.
  cap_drop | capabilities | | Capabilities that it loses; of no effect beside cap_keep.
  rlimit_cpu | limit | | Limit of CPU time, seconds.
  rlimit_fsize | limit | | Limit of files that it writes, bytes.
  rlimit_data | limit | | Limit of its data, bytes.
  rlimit_stack | limit | | Limit of its stack, bytes.
  rlimit_core | limit | | Limit of core files, bytes.
  rlimit_rss | limit | | Without effect in Linux.
  rlimit_nproc | limit | | Limit of its user's processes.
  rlimit_nofile | limit | | Limit of open files.
  rlimit_memlock | limit | | Limit of locked memory, bytes.
  rlimit_as | limit | | Limit of its address space, bytes.
  rlimit_locks | limit | | Without effect in Linux.
  rlimit_sigpending | limit | | Limit of queued signals.
  rlimit_msgqueue | limit | | Limit of message queues, bytes.
  rlimit_nice | limit | | 20 minus the lowest nice value that it may take.
  rlimit_rtprio | limit | | Limit of real-time priority.
  rlimit_rttime | limit | | Limit of real-time CPU time, microseconds.
  stdin | standardInput | null | What it reads: nothing, a pipe that stays open, or the container's\
   stdin (inherit).
  """

/// `[eventlistener:NAME]`, beside those of a program.
let eventListenerTable: Literal = """
  events | events missing | | The events it wants, required.
  buffer_size | integer 1.. missing | 10 | How many events wait for it before the oldest is\
   dropped; at least 1.
  result_handler | text missing | supervisor.dispatchers:default_handler | A Python function that\
   judges its answers.
  priority | integer any | -1 | As of a program.
  """

/// `[fcgi-program:NAME]`, beside those of a program.
let fcgiProgramTable: Literal = """
  socket | socket missing | | The socket that its processes share, required.
  socket_owner | user missing | | Owner (and group) of a unix socket.
  socket_mode | octal 0..07777 missing | 0700 | Mode of a unix socket, octal.
  socket_backlog | integer 1.. missing | | Queue of the socket.
  """
