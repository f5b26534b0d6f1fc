// Signals as descriptors, and the children that SIGCHLD tells of.

#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "CLinux.h"

int cl_take_signals(void) {
  // What a parent ignored (nohup, a shell's background job) our children would inherit.
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) < 0 || action.sa_handler != SIG_IGN) continue;
    action.sa_handler = SIG_DFL;
    sigaction(number, &action, NULL);
  }
  sigset_t set;
  sigfillset(&set);
  const int faults[] = {SIGSEGV, SIGILL, SIGBUS, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) sigdelset(&set, faults[i]);
  if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) return -1;
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
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

int cl_errno(void) { return errno; }

int cl_kill(pid_t pid, int signal) { return kill(pid, signal); }

int cl_reap(struct cl_ended *ended) {
  int status;
  pid_t pid;
  do {
    pid = waitpid(-1, &status, WNOHANG);
  } while (pid < 0 && errno == EINTR);
  if (pid <= 0) return (int)pid;
  ended->pid = pid;
  ended->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ended->code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return 1;
}

int cl_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
