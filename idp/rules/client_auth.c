#include "idp/rules/client_auth.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/text.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 6749 2.3.1 and appendix B: id and secret are form-url-encoded before they are joined by the colon. */
static enum err form_decode(struct view *out, struct arena *arena, struct view v, bool *good)
{
    uint8_t *p = arena_alloc(arena, v.n + 1);
    size_t n = 0;

    if (!p)
        return ERR_MEMORY;
    for (size_t i = 0; i < v.n; i++) {
        if (v.p[i] != '%') {
            p[n++] = v.p[i] == '+' ? ' ' : v.p[i];
            continue;
        }
        int high = i + 2 < v.n ? hex_digit(v.p[i + 1]) : -1, low = i + 2 < v.n ? hex_digit(v.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            *good = false;
        p[n++] = (uint8_t)(high * 16 + low);
        i += 2;
    }
    *out = view_bytes(p, n);
    return ERR_OK;
}

/* "Basic" without case (RFC 7235 2.1), one space or more, token68. */
static bool is_basic(struct view header, struct view *rest)
{
    static const char scheme[] = "basic";

    if (header.n < sizeof scheme)
        return false;
    for (size_t i = 0; i < sizeof scheme - 1; i++)
        if ((header.p[i] | 0x20) != scheme[i])
            return false;
    if (header.p[sizeof scheme - 1] != ' ')
        return false;
    *rest = view_from(header, sizeof scheme);
    while (rest->n && rest->p[0] == ' ')
        *rest = view_from(*rest, 1);
    return true;
}

static enum err basic_read(struct client_claim *out, struct arena *arena, struct view header, enum refusal *refusal)
{
    struct view rest, pair;
    bool good = true;

    *refusal = REFUSAL_CLIENT_AUTH_MALFORMED;
    if (!is_basic(header, &rest))
        return ERR_OK;
    enum err e = base64_read(arena, rest, &pair);
    if (e)
        return e == ERR_SYNTAX ? ERR_OK : e;
    size_t colon = view_index(pair, ':');
    if (colon == pair.n)
        return ERR_OK;
    if ((e = form_decode(&out->id, arena, view_part(pair, 0, colon), &good)) ||
        (e = form_decode(&out->secret, arena, view_from(pair, colon + 1), &good)))
        return e;
    out->method = CLIENT_AUTH_BASIC;
    if (good && text_is_utf8(out->id) && out->id.n && out->secret.n)
        *refusal = REFUSAL_NONE;
    return ERR_OK;
}

/* RFC 7521 4.2: client_assertion_type says what client_assertion is; one without the other is nothing. */
static enum refusal assertion_take(struct client_claim *out, const struct client_auth_params *p)
{
    static const char type[] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    if (!view_is(p->assertion) || !view_equal_text(p->assertion_type, type))
        return REFUSAL_CLIENT_AUTH_MALFORMED;
    *out = (struct client_claim){.id = p->client_id, .assertion = p->assertion, .method = CLIENT_AUTH_PRIVATE_KEY_JWT};
    return REFUSAL_NONE;
}

static enum refusal body_read(struct client_claim *out, const struct client_auth_params *p)
{
    if (view_is(p->assertion) || view_is(p->assertion_type))
        return assertion_take(out, p);
    *out = (struct client_claim){.id = p->client_id,
                                 .secret = p->client_secret,
                                 .method = view_is(p->client_secret) ? CLIENT_AUTH_POST : CLIENT_AUTH_NONE};
    return view_is(p->client_id) ? REFUSAL_NONE : REFUSAL_CLIENT_AUTH_MISSING;
}

enum err client_claim_read(struct client_claim *out, struct arena *arena, const struct client_auth_params *p,
                           enum refusal *refusal)
{
    bool has_assertion = view_is(p->assertion) || view_is(p->assertion_type);

    *out = (struct client_claim){0};
    *refusal = REFUSAL_NONE;
    /* RFC 6749 2.3: "The client MUST NOT use more than one authentication method in each request." */
    if (view_is(p->authorization) + view_is(p->client_secret) + has_assertion > 1) {
        *refusal = REFUSAL_CLIENT_AUTH_TWICE;
        return ERR_OK;
    }
    if (!view_is(p->authorization)) {
        *refusal = body_read(out, p);
        return ERR_OK;
    }
    enum err e = basic_read(out, arena, p->authorization, refusal);
    if (e || *refusal)
        return e;
    /* client_id beside the header says nothing new (RFC 6749 3.2.1), but it may not say something else. */
    if (view_is(p->client_id) && !view_equal(p->client_id, out->id))
        *refusal = REFUSAL_CLIENT_AUTH_TWICE;
    return ERR_OK;
}

enum refusal client_auth_decide(const struct client_claim *claim, const struct client *client)
{
    uint8_t hash[SHA256_SIZE];

    sha256(hash, claim->secret);
    if (!client)
        return REFUSAL_CLIENT_AUTH_FAILED;
    if (!secret_equal(VIEW_ARRAY(hash), client->secret_hash))
        return REFUSAL_CLIENT_AUTH_FAILED;
    return claim->method == client->auth_method ? REFUSAL_NONE : REFUSAL_CLIENT_AUTH_METHOD;
}

enum refusal client_name_decide(const struct client *client, bool cert_fits)
{
    if (!client)
        return REFUSAL_CLIENT_AUTH_MISSING;
    switch (client->auth_method) {
    case CLIENT_AUTH_NONE: /* RFC 6749 3.2.1: who has no credentials says client_id */
        return REFUSAL_NONE;
    case CLIENT_AUTH_TLS:
    case CLIENT_AUTH_TLS_SELF_SIGNED:
        return cert_fits ? REFUSAL_NONE : REFUSAL_CLIENT_AUTH_MISSING;
    default:
        return REFUSAL_CLIENT_AUTH_MISSING;
    }
}

/* --- certificates ------------------------------------------------------------------------------------------------ */

static bool same_host(struct view a, struct view b)
{
    if (a.n != b.n || a.n == 0)
        return false;
    for (size_t i = 0; i < a.n; i++) {
        uint8_t x = a.p[i], y = b.p[i];
        if ((x >= 'A' && x <= 'Z' ? x | 0x20 : x) != (y >= 'A' && y <= 'Z' ? y | 0x20 : y))
            return false;
    }
    return true;
}

/* RFC 8705 2.1.2: exactly one of the two is registered. */
static bool has_name(const struct client *client, const struct client_certificate *cert)
{
    if (view_is(client->tls_subject))
        return view_equal(client->tls_subject, cert->subject);
    for (size_t i = 0; i < cert->n_dns; i++)
        if (view_is(client->tls_san_dns) && same_host(client->tls_san_dns, cert->dns[i]))
            return true;
    return false;
}

bool client_certificate_fits(const struct client *client, const struct client_certificate *cert)
{
    return view_is(cert->der) && client->auth_method == CLIENT_AUTH_TLS && cert->chained && has_name(client, cert);
}
