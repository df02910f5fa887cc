#include "jpki/pki/pair.h"

#include "jpki/pki/name.h"

#define COUNTRY      VIEW("\x55\x04\x06")
#define ORGANIZATION VIEW("\x55\x04\x0A")

static bool same_attribute(const struct cert *a, const struct cert *b, struct view type)
{
    struct view x = name_attribute(a->issuer_der, type), y = name_attribute(b->issuer_der, type);
    return x.p && view_equal(x, y);
}

/* Facts 4.1: both hierarchies are C=JP, O=JPKI and differ in their OUs only; a test hierarchy has another O. */
static bool same_authority(const struct cert *auth, const struct cert *sign)
{
    return same_attribute(auth, sign, COUNTRY) && same_attribute(auth, sign, ORGANIZATION);
}

static bool same_key(const struct pubkey *a, const struct pubkey *b)
{
    return a->kind == b->kind && view_equal(a->modulus, b->modulus) && view_equal(a->exponent, b->exponent) &&
           view_equal(a->point, b->point);
}

enum pair_answer pair_decide(const struct cert *auth, const struct cert *sign)
{
    if (same_key(&auth->key, &sign->key))
        return PAIR_ONE_KEY;
    if (!same_authority(auth, sign))
        return PAIR_OTHER_AUTHORITY;
    return auth->key.kind == sign->key.kind && auth->key.bits == sign->key.bits ? PAIR_FITS : PAIR_OTHER_GENERATION;
}

const char *pair_answer_name(enum pair_answer answer)
{
    static const char *const names[] = {
        [PAIR_FITS] = "PAIR_FITS",
        [PAIR_ONE_KEY] = "PAIR_ONE_KEY",
        [PAIR_OTHER_AUTHORITY] = "PAIR_OTHER_AUTHORITY",
        [PAIR_OTHER_GENERATION] = "PAIR_OTHER_GENERATION",
    };
    return names[answer];
}
