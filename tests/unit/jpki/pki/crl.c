#include "jpki/pki/crl.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

#include "certs/folder.h"
#include "pki_rig.h"

static struct pki_rig r;
static struct authority ca;
static const struct town sakai = {"Osaka-fu", "Sakai-shi", "27141"};

static void open_all(void)
{
    pki_rig_open(&r, NULL, NO_FETCH);
    ca = (struct authority){AUTH, 3, pki_rig_key(&r, "auth/ca3.key"), pki_rig_x509(&r, "auth/ca3.der")};
}

static void close_all(void)
{
    EVP_PKEY_free(ca.key);
    X509_free(ca.cert);
    pki_rig_close(&r);
}

TestSuite(crl, .init = open_all, .fini = close_all);

static struct view der_of(X509_CRL *list)
{
    int n = i2d_X509_CRL(list, NULL);
    uint8_t *der = arena_alloc(&r.a, (size_t)n), *end = der;
    cr_assert_eq(i2d_X509_CRL(list, &end), n);
    X509_CRL_free(list);
    return view_bytes(der, (size_t)n);
}

static X509_CRL *make_list(void)
{
    return pki_make_crl(&ca, &sakai, NULL, 0, r.now - 10, r.now + 1000, CRL_SOUND);
}

static enum crl_fault fault_of(struct view bytes)
{
    struct crl crl;
    enum crl_fault fault;
    enum err e = crl_read(&crl, &r.a, r.trust, bytes, &fault);
    cr_expect_eq(e, fault ? ERR_SYNTAX : ERR_OK);
    crl_close(&crl);
    return fault;
}

static void set_scope(X509_CRL *list, void (*change)(ISSUING_DIST_POINT *))
{
    int critical;
    ISSUING_DIST_POINT *scope = X509_CRL_get_ext_d2i(list, NID_issuing_distribution_point, &critical, NULL);
    change(scope);
    cr_assert(X509_CRL_add1_ext_i2d(list, NID_issuing_distribution_point, scope, 1, X509V3_ADD_REPLACE) == 1);
    cr_assert(X509_CRL_sign(list, ca.key, EVP_sha256()) > 0);
    ISSUING_DIST_POINT_free(scope);
}

static void make_indirect(ISSUING_DIST_POINT *scope)
{
    scope->indirectCRL = 0xFF;
}

static void make_attributes(ISSUING_DIST_POINT *scope)
{
    scope->onlyuser = 0;
    scope->onlyattr = 0xFF;
}

static void make_some_reasons(ISSUING_DIST_POINT *scope)
{
    scope->onlysomereasons = ASN1_BIT_STRING_new();
    ASN1_BIT_STRING_set_bit(scope->onlysomereasons, 1, 1);
}

static void make_nameless(ISSUING_DIST_POINT *scope)
{
    GENERAL_NAME *name = sk_GENERAL_NAME_value(scope->distpoint->name.fullname, 0);
    ASN1_IA5STRING *uri = ASN1_IA5STRING_new();
    ASN1_STRING_set(uri, "http://crl.example/", -1);
    X509_NAME_free(name->d.directoryName);
    GENERAL_NAME_set0_value(name, GEN_URI, uri);
}

Test(crl, refuses_lists_of_another_scope)
{
    void (*const changes[])(ISSUING_DIST_POINT *) = {make_indirect, make_attributes, make_some_reasons, make_nameless};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        X509_CRL *list = make_list();
        set_scope(list, changes[i]);
        cr_expect_eq(fault_of(der_of(list)), CRL_BAD_SCOPE, "change %zu", i);
    }
}

Test(crl, refuses_a_list_that_is_ber)
{
    struct view der = der_of(make_list());
    cr_expect_eq(fault_of(der), CRL_FINE);
    uint8_t *ber = arena_alloc(&r.a, der.n + 1);
    cr_assert_eq(der.p[1], 0x82);
    memcpy(ber, "\x30\x83\x00", 3);
    memcpy(ber + 3, der.p + 2, der.n - 2);
    cr_expect_eq(fault_of(view_bytes(ber, der.n + 1)), CRL_NOT_DER);
}

