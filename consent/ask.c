#include "consent/ask.h"

#include "base/hash.h"
#include "base/text.h"

/* --- reading a registration ------------------------------------------------------------------------------------- */

struct reader {
    struct arena *a;
    struct ask_fault *fault;
    size_t index;
};

static enum err refuse(const struct reader *r, const char *member, const char *rule)
{
    char *at = arena_printf(r->a, "fields[%zu]%s%s", r->index, *member ? "." : "", member);
    *r->fault = (struct ask_fault){at ? at : "fields", rule};
    return ERR_SYNTAX;
}

static enum err refuse_member(const struct reader *r, struct view member, const char *rule)
{
    char *name = arena_text(r->a, member);
    return refuse(r, name ? name : "", rule);
}

/* Nobody can consent to what nobody can read: a purpose has words, and no line breaks or other control characters. */
static bool is_purpose(struct view v)
{
    if (v.n == 0 || v.n > ASK_PURPOSE_MAX || !text_is_utf8(v))
        return false;
    bool words = false;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return false;
        words = words || v.p[i] != ' ';
    }
    return words;
}

static enum err read_purpose(struct view *out, const struct reader *r, const struct json *item, const char *member)
{
    const struct json *j = json_member(item, member);
    if (!j)
        return refuse(r, member, "is missing: the purpose is needed in Japanese and in English");
    if (!json_text(j, out) || !is_purpose(*out))
        return refuse(r, member, "must be a text of 1 to 600 bytes without control characters");
    return ERR_OK;
}

/* Lengths stand before the pieces, so that no two items have the same bytes. */
static void item_hash(struct ask_item *item)
{
    uint8_t lengths[5] = {item->required, (uint8_t)(item->purpose_ja.n >> 8), (uint8_t)item->purpose_ja.n,
                          (uint8_t)(item->purpose_en.n >> 8), (uint8_t)item->purpose_en.n};
    const struct view pieces[] = {VIEW_ARRAY(lengths), item->purpose_ja, item->purpose_en, view_text(item->field->id)};
    uint8_t digest[SHA256_SIZE];
    sha256_of(digest, pieces, 4);
    memcpy(item->hash, digest, ASK_HASH);
}

static enum err read_item(struct ask_item *out, const struct reader *r, const struct json *j)
{
    static const char *const names[] = {"id", "required", "purpose", "purpose#en", NULL};
    struct view stranger, id;
    if (!json_is_object(j))
        return refuse(r, "", "must be an object");
    if (!json_only(j, names, &stranger))
        return refuse_member(r, stranger, "is not a known member");
    if (!json_text(json_member(j, "id"), &id) || !(out->field = field_find(id)))
        return refuse(r, "id", "must be the id of a profile field");
    if (!json_bool(json_member(j, "required"), &out->required))
        return refuse(r, "required", "must be true or false");
    enum err err = read_purpose(&out->purpose_ja, r, j, "purpose");
    if (!err)
        err = read_purpose(&out->purpose_en, r, j, "purpose#en");
    if (err)
        return err;
    item_hash(out);
    return ERR_OK;
}

static void put_length(uint8_t out[4], struct view v)
{
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(v.n >> (24 - 8 * i));
}

static void terms_hash(uint8_t out[SHA256_SIZE], const struct ask_terms *t)
{
    const struct view texts[] = {t->client_id, t->organization_id, t->policy_uri, t->tos_uri};
    uint8_t lengths[4][4];
    struct view pieces[8];
    for (size_t i = 0; i < 4; i++) {
        put_length(lengths[i], texts[i]);
        pieces[2 * i] = VIEW_ARRAY(lengths[i]);
        pieces[2 * i + 1] = texts[i];
    }
    sha256_of(out, pieces, 8);
}

static void ask_hash(struct ask *ask)
{
    struct view pieces[1 + FIELD_MAX] = {VIEW_ARRAY(ask->terms_hash)};
    for (size_t i = 0; i < ask->n; i++)
        pieces[1 + i] = VIEW_ARRAY(ask->items[i].hash);
    sha256_of(ask->hash, pieces, 1 + ask->n);
}

enum err ask_read(struct ask *out, struct arena *a, const struct json *fields, const struct ask_terms *terms,
                  struct ask_fault *fault)
{
    struct reader r = {.a = a, .fault = fault};
    *out = (struct ask){.n = 0};
    terms_hash(out->terms_hash, terms);
    if (fields && !json_is_array(fields)) {
        *fault = (struct ask_fault){"fields", "must be an array"};
        return ERR_SYNTAX;
    }
    for (; r.index < json_count(fields); r.index++) {
        struct ask_item item = {0};
        enum err err = read_item(&item, &r, json_at(fields, r.index));
        if (err)
            return err;
        if (ask_find(out, item.field))
            return refuse(&r, "id", "is there twice");
        out->items[out->n++] = item; /* at most one of each field, so it fits */
    }
    ask_hash(out);
    return ERR_OK;
}

/* --- asking ----------------------------------------------------------------------------------------------------- */

const struct ask_item *ask_find(const struct ask *ask, const struct field *f)
{
    for (size_t i = 0; i < ask->n; i++)
        if (ask->items[i].field == f)
            return &ask->items[i];
    return NULL;
}

void ask_requested(struct ask *out, const struct ask *registered, struct view scope)
{
    out->n = 0;
    memcpy(out->terms_hash, registered->terms_hash, sizeof out->terms_hash);
    memcpy(out->hash, registered->hash, sizeof out->hash);
    for (size_t i = 0; i < registered->n; i++)
        if (field_in_scope(registered->items[i].field, scope))
            out->items[out->n++] = registered->items[i];
}
