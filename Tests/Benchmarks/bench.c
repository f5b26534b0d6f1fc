// What swinit costs, as ratios against the bare system calls that do the same work, all from one
// run on one machine.
//
// Whatever is compared runs under the same conditions: as PID 1 of a namespace of its own, with the
// same programs below it. The programs and the bare inits are this same file, started with a word
// that says what to be.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static const char *self;
static char folder[] = "/tmp/swinit-bench-XXXXXX";
static char path[128];
static int missed;

static _Noreturn void die(const char *what) {
  perror(what);
  exit(2);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// Lets everything come to rest before a clock is started.
static void settle(void) { usleep(200000); }

static void read_all(int fd, void *buffer, size_t count) {
  for (size_t done = 0; done < count;) {
    ssize_t got = read(fd, (char *)buffer + done, count - done);
    if (got <= 0) die("a program is missing");
    done += (size_t)got;
  }
}

// The programs.

static int be_program(char **words) {
  if (!strcmp(words[0], "tick")) {
    if (write(1, "x", 1) != 1) return 1;
  } else if (!strcmp(words[0], "beat")) {
    long long time = now();
    if (write(1, &time, sizeof time) != sizeof time) return 1;
  } else if (!strcmp(words[0], "storm")) {
    // Orphans: their parent ends, they wait until the fifo has no writer any more.
    for (int i = atoi(words[1]); i > 0; i--) {
      if (fork() != 0) continue;
      char byte;
      int fifo = open(words[2], O_RDONLY);
      if (write(1, "x", 1) != 1) return 1;
      while (read(fifo, &byte, 1) > 0) {}
      return 0;
    }
    return 0;
  } else {
    return 64;
  }
  for (;;) pause();
}

// The bare inits.

static pid_t spawn(char **words) {
  pid_t pid;
  if (posix_spawn(&pid, self, NULL, NULL, words, environ) != 0) die("posix_spawn");
  return pid;
}

static void wait_for_term(sigset_t *set) {
  int signal;
  sigwait(set, &signal);
}

static int be_bare(char **words) {
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  char *tick[] = {"bench", "tick", NULL};
  char *beat[] = {"bench", "beat", NULL};
  if (!strcmp(words[0], "bare")) {
    // Starts N, and ends them: all at once, or one after the other as three levels do.
    int count = atoi(words[1]), at_once = atoi(words[2]);
    pid_t *pids = calloc((size_t)count, sizeof *pids);
    for (int i = 0; i < count; i++) pids[i] = spawn(tick);
    sigprocmask(SIG_BLOCK, &term, NULL);
    if (write(1, "x", 1) != 1) return 1;
    wait_for_term(&term);
    for (int i = 0; i < count; i++) {
      kill(pids[i], SIGTERM);
      if (!at_once) waitpid(pids[i], NULL, 0);
    }
    if (at_once) while (waitpid(-1, NULL, 0) > 0) {}
    return 0;
  }
  if (!strcmp(words[0], "bare-restart")) {
    for (;;) {
      spawn(beat);
      waitpid(-1, NULL, 0);
    }
  }
  if (!strcmp(words[0], "bare-reap")) {
    char *storm[] = {"bench", "storm", words[1], words[2], NULL};
    spawn(storm);
    for (;;)
      if (waitpid(-1, NULL, 0) < 0) pause();
  }
  return 64;
}

// What is measured.

// Starts words as PID 1 of a namespace with a /proc of its own; its stdout is a pipe.
static pid_t start(char *const *words, int *output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) die("pipe2");
  pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
  if (pid < 0) die("clone (needs root)");
  if (pid == 0) {
    int null = open("/dev/null", O_RDWR);
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) die("mount /");
    if (mount("proc", "/proc", "proc", 0, NULL) < 0) die("mount /proc");
    dup2(null, 0);
    dup2(ends[1], 1);
    if (!getenv("SWINIT_BENCH_VERBOSE")) dup2(null, 2);
    execv(words[0], words);
    _exit(127);
  }
  close(ends[1]);
  *output = ends[0];
  return pid;
}

static void finish(pid_t pid, int output) {
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
  close(output);
}

static void configure(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void configure(const char *format, ...) {
  snprintf(path, sizeof path, "%s/bench.conf", folder);
  FILE *file = fopen(path, "w");
  if (!file) die(path);
  va_list list;
  va_start(list, format);
  vfprintf(file, format, list);
  va_end(list);
  fclose(file);
}

static long status(pid_t pid, const char *field) {
  char name[64], line[256];
  long value = 0;
  snprintf(name, sizeof name, "/proc/%d/status", pid);
  FILE *file = fopen(name, "r");
  if (!file) die(name);
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, field, strlen(field))) value = atol(line + strlen(field) + 1);
  fclose(file);
  return value;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