Test(crl, refuses_every_changed_byte)
{
    struct view der = der_of(make_list());
    uint8_t *p = arena_alloc(&r.a, der.n);
    for (size_t i = 0; i < der.n; i++) {
        memcpy(p, der.p, der.n);
        p[i] ^= 0x01;
        cr_expect_neq(fault_of(view_bytes(p, der.n)), CRL_FINE, "byte %zu", i);
    }
}

/* One bit "unused" in a signature that ends in 0 is DER, and would leave the signature as it was. */
Test(crl, refuses_a_signature_that_does_not_fill_its_octets)
{
    struct view der = VIEW_NONE;
    for (int i = 0; !der.n || der.p[der.n - 1] & 1; i++)
        der = der_of(pki_make_crl(&ca, &sakai, NULL, 0, r.now - 10, r.now + 1000 + i, CRL_SOUND));
    uint8_t *p = arena_alloc(&r.a, der.n), *unused = p + der.n - (size_t)EVP_PKEY_get_size(ca.key) - 1;
    memcpy(p, der.p, der.n);
    cr_assert_eq(*unused, 0);
    *unused = 1;
    cr_expect_eq(fault_of(der), CRL_FINE);
    cr_expect_eq(fault_of(view_bytes(p, der.n)), CRL_NOT_CRL);
}

Test(crl, refuses_an_entry_with_an_unknown_critical_extension)
{
    X509_CRL *list = make_list();
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *at = ASN1_TIME_set(NULL, r.now - 100);
    ASN1_INTEGER_set(serial, 5);
    X509_REVOKED_set_serialNumber(revoked, serial);
    X509_REVOKED_set_revocationDate(revoked, at);
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_DIRNAME, pki_authority_name(SIGN));
    sk_GENERAL_NAME_push(names, name);
    cr_assert(X509_REVOKED_add1_ext_i2d(revoked, NID_certificate_issuer, names, 1, 0) == 1);
    cr_assert(X509_CRL_add0_revoked(list, revoked) && X509_CRL_sign(list, ca.key, EVP_sha256()) > 0);
    GENERAL_NAMES_free(names);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(at);
    cr_expect_eq(fault_of(der_of(list)), CRL_UNKNOWN_CRITICAL);
}

