// Patterns of paths: `*`, `?` and `[a-z]`, as glob(7) has them.
//
// glob(3) itself would bring musl's character classes, its look-up of home directories and 20 KB
// into a binary that is measured in tens of them. Bytes are matched here, not characters; a file
// whose name begins with a dot is matched only by a dot. The names come unsorted.

#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <errno.h>
#include <sys/stat.h>

#include "CLinux.h"

// Whether `byte` is in the bracket expression that `*pattern` points behind the `[` of; moves
// `*pattern` behind its `]`. -1: there is no `]`, the bracket is an ordinary character.
static int in_brackets(const char **pattern, unsigned char byte) {
  const char *at = *pattern;
  int negated = *at == '!' || *at == '^';
  if (negated) at++;
  int found = 0;
  const char *first = at;
  for (; *at && (*at != ']' || at == first); at++) {
    unsigned char low = (unsigned char)*at, high = low;
    if (at[1] == '-' && at[2] && at[2] != ']') {
      high = (unsigned char)at[2];
      at += 2;
    }
    if (low <= byte && byte <= high) found = 1;
  }
  if (!*at) return -1;
  *pattern = at + 1;
  return found != negated;
}

// One component against its pattern. A star that did not fit takes one byte more and tries again
// from there: only the last star matters, so the work is bounded by the product of the lengths.
static int matches(const char *pattern, const char *name) {
  if (*name == '.' && *pattern != '.') return 0;
  const char *star = NULL, *retry = NULL;
  while (*name) {
    const char *next = pattern;
    int fits;
    if (*pattern == '*') {
      star = ++pattern;
      retry = name;
      continue;
    } else if (*pattern == '?') {
      next++;
      fits = 1;
    } else if (*pattern == '[') {
      next++;
      fits = in_brackets(&next, (unsigned char)*name);
      if (fits < 0) fits = *name == '[';
    } else {
      if (*pattern == '\\' && pattern[1]) next++;
      fits = *next == *name;
      if (*next) next++;
    }
    if (fits) {
      pattern = next;
      name++;
    } else if (star) {
      pattern = star;
      name = ++retry;
    } else {
      return 0;
    }
  }
  while (*pattern == '*') pattern++;
  return !*pattern;
}

struct search {
  char path[PATH_MAX];
  cl_name_callback callback;
  void *context;
};

// How many names of a pattern may have a wildcard: each is a level of recursion and an open folder.
enum { greatest_wildcards = 32 };

// Whether a folder or name that cannot be looked at is merely no match: one that is not there, and,
// among those that a wildcard has found, one that may not be looked into (as /proc has many).
static int is_no_match(int error, int wildcards) {
  switch (error) {
    case ENOENT: case ENOTDIR: case ENAMETOOLONG: case ELOOP: return 1;
    case EACCES: case EPERM: case ESRCH: case EINVAL: return wildcards > 0;
    default: return 0;
  }
}

// `path` holds what is matched so far, `length` bytes of it; `rest` is the pattern of the rest. 0, or
// -1: errno.
static int each_match(struct search *search, size_t length, const char *rest, int wildcards) {
  char *path = search->path;
  char component[NAME_MAX + 1];
  size_t size;
  // Names without a wildcard need no look at their folder.
  for (;;) {
    if (*rest == '/') {
      if (length + 1 >= PATH_MAX) return 0;
      path[length++] = '/';
      rest += strspn(rest, "/");
    }
    path[length] = 0;
    if (!*rest) {
      struct stat status;
      if (lstat(path, &status) < 0) return is_no_match(errno, wildcards) ? 0 : -1;
      search->callback(path, search->context);
      return 0;
    }
    size = strcspn(rest, "/");
    if (size > NAME_MAX) return 0;
    memcpy(component, rest, size);
    component[size] = 0;
    if (strpbrk(component, "*?[\\")) break;
    if (length + size >= PATH_MAX) return 0;
    memcpy(path + length, component, size);
    length += size;
    rest += size;
  }
  if (wildcards >= greatest_wildcards) {
    errno = E2BIG;
    return -1;
  }
  DIR *stream = opendir(length ? path : ".");
  if (!stream) return is_no_match(errno, wildcards) ? 0 : -1;
  int result = 0;
  struct dirent *entry;
  // The end and a failure look alike but for errno.
  while (errno = 0, (entry = readdir(stream)) != NULL) {
    size_t name = strlen(entry->d_name);
    if (!matches(component, entry->d_name) || length + name >= PATH_MAX) continue;
    memcpy(path + length, entry->d_name, name);
    result = each_match(search, length + name, rest + size, wildcards + 1);
    if (result < 0) break;
  }
  int failure = errno;
  closedir(stream);
  errno = failure;
  if (result == 0 && failure) result = is_no_match(failure, wildcards) ? 0 : -1;
  return result;
}

int cl_each_match(const char *pattern, cl_name_callback callback, void *context) {
  struct search search = {.callback = callback, .context = context};
  return each_match(&search, 0, pattern, 0);
}
