#include "idp/endpoints/consent_shown.h"

#include "base/base64.h"
#include "base/hash.h"

static void put(struct buf *b, struct view v)
{
    buf_put_u32(b, view_is(v) ? (uint32_t)v.n + 1 : 0);
    buf_put(b, v);
}

static enum err put_item(struct buf *b, struct arena *a, const struct ask_item *item,
                         const struct field_profile *profile)
{
    struct field_value value;
    enum err e = field_value(&value, a, profile, item->field);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (e)
        value = (struct field_value){0};
    put(b, view_text(item->field->id));
    buf_put(b, VIEW_ARRAY(item->hash));
    buf_put_u32(b, (uint32_t)value.source);
    put(b, value.json);
    put(b, value.as_of);
    put(b, value.substitutes);
    return ERR_OK;
}

struct view consent_shown(struct arena *a, const struct ask *ask, const struct field_profile *profile,
                          const struct detail_list *details)
{
    uint8_t digest[SHA256_SIZE];
    struct view all;
    struct buf b;
    enum err e = ERR_OK;
    buf_open(&b, a, 262144);
    buf_put(&b, VIEW_ARRAY(ask->terms_hash));
    for (size_t i = 0; i < ask->n && !e; i++)
        e = put_item(&b, a, &ask->items[i], profile);
    for (size_t i = 0; details && i < details->n; i++) {
        put(&b, details->items[i].json);
        buf_put(&b, VIEW_ARRAY(details->items[i].meaning));
        buf_put_byte(&b, details->items[i].optional);
    }
    if (e || buf_done(&b, &all))
        return VIEW_NONE;
    sha256(digest, all);
    return view_text(base64url_text(a, VIEW_ARRAY(digest)));
}
