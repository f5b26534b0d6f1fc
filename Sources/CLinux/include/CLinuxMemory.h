// The memory of a process that may not die for want of it. See arena.c and malloc.c.

#ifndef CLINUX_MEMORY_H
#define CLINUX_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/// Lists of free blocks, by size.
#define CL_ARENA_CLASSES 96

struct cl_block;

/// One heap. Not for several threads. All zero but for the two functions and, where there is some,
/// the first memory (`cl_arena_give`), it is ready.
struct cl_arena {
  /// As mmap(2) of anonymous memory: zeroed, in whole pages, at the hint if that can be had; NULL:
  /// refused.
  void *(*more)(void *hint, size_t size);
  /// Takes back what `more` gave.
  void (*less)(void *start, size_t size);
  /// Which lists have a block.
  uint64_t filled[2];
  struct cl_block *lists[CL_ARENA_CLASSES];
  /// What was never used of the newest piece of memory: it lies from `top` to `end`.
  char *top, *end;
  /// A block that is kept for the time when `more` refuses; NULL: that time is now, or none was asked for.
  void *reserve;
  size_t reserve_size;
  /// `more` has refused since the last successful `cl_arena_keep`.
  int is_short;
  /// The most that it has refused.
  size_t refused;
  /// Bytes in blocks that are in use, with their headers and the reserve; and the most there were.
  size_t used, peak;
};

/// Adds memory to a heap, aligned to 16 bytes.
void cl_arena_give(struct cl_arena *arena, void *start, size_t size);
/// As malloc(3): 16-byte aligned, NULL when neither the kernel nor the reserve has it.
void *cl_arena_allocate(struct cl_arena *arena, size_t size);
/// The same at an address that is a multiple of `alignment`, a power of two.
void *cl_arena_allocate_aligned(struct cl_arena *arena, size_t alignment, size_t size);
/// As free(3).
void cl_arena_free(struct cl_arena *arena, void *pointer);
/// How many bytes there really are: at least as many as were asked for.
size_t cl_arena_size(const void *pointer);
/// Keeps a reserve of so many bytes, each page of it touched, in the place of the one there was; with
/// that memory is no longer short.
///
/// Returns 0 when it cannot be had, or when the kernel still refuses what it refused.
int cl_arena_keep(struct cl_arena *arena, size_t size);
/// Whether blocks of this size together can be had now without the reserve. It makes room for them, so that
/// to ask again costs no system call, but touches none of it; a no makes memory short.
int cl_arena_allows(struct cl_arena *arena, size_t size);
/// Gives the kernel the pages that no block in use lies in.
void cl_arena_trim(struct cl_arena *arena);
/// 0, or the number of the first rule that the heap breaks: for tests.
int cl_arena_check(const struct cl_arena *arena);

/// Of this process' own heap, where `malloc` is ours (the release build with musl); elsewhere the
/// answers are those of a system that never refuses.
int cl_memory_keep(size_t size);
int cl_memory_is_short(void);
int cl_memory_allows(size_t size);
void cl_memory_trim(void);

#endif
