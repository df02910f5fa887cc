/* Any bytes as a DPoP header, as the claims of a proof and as its htu: refused, or what they say keeps the limits; a
 * URL that is ours is ours in both directions. */
#include "idp/rules/dpop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1000000 };

static const struct jws_key *our_key(void)
{
    static struct jws_key *key;

    INSIST(key || jws_key_make(&key, JWS_ES256) == ERR_OK);
    return key;
}

static void check(struct arena *a, const struct jws *j)
{
    const struct client c = {.id = VIEW("a")};
    struct dpop_facts facts = {.client = &c, .method = "POST", .url = {VIEW("https://op.example/token")}, .now = NOW};
    struct dpop proof;

    if (dpop_read(&proof, a, j) || dpop_decide(&proof, &facts))
        return;
    INSIST(view_equal_text(proof.typ, "dpop+jwt") && view_equal_text(proof.htm, "POST") && proof.jti.n > 0);
    INSIST(dpop_end(&proof, &facts) > NOW && dpop_end(&proof, &facts) <= NOW + DPOP_PAST_S + DPOP_AHEAD_S);
    INSIST(!view_is(proof.nonce) && proof.key.kind == CNF_JKT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view all = view_bytes(data, size);
    struct jws plain = {.alg = JWS_ES256, .typ = VIEW("dpop+jwt"), .payload = all, .key = our_key()};
    struct jws brought;
    struct arena a;

    arena_open(&a, 4 << 20);
    if (jws_read_with_key(&brought, &a, all) == ERR_OK)
        check(&a, &brought);
    check(&a, &plain);
    INSIST(dpop_same_url(all, VIEW("https://op.example/token")) ==
           dpop_same_url(VIEW("https://op.example/token"), all));
    arena_close(&a);
    return 0;
}
