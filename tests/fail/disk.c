#include "tests/fail/disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Operations of a kind until one fails; 0: none fails. */
static _Atomic int until[OPERATIONS];
static int error_to_report;
static _Atomic int slow_ms; /* each flush takes so much longer */

static _Thread_local bool is_spared;

static bool fails_now(enum operation o)
{
    if (is_spared)
        return false;
    int left = atomic_load(&until[o]);
    while (left > 0 && !atomic_compare_exchange_weak(&until[o], &left, left - 1))
        ;
    errno = error_to_report;
    return left == 1;
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    if (fails_now(DISK_WRITE))
        return -1;
    ssize_t (*real)(int, const void *, size_t, off64_t);
    *(void **)&real = dlsym(RTLD_NEXT, "pwrite64");
    return real(fd, p, n, at);
}

/* --- the lights go out: a second folder holds of each file only what it was when it was last flushed, which is the
 * least a disk may remember --- */

static char image[96]; /* the folder; "" none */
static pthread_mutex_t image_lock = PTHREAD_MUTEX_INITIALIZER;

static bool copy_file(int from, const char *to)
{
    uint8_t bytes[65536];
    ssize_t n;
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = out >= 0;
    for (off_t at = 0; good && (n = pread(from, bytes, sizeof bytes, at)) > 0; at += n)
        good = write(out, bytes, (size_t)n) == n;
    if (out >= 0)
        close(out);
    return good;
}

static bool keep_image(int fd)
{
    char link[64], path[256], to[256];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    const char *name = strrchr(path, '/');
    bool is_watched = image[0] && name && strncmp(path, image, (size_t)(name - path)) == 0;
    if (!is_watched || strncmp(name, "/genkan.db", 10) != 0)
        return true;
    pthread_mutex_lock(&image_lock);
    snprintf(to, sizeof to, "%s%s", image, name);
    bool good = copy_file(fd, to);
    pthread_mutex_unlock(&image_lock);
    return good;
}

int fdatasync(int fd)
{
    if (fails_now(DISK_FLUSH))
        return -1;
    usleep((useconds_t)atomic_load(&slow_ms) * 1000);
    if (!keep_image(fd))
        return -1;
    int (*real)(int);
    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return real(fd);
}

void disk_fail(enum operation o, int n, int error)
{
    error_to_report = error;
    atomic_store(&until[o], n);
}

bool disk_never_failed(enum operation o)
{
    return atomic_exchange(&until[o], 0) > 0;
}

void disk_spare(bool spare)
{
    is_spared = spare;
}

void disk_slow(int ms)
{
    atomic_store(&slow_ms, ms);
}

void disk_watch(const char *folder)
{
    pthread_mutex_lock(&image_lock);
    snprintf(image, sizeof image, "%s", folder ? folder : "");
    pthread_mutex_unlock(&image_lock);
}

bool disk_restore(const char *folder)
{
    static const char *const NAMES[] = {"genkan.db", "genkan.db-wal"};
    bool good = true;
    pthread_mutex_lock(&image_lock);
    for (size_t i = 0; i < 2; i++) {
        char from[256], to[256];
        snprintf(from, sizeof from, "%s/%s", image, NAMES[i]);
        snprintf(to, sizeof to, "%s/%s", folder, NAMES[i]);
        int fd = open(from, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) {
            good = copy_file(fd, to) && good;
            close(fd);
        }
    }
    pthread_mutex_unlock(&image_lock);
    return good;
}
