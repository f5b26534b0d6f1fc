// Users and groups as the files say. NSS cannot be used by a static program, and a container has
// nothing but the files. They are taken apart in place: getpwent(3) and its like would draw in all of
// stdio for it.

#define _GNU_SOURCE
#include <sys/stat.h>

#include "CLinux.h"

// The whole file, to be freed; NULL: errno.
static char *read_whole(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return NULL;
  struct stat status;
  char *text = fstat(fd, &status) < 0 ? NULL : malloc((size_t)status.st_size + 1);
  size_t length = 0;
  ssize_t count = 0;
  while (text && length < (size_t)status.st_size) {
    count = read(fd, text + length, (size_t)status.st_size - length);
    if (count <= 0) break;
    length += (size_t)count;
  }
  int error = errno;
  close(fd);
  errno = error;
  if (text && count >= 0) {
    text[length] = 0;
    return text;
  }
  free(text);
  return NULL;
}

static int is_number(const char *text, uint32_t *number) {
  uint64_t value = 0;
  const char *digit = text;
  for (; *digit >= '0' && *digit <= '9' && value <= UINT32_MAX; digit++) {
    value = value * 10 + (uint64_t)(*digit - '0');
  }
  *number = (uint32_t)value;
  return digit > text && !*digit && value <= UINT32_MAX;
}

// The fields of the next line that has `count` of them; 0 at the end. What is no such line is passed
// over.
static int next_entry(char **rest, char **fields, int count) {
  char *line;
  while ((line = strsep(rest, "\n")) != NULL) {
    int found = 0;
    for (; found < count && line; found++) {
      fields[found] = strsep(&line, found + 1 < count ? ":" : "");
    }
    if (found == count) return 1;
  }
  return 0;
}

struct user {
  // Name, password, uid, gid, comment, directory, shell.
  char *fields[7];
  uint32_t uid;
  uint32_t gid;
};

// By name, or by uid where it is NULL. 1: found, 0: not, -1: errno. `*text` is to be freed.
static int find_entry(const char *name, uid_t uid, struct user *user, char **text) {
  char *rest = *text = read_whole("/etc/passwd");
  if (!rest) return errno == ENOENT ? 0 : -1;
  while (next_entry(&rest, user->fields, 7)) {
    if (!is_number(user->fields[2], &user->uid) || !is_number(user->fields[3], &user->gid)) continue;
    if (name ? strcmp(user->fields[0], name) == 0 : user->uid == uid) return 1;
  }
  return 0;
}

int cl_find_user(const char *name, uid_t *uid, gid_t *gid, char *found_name, size_t capacity) {
  struct user user;
  char *text;
  int found = find_entry(name, *uid, &user, &text);
  if (found == 1) {
    *uid = user.uid;
    *gid = user.gid;
    if (strlen(user.fields[0]) < capacity) strcpy(found_name, user.fields[0]);
  }
  free(text);
  return found;
}

// Appends `name` and `value` with their NUL; where they end, or beyond `capacity`.
static size_t put(char *text, size_t length, size_t capacity, const char *name, const char *value) {
  size_t first = strlen(name), second = strlen(value) + 1;
  if (length + first + second > capacity) return capacity + 1;
  memcpy(text + length, name, first);
  memcpy(text + length + first, value, second);
  return length + first + second;
}

int cl_login_variables(const char *name, uid_t uid, char *text, size_t capacity) {
  struct user user;
  char *file;
  int found = find_entry(name, uid, &user, &file);
  size_t length = 0;
  if (found == 1) {
    length = put(text, length, capacity, "HOME=", user.fields[5]);
    length = put(text, length, capacity, "USER=", user.fields[0]);
    length = put(text, length, capacity, "LOGNAME=", user.fields[0]);
    // passwd(5): an empty shell is /bin/sh.
    const char *shell = *user.fields[6] ? user.fields[6] : "/bin/sh";
    length = put(text, length, capacity, "SHELL=", shell);
  }
  free(file);
  if (found < 0) return -1;
  if (length <= capacity) return (int)length;
  errno = ENAMETOOLONG;
  return -1;
}

struct group {
  // Name, password, gid, members.
  char *fields[4];
  uint32_t gid;
};

static int next_group(char **rest, struct group *group) {
  while (next_entry(rest, group->fields, 4)) {
    if (is_number(group->fields[2], &group->gid)) return 1;
  }
  return 0;
}

int cl_find_group(const char *name, gid_t *gid) {
  char *text = read_whole("/etc/group"), *rest = text;
  if (!text) return errno == ENOENT ? 0 : -1;
  int found = 0;
  struct group group;
  while (!found && next_group(&rest, &group)) {
    found = strcmp(group.fields[0], name) == 0;
    if (found) *gid = group.gid;
  }
  free(text);
  return found;
}

int cl_groups_of(const char *name, gid_t gid, gid_t *groups, int capacity) {
  if (capacity < 1) return -1;
  int count = 0;
  groups[count++] = gid;
  char *text = read_whole("/etc/group"), *rest = text;
  if (!text) return errno == ENOENT ? count : -1;
  struct group group;
  while (count > 0 && next_group(&rest, &group)) {
    if (group.gid == gid) continue;
    char *members = group.fields[3], *member;
    while ((member = strsep(&members, ",")) != NULL && strcmp(member, name) != 0) {}
    if (!member) continue;
    if (count < capacity) {
      groups[count++] = group.gid;
    } else {
      errno = E2BIG;
      count = -1;
    }
  }
  free(text);
  return count;
}
