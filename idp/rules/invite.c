#include "idp/rules/invite.h"

#include "base/hash.h"
#include "base/secret.h"
#include "base/text.h"
#include "consent/field.h"

#define VALUE_MAX 65536
#define COUNT(A)  (sizeof(A) / sizeof(A)[0])

/* --- whose each member is ----------------------------------------------------------------------------------------- */

/* A member of the terms is the operator's, as it stands there. Of the others: */
enum share {
    SHARE_OWN,    /* the service says what it likes */
    SHARE_BOUND,  /* only the operator may say it */
    SHARE_SUBSET, /* the service chooses among what the terms list */
    SHARE_ANSWER  /* we say it in answers; the endpoint looks at what comes back */
};

static const struct special {
    const char *member;
    enum share share;
    const char *otherwise; /* SHARE_SUBSET: words that may be chosen where the terms list none */
} specials[] = {
    {"organization", SHARE_BOUND, NULL},
    {"sector", SHARE_BOUND, NULL},
    {"profile", SHARE_BOUND, NULL},
    {"fields", SHARE_BOUND, NULL},
    {"resource", SHARE_BOUND, NULL}, /* who is a resource server may look into tokens of others */
    {"authorization_details_definitions", SHARE_BOUND, NULL}, /* what residents read of it is reviewed */
    {"grant_types", SHARE_SUBSET, "authorization_code refresh_token"},
    {"resources", SHARE_SUBSET, ""},
    {"authorization_details_types", SHARE_SUBSET, ""},
    {"client_id", SHARE_ANSWER, NULL},
};

static const struct special *special_of(struct view member)
{
    static const struct special own = {NULL, SHARE_OWN, NULL};

    for (size_t i = 0; i < COUNT(specials); i++)
        if (view_equal_text(member, specials[i].member))
            return &specials[i];
    return &own;
}

/* --- judging one member ------------------------------------------------------------------------------------------- */

struct applying {
    const struct invite_request *request;
    struct arena *a;
    struct json_out o;
    struct invite_fault *fault;
};

static enum err refuse(struct applying *p, const char *member, const char *rule)
{
    *p->fault = (struct invite_fault){member, rule};
    return member && rule ? ERR_SYNTAX : ERR_MEMORY;
}

static enum err canonical(struct view *out, struct arena *a, const struct json *j)
{
    struct buf b;

    buf_open(&b, a, VALUE_MAX);
    json_put_canonical(&b, j);
    return buf_done(&b, out);
}

/* *SAME: both mean the same JSON. */
static enum err compare(bool *same, struct applying *p, const struct json *x, const struct json *y)
{
    struct view left, right;
    enum err e = x && y ? canonical(&left, p->a, x) : ERR_OK;

    *same = false;
    if (e || !x || !y)
        return e;
    e = canonical(&right, p->a, y);
    *same = !e && view_equal(left, right);
    return e;
}

/* What the operator fixed may be said again, as it is given back by the endpoint (RFC 7592 2.2), and nothing else. */
static enum err check_bound(struct applying *p, const char *member, const struct json *value)
{
    const struct json *now = json_member(p->request->current, member);
    bool same;
    enum err e = compare(&same, p, value, json_member(p->request->terms, member));

    if (!e && !same)
        e = compare(&same, p, value, now);
    if (e == ERR_SYNTAX || (!e && !same))
        return refuse(p, member, "is given by the initial access token and cannot be chosen");
    return e;
}

static bool lists(const struct json *list, struct view word)
{
    struct view one;

    for (size_t i = 0; i < json_count(list); i++)
        if (json_text(json_at(list, i), &one) && view_equal(one, word))
            return true;
    return false;
}

static enum err check_subset(struct applying *p, const struct special *s, const struct json *value)
{
    const struct json *allowed = json_member(p->request->terms, s->member);
    struct view word;

