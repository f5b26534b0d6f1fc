// Descriptors, events and limits.

#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <poll.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "CLinux.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8  // musl 1.2.3 does not know it
#endif

int cl_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int fd, int interest, uint64_t token) {
  struct epoll_event event = {0};
  if (interest & CL_READABLE) event.events |= EPOLLIN;
  if (interest & CL_WRITABLE) event.events |= EPOLLOUT;
  if (interest & CL_URGENT) event.events |= EPOLLPRI;
  event.data.u64 = token;
  return epoll_ctl(epoll, operation, fd, &event);
}

int cl_epoll_add(int epoll, int fd, int interest, uint64_t token) {
  return control(epoll, EPOLL_CTL_ADD, fd, interest, token);
}

int cl_epoll_change(int epoll, int fd, int interest, uint64_t token) {
  return control(epoll, EPOLL_CTL_MOD, fd, interest, token);
}

int cl_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int cl_epoll_wait(int epoll, struct cl_event *events, int capacity, int timeout) {
  struct epoll_event ready[64];
  if (capacity > 64) capacity = 64;
  int count = epoll_wait(epoll, ready, capacity, timeout);
  for (int i = 0; i < count; i++) {
    events[i].token = ready[i].data.u64;
    events[i].events = ready[i].events;
  }
  return count;
}

// No table of descriptors is larger than this without somebody having raised fs.nr_open.
static const int greatest_table = 1 << 20;

static void close_or_mark(int fd, int marks) {
  if (marks) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  } else {
    close(fd);
  }
}

// Closes every descriptor from `first` on, or marks it close-on-exec. Nothing but plain system calls:
// it is also called between fork and exit.
static void each_from(int first, int marks) {
#ifdef SYS_close_range
  unsigned int flags = marks ? 4U /* CLOSE_RANGE_CLOEXEC */ : 0;
  if (syscall(SYS_close_range, (unsigned int)first, ~0U, flags) == 0) return;
#endif
  // A kernel before 5.11 (5.9), or an engine that refuses what it does not know. The list of those
  // that are open is short, where a limit of a million would be tried one by one.
  int list = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (list >= 0) {
    char buffer[2048] __attribute__((aligned(8)));
    long size;
    while ((size = syscall(SYS_getdents64, list, buffer, sizeof buffer)) > 0) {
      struct dirent *entry;
      for (long at = 0; at < size; at += entry->d_reclen) {
        // As the kernel's linux_dirent64.
        entry = (struct dirent *)(buffer + at);
        char *end;
        long fd = strtol(entry->d_name, &end, 10);
        if (*end || end == entry->d_name || fd < first || fd == list) continue;
        close_or_mark((int)fd, marks);
      }
    }
    close(list);
    if (size == 0) return;
  }
  struct rlimit limit;
  int end = greatest_table;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < (rlim_t)end) {
    end = (int)limit.rlim_max;
  }
  for (int fd = first; fd < end; fd++) close_or_mark(fd, marks);
}

int cl_secure_descriptors(void) {
  for (int fd = 0; fd <= 2; fd++) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is the one that is missing. A container may have no /dev: any open
    // file will do, so that no log ever lands in something else.
    int opened = open("/dev/null", O_RDWR);
    if (opened < 0) opened = memfd_create("null", 0);
    if (opened < 0) return -1;
  }
  each_from(3, 1);
  return 0;
}

void cl_close_from(int first) { each_from(first, 0); }

void cl_umask(uint32_t mask) { umask((mode_t)mask); }

int cl_open(const char *path, int flags, mode_t mode) {
  return open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
}

int cl_anonymous_file(void) { return memfd_create("null", MFD_CLOEXEC); }

int cl_report_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  return fcntl(ends[0], F_SETFL, O_NONBLOCK);
}

int cl_input_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  return fcntl(ends[1], F_SETFL, O_NONBLOCK);
}

