// The socket of sd_notify(3), on which a program says that it is ready.
//
// Anybody who can name the socket can send a message, and a message can carry descriptors
// (SCM_RIGHTS). The last close of a descriptor can wait: a TCP socket with SO_LINGER waits for its
// peer, a file of a network for its server. So PID 1 never receives a descriptor, never lets the
// kernel drop one for it, and never closes the socket while a message with one is queued. It looks at
// a message first (MSG_PEEK: the queue keeps its own reference) with room for the credentials alone;
// MSG_CTRUNC says that there are descriptors. A child takes such a message and exits: the kernel
// does not linger for a process that exits, and a child may wait for anything else.

#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "CLinux.h"

// The most descriptors in one message (SCM_MAX_FD of the kernel).
enum { greatest_descriptors = 253 };

// How long a child may take before it ends itself, in seconds.
enum { patience = 2 };

int cl_notify_socket(char *name, int capacity) {
  struct sockaddr_un address;
  socklen_t size = sizeof(sa_family_t);
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int yes = 1;
  // Without a name the kernel finds a free one of the abstract kind: no file system is needed.
  int failed = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) < 0 ||
               bind(fd, (struct sockaddr *)&address, size) < 0;
  size = sizeof address;
  failed = failed || getsockname(fd, (struct sockaddr *)&address, &size) < 0;
  int length = (int)(size - offsetof(struct sockaddr_un, sun_path));
  if (failed || length < 2 || length >= capacity) {
    close(fd);
    return -1;
  }
  memcpy(name, address.sun_path, (size_t)length);
  name[0] = '@';
  name[length] = 0;
  return fd;
}

static int says_ready(const char *text) {
  static const char ready[] = "READY=1";
  for (const char *line = text;; line++) {
    size_t length = strcspn(line, "\n");
    if (length == sizeof ready - 1 && memcmp(line, ready, length) == 0) return 1;
    line += length;
    if (!*line) return 0;
  }
}

int cl_notify_look(int fd, struct cl_notification *found) {
  char text[4096];
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(struct ucred))];
  } control;
  struct iovec part = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  ssize_t size = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) return 0;
  struct cmsghdr *first = CMSG_FIRSTHDR(&message);
  // Every message has credentials; without them this is the end of a socket that was shut.
  if (!first || first->cmsg_level != SOL_SOCKET || first->cmsg_type != SCM_CREDENTIALS) return 0;
  struct ucred sender;
  memcpy(&sender, CMSG_DATA(first), sizeof sender);
  text[size] = 0;
  found->pid = sender.pid;
  found->uid = sender.uid;
  found->has_descriptors = (message.msg_flags & MSG_CTRUNC) != 0;
  found->is_ready = says_ready(text);
  return 1;
}

void cl_notify_take(int fd) {
  char byte;
  // Looked at before: it carries no descriptor. What does not fit is dropped by the kernel.
  while (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EINTR) {}
}

void cl_notify_shut(int fd) { shutdown(fd, SHUT_RD); }

// The child ends itself, and by a signal, for a signal ends every wait that can be ended.
static void bound_time(void) {
  signal(SIGALRM, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  alarm(patience);
}

pid_t cl_notify_drop(int fd) {
  pid_t pid = _Fork();
  if (pid != 0) return pid;
  bound_time();
  // While the child waits, no pipe of a program may seem to have one writer more; and what is passed
  // needs room.
  dup2(fd, 0);
  cl_close_from(1);
  char byte;
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(greatest_descriptors * sizeof(int))];
  } control;
  struct iovec part = {&byte, 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  recvmsg(0, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  _exit(0);
}

int cl_proc_is_ours(void) {
  char text[16];
  ssize_t length = readlink("/proc/self", text, sizeof text - 1);
  if (length < 0) return 0;
  text[length] = 0;
  return atol(text) == getpid();
}
