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

int cl_find_account(const char *name, uid_t uid, char *text, size_t capacity) {
  FILE *file = fopen("/etc/passwd", "re");
  if (!file) return errno == ENOENT ? 0 : -1;
  int found = 0;
  struct passwd *entry;
  while (!found && (entry = fgetpwent(file)) != NULL) {
    found = name ? strcmp(entry->pw_name, name) == 0 : entry->pw_uid == uid;
    if (!found) continue;
    // passwd(5): an empty shell is /bin/sh.
    const char *shell = *entry->pw_shell ? entry->pw_shell : "/bin/sh";
    const char *parts[] = {entry->pw_name, entry->pw_dir, shell};
    for (int i = 0; i < 3; i++) {
      size_t length = strlen(parts[i]) + 1;
      if (length > capacity) {
        fclose(file);
        errno = ENAMETOOLONG;
        return -1;
      }
      memcpy(text, parts[i], length);
      text += length;
      capacity -= length;
    }
  }
  fclose(file);
  return found;
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
