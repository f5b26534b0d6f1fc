// What the kernel tells of a cgroup.

#define _GNU_SOURCE
#include <sys/eventfd.h>

#include "CLinux.h"

// Writes a descriptor's digits; their end. printf(3) would bring 15 KB, and arithmetic that a build for
// another architecture lacks.
static char *put_number(char *text, int number) {
  char digits[12];
  int count = 0;
  do {
    digits[count++] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  while (count > 0) *text++ = digits[--count];
  return text;
}

// Opens a file of the folder.
static int open_in(const char *folder, const char *name, int flags) {
  int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  int file = openat(fd, name, flags | O_CLOEXEC);
  int error = errno;
  close(fd);
  errno = error;
  return file;
}

int cl_oom_event(const char *folder) {
  int control = open_in(folder, "cgroup.event_control", O_WRONLY);
  if (control < 0) return -1;
  int file = open_in(folder, "memory.oom_control", O_RDONLY);
  int event = file < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  int result = -1;
  if (event >= 0) {
    char text[32];
    char *end = put_number(text, event);
    *end++ = ' ';
    ssize_t size = put_number(end, file) - text;
    result = (int)write(control, text, (size_t)size);
  }
  int error = errno;
  if (result < 0 && event >= 0) close(event);
  if (file >= 0) close(file);
  close(control);
  errno = error;
  return result < 0 ? -1 : event;
}

void cl_clear_event(int fd) {
  uint64_t count;
  ssize_t size = read(fd, &count, sizeof count);
  (void)size;
}

int cl_page_size(void) { return (int)sysconf(_SC_PAGESIZE); }
