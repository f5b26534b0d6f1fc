#define _GNU_SOURCE
#include <sys/random.h>
#include <stddef.h>
#include "CLinux.h"

// Swift's Hasher seeds itself through arc4random_buf, which musl lacks. Early in the boot of a
// machine getrandom(2) may wait for entropy; PID 1 must not, so it takes what there is, and a
// seed of zeros is good enough for tables that no stranger fills.
__attribute__((weak)) void arc4random_buf(void *buffer, size_t size);
void arc4random_buf(void *buffer, size_t size) {
  if (getrandom(buffer, size, GRND_NONBLOCK) < 0) memset(buffer, 0, size);
}
