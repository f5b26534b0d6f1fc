// The wall clock and the zone.

#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <time.h>

#include "CLinux.h"

// What TZ is: nothing to look up, a zone of its file, or a zone that nobody knows.
enum zone_kind { zone_plain, zone_of_file, zone_unknown };

// Whether a file of that name is there where musl and glibc look.
static int has_file(const char *name) {
  static const char places[3][21] = {"/usr/share/zoneinfo/", "/share/zoneinfo/", "/etc/zoneinfo/"};
  if (*name == '/') return access(name, R_OK) == 0;
  for (int i = 0; i < 3; i++) {
    char path[PATH_MAX];
    size_t length = strlen(places[i]);
    if (strlen(name) >= sizeof path - length) return 0;
    memcpy(path, places[i], length);
    strcpy(path + length, name);
    if (access(path, R_OK) == 0) return 1;
  }
  return 0;
}

// The end of a name of letters or in <>; NULL: there is none.
static const char *name_end(const char *text) {
  size_t length = 0;
  if (*text == '<') {
    length = strcspn(text, ">");
    return text[length] == '>' ? text + length + 1 : NULL;
  }
  while ((text[length] | 32) >= 'a' && (text[length] | 32) <= 'z') length++;
  return length >= 3 ? text + length : NULL;
}

// Whether TZ is a rule in itself, as CET-1CEST,M3.5.0,M10.5.0/3 or UTC0: a name and a number. 2: it
// names a summer time and does not say when that begins, as EST5EDT.
static int is_rule(const char *zone) {
  if (!strcmp(zone, "UTC") || !strcmp(zone, "GMT")) return 1;
  const char *offset = name_end(zone);
  if (!offset || !(*offset == '+' || *offset == '-' || (*offset >= '0' && *offset <= '9'))) return 0;
  const char *summer = offset + strspn(offset, "+-0123456789:");
  if (!*summer) return 1;
  return strchr(summer, ',') ? 1 : 2;
}

static enum zone_kind kind_of_zone(void) {
  const char *zone = getenv("TZ");
  if (!zone) return zone_plain;
  const char *name = *zone == ':' ? zone + 1 : zone;
  if (!*name) return zone_plain;
  int rule = name == zone ? is_rule(zone) : 0;
  if (rule == 1) return zone_plain;
  if (!has_file(name)) return zone_unknown;
  return rule == 2 ? zone_of_file : zone_plain;
}

// musl takes EST5EDT for a rule and, since it has none, for summer time all the year; date(1) takes
// the zone file of that name, and so does this, by the form of TZ that means a file alone. The
// environment of programs was taken before.
static enum zone_kind prepare_zone(void) {
  static int is_known;
  static enum zone_kind kind;
  if (is_known) return kind;
  is_known = 1;
  kind = kind_of_zone();
  if (kind == zone_of_file) {
    char name[64] = ":";
    const char *zone = getenv("TZ");
    if (strlen(zone) + 2 > sizeof name) return kind = zone_unknown;
    strcpy(name + 1, zone);
    setenv("TZ", name, 1);
  }
  return kind;
}

int32_t cl_zone_offset(int64_t seconds) {
  time_t time = seconds;
  struct tm local;
  if (prepare_zone() == zone_unknown) return 0;
  return localtime_r(&time, &local) ? (int32_t)local.tm_gmtoff : 0;
}

const char *cl_zone_missing(void) { return prepare_zone() == zone_unknown ? getenv("TZ") : NULL; }

int cl_wall_timer_create(void) {
  return timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

int cl_wall_timer_set(int timer, int64_t seconds) {
  struct itimerspec when = {{0, 0}, {seconds > 0 ? seconds : 1, 0}};
  int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
  return timerfd_settime(timer, flags, &when, NULL);
}

void cl_wall_timer_acknowledge(int timer) {
  uint64_t count;
  // ECANCELED says that the clock was set, and is news as good as a count.
  if (read(timer, &count, sizeof count) < 0) return;
}
