#define _GNU_SOURCE
#include <sys/random.h>
#include <stddef.h>
#include "CLinux.h"

#ifdef CL_RELOCATES_ITSELF
// All of Swift's memory comes from here, and nothing in it is aligned to more than malloc(3) aligns
// to: musl's own would draw in a second way to allocate.
int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment > _Alignof(max_align_t)) return EINVAL;
  *memory = malloc(size);
  return *memory ? 0 : ENOMEM;
}
#endif

// Swift's Hasher seeds itself through arc4random_buf, which musl lacks. Early in the boot of a
// machine getrandom(2) may wait for entropy; PID 1 must not, so it takes what there is, and a
// seed of zeros is good enough for tables that no stranger fills.
__attribute__((weak)) void arc4random_buf(void *buffer, size_t size);
void arc4random_buf(void *buffer, size_t size) {
  if (getrandom(buffer, size, GRND_NONBLOCK) < 0) memset(buffer, 0, size);
}