Test(crl, refuses_a_list_without_next_update)
{
    X509_CRL *list = make_list();
    X509_CRL *bare = X509_CRL_new();
    X509_CRL_set_version(bare, X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(bare, X509_CRL_get_issuer(list));
    X509_CRL_set1_lastUpdate(bare, X509_CRL_get0_lastUpdate(list));
    cr_assert(X509_CRL_sign(bare, ca.key, EVP_sha256()) > 0);
    X509_CRL_free(list);
    cr_expect_eq(fault_of(der_of(bare)), CRL_NOT_CRL);
}

/* A root whose own keyUsage does not allow it to sign lists. */
Test(crl, refuses_a_list_of_a_root_that_may_not_sign_lists)
{
    char folder[] = "/tmp/genkan-crl-XXXXXX", why[256];
    cr_assert(mkdtemp(folder));
    X509 *root = pki_rig_x509(&r, "auth/ca3.der");
    X509_EXTENSION_free(X509_delete_ext(root, X509_get_ext_by_NID(root, NID_key_usage, -1)));
    ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
    ASN1_BIT_STRING_set_bit(usage, 5, 1); /* keyCertSign only */
    cr_assert(X509_add1_ext_i2d(root, NID_key_usage, usage, 1, 0) == 1);
    ASN1_BIT_STRING_free(usage);
    (void)pki_rig_signed(&r, root, ca.key, EVP_sha256());
    folder_put_cert(&(struct folder){folder}, root, "auth/ca.der");
    X509_free(root);
    trust_close(r.trust);
    cr_assert_eq(trust_open(&r.trust, &(struct trust_config){.kind = TRUST_TEST, .folder = folder}, why), ERR_OK, "%s",
                 why);
    cr_expect_eq(fault_of(der_of(make_list())), CRL_NO_ISSUER);
}

Test(crl, reads_a_list_in_pem)
{
    struct view der = der_of(make_list());
    const unsigned char *p = der.p;
    X509_CRL *list = d2i_X509_CRL(NULL, &p, (long)der.n);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    cr_assert(PEM_write_bio_X509_CRL(bio, list));
    long n = BIO_get_mem_data(bio, &text);
    cr_expect_eq(fault_of(view_bytes(text, (size_t)n)), CRL_FINE);
    cr_expect_eq(fault_of(pki_rig_file(&r, "auth/ca3.pem")), CRL_NOT_DER, "a certificate is no list");
    BIO_free(bio);
    X509_CRL_free(list);
}

Test(crl, speaks_only_about_its_own_point_and_root)
{
    struct crl crl;
    enum crl_fault fault;
    struct cert hanako, taro;
    const struct trust_root *root, *other = trust_at(r.trust, TRUST_SIGN, 0);
    cr_assert_eq(crl_read(&crl, &r.a, r.trust, der_of(make_list()), &fault), ERR_OK);
    pki_rig_cert(&r, "residents/hanako", TRUST_AUTH, &hanako, &root);
    pki_rig_cert(&r, "residents/taro", TRUST_AUTH, &taro, &root);
    cr_expect(crl_covers(&crl, &hanako, root));
    cr_expect(!crl_covers(&crl, &hanako, other));
    cr_expect(!crl_covers(&crl, &taro, root));
    crl_close(&crl);
}

/* Among many, first and last included, by numbers of different lengths. */
Test(crl, finds_every_entry_and_no_other)
{
    enum { N = 5000 };
    struct crl crl;
    enum crl_fault fault;
    X509_CRL *list = make_list();
    for (int i = N; i > 0; i--) { /* not in order */
        X509_REVOKED *revoked = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        ASN1_INTEGER_set_uint64(serial, (uint64_t)i * 2 * 1000003);
        ASN1_TIME *at = ASN1_TIME_set(NULL, r.now - i);
        X509_REVOKED_set_serialNumber(revoked, serial);
        X509_REVOKED_set_revocationDate(revoked, at);
        X509_CRL_add0_revoked(list, revoked);
        ASN1_INTEGER_free(serial);
        ASN1_TIME_free(at);
    }
    cr_assert(X509_CRL_sign(list, ca.key, EVP_sha256()) > 0);
    cr_assert_eq(crl_read(&crl, &r.a, r.trust, der_of(list), &fault), ERR_OK);
    cr_expect_eq(crl.serials.n, N);
    for (uint64_t i = 1; i <= 2 * N; i++) {
        uint8_t serial[9] = {0};
        uint64_t value = i * 1000003;
        for (size_t b = 0; b < 8; b++)
            serial[8 - b] = (uint8_t)(value >> 8 * b);
        struct serials_entry entry;
        bool found = serials_find(&entry, &crl.serials, VIEW_ARRAY(serial));
        cr_expect_eq(found, i % 2 == 0, "%d", (int)i);
        cr_expect(!found || (entry.at == r.now - (int64_t)(i / 2) && entry.reason == -1));
    }
    crl_close(&crl);
}

/* --- files ----------------------------------------------------------------------------------------------------- */

static char path[] = "/tmp/genkan-crl-XXXXXX";

static enum err read_file(struct view bytes, struct crl *crl, enum crl_fault *fault)
{
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, bytes.p, bytes.n) == (ssize_t)bytes.n);
    close(fd);
    enum err e = crl_read_file(crl, &r.a, r.trust, path, fault);
    unlink(path);
    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    return e;
}

