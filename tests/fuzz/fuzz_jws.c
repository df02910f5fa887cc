/* Any bytes as a compact JWS: refused, or three parts that lie inside the text, and never signed by our key; as the
 * payload of a JWS that is; as a JWS that brings its key, which fits its "alg"; and as a JWK for each algorithm. */
#include "base/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct jws_key *our_key(void)
{
    static struct jws_key *key;
    INSIST(key || jws_key_make(&key, JWS_ES256) == ERR_OK);
    return key;
}

/* What was signed comes back, and fits only as a whole. */
static void round_trip(struct arena *a, struct view payload)
{
    struct buf b;
    struct jws jws;
    struct view text;
    buf_open(&b, a, (size_t)1 << 18);
    INSIST(jws_sign(&b, our_key(), "t", payload) == ERR_OK && buf_done(&b, &text) == ERR_OK);
    if (jws_read(&jws, a, text)) /* longer than any JWS that is read */
        return;
    INSIST(jws_verify(&jws, our_key()) == ERR_OK && view_equal(jws.payload, payload));
    jws.signed_part.n--;
    INSIST(jws_verify(&jws, our_key()) == ERR_MISMATCH);
}

static void read_each(struct arena *a, const struct json *jwk)
{
    static const enum jws_alg algs[] = {JWS_RS256, JWS_PS256, JWS_ES256, JWS_ES384, JWS_EDDSA};
    const struct jws_key *key;
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        INSIST(jws_key_read_public(&key, a, jwk, algs[i]) != ERR_OK || jws_key_alg(key) == algs[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct jws jws;
    struct json *j;
    struct jws_key *key = NULL;
    struct view all = view_bytes(data, size);
    if (size > 65536)
        return 0;
    arena_open(&a, 4 << 20);
    if (jws_read(&jws, &a, all) == ERR_OK) {
        INSIST(jws.alg != JWS_NONE_GIVEN && jws.signed_part.n < size && view_is(jws.payload));
        INSIST(jws_verify(&jws, our_key()) == ERR_MISMATCH);
    }
    if (jws_read_with_key(&jws, &a, all) == ERR_OK) {
        INSIST(jws_key_alg(jws.key) == jws.alg && strlen(jws_key_thumbprint(jws.key)) == 43);
        INSIST(jws_verify(&jws, our_key()) == ERR_MISMATCH && jws_verify(&jws, jws.key) != ERR_CRYPTO);
    }
    round_trip(&a, all);
    if (json_read(&j, &a, all, NULL) == ERR_OK) {
        read_each(&a, j);
        if (jws_key_read_jwk(&key, j) == ERR_OK) {
            INSIST(jws_key_alg(key) != JWS_NONE_GIVEN && *jws_key_id(key));
            jws_key_close(key);
        }
    }
    arena_close(&a);
    return 0;
}
