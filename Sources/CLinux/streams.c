// The logs' part of Linux: pipes that programs write into, log files, syslog's socket.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

#include "CLinux.h"

int cl_log_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  // Not by pipe2: a non-blocking end of the child's would lose what it writes too fast.
  return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int cl_widen_pipe(int fd, int bytes) { return fcntl(fd, F_SETPIPE_SZ, bytes); }

int cl_refuses_to_open(int fd) {
  char path[] = "/proc/self/fd/0";
  path[sizeof path - 2] = (char)('0' + fd);
  if (cl_is_socket(fd)) return 1;
  // Not faccessat(3): where the kernel (before 5.8) cannot tell for the effective ids, it asks by way
  // of a process of its own. Ours are the real ones.
  long result = syscall(SYS_faccessat2, AT_FDCWD, path, W_OK, AT_EACCESS);
  if (result < 0 && errno == ENOSYS) result = access(path, W_OK);
  return result < 0 && errno == EACCES;
}

int cl_give_pipe(int fd, uid_t uid, gid_t gid) {
  if (fchown(fd, uid, gid) == 0) return 0;
  return fchmod(fd, 0622);
}

int cl_may_write(int fd, uid_t uid, gid_t gid, const gid_t *groups, int count) {
  struct stat status;
  if (fstat(fd, &status) < 0 || S_ISSOCK(status.st_mode)) return 0;
  if (uid == 0) return 1;
  if (status.st_uid == uid) return (status.st_mode & S_IWUSR) != 0;
  int is_member = status.st_gid == gid;
  for (int i = 0; i < count; i++) is_member |= status.st_gid == groups[i];
  return (status.st_mode & (is_member ? S_IWGRP : S_IWOTH)) != 0;
}

int cl_bytes_waiting(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) < 0 ? 0 : count;
}

int cl_identify(int fd, uint64_t *device, uint64_t *inode) {
  struct stat status;
  if (fstat(fd, &status) < 0) return -1;
  *device = status.st_dev;
  *inode = status.st_ino;
  return 0;
}

int cl_is_same_file(int first, int second) {
  struct stat a, b;
  return fstat(first, &a) == 0 && fstat(second, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

int cl_names_file(const char *path, int fd) {
  struct stat a, b;
  return stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int64_t cl_file_size(int fd) {
  struct stat status;
  return fstat(fd, &status) < 0 ? -1 : status.st_size;
}

int cl_open_log(const char *path) {
  return cl_open_safely(path, O_WRONLY | O_APPEND | O_CREAT, 0644, CL_MAKE_PARENTS | CL_ANY_KIND);
}

int cl_truncate(int fd) { return ftruncate(fd, 0); }

ssize_t cl_write(int fd, const void *bytes, size_t count) {
  ssize_t written;
  do {
    written = write(fd, bytes, count);
  } while (written < 0 && errno == EINTR);
  return written;
}

// Eight letters and digits at the end of `path`, as mkstemp(3) has them in its place.
int cl_make_unique(char *path, size_t length, size_t suffix) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (int tries = 0; tries < 100; tries++) {
    unsigned char bytes[8];
    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != (ssize_t)sizeof bytes) {
      uint64_t time = cl_monotonic_now() + (uint64_t)tries * 7919;
      memcpy(bytes, &time, sizeof bytes);
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
      path[length - suffix - sizeof bytes + i] = letters[bytes[i] % (sizeof letters - 1)];
    }
    int fd = cl_open_safely(path, O_WRONLY | O_CREAT | O_EXCL, 0600, CL_MAKE_PARENTS);
    if (fd >= 0) {
      close(fd);
      return 0;
    }
    if (errno != EEXIST) return -1;
  }
  return -1;
}

int cl_syslog_socket(void) {
  struct sockaddr_un address = {AF_UNIX, "/dev/log"};
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  int failure = errno;
  close(fd);
  errno = failure;
  return -1;
}

void cl_pause_briefly(void) {
  struct timespec time = {0, 2000000};
  nanosleep(&time, NULL);
}

int64_t cl_wall_clock_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *cl_own_name(void) { return program_invocation_short_name; }
