#include "sessions/cnf.h"

#include "base/base64.h"

bool cnf_read(struct cnf *out, enum cnf_kind kind, struct view thumbprint)
{
    struct arena a;
    struct view bytes;

    *out = (struct cnf){.kind = CNF_NONE};
    if (thumbprint.n != 43)
        return false;
    arena_open(&a, 256);
    bool good = base64url_read(&a, thumbprint, &bytes) == ERR_OK && bytes.n == sizeof out->thumbprint;
    if (good) {
        out->kind = (uint8_t)kind;
        memcpy(out->thumbprint, bytes.p, bytes.n);
    }
    arena_close(&a);
    return good;
}

bool cnf_equal(const struct cnf *a, const struct cnf *b)
{
    return a->kind == b->kind &&
           (a->kind == CNF_NONE || memcmp(a->thumbprint, b->thumbprint, sizeof a->thumbprint) == 0);
}

struct view cnf_bytes(const struct cnf *c)
{
    return c->kind == CNF_NONE ? VIEW_NONE : view_bytes(c, sizeof *c);
}

bool cnf_of_bytes(struct cnf *out, struct view bytes)
{
    *out = (struct cnf){.kind = CNF_NONE};
    if (!view_is(bytes))
        return true;
    if (bytes.n != sizeof *out || (bytes.p[0] != CNF_JKT && bytes.p[0] != CNF_X5T))
        return false;
    memcpy(out, bytes.p, sizeof *out);
    return true;
}

void cnf_put(struct json_out *o, const struct cnf *c)
{
    uint8_t space[48];
    struct buf b = {.p = space, .size = sizeof space, .limit = sizeof space - 1};

    if (c->kind == CNF_NONE)
        return;
    base64url_put(&b, VIEW_ARRAY(c->thumbprint));
    json_key(o, "cnf");
    json_begin(o);
    json_pair(o, c->kind == CNF_JKT ? "jkt" : "x5t#S256", view_bytes(space, b.n));
    json_end(o);
}