int cl_is_socket(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

int cl_is_regular(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

int cl_file_owner(const char *path, uid_t *owner) {
  struct stat status;
  if (stat(path, &status) < 0) return -1;
  *owner = status.st_uid;
  return 0;
}

int cl_is_directory(const char *path) {
  struct stat status;
  if (stat(path, &status) < 0) return -1;
  return S_ISDIR(status.st_mode);
}

ssize_t cl_write_now(int fd, const void *bytes, size_t count, int is_socket) {
  ssize_t written;
  if (is_socket) {
    do {
      written = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (written < 0 && errno == EINTR);
    return written;
  }
  // A descriptor that we share with others cannot be made non-blocking without doing it to them;
  // since Linux 6.5 one write to a pipe can be (pwritev2(2), RWF_NOWAIT).
  struct iovec part = {(void *)bytes, count};
  do {
    written = syscall(SYS_pwritev2, fd, &part, 1, -1L, -1L, RWF_NOWAIT);
  } while (written < 0 && errno == EINTR);
  if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) return written;
  // A pipe that polls as writable takes a page (PIPE_BUF) at once, a terminal a byte.
  if (count > 1 && isatty(fd)) count = 1;
  struct pollfd ready = {fd, POLLOUT, 0};
  int count_ready;
  do {
    count_ready = poll(&ready, 1, 0);
  } while (count_ready < 0 && errno == EINTR);
  if (count_ready == 0) {
    errno = EAGAIN;
    return -1;
  }
  do {
    written = write(fd, bytes, count);
  } while (written < 0 && errno == EINTR);
  return written;
}

static uint64_t forgotten;

uint64_t cl_monotonic_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec - forgotten;
}

void cl_forget_time(uint64_t nanoseconds) { forgotten += nanoseconds; }

// Set by the linker: the beginning of the file in memory.
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

void cl_forget_startup_code(void) {
  uintptr_t page = getauxval(AT_PAGESZ), start = (uintptr_t)__ehdr_start;
  // Only what is read-only and never was written (the ELF header, constants, code) may be dropped: it
  // can be read again from the file. Each segment by itself: there can be a page between two of them
  // that is no part of the file, and then the kernel may have put our heap there.
  const Elf64_Ehdr *file = (const Elf64_Ehdr *)__ehdr_start;
  const Elf64_Phdr *segment = (const Elf64_Phdr *)(__ehdr_start + file->e_phoff);
  for (int i = 0; i < file->e_phnum; i++, segment++) {
    if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
    if (segment->p_offset == 0) start -= segment->p_vaddr;
    uintptr_t first = (start + segment->p_vaddr) & ~(page - 1);
    uintptr_t end = start + segment->p_vaddr + segment->p_filesz;
    // The kernel maps a file's pages in blocks around each that is touched, but only within one
    // mapping. A range with another advice is a mapping of its own: with every second page advised
    // each page is one, and what is touched brings back nothing beside it (476 -> 236 kB resident).
    for (uintptr_t at = first; at < end; at += 2 * page) madvise((void *)at, page, MADV_RANDOM);
    madvise((void *)first, end - first, MADV_DONTNEED);
  }
}

int cl_raise_open_files(uint64_t *soft, uint64_t *hard) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -1;
  *soft = limit.rlim_cur;
  *hard = limit.rlim_max;
  limit.rlim_cur = limit.rlim_max;
  return prlimit(0, RLIMIT_NOFILE, &limit, NULL);
}

int cl_set_open_files(uint64_t limit) {
  struct rlimit both = {limit, limit};
  return prlimit(0, RLIMIT_NOFILE, &both, NULL);
}

int cl_each_entry(const char *directory, cl_name_callback callback, void *context) {
  DIR *stream = opendir(directory);
  if (!stream) return -1;
  struct dirent *entry;
  // The end and a failure look alike but for errno.
  while (errno = 0, (entry = readdir(stream)) != NULL) callback(entry->d_name, context);
  int failure = errno;
  closedir(stream);
  errno = failure;
  return failure ? -1 : 0;
}

extern char **environ;
const char *const *cl_environment(void) { return (const char *const *)environ; }
