// Users and groups as the files say. NSS cannot be used by a static program, and a container has
// nothing but the files.

#define _GNU_SOURCE
#include <grp.h>
#include <pwd.h>
#include <stdio.h>

#include "CLinux.h"

int cl_find_user(const char *name, uid_t *uid, gid_t *gid, char *found_name, size_t capacity) {
  FILE *file = fopen("/etc/passwd", "re");
  if (!file) return errno == ENOENT ? 0 : -1;
  int found = 0;
  struct passwd *entry;
  while (!found && (entry = fgetpwent(file)) != NULL) {
    found = name ? strcmp(entry->pw_name, name) == 0 : entry->pw_uid == *uid;
    if (!found) continue;
    *uid = entry->pw_uid;
    *gid = entry->pw_gid;
    if (strlen(entry->pw_name) < capacity) strcpy(found_name, entry->pw_name);
  }
  fclose(file);
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
  FILE *file = fopen("/etc/passwd", "re");
  if (!file) return errno == ENOENT ? 0 : -1;
  size_t length = 0;
  struct passwd *entry;
  while (!length && (entry = fgetpwent(file)) != NULL) {
    if (name ? strcmp(entry->pw_name, name) != 0 : entry->pw_uid != uid) continue;
    length = put(text, length, capacity, "HOME=", entry->pw_dir);
    length = put(text, length, capacity, "USER=", entry->pw_name);
    length = put(text, length, capacity, "LOGNAME=", entry->pw_name);
    // passwd(5): an empty shell is /bin/sh.
    const char *shell = *entry->pw_shell ? entry->pw_shell : "/bin/sh";
    length = put(text, length, capacity, "SHELL=", shell);
  }
  fclose(file);
  if (length <= capacity) return (int)length;
  errno = ENAMETOOLONG;
  return -1;
}

int cl_find_group(const char *name, gid_t *gid) {
  FILE *file = fopen("/etc/group", "re");
  if (!file) return errno == ENOENT ? 0 : -1;
  int found = 0;
  struct group *entry;
  while (!found && (entry = fgetgrent(file)) != NULL) {
    found = strcmp(entry->gr_name, name) == 0;
    if (found) *gid = entry->gr_gid;
  }
  fclose(file);
  return found;
}

int cl_groups_of(const char *name, gid_t gid, gid_t *groups, int capacity) {
  if (capacity < 1) return -1;
  int count = 0;
  groups[count++] = gid;
  FILE *file = fopen("/etc/group", "re");
  if (!file) return errno == ENOENT ? count : -1;
  struct group *entry;
  while ((entry = fgetgrent(file)) != NULL) {
    if (entry->gr_gid == gid) continue;
    for (char **member = entry->gr_mem; *member; member++) {
      if (strcmp(*member, name) != 0) continue;
      if (count == capacity) {
        fclose(file);
        errno = E2BIG;
        return -1;
      }
      groups[count++] = entry->gr_gid;
      break;
    }
  }
  fclose(file);
  return count;
}
