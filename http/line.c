#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "http/server_inner.h"

static void line_unlink(struct server *s, struct line *line)
{
    if (line->prev)
        line->prev->next = line->next;
    else
        s->lines = line->next;
    if (line->next)
        line->next->prev = line->prev;
    s->n_lines--;
    atomic_fetch_sub_explicit(&line->lane->connections, 1, memory_order_relaxed);
}

void line_free(struct server *s, struct line *line)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    line_unlink(s, line);
    pthread_mutex_unlock(&s->lines_lock);
    tls_end(line->identity);
    free(line);
}

struct line *line_started(struct server *s, int fd)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    struct line *line = s->lines;
    while (line && (line->fd != fd || line->started))
        line = line->next;
    INSIST(line);
    line->started = true;
    pthread_mutex_unlock(&s->lines_lock);
    return line;
}

/* libmicrohttpd's time-out starts anew with every byte, so a patient attacker could hold a connection for days by
 * sending one byte now and then. A line past its deadline is shut down; libmicrohttpd then sees the end and closes it.
 */
void lines_cut_off_late(struct server *s)
{
    int64_t now = clock_steady_ms();
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    for (struct line *line = s->lines; line; line = line->next)
        if (line->started && atomic_load_explicit(&line->deadline_ms, memory_order_relaxed) < now)
            shutdown(line->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lines_lock);
}

static bool is_welcome(struct server *s, const struct line *line)
{
    unsigned same = 0;
    if (!s->config.per_address_max || line->trusted) /* a proxy has the connections of all its clients */
        return true;
    for (const struct line *l = s->lines; l; l = l->next)
        same += strcmp(l->peer.address, line->peer.address) == 0;
    return same < s->config.per_address_max;
}

bool line_link(struct server *s, struct line *line)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    bool ok = is_welcome(s, line);
    if (ok) {
        line->next = s->lines;
        if (s->lines)
            s->lines->prev = line;
        s->lines = line;
        s->n_lines++;
        atomic_fetch_add_explicit(&line->lane->connections, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&s->lines_lock);
    return ok;
}

bool lines_are_full(struct server *s)
{
    INSIST(pthread_mutex_lock(&s->lines_lock) == 0);
    bool full = s->n_lines >= s->config.connections_max;
    pthread_mutex_unlock(&s->lines_lock);
    return full;
}
