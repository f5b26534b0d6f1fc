// Prints which source file refers to which, one pair in a line: `FROM TO`, from the index that the
// compiler writes beside a debug build.
//
//   references STORE PREFIX     STORE: …/debug/index/store; PREFIX: files below it count

#include <indexstore/indexstore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SYMBOLS = 1 << 20, MOST_FILES = 4096, LONGEST = 4096 };

static indexstore_t store;
static const char *prefix;
static char *files[MOST_FILES];
static int file_count;

// An open table of symbols, by their USR; the file that defines each.
static char *names[MOST_SYMBOLS];
static int definers[MOST_SYMBOLS];

// The file whose record is read, and which of the two passes this is.
static int current;
static int collects;
static char seen[MOST_FILES];

static unsigned slot(const char *name, size_t length) {
  unsigned hash = 2166136261u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 16777619u;
  unsigned at = hash % MOST_SYMBOLS;
  while (names[at] && (strncmp(names[at], name, length) || names[at][length])) {
    at = (at + 1) % MOST_SYMBOLS;
  }
  return at;
}

static bool occurrence(void *context, indexstore_occurrence_t one) {
  (void)context;
  indexstore_string_ref_t usr = indexstore_symbol_get_usr(indexstore_occurrence_get_symbol(one));
  uint64_t roles = indexstore_occurrence_get_roles(one);
  unsigned at = slot(usr.data, usr.length);
  if (collects) {
    if (!(roles & INDEXSTORE_SYMBOL_ROLE_DEFINITION) || names[at]) return true;
    names[at] = strndup(usr.data, usr.length);
    definers[at] = current;
  } else if (names[at] && definers[at] != current && !seen[definers[at]]) {
    seen[definers[at]] = 1;
    printf("%s %s\n", files[current], files[definers[at]]);
  }
  return true;
}

static bool dependency(void *context, indexstore_unit_dependency_t one) {
  (void)context;
  if (indexstore_unit_dependency_get_kind(one) != INDEXSTORE_UNIT_DEPENDENCY_RECORD) return true;
  indexstore_string_ref_t path = indexstore_unit_dependency_get_filepath(one);
  indexstore_string_ref_t name = indexstore_unit_dependency_get_name(one);
  if (path.length >= LONGEST || name.length >= LONGEST) return true;
  if (strncmp(path.data, prefix, strlen(prefix))) return true;
  char text[LONGEST], record[LONGEST];
  snprintf(text, sizeof text, "%.*s", (int)path.length - (int)strlen(prefix),
           path.data + strlen(prefix));
  snprintf(record, sizeof record, "%.*s", (int)name.length, name.data);
  for (current = 0; current < file_count && strcmp(files[current], text); current++) {}
  if (current == file_count) {
    if (file_count == MOST_FILES) exit(1);
    files[file_count++] = strdup(text);
  }
  indexstore_record_reader_t reader = indexstore_record_reader_create(store, record, NULL);
  if (!reader) return true;
  memset(seen, 0, sizeof seen);
  indexstore_record_reader_occurrences_apply_f(reader, NULL, occurrence);
  indexstore_record_reader_dispose(reader);
  return true;
}

static bool unit(void *context, indexstore_string_ref_t name) {
  (void)context;
  char text[LONGEST];
  snprintf(text, sizeof text, "%.*s", (int)name.length, name.data);
  indexstore_unit_reader_t reader = indexstore_unit_reader_create(store, text, NULL);
  if (!reader) return true;
  indexstore_string_ref_t main = indexstore_unit_reader_get_main_file(reader);
  // A unit lists the records of its main file and of what it imports: only the first is new.
  if (main.length > 0 && !strncmp(main.data, prefix, strlen(prefix))) {
    indexstore_unit_reader_dependencies_apply_f(reader, NULL, dependency);
  }
  indexstore_unit_reader_dispose(reader);
  return true;
}

int main(int count, char **words) {
  if (count != 3) return 64;
  prefix = words[2];
  indexstore_error_t error = NULL;
  store = indexstore_store_create(words[1], &error);
  if (!store) {
    fprintf(stderr, "references: cannot open %s: %s\n", words[1],
            indexstore_error_get_description(error));
    return 1;
  }
  collects = 1;
  indexstore_store_units_apply_f(store, 1, NULL, unit);
  collects = 0;
  indexstore_store_units_apply_f(store, 1, NULL, unit);
  return 0;
}
