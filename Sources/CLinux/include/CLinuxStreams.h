// Logs: pipes that programs write into, log files, syslog's socket.
#ifndef CLINUX_STREAMS_H
#define CLINUX_STREAMS_H

#include <stdint.h>
#include <sys/types.h>

// A pipe, close-on-exec at both ends; only the reading end is non-blocking.
int cl_log_pipe(int ends[2]);
int cl_widen_pipe(int fd, int bytes);
// Whether opening descriptor 1 or 2 by name fails for want of permission, or because it is a socket.
int cl_refuses_to_open(int fd);
// Lets a user open a pipe by name (/dev/stdout): makes it his, or writable for all.
int cl_give_pipe(int fd, uid_t uid, gid_t gid);
// Whether that user may open by name what our descriptor is open on. A socket nobody can open.
int cl_may_write(int fd, uid_t uid, gid_t gid, const gid_t *groups, int count);
// Bytes that can be read at once.
int cl_bytes_waiting(int fd);
int cl_identify(int fd, uint64_t *device, uint64_t *inode);
int cl_is_same_file(int first, int second);
// Whether the path still leads to what the descriptor is open on.
int cl_names_file(const char *path, int fd);
int64_t cl_file_size(int fd);
// For appending, made with its parents where missing, non-blocking (see paths.c).
int cl_open_log(const char *path);
int cl_truncate(int fd);
// write(2), started again when interrupted.
ssize_t cl_write(int fd, const void *bytes, size_t count);
// Fills the eight bytes before the last `suffix` ones of `path` so that no such file is there yet,
// and makes it (0600), with its parents.
int cl_make_unique(char *path, size_t length, size_t suffix);
// A datagram socket connected to /dev/log, non-blocking; -1: errno.
int cl_syslog_socket(void);
// 2 ms.
void cl_pause_briefly(void);
// CLOCK_REALTIME in nanoseconds.
int64_t cl_wall_clock_now(void);
// The name that we were called by, without its directory.
const char *cl_own_name(void);

#endif
