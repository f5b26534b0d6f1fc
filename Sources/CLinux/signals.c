// Signals as descriptors, and the children that SIGCHLD tells of.

#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CLinux.h"

static uint64_t blocked_at_start, ignored_at_start;

uint64_t cl_blocked_at_start(void) { return blocked_at_start; }
uint64_t cl_ignored_at_start(void) { return ignored_at_start; }

// Every signal: sigfillset(3) leaves out those that the C library keeps for its threads, and to
// other libraries one of them is SIGRTMIN.
static void every_signal(sigset_t *set) { memset(set, 0xff, sizeof *set); }

static int block(const sigset_t *set) {
  sigset_t old;
  if (sigprocmask(SIG_SETMASK, set, &old) < 0) return -1;
  memcpy(&blocked_at_start, &old, sizeof blocked_at_start);
  return 0;
}

int cl_take_signals(void) {
  // What a parent ignored (nohup, a shell's background job) our children would inherit.
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) < 0 || action.sa_handler != SIG_IGN) continue;
    ignored_at_start |= (uint64_t)1 << (number - 1);
    action.sa_handler = SIG_DFL;
    sigaction(number, &action, NULL);
  }
  sigset_t set;
  every_signal(&set);
  const int faults[] = {SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&set, faults[i]);
  if (block(&set) < 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Only what a handler may call.
static void end_now(int number) {
  static const char text[] = "swinit: info exit 0: stopped by a signal before anything was started\n";
  (void)number;
  ssize_t written = write(2, text, sizeof text - 1);
  (void)written;
  _exit(0);
}

void cl_signals_end_us(int yes) {
  const int numbers[] = {SIGTERM, SIGINT, SIGQUIT};
  struct sigaction action = {.sa_handler = yes ? end_now : SIG_DFL};
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&set, numbers[i]);
  if (!yes) sigprocmask(SIG_BLOCK, &set, NULL);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaction(numbers[i], &action, NULL);
  if (yes) sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int cl_read_signal(int fd, struct cl_signal *signal) {
  struct signalfd_siginfo info;
  ssize_t size;
  do {
    size = read(fd, &info, sizeof info);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof info) return size < 0 && errno != EAGAIN ? -1 : 0;
  signal->number = (int32_t)info.ssi_signo;
  signal->sender_pid = (int32_t)info.ssi_pid;
  signal->sender_uid = info.ssi_uid;
  signal->from_kernel = info.ssi_code == SI_KERNEL;
  return 1;
}

uint64_t cl_block_signals(void) {
  sigset_t set;
  every_signal(&set);
  block(&set);
  struct sigaction standard = {.sa_handler = SIG_DFL}, old;
  if (sigaction(SIGCHLD, &standard, &old) < 0 || old.sa_handler != SIG_IGN) return 0;
  return (uint64_t)1 << (SIGCHLD - 1);
}

int cl_wait_signal(struct cl_signal *signal, int64_t nanoseconds) {
  sigset_t set;
  every_signal(&set);
  struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
  siginfo_t info;
  int number = sigtimedwait(&set, &info, nanoseconds < 0 ? NULL : &time);
  if (number < 0) return 0;
  signal->number = number;
  signal->sender_pid = (int32_t)info.si_pid;
  signal->sender_uid = info.si_uid;
  signal->from_kernel = info.si_code == SI_KERNEL;
  return 1;
}

const char *cl_signal_words(int signal) { return strsignal(signal); }

int cl_errno(void) { return errno; }

int cl_kill(pid_t pid, int signal) { return kill(pid, signal); }

static int reap(pid_t whom, struct cl_ended *ended, int *stopped) {
  int status;
  pid_t pid;
  do {
    pid = waitpid(whom, &status, WNOHANG | (stopped ? WUNTRACED : 0));
  } while (pid < 0 && errno == EINTR);
  if (pid <= 0) return (int)pid;
  ended->pid = pid;
  if (stopped) *stopped = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
  ended->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ended->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return 1;
}

int cl_reap(struct cl_ended *ended) { return reap(-1, ended, NULL); }

int cl_reap_or_stopped(struct cl_ended *ended, int *stopped) { return reap(-1, ended, stopped); }

int cl_reap_group(pid_t group, struct cl_ended *ended) { return reap(-group, ended, NULL); }

int cl_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

int cl_is_subreaper(void) {
  int bit = 0;
  return prctl(PR_GET_CHILD_SUBREAPER, &bit, 0, 0, 0) < 0 ? -1 : bit;
}

int cl_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
