/* Any bytes as a compact JWE: refused, or five parts that lie inside the text and open with no key of ours; as what a
 * JWE of ours holds; and as somebody's key. */
#include "base/jwe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const enum jwe_alg algs[] = {JWE_RSA_OAEP_256, JWE_ECDH_ES, JWE_ECDH_ES_A128KW, JWE_ECDH_ES_A256KW};

static const struct jwe_key *our_key(bool rsa)
{
    static struct jwe_key *keys[2];
    INSIST(keys[rsa] || jwe_key_make(&keys[rsa], rsa ? JWE_RSA_OAEP_256 : JWE_ECDH_ES) == ERR_OK);
    return keys[rsa];
}

/* What was encrypted comes back, and only as a whole. */
static void round_trip(struct arena *a, struct view plain)
{
    struct buf b;
    struct jwe jwe;
    struct view text, back;
    buf_open(&b, a, (size_t)1 << 18);
    INSIST(jwe_encrypt(&b, our_key(false), JWE_ECDH_ES, CONTENT_A128CBC_HS256, NULL, plain) == ERR_OK);
    INSIST(buf_done(&b, &text) == ERR_OK);
    if (jwe_read(&jwe, a, text)) /* longer than any JWE that is read */
        return;
    INSIST(jwe_decrypt(&back, a, &jwe, our_key(false)) == ERR_OK && view_equal(back, plain));
    jwe.header.n--;
    INSIST(jwe_decrypt(&back, a, &jwe, our_key(false)) == ERR_MISMATCH && !view_is(back));
}

static void read_each(struct arena *a, const struct json *jwk)
{
    const struct jwe_key *key;
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        INSIST(jwe_key_read_public(&key, a, jwk, algs[i]) != ERR_OK || jwe_key_fits(key, algs[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct jwe jwe;
    struct json *j;
    struct view all = view_bytes(data, size), plain;
    if (size > 65536)
        return 0;
    arena_open(&a, 8 << 20);
    if (jwe_read(&jwe, &a, all) == ERR_OK) {
        INSIST(jwe.alg != JWE_NONE_GIVEN && jwe.enc != CONTENT_NONE_GIVEN && jwe.header.n < size);
        INSIST(jwe_decrypt(&plain, &a, &jwe, our_key(jwe.alg == JWE_RSA_OAEP_256)) == ERR_MISMATCH);
        INSIST(jwe_decrypt(&plain, &a, &jwe, our_key(jwe.alg != JWE_RSA_OAEP_256)) == ERR_MISMATCH);
    }
    round_trip(&a, all);
    if (json_read(&j, &a, all, NULL) == ERR_OK)
        read_each(&a, j);
    arena_close(&a);
    return 0;
}
