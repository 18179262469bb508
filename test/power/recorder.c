// Preloaded into a process: writes down, in one order over all threads, what the process does to
// the files below POWER_ROOT: opens, writes with their bytes, truncations, syncs, names made,
// changed and removed. What the process writes to POWER_MARKS goes into the same order: what it had
// been told by then. The log is POWER_LOG; recording.ts reads it.
//
//   | kind u32 | fd i32 | offset u64 | length u64 | flags u32 | path u32 | other u32 | data u32 |
//   then the bytes of path, other path and data, as long as said.
//
// An operation and its record are one step under a lock, so that the order of the log is the order
// of events. A sync has two records, for its start and its end: what is written in between need not
// be in it. Only operations that succeed are written down. What Node and DuckDB do not call (memory
// maps, duplicated descriptors, the *at() calls) is not seen: whoever replays the log compares its
// end with the real directory, to the byte.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, CLOSE, WRITE, TRUNCATE, ZERO, SYNC, SYNCED };
enum { RENAME = 8, UNLINK, MKDIR, RMDIR, MARK, ODD };
enum { CREATED = 1, TRUNCATED = 2, DIRECTORY = 4 };
enum { NOTHING, TRACKED, MARKS };
#define MOST_FDS 65536

struct record {
  uint32_t kind;
  int32_t fd;
  uint64_t offset;
  uint64_t length;
  uint32_t flags;
  uint32_t path;
  uint32_t other;
  uint32_t data;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kinds[MOST_FDS];
static const char *root = "";
static const char *marks = "";
static size_t root_length;
static int log_fd = -1;
static unsigned sync_us;
static uint32_t syncs;

#define REAL(result, name, ...)                                                                   \
  static result (*real)(__VA_ARGS__);                                                             \
  if (real == NULL) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static ssize_t plain_write(int fd, const void *bytes, size_t length) {
  REAL(ssize_t, write, int, const void *, size_t);
  return real(fd, bytes, length);
}

static void put(const void *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = plain_write(log_fd, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    // A log with a hole would show what never was.
    if (n <= 0) abort();
    bytes = (const char *)bytes + n;
    length -= (size_t)n;
  }
}

static void note(struct record r, const char *path, const char *other, const void *data) {
  int kept = errno;
  r.path = path == NULL ? 0 : (uint32_t)strlen(path);
  r.other = other == NULL ? 0 : (uint32_t)strlen(other);
  put(&r, sizeof r);
  put(path, r.path);
  put(other, r.other);
  put(data, r.data);
  errno = kept;
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("POWER_LOG");
  if (path == NULL || getenv("POWER_ROOT") == NULL) return;
  root = getenv("POWER_ROOT");
  root_length = strlen(root);
  if (getenv("POWER_MARKS") != NULL) marks = getenv("POWER_MARKS");
  if (getenv("POWER_SYNC_US") != NULL) sync_us = (unsigned)atoi(getenv("POWER_SYNC_US"));
  int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  log_fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
  if (log_fd < 0) abort();
}

static int below(const char *path) {
  if (log_fd < 0 || path == NULL || strncmp(path, root, root_length) != 0) return 0;
  return path[root_length] == '/' || path[root_length] == 0;
}

static int kind_of(int fd) { return fd < 0 || fd >= MOST_FDS ? NOTHING : kinds[fd]; }

// --- names

typedef int (*opener)(const char *, int, mode_t);

static int open_noted(opener real, const char *path, int flags, mode_t mode) {
  int tracked = below(path);
  if (!tracked && (log_fd < 0 || path == NULL || strcmp(path, marks) != 0))
    return real(path, flags, mode);
  pthread_mutex_lock(&lock);
  struct stat before;
  int existed = stat(path, &before) == 0;
  int fd = real(path, flags, mode);
  if (fd >= 0 && fd < MOST_FDS) {
    kinds[fd] = tracked ? TRACKED : MARKS;
    struct stat now;
    fstat(fd, &now);
    uint32_t told = existed ? 0 : CREATED;
    if ((flags & O_TRUNC) != 0) told |= TRUNCATED;
    if (S_ISDIR(now.st_mode)) told |= DIRECTORY;
    if (tracked) note((struct record){.kind = OPEN, .fd = fd, .flags = told}, path, NULL, NULL);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static mode_t mode_of(int flags, va_list rest) {
  int makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return makes ? va_arg(rest, mode_t) : 0;
}

#define OPENER(name)                                                                              \
  int name(const char *path, int flags, ...) {                                                    \
    REAL(int, name, const char *, int, mode_t);                                                   \
    va_list rest;                                                                                 \
    va_start(rest, flags);                                                                        \
    mode_t mode = mode_of(flags, rest);                                                           \
    va_end(rest);                                                                                 \
    return open_noted(real, path, flags, mode);                                                   \
  }
OPENER(open)
OPENER(open64)

static int plain_open(const char *path, int flags, mode_t mode) {
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
int creat(const char *path, mode_t mode) {
  return open_noted(plain_open, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) {
  REAL(int, close, int);
  if (kind_of(fd) == NOTHING) return real(fd);
  pthread_mutex_lock(&lock);
  if (kinds[fd] == TRACKED) note((struct record){.kind = CLOSE, .fd = fd}, NULL, NULL, NULL);
  kinds[fd] = NOTHING;
  int result = real(fd);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  if (!below(from) && !below(to)) return real(from, to);
  pthread_mutex_lock(&lock);
  int result = real(from, to);
  if (result == 0) note((struct record){.kind = RENAME}, from, to, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

static int name_noted(uint32_t kind, int (*real)(const char *), const char *path) {
  if (!below(path)) return real(path);
  pthread_mutex_lock(&lock);
  struct stat before;
  if (lstat(path, &before) == 0 && S_ISDIR(before.st_mode)) kind = RMDIR;
  int result = real(path);
  if (result == 0) note((struct record){.kind = kind}, path, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  return name_noted(UNLINK, real, path);
}
int remove(const char *path) {
  REAL(int, remove, const char *);
  return name_noted(UNLINK, real, path);
}
int rmdir(const char *path) {
  REAL(int, rmdir, const char *);
  return name_noted(RMDIR, real, path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, mkdir, const char *, mode_t);
  if (!below(path)) return real(path, mode);
  pthread_mutex_lock(&lock);
  int result = real(path, mode);
  if (result == 0) note((struct record){.kind = MKDIR}, path, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

// --- bytes

static void note_write(int fd, const void *bytes, ssize_t written, off_t at) {
  if (written <= 0) return;
  struct record r = {.kind = WRITE, .fd = fd, .offset = (uint64_t)at, .data = (uint32_t)written};
  if (kinds[fd] == MARKS) r.kind = MARK;
  note(r, NULL, NULL, bytes);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  if (kind_of(fd) == NOTHING) return plain_write(fd, bytes, length);
  pthread_mutex_lock(&lock);
  ssize_t written = plain_write(fd, bytes, length);
  // Where it went, appended or not.
  if (written > 0) note_write(fd, bytes, written, lseek(fd, 0, SEEK_CUR) - written);
  pthread_mutex_unlock(&lock);
  return written;
}

#define PWRITE(name)                                                                              \
  ssize_t name(int fd, const void *bytes, size_t length, off_t at) {                              \
    REAL(ssize_t, name, int, const void *, size_t, off_t);                                        \
    if (kind_of(fd) == NOTHING) return real(fd, bytes, length, at);                               \
    pthread_mutex_lock(&lock);                                                                    \
    ssize_t written = real(fd, bytes, length, at);                                                \
    note_write(fd, bytes, written, at);                                                           \
    pthread_mutex_unlock(&lock);                                                                  \
    return written;                                                                               \
  }
PWRITE(pwrite)
PWRITE(pwrite64)

// Part by part: a vector is as good as its parts.
static ssize_t write_parts(int fd, const struct iovec *parts, int count, off_t at) {
  ssize_t total = 0;
  for (int i = 0; i < count; i++) {
    if (parts[i].iov_len == 0) continue;
    ssize_t n = at < 0 ? write(fd, parts[i].iov_base, parts[i].iov_len)
                       : pwrite(fd, parts[i].iov_base, parts[i].iov_len, at + total);
    if (n < 0) return total > 0 ? total : n;
    total += n;
    if ((size_t)n < parts[i].iov_len) break;
  }
  return total;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  return kind_of(fd) == NOTHING ? real(fd, parts, count) : write_parts(fd, parts, count, -1);
}
#define PWRITEV(name)                                                                             \
  ssize_t name(int fd, const struct iovec *parts, int count, off_t at) {                          \
    REAL(ssize_t, name, int, const struct iovec *, int, off_t);                                   \
    if (kind_of(fd) == NOTHING) return real(fd, parts, count, at);                                \
    return write_parts(fd, parts, count, at);                                                     \
  }
PWRITEV(pwritev)
PWRITEV(pwritev64)

#define FTRUNCATE(name)                                                                           \
  int name(int fd, off_t size) {                                                                  \
    REAL(int, name, int, off_t);                                                                  \
    if (kind_of(fd) != TRACKED) return real(fd, size);                                            \
    pthread_mutex_lock(&lock);                                                                    \
    int result = real(fd, size);                                                                  \
    struct record r = {.kind = TRUNCATE, .fd = fd, .offset = (uint64_t)size};                     \
    if (result == 0) note(r, NULL, NULL, NULL);                                                   \
    pthread_mutex_unlock(&lock);                                                                  \
    return result;                                                                                \
  }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

int fallocate(int fd, int mode, off_t at, off_t length) {
  REAL(int, fallocate, int, int, off_t, off_t);
  if (kind_of(fd) != TRACKED) return real(fd, mode, at, length);
  pthread_mutex_lock(&lock);
  int result = real(fd, mode, at, length);
  struct record r = {.kind = ZERO, .fd = fd, .offset = (uint64_t)at, .length = (uint64_t)length};
  if (mode != (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) r.kind = ODD;
  if (result == 0) note(r, r.kind == ODD ? "fallocate that punches no hole" : NULL, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

// Copies in the kernel are refused: whoever asks falls back to reading and writing.
ssize_t sendfile64(int out, int in, off_t *at, size_t length) {
  REAL(ssize_t, sendfile64, int, int, off_t *, size_t);
  if (kind_of(out) == NOTHING) return real(out, in, at, length);
  errno = EINVAL;
  return -1;
}
long syscall(long number, ...) {
  REAL(long, syscall, long, ...);
  long a[6];
  va_list rest;
  va_start(rest, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(rest, long);
  va_end(rest);
  // As libuv closes.
  if (number == SYS_close) return close((int)a[0]);
  if (number == SYS_copy_file_range && kind_of((int)a[2]) != NOTHING) {
    errno = ENOSYS;
    return -1;
  }
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// --- syncs

// They take their time, as on a disk, so that other threads write while one is under way.
static int sync_noted(int (*real)(int), int fd) {
  if (kind_of(fd) != TRACKED) return real(fd);
  pthread_mutex_lock(&lock);
  uint32_t number = ++syncs;
  note((struct record){.kind = SYNC, .fd = fd, .flags = number}, NULL, NULL, NULL);
  pthread_mutex_unlock(&lock);
  int result = real(fd);
  if (sync_us > 0) usleep((number * 2654435761u >> 8) % sync_us);
  pthread_mutex_lock(&lock);
  struct record r = {.kind = SYNCED, .fd = fd, .flags = number};
  if (result == 0) note(r, NULL, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int fd) {
  REAL(int, fsync, int);
  return sync_noted(real, fd);
}
int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return sync_noted(real, fd);
}
