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

static enum err read_optional(struct view *out, const struct reader *r, const struct json *item, const char *member)
{
    const struct json *j = json_member(item, member);
    if (j && (!json_text(j, out) || !is_purpose(*out)))
        return refuse(r, member, "must be a text of 1 to 600 bytes without control characters");
    return ERR_OK;
}

/* A basis that English readers do not see is no notice to them. */
static enum err read_basis(struct ask_notice *out, const struct reader *r, const struct json *item)
{
    enum err err = read_optional(&out->basis_ja, r, item, "legal_basis");
    if (!err)
        err = read_optional(&out->basis_en, r, item, "legal_basis#en");
    if (!err && view_is(out->basis_ja) != view_is(out->basis_en))
        return refuse(r, view_is(out->basis_ja) ? "legal_basis#en" : "legal_basis",
                      "is missing: the legal basis is needed in Japanese and in English");
    return err;
}

bool ask_retention(struct view text, int *number, char *unit)
{
    int64_t n;
    if (text.n < 3 || text.n > 5 || text.p[0] != 'P' || !strchr("YMD", text.p[text.n - 1]) || !text.p[text.n - 1] ||
        !text_to_int(view_part(text, 1, text.n - 2), &n) || n < 1)
        return false;
    *number = (int)n;
    *unit = (char)text.p[text.n - 1];
    return true;
}

static enum err read_retention(struct ask_notice *out, const struct reader *r, const struct json *item)
{
    const struct json *j = json_member(item, "retention");
    int number;
    char unit;
    if (j && (!json_text(j, &out->retention) || !ask_retention(out->retention, &number, &unit)))
        return refuse(r, "retention", "must be a time like P5Y, P6M or P30D");
    return ERR_OK;
}

static bool read_name(struct view *out, const struct json *j)
{
    return json_text(j, out) && is_purpose(*out) && out->n <= ASK_RECIPIENT_MAX;
}

static enum err read_recipients(struct ask_notice *out, const struct reader *r, const struct json *item)
{
    static const char *const names[] = {"name", "name#en", NULL};
    const struct json *list = json_member(item, "recipients");
    struct view stranger;
    out->n_recipients = json_count(list);
    if (list && (!json_is_array(list) || out->n_recipients > ASK_RECIPIENTS_MAX))
        return refuse(r, "recipients", "must be an array of at most 8");
    struct ask_recipient *recipients = arena_array(r->a, out->n_recipients, sizeof *recipients);
    if (!recipients)
        return ERR_MEMORY;
    for (size_t i = 0; i < out->n_recipients; i++) {
        const struct json *one = json_at(list, i);
        if (!json_is_object(one) || !json_only(one, names, &stranger) ||
            !read_name(&recipients[i].ja, json_member(one, "name")) ||
            !read_name(&recipients[i].en, json_member(one, "name#en")))
            return refuse(r, "recipients", "must be objects {\"name\", \"name#en\"} of texts of 1 to 200 bytes");
    }
    out->recipients = recipients;
    return ERR_OK;
}

/* A name that English readers do not see is none to them: both or neither. */
static bool read_place(struct ask_place *out, const struct json *j)
{
    static const char *const names[] = {"country", "name", "name#en", NULL};
    const struct json *ja = json_member(j, "name"), *en = json_member(j, "name#en");
    struct view stranger;
    *out = (struct ask_place){.country = country_find(json_member_text(j, "country"))};
    return json_is_object(j) && json_only(j, names, &stranger) && out->country && !ja == !en &&
           (!ja || (read_name(&out->ja, ja) && read_name(&out->en, en)));
}

static enum err read_places(struct ask_places *out, const struct reader *r, const struct json *item, const char *member)
{
    const struct json *list = json_member(item, member);
    size_t n = json_count(list);
    if (!list)
        return ERR_OK;
    if (!json_is_array(list) || n < 1 || n > ASK_PLACES_MAX)
        return refuse(r, member, "must be an array of 1 to 8 places");
    struct ask_place *places = arena_array(r->a, n, sizeof *places);
    if (!places)
        return ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        if (!read_place(&places[i], json_at(list, i)))
            return refuse(r, member,
                          "must be objects {\"country\", \"name\", \"name#en\"}: two letters of ISO 3166-1, like JP, "
                          "and perhaps a name of 1 to 200 bytes in both languages");
    *out = (struct ask_places){places, n};
    return ERR_OK;
}

