// A heap with a reserve.
//
// A process that must not die when the kernel refuses memory needs two things of its allocator: to be told
// while there is still some to say so with, and to have that some in pages that are its own already. So
// one block is kept aside. When `more` refuses, that block becomes free memory, `is_short` is set, and the
// allocation succeeds. Whoever looks at `is_short` has the size of the reserve to bring things to an end,
// or to wait until `cl_arena_keep` succeeds again.
//
// A block is a header word and what the user gets, in multiples of 16 bytes. Free blocks lie in lists by
// their size, and end in a copy of it, so that neighbours that become free are joined at once. The newest
// memory is used from its beginning on, and pages that were never needed are never touched. Large blocks
// are mappings of their own, which go back to the kernel when they are freed.
//
//     in use   | size, flags |  what the user gets ...            |
//     free     | size, flags | next | previous |  ...      | size |
//
// What may never happen: two free neighbours; a free block in no list; a page of the reserve that was not
// touched.

#include "CLinuxMemory.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  PREVIOUS_IS_FREE = 1,
  IS_FREE = 2,
  IS_MAPPED = 4,
  FLAGS = 15,
  UNIT = 16,
  LEAST = 32,
  HEADER = sizeof(size_t),
  PAGE = 4096,
  /// New memory is asked for in pieces of at least this size.
  PIECE = 64 << 10,
  /// From this size on a block is a mapping of its own.
  LARGE = 128 << 10,
  /// Blocks of a list that are looked at for one that is just large enough.
  LOOKS = 8,
  /// Free blocks from this size on are worth a call that gives their pages back.
  TRIMMED = 3 * PAGE,
};
#define GREATEST (SIZE_MAX / 4)

struct cl_block {
  size_t head;
  struct cl_block *next, *previous;
};

static size_t size_of(const struct cl_block *block) { return block->head & ~(size_t)FLAGS; }

static struct cl_block *at(const void *block, size_t offset) {
  return (struct cl_block *)((char *)block + offset);
}

static void *payload(struct cl_block *block) { return (char *)block + HEADER; }
static struct cl_block *block_of(const void *pointer) {
  return (struct cl_block *)((char *)pointer - HEADER);
}

static size_t *footer(struct cl_block *block, size_t size) {
  return (size_t *)((char *)block + size - sizeof(size_t));
}

static size_t needed(size_t size) {
  size_t whole = (size + HEADER + UNIT - 1) & ~(size_t)(UNIT - 1);
  return whole < LEAST ? LEAST : whole;
}

// One list for each size up to 256 bytes, then eight for each power of two. Every block of a higher list
// is larger than all of a lower one; the last has all from 240 KiB on.
static unsigned class_of(size_t size) {
  size_t units = size / UNIT;
  if (units < 16) return (unsigned)units;
  unsigned power = 63 - (unsigned)__builtin_clzll(units);
  unsigned class = 16 + (power - 4) * 8 + (unsigned)(units >> (power - 3) & 7);
  return class < CL_ARENA_CLASSES ? class : CL_ARENA_CLASSES - 1;
}

static void insert(struct cl_arena *arena, struct cl_block *block, size_t size) {
  unsigned class = class_of(size);
  block->previous = NULL;
  block->next = arena->lists[class];
  if (block->next) block->next->previous = block;
  arena->lists[class] = block;
  arena->filled[class / 64] |= (uint64_t)1 << class % 64;
}

static void remove_block(struct cl_arena *arena, struct cl_block *block) {
  if (block->next) block->next->previous = block->previous;
  if (block->previous) {
    block->previous->next = block->next;
    return;
  }
  unsigned class = class_of(size_of(block));
  arena->lists[class] = block->next;
  if (!block->next) arena->filled[class / 64] &= ~((uint64_t)1 << class % 64);
}

// Makes a block free that is in no list, and joins it with its neighbours.
static void release(struct cl_arena *arena, struct cl_block *block) {
  size_t size = size_of(block);
  if (block->head & PREVIOUS_IS_FREE) {
    size_t before = ((size_t *)block)[-1];
    block = at(block, -before);
    remove_block(arena, block);
    size += before;
  }
  struct cl_block *next = at(block, size);
  if ((char *)next == arena->top) {
    arena->top = (char *)block;
    return;
  }
  if (next->head & IS_FREE) {
    remove_block(arena, next);
    size += size_of(next);
    next = at(block, size);
  }
  block->head = size | IS_FREE;
  *footer(block, size) = size;
  next->head |= PREVIOUS_IS_FREE;
  insert(arena, block, size);
}

