// Files of which others own a folder on the way: logs, secrets, environment files, pidfiles.
//
// A folder that a program's user may write to holds whatever that user likes: a link to a file of
// root, a second name of one, a fifo. swinit, as root, would write a program's lines to it, or read it
// into a program's environment. So a path is walked here a name at a time. A symbolic link is
// followed when root or swinit's own user has made it (or the kernel, in /proc); the last name is
// opened with O_NOFOLLOW, so that nothing can be put in its place in between. A file with several
// names is refused in a folder that others may write to. Nothing here waits: every open is
// non-blocking.
//
// All of it is plain system calls, for a child between fork and exec opens log files this way too.

#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "CLinux.h"

enum { greatest_links = 40, proc_file_system = 0x9fa0 };

// A path on the way: the open folder, and the names that follow it.
struct way {
  int folder;
  int links;
  int is_magic;  // The last name is a link of /proc, which has no path to follow.
  char rest[PATH_MAX];
};

static int is_trusted(uid_t owner) { return owner == 0 || owner == geteuid(); }

static int fail(struct way *way, int error) {
  if (way->folder >= 0) close(way->folder);
  way->folder = -1;
  errno = error;
  return -1;
}

static int begin(struct way *way) {
  way->folder = open(*way->rest == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return way->folder < 0 ? -1 : 0;
}

static void enter(struct way *way, int folder) {
  close(way->folder);
  way->folder = folder;
}

// Puts what a link says in the place of its name. `after` is what stands behind the name.
static int follow(struct way *way, int link, const char *after) {
  char target[PATH_MAX];
  ssize_t size = readlinkat(link, "", target, sizeof target);
  int failure = errno;
  close(link);
  if (size < 0) return fail(way, failure);
  size_t tail = strlen(after);
  if (++way->links > greatest_links) return fail(way, ELOOP);
  if ((size_t)size + tail + 2 > sizeof way->rest) return fail(way, ENAMETOOLONG);
  memmove(way->rest + size + 1, after, tail + 1);
  memcpy(way->rest, target, (size_t)size);
  way->rest[size] = '/';
  if (!tail) way->rest[size] = 0;
  if (*way->rest != '/') return 0;
  close(way->folder);
  return begin(way);
}

// Walks to the folder of the last name, which then is all of `rest`. CL_NO_LAST_LINK: a link there
// is left as it is. 0, or -1: errno.
static int walk(struct way *way, const char *path, int rules) {
  size_t length = strlen(path);
  way->folder = -1;
  way->links = 0;
  way->is_magic = 0;
  if (!length) return fail(way, ENOENT);
  if (length >= sizeof way->rest) return fail(way, ENAMETOOLONG);
  memcpy(way->rest, path, length + 1);
  if (begin(way) < 0) return -1;
  for (;;) {
    size_t slashes = strspn(way->rest, "/");
    memmove(way->rest, way->rest + slashes, strlen(way->rest + slashes) + 1);
    char *slash = strchr(way->rest, '/');
    if (!slash && rules & CL_NO_LAST_LINK) return 0;
    if (slash) *slash = 0;
    const char *after = slash ? slash + 1 : "";
    // "/" alone, or a slash at the end: the folder itself.
    if (!*way->rest) return fail(way, EISDIR);
    int found = openat(way->folder, way->rest, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (found < 0 && errno == ENOENT && slash && rules & CL_MAKE_PARENTS) {
      if (mkdirat(way->folder, way->rest, 0755) < 0 && errno != EEXIST) return fail(way, errno);
      found = openat(way->folder, way->rest, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    if (found < 0) return errno == ENOENT && !slash ? 0 : fail(way, errno);
    struct stat status;
    struct statfs system;
    if (fstat(found, &status) < 0) {
      int failure = errno;
      close(found);
      return fail(way, failure);
    }
    if (!S_ISLNK(status.st_mode)) {
      if (!slash) {
        close(found);
        return 0;
      }
      enter(way, found);
      memmove(way->rest, after, strlen(after) + 1);
      continue;
    }
    if (!is_trusted(status.st_uid)) {
      close(found);
      return fail(way, ELOOP);
    }
    if (fstatfs(way->folder, &system) == 0 && system.f_type == proc_file_system) {
      close(found);
      if (!slash) {
        way->is_magic = 1;
        return 0;
      }
      found = openat(way->folder, way->rest, O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (found < 0) return fail(way, errno);
      enter(way, found);
      memmove(way->rest, after, strlen(after) + 1);
      continue;
    }
    char behind[PATH_MAX];
    memcpy(behind, after, strlen(after) + 1);
    if (follow(way, found, behind) < 0) return -1;
  }
}

// Whether somebody else than root and swinit's user can put names into the folder.
static int is_open_to_others(int folder) {
  struct stat status;
  if (fstat(folder, &status) < 0) return 1;
  return !is_trusted(status.st_uid) || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

// Whether what was opened may be used. errno says why not.
static int may_use(const struct way *way, int fd, int rules) {
  struct stat status;
  if (fstat(fd, &status) < 0) return 0;
  if (S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    return 0;
  }
  if (!S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return (rules & CL_ANY_KIND) != 0;
  }
  errno = EMLINK;
  return way->is_magic || status.st_nlink < 2 || !is_open_to_others(way->folder);
}

int cl_open_safely(const char *path, int flags, mode_t mode, int rules) {
  struct way way;
  struct stat status;
  if (flags & O_EXCL) rules |= CL_NO_LAST_LINK;
  // A name that becomes a link after the walk has looked at it is walked anew.
  for (int tries = 0; tries < 8; tries++) {
    if (walk(&way, path, rules) < 0) return -1;
    int follows = way.is_magic ? 0 : O_NOFOLLOW;
    // Opening a device can do something, so a wrong kind is not opened at all.
    if (!(rules & CL_ANY_KIND) && fstatat(way.folder, way.rest, &status, way.is_magic ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
        !S_ISREG(status.st_mode) && !S_ISLNK(status.st_mode)) {
      return fail(&way, S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
    }
    int fd = openat(
        way.folder, way.rest, flags | follows | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
    if (fd < 0 && errno == ELOOP && follows && !(flags & O_EXCL)) {
      close(way.folder);
      continue;
    }
    // A fifo that nobody reads yet.
    if (fd < 0 && errno == ENXIO && rules & CL_ANY_KIND) {
      fd = openat(way.folder, way.rest, O_RDWR | follows | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    }
    if (fd < 0) return fail(&way, errno);
    if (!may_use(&way, fd, rules)) {
      int failure = errno;
      close(fd);
      return fail(&way, failure);
    }
    close(way.folder);
    return fd;
  }
  errno = ELOOP;
  return -1;
}

int cl_remove_safely(const char *path) {
  struct way way;
  if (walk(&way, path, CL_NO_LAST_LINK) < 0) return -1;
  int result = unlinkat(way.folder, way.rest, 0);
  int failure = errno;
  close(way.folder);
  errno = failure;
  return result;
}

// Both names stand in one folder: a rotation's.
int cl_rename_safely(const char *from, const char *to) {
  struct way way;
  const char *slash = strrchr(to, '/');
  if (walk(&way, from, CL_NO_LAST_LINK) < 0) return -1;
  int result = renameat(way.folder, way.rest, way.folder, slash ? slash + 1 : to);
  int failure = errno;
  close(way.folder);
  errno = failure;
  return result;
}

int cl_exists_safely(const char *path) {
  struct way way;
  struct stat status;
  if (walk(&way, path, CL_NO_LAST_LINK) < 0) return errno == ENOENT ? 0 : -1;
  int result = fstatat(way.folder, way.rest, &status, AT_SYMLINK_NOFOLLOW);
  int failure = errno;
  close(way.folder);
  errno = failure;
  if (result == 0) return 1;
  return failure == ENOENT ? 0 : -1;
}
