// From fork to exec.
//
// Between the two a process may do nothing but plain system calls: no memory is allocated, no lock
// taken, nothing returned to the caller's stack. All that has to be looked up was looked up by the
// parent. The order is fixed: session, limits and priorities, descriptors (log files are opened while
// we are still root), ids and capabilities, directory, umask, signal mask, exec. The ids come before the directory so that a
// program cannot be started in a directory that its user may not enter.
//
// What may never happen: a child that goes on after a step that failed.

#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "CLinux.h"

static _Noreturn void fail(const struct cl_spawn *spawn, int step) {
  struct cl_report report = {step, errno};
  if (spawn->report) {
    *spawn->report = report;
    _exit(127);
  }
  ssize_t written = write(spawn->report_fd, &report, sizeof report);
  (void)written;
  _exit(127);
}

// A source of one of the three descriptors, out of the way of the other two.
static int aside(int source, int target) {
  return source <= 2 && source != target ? fcntl(source, F_DUPFD_CLOEXEC, 3) : source;
}

// A log file of the program's own. A fifo that nobody reads is opened without waiting for a reader;
// writing to it waits, as the program expects.
static int open_log(const char *path) {
  int fd = cl_open_log(path);
  if (fd >= 0) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  return fd;
}

static void set_descriptors(const struct cl_spawn *spawn) {
  int out = spawn->stdout_path ? open_log(spawn->stdout_path) : aside(spawn->stdout_fd, 1);
  if (out < 0) fail(spawn, CL_STEP_STDOUT);
  int err = spawn->redirect_stderr ? out
            : spawn->stderr_path   ? open_log(spawn->stderr_path)
                                   : aside(spawn->stderr_fd, 2);
  if (err < 0) fail(spawn, CL_STEP_STDERR);
  if (dup2(spawn->stdin_fd, 0) < 0) fail(spawn, CL_STEP_STDIN);
  if (out != 1 && dup2(out, 1) < 0) fail(spawn, CL_STEP_STDOUT);
  if (err != 2 && dup2(err, 2) < 0) fail(spawn, CL_STEP_STDERR);
}

// The descriptor on which the program says that it is ready. Whatever of ours has that number is not
// needed any more, but for the report's.
static void pass_ready_fd(const struct cl_spawn *spawn) {
  if (spawn->ready_fd < 0) return;
  if (spawn->report_fd == spawn->ready_target) {
    // We are the child: the request is our own copy.
    int moved = fcntl(spawn->report_fd, F_DUPFD_CLOEXEC, spawn->ready_target + 1);
    if (moved >= 0) ((struct cl_spawn *)spawn)->report_fd = moved;
  }
  if (spawn->ready_fd == spawn->ready_target) {
    fcntl(spawn->ready_fd, F_SETFD, 0);
  } else if (dup2(spawn->ready_fd, spawn->ready_target) < 0) {
    fail(spawn, CL_STEP_PIPE);
  }
}

// Of our own 0, 1 and 2 only what has a place of its own is replaced.
static void keep_descriptors(const struct cl_spawn *spawn) {
  if (spawn->stdout_fd > 2 && dup2(spawn->stdout_fd, 1) < 0) fail(spawn, CL_STEP_STDOUT);
  if (spawn->stderr_fd > 2 && dup2(spawn->stderr_fd, 2) < 0) fail(spawn, CL_STEP_STDERR);
}

// The C library's own would tell all threads of it, by signals and semaphores. There is one.
static int set_uid(uid_t uid) { return (int)syscall(SYS_setuid, uid); }
static int set_gid(gid_t gid) { return (int)syscall(SYS_setgid, gid); }

int cl_become_user(uid_t uid, gid_t gid, const gid_t *groups, int count) {
  // In a user namespace that forbids setgroups there is nothing to lose when the primary group is
  // the only one.
  int only_primary = count == 0 || (count == 1 && groups[0] == gid);
  if (syscall(SYS_setgroups, count, groups) < 0 && !(errno == EPERM && only_primary)) {
    return CL_STEP_GROUPS;
  }
  if (set_gid(gid) < 0) return CL_STEP_GID;
  if (set_uid(uid) < 0) return CL_STEP_UID;
  if (uid != 0 && (set_uid(0) == 0 || (gid != 0 && set_gid(0) == 0))) {
    errno = EPERM;
    return CL_STEP_PROOF;
  }
  return 0;
}

