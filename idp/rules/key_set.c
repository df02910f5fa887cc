#include "idp/rules/key_set.h"

#include "base/base64.h"
#include "base/json.h"

static const enum jws_alg algs[] = {JWS_RS256, JWS_PS256, JWS_ES256, JWS_ES384, JWS_EDDSA};

static const enum jwe_alg key_algs[] = {JWE_RSA_OAEP_256, JWE_ECDH_ES, JWE_ECDH_ES_A128KW, JWE_ECDH_ES_A256KW};

#define ALGS     (sizeof algs / sizeof *algs)
#define KEY_ALGS (sizeof key_algs / sizeof *key_algs)

/* RFC 7518 6.2.2, 6.3.2, 6.4.1, RFC 8037 2. */
static bool is_secret(const struct json *jwk)
{
    return json_member(jwk, "d") || json_member(jwk, "k");
}

/* RFC 7517 5: "Implementations SHOULD ignore JWKs [...] that use kty values that are not understood by them". */
static enum err add_key(struct key_set *set, struct arena *a, const struct json *jwk)
{
    const struct jws_key *key;

    for (size_t i = 0; i < ALGS; i++) {
        enum err e = jws_key_read_public(&key, a, jwk, algs[i]);
        if (e == ERR_MEMORY || e == ERR_CRYPTO)
            return e;
        if (!e)
            set->rows[set->n++] = (struct key_set_row){json_member_text(jwk, "kid"), key};
    }
    return ERR_OK;
}

static enum err add_lock(struct key_set *set, struct arena *a, const struct json *jwk)
{
    const struct jwe_key *key;
    bool meant = view_equal(json_member_text(jwk, "use"), VIEW("enc"));

    for (size_t i = 0; i < KEY_ALGS; i++) {
        enum err e = jwe_key_read_public(&key, a, jwk, key_algs[i]);
        if (e == ERR_MEMORY || e == ERR_CRYPTO)
            return e;
        if (!e)
            set->locks[set->n_locks++] = (struct key_set_lock){key_algs[i], meant, key};
    }
    return ERR_OK;
}

/* One that cannot be read is no certificate: nobody shows it. */
static enum err add_cert(struct key_set *set, struct arena *a, const struct json *jwk)
{
    struct view text, der;

    if (!json_text(json_at(json_member(jwk, "x5c"), 0), &text))
        return ERR_OK;
    enum err e = base64_read(a, text, &der);
    if (!e)
        set->certs[set->n_certs++] = der;
    return e == ERR_SYNTAX ? ERR_OK : e;
}

enum err key_set_read(struct key_set *out, struct arena *a, struct view text, const char **why)
{
    struct json *j;
    enum err e = json_read(&j, a, text, NULL);

    *out = (struct key_set){0};
    *why = "must be a JWK set: an object with an array \"keys\" (RFC 7517 5)";
    if (e)
        return e;
    const struct json *keys = json_member(j, "keys");
    if (!json_is_array(keys))
        return ERR_SYNTAX;
    *why = "has more than 32 keys";
    if (json_count(keys) > KEY_SET_MAX)
        return ERR_LIMIT;
    out->rows = arena_array(a, json_count(keys) * ALGS, sizeof *out->rows);
    out->locks = arena_array(a, json_count(keys) * KEY_ALGS, sizeof *out->locks);
    out->certs = arena_array(a, json_count(keys) + 1, sizeof *out->certs);
    e = out->rows && out->locks && out->certs ? ERR_OK : ERR_MEMORY;
    for (size_t i = 0; !e && i < json_count(keys); i++) {
        *why = "has a private key in it, which is known to others now: make a new one";
        e = is_secret(json_at(keys, i)) ? ERR_SYNTAX : add_key(out, a, json_at(keys, i));
        if (!e)
            e = add_lock(out, a, json_at(keys, i));
        if (!e)
            e = add_cert(out, a, json_at(keys, i));
    }
    return e;
}

static size_t pick(const struct jws_key **out, const struct key_set *set, enum jws_alg alg, bool any, struct view kid)
{
    size_t n = 0;

    for (size_t i = 0; i < set->n && n < KEY_SET_TRIES; i++)
        if (jws_key_alg(set->rows[i].key) == alg && (any || view_equal(set->rows[i].kid, kid)))
            out[n++] = set->rows[i].key;
    return n;
}

size_t key_set_candidates(const struct jws_key *out[KEY_SET_TRIES], const struct key_set *set, const struct jws *j)
{
    if (!view_is(j->kid))
        return pick(out, set, j->alg, true, VIEW_NONE);
    size_t n = pick(out, set, j->alg, false, j->kid);

    return n ? n : pick(out, set, j->alg, false, VIEW_NONE);
}

bool key_set_names(const struct key_set *set, const struct jws *j)
{
    for (size_t i = 0; i < set->n; i++)
        if (view_is(j->kid) && view_equal(set->rows[i].kid, j->kid) && jws_key_alg(set->rows[i].key) == j->alg)
            return true;
    return false;
}

bool key_set_has_cert(const struct key_set *set, struct view der)
{
    for (size_t i = 0; i < set->n_certs; i++)
        if (view_is(der) && view_equal(set->certs[i], der))
            return true;
    return false;
}

const struct jwe_key *key_set_encryption(const struct key_set *set, enum jwe_alg alg)
{
    const struct jwe_key *found = NULL;

    for (size_t i = 0; i < set->n_locks; i++) {
        if (set->locks[i].alg != alg)
            continue;
        if (set->locks[i].meant)
            return set->locks[i].key;
        found = found ? found : set->locks[i].key;
    }
    return found;
}
