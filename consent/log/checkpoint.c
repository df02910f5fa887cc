#include "consent/log/checkpoint.h"

#include "base/base64.h"
#include "base/text.h"

/* "at least three non-empty lines" */
static enum err read_text(struct checkpoint *out, struct arena *a, struct view text)
{
    struct view rest = text, size, root_text, root;
    if (!view_next(&rest, '\n', &out->origin) || !view_next(&rest, '\n', &size) ||
        !view_next(&rest, '\n', &root_text) || rest.n != 0 || out->origin.n == 0)
        return ERR_SYNTAX;
    if (!text_to_int(size, &out->size))
        return ERR_SYNTAX;
    enum err err = base64_read(a, root_text, &root);
    if (err)
        return err;
    if (root.n != TREE_HASH)
        return ERR_SYNTAX;
    memcpy(out->root, root.p, TREE_HASH);
    return ERR_OK;
}

enum err checkpoint_read(struct checkpoint *out, struct arena *a, struct view v)
{
    enum err err = note_read(&out->note, a, v);
    return err ? err : read_text(out, a, out->note.text);
}

void checkpoint_put_text(struct buf *out, struct view origin, int64_t size, const uint8_t root[TREE_HASH])
{
    buf_put(out, origin);
    buf_put_byte(out, '\n');
    buf_put_int(out, size);
    buf_put_byte(out, '\n');
    base64_put(out, view_bytes(root, TREE_HASH));
    buf_put_byte(out, '\n');
}

bool checkpoint_is_origin(struct view name)
{
    return note_is_name(name);
}