static void execute(const struct cl_spawn *spawn, const char *path) {
  char *const *arguments = (char *const *)spawn->arguments;
  char *const *environment = (char *const *)spawn->environment;
  execve(path, arguments, environment);
  if (errno != ENOEXEC || !spawn->shell_fallback) return;
  size_t count = 0;
  while (arguments[count]) count++;
  const char *script[count + 2];
  script[0] = "/bin/sh";
  script[1] = path;
  for (size_t i = 1; i <= count; i++) script[i + 1] = arguments[i];
  execve(script[0], (char *const *)script, environment);
}

// As execvp(3), with the program's own PATH; a file that is no program is handed to a shell only
// where that is asked for. Returns only when there is nothing to execute.
static void search_and_exec(const struct cl_spawn *spawn) {
  char candidate[PATH_MAX];
  const char *name = spawn->arguments[0];
  if (strchr(name, '/') || !*name) {
    execute(spawn, name);
    return;
  }
  size_t length = strlen(name);
  int refused = 0;
  for (const char *start = spawn->path;; ) {
    const char *end = strchrnul(start, ':');
    size_t prefix = (size_t)(end - start);
    if (prefix + length + 2 <= sizeof candidate) {
      memcpy(candidate, start, prefix);
      // An empty part of PATH is the working directory.
      size_t at = prefix;
      if (prefix) candidate[at++] = '/';
      memcpy(candidate + at, name, length + 1);
      execute(spawn, candidate);
      if (errno == EACCES) {
        refused = 1;
      } else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) {
        return;
      }
    }
    if (!*end) break;
    start = end + 1;
  }
  errno = refused ? EACCES : ENOENT;
}

static void take_session(const struct cl_spawn *spawn) {
  int terminal = 0;
  switch (spawn->session) {
    case CL_SESSION_NEW:
    case CL_SESSION_TERMINAL:
      if (setsid() < 0) fail(spawn, CL_STEP_SESSION);
      // Another session may hold it, or stdin is none: the program then lives without.
      if (spawn->session == CL_SESSION_TERMINAL) ioctl(0, TIOCSCTTY, 0);
      return;
    case CL_SESSION_SHARED:
      return;
    case CL_SESSION_GROUP:
      terminal = -1;
      break;
    case CL_SESSION_FOREGROUND_ANY:
      terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
      if (terminal < 0) terminal = 0;
      break;
    case CL_SESSION_FOREGROUND:
      break;
  }
  if (setpgid(0, 0) < 0) fail(spawn, CL_STEP_SESSION);
  if (terminal < 0) return;
  // SIGTTOU is blocked still: a group in the background may ask for the foreground.
  if (tcsetpgrp(terminal, getpid()) < 0 && errno != ENOTTY && errno != ENXIO && errno != EBADF) {
    fail(spawn, CL_STEP_TERMINAL);
  }
}

static void set_signals(const struct cl_spawn *spawn) {
  struct sigaction action = {.sa_handler = SIG_IGN};
  for (int number = 1; number < NSIG && spawn->ignored >> (number - 1); number++) {
    if (spawn->ignored >> (number - 1) & 1) sigaction(number, &action, NULL);
  }
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG && spawn->defaulted >> (number - 1); number++) {
    if (spawn->defaulted >> (number - 1) & 1) sigaction(number, &action, NULL);
  }
  sigset_t blocked;
  sigemptyset(&blocked);
  memcpy(&blocked, &spawn->blocked, sizeof spawn->blocked);
  sigprocmask(SIG_SETMASK, &blocked, NULL);
}

// systemd's sockets are for the process whose pid stands in LISTEN_PID (sd_listen_fds(3)).
static void take_listen_pid(const struct cl_spawn *spawn) {
  static const char name[] = "LISTEN_PID=";
  static char entry[32];
  size_t length = sizeof name - 1;
  for (const char **at = (const char **)spawn->environment; *at; at++) {
    if (strncmp(*at, name, length) != 0 || atol(*at + length) != getppid()) continue;
    memcpy(entry, name, length);
    char *end = entry + sizeof entry;
    *--end = 0;
    for (pid_t rest = getpid(); rest > 0; rest /= 10) *--end = (char)('0' + rest % 10);
    memmove(entry + length, end, (size_t)(entry + sizeof entry - end));
    *at = entry;
    return;
  }
}

void cl_spawn_set_limit(struct cl_spawn *spawn, int resource, uint64_t soft, uint64_t hard) {
  if (resource < 0 || resource >= 16) return;
  spawn->limits_set |= 1u << resource;
  spawn->limits[resource] = (struct cl_limit){soft, hard};
}

