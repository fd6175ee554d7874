/* Stands between the server and its files, to make them break as files do, or lie as the checks'
 * negative controls need. SHIM says how, and it does so while the file SHIM_SWITCH exists:
 *   eio      writes and syncs of the database fail with an I/O error
 *   lie      writes to the WAL are said to be done, and are not
 *   nosync   the WAL is never synced, which is what synchronous=NORMAL comes to
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int mode(const char *name) {
  const char *shim = getenv("SHIM"), *on = getenv("SHIM_SWITCH");
  return shim && on && strcmp(shim, name) == 0 && access(on, F_OK) == 0;
}

static int is(int fd, const char *end) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  size_t tail = strlen(end);
  return (size_t)length >= tail && strcmp(path + length - tail, end) == 0;
}

static int data(int fd) { return is(fd, ".db") || is(fd, ".db-wal"); }

static int fail(void) {
  errno = EIO;
  return -1;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define WRITES(name, offset)                                                   \
  ssize_t name(int fd, const void *bytes, size_t count, offset at) {           \
    REAL(name);                                                                \
    if (mode("eio") && data(fd)) return fail();                                \
    if (mode("lie") && is(fd, ".db-wal")) return (ssize_t)count;               \
    return real(fd, bytes, count, at);                                         \
  }
WRITES(pwrite, off_t)
WRITES(pwrite64, off64_t)

#define SYNCS(name)                                                            \
  int name(int fd) {                                                           \
    REAL(name);                                                                \
    if (mode("eio") && data(fd)) return fail();                                \
    if (mode("nosync") && is(fd, ".db-wal")) return 0;                         \
    return real(fd);                                                           \
  }
SYNCS(fsync)
SYNCS(fdatasync)