// The memory from `top` on is no longer the newest.
static void close_top(struct cl_arena *arena) {
  if (!arena->top) return;
  struct cl_block *rest = (struct cl_block *)arena->top;
  size_t size = (size_t)(arena->end - HEADER - arena->top);
  // A block in use that nobody frees ends each piece, for its neighbour to look at.
  ((struct cl_block *)(arena->end - HEADER))->head = 0;
  arena->top = NULL;
  if (!size) return;
  rest->head = size;
  if (size >= LEAST) release(arena, rest);
}

void cl_arena_give(struct cl_arena *arena, void *start, size_t size) {
  if (arena->top && start == arena->end) {
    arena->end += size;
    return;
  }
  close_top(arena);
  arena->top = (char *)start + HEADER;
  arena->end = (char *)start + size;
}

static struct cl_block *fitting(struct cl_arena *arena, size_t size) {
  unsigned class = class_of(size);
  int looks = class == CL_ARENA_CLASSES - 1 ? -1 : LOOKS;
  for (struct cl_block *block = arena->lists[class]; block && looks--; block = block->next) {
    if (size_of(block) >= size) return block;
  }
  for (unsigned next = class + 1; next < CL_ARENA_CLASSES; next = (next / 64 + 1) * 64) {
    uint64_t filled = arena->filled[next / 64] >> next % 64;
    if (filled) return arena->lists[next + (unsigned)__builtin_ctzll(filled)];
  }
  return NULL;
}

// A block in use; NULL: there is none without new memory.
static struct cl_block *take(struct cl_arena *arena, size_t size) {
  struct cl_block *block = fitting(arena, size);
  if (!block) {
    if (!arena->top || (size_t)(arena->end - HEADER - arena->top) < size) return NULL;
    block = (struct cl_block *)arena->top;
    arena->top += size;
    block->head = size;
  } else {
    remove_block(arena, block);
    size_t whole = size_of(block);
    struct cl_block *rest = at(block, size);
    if (whole - size >= LEAST) {
      block->head = size;
      rest->head = (whole - size) | IS_FREE;
      *footer(rest, whole - size) = whole - size;
      insert(arena, rest, whole - size);
    } else {
      block->head = size = whole;
      at(block, whole)->head &= ~(size_t)PREVIOUS_IS_FREE;
    }
  }
  arena->used += size;
  if (arena->used > arena->peak) arena->peak = arena->used;
  return block;
}

static size_t in_pages(size_t size) { return (size + PAGE - 1) & ~(size_t)(PAGE - 1); }

static void *more(struct cl_arena *arena, void *hint, size_t size) {
  void *start = arena->more(hint, size);
  if (!start && size > arena->refused) arena->refused = size;
  return start;
}

static int grow(struct cl_arena *arena, size_t size) {
  size_t piece = in_pages(size + 2 * HEADER);
  if (piece < PIECE) piece = PIECE;
  void *start = more(arena, arena->end, piece);
  if (!start) return 0;
  cl_arena_give(arena, start, piece);
  return 1;
}

// A mapping of its own: a spare word, the header, and what the user gets.
static struct cl_block *map(struct cl_arena *arena, size_t size) {
  size_t whole = in_pages(size + HEADER);
  char *start = more(arena, NULL, whole);
  if (!start) return NULL;
  struct cl_block *block = (struct cl_block *)(start + HEADER);
  block->head = (whole - UNIT) | IS_MAPPED;
  arena->used += whole;
  if (arena->used > arena->peak) arena->peak = arena->used;
  return block;
}

// Without the reserve.
static struct cl_block *find(struct cl_arena *arena, size_t size, int may_map) {
  struct cl_block *block;
  if (may_map && size >= LARGE && (block = map(arena, size))) return block;
  if ((block = take(arena, size))) return block;
  return grow(arena, size) ? take(arena, size) : NULL;
}

static void free_block(struct cl_arena *arena, struct cl_block *block) {
  if (block->head & IS_MAPPED) {
    size_t whole = size_of(block) + UNIT;
    arena->used -= whole;
    arena->less((char *)block - HEADER, whole);
    return;
  }
  arena->used -= size_of(block);
  release(arena, block);
}

