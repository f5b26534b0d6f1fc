// What an init costs around one command: `INIT... true` against `true` alone, and against the other
// one-command inits, all from one run.
//
//   command NAME WORD... [- NAME WORD...]...
//
// Each NAME stands for the line of the table, its WORDs are the init and its options; COMMAND is
// appended. Counted are the instructions of the init itself (single-stepped, user space), the system
// calls of all processes over those of COMMAND alone, wall time over COMMAND alone (medians of
// alternating rounds), and the init's resident memory while COMMAND (cat) runs. Exit status 1 when the
// first of them is not below each of the others, or makes more than 30 system calls.

#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 400, MOST = 8, WORDS = 16 };

extern char **environ;

struct line {
  const char *name;
  char *words[WORDS];
  int count;
  double wall[ROUNDS];
};

static _Noreturn void die(const char *what) {
  perror(what);
  exit(2);
}

static pid_t start_traced(char **words) {
  pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    execvp(words[0], words);
    _exit(127);
  }
  int status;
  if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) die(words[0]);
  return pid;
}

static long instructions(char **words) {
  pid_t pid = start_traced(words);
  long count = 0;
  int signal = 0, status;
  while (ptrace(PTRACE_SINGLESTEP, pid, 0, signal) == 0 && waitpid(pid, &status, 0) == pid) {
    if (!WIFSTOPPED(status)) break;
    signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    count++;
  }
  return count;
}

// Every stop at a system call is an entry or an exit; an exec and an end have no pair, so entries are
// told by the kernel (PTRACE_GET_SYSCALL_INFO).
struct info { unsigned char op; char rest[87]; };

static long system_calls(char **words) {
  pid_t first = start_traced(words);
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                 PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  ptrace(PTRACE_SETOPTIONS, first, 0, options);
  ptrace(PTRACE_SYSCALL, first, 0, 0);
  long count = 0;
  for (int status;;) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0) break;
    if (!WIFSTOPPED(status)) continue;
    int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) {
      struct info info = {0};
      ptrace(0x420e /* PTRACE_GET_SYSCALL_INFO */, pid, sizeof info, &info);
      count += info.op == 1;
      signal = 0;
    } else if (status >> 8 == (SIGTRAP | status >> 16 << 8) || signal == SIGTRAP ||
               signal == SIGSTOP) {
      signal = 0;
    }
    ptrace(PTRACE_SYSCALL, pid, 0, signal);
  }
  return count;
}

static double wall(char **words) {
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  pid_t pid;
  int status;
  if (posix_spawnp(&pid, words[0], NULL, NULL, words, environ)) die(words[0]);
  waitpid(pid, &status, 0);
  clock_gettime(CLOCK_MONOTONIC, &end);
  if (status != 0) die("it failed");
  return (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
}

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

static long resident(char **words) {
  int in[2], out[2];
  if (pipe2(in, 0) || pipe2(out, 0)) die("pipe");
  pid_t pid = fork();
  if (pid == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[1]);
    execvp(words[0], words);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  char byte = 'x', path[64], text[256];
  // Its echo says that COMMAND runs.
  if (write(in[1], &byte, 1) != 1 || read(out[0], &byte, 1) != 1) die("no echo");
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *file = fopen(path, "r");
  long size = 0;
  while (file && fgets(text, sizeof text, file)) sscanf(text, "VmRSS: %ld", &size);
  if (file) fclose(file);
  close(in[1]);
  close(out[0]);
  waitpid(pid, NULL, 0);
  return size;
}

int main(int argc, char **argv) {
  static struct line lines[MOST];
  int count = 0;
  lines[count++].name = "COMMAND alone";
  for (int i = 1; i < argc && count < MOST; count++) {
    lines[count].name = argv[i++];
    while (i < argc && strcmp(argv[i], "-")) lines[count].words[lines[count].count++] = argv[i++];
    i++;
  }
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < count; i++) {
      lines[i].words[lines[i].count] = "true";
      lines[i].wall[round] = wall(lines[i].words);
    }
  }
  long bare = 0, best[3] = {0};
  double bare_wall = 0;
  int missed = 0;
  printf("%-16s %14s %14s %16s %12s\n", "", "instructions", "system calls", "wall over alone",
         "resident");
  for (int i = 0; i < count; i++) {
    qsort(lines[i].wall, ROUNDS, sizeof(double), ascending);
    double median = lines[i].wall[ROUNDS / 2];
    long calls = system_calls(lines[i].words);
    if (i == 0) {
      bare = calls;
      bare_wall = median;
      printf("%-16s %14s %14ld %13.0f us\n", lines[i].name, "", calls, median);
      continue;
    }
    long steps = instructions(lines[i].words);
    lines[i].words[lines[i].count] = "cat";
    long size = resident(lines[i].words);
    printf("%-16s %14ld %12s%-2ld %13.0f us %9ld kB\n", lines[i].name, steps, "+", calls - bare,
           median - bare_wall, size);
    long own[3] = {steps, calls - bare, (long)(median - bare_wall)};
    for (int k = 0; k < 3; k++) missed |= i > 1 && best[k] >= own[k];
    if (i == 1) memcpy(best, own, sizeof best);
  }
  missed |= best[1] > 30;
  if (missed) printf("missed\n");
  return missed;
}
