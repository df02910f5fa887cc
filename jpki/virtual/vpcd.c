#include "jpki/virtual/vpcd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

uint8_t *vpcd_room(struct vpcd_in *in, size_t *n)
{
    memmove(in->b, in->b + in->from, in->to - in->from);
    in->to -= in->from;
    in->from = 0;
    *n = sizeof in->b - in->to;
    return in->b + in->to;
}

void vpcd_add(struct vpcd_in *in, size_t n)
{
    INSIST(n <= sizeof in->b - in->to);
    in->to += n;
}

static enum vpcd_event control_event(uint8_t code)
{
    static const enum vpcd_event events[] = {
        [0] = VPCD_POWER_OFF, [1] = VPCD_POWER_ON, [2] = VPCD_RESET, [4] = VPCD_GIVE_ATR};
    return code < sizeof events / sizeof events[0] ? events[code] : VPCD_MORE;
}

enum vpcd_event vpcd_next(struct vpcd_in *in, struct view *command)
{
    while (in->to - in->from >= 2) {
        const uint8_t *p = in->b + in->from;
        size_t n = (size_t)p[0] << 8 | p[1];
        if (in->to - in->from < 2 + n)
            return VPCD_MORE;
        in->from += 2 + n;
        *command = view_bytes(p + 2, n);
        enum vpcd_event event = n > 1 ? VPCD_COMMAND : n == 1 ? control_event(p[2]) : VPCD_MORE;
        if (event != VPCD_MORE)
            return event;
    }
    return VPCD_MORE;
}

enum err vpcd_connect(int *fd, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return ERR_IO;
    if (connect(*fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
        setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0)
        return ERR_OK;
    close(*fd);
    *fd = -1;
    return ERR_UNAVAILABLE;
}

/* The driver writes length and payload one by one with Nagle's algorithm on, so every command would wait 40 ms for our
 * delayed acknowledgement. Linux forgets TCP_QUICKACK: it is set before every read. */
enum err vpcd_receive(int fd, struct vpcd_in *in)
{
    int on = 1;
    size_t room;
    uint8_t *p = vpcd_room(in, &room);
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    ssize_t n = recv(fd, p, room, 0);
    if (n < 0 && errno == EINTR)
        return ERR_OK;
    if (n <= 0)
        return ERR_IO;
    vpcd_add(in, (size_t)n);
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    return ERR_OK;
}

enum err vpcd_send(int fd, struct view payload)
{
    uint8_t message[2 + 65535];
    if (payload.n > 65535)
        return ERR_LIMIT;
    message[0] = (uint8_t)(payload.n >> 8);
    message[1] = (uint8_t)payload.n;
    memcpy(message + 2, payload.p, payload.n);
    for (size_t sent = 0; sent < 2 + payload.n;) {
        ssize_t n = send(fd, message + sent, 2 + payload.n - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        sent += n > 0 ? (size_t)n : 0;
    }
    return ERR_OK;
}
