// The environment of another process.

#define _GNU_SOURCE
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "CLinux.h"

// How far an entry agrees with the one that is looked for; -1: it does not.
static int next(int at, const char *wanted, char byte) {
  if (at < 0 || wanted[at] != byte) return -1;
  return byte ? at + 1 : at;
}

static int holds(int fd, const char *first, const char *second) {
  char buffer[4096];
  int has_first = 0, has_second = 0, at_first = 0, at_second = 0;
  ssize_t size;
  while ((size = read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t i = 0; i < size; i++) {
      at_first = next(at_first, first, buffer[i]);
      at_second = next(at_second, second, buffer[i]);
      if (buffer[i]) continue;
      has_first |= at_first >= 0;
      has_second |= at_second >= 0;
      at_first = at_second = 0;
    }
    if (has_first && has_second) return 1;
  }
  return 0;
}

int cl_environment_holds(const char *path, const char *first, const char *second) {
  struct stat status;
  if (stat(path, &status) < 0) return 0;
  // Root in a container has no CAP_SYS_PTRACE, and may not look into a process of another user; that
  // user may. These two calls concern the access to files alone, and fail without a word.
  int gid = setfsgid(status.st_gid), uid = setfsuid(status.st_uid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  int found = fd >= 0 && holds(fd, first, second);
  setfsuid((uid_t)uid);
  setfsgid((gid_t)gid);
  if (fd >= 0) close(fd);
  return found;
}
