/* Any bytes as JSON: refused with a reason, or a value whose canonical form (RFC 8785) reads back as itself. And a
 * blank in front, with which nothing is read the short way, changes neither. */
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool canonical(struct view *out, struct arena *a, const struct json *j)
{
    struct buf b;
    buf_open(&b, a, 1 << 20);
    json_put_canonical(&b, j);
    return buf_done(&b, out) == ERR_OK;
}

static void read_the_long_way(struct arena *a, struct view text, enum err err, const struct json *j)
{
    struct json *other;
    struct view first, second;
    struct buf b;
    buf_open(&b, a, 1 << 20);
    buf_put(&b, VIEW(" "));
    buf_put(&b, text);
    INSIST(buf_done(&b, &first) == ERR_OK);
    INSIST(json_read(&other, a, first, NULL) == err);
    bool is_signable = !err && canonical(&first, a, j);
    INSIST(err || canonical(&second, a, other) == is_signable);
    INSIST(!is_signable || view_equal(first, second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct json *j, *again;
    struct view first, second;
    const char *why = NULL;
    if (size > 65536)
        return 0;
    arena_open(&a, 16 << 20);
    enum err err = json_read(&j, &a, view_bytes(data, size), &why);
    INSIST(err != ERR_SYNTAX || (why && *why));
    read_the_long_way(&a, view_bytes(data, size), err, j);
    if (!err && canonical(&first, &a, j)) {
        INSIST(json_read(&again, &a, first, NULL) == ERR_OK && canonical(&second, &a, again));
        INSIST(view_equal(first, second));
    }
    arena_close(&a);
    return 0;
}