// The lower quartile: what other work on the machine adds to some of the rounds is not counted, for
// either side.
static double typical(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, compare);
  return values[count / 4];
}

static void row(const char *what, const char *measured, double value, const char *unit, double bar) {
  int ok = value <= bar;
  missed += !ok;
  printf("%-44s %-32s %9.2f %-5s %9.2f  %s\n", what, measured, value, unit, bar,
         ok ? "ok" : "MISSED");
  fflush(stdout);
}

struct run {
  double start, stop;  // milliseconds
  long resident;       // kB
  long wakeups;
};

// Starts, waits until `ready` bytes have come, ends it by SIGTERM.
static struct run start_and_stop(char *const *words, int ready, int idle_seconds) {
  struct run run = {0};
  int output;
  char *bytes = malloc((size_t)ready);
  long long begin = now();
  pid_t pid = start(words, &output);
  read_all(output, bytes, (size_t)ready);
  run.start = (double)(now() - begin) / 1e6;
  settle();
  run.resident = status(pid, "VmRSS:");
  if (idle_seconds) {
    run.wakeups = status(pid, "voluntary_ctxt_switches:");
    sleep((unsigned)idle_seconds);
    run.wakeups = status(pid, "voluntary_ctxt_switches:") - run.wakeups;
  }
  begin = now();
  kill(pid, SIGTERM);
  waitpid(pid, NULL, 0);
  run.stop = (double)(now() - begin) / 1e6;
  close(output);
  free(bytes);
  return run;
}

static void three_programs(char *const *swinit) {
  enum { rounds = 25, idle = 10 };
  char *bare[] = {(char *)self, "bare", "3", "0", NULL};
  double with[rounds], without[rounds];
  char text[64];
  for (int i = 1; i <= 3; i++) {
    snprintf(path, sizeof path, "%s/%d.conf", folder, i);
    FILE *file = fopen(path, "w");
    if (!file) die(path);
    fprintf(file, "[program:p%d]\ncommand=%s tick\nstartsecs=0\npriority=%d\n", i, self, i);
    fclose(file);
  }
  struct run first = start_and_stop(swinit, 3, idle);
  row("resident memory, 3 programs", "", (double)first.resident, "kB", 320);
  snprintf(text, sizeof text, "in %d s", idle);
  row("wake-ups when idle", text, (double)first.wakeups, "", 0);
  for (int i = 0; i < rounds; i++) {
    with[i] = start_and_stop(swinit, 3, 0).stop;
    without[i] = start_and_stop(bare, 4, 0).stop;
  }
  double a = typical(with, rounds), b = typical(without, rounds);
  snprintf(text, sizeof text, "%.2f ms; bare %.2f ms", a, b);
  row("TERM to exit, 3 levels, over bare", text, a - b, "ms", 2);
  for (int i = 1; i <= 3; i++) {
    snprintf(path, sizeof path, "%s/%d.conf", folder, i);
    unlink(path);
  }
}

static void many_programs(char *const *swinit, int count, int rounds, double start_bar,
                          double stop_bar, long few_resident) {
  char number[16], text[64], what[64];
  snprintf(number, sizeof number, "%d", count);
  char *bare[] = {(char *)self, "bare", number, "1", NULL};
  double with_start[16], with_stop[16], bare_start[16], bare_stop[16];
  long resident = 0;
  configure(
      "[program:p]\ncommand=%s tick\nstartsecs=0\nnumprocs=%d\nprocess_name=%%(process_num)d\n", self,
      count);
  for (int i = 0; i < rounds; i++) {
    struct run run = start_and_stop(swinit, count, 0);
    with_start[i] = run.start;
    with_stop[i] = run.stop;
    resident = run.resident;
    run = start_and_stop(bare, count + 1, 0);
    bare_start[i] = run.start;
    bare_stop[i] = run.stop;
  }
  double a = typical(with_start, rounds), b = typical(bare_start, rounds);
  snprintf(what, sizeof what, "%d programs started", count);
  snprintf(text, sizeof text, "%.1f ms; bare %.1f ms", a, b);
  row(what, text, a / b, "x", start_bar);
  a = typical(with_stop, rounds);
  b = typical(bare_stop, rounds);
  snprintf(what, sizeof what, "%d programs stopped", count);
  snprintf(text, sizeof text, "%.1f ms; bare %.1f ms", a, b);
  row(what, text, a / b, "x", stop_bar);
  if (count >= 1000) {
    snprintf(text, sizeof text, "%ld kB with %d", resident, count);
    row("memory per further program", text, (double)(resident - few_resident) / count, "kB", 1);
  }
}