// All that this process starts has it too, and no process without CAP_SYS_RESOURCE can turn its own
// into another one.
static void set_mark(const struct cl_spawn *spawn) {
  if (!spawn->mark_locks) return;
  struct rlimit locks = {spawn->mark_locks, spawn->mark_locks};
  struct rlimit resident = {spawn->mark_resident, spawn->mark_resident};
  prlimit(0, RLIMIT_LOCKS, &locks, NULL);
  prlimit(0, RLIMIT_RSS, &resident, NULL);
}

int cl_mark_limits(uint64_t *locks, uint64_t *resident) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_LOCKS, &limit) < 0) return -1;
  *locks = limit.rlim_max;
  if (getrlimit(RLIMIT_RSS, &limit) < 0) return -1;
  *resident = limit.rlim_max;
  return 0;
}

int cl_try_mark(uint64_t locks, uint64_t resident) {
  const int resources[] = {RLIMIT_LOCKS, RLIMIT_RSS};
  const uint64_t values[] = {locks, resident};
  for (int i = 0; i < 2; i++) {
    struct rlimit old, limit;
    if (getrlimit(resources[i], &old) < 0) return -1;
    limit = (struct rlimit){values[i], old.rlim_max};
    if (prlimit(0, resources[i], &limit, NULL) < 0) return -1;
    prlimit(0, resources[i], &old, NULL);
  }
  return 0;
}

static void set_limits(const struct cl_spawn *spawn) {
  set_mark(spawn);
  for (int resource = 0; resource < 16; resource++) {
    if (!(spawn->limits_set >> resource & 1)) continue;
    if ((resource == RLIMIT_LOCKS || resource == RLIMIT_RSS) && spawn->mark_locks) continue;
    struct rlimit limit = {spawn->limits[resource].soft, spawn->limits[resource].hard};
    if (prlimit(0, resource, &limit, NULL) < 0) fail(spawn, CL_STEP_LIMITS | resource << CL_STEP_DETAIL);
  }
  if (spawn->sets_nice && setpriority(PRIO_PROCESS, 0, spawn->nice) < 0) fail(spawn, CL_STEP_NICE);
  if (!spawn->sets_oom) return;
  char text[8];
  char *start = text + sizeof text;
  int rest = spawn->oom_score_adj < 0 ? -spawn->oom_score_adj : spawn->oom_score_adj;
  do {
    *--start = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest > 0 && start > text + 1);
  if (spawn->oom_score_adj < 0) *--start = '-';
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, start, (size_t)(text + sizeof text - start)) < 0) {
    fail(spawn, CL_STEP_OOM);
  }
  close(fd);
}

static void take_identity(const struct cl_spawn *spawn) {
  uint64_t kept = spawn->capabilities_kept, dropped = spawn->capabilities_dropped;
  int step = 0;
  if (kept | dropped) step = cl_bound_capabilities(&kept, dropped);
  if (!step && spawn->set_user) {
    step = cl_become_user(spawn->uid, spawn->gid, spawn->groups, spawn->group_count);
  }
  if (!step && kept | dropped) step = cl_set_capabilities(kept, dropped);
  if (step) fail(spawn, step);
  if (spawn->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    fail(spawn, CL_STEP_PRIVILEGES);
  }
}

static _Noreturn void become_program(const struct cl_spawn *spawn) {
  take_session(spawn);
  set_limits(spawn);
  if (spawn->keep_descriptors) {
    keep_descriptors(spawn);
  } else {
    set_descriptors(spawn);
    pass_ready_fd(spawn);
  }
  take_identity(spawn);
  if (spawn->directory && chdir(spawn->directory) < 0) fail(spawn, CL_STEP_DIRECTORY);
  if (spawn->umask >= 0) umask((mode_t)spawn->umask);
  if (spawn->own_listen_pid) take_listen_pid(spawn);
  set_signals(spawn);
  search_and_exec(spawn);
  fail(spawn, CL_STEP_EXEC);
}

const char *cl_environment_value(const char *name) { return getenv(name); }

const char *cl_search_path(void) {
  const char *path = getenv("PATH");
  return path ? path : "/bin:/usr/bin";
}

pid_t cl_spawn_now(const struct cl_spawn *spawn) {
  pid_t pid = vfork();
  if (pid == 0) become_program(spawn);
  return pid;
}

pid_t cl_spawn(const struct cl_spawn *spawn) {
  // Not fork(3): what that does more is for threads, and for a child that allocates.
  pid_t pid = _Fork();
  if (pid == 0) become_program(spawn);
  return pid;
}
