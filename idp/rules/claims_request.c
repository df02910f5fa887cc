#include "idp/rules/claims_request.h"

#include "base/text.h"

#define VALUES_MAX 32 /* of one claim */
#define ACR_MAX    512

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* 5.5.1: null, or an object whose members are of the right types. */
static bool is_individual(const struct json *j)
{
    const struct json *essential = json_member(j, "essential"), *values = json_member(j, "values");
    bool truth;

    if (json_is_null(j))
        return true;
    if (!json_is_object(j) || (essential && !json_bool(essential, &truth)))
        return false;
    return !values || (json_is_array(values) && json_count(values) > 0 && json_count(values) <= VALUES_MAX);
}

static bool read_fields(struct claims_place *out, const struct json *members)
{
    struct view name;
    const struct json *j;

    for (size_t i = 0; json_member_at(members, i, &name, &j); i++) {
        const struct field *f = field_of_claim(name);
        if (view_equal_text(name, "verified_claims")) /* of another specification, and of another form */
            continue;
        if (!is_individual(j))
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

static void keep_values(struct json_out *o, const struct json *j)
{
    static const char *const names[] = {"value", "values"};
    bool has = json_member(j, "value") || json_member(j, "values");

    if (!has) {
        json_put_null(o);
        return;
    }
    json_begin(o);
    for (size_t i = 0; i < 2; i++) {
        if (!json_member(j, names[i]))
            continue;
        json_key(o, names[i]);
        json_put_value(o, json_member(j, names[i]));
    }
    json_end(o);
}

static void keep_place(struct json_out *o, const char *name, const struct claims_place *place)
{
    if (!place->fields)
        return;
    json_key(o, name);
    json_begin(o);
    for (size_t i = 0; i < field_count(); i++) {
        const struct field *f = field_at(i);
        if (!(place->fields & field_bit(f)))
            continue;
        json_key(o, f->claim);
        keep_values(o, json_member(place->members, f->claim));
    }
    json_end(o);
}

enum err claims_request_keep(struct view *out, struct arena *a, const struct claims_request *r)
{
    struct json_out o;
    struct buf b;

    *out = VIEW_NONE;
    if (!r->userinfo.fields && !r->id_token.fields)
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

/* Two JSON values are the same if their canonical forms are (RFC 8785). */
static bool is_same(struct arena *a, const struct json *wanted, struct view canonical)
{
    struct view text = VIEW_NONE;
    struct buf b;

    buf_open(&b, a, 16384);
    json_put_canonical(&b, wanted);
    return buf_done(&b, &text) == ERR_OK && view_equal(text, canonical);
}

static bool has_value(const struct json *wanted, struct arena *a, struct view canonical)
{
    const struct json *value = json_member(wanted, "value"), *values = json_member(wanted, "values");

    if (value && is_same(a, value, canonical))
        return true;
    for (size_t i = 0; i < json_count(values); i++)
        if (is_same(a, json_at(values, i), canonical))
            return true;
    return false;
}

bool claims_request_takes(const struct claims_place *place, struct arena *a, const struct field *f, struct view json)
{
    const struct json *wanted = json_member(place->members, f->claim);
    struct view canonical = VIEW_NONE;
    struct json *j;
    struct buf b;

    if (!(place->fields & field_bit(f)))
        return false;
    if (!json_member(wanted, "value") && !json_member(wanted, "values"))
        return true;
    if (json_read(&j, a, json, NULL) != ERR_OK)
        return false;
    buf_open(&b, a, 16384);
    json_put_canonical(&b, j);
    return buf_done(&b, &canonical) == ERR_OK && has_value(wanted, a, canonical);
}
