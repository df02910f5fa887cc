#include "consent/log/tlog_proof.h"

#include "base/base64.h"
#include "base/text.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"

/* *REST: behind the first line; afterwards behind the index line. */
static enum err read_head(struct tlog_proof *out, struct arena *a, struct view *rest)
{
    struct view line;
    if (!view_next(rest, '\n', &line))
        return ERR_SYNTAX;
    if (view_starts(line, VIEW("extra "))) {
        enum err err = base64_read(a, view_from(line, 6), &out->extra);
        if (err || !view_next(rest, '\n', &line))
            return err ? err : ERR_SYNTAX;
    }
    return view_starts(line, VIEW("index ")) && text_to_int(view_from(line, 6), &out->index) ? ERR_OK : ERR_SYNTAX;
}

enum err tlog_proof_read(struct tlog_proof *out, struct arena *a, struct view v)
{
    struct view rest = v, line;
    out->extra = VIEW_NONE;
    out->path.n = 0;
    if (v.n > 2 * NOTE_MAX)
        return ERR_LIMIT;
    if (!view_next(&rest, '\n', &line) || !view_equal_text(line, FIRST_LINE))
        return ERR_SYNTAX;
    enum err err = read_head(out, a, &rest);
    while (!err && view_next(&rest, '\n', &line) && line.n > 0)
        err = tree_proof_read_line(&out->path, a, line);
    if (err)
        return err;
    if (!view_is(rest))
        return ERR_SYNTAX;
    out->checkpoint_text = rest;
    return checkpoint_read(&out->checkpoint, a, rest);
}

void tlog_proof_put(struct buf *out, const struct tlog_proof *p)
{
    buf_put_text(out, FIRST_LINE "\n");
    if (view_is(p->extra)) {
        buf_put_text(out, "extra ");
        base64_put(out, p->extra);
        buf_put_byte(out, '\n');
    }
    buf_put_text(out, "index ");
    buf_put_int(out, p->index);
    buf_put_byte(out, '\n');
    for (size_t i = 0; i < p->path.n; i++) {
        base64_put(out, VIEW_ARRAY(p->path.hashes[i]));
        buf_put_byte(out, '\n');
    }
    buf_put_byte(out, '\n');
    buf_put(out, p->checkpoint_text);
}
