// What Swift cannot import of Linux and libc: macros, variadic functions, packed structures, and
// the few lines between fork and exec. No policy: the Linux module gives these their types.
#ifndef CLINUX_H
#define CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "CLinuxMemory.h"
#include "CLinuxStreams.h"

// Signals.

struct cl_signal {
  int32_t number;
  int32_t sender_pid;
  uint32_t sender_uid;
  int32_t from_kernel;  // a terminal's ^C, a power failure
};

// Blocks every signal but those that a fault of our own raises, and makes every disposition the
// default one. Returns a signalfd(2) for what is blocked (close-on-exec, non-blocking), or -1.
int cl_take_signals(void);
// 1: one signal read, 0: none is waiting, -1: errno.
int cl_read_signal(int fd, struct cl_signal *signal);
int cl_kill(pid_t pid, int signal);

// Sets of signals, bit n - 1 for signal n.
// What we were started with: the blocked ones and, after cl_take_signals, the ignored ones.
uint64_t cl_blocked_at_start(void);
uint64_t cl_ignored_at_start(void);
// Blocks every signal, for cl_wait_signal. Only SIGCHLD must not be ignored, or there would be no
// status to wait for: its bit is returned where it was.
uint64_t cl_block_signals(void);
// sigtimedwait(2) for any signal, up to `nanoseconds` (-1: no limit). 1: one came, 0: the time is
// over.
int cl_wait_signal(struct cl_signal *signal, int64_t nanoseconds);

// Events: epoll(7), level-triggered, with a token of ours for each descriptor.

struct cl_event {
  uint64_t token;
  uint32_t events;
};
// CL_URGENT: the kernel's own news of a file (EPOLLPRI). EPERM: it cannot be waited for.
enum { CL_READABLE = 1, CL_WRITABLE = 2, CL_URGENT = 4 };

int cl_epoll_create(void);
int cl_epoll_add(int epoll, int fd, int interest, uint64_t token);
int cl_epoll_change(int epoll, int fd, int interest, uint64_t token);
int cl_epoll_remove(int epoll, int fd);
// Up to `capacity` (at most 64) events; timeout in milliseconds, -1: none.
int cl_epoll_wait(int epoll, struct cl_event *events, int capacity, int timeout);

// An eventfd(2), non-blocking, that version 1 of the memory cgroup in this folder writes to when the
// OOM killer begins (memory.oom_control), or -1: errno.
int cl_oom_event(const char *folder);
// Empties it.
void cl_clear_event(int fd);
int cl_page_size(void);

// Processes.

struct cl_ended {
  pid_t pid;
  int32_t signal;  // 0: it exited
  int32_t code;
};
// 1: one child reaped, 0: none has ended, -1: errno (ECHILD: there is none).
int cl_reap(struct cl_ended *ended);
// The same, and 1 with `stopped` set to the signal for a child that was stopped (SIGTSTP and its
// like).
int cl_reap_or_stopped(struct cl_ended *ended, int *stopped);
// As cl_reap, but only of the children in a process group.
int cl_reap_group(pid_t group, struct cl_ended *ended);
// Makes us the one that orphans among our descendants go to (prctl(2)).
int cl_become_subreaper(void);
// 1: we are one, 0: not, -1: errno.
int cl_is_subreaper(void);
// The signal that we get when our parent ends (prctl(2)).
int cl_set_parent_death_signal(int signal);

// The steps between fork and exec, in their order. Each can fail.
enum cl_step {
  CL_STEP_PIPE = 1,
  CL_STEP_FORK,
  CL_STEP_SESSION,
  CL_STEP_LIMITS,
  CL_STEP_STDIN,
  CL_STEP_STDOUT,
  CL_STEP_STDERR,
  CL_STEP_GROUPS,
  CL_STEP_GID,
  CL_STEP_UID,
  CL_STEP_PROOF,
  CL_STEP_DIRECTORY,
  CL_STEP_EXEC,
  CL_STEP_USER,
  CL_STEP_GROUP,
  CL_STEP_TERMINAL,
  CL_STEP_NICE,
  CL_STEP_OOM,
  CL_STEP_CAPABILITIES,
  CL_STEP_KEEP,  // with the number of the capability as detail
  CL_STEP_DROP,  // the same
  CL_STEP_PRIVILEGES,
  // Of the parent, before the fork.
  CL_STEP_ENV_FILE,
  CL_STEP_ENV_LINE,  // the line instead of an errno
  CL_STEP_SECRET,    // with its place in the list as detail
};
// A step may carry a detail of 8 bits above its own: which of several things it was.
enum { CL_STEP_DETAIL = 8 };

