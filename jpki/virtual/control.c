#include "jpki/virtual/control.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/text.h"

static const struct {
    const char *word;
    enum control_verb verb;
    enum { NOTHING, NUMBER, NUMBER_SW, PACE } takes;
} verbs[] = {
    {"insert", CONTROL_INSERT, NOTHING},
    {"remove", CONTROL_REMOVE, NOTHING},
    {"remove-before", CONTROL_REMOVE_BEFORE, NUMBER},
    {"answer", CONTROL_ANSWER, NUMBER_SW},
    {"delay", CONTROL_DELAY, NUMBER},
    {"pace", CONTROL_PACE, PACE},
    {"status", CONTROL_STATUS, NOTHING},
    {"trace", CONTROL_TRACE, NOTHING},
    {"forget", CONTROL_FORGET, NOTHING},
};

static enum err read_number(unsigned *n, struct view *rest)
{
    struct view word;
    int64_t v;
    if (!text_next_word(rest, &word) || !text_to_int(word, &v) || v > 600000)
        return ERR_SYNTAX;
    *n = (unsigned)v;
    return ERR_OK;
}

static enum err read_sw(uint16_t *sw, struct view *rest)
{
    struct view word;
    uint8_t bytes[2];
    if (!text_next_word(rest, &word) || hex_read_into(bytes, sizeof bytes, word) != ERR_OK)
        return ERR_SYNTAX;
    *sw = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return ERR_OK;
}

static enum err read_pace(enum pace *pace, struct view *rest)
{
    struct view word;
    return text_next_word(rest, &word) ? pace_read(pace, word) : ERR_SYNTAX;
}

static enum err read_arguments(struct control_command *c, size_t i, struct view *rest)
{
    if (verbs[i].takes == PACE)
        return read_pace(&c->pace, rest);
    enum err e = verbs[i].takes == NOTHING ? ERR_OK : read_number(&c->n, rest);
    return e == ERR_OK && verbs[i].takes == NUMBER_SW ? read_sw(&c->sw, rest) : e;
}

enum err control_read(struct control_command *c, struct view line)
{
    struct view rest = line, word;
    *c = (struct control_command){.n = 0};
    if (!text_next_word(&rest, &word))
        return ERR_SYNTAX;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (!view_equal_text(word, verbs[i].word))
            continue;
        c->verb = verbs[i].verb;
        enum err e = read_arguments(c, i, &rest);
        return e == ERR_OK && text_next_word(&rest, &word) ? ERR_SYNTAX : e;
    }
    return ERR_SYNTAX;
}

static enum err address_of(struct sockaddr_un *to, const char *path)
{
    *to = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t n = strlen(path);
    if (n >= sizeof to->sun_path)
        return ERR_LIMIT;
    memcpy(to->sun_path, path, n);
    return ERR_OK;
}

enum err control_listen(int *fd, const char *path)
{
    struct sockaddr_un at;
    enum err e = address_of(&at, path);
    if (e != ERR_OK)
        return e;
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return ERR_IO;
    unlink(path);
    mode_t mask = umask(0177);
    bool ok = bind(*fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(*fd, 8) == 0;
    umask(mask);
    if (ok)
        return ERR_OK;
    close(*fd);
    return ERR_IO;
}

static enum err read_all(int fd, struct buf *answer)
{
    char part[16384];
    for (;;) {
        ssize_t n = recv(fd, part, sizeof part, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? answer->err : ERR_IO;
        buf_put(answer, view_bytes(part, (size_t)n));
    }
}

enum err control_ask(const char *path, struct view line, struct buf *answer)
{
    struct sockaddr_un to;
    enum err e = address_of(&to, path);
    int fd = e == ERR_OK ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (fd < 0)
        return e != ERR_OK ? e : ERR_IO;
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        e = ERR_UNAVAILABLE;
    else if (send(fd, line.p, line.n, MSG_NOSIGNAL) != (ssize_t)line.n || shutdown(fd, SHUT_WR) != 0)
        e = ERR_IO;
    else
        e = read_all(fd, answer);
    close(fd);
    return e;
}
