#include "jpki/agent/peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"

enum { END_SIZE = 40, TABLE_MAX = 8 << 20, FIELD_LOCAL = 1, FIELD_REMOTE = 2, FIELD_UID = 7, FIELD_INODE = 9 };

/* proc(5): addresses stand there as 32-bit words of the machine's order, in hex; the port as a number. */
static enum err write_end(char out[END_SIZE], int family, const char *address, uint16_t port)
{
    uint32_t words[4];
    int n = family == AF_INET ? 1 : 4, at = 0;
    if (inet_pton(family, address, words) != 1)
        return ERR_SYNTAX;
    for (int i = 0; i < n; i++)
        at += snprintf(out + at, (size_t)(END_SIZE - at), "%08X", words[i]);
    snprintf(out + at, (size_t)(END_SIZE - at), ":%04X", port);
    return ERR_OK;
}

/* The Ith field (from 0) of a line whose fields are parted by one or more blanks. */
static struct view field(struct view line, int i)
{
    struct view rest = line, piece;
    while (view_next(&rest, ' ', &piece))
        if (piece.n > 0 && i-- == 0)
            return piece;
    return VIEW_NONE;
}

enum err peer_uid_in(uid_t *out, struct view table, const char *local, const char *remote)
{
    struct view line;
    while (view_next(&table, '\n', &line)) {
        int64_t uid, inode;
        if (!view_equal_text(field(line, FIELD_LOCAL), local) || !view_equal_text(field(line, FIELD_REMOTE), remote))
            continue;
        /* a closed socket has no inode any more, and its user is shown as 0 */
        if (!text_to_int(field(line, FIELD_UID), &uid) || !text_to_int(field(line, FIELD_INODE), &inode) || inode == 0)
            return ERR_NOT_FOUND;
        *out = (uid_t)uid;
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

static enum err read_table(struct buf *b, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    ssize_t n = 1;
    while (n > 0) {
        uint8_t chunk[16384];
        n = read(fd, chunk, sizeof chunk);
        if (n > 0)
            buf_put(b, view_bytes(chunk, (size_t)n));
    }
    close(fd);
    return n < 0 ? ERR_IO : b->err;
}

enum err peer_uid(uid_t *out, const struct peer *peer)
{
    bool v6 = strchr(peer->address, ':') != NULL;
    char local[END_SIZE], remote[END_SIZE];
    struct buf b;
    struct view table;
    int family = v6 ? AF_INET6 : AF_INET;
    enum err e = write_end(local, family, peer->address, peer->port);
    if (!e)
        e = write_end(remote, family, v6 ? "::1" : "127.0.0.1", peer->local_port);
    if (e)
        return e;
    buf_open(&b, NULL, TABLE_MAX);
    e = read_table(&b, v6 ? "/proc/net/tcp6" : "/proc/net/tcp");
    if (!e)
        e = buf_done(&b, &table);
    if (!e)
        e = peer_uid_in(out, table, local, remote);
    buf_close(&b);
    return e;
}
