// Connections that test a program.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "CLinux.h"

// Both families in one; the port is set by whoever connects.
union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  struct sockaddr_un local;
};

static int numeric(const char *text, union address *address) {
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
    address->any.sa_family = AF_INET;
    return 1;
  }
  if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
    address->any.sa_family = AF_INET6;
    return 1;
  }
  return 0;
}

// A line of hosts(5): an address, then names, separated by blanks; # begins a comment.
static int line_names(char *line, const char *host, union address *address) {
  char *rest = NULL;
  line[strcspn(line, "#\n")] = 0;
  char *text = strtok_r(line, " \t\r", &rest);
  for (char *name; text && (name = strtok_r(NULL, " \t\r", &rest)) != NULL;) {
    if (strcasecmp(name, host) == 0) return numeric(text, address);
  }
  return 0;
}

// The address number `skip` of a name in /etc/hosts. A file that is larger than the buffer is not
// one that a container engine wrote: what is beyond is not seen.
static int in_hosts(const char *host, int skip, union address *address) {
  char text[8192];
  int fd = open("/etc/hosts", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return 0;
  ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size < 0) return 0;
  text[size] = 0;
  for (char *line = text; *line;) {
    char *end = strchrnul(line, '\n');
    int is_last = !*end;
    *end = 0;
    if (line_names(line, host, address) && skip-- == 0) return 1;
    if (is_last) break;
    line = end + 1;
  }
  return 0;
}

static int find(const char *host, int number, union address *address) {
  if (numeric(host, address)) return number == 0;
  if (strcasecmp(host, "localhost") == 0) {
    return number < 2 && numeric(number == 0 ? "127.0.0.1" : "::1", address);
  }
  return in_hosts(host, number, address);
}

int cl_host_is_known(const char *host) {
  union address address;
  return find(host, 0, &address);
}

static int start_connecting(const union address *address, socklen_t size) {
  int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // The server may send descriptors, and the last close of some descriptors waits (SO_LINGER). Nothing
  // is ever read from a unix socket, so nothing may be sent to it.
  if (address->any.sa_family == AF_UNIX) shutdown(fd, SHUT_RD);
  if (connect(fd, &address->any, size) == 0 || errno == EINPROGRESS) return fd;
  int failure = errno;
  close(fd);
  errno = failure;
  return -1;
}

int cl_connect_host(const char *host, int port, int number) {
  union address address;
  if (!find(host, number, &address)) {
    errno = ENOENT;
    return -1;
  }
  // The port stands in the same place in both.
  address.v4.sin_port = htons((uint16_t)port);
  return start_connecting(
      &address, address.any.sa_family == AF_INET ? sizeof address.v4 : sizeof address.v6);
}

int cl_connect_path(const char *path) {
  union address address;
  memset(&address, 0, sizeof address);
  address.any.sa_family = AF_UNIX;
  strncpy(address.local.sun_path, path, sizeof address.local.sun_path - 1);
  return start_connecting(&address, sizeof address.local);
}

int cl_connect_result(int fd) {
  int failure = 0;
  socklen_t size = sizeof failure;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0) return errno;
  if (failure) return failure;
  // Where nobody listens on a port that the kernel also gives to clients, it may have given us that
  // very port, and we are connected with ourselves. Closed in order that would keep the program from
  // its port for a minute.
  union address ours, theirs;
  memset(&ours, 0, sizeof ours);
  memset(&theirs, 0, sizeof theirs);
  socklen_t our_size = sizeof ours, their_size = sizeof theirs;
  if (getsockname(fd, &ours.any, &our_size) < 0 || getpeername(fd, &theirs.any, &their_size) < 0 ||
      ours.any.sa_family == AF_UNIX || memcmp(&ours, &theirs, sizeof ours) != 0) {
    return 0;
  }
  struct linger at_once = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return ECONNREFUSED;
}
