#include "jpki/virtual/command.h"

static size_t u16_at(struct view v, size_t at)
{
    return (size_t)v.p[at] << 8 | v.p[at + 1];
}

static void set_le(struct command *c, size_t le, size_t zero_means)
{
    c->has_le = true;
    c->le = le ? le : zero_means;
}

/* Body with one-byte lengths: Le / Lc data / Lc data Le. */
static enum err read_short(struct command *c, struct view body)
{
    size_t lc = body.p[0];
    if (body.n == 1) {
        set_le(c, lc, 256);
        return ERR_OK;
    }
    if (lc == 0 || body.n < 1 + lc || body.n > 2 + lc)
        return ERR_SYNTAX;
    c->data = view_part(body, 1, lc);
    if (body.n == 2 + lc)
        set_le(c, body.p[1 + lc], 256);
    return ERR_OK;
}

/* Body that starts with 00 and two-byte lengths behind it. */
static enum err read_extended(struct command *c, struct view body)
{
    size_t lc = u16_at(body, 1);
    c->extended = true;
    if (body.n == 3) {
        set_le(c, lc, 65536);
        return ERR_OK;
    }
    if (lc == 0 || (body.n != 3 + lc && body.n != 5 + lc))
        return ERR_SYNTAX;
    c->data = view_part(body, 3, lc);
    if (body.n == 5 + lc)
        set_le(c, u16_at(body, 3 + lc), 65536);
    return ERR_OK;
}

enum err command_read(struct command *c, struct view apdu)
{
    *c = (struct command){.data = VIEW_NONE};
    if (apdu.n < 4)
        return ERR_SYNTAX;
    c->cla = apdu.p[0];
    c->ins = apdu.p[1];
    c->p1 = apdu.p[2];
    c->p2 = apdu.p[3];
    struct view body = view_from(apdu, 4);
    if (body.n == 0)
        return ERR_OK;
    return body.p[0] == 0 && body.n >= 3 ? read_extended(c, body) : read_short(c, body);
}