// What a new process has to do with sessions and the terminal on stdin.
enum cl_session {
  CL_SESSION_NEW,         // a session of its own
  CL_SESSION_TERMINAL,    // the same, and the terminal becomes its controlling one, if it can
  CL_SESSION_SHARED,      // nothing
  CL_SESSION_GROUP,       // a process group of its own
  CL_SESSION_FOREGROUND,  // a process group of its own, the terminal's foreground one
  // The same, of the controlling terminal, whatever stdin is.
  CL_SESSION_FOREGROUND_ANY,
};

// What a child that could not become its program writes to its report descriptor.
struct cl_report {
  int32_t step;
  int32_t error;
};

struct cl_spawn {
  const char *const *arguments;
  const char *const *environment;
  const char *path;       // the PATH to search
  const char *directory;  // or NULL
  int stdin_fd;
  // A descriptor, or -1 and a file that is opened for appending, its parents made.
  int stdout_fd, stderr_fd;
  const char *stdout_path, *stderr_path;
  int redirect_stderr;
  int set_user, group_count;
  uid_t uid;
  gid_t gid;
  const gid_t *groups;
  int64_t umask;                  // -1: unchanged
  uint32_t limits_set;            // bit n: limits[n] is to be set
  // Both limits of RLIMIT_LOCKS and of RLIMIT_RSS, which mean nothing else (Marks.swift); 0: none.
  uint64_t mark_locks, mark_resident;
  struct cl_limit {
    uint64_t soft, hard;
  } limits[16];  // by the number of the resource
  int sets_nice, nice, sets_oom, oom_score_adj, no_new_privileges;
  // The capabilities that the program has, whoever it is (all bits: those that we have), and those
  // that are in none of its sets.
  uint64_t capabilities_kept, capabilities_dropped;
  int report_fd;                  // close-on-exec
  enum cl_session session;
  int keep_descriptors;  // 0, 1 and 2 stay, but for outputs above 2
  // Signals that the program gets blocked, ignored, or set back to their default.
  uint64_t blocked, ignored, defaulted;
  int shell_fallback;     // as execvp(3): a file that is no program is a script for /bin/sh
  int own_listen_pid;     // LISTEN_PID, where it names us, names the new process instead
  // What the program gets as descriptor `ready_target`; -1: nothing.
  int ready_fd, ready_target;
  struct cl_report *report;  // instead of report_fd, for cl_spawn_now
};
// Sets one of its limits; a resource that there is none of is left out.
void cl_spawn_set_limit(struct cl_spawn *spawn, int resource, uint64_t soft, uint64_t hard);
// Forks and execs. Returns the pid, or -1 (errno of fork). Whatever goes wrong in the child comes
// through the report descriptor, which is closed without a word when exec succeeds.
pid_t cl_spawn(const struct cl_spawn *spawn);
// The same by vfork(2): nothing is copied, and we wait until the exec is done or has failed. So only
// for one who has nothing else to do. Whatever goes wrong stands in `report`.
pid_t cl_spawn_now(const struct cl_spawn *spawn);

int cl_errno(void);

// Descriptors.

// Opens 0, 1 and 2 on /dev/null where they are closed, and marks all others close-on-exec.
int cl_secure_descriptors(void);
// Closes all descriptors from `first` on.
void cl_close_from(int first);
void cl_umask(uint32_t mask);
int cl_open(const char *path, int flags, mode_t mode);

// Files of which others own a folder on the way: see paths.c. errno is ELOOP for a link that is not
// followed, EMLINK for a file that has other names too, EINVAL for what is no regular file.

