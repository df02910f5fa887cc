#include "idp/rules/claims_request.h"

#include "base/text.h"
#include "idp/rules/claim_wish.h"

#define ACR_MAX 512

/* --- reading ------------------------------------------------------------------------------------------------------ */

static bool read_fields(struct claims_place *out, const struct json *members)
{
    struct view name;
    const struct json *j;

    for (size_t i = 0; json_member_at(members, i, &name, &j); i++) {
        const struct field *f = field_of_claim(name);
        if (view_equal_text(name, "verified_claims")) { /* of another form (IDA 5.3) */
            if (!verified_wishes_read(&out->verified, j))
                return false;
            continue;
        }
        if (!claim_wish_is_good(j))
            return false;
        out->fields |= f ? field_bit(f) : 0;
    }
    return true;
}

static bool read_place(struct claims_place *out, const struct json *claims, const char *name)
{
    out->members = json_member(claims, name);
    if (!out->members)
        return true;
    return json_is_object(out->members) && read_fields(out, out->members);
}

/* A member of the ID token's part that is about the login and no field. */
static const struct json *about(const struct claims_request *r, const char *name)
{
    const struct json *j = json_member(r->id_token.members, name);

    return json_is_object(j) ? j : NULL;
}

static bool read_sub(struct claims_request *r)
{
    const struct json *value = json_member(about(r, "sub"), "value");

    return !value || (json_text(value, &r->sub) && r->sub.n > 0);
}

/* One word: what acr_values could not carry is none of ours. */
static bool put_acr(struct buf *b, const struct json *j)
{
    struct view text;

    if (!json_text(j, &text) || text.n == 0 || !text_is_visible(text))
        return false;
    if (b->n)
        buf_put_byte(b, ' ');
    buf_put(b, text);
    return true;
}

static enum err read_acr(struct claims_request *r, struct arena *a)
{
    const struct json *acr = about(r, "acr"), *value = json_member(acr, "value"), *values = json_member(acr, "values");
    bool good = true;
    struct buf b;

    if (!value && !values)
        return ERR_OK;
    buf_open(&b, a, ACR_MAX);
    if (value)
        good = put_acr(&b, value);
    for (size_t i = 0; i < json_count(values); i++)
        good = put_acr(&b, json_at(values, i)) && good;
    r->acr_essential = json_member_bool(acr, "essential", false);
    enum err e = buf_done(&b, &r->acr);
    return e == ERR_LIMIT || (!e && !good) ? ERR_SYNTAX : e;
}

enum err claims_request_read(struct claims_request *out, struct arena *a, struct view text)
{
    struct json *claims;

    *out = (struct claims_request){.acr_essential = false};
    if (!view_is(text))
        return ERR_OK;
    enum err e = text.n > CLAIMS_REQUEST_MAX ? ERR_SYNTAX : json_read(&claims, a, text, NULL);
    if (e)
        return e;
    if (!json_is_object(claims) || !read_place(&out->userinfo, claims, "userinfo") ||
        !read_place(&out->id_token, claims, "id_token") || !read_sub(out))
        return ERR_SYNTAX;
    return read_acr(out, a);
}

/* --- keeping ------------------------------------------------------------------------------------------------------ */

uint32_t claims_place_fields(const struct claims_place *place)
{
    return place->fields | place->verified.fields;
}

static void keep_place(struct json_out *o, const char *name, const struct claims_place *place)
{
    if (!claims_place_fields(place))
        return;
    json_key(o, name);
    json_begin(o);
    for (size_t i = 0; i < field_count(); i++) {
        const struct field *f = field_at(i);
        if (!(place->fields & field_bit(f)))
            continue;
        json_key(o, f->claim);
        claim_wish_keep(o, json_member(place->members, f->claim));
    }
    if (place->verified.fields) {
        json_key(o, "verified_claims");
        verified_wishes_keep(o, &place->verified);
    }
    json_end(o);
}

enum err claims_request_keep(struct view *out, struct arena *a, const struct claims_request *r)
{
    struct json_out o;
    struct buf b;

    *out = VIEW_NONE;
    if (!claims_place_fields(&r->userinfo) && !claims_place_fields(&r->id_token))
        return ERR_OK;
    buf_open(&b, a, CLAIMS_REQUEST_MAX);
    json_out_open(&o, &b);
    json_begin(&o);
    keep_place(&o, "id_token", &r->id_token);
    keep_place(&o, "userinfo", &r->userinfo);
    json_end(&o);
    enum err e = buf_done(&b, out);
    return e == ERR_LIMIT ? ERR_SYNTAX : e;
}

/* --- values ------------------------------------------------------------------------------------------------------- */

bool claims_request_takes(const struct claims_place *place, struct arena *a, const struct field *f, struct view json)
{
    return (place->fields & field_bit(f)) && claim_wish_takes(json_member(place->members, f->claim), a, json);
}
