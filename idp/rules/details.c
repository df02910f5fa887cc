#include "idp/rules/details.h"

#include "base/text.h"

enum { RESOURCE_WORDS_MAX = 16384, ONE_MAX = 16384 };

const struct details_offer *details_offer_of(const struct details_offers *offers, struct view type)
{
    for (size_t i = 0; i < offers->n; i++)
        if (view_equal(offers->items[i].type->id, type)) /* RFC 9396 12: byte for byte */
            return &offers->items[i];
    return NULL;
}

/* --- the parameter ----------------------------------------------------------------------------------------------- */

static bool is_list(const struct json *j)
{
    if (!json_is_array(j) || json_count(j) == 0 || json_count(j) > DETAILS_MAX)
        return false;
    for (size_t i = 0; i < json_count(j); i++)
        if (!json_is_object(json_at(j, i)) || !view_is(json_member_text(json_at(j, i), "type")))
            return false;
    return true;
}

enum err details_read(const struct json **out, struct arena *a, struct view text, enum refusal *refusal)
{
    struct json *j;
    enum err e = text.n > DETAILS_BYTES_MAX ? ERR_SYNTAX : json_read(&j, a, text, NULL);

    *out = NULL;
    if (e == ERR_SYNTAX || (!e && !is_list(j)))
        *refusal = REFUSAL_DETAILS_MALFORMED;
    else if (!e)
        *out = j;
    return e == ERR_SYNTAX ? ERR_OK : e;
}

/* --- asking ------------------------------------------------------------------------------------------------------ */

static bool lists(const struct client_list *list, struct view one)
{
    for (size_t i = 0; i < list->n; i++)
        if (view_equal(list->items[i], one))
            return true;
    return false;
}

/* RFC 9396 11.1: clients are entitled to types; and a token for the server must be theirs to have (RFC 8707 2). */
static bool may_ask(const struct client *client, const struct details_offer *offer)
{
    return lists(&client->details, offer->type->id) && lists(&client->resources, offer->resource);
}

bool details_is_optional(const struct client *client, struct view type)
{
    return lists(&client->details_optional, type);
}

static enum refusal object_decide(const struct json *object, const struct details_facts *f)
{
    static const enum refusal refusals[] = {[DETAIL_GOOD] = REFUSAL_NONE,
                                            [DETAIL_MEMBER_UNKNOWN] = REFUSAL_DETAILS_MEMBER_UNKNOWN,
                                            [DETAIL_MEMBER_MISSING] = REFUSAL_DETAILS_MEMBER_MISSING,
                                            [DETAIL_WRONG_KIND] = REFUSAL_DETAILS_WRONG_KIND,
                                            [DETAIL_WRONG_VALUE] = REFUSAL_DETAILS_WRONG_VALUE};
    const struct details_offer *offer = details_offer_of(&f->offers, json_member_text(object, "type"));

    if (!offer)
        return REFUSAL_DETAILS_TYPE_UNKNOWN;
    if (!may_ask(f->client, offer))
        return REFUSAL_DETAILS_TYPE_NOT_REGISTERED;
    if (f->alone && !offer->type->alone)
        return REFUSAL_DETAILS_NOT_ALONE;
    return refusals[detail_type_check(offer->type, object)];
}

static bool is_there(const struct view *objects, size_t n, struct view one)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal(objects[i], one))
            return true;
    return false;
}

enum err details_decide(struct view *out, struct arena *a, const struct json *asked, const struct details_facts *f,
                        enum refusal *refusal)
{
    struct view objects[DETAILS_MAX];
    size_t n = 0;

    *out = VIEW_NONE;
    for (size_t i = 0; i < json_count(asked) && i < DETAILS_MAX; i++) {
        const struct json *object = json_at(asked, i);
        if ((*refusal = object_decide(object, f)))
            return ERR_OK;
        const struct details_offer *offer = details_offer_of(&f->offers, json_member_text(object, "type"));
        enum err e = detail_type_complete(&objects[n], a, offer->type, object);
        if (e)
            return e;
        if (!is_there(objects, n, objects[n])) /* what is asked twice is asked once */
            n++;
    }
    enum err e = detail_list_write(out, a, objects, n);
    if (!e && out->n > DETAILS_BYTES_MAX)
        *refusal = REFUSAL_DETAILS_MALFORMED;
    return e;
}

enum err details_granted(struct view *out, struct arena *a, const struct detail_list *asked, const struct grant *grant,
                         int64_t now)
{
    struct view objects[DETAILS_MAX];
    size_t n = 0;

    for (size_t i = 0; grant && i < asked->n && i < DETAILS_MAX; i++)
        if (grant_allows(grant, &asked->items[i], now))
            objects[n++] = asked->items[i].json;
    return detail_list_write(out, a, objects, n);
}

