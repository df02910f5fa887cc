#include "jpki/virtual/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"

#define RUN_DIR   "/run/pcscd"
#define LISTEN_FD 3 /* the first one of systemd's socket activation */

static enum err make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? ERR_OK : ERR_IO;
}

static enum err write_configuration(struct arena *a, const char *folder, uint16_t port, const char *driver)
{
    char *path = arena_printf(a, "%s/conf", folder);
    if (!path)
        return ERR_MEMORY;
    enum err e = make_folder(folder);
    if (e == ERR_OK)
        e = make_folder(path);
    path = arena_printf(a, "%s/conf/vpcd", folder);
    char *text = arena_printf(a, "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:%u\nLIBPATH %s\nCHANNELID %u\n",
                              (unsigned)port, driver, (unsigned)port);
    if (!path || !text)
        return ERR_MEMORY;
    return e == ERR_OK ? file_write(path, view_text(text), 0600) : e;
}

/* pcscd takes its listening socket by systemd's activation protocol; there is no other way to move it. */
static enum err listen_on(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n >= sizeof at.sun_path)
        return ERR_LIMIT;
    memcpy(at.sun_path, path, n);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0)
        return ERR_IO;
    unlink(path);
    if (bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 16) != 0)
        return ERR_IO;
    if (fd != LISTEN_FD && (dup2(fd, LISTEN_FD) != LISTEN_FD || close(fd) != 0))
        return ERR_IO;
    return fcntl(LISTEN_FD, F_SETFD, 0) == 0 ? ERR_OK : ERR_IO;
}

static enum err announce(struct arena *a)
{
    char *pid = arena_printf(a, "%ld", (long)getpid());
    bool ok = pid && setenv("LISTEN_PID", pid, 1) == 0 && setenv("LISTEN_FDS", "1", 1) == 0;
    return ok ? ERR_OK : ERR_MEMORY;
}

/* pcscd wants /run/pcscd. Whoever may not make it gets a /run of his own in new namespaces; the process id stays. */
static void become(const char *conf)
{
    if (make_folder(RUN_DIR) == ERR_OK && access(RUN_DIR, W_OK) == 0)
        execl("/usr/sbin/pcscd", "pcscd", "-f", "-c", conf, (char *)NULL);
    else
        execlp("unshare", "unshare", "-Urm", "sh", "-c",
               "mount -t tmpfs tmpfs /run && mkdir " RUN_DIR " && exec /usr/sbin/pcscd -f -c \"$0\"", conf,
               (char *)NULL);
}

enum err reader_become(const char *folder, uint16_t port, const char *driver)
{
    struct arena a;
    arena_open(&a, 65536);
    enum err e = access(driver, R_OK) == 0 && access("/usr/sbin/pcscd", X_OK) == 0 ? ERR_OK : ERR_UNAVAILABLE;
    if (e == ERR_OK)
        e = write_configuration(&a, folder, port, driver);
    char *path = arena_printf(&a, "%s/" READER_SOCKET, folder), *conf = arena_printf(&a, "%s/conf", folder);
    if (e == ERR_OK)
        e = path && conf ? listen_on(path) : ERR_MEMORY;
    if (e == ERR_OK)
        e = announce(&a);
    if (e == ERR_OK) {
        become(conf);
        e = ERR_UNAVAILABLE;
    }
    arena_close(&a);
    return e;
}