    for (size_t i = 0; i < json_count(value); i++)
        if (!json_text(json_at(value, i), &word) ||
            !(allowed ? lists(allowed, word) : text_has_word(view_text(s->otherwise), word)))
            return refuse(p, s->member, "has what the initial access token does not allow");
    return json_is_array(value) ? ERR_OK : refuse(p, s->member, "must be an array");
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static enum err put(struct applying *p, const char *member, const struct json *value)
{
    json_key(&p->o, member);
    json_put_value(&p->o, value);
    if (p->o.buf->err == ERR_SYNTAX)
        return refuse(p, member, "has a number that is not whole");
    return p->o.buf->err;
}

static enum err apply_said(struct applying *p, struct view name, const struct json *value)
{
    const struct special *s = special_of(name);

    if (s->share == SHARE_ANSWER || json_is_null(value) || !p->request->knows(name))
        return ERR_OK;
    const char *member = arena_text(p->a, name);
    if (!member)
        return ERR_MEMORY;
    if (s->share == SHARE_SUBSET) {
        enum err e = check_subset(p, s, value);
        return e ? e : put(p, member, value);
    }
    if (s->share == SHARE_BOUND || json_member(p->request->terms, member))
        return check_bound(p, member, value);
    return put(p, member, value);
}

static bool is_said(const struct invite_request *r, const char *member)
{
    const struct json *value = json_member(r->said, member);

    return value && !json_is_null(value);
}

/* RFC 7591 2: scope, "a list of scope values that the client can use". */
static void put_fields(struct applying *p, const struct json *fields)
{
    struct view scope = json_member_text(p->request->said, "scope");

    json_key(&p->o, "fields");
    json_begin_array(&p->o);
    for (size_t i = 0; i < json_count(fields); i++) {
        const struct field *f = field_find(json_member_text(json_at(fields, i), "id"));
        if (!view_is(scope) || (f && field_in_scope(f, scope)))
            json_put_value(&p->o, json_at(fields, i));
    }
    json_end_array(&p->o);
}

static enum err apply_terms(struct applying *p)
{
    const struct json *terms = p->request->terms, *value;
    struct view name;
    enum err e = ERR_OK;

    for (size_t i = 0; !e && json_member_at(terms, i, &name, &value); i++) {
        const struct special *s = special_of(name);
        const char *member = arena_text(p->a, name);
        if (!member)
            return ERR_MEMORY;
        /* The grants of the terms are what may be chosen, not what is meant when nothing is said: that is the code flow
         * (RFC 7591 2). Resources and types are all of them. */
        bool chosen = s->share == SHARE_SUBSET && (is_said(p->request, member) || strcmp(member, "grant_types") == 0);
        if (strcmp(member, "fields") == 0)
            put_fields(p, value);
        else if (!chosen)
            e = put(p, member, value);
    }
    return e;
}

enum err invite_apply(struct buf *out, struct arena *a, const struct invite_request *r, struct invite_fault *fault)
{
    struct applying p = {.request = r, .a = a, .fault = fault};
    const struct json *value;
    struct view name;
    enum err e = ERR_OK;

    *fault = (struct invite_fault){NULL, NULL};
    if (!json_is_object(r->said))
        return refuse(&p, "registration", "must be one JSON object");
    json_out_open(&p.o, out);
    json_begin(&p.o);
    for (size_t i = 0; !e && json_member_at(r->said, i, &name, &value); i++)
        e = apply_said(&p, name, value);
    if (!e)
        e = apply_terms(&p);
    json_end(&p.o);
    return e ? e : out->err;
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

static bool is_its_secret(struct view said, struct view secret_hash)
{
    uint8_t hash[SHA256_SIZE];

    sha256(hash, said);
    return secret_equal(VIEW_ARRAY(hash), secret_hash);
}

bool invite_may_update(const struct json *said, struct view id, struct view secret_hash, struct invite_fault *fault)
{
    const struct json *secret = json_member(said, "client_secret");
    struct view text = VIEW_NONE;

    *fault = (struct invite_fault){"client_id", "must be there and be the one of this service (RFC 7592 2.2)"};
    if (!view_equal(json_member_text(said, "client_id"), id))
        return false;
    *fault =
        (struct invite_fault){"client_secret", "is not the one that was issued, and none can be chosen (RFC 7592 2.2)"};
    return !secret || json_is_null(secret) || (json_text(secret, &text) && is_its_secret(text, secret_hash));
}
