#include "idp/tokens/pack.h"

#include "base/base64.h"
#include "base/seal.h"

#define ABSENT   0xFFFF
#define TEXT_MAX 8192

void pack_put(struct buf *out, struct view v)
{
    INSIST(v.n < ABSENT);
    buf_put_u16(out, view_is(v) ? (uint16_t)v.n : ABSENT);
    buf_put(out, v);
}

void pack_put_int(struct buf *out, int64_t v)
{
    buf_put_u64(out, (uint64_t)v);
}

bool pack_take(struct view *rest, struct view *out)
{
    if (rest->n < 2)
        return false;
    size_t n = (size_t)rest->p[0] << 8 | rest->p[1];
    *rest = view_from(*rest, 2);
    *out = VIEW_NONE;
    if (n == ABSENT)
        return true;
    if (rest->n < n)
        return false;
    *out = view_part(*rest, 0, n);
    *rest = view_from(*rest, n);
    return true;
}

bool pack_take_int(struct view *rest, int64_t *out)
{
    uint64_t v = 0;

    if (rest->n < 8)
        return false;
    for (size_t i = 0; i < 8; i++)
        v = v << 8 | rest->p[i];
    *out = (int64_t)v;
    *rest = view_from(*rest, 8);
    return true;
}

enum err pack_seal(struct arena *a, struct view key, struct view what, const struct buf *record, struct view *text)
{
    struct view plain, sealed;
    struct buf b;
    enum err e = buf_done(record, &plain);

    if (!e)
        e = seal_write_again(a, key, what, plain, &sealed);
    if (e)
        return e;
    buf_open(&b, a, TEXT_MAX);
    base64url_put(&b, sealed);
    return buf_done(&b, text);
}

enum err pack_open(struct arena *a, struct view key, struct view what, struct view text, struct view *record)
{
    struct view sealed;

    if (!view_is(text) || text.n > TEXT_MAX)
        return ERR_SYNTAX;
    enum err e = base64url_read(a, text, &sealed);
    return e ? e : seal_read_again(a, key, what, sealed, record);
}
