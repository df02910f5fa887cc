/* Any bytes as the claims of a request object: refused, or what counts alone is of the client, for us and not endless;
 * and nothing that was sent beside it is left in the request. */
#include "idp/rules/request_object.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1000000 };

static bool is_outside(struct view v)
{
    return view_equal_text(v, "outside");
}

static void check_alone(const struct request_object *o)
{
    struct authz_params p = {.client_id = VIEW("outside"),
                             .redirect_uri = VIEW("outside"),
                             .scope = VIEW("outside"),
                             .nonce = VIEW("outside"),
                             .max_age = VIEW("outside")};

    INSIST(request_object_apply(&p, o, REQUEST_OBJECT_ALONE) == REFUSAL_NONE);
    INSIST(is_outside(o->params.nonce) || !is_outside(p.nonce));
    INSIST(is_outside(o->params.scope) || !is_outside(p.scope));
    INSIST(is_outside(o->params.redirect_uri) || !is_outside(p.redirect_uri));
    INSIST(!is_outside(p.max_age) && p.signed_object);
}

static void check(const struct request_object *o, enum client_profile profile, bool pushed)
{
    const struct client c = {.id = VIEW("a"), .profile = profile};
    const struct request_object_facts facts = {&c, VIEW("https://op.example"), request_object_way(&c, pushed), NOW};

    if (request_object_decide(o, &facts))
        return;
    INSIST(!o->nested && !view_equal(o->sub, c.id));
    INSIST(!o->has_exp || o->exp > NOW);
    if (facts.way != REQUEST_OBJECT_ALONE)
        return;
    INSIST(view_equal(o->params.client_id, c.id) && o->aud && o->has_exp);
    check_alone(o);
    if (profile == CLIENT_PROFILE_FAPI2)
        INSIST(o->has_nbf && o->exp - o->nbf <= REQUEST_OBJECT_LIFE_S && view_equal(o->iss, c.id));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct jws jws = {.alg = JWS_ES256, .payload = view_bytes(data, size)};
    struct request_object o;
    struct arena a;

    arena_open(&a, 1 << 20);
    if (request_object_read(&o, &a, &jws) == ERR_OK) {
        INSIST(o.exp >= 0 && o.nbf >= 0);
        check(&o, CLIENT_PROFILE_MUNI, false);
        check(&o, CLIENT_PROFILE_BASIC, false);
        check(&o, CLIENT_PROFILE_FAPI2, true);
    }
    arena_close(&a);
    return 0;
}
