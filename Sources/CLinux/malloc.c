// malloc(3) of the release build: the heap of arena.c in the place of the C library's.
//
// Its first memory lies in .bss and costs no system call. Swift has no answer to an allocation that
// fails, so there is none that does: when even the reserve is used up, which the event loop's state
// "memory is short" is there to prevent, PID 1 says so, tells all to end, and ends.

#define _GNU_SOURCE
#include "CLinux.h"
#include "CLinuxMemory.h"

#ifdef CL_OWN_MALLOC

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

static void *more(void *hint, size_t size) {
  void *start =
      mmap(hint, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? NULL : start;
}

static void less(void *start, size_t size) { munmap(start, size); }

static char first[64 << 10] __attribute__((aligned(16)));
static struct cl_arena arena = {
    .more = more, .less = less, .top = first + sizeof(size_t), .end = first + sizeof first};

// Nothing here allocates. Everybody gets SIGTERM and a second; what is left then the kernel ends with us.
static _Noreturn __attribute__((cold, noinline)) void end_without_memory(void) {
  static const char line[] =
      "swinit: critical exit 70: memory is used up, the reserve too: SIGTERM to all processes\n";
  ssize_t written = write(2, line, sizeof line - 1);
  (void)written;
  if (getpid() == 1) {
    kill(-1, SIGTERM);
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int left = 100; left > 0; left--) {
      pid_t ended;
      while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) continue;
      if (ended < 0) break;
      nanosleep(&pause, NULL);
    }
  }
  _exit(70);
}

static void *checked(void *pointer) {
  if (!pointer) end_without_memory();
  return pointer;
}

void *malloc(size_t size) { return checked(cl_arena_allocate(&arena, size)); }

void free(void *pointer) { cl_arena_free(&arena, pointer); }

void *calloc(size_t count, size_t size) {
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) end_without_memory();
  return memset(malloc(whole), 0, whole);
}

void *realloc(void *old, size_t size) {
  size_t there = cl_arena_size(old);
  if (old && size <= there && size >= there / 2) return old;
  void *new = malloc(size);
  if (old) memcpy(new, old, there < size ? there : size);
  free(old);
  return new;
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  *pointer = checked(cl_arena_allocate_aligned(&arena, alignment, size));
  return 0;
}

void *aligned_alloc(size_t alignment, size_t size) {
  return checked(cl_arena_allocate_aligned(&arena, alignment, size));
}

size_t malloc_usable_size(void *pointer) { return cl_arena_size(pointer); }

int cl_memory_keep(size_t size) { return cl_arena_keep(&arena, size); }
int cl_memory_is_short(void) { return arena.is_short; }
int cl_memory_allows(size_t size) { return cl_arena_allows(&arena, size); }
void cl_memory_trim(void) { cl_arena_trim(&arena); }

#else

int cl_memory_keep(size_t size) {
  (void)size;
  return 1;
}
int cl_memory_is_short(void) { return 0; }
int cl_memory_allows(size_t size) {
  (void)size;
  return 1;
}
void cl_memory_trim(void) {}

#endif
