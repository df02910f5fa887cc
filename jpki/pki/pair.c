#include "jpki/pki/pair.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* The first attribute NID of a name; NULL if it has none. */
static const ASN1_STRING *attribute(const X509_NAME *name, int nid)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    return at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
}

static bool same_attribute(const X509_NAME *a, const X509_NAME *b, int nid)
{
    const ASN1_STRING *x = attribute(a, nid), *y = attribute(b, nid);
    return x && y && ASN1_STRING_cmp(x, y) == 0;
}

/* Facts 4.1: both hierarchies are C=JP, O=JPKI and differ in their OUs only; a test hierarchy has another O. */
static bool same_authority(const struct cert *auth, const struct cert *sign)
{
    const X509_NAME *a = X509_get_issuer_name(auth->x509), *b = X509_get_issuer_name(sign->x509);
    return same_attribute(a, b, NID_countryName) && same_attribute(a, b, NID_organizationName);
}

static bool same_key(const struct cert *auth, const struct cert *sign)
{
    return EVP_PKEY_eq(X509_get0_pubkey(auth->x509), X509_get0_pubkey(sign->x509)) == 1;
}

enum pair_answer pair_decide(const struct cert *auth, const struct cert *sign)
{
    if (same_key(auth, sign))
        return PAIR_ONE_KEY;
    if (!same_authority(auth, sign))
        return PAIR_OTHER_AUTHORITY;
    return auth->key == sign->key && auth->key_bits == sign->key_bits ? PAIR_FITS : PAIR_OTHER_GENERATION;
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