enum cl_rules {
  CL_MAKE_PARENTS = 1,
  CL_ANY_KIND = 2,  // Devices and fifos too.
  CL_NO_LAST_LINK = 4,
};
int cl_open_safely(const char *path, int flags, mode_t mode, int rules);
int cl_remove_safely(const char *path);
int cl_rename_safely(const char *from, const char *to);
// 1: there is something of that name, a link too; 0: there is not; -1: errno.
int cl_exists_safely(const char *path);
int cl_anonymous_file(void);
// Close-on-exec at both ends; only our end, the reading one, is non-blocking.
int cl_report_pipe(int ends[2]);
// Close-on-exec at both ends; only ours, the writing one, is non-blocking.
int cl_input_pipe(int ends[2]);
int cl_is_socket(int fd);
int cl_is_regular(int fd);
// 1: a directory, 0: something else, -1: errno.
int cl_is_directory(const char *path);
int cl_file_owner(const char *path, uid_t *owner);
// write(2) that never waits, whatever kind of file it is: -1 and EAGAIN when it would.
ssize_t cl_write_now(int fd, const void *bytes, size_t count, int is_socket);
// CLOCK_MONOTONIC in nanoseconds, less the time that was forgotten (cl_forget_time).
uint64_t cl_monotonic_now(void);
void cl_forget_time(uint64_t nanoseconds);

// How far local time (of TZ, else /etc/localtime) is ahead of UTC at a moment in seconds since 1970,
// in seconds.
int32_t cl_zone_offset(int64_t seconds);
// TZ, where it names a zone that has no file here: the C library then takes UTC. Else NULL.
const char *cl_zone_missing(void);
// timerfd(2) for a moment of the wall clock; readable when it has come, and when the clock was set.
int cl_wall_timer_create(void);
// -1 and ECANCELED: it is set, and the clock was set since it was last read.
int cl_wall_timer_set(int timer, int64_t seconds);
void cl_wall_timer_acknowledge(int timer);

// Gives back the pages of our own program file that are in memory. Those that are needed are mapped
// again from the page cache when they are touched; what only the start needed stays away.
void cl_forget_startup_code(void);

// Our place on the terminal that is stdin.
enum cl_terminal {
  CL_TERMINAL_NONE,        // none, or not our controlling one
  CL_TERMINAL_LEADER,      // it is that of our session, which we lead
  CL_TERMINAL_FOREGROUND,  // it is that of another's session, and we are in front
  CL_TERMINAL_BACKGROUND,
};
enum cl_terminal cl_terminal_place(void);
// Gives up the controlling terminal (TIOCNOTTY): 0, or -1. A session's leader gets SIGHUP and
// SIGCONT for it.
int cl_leave_terminal(void);
int cl_leads_session(void);
// Puts a process group in front of the terminal.
int cl_set_foreground(pid_t group);
// chdir("/").
void cl_leave_directory(void);
// The C library's words for a signal.
const char *cl_signal_words(int signal);

// Limits of open files (soft, hard), and ours raised to the hard one.
int cl_raise_open_files(uint64_t *soft, uint64_t *hard);
// Both of ours.
int cl_set_open_files(uint64_t limit);

// Tries whether this process may set both limits of a mark: 0, or -1: errno. Nothing is changed.
int cl_try_mark(uint64_t locks, uint64_t resident);
// The hard limits of this process for RLIMIT_LOCKS and RLIMIT_RSS.
int cl_mark_limits(uint64_t *locks, uint64_t *resident);

// Pidfiles and the processes that they name.