/* Longer than the window through which a file is read, with an entry across each of its edges. */
static struct view long_list(void)
{
    X509_CRL *list = make_list();
    for (int i = 1; i <= 20000; i++) {
        X509_REVOKED *revoked = X509_REVOKED_new();
        ASN1_INTEGER *serial = ASN1_INTEGER_new();
        ASN1_TIME *at = ASN1_TIME_set(NULL, r.now - 1);
        ASN1_INTEGER_set(serial, 7 * i);
        X509_REVOKED_set_serialNumber(revoked, serial);
        X509_REVOKED_set_revocationDate(revoked, at);
        X509_CRL_add0_revoked(list, revoked);
        ASN1_INTEGER_free(serial);
        ASN1_TIME_free(at);
    }
    cr_assert(X509_CRL_sign(list, ca.key, EVP_sha256()) > 0);
    return der_of(list);
}

Test(crl, a_long_file_is_read_as_the_same_bytes_are)
{
    struct crl crl, same;
    enum crl_fault fault;
    struct view der = long_list();
    cr_assert_gt(der.n, 300000);
    cr_assert_eq(read_file(der, &crl, &fault), ERR_OK, "%s", crl_fault_text(fault));
    cr_assert_eq(crl_read(&same, &r.a, r.trust, der, &fault), ERR_OK);
    cr_expect(crl.serials.n == 20000 && same.serials.n == 20000 && crl.root == same.root);
    cr_expect(view_equal(view_bytes(crl.serials.entries, 20000 * (crl.serials.width + 5)),
                         view_bytes(same.serials.entries, 20000 * (same.serials.width + 5))));
    crl_close(&crl);
    crl_close(&same);
}

Test(crl, refuses_a_long_file_that_is_cut_off_changed_or_has_more_behind_it)
{
    struct crl crl;
    enum crl_fault fault;
    struct view der = long_list();
    uint8_t *p = arena_alloc(&r.a, der.n + 1);
    memcpy(p, der.p, der.n);
    static const size_t cuts[] = {0, 1, 5, 100, 65536, 262144};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        cr_expect_eq(read_file(view_part(der, 0, cuts[i]), &crl, &fault), ERR_SYNTAX, "%zu bytes", cuts[i]);
        cr_expect_eq(read_file(view_part(der, 0, der.n - 1 - cuts[i]), &crl, &fault), ERR_SYNTAX);
    }
    cr_expect_eq(read_file(view_bytes(p, der.n + 1), &crl, &fault), ERR_SYNTAX);
    for (size_t at = 1000; at < der.n; at += 40009) {
        p[at] ^= 0x01;
        cr_expect_eq(read_file(view_bytes(p, der.n), &crl, &fault), ERR_SYNTAX, "byte %zu", at);
        p[at] ^= 0x01;
    }
}

Test(crl, a_file_in_pem_is_read_too_and_a_missing_one_is_said_to_be_missing)
{
    struct crl crl;
    enum crl_fault fault;
    struct view der = der_of(make_list());
    const unsigned char *p = der.p;
    X509_CRL *list = d2i_X509_CRL(NULL, &p, (long)der.n);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    cr_assert(PEM_write_bio_X509_CRL(bio, list));
    long n = BIO_get_mem_data(bio, &text);
    cr_expect_eq(read_file(view_bytes(text, (size_t)n), &crl, &fault), ERR_OK);
    crl_close(&crl);
    BIO_free(bio);
    X509_CRL_free(list);
    cr_expect_eq(crl_read_file(&crl, &r.a, r.trust, "/nonexistent", &fault), ERR_NOT_FOUND);
    cr_expect_eq(crl_read_file(&crl, &r.a, r.trust, "/tmp", &fault), ERR_IO);
}