enum err details_resources(struct view *out, struct arena *a, const struct json *asked,
                           const struct details_offers *offers)
{
    struct buf b;

    *out = VIEW_NONE;
    buf_open(&b, a, RESOURCE_WORDS_MAX);
    for (size_t i = 0; i < json_count(asked); i++) {
        const struct details_offer *offer = details_offer_of(offers, json_member_text(json_at(asked, i), "type"));
        if (!offer || text_has_word(view_bytes(b.p, b.n), offer->resource))
            continue;
        if (b.n)
            buf_put_byte(&b, ' ');
        buf_put(&b, offer->resource);
    }
    return b.n == 0 ? b.err : buf_done(&b, out);
}

/* --- of a token -------------------------------------------------------------------------------------------------- */

/* Has she allowed it, in the words that its type has today, and not taken it back since? */
static enum err is_given(bool *out, struct arena *a, const struct details_token_facts *f,
                         const struct detail_type *type, const struct json *object)
{
    *out = !f->grant;
    for (size_t i = 0; f->grant && i < f->grant->n_details && !*out; i++) {
        const struct grant_detail *d = &f->grant->details[i];
        struct json *given;
        if (!d->given || !view_equal(d->type, type->id) || memcmp(d->meaning, type->meaning, sizeof d->meaning) != 0 ||
            (d->until && f->now >= d->until))
            continue;
        enum err e = json_read(&given, a, d->json, NULL);
        if (e)
            return e == ERR_SYNTAX ? ERR_STORE : e;
        *out = detail_covers(given, object);
    }
    return ERR_OK;
}

/* Still offered by the server the token is for, still the client's to have, still given. */
static enum err stands(bool *out, struct arena *a, const struct details_token_facts *f, const struct json *object)
{
    const struct details_offer *offer = details_offer_of(&f->offers, json_member_text(object, "type"));

    *out = false;
    if (!offer || !view_is(f->resource) || !view_equal(offer->resource, f->resource) || !may_ask(f->client, offer) ||
        (f->refreshed && offer->type->every_time) || (!f->grant && !offer->type->alone))
        return ERR_OK;
    return is_given(out, a, f, offer->type, object);
}

struct carried {
    struct view objects[DETAILS_MAX];
    size_t n;
    bool full;
};

static void add(struct carried *c, struct view object)
{
    if (is_there(c->objects, c->n, object))
        return;
    c->full = c->full || c->n == DETAILS_MAX;
    if (!c->full)
        c->objects[c->n++] = object;
}

static enum err write_one(struct view *out, struct arena *a, const struct json *object)
{
    struct buf b;

    buf_open(&b, a, ONE_MAX);
    json_put_canonical(&b, object);
    return buf_done(&b, out);
}

/* What ASKED (NULL: no matter what) says of each granted object that stands. *FOUND: something. */
static enum err carry(struct carried *c, bool *found, struct arena *a, const struct details_token_facts *f,
                      const struct json *asked)
{
    enum err e = ERR_OK;

    *found = false;
    for (size_t i = 0; i < json_count(f->granted) && !e; i++) {
        const struct json *object = json_at(f->granted, i);
        struct view text;
        bool is;
        if ((e = stands(&is, a, f, object)))
            return e;
        if (!is || (asked && !detail_fits(object, asked)))
            continue;
        *found = true;
        e = asked ? detail_narrow(&text, a, object, asked) : write_one(&text, a, object);
        if (!e)
            add(c, text);
    }
    return e;
}

enum err details_of_token(struct view *out, struct arena *a, const struct details_token_facts *f, enum refusal *refusal)
{
    struct carried c = {.n = 0};
    bool found;
    enum err e = f->asked ? ERR_OK : carry(&c, &found, a, f, NULL);

    *out = VIEW_NONE;
    for (size_t i = 0; i < json_count(f->asked) && !e; i++) {
        e = carry(&c, &found, a, f, json_at(f->asked, i));
        if (!e && !found) {
            *refusal = REFUSAL_DETAILS_NOT_GRANTED;
            return ERR_OK;
        }
    }
    if (c.full)
        *refusal = REFUSAL_DETAILS_NOT_GRANTED;
    return e || *refusal ? e : detail_list_write(out, a, c.objects, c.n);
}

static enum err is_refused(bool *out, struct arena *a, const struct details_token_facts *f,
                           const struct detail_type *type, const struct json *object)
{
    struct detail one = {.type = type->id};
    enum err e = write_one(&one.json, a, object);

    memcpy(one.meaning, type->meaning, sizeof one.meaning);
    *out = e || grant_refuses(f->grant, &one, f->now);
    return e;
}

enum err details_still_given(struct view *out, struct arena *a, const struct details_token_facts *f)
{
    struct carried c = {.n = 0};
    struct view text;

    for (size_t i = 0; i < json_count(f->granted); i++) {
        const struct json *object = json_at(f->granted, i);
        const struct details_offer *offer = details_offer_of(&f->offers, json_member_text(object, "type"));
        bool given, refused = false;
        if (!offer)
            continue;
        enum err e = is_given(&given, a, f, offer->type, object);
        if (!e && !given && offer->type->every_time)
            e = is_refused(&refused, a, f, offer->type, object);
        if (!e)
            e = write_one(&text, a, object);
        if (e)
            return e;
        if (given || (offer->type->every_time && !refused))
            add(&c, text);
    }
    return detail_list_write(out, a, c.objects, c.n);
}
