// Capabilities of a child, between fork and exec (capabilities(7)). Two steps, since the bounding set
// and what is kept over setuid(2) have to be seen to while we are still root, and the rest after it.

#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "CLinux.h"

#ifndef PR_CAP_AMBIENT
#define PR_CAP_AMBIENT 47
#define PR_CAP_AMBIENT_RAISE 2
#endif

// As the kernel has it, version 3: two halves of 32 bits.
struct header {
  uint32_t version;
  int pid;
};
struct half {
  uint32_t effective, permitted, inheritable;
};
static const struct header own = {0x20080522, 0};

static int get(struct half halves[2]) {
  struct header header = own;
  return (int)syscall(SYS_capget, &header, halves);
}

int cl_has_capability(int number) {
  struct half halves[2];
  if (get(halves) < 0) return -1;
  return halves[number / 32].effective >> number % 32 & 1;
}

static int step(int which, int number) { return which | number << CL_STEP_DETAIL; }

int cl_bound_capabilities(uint64_t *kept, uint64_t dropped) {
  struct half halves[2];
  if (get(halves) < 0) return CL_STEP_CAPABILITIES;
  uint64_t permitted = halves[0].permitted | (uint64_t)halves[1].permitted << 32;
  if (*kept == UINT64_MAX) *kept = permitted;
  for (int number = 0; number < 64; number++) {
    if (!(*kept & ~permitted & (uint64_t)1 << number)) continue;
    errno = EPERM;
    return step(CL_STEP_KEEP, number);
  }
  // Fails at the first number that the kernel does not know.
  for (int number = 0; number < 64; number++) {
    int held = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (held < 0) break;
    if (held && dropped >> number & 1 && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) {
      return step(CL_STEP_DROP, number);
    }
  }
  // Ends with the exec.
  if (*kept && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return CL_STEP_CAPABILITIES;
  return 0;
}

int cl_set_capabilities(uint64_t kept, uint64_t dropped) {
  struct half halves[2];
  if (get(halves) < 0) return CL_STEP_CAPABILITIES;
  for (int i = 0; i < 2; i++) {
    uint32_t lost = (uint32_t)(dropped >> 32 * i);
    uint32_t wanted = (uint32_t)(kept >> 32 * i);
    halves[i].permitted &= ~lost;
    halves[i].effective = (halves[i].effective & ~lost) | wanted;
    halves[i].inheritable = (halves[i].inheritable & ~lost) | wanted;
  }
  struct header header = own;
  if (syscall(SYS_capset, &header, halves) < 0) return CL_STEP_CAPABILITIES;
  // Root has by exec what its bounding set allows; anybody else only what is ambient.
  if (geteuid() == 0) return 0;
  for (int number = 0; number < 64; number++) {
    if (!(kept >> number & 1)) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0) {
      return step(CL_STEP_KEEP, number);
    }
  }
  return 0;
}