static void *allocate(struct cl_arena *arena, size_t size, int may_map) {
  if (size > GREATEST) return NULL;
  size_t whole = needed(size);
  struct cl_block *block = find(arena, whole, may_map);
  if (!block) {
    arena->is_short = 1;
    if (!arena->reserve) return NULL;
    free_block(arena, block_of(arena->reserve));
    arena->reserve = NULL;
    block = take(arena, whole);
  }
  return block ? payload(block) : NULL;
}

void *cl_arena_allocate(struct cl_arena *arena, size_t size) { return allocate(arena, size, 1); }

void *cl_arena_allocate_aligned(struct cl_arena *arena, size_t alignment, size_t size) {
  if (alignment <= UNIT) return allocate(arena, size, 1);
  if (size > GREATEST || alignment > GREATEST) return NULL;
  char *start = allocate(arena, size + alignment + LEAST, 0);
  if (!start) return NULL;
  char *aligned = (char *)(((uintptr_t)start + alignment - 1) & ~(uintptr_t)(alignment - 1));
  if (aligned == start) return start;
  if (aligned - start < LEAST) aligned += alignment;
  // What lies before becomes a block that is freed.
  struct cl_block *before = block_of(start), *block = block_of(aligned);
  size_t whole = size_of(before), front = (size_t)(aligned - start);
  before->head = front | (before->head & FLAGS);
  block->head = whole - front;
  free_block(arena, before);
  return aligned;
}

void cl_arena_free(struct cl_arena *arena, void *pointer) {
  if (pointer) free_block(arena, block_of(pointer));
}

size_t cl_arena_size(const void *pointer) {
  return pointer ? size_of(block_of(pointer)) - HEADER : 0;
}

int cl_arena_keep(struct cl_arena *arena, size_t size) {
  if (arena->is_short) {
    void *piece = arena->more(NULL, arena->refused);
    if (!piece) return 0;
    arena->less(piece, arena->refused);
  }
  arena->refused = PIECE;
  if (arena->reserve && arena->reserve_size >= size) {
    arena->is_short = 0;
    return 1;
  }
  struct cl_block *block = find(arena, needed(size), 0);
  if (!block) {
    arena->is_short = 1;
    return 0;
  }
  if (arena->reserve) free_block(arena, block_of(arena->reserve));
  for (size_t offset = 0; offset < size; offset += PAGE / 2) {
    ((volatile char *)payload(block))[offset] = 0;
  }
  ((volatile char *)payload(block))[size - 1] = 0;
  arena->reserve = payload(block);
  arena->reserve_size = size;
  arena->is_short = 0;
  return 1;
}

int cl_arena_allows(struct cl_arena *arena, size_t size) {
  if (size > GREATEST) return 0;
  struct cl_block *block = find(arena, needed(size), 0);
  if (!block) {
    arena->is_short = 1;
    return 0;
  }
  free_block(arena, block);
  return 1;
}

// The kernel's pages may be larger than ours, and it rounds up what is given.
static void trim(char *start, char *end) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  start = (char *)(((size_t)start + page - 1) & ~(page - 1));
  end = (char *)((size_t)end & ~(page - 1));
  if (start < end) madvise(start, (size_t)(end - start), MADV_DONTNEED);
}

void cl_arena_trim(struct cl_arena *arena) {
  for (unsigned class = class_of(TRIMMED); class < CL_ARENA_CLASSES; class++) {
    for (struct cl_block *block = arena->lists[class]; block; block = block->next) {
      trim((char *)block + sizeof *block, (char *)footer(block, size_of(block)));
    }
  }
  if (arena->top) trim(arena->top, arena->end);
}

int cl_arena_check(const struct cl_arena *arena) {
  for (unsigned class = 0; class < CL_ARENA_CLASSES; class++) {
    int is_filled = arena->filled[class / 64] >> class % 64 & 1;
    if (is_filled != (arena->lists[class] != NULL)) return 1;
    struct cl_block *previous = NULL;
    for (struct cl_block *block = arena->lists[class]; block; block = block->next) {
      size_t size = size_of(block);
      if (block->previous != previous) return 2;
      if (!(block->head & IS_FREE) || class_of(size) != class) return 3;
      if (*footer(block, size) != size) return 4;
      if (block->head & PREVIOUS_IS_FREE) return 5;
      struct cl_block *next = at(block, size);
      if ((char *)next == arena->top || next->head & IS_FREE) return 6;
      if (!(next->head & PREVIOUS_IS_FREE)) return 7;
      previous = block;
    }
  }
  if (arena->top && arena->top + HEADER > arena->end) return 8;
  return 0;
}
