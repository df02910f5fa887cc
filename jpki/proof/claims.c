#include "jpki/proof/claims.h"

#include "base/base64.h"
#include "base/text.h"

#define SHOWN_MAX 200 /* bytes of a text that is shown in the agent's window */
#define BIND_MAX  48

struct claims {
    const struct json *object;
    const struct proof_issuer *issuer;
    const struct proof_reader *reader;
    struct proof_request *out;
};

static struct view claim(const struct claims *c, const char *name)
{
    return json_member_text(c->object, name);
}

/* The characters that could make a shown text look like something else: controls (a new line would start a line of our
 * own window), and what turns the direction of writing (Unicode UAX 9). V is UTF-8. */
static bool hides_something(struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] < 0x20 || v.p[i] == 0x7F)
            return true;
        if (v.n - i >= 2 && v.p[i] == 0xC2 && v.p[i + 1] < 0xA0) /* C1 controls */
            return true;
        if (v.n - i >= 3 && v.p[i] == 0xE2 && v.p[i + 1] == 0x80 &&
            (v.p[i + 2] == 0x8E || v.p[i + 2] == 0x8F || (v.p[i + 2] >= 0xA8 && v.p[i + 2] <= 0xAE)))
            return true; /* U+200E U+200F U+2028..U+202E */
        if (v.n - i >= 3 && v.p[i] == 0xE2 && v.p[i + 1] == 0x81 && v.p[i + 2] >= 0xA6 && v.p[i + 2] <= 0xA9)
            return true; /* U+2066..U+2069 */
    }
    return false;
}

static bool is_shown_text(struct view v, size_t max)
{
    return v.p && v.n > 0 && v.n <= max && text_is_utf8(v) && !hides_something(v);
}

