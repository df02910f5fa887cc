#include "http/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"

static int open_socket(const struct addrinfo *to)
{
    int on = 1;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (to->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    if (bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* "host:port" with a numeric host, an IPv6 one in brackets. */
static enum err split_address(struct arena *a, const char *text, char **host, char **port)
{
    const char *colon = strrchr(text, ':');
    if (!colon)
        return ERR_CONFIG;
    struct view h = view_bytes(text, (size_t)(colon - text));
    if (h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
        h = view_part(h, 1, h.n - 2);
    int64_t number;
    if (!text_to_int(view_text(colon + 1), &number) || number > 65535)
        return ERR_CONFIG;
    *host = arena_text(a, h);
    *port = arena_text(a, view_text(colon + 1));
    return *host && *port ? ERR_OK : ERR_MEMORY;
}

static enum err bind_address(struct listener *l, const char *host, const char *port)
{
    struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *to;
    if (getaddrinfo(host, port, &want, &to) != 0)
        return ERR_CONFIG;
    l->fd = open_socket(to);
    int why = errno;
    freeaddrinfo(to);
    if (l->fd < 0)
        return why == EACCES ? ERR_PERMISSION : ERR_IO;
    struct sockaddr_storage at;
    socklen_t n = sizeof(at);
    if (getsockname(l->fd, (struct sockaddr *)&at, &n) != 0)
        return ERR_IO;
    l->port = at.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&at)->sin6_port)
                                       : ntohs(((struct sockaddr_in *)&at)->sin_port);
    return ERR_OK;
}

static enum err bind_path(struct listener *l, const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat st;
    size_t n = strlen(path);
    if (path[0] != '/' || n >= sizeof(at.sun_path) || n >= sizeof(l->path))
        return ERR_CONFIG;
    memcpy(at.sun_path, path, n);
    if (lstat(path, &st) == 0 && (!S_ISSOCK(st.st_mode) || unlink(path) != 0))
        return ERR_PERMISSION;
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t before = umask(0177); /* 0600 from its first moment on */
    bool bound = l->fd >= 0 && bind(l->fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    umask(before);
    if (!bound || listen(l->fd, 64) != 0)
        return errno == EACCES ? ERR_PERMISSION : ERR_IO;
    memcpy(l->path, path, n + 1);
    l->inode = stat(path, &st) == 0 ? st.st_ino : 0;
    return ERR_OK;
}

bool listener_welcomes(const struct listener *l, int fd)
{
    struct ucred who;
    socklen_t n = sizeof(who);
    if (!l->path[0])
        return true;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && (who.uid == 0 || who.uid == geteuid());
}

enum err listener_open(struct listener *l, const char *address)
{
    struct arena a;
    char *host, *port;
    *l = (struct listener){.fd = -1};
    if (strncmp(address, "unix:", 5) == 0)
        return bind_path(l, address + 5);
    arena_open(&a, 4096);
    enum err e = split_address(&a, address, &host, &port);
    if (!e)
        e = bind_address(l, host, port);
    arena_close(&a);
    return e;
}

void listener_hurry(const struct listener *l)
{
    int on = 1;
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* those it accepts inherit it (tcp(7)) */
}

void listener_close(struct listener *l)
{
    struct stat st;
    if (l->path[0] && lstat(l->path, &st) == 0 && st.st_ino == l->inode) /* not that of the one that follows us */
        unlink(l->path);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

const char *listener_words(enum err e)
{
    return e == ERR_IO           ? "another program has it, or it is no address of this machine"
           : e == ERR_PERMISSION ? "permission denied (ports below 1024 need CAP_NET_BIND_SERVICE)"
                                 : err_words(e);
}
