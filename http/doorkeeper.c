#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "http/server_inner.h"

#define WATCH_INTERVAL_MS 500

static struct lane *emptiest_lane(struct server *s, unsigned *turn)
{
    struct lane *best = NULL;
    for (unsigned i = 0; i < s->config.workers; i++) {
        struct lane *lane = &s->lanes[(*turn + i) % s->config.workers];
        if (!best || lane->connections < best->connections)
            best = lane;
    }
    *turn = (unsigned)best->index + 1;
    return best;
}

static void read_peer(struct peer *peer, const struct sockaddr_storage *from, socklen_t n, uint16_t local_port)
{
    char port[8] = "0";
    if (from->ss_family == AF_UNIX)
        snprintf(peer->address, sizeof(peer->address), "local");
    else if (getnameinfo((const struct sockaddr *)from, n, peer->address, sizeof(peer->address), port, sizeof(port),
                         NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        peer->port = (uint16_t)strtoul(port, NULL, 10);
    peer->local_port = local_port;
}

/* libmicrohttpd takes a connection only from the thread that runs it. */
static void hand_to_lane(struct line *line)
{
    struct lane *lane = line->lane;
    line->next_new = atomic_load(&lane->newcomers);
    while (!atomic_compare_exchange_weak(&lane->newcomers, &line->next_new, line))
        ;
    bell_ring(lane->bell);
}

static bool is_trusted(const struct server *s, const struct line *line)
{
    struct net_address address;
    return net_address_read(&address, view_text(line->peer.address)) &&
           net_has(s->config.proxy.trusted, s->config.proxy.n_trusted, &address);
}

static void deal_out(struct server *s, int fd, const struct sockaddr_storage *from, socklen_t n,
                     const struct listener *at, unsigned *turn)
{
    struct line *line = calloc(1, sizeof(*line));
    if (!line) {
        close(fd);
        return;
    }
    line->fd = fd;
    line->silent.of = line;
    line->from = *from;
    line->from_size = n;
    line->lane = emptiest_lane(s, turn);
    read_peer(&line->peer, from, n, at->port);
    line->trusted = is_trusted(s, line);
    line->mtls = at->mtls;
    line->local = at->path[0] != 0;
    atomic_init(&line->deadline_ms, clock_steady_ms() + s->config.read_s * INT64_C(1000));
    if (!line_link(s, line)) {
        close(fd);
        free(line);
    } else {
        hand_to_lane(line);
    }
}

static void accept_all(struct server *s, const struct listener *l, unsigned *turn)
{
    for (int i = 0; i < 64 && !lines_are_full(s); i++) {
        struct sockaddr_storage from;
        socklen_t n = sizeof(from);
        int fd = accept4(l->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
            nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* others must close first */
        if (fd < 0)
            return;
        if (!listener_welcomes(l, fd)) {
            close(fd);
            continue;
        }
        deal_out(s, fd, &from, n, l, turn);
    }
}

/* How long the doorkeeper may sleep. */
static int patience_ms(struct server *s, bool full)
{
    return full ? 20 : s->n_lines ? WATCH_INTERVAL_MS : -1;
}

/* The doorkeeper: lanes sleep until something comes, and then nothing does. */
static void wake_silent(struct server *s, int64_t now)
{
    for (unsigned i = 0; i < s->config.workers; i++)
        if (silence_since(&s->lanes[i].silence) <= now - SLIM_AFTER_MS)
            bell_ring(s->lanes[i].bell);
}

static void *keep_door(void *arg)
{
    struct server *s = arg;
    unsigned turn = 0;
    int64_t watched = 0;
    struct pollfd *fds = calloc(s->n_listeners + 1, sizeof(*fds));
    INSIST(fds);
    while (!atomic_load(&s->closing)) {
        bool full = lines_are_full(s);
        size_t n = full || atomic_load(&s->draining) ? 0 : s->n_listeners;
        fds[0] = (struct pollfd){.fd = s->bell, .events = POLLIN};
        for (size_t i = 0; i < n; i++)
            fds[i + 1] = (struct pollfd){.fd = s->listeners[i].fd, .events = POLLIN};
        poll(fds, n + 1, patience_ms(s, full));
        uint64_t rung;
        if (fds[0].revents && read(s->bell, &rung, sizeof(rung)) < 0)
            continue;
        for (size_t i = 0; i < n; i++)
            if (fds[i + 1].revents && !atomic_load(&s->draining))
                accept_all(s, &s->listeners[i], &turn);
        if (clock_steady_ms() - watched < WATCH_INTERVAL_MS)
            continue;
        watched = clock_steady_ms();
        lines_cut_off_late(s);
        wake_silent(s, watched);
    }
    free(fds);
    return NULL;
}

enum err doorkeeper_start(struct server *s)
{
    char name[THREAD_NAME];
    s->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->bell < 0)
        return ERR_IO;
    enum err e = thread_start(&s->doorkeeper, server_thread_name(name, s, "door"), keep_door, s);
    s->has_doorkeeper = !e;
    return e;
}

void doorkeeper_end(struct server *s)
{
    atomic_store(&s->closing, true);
    bell_ring(s->bell);
    if (s->has_doorkeeper)
        pthread_join(s->doorkeeper, NULL);
    s->has_doorkeeper = false;
    if (s->bell >= 0)
        close(s->bell);
    s->bell = -1;
}
