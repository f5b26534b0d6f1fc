// The terminal that is stdin, and the directory and descriptors that an init need not hold.

#define _GNU_SOURCE
#include <sys/ioctl.h>

#include "CLinux.h"

enum cl_terminal cl_terminal_place(void) {
  pid_t front = tcgetpgrp(0);
  if (front < 0) return CL_TERMINAL_NONE;
  if (cl_leads_session()) return CL_TERMINAL_LEADER;
  return front == getpgrp() ? CL_TERMINAL_FOREGROUND : CL_TERMINAL_BACKGROUND;
}

int cl_leave_terminal(void) { return ioctl(0, TIOCNOTTY); }

int cl_leads_session(void) { return getsid(0) == getpid(); }

int cl_set_foreground(pid_t group) { return tcsetpgrp(0, group); }

void cl_leave_directory(void) {
  int result = chdir("/");
  (void)result;
}
