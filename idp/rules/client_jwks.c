#include "idp/rules/client_jwks.h"

#include "base/text.h"

enum { RSA_LEAST = 342, RSA_MOST = 1366 }; /* base64url letters of 2048 and 8192 bits */

static const struct kind {
    const char *kty, *crv; /* crv NULL: RSA */
    size_t n;              /* base64url letters of a coordinate */
    const char *algs;      /* names of the signatures it makes */
} kinds[] = {
    {"RSA", NULL, 0, "RS256 PS256"}, {"EC", "P-256", 43, "ES256"},    {"EC", "P-384", 64, "ES384"},
    {"EC", "P-521", 88, ""},         {"OKP", "Ed25519", 43, "EdDSA"}, {"OKP", "X25519", 43, ""},
};

static const struct kind *kind_of(const struct json *key)
{
    struct view kty = json_member_text(key, "kty"), crv = json_member_text(key, "crv");

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (view_equal_text(kty, kinds[i].kty) && (!kinds[i].crv || view_equal_text(crv, kinds[i].crv)))
            return &kinds[i];
    return NULL;
}

static bool is_base64url(struct view v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_')
            return false;
    }
    return v.n > 0;
}

/* RFC 7518 6.2.2, 6.3.2, 6.4, RFC 8037 2: who registers one of these has given its key away. */
static bool is_private(const struct json *key)
{
    static const char *const members[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (json_member(key, members[i]))
            return true;
    return false;
}

static const char *rsa_fault(const struct json *key)
{
    struct view n = json_member_text(key, "n"), e = json_member_text(key, "e");

    if (!is_base64url(n) || !is_base64url(e))
        return "has an RSA key without n and e in base64url (RFC 7518 6.3.1)";
    if (n.n < RSA_LEAST || n.n > RSA_MOST)
        return "has an RSA key that is not of 2048 to 8192 bits (RFC 7518 3.3)";
    return NULL;
}

static const char *curve_fault(const struct json *key, const struct kind *kind)
{
    struct view x = json_member_text(key, "x"), y = json_member_text(key, "y");
    bool two = strcmp(kind->kty, "EC") == 0;

    if (!is_base64url(x) || x.n != kind->n || (two && (!is_base64url(y) || y.n != kind->n)))
        return "has a key whose coordinates are not of its curve (RFC 7518 6.2.1, RFC 8037 2)";
    return NULL;
}

static const char *key_fault(const struct json *key)
{
    const struct kind *kind = kind_of(key);

    if (!json_is_object(key))
        return "must have objects in keys (RFC 7517 5)";
    if (is_private(key) || view_equal_text(json_member_text(key, "kty"), "oct"))
        return "has a private or secret key: register the public half only, and make a new one (RFC 7517 9.2)";
    if (!kind)
        return "has a key that is not RSA, P-256, P-384, P-521, Ed25519 or X25519";
    return kind->crv ? curve_fault(key, kind) : rsa_fault(key);
}

/* RFC 7517 4.5: a kid says which key was meant, so no two may have the same. */
static bool kid_twice(const struct json *keys, size_t i)
{
    struct view kid = json_member_text(json_at(keys, i), "kid");

    for (size_t j = 0; j < i; j++)
        if (view_is(kid) && view_equal(kid, json_member_text(json_at(keys, j), "kid")))
            return true;
    return false;
}

const char *client_jwks_fault(const struct json *jwks)
{
    const struct json *keys = json_member(jwks, "keys");

    if (!json_is_array(keys) || json_count(keys) == 0 || json_count(keys) > CLIENT_JWKS_MAX)
        return "must be {\"keys\": [...]} with 1 to 20 keys (RFC 7517 5)";
    for (size_t i = 0; i < json_count(keys); i++) {
        const char *rule = key_fault(json_at(keys, i));
        if (rule)
            return rule;
        if (kid_twice(keys, i))
            return "has two keys with the same kid (RFC 7517 4.5)";
    }
    return NULL;
}

static bool fits(const struct json *key, enum jws_alg alg)
{
    struct view use = json_member_text(key, "use"), own = json_member_text(key, "alg");
    struct view name = view_text(jws_alg_name(alg));

    return text_has_word(view_text(kind_of(key)->algs), name) && (!view_is(use) || view_equal_text(use, "sig")) &&
           (!view_is(own) || jws_alg_of(own) == alg);
}

bool client_jwks_encrypts(const struct json *jwks, struct view alg)
{
    const struct json *keys = json_member(jwks, "keys");
    bool rsa = view_starts(alg, VIEW("RSA"));

    for (size_t i = 0; i < json_count(keys); i++) {
        const struct json *key = json_at(keys, i);
        const struct kind *kind = kind_of(key);
        struct view use = json_member_text(key, "use");
        bool for_it = rsa ? !kind->crv : kind->crv && strcmp(kind->crv, "Ed25519") != 0;
        if (for_it && (!view_is(use) || view_equal_text(use, "enc")))
            return true;
    }
    return false;
}

bool client_jwks_fits(const struct json *jwks, enum jws_alg alg)
{
    const struct json *keys = json_member(jwks, "keys");

    for (size_t i = 0; i < json_count(keys); i++)
        if (fits(json_at(keys, i), alg))
            return true;
    return false;
}