static double restart_time(char *const *words) {
  enum { rounds = 51 };
  double times[rounds];
  int output;
  long long started;
  pid_t pid = start(words, &output);
  read_all(output, &started, sizeof started);
  char name[64];
  snprintf(name, sizeof name, "/proc/%d/task/%d/children", pid, pid);
  for (int i = 0; i < rounds; i++) {
    usleep(20000);
    FILE *file = fopen(name, "r");
    int child = 0;
    if (!file || fscanf(file, "%d", &child) != 1 || child <= 1) die(name);
    fclose(file);
    long long killed = now();
    kill(child, SIGKILL);
    read_all(output, &started, sizeof started);
    times[i] = (double)(started - killed) / 1e6;
  }
  finish(pid, output);
  return typical(times, rounds);
}

static void restart(char *const *swinit) {
  char text[64];
  char *bare[] = {(char *)self, "bare-restart", NULL};
  configure(
      "[program:p]\ncommand=%s beat\nstartsecs=0\nautorestart=true\nrestart_delay=0,0\n", self);
  double a = restart_time(swinit), b = restart_time(bare);
  snprintf(text, sizeof text, "bare %.2f ms", b);
  row("restart: death to the new program", text, a, "ms", 1.5);
}

static double reap_time(char *const *words, const char *fifo, int count) {
  int writer = open(fifo, O_RDWR | O_CLOEXEC), output;
  char *bytes = malloc((size_t)count), name[64], first;
  pid_t pid = start(words, &output);
  read_all(output, bytes, (size_t)count);
  settle();
  snprintf(name, sizeof name, "/proc/%d/task/%d/children", pid, pid);
  int children = open(name, O_RDONLY);
  if (children < 0 || pread(children, &first, 1, 0) != 1) die(name);
  long long begin = now();
  close(writer);
  while (pread(children, &first, 1, 0) == 1) {}
  double time = (double)(now() - begin) / 1e6;
  close(children);
  finish(pid, output);
  free(bytes);
  return time;
}

static void reap(char *const *swinit) {
  enum { rounds = 5 };
  char fifo[128], text[64];
  double with[rounds], without[rounds];
  snprintf(fifo, sizeof fifo, "%s/fifo", folder);
  if (mkfifo(fifo, 0600) < 0) die(fifo);
  char *bare[] = {(char *)self, "bare-reap", "5000", fifo, NULL};
  configure(
      "[swinit]\nstay=true\n[program:p]\ncommand=%s storm 5000 %s\nstartsecs=0\n"
      "autorestart=false\n", self, fifo);
  for (int i = 0; i < rounds; i++) {
    with[i] = reap_time(swinit, fifo, 5000);
    without[i] = reap_time(bare, fifo, 5000);
  }
  unlink(fifo);
  double a = typical(with, rounds), b = typical(without, rounds);
  snprintf(text, sizeof text, "%.1f ms; bare %.1f ms", a, b);
  row("5,000 orphans until no zombie is left", text, a / b, "x", 1.05);
}

int main(int argc, char **argv) {
  static char own[4096];
  if (readlink("/proc/self/exe", own, sizeof own - 1) < 0) die("/proc/self/exe");
  self = own;
  if (argc < 2) return 64;
  if (!strncmp(argv[1], "bare", 4)) return be_bare(argv + 1);
  if (argv[1][0] != '/') return be_program(argv + 1);

  if (!mkdtemp(folder)) die(folder);
  char *swinit[] = {argv[1], "-c", folder, NULL};
  struct stat file;
  if (stat(argv[1], &file) < 0) die(argv[1]);
  printf("%-44s %-32s %9s %-5s %9s\n", "what", "measured", "result", "", "bar");
  row("release binary", "", (double)file.st_size / 1000, "kB", 640);
  three_programs(swinit);
  configure("[program:p]\ncommand=%s tick\nstartsecs=0\n", self);
  long few = start_and_stop(swinit, 1, 0).resident;
  many_programs(swinit, 100, 9, 0.8, 1.1, few);
  many_programs(swinit, 1000, 5, 0.8, 1.05, few);
  restart(swinit);
  reap(swinit);
  snprintf(path, sizeof path, "%s/bench.conf", folder);
  unlink(path);
  rmdir(folder);
  return missed != 0;
}
