// What a program's output costs on its way into a rotated file: `cat >> FILE`, swinit, and other log
// writers, all from one run.
//
//   logs SWINIT
//
// A producer writes 1 GB in big blocks, and 5 million lines of 80 bytes, each a write of its own. What
// counts is the time from its first byte until all bytes are in the files (looked at every
// millisecond), and the processor time of the one who reads the pipe and writes the files. The files
// are on a tmpfs of their own, so that no disk has a say. Best of ROUNDS alternating rounds. Exit
// status 1 when a bar of the specification is missed.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 3, LINE = 80, ROTATED = 100000000, KEPT = 20 };

static const char *self;
static char folder[] = "/tmp/swinit-logs-XXXXXX";

static _Noreturn void die(const char *what) {
  perror(what);
  exit(2);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *text(const char *format, ...) {
  char *result;
  va_list rest;
  va_start(rest, format);
  if (vasprintf(&result, format, rest) < 0) die("memory");
  va_end(rest);
  return result;
}

static void put(const char *path, const char *content) {
  FILE *file = fopen(path, "w");
  if (!file || fputs(content, file) < 0 || fclose(file) != 0) die(path);
}

// What the producer writes.
struct work {
  const char *name;
  long long total;
  int block;
};

static const struct work works[] = {
  {"1 GB in blocks of 64 KiB", 12500000LL * LINE, 65536 / LINE * LINE},
  {"5 million lines, each a write", 5000000LL * LINE, LINE},
};

// The producer: tells when it begins.
static int produce(const char *start, long long total, int block) {
  char *bytes = malloc((size_t)block);
  if (!bytes) die("memory");
  memset(bytes, 'x', (size_t)block);
  for (int end = LINE - 1; end < block; end += LINE) bytes[end] = '\n';
  char *new = text("%s.new", start);
  put(new, text("%.6f\n", now()));
  if (rename(new, start) < 0) die(start);
  for (long long left = total; left > 0;) {
    ssize_t written = write(1, bytes, left < block ? (size_t)left : (size_t)block);
    if (written <= 0) die("producer");
    left -= written;
  }
  return 0;
}

static pid_t spawn(int in, int out, char **words) {
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid > 0) return pid;
  int null = open("/dev/null", O_RDWR);
  dup2(in < 0 ? null : in, 0);
  dup2(out < 0 ? null : out, 1);
  dup2(null, 2);
  for (int fd = 3; fd < 64; fd++) close(fd);
  execvp(words[0], words);
  _exit(127);
}

// Bytes of the log's files.
static long long bytes_in(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return 0;
  long long sum = 0;
  struct dirent *entry;
  struct stat status;
  while ((entry = readdir(directory))) {
    if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "config")) continue;
    if (fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 && S_ISREG(status.st_mode)) {
      sum += status.st_size;
    }
  }
  closedir(directory);
  return sum;
}

static double processor_time(pid_t pid) {
  char *path = text("/proc/%d/schedstat", pid);
  FILE *file = fopen(path, "r");
  long long nanoseconds = 0;
  if (!file || fscanf(file, "%lld", &nanoseconds) != 1) die(path);
  fclose(file);
  return (double)nanoseconds / 1e9;
}

enum kind { PIPED, SUPERVISORD, SWINIT };

struct logger {
  const char *name;
  enum kind kind;
  char *words[8];       // of a piped one; LOGS stands for the folder
  const char *option;   // of swinit
  int longer;           // bytes by which each line is longer
  double wall[2], cpu[2];
};

static struct logger loggers[] = {
  {"cat >> file", PIPED, {"sh", "-c", "exec cat >> \"$0/file\"", "LOGS"}, 0, 0, {0}, {0}},
  {"swinit", SWINIT, {0}, "", 0, {0}, {0}},
  {"swinit, prefix", SWINIT, {0}, "log_format=prefix\n", 4, {0}, {0}},
  {"swinit, json", SWINIT, {0}, "log_format=json\n", 80, {0}, {0}},
  {"supervisord", SUPERVISORD, {0}, 0, 0, {0}, {0}},
  {"s6-log", PIPED, {"s6-log", "n20", "s100000000", "LOGS"}, 0, 0, {0}, {0}},
  {"svlogd", PIPED, {"svlogd", "-b", "65536", "LOGS"}, 0, 0, {0}, {0}},
};
enum { LOGGERS = sizeof loggers / sizeof *loggers };

// swinit or supervisord with the producer as its program.
static pid_t start_supervisor(const struct logger *logger, const struct work *work,
                              const char *swinit, const char *start, const char *logs) {
  char *path = text("%s/c.conf", folder);
  put(path, text("[supervisord]\nnodaemon=true\nlogfile=/dev/null\nlogfile_maxbytes=0\n"
                 "pidfile=%s/pid\n"
                 "[program:p]\ncommand=%s produce %s %lld %d\nautorestart=false\nstartsecs=0\n"
                 "stdout_logfile=%s/file\nstdout_logfile_maxbytes=%d\n"
                 "stdout_logfile_backups=%d\n%s",
                 folder, self, start, work->total, work->block, logs, ROTATED, KEPT,
                 logger->option ? logger->option : ""));
  char *with_swinit[] = {(char *)swinit, "-c", path, NULL};
  char *with_supervisord[] = {"supervisord", "-n", "-c", path, NULL};
  return spawn(-1, -1, logger->kind == SWINIT ? with_swinit : with_supervisord);
}

