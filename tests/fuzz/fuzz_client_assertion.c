/* Any bytes as the claims of a client assertion: refused, or what they say keeps the limits; and good only when it is
 * of the client, for us, and neither over nor endless. */
#include "idp/rules/client_assertion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1000000 };

static void check(const struct client_assertion *t, enum client_profile profile)
{
    const struct client c = {.id = VIEW("a"), .profile = profile};
    const struct client_assertion_facts facts = {&c, VIEW("https://op.example"), VIEW("https://op.example/token"),
                                                 VIEW("https://op.example/par"), NOW};

    if (client_assertion_decide(t, &facts))
        return;
    INSIST(view_equal(t->iss, c.id) && view_equal(t->sub, c.id) && t->jti.n > 0);
    INSIST(t->exp > NOW && t->exp <= NOW + CLIENT_ASSERTION_LIFE_S + CLIENT_ASSERTION_SKEW_S);
    INSIST(t->n_aud > 0 && view_starts(t->aud[0], VIEW("https://op.example")));
    INSIST(client_assertion_end(t) == t->exp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jws jws = {.alg = JWS_ES256, .payload = view_bytes(data, size)};
    struct client_assertion t;
    struct arena a;

    arena_open(&a, 1 << 20);
    if (client_assertion_read(&t, &a, &jws) == ERR_OK) {
        INSIST(t.n_aud <= CLIENT_ASSERTION_AUD_MAX && t.exp >= 0 && t.nbf >= 0 && t.iat >= 0);
        check(&t, CLIENT_PROFILE_MUNI);
        check(&t, CLIENT_PROFILE_FAPI2);
    }
    arena_close(&a);
    return 0;
}
