// Patterns of paths: `*`, `?` and `[a-z]`, as glob(7) has them.
//
// glob(3) itself would bring musl's character classes, its look-up of home directories and 20 KB
// into a binary that is measured in tens of them. Bytes are matched here, not characters; a file
// whose name begins with a dot is matched only by a dot. The names come unsorted.

#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
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

// `path` holds what is matched so far, `length` bytes of it; `rest` is the pattern of the rest.
static void each_match(
    char *path, size_t length, const char *rest, cl_name_callback callback, void *context) {
  while (*rest == '/' && length + 1 < PATH_MAX) path[length++] = *rest++;
  path[length] = 0;
  if (!*rest) {
    struct stat status;
    if (lstat(path, &status) == 0) callback(path, context);
    return;
  }
  char component[NAME_MAX + 1];
  size_t size = strcspn(rest, "/");
  if (size > NAME_MAX) return;
  memcpy(component, rest, size);
  component[size] = 0;
  if (!strpbrk(component, "*?[\\")) {
    if (length + size >= PATH_MAX) return;
    memcpy(path + length, component, size);
    each_match(path, length + size, rest + size, callback, context);
    return;
  }
  DIR *stream = opendir(length ? path : ".");
  if (!stream) return;
  struct dirent *entry;
  while ((entry = readdir(stream)) != NULL) {
    size_t name = strlen(entry->d_name);
    if (!matches(component, entry->d_name) || length + name >= PATH_MAX) continue;
    memcpy(path + length, entry->d_name, name);
    each_match(path, length + name, rest + size, callback, context);
  }
  closedir(stream);
}

void cl_each_match(const char *pattern, cl_name_callback callback, void *context) {
  char path[PATH_MAX];
  each_match(path, 0, pattern, callback, context);
}
