/* Whatever a browser sends as a certificate: once as it is, once as the to-be-signed part under a right signature. */
#include "base/err.h"
#include "jpki/pki/der.h"
#include "jpki/pki/name.h"
#include "jpki/pki/person.h"
#include "jpki/pki/verify.h"
#include "tests/lib/fuzz_pki.h"
#include "tests/lib/openssl_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A point off its curve is found out when the proof is checked. */
static bool can_sign(const struct cert *c)
{
    struct pubkey_opened *key;
    enum err e = pubkey_open(&key, &c->key);
    pubkey_close(key);
    return e == ERR_OK;
}

static void judge(struct arena *a, struct view der, enum trust_purpose purpose)
{
    struct verify_verdict v;
    struct person person;
    const char *why;
    enum person_fault fault;
    struct verify_facts facts = {.der = der, .purpose = purpose, .now = 1800000000};
    enum err e = verify_certificate(&v, a, fuzz_pki()->trust, &facts);
    INSIST(e == ERR_OK || v.refusal == VERIFY_NO_VERDICT);
    INSIST(v.refusal != VERIFY_GOOD || (e == ERR_OK && v.root));
    INSIST(v.refusal != VERIFY_GOOD || !can_sign(&v.cert) || openssl_path_is_good(der, v.root, facts.now, &why));
    if (!e &&
        (v.refusal == VERIFY_GOOD || v.refusal >= VERIFY_ISSUER_UNKNOWN)) { /* the form was good: so is the name */
        struct view issuer;
        e = name_text(&issuer, a, v.cert.issuer_der, CERT_SIZE_MAX * 4);
        INSIST(e == ERR_OK || e == ERR_MEMORY || e == ERR_LIMIT);
    }
    if (v.cert.san.p) {
        e = person_read(&person, a, &v.cert, &fault);
        INSIST(e == ERR_MEMORY || (e == ERR_OK) == (fault == PERSON_FINE));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct der whole, content;
    struct view rest = view_bytes(data, size);
    arena_open(&a, 1 << 20);
    judge(&a, view_bytes(data, size), TRUST_AUTH);
    judge(&a, view_bytes(data, size), TRUST_SIGN);
    /* of a whole certificate the first element is the part that is signed */
    if (der_next(&whole, &rest) == ERR_OK && (rest = whole.body, der_next(&content, &rest)) == ERR_OK)
        judge(&a, fuzz_pki_sign(&a, content.all), TRUST_AUTH);
    judge(&a, fuzz_pki_sign(&a, view_bytes(data, size)), TRUST_AUTH);
    arena_close(&a);
    return 0;
}