// What tells that a file was written since.
struct cl_file_stamp {
  uint64_t device, inode, size;
  int64_t modified, changed;  // nanoseconds
};
int cl_file_stamp(const char *path, struct cl_file_stamp *stamp);
int cl_file_stamp_of(int fd, struct cl_file_stamp *stamp, uid_t *owner);
// pidfd_open(2), and kill(2) for it: never another process that got the same pid.
int cl_pidfd_open(pid_t pid);
int cl_pidfd_signal(int pidfd, int signal);
int cl_pidfd_ended(int pidfd);
// Whether it is a child of ours, living or not yet reaped.
int cl_is_child(pid_t pid);
// inotify(7), non-blocking: what happens to a file, and what comes into a directory.
int cl_inotify_create(void);
int cl_inotify_watch_file(int inotify, const char *path);
int cl_inotify_watch_directory(int inotify, const char *path);
int cl_inotify_remove(int inotify, int watch);
// The watches that something happened to, each once; -1 among them: any. 0: nothing waits.
int cl_inotify_read(int inotify, int32_t *watches, int capacity);

// Tests of programs.

// Whether it is a numeric address, localhost, or a name in /etc/hosts.
int cl_host_is_known(const char *host);
// A non-blocking stream socket that has begun to connect to the host's address `number` (0 is the
// first), or to a unix socket; -1: errno, ENOENT where there is no such address.
int cl_connect_host(const char *host, int port, int number);
int cl_connect_path(const char *path);
// How the connecting went, once the socket is writable: 0, or an errno.
int cl_connect_result(int fd);

// The socket of sd_notify(3): see notify.c.

// A datagram socket with a name of its own, `@` for the NUL of abstract ones.
int cl_notify_socket(char *name, int capacity);

struct cl_notification {
  pid_t pid;  // 0: from another PID namespace, which shares our network.
  uid_t uid;
  int has_descriptors;
  int is_ready;  // It says READY=1.
};
// The oldest message, which stays in the queue. 1, or 0: there is none.
int cl_notify_look(int fd, struct cl_notification *found);
// Takes the oldest message, which carries no descriptor, out of the queue.
void cl_notify_take(int fd);
// Makes a child that takes the oldest message and its descriptors, and ends: its pid, or -1.
pid_t cl_notify_drop(int fd);
// Nobody can send anything any more; what is in the queue stays.
void cl_notify_shut(int fd);
// Whether /proc is there and shows the processes of our PID namespace.
int cl_proc_is_ours(void);

// Users and groups, from /etc/passwd and /etc/group.

// 1: found, 0: not, -1: errno. By name, or by uid where name is NULL. `found_name` takes the name.
int cl_find_user(const char *name, uid_t *uid, gid_t *gid, char *found_name, size_t capacity);
int cl_find_group(const char *name, gid_t *gid);
// The groups of a user as initgroups(3) sets them, `gid` first. Their number, or -1.
int cl_groups_of(const char *name, gid_t gid, gid_t *groups, int capacity);
// HOME, USER, LOGNAME and SHELL of a user, each `NAME=value` and a NUL, into `text`: their length; 0:
// there is no such user, -1: errno. By name, or by uid where name is NULL.
int cl_login_variables(const char *name, uid_t uid, char *text, size_t capacity);
// setgroups, setgid, setuid for ourselves; the step that failed, or 0.
int cl_become_user(uid_t uid, gid_t gid, const gid_t *groups, int count);
// Whether this process has a capability in effect: 1, 0, or -1: errno.
int cl_has_capability(int number);
// For ourselves, before and after cl_become_user: the step that failed, or 0. `kept` all bits: becomes
// those that we have.
int cl_bound_capabilities(uint64_t *kept, uint64_t dropped);
int cl_set_capabilities(uint64_t kept, uint64_t dropped);

// Directories and patterns. Each calls back with every name, in no order. 0, or -1: a directory that
// cannot be read, and errno.

typedef void (*cl_name_callback)(const char *name, void *context);
int cl_each_entry(const char *directory, cl_name_callback callback, void *context);
int cl_each_match(const char *pattern, cl_name_callback callback, void *context);

// SIGTERM, SIGINT and SIGQUIT end this process with status 0 and a line, until they are blocked
// again: nothing was started yet.
void cl_signals_end_us(int yes);

// Our own PATH, or what a C library takes where there is none.
const char *cl_search_path(void);
// A variable of ours, or NULL.
const char *cl_environment_value(const char *name);
// The environment that we were started with.
const char *const *cl_environment(void);

#endif