static enum err read_notice(struct ask_item *out, const struct reader *r, const struct json *j)
{
    struct ask_notice *notice = arena_alloc(r->a, sizeof *notice);
    if (!notice)
        return ERR_MEMORY;
    out->notice = notice;
    enum err err = read_optional(&notice->purpose_easy, r, j, "purpose#ja-simple");
    if (!err)
        err = read_basis(notice, r, j);
    if (!err)
        err = read_retention(notice, r, j);
    if (!err)
        err = read_places(&notice->storage, r, j, "storage_locations");
    if (!err)
        err = read_places(&notice->processing, r, j, "processing_locations");
    return err ? err : read_recipients(notice, r, j);
}

const struct ask_notice *ask_notice(const struct ask_item *item)
{
    static const struct ask_notice nothing;
    return item->notice ? item->notice : &nothing;
}

/* Lengths stand before the pieces, so that no two items have the same bytes. */
static void put_piece(struct buf *b, struct view v)
{
    buf_put_u32(b, (uint32_t)v.n);
    buf_put(b, v);
}

enum { ITEM_BYTES_MAX = 16384 }; /* five texts and three times eight pairs of names at their longest */

/* Nothing for whoever said nothing, so that a consent from before places could be said stands. MARK is longer than any
 * piece: no recipient can be taken for a place, nor a place of storage for one of processing. */
static void put_places(struct buf *b, uint32_t mark, const struct ask_places *places)
{
    if (places->n == 0)
        return;
    buf_put_u32(b, mark);
    for (size_t i = 0; i < places->n; i++) {
        put_piece(b, view_text(places->items[i].country->code));
        put_piece(b, places->items[i].ja);
        put_piece(b, places->items[i].en);
    }
}

static enum err item_hash(struct ask_item *item, struct arena *a)
{
    const struct ask_notice *notice = ask_notice(item);
    uint8_t digest[SHA256_SIZE];
    struct view all;
    struct buf b;
    buf_open(&b, a, ITEM_BYTES_MAX);
    put_piece(&b, view_text(item->field->id));
    buf_put_byte(&b, item->required);
    const struct view texts[] = {item->purpose_ja, item->purpose_en, notice->purpose_easy,
                                 notice->basis_ja, notice->basis_en, notice->retention};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_piece(&b, texts[i]);
    for (size_t i = 0; i < notice->n_recipients; i++) {
        put_piece(&b, notice->recipients[i].ja);
        put_piece(&b, notice->recipients[i].en);
    }
    put_places(&b, 0xFFFFFFFE, &notice->storage);
    put_places(&b, 0xFFFFFFFF, &notice->processing);
    enum err err = buf_done(&b, &all);
    if (err)
        return err;
    sha256(digest, all);
    memcpy(item->hash, digest, ASK_HASH);
    return ERR_OK;
}

static enum err read_item(struct ask_item *out, const struct reader *r, const struct json *j)
{
    static const char *const names[] = {"id",
                                        "required",
                                        "purpose",
                                        "purpose#en",
                                        "purpose#ja-simple",
                                        "legal_basis",
                                        "legal_basis#en",
                                        "retention",
                                        "recipients",
                                        "storage_locations",
                                        "processing_locations",
                                        NULL};
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
    if (!err)
        err = read_notice(out, r, j);
    return err ? err : item_hash(out, r->a);
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

void ask_requested(struct ask *out, const struct ask *registered, struct view scope, uint32_t also)
{
    out->n = 0;
    memcpy(out->terms_hash, registered->terms_hash, sizeof out->terms_hash);
    memcpy(out->hash, registered->hash, sizeof out->hash);
    for (size_t i = 0; i < registered->n; i++) {
        const struct field *f = registered->items[i].field;
        if ((also & field_bit(f)) || field_in_scope(f, scope))
            out->items[out->n++] = registered->items[i];
    }
}