static bool is_id(struct view v)
{
    if (v.n < 22 || v.n > 64)
        return false;
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return true;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* ---- one function a claim: NULL when it is right, otherwise the rule it breaks ---- */

static const char *check_iss(struct claims *c)
{
    c->out->iss = claim(c, "iss");
    if (!proof_is_origin(c->out->iss))
        return "must be an origin";
    return view_equal(c->out->iss, c->issuer->iss) ? NULL : "must be the issuer whose key signed";
}

static const char *check_aud(struct claims *c)
{
    return view_equal_text(claim(c, "aud"), PROOF_AUDIENCE) ? NULL : "must be " PROOF_AUDIENCE;
}

static const char *check_ch(struct claims *c)
{
    c->out->ch = proof_carrier_of(claim(c, "ch"));
    return c->out->ch == c->reader->carrier ? NULL : "must be the carrier of this agent";
}

static const char *check_txn(struct claims *c)
{
    c->out->txn = claim(c, "txn");
    return is_id(c->out->txn) ? NULL : "must be 22 to 64 characters of base64url";
}

static const char *check_jti(struct claims *c)
{
    c->out->jti = claim(c, "jti");
    return is_id(c->out->jti) ? NULL : "must be 22 to 64 characters of base64url";
}

static const char *check_nonce(struct claims *c)
{
    static const char rule[] = "must be base64url of 32 bytes";
    struct view text = claim(c, "nonce"), bytes;
    struct arena arena;
    if (text.n != 43)
        return rule;
    arena_open(&arena, 4096);
    enum err e = base64url_read(&arena, text, &bytes);
    bool good = !e && bytes.n == PROOF_NONCE_SIZE;
    if (good)
        memcpy(c->out->nonce, bytes.p, PROOF_NONCE_SIZE);
    arena_close(&arena);
    return good ? NULL : rule;
}

static const char *check_life(struct claims *c)
{
    struct proof_request *r = c->out;
    if (!json_int(json_member(c->object, "iat"), &r->iat) || !json_int(json_member(c->object, "exp"), &r->exp))
        return "iat and exp must be numbers";
    if (r->iat < 0 || r->exp < 0)
        return "iat and exp must not be negative";
    return r->exp > r->iat && r->exp - r->iat <= PROOF_LIFE_MAX ? NULL : "must be more than 0 and at most 240 seconds";
}

static const char *check_from(struct claims *c)
{
    return c->out->iat <= c->reader->now + PROOF_CLOCK_SLACK ? NULL : "issued in the future of this clock";
}

static const char *check_until(struct claims *c)
{
    return c->reader->now <= c->out->exp + PROOF_CLOCK_SLACK ? NULL : "is over by this clock";
}

/* Compared as bytes: another host, a user-info, a trailing dot, another port or path are all simply different. */
static const char *check_response_uri(struct claims *c)
{
    struct view uri = claim(c, "response_uri"), iss = c->out->iss;
    c->out->response_uri = uri;
    bool good = view_starts(uri, iss) && view_equal_text(view_from(uri, iss.n), PROOF_RETURN_PATH);
    return good ? NULL : "must be iss and " PROOF_RETURN_PATH;
}

static const char *check_rp(struct claims *c)
{
    const struct json *rp = json_member(c->object, "rp");
    c->out->rp.id = json_member_text(rp, "id");
    c->out->rp.name = json_member_text(rp, "name");
    c->out->rp.org = json_member_text(rp, "org");
    c->out->rp.host = json_member_text(rp, "host");
    bool good = is_shown_text(c->out->rp.id, SHOWN_MAX) && is_shown_text(c->out->rp.name, SHOWN_MAX) &&
                is_shown_text(c->out->rp.org, SHOWN_MAX) && is_shown_text(c->out->rp.host, SHOWN_MAX);
    return good ? NULL : "id, name, org and host must be texts of 1 to 200 bytes without control characters";
}

static const char *check_purpose(struct claims *c)
{
    c->out->purpose = proof_purpose_of(claim(c, "purpose"));
    return c->out->purpose < PROOF_PURPOSE_COUNT ? NULL : "must be login, reauth, register or read";
}

static const char *check_bind(struct claims *c)
{
    struct view bind = claim(c, "bind");
    c->out->bind = bind;
    bool good = is_shown_text(bind, BIND_MAX) && bind.n > 3 && is_digit(bind.p[0]) && is_digit(bind.p[1]) &&
                bind.p[2] == ' ' && view_index(view_from(bind, 3), ' ') == bind.n - 3;
    return good ? NULL : "must be two digits, a space and one word";
}

static const char *check_acr(struct claims *c)
{
    c->out->acr = claim(c, "acr");
    return is_shown_text(c->out->acr, SHOWN_MAX) ? NULL : "must be a text of 1 to 200 bytes";
}

static const char *check_ui(struct claims *c)
{
    const struct json *ui = json_member(c->object, "ui"), *large = json_member(ui, "large");
    c->out->ui.lang = json_member_text(ui, "lang");
    if (large && !json_bool(large, &c->out->ui.large))
        return "large must be true or false";
    bool good = view_equal_text(c->out->ui.lang, "ja") || view_equal_text(c->out->ui.lang, "en");
    return good ? NULL : "lang must be ja or en";
}

static const char *check_minver(struct claims *c)
{
    c->out->minver = claim(c, "minver");
    return version_is_at_least(c->out->minver, VIEW("0")) ? NULL : "must be a version";
}

static const char *check_version(struct claims *c)
{
    return version_is_at_least(c->reader->version, c->out->minver) ? NULL : "this agent is older";
}

static const struct rule {
    const char *claim;
    const char *(*check)(struct claims *);
    enum proof_error code;
} rules[] = {
    {"iss", check_iss, PROOF_REQUEST_INVALID},
    {"aud", check_aud, PROOF_REQUEST_INVALID},
    {"ch", check_ch, PROOF_REQUEST_INVALID},
    {"txn", check_txn, PROOF_REQUEST_INVALID},
    {"jti", check_jti, PROOF_REQUEST_INVALID},
    {"nonce", check_nonce, PROOF_REQUEST_INVALID},
    {"exp", check_life, PROOF_REQUEST_INVALID},
    {"response_uri", check_response_uri, PROOF_REQUEST_INVALID},
    {"rp", check_rp, PROOF_REQUEST_INVALID},
    {"purpose", check_purpose, PROOF_REQUEST_INVALID},
    {"bind", check_bind, PROOF_REQUEST_INVALID},
    {"acr", check_acr, PROOF_REQUEST_INVALID},
    {"ui", check_ui, PROOF_REQUEST_INVALID},
    {"minver", check_minver, PROOF_REQUEST_INVALID},
    /* only a request that is right in itself is told what to do about clock and version */
    {"iat", check_from, PROOF_CLOCK_SKEW},
    {"exp", check_until, PROOF_REQUEST_EXPIRED},
    {"minver", check_version, PROOF_UPDATE_REQUIRED},
};

void claims_check(struct proof_request *out, const struct json *object, const struct proof_issuer *issuer,
                  const struct proof_reader *reader, struct proof_refusal *refusal)
{
    struct claims c = {object, issuer, reader, out};
    *out = (struct proof_request){0};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const char *broken = rules[i].check(&c);
        if (broken) {
            *refusal = (struct proof_refusal){rules[i].code, rules[i].claim, broken};
            *out = (struct proof_request){0};
            return;
        }
    }
    *refusal = (struct proof_refusal){0};
}

/* The next number of a version; 0 past its end. False if it is no number. */
static bool next_number(struct view *rest, int64_t *number)
{
    struct view part;
    *number = 0;
    return !view_next(rest, '.', &part) || (part.n <= 9 && text_to_int(part, number));
}

bool version_is_at_least(struct view a, struct view b)
{
    if (!a.p || !b.p)
        return false;
    int decided = 0;
    for (int i = 0; i < 4; i++) {
        int64_t x, y;
        if (!next_number(&a, &x) || !next_number(&b, &y))
            return false;
        if (decided == 0)
            decided = (x > y) - (x < y);
    }
    return !a.p && !b.p && decided >= 0;
}
