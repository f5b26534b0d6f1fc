// The executable moves itself to where it was loaded. Each address in its data is one entry of 24 bytes
// where the linker writes them the old way, which is what musl's rcrt1.o knows; the new way (RELR) is
// one bit each, in all 11 kB less. So the linker writes RELR and has rcrt1.o call us in the place of
// __libc_start_main (--wrap). Nothing that needs an address in data may run before.

#ifdef CL_RELOCATES_ITSELF

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

typedef int main_function(int, char **, char **);
typedef void plain_function(void);

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));

int __real___libc_start_main(
    main_function *, int, char **, plain_function *, plain_function *, plain_function *);

// musl 1.2.3 does not name them.
enum { TAG_RELR_SIZE = 35, TAG_RELR = 36 };

// An even entry is the place of one address; an odd one tells with its other bits which of the 63
// words behind the last place are addresses too.
static void relocate(uintptr_t base, const uint64_t *entry, const uint64_t *end) {
  uint64_t *place = NULL;
  for (; entry < end; entry++) {
    if ((*entry & 1) == 0) {
      place = (uint64_t *)(base + *entry);
      *place++ += base;
    } else {
      for (uint64_t bits = *entry >> 1; bits; bits &= bits - 1) {
        place[__builtin_ctzll(bits)] += base;
      }
      place += 63;
    }
  }
}

int __wrap___libc_start_main(
    main_function *main, int argc, char **argv, plain_function *init, plain_function *fini,
    plain_function *dynamic) {
  uintptr_t base = (uintptr_t)__ehdr_start;
  uint64_t start = 0, size = 0;
  for (const Elf64_Dyn *item = _DYNAMIC; item->d_tag != DT_NULL; item++) {
    if (item->d_tag == TAG_RELR) start = item->d_un.d_ptr;
    if (item->d_tag == TAG_RELR_SIZE) size = item->d_un.d_val;
  }
  const uint64_t *entries = (const uint64_t *)(base + start);
  relocate(base, entries, entries + size / sizeof *entries);
  return __real___libc_start_main(main, argc, argv, init, fini, dynamic);
}

#endif
