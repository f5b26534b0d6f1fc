// From fork to exec.
//
// Between the two a process may do nothing but plain system calls: no memory is allocated, no lock
// taken, nothing returned to the caller's stack. All that has to be looked up was looked up by the
// parent. The order is fixed: session, limits, descriptors (log files are opened while we are still
// root), ids, directory, umask, signal mask, exec. The ids come before the directory so that a
// program cannot be started in a directory that its user may not enter.
//
// What may never happen: a child that goes on after a step that failed.

#define _GNU_SOURCE
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "CLinux.h"

static _Noreturn void fail(const struct cl_spawn *spawn, int step) {
  struct cl_report report = {step, errno};
  ssize_t written = write(spawn->report_fd, &report, sizeof report);
  (void)written;
  _exit(127);
}

// mkdir -p of what stands before the last slash.
static void make_parents(const char *path) {
  char buffer[PATH_MAX];
  size_t length = strlen(path);
  if (length >= sizeof buffer) return;
  memcpy(buffer, path, length + 1);
  for (char *slash = buffer + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
    *slash = 0;
    mkdir(buffer, 0755);
    *slash = '/';
  }
}

static int open_log(const char *path) {
  int flags = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC;
  int fd = open(path, flags, 0644);
  if (fd < 0 && errno == ENOENT) {
    make_parents(path);
    fd = open(path, flags, 0644);
  }
  return fd;
}

// A source of one of the three descriptors, out of the way of the other two.
static int aside(int source, int target) {
  return source <= 2 && source != target ? fcntl(source, F_DUPFD_CLOEXEC, 3) : source;
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

int cl_become_user(uid_t uid, gid_t gid, const gid_t *groups, int count) {
  // In a user namespace that forbids setgroups there is nothing to lose when the primary group is
  // the only one.
  int only_primary = count == 0 || (count == 1 && groups[0] == gid);
  if (setgroups((size_t)count, groups) < 0 && !(errno == EPERM && only_primary)) {
    return CL_STEP_GROUPS;
  }
  if (setgid(gid) < 0) return CL_STEP_GID;
  if (setuid(uid) < 0) return CL_STEP_UID;
  if (uid != 0 && (setuid(0) == 0 || (gid != 0 && setgid(0) == 0))) {
    errno = EPERM;
    return CL_STEP_PROOF;
  }
  return 0;
}

// As execvp(3), with the program's own PATH, and without handing a file that is no program to a
// shell. Returns only when there is nothing to execute.
static void search_and_exec(const struct cl_spawn *spawn) {
  char candidate[PATH_MAX];
  const char *name = spawn->arguments[0];
  char *const *arguments = (char *const *)spawn->arguments;
  char *const *environment = (char *const *)spawn->environment;
  if (strchr(name, '/') || !*name) {
    execve(name, arguments, environment);
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
      execve(candidate, arguments, environment);
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

static _Noreturn void become_program(const struct cl_spawn *spawn) {
  if (setsid() < 0) fail(spawn, CL_STEP_SESSION);
  if (spawn->nofile) {
    struct rlimit limit = {spawn->nofile, spawn->nofile_limit};
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0) fail(spawn, CL_STEP_LIMITS);
  }
  set_descriptors(spawn);
  if (spawn->set_user) {
    int step = cl_become_user(spawn->uid, spawn->gid, spawn->groups, spawn->group_count);
    if (step) fail(spawn, step);
  }
  if (spawn->directory && chdir(spawn->directory) < 0) fail(spawn, CL_STEP_DIRECTORY);
  if (spawn->umask >= 0) umask((mode_t)spawn->umask);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  search_and_exec(spawn);
  fail(spawn, CL_STEP_EXEC);
}

pid_t cl_spawn(const struct cl_spawn *spawn) {
  pid_t pid = fork();
  if (pid == 0) become_program(spawn);
  return pid;
}
