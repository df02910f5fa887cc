#include "jpki/card/text_ap.h"

#include "base/text.h"

enum { ITEMS = 4, OFFSETS_SIZE = 8 };

/* A two-byte tag and its length; *HEAD is how many bytes they take. The length may be longer than it needs to be:
 * EF 0005 of the same application says 82 00 9F, so ISO 7816-4 5.2.2.2 is read with that tolerance. */
static enum err read_head(struct view bytes, uint16_t tag, size_t *head, size_t *length)
{
    if (bytes.n < 3 || (bytes.p[0] << 8 | bytes.p[1]) != tag)
        return ERR_SYNTAX;
    uint8_t first = bytes.p[2];
    size_t more = first == 0x81 ? 1 : first == 0x82 ? 2 : 0;
    if ((first >= 0x80 && more == 0) || bytes.n < 3 + more)
        return ERR_SYNTAX;
    *length = more == 0 ? first : more == 1 ? bytes.p[3] : (size_t)(bytes.p[3] << 8 | bytes.p[4]);
    *head = 3 + more;
    return ERR_OK;
}

/* The object with TAG that begins at FROM; ERR_SYNTAX if it does not lie inside BYTES as a whole. */
static enum err read_item(struct view bytes, size_t from, uint16_t tag, struct view *out)
{
    size_t head, length;
    struct view rest = view_from(bytes, from);
    enum err e = read_head(rest, tag, &head, &length);
    if (e)
        return e;
    *out = view_part(rest, head, length);
    return out->n == length ? ERR_OK : ERR_SYNTAX;
}

enum err text_ap_size(struct view head, size_t *size)
{
    size_t n, length;
    enum err e = read_head(head, 0xFF20, &n, &length);
    if (e)
        return e;
    *size = n + length;
    return *size <= TEXT_AP_MAX ? ERR_OK : ERR_LIMIT;
}

static struct view text_or_none(struct view v)
{
    return v.n > 0 && text_is_utf8(v) ? v : VIEW_NONE;
}

static struct view digits_or_none(struct view v, size_t n)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9')
            return VIEW_NONE;
    return v.n == n ? v : VIEW_NONE;
}

/* The offset table is what says where things are: four 16-bit offsets from the start of the file. */
static enum err read_items(struct view whole, struct view offsets, struct view items[ITEMS])
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < ITEMS && !e; i++) {
        size_t from = (size_t)(offsets.p[2 * i] << 8 | offsets.p[2 * i + 1]);
        e = read_item(whole, from, (uint16_t)(0xDF22 + i), &items[i]);
    }
    return e;
}

enum err text_ap_read(struct card_text *out, struct view bytes)
{
    size_t head, length;
    struct view offsets, items[ITEMS];
    *out = (struct card_text){0};
    enum err e = read_head(bytes, 0xFF20, &head, &length);
    if (e)
        return e;
    if (length > bytes.n - head)
        return ERR_SYNTAX;
    struct view whole = view_part(bytes, 0, head + length); /* what follows is filler */
    e = read_item(whole, head, 0xDF21, &offsets);
    if (e || offsets.n != OFFSETS_SIZE)
        return ERR_SYNTAX;
    e = read_items(whole, offsets, items);
    if (e)
        return e;
    *out = (struct card_text){text_or_none(items[0]), text_or_none(items[1]), digits_or_none(items[2], 8),
                              digits_or_none(items[3], 1)};
    return ERR_OK;
}
