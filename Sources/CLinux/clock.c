// The wall clock and the zone.

#define _GNU_SOURCE
#include <limits.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <time.h>

#include "CLinux.h"

int32_t cl_zone_offset(int64_t seconds) {
  time_t time = seconds;
  struct tm local;
  return localtime_r(&time, &local) ? (int32_t)local.tm_gmtoff : 0;
}

// Whether TZ is a rule in itself, as CET-1CEST,M3.5.0,M10.5.0/3 or UTC0: a name of letters or in <>,
// and behind it a number; or a name that every C library knows.
static int is_rule(const char *zone) {
  size_t length = 0;
  if (*zone == '<') {
    length = strcspn(zone, ">");
    if (zone[length] == '>') length++;
  } else {
    while ((zone[length] | 32) >= 'a' && (zone[length] | 32) <= 'z') length++;
  }
  char next = zone[length];
  if (length >= 3 && (next == '+' || next == '-' || (next >= '0' && next <= '9'))) return 1;
  return !strcmp(zone, "UTC") || !strcmp(zone, "GMT");
}

const char *cl_zone_missing(void) {
  const char *zone = getenv("TZ");
  if (!zone) return NULL;
  const char *name = *zone == ':' ? zone + 1 : zone;
  if (!*name || (name == zone && is_rule(zone))) return NULL;
  if (*name == '/') return access(name, R_OK) == 0 ? NULL : zone;
  // Where musl and glibc look.
  static const char places[3][21] = {"/usr/share/zoneinfo/", "/share/zoneinfo/", "/etc/zoneinfo/"};
  for (int i = 0; i < 3; i++) {
    char path[PATH_MAX];
    size_t length = strlen(places[i]);
    if (strlen(name) >= sizeof path - length) return zone;
    memcpy(path, places[i], length);
    strcpy(path + length, name);
    if (access(path, R_OK) == 0) return NULL;
  }
  return zone;
}

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
