#include "jpki/pki/pair.h"

#include "pki_rig.h"

static struct pki_rig rig;

static void open_rig(void)
{
    pki_rig_open(&rig, NULL, NO_FETCH);
}

static void close_rig(void)
{
    pki_rig_close(&rig);
}

TestSuite(pair, .init = open_rig, .fini = close_rig);

static enum pair_answer answer_of(const char *one, enum trust_purpose first, const char *other,
                                  enum trust_purpose second)
{
    struct cert a, b;
    const struct trust_root *root;
    pki_rig_cert(&rig, one, first, &a, &root);
    pki_rig_cert(&rig, other, second, &b, &root);
    return pair_decide(&a, &b);
}

Test(pair, two_certificates_of_one_card_fit)
{
    cr_expect_eq(answer_of("residents/hanako", TRUST_AUTH, "residents/hanako", TRUST_SIGN), PAIR_FITS);
    cr_expect_eq(answer_of("residents/nextgen", TRUST_AUTH, "residents/nextgen", TRUST_SIGN), PAIR_FITS);
    cr_expect_eq(answer_of("residents/generation2", TRUST_AUTH, "residents/generation2", TRUST_SIGN), PAIR_FITS);
}

Test(pair, one_key_is_no_pair)
{
    cr_expect_eq(answer_of("residents/hanako", TRUST_AUTH, "residents/hanako", TRUST_AUTH), PAIR_ONE_KEY);
}

Test(pair, a_card_is_of_one_generation)
{
    cr_expect_eq(answer_of("residents/hanako", TRUST_AUTH, "residents/nextgen", TRUST_SIGN), PAIR_OTHER_GENERATION);
    cr_expect_eq(answer_of("residents/nextgen", TRUST_AUTH, "residents/hanako", TRUST_SIGN), PAIR_OTHER_GENERATION);
}

/* The same certificate, issued under another organisation. */
static enum pair_answer under(const char *country, const char *organisation)
{
    struct cert auth, other;
    const struct trust_root *root;
    enum cert_fault fault;
    pki_rig_cert(&rig, "residents/hanako", TRUST_AUTH, &auth, &root);
    X509 *x = pki_rig_x509(&rig, "residents/hanako/sign.der");
    X509_NAME *name = X509_NAME_new();
    if (country)
        X509_NAME_add_entry_by_NID(name, NID_countryName, MBSTRING_ASC, (const uint8_t *)country, -1, -1, 0);
    X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8, (const uint8_t *)organisation, -1, -1, 0);
    X509_set_issuer_name(x, name);
    EVP_PKEY *key = pki_rig_key(&rig, "sign/ca3.key");
    struct view der = pki_rig_signed(&rig, x, key, EVP_sha256());
    cr_assert_eq(cert_read(&other, &rig.a, der, &fault), ERR_OK);
    enum pair_answer answer = pair_decide(&auth, &other);
    X509_NAME_free(name);
    X509_free(x);
    EVP_PKEY_free(key);
    return answer;
}

Test(pair, both_are_issued_by_one_authority)
{
    cr_expect_eq(under("JP", "GENKAN-TEST"), PAIR_FITS);
    cr_expect_eq(under("JP", "JPKI-TEST"), PAIR_OTHER_AUTHORITY);
    cr_expect_eq(under("KR", "GENKAN-TEST"), PAIR_OTHER_AUTHORITY);
    cr_expect_eq(under(NULL, "GENKAN-TEST"), PAIR_OTHER_AUTHORITY);
}

Test(pair, every_answer_has_its_name)
{
    for (enum pair_answer a = PAIR_FITS; a <= PAIR_OTHER_GENERATION; a++)
        cr_expect_not_null(pair_answer_name(a));
}
