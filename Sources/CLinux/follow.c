// Pidfiles and the processes that they name.

#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "CLinux.h"

static void take_stamp(const struct stat *status, struct cl_file_stamp *stamp) {
  stamp->device = status->st_dev;
  stamp->inode = status->st_ino;
  stamp->size = (uint64_t)status->st_size;
  stamp->modified = (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
  stamp->changed = (int64_t)status->st_ctim.tv_sec * 1000000000 + status->st_ctim.tv_nsec;
}

int cl_file_stamp(const char *path, struct cl_file_stamp *stamp) {
  struct stat status;
  memset(stamp, 0, sizeof *stamp);
  if (stat(path, &status) < 0) return -1;
  take_stamp(&status, stamp);
  return 0;
}

int cl_file_stamp_of(int fd, struct cl_file_stamp *stamp, uid_t *owner) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -1;
  take_stamp(&status, stamp);
  *owner = status.st_uid;
  return 0;
}

int cl_pidfd_open(pid_t pid) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  (void)pid;
  errno = ENOSYS;
  return -1;
#endif
}

int cl_pidfd_signal(int pidfd, int signal) {
#ifdef SYS_pidfd_send_signal
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
#else
  (void)pidfd;
  (void)signal;
  errno = ENOSYS;
  return -1;
#endif
}

int cl_pidfd_ended(int pidfd) {
  struct pollfd ready = {pidfd, POLLIN, 0};
  return poll(&ready, 1, 0) == 1;
}

int cl_is_child(pid_t pid) {
  siginfo_t info;
  return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

int cl_inotify_create(void) { return inotify_init1(IN_CLOEXEC | IN_NONBLOCK); }

int cl_inotify_watch_file(int inotify, const char *path) {
  return inotify_add_watch(
      inotify, path, IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
}

int cl_inotify_watch_directory(int inotify, const char *path) {
  return inotify_add_watch(
      inotify, path, IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
}

int cl_inotify_remove(int inotify, int watch) { return inotify_rm_watch(inotify, watch); }

int cl_inotify_read(int inotify, int32_t *watches, int capacity) {
  char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
  ssize_t size;
  do {
    size = read(inotify, buffer, sizeof buffer);
  } while (size < 0 && errno == EINTR);
  int count = 0;
  for (ssize_t at = 0; at < size;) {
    struct inotify_event *event = (struct inotify_event *)(buffer + at);
    at += (ssize_t)(sizeof *event + event->len);
    int is_known = 0;
    for (int i = 0; i < count; i++) is_known |= watches[i] == event->wd;
    // A queue that ran over (-1), or more watches than there is room for: anything may have happened.
    if (event->wd == -1 || (!is_known && count == capacity)) {
      watches[0] = -1;
      return 1;
    }
    if (!is_known) watches[count++] = event->wd;
  }
  return count;
}