// Memory that was free for some seconds may be the host's again, and the first to use it waits for it:
// nobody who is measured is that first.
static void warm(long long total) {
  char *path = text("%s/warm", folder);
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || posix_fallocate(file, 0, total) != 0) die(path);
  close(file);
  unlink(path);
  free(path);
}

static void measure(struct logger *logger, int which, const char *swinit) {
  const struct work *work = &works[which];
  warm(work->total);
  char *logs = text("%s/logs", folder), *start = text("%s/start", folder);
  if (mkdir(logs, 0777) < 0) die(logs);
  unlink(start);
  int ends[2] = {-1, -1};
  pid_t pid, producer = 0;
  if (logger->kind == PIPED) {
    char *words[8] = {0};
    for (int i = 0; logger->words[i]; i++) {
      words[i] = strcmp(logger->words[i], "LOGS") ? logger->words[i] : logs;
    }
    put(text("%s/config", logs), text("s%d\nn%d\n", ROTATED, KEPT));
    if (pipe(ends) < 0) die("pipe");
    pid = spawn(ends[0], -1, words);
    usleep(100000);
    char *made[] = {(char *)self, "produce", start, text("%lld", work->total),
                    text("%d", work->block), NULL};
    producer = spawn(-1, ends[1], made);
  } else {
    pid = start_supervisor(logger, work, swinit, start, logs);
  }

  long long wanted = work->total + work->total / LINE * logger->longer;
  double begin = 0, deadline = now() + 300;
  for (;;) {
    usleep(1000);
    long long bytes = bytes_in(logs);
    if (bytes > wanted) {
      fprintf(stderr, "%s: %lld bytes instead of %lld\n", logger->name, bytes, wanted);
      exit(2);
    }
    if (bytes == wanted) break;
    if (now() > deadline) {
      fprintf(stderr, "%s: only %lld bytes of %lld\n", logger->name, bytes, wanted);
      exit(2);
    }
  }
  double wall = now(), cpu = processor_time(pid);
  FILE *file = fopen(start, "r");
  if (!file || fscanf(file, "%lf", &begin) != 1) die(start);
  fclose(file);
  wall -= begin;
  if (!logger->wall[which] || wall < logger->wall[which]) logger->wall[which] = wall;
  if (!logger->cpu[which] || cpu < logger->cpu[which]) logger->cpu[which] = cpu;

  for (int i = 0; i < 2; i++) {
    if (ends[i] >= 0) close(ends[i]);
  }
  if (logger->kind != PIPED) kill(pid, SIGTERM);
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
  if (producer) waitpid(producer, NULL, 0);
  char *remove[] = {"rm", "-rf", logs, NULL};
  waitpid(spawn(-1, -1, remove), NULL, 0);
}

static int report(int which) {
  const struct work *work = &works[which];
  double megabytes = (double)work->total / 1e6, cat = loggers[0].wall[which];
  printf("%s:\n%-16s %10s %12s %14s\n", work->name, "", "MB/s", "of cat", "CPU s per GB");
  int missed = 0;
  for (int i = 0; i < LOGGERS; i++) {
    double wall = loggers[i].wall[which];
    printf("%-16s %10.0f %12.2f %14.2f\n", loggers[i].name, megabytes / wall, cat / wall,
           loggers[i].cpu[which] / megabytes * 1e3);
    if (i == 1 && cat / wall < 0.95) missed = 1;
    if (i == 1 && which == 0 && loggers[i].cpu[which] > loggers[0].cpu[which]) missed = 1;
    // Lines that are each a write come no faster than their writer makes them.
    if ((i == 2 || i == 3) && which == 0 && megabytes / wall < 200) missed = 1;
  }
  return missed;
}

int main(int count, char **words) {
  if (count == 5 && !strcmp(words[1], "produce")) {
    return produce(words[2], atoll(words[3]), atoi(words[4]));
  }
  if (count != 2) {
    fprintf(stderr, "logs SWINIT\n");
    return 64;
  }
  static char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length < 0) die("/proc/self/exe");
  self = path;
  if (!mkdtemp(folder)) die(folder);
  if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
      mount("none", folder, "tmpfs", 0, "size=3g,mode=755") < 0) {
    die("a tmpfs of our own");
  }
  for (int round = 0; round < ROUNDS; round++) {
    for (int which = 0; which < 2; which++) {
      for (int i = 0; i < LOGGERS; i++) measure(&loggers[i], which, words[1]);
    }
  }
  int missed = report(0);
  printf("\n");
  missed |= report(1);
  umount2(folder, MNT_DETACH);
  rmdir(folder);
  return missed;
}
