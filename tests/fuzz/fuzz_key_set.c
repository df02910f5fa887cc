/* Any bytes as a service's JWK set: refused, or keys that each serve one algorithm and of which few are asked. */
#include "idp/rules/key_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum jws_alg algs[] = {JWS_RS256, JWS_PS256, JWS_ES256, JWS_ES384, JWS_EDDSA};
    const struct jws_key *keys[KEY_SET_TRIES];
    struct arena a;
    struct key_set set;
    const char *why = NULL;
    if (size > 65536)
        return 0;
    arena_open(&a, 4 << 20);
    enum err e = key_set_read(&set, &a, view_bytes(data, size), &why);
    INSIST(e == ERR_OK || e == ERR_SYNTAX || e == ERR_LIMIT);
    for (size_t i = 0; !e && i < sizeof algs / sizeof *algs; i++) {
        struct jws j = {.alg = algs[i]};
        size_t n = key_set_candidates(keys, &set, &j);
        INSIST(n <= KEY_SET_TRIES);
        for (size_t k = 0; k < n; k++)
            INSIST(jws_key_alg(keys[k]) == algs[i]);
        j.kid = set.n ? set.rows[0].kid : VIEW("x");
        INSIST(key_set_candidates(keys, &set, &j) <= n);
    }
    arena_close(&a);
    return 0;
}
