/* Any bytes as a compact JWS: refused, or three parts that lie inside the text; and as a JWK. */
#include "base/jws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    if (jws_read(&jws, &a, all) == ERR_OK)
        INSIST(jws.alg != JWS_NONE_GIVEN && jws.signed_part.n < size && view_is(jws.payload));
    if (json_read(&j, &a, all, NULL) == ERR_OK && jws_key_read_jwk(&key, j) == ERR_OK) {
        INSIST(jws_key_alg(key) != JWS_NONE_GIVEN && *jws_key_id(key));
        jws_key_close(key);
    }
    arena_close(&a);
    return 0;
}
