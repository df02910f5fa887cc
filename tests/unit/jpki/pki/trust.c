#include "jpki/pki/trust.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "pki_rig.h"

#define REAL SOURCE_DIR "/tests/vectors/jpki-roots"

static struct arena a;
static char folder[] = "/tmp/genkan-trust-XXXXXX";

static void open_folder(void)
{
    arena_open(&a, 16 << 20);
    cr_assert(mkdtemp(folder));
    cr_assert(mkdir(arena_printf(&a, "%s/auth", folder), 0755) == 0);
    cr_assert(mkdir(arena_printf(&a, "%s/sign", folder), 0755) == 0);
}

static void close_folder(void)
{
    static const char *const uses[] = {"auth", "sign"};
    char **names;
    size_t n;
    for (size_t u = 0; u < 2; u++) {
        const char *sub = arena_printf(&a, "%s/%s", folder, uses[u]);
        if (file_list(&a, sub, "", &names, &n) == ERR_OK)
            for (size_t i = 0; i < n; i++)
                (void)unlink(arena_printf(&a, "%s/%s", sub, names[i]));
        (void)rmdir(sub);
    }
    (void)rmdir(folder);
    arena_close(&a);
}

TestSuite(trust, .init = open_folder, .fini = close_folder);

static struct view read_in(const char *path)
{
    struct view v;
    cr_assert_eq(file_read(&a, path, 1 << 20, &v), ERR_OK, "%s", path);
    return v;
}

/* FROM is copied to <folder>/TO. */
static void put(const char *from, const char *to)
{
    cr_assert_eq(file_write(arena_printf(&a, "%s/%s", folder, to), read_in(from), 0644), ERR_OK);
}

static enum err try_open(enum trust_kind kind, const char *in, const char *const *pins, size_t n_pins, char why[256])
{
    struct trust *t;
    struct trust_config config = {kind, in, pins, n_pins};
    enum err e = trust_open(&t, &config, why);
    cr_expect_eq(t != NULL, e == ERR_OK);
    trust_close(t);
    return e;
}

static void expect_refusal(enum trust_kind kind, const char *in, const char *rule)
{
    char why[256];
    cr_expect_eq(try_open(kind, in, NULL, 0, why), ERR_CONFIG);
    cr_expect(strstr(why, rule) != NULL, "\"%s\" should say \"%s\"", why, rule);
}

static const char *pin_of(const char *use, const char *path)
{
    uint8_t digest[SHA256_SIZE];
    char hex[2 * SHA256_SIZE + 1] = "";
    sha256(digest, read_in(path));
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return arena_printf(&a, "%s:%s", use, hex);
}

/* --- production and test never mix ----------------------------------------------------------------------------- */

Test(trust, production_refuses_the_test_roots)
{
    expect_refusal(TRUST_PRODUCTION, PKI "/trust", "not the JPKI's name");
}

Test(trust, production_refuses_a_test_root_even_if_the_operator_pins_it)
{
    char why[256];
    const char *pins[] = {pin_of("auth", PKI "/auth/ca3.der"), pin_of("sign", PKI "/sign/ca3.der")};
    cr_expect_eq(try_open(TRUST_PRODUCTION, PKI "/trust", pins, 2, why), ERR_CONFIG);
    cr_expect(strstr(why, "not the JPKI's name") != NULL, "%s", why);
}

Test(trust, production_refuses_one_test_root_among_real_ones)
{
    put(REAL "/auth/auth03.cer", "auth/a.cer");
    put(PKI "/auth/ca3.pem", "auth/b.pem");
    expect_refusal(TRUST_PRODUCTION, folder, "b.pem");
}

Test(trust, a_test_store_refuses_the_real_roots)
{
    expect_refusal(TRUST_TEST, REAL, "not a root of a test PKI");
}

Test(trust, production_takes_the_real_roots_by_their_pins)
{
    struct trust *t;
    char why[256];
    struct trust_config config = {.kind = TRUST_PRODUCTION, .folder = REAL};
    cr_assert_eq(trust_open(&t, &config, why), ERR_OK, "%s", why);
    cr_expect_eq(trust_kind_of(t), TRUST_PRODUCTION);
    cr_expect(trust_at(t, TRUST_AUTH, 1) && !trust_at(t, TRUST_AUTH, 2));
    cr_expect(trust_at(t, TRUST_SIGN, 2) && !trust_at(t, TRUST_SIGN, 3));
    trust_close(t);
}

/* The fingerprints are data; these are the certificates they were taken from. */
Test(trust, every_built_in_pin_is_the_fingerprint_of_a_real_root)
{
    static const char *const files[] = {"auth/auth01.cer", "auth/auth03.cer", "sign/sign01.cer", "sign/sign02.cer",
                                        "sign/sign03.cer"};
    size_t n;
    const struct trust_pin *pins = trust_pins(&n);
    cr_assert_eq(n, sizeof files / sizeof *files);
    for (size_t i = 0; i < n; i++) {
        uint8_t digest[SHA256_SIZE];
        sha256(digest, read_in(arena_printf(&a, REAL "/%s", files[i])));
        cr_expect(memcmp(digest, pins[i].sha256, SHA256_SIZE) == 0, "%s", pins[i].name);
        cr_expect_eq(pins[i].purpose, files[i][0] == 'a' ? TRUST_AUTH : TRUST_SIGN);
    }
}

/* --- rules for a root ------------------------------------------------------------------------------------------ */

Test(trust, refuses_a_real_root_in_the_folder_of_the_other_use)
{
    put(REAL "/auth/auth03.cer", "auth/a.cer");
    put(REAL "/auth/auth01.cer", "sign/a.cer");
    expect_refusal(TRUST_PRODUCTION, folder, "not the JPKI's name for this use");
}

Test(trust, refuses_a_test_root_in_the_folder_of_the_other_use)
{
    put(PKI "/auth/ca3.pem", "auth/a.pem");
    put(PKI "/auth/ca3.pem", "sign/a.pem");
    expect_refusal(TRUST_TEST, folder, "not a root of a test PKI for this use");
}

Test(trust, refuses_a_certificate_that_is_no_root)
{
    put(PKI "/residents/hanako/auth.der", "auth/a.der");
    expect_refusal(TRUST_TEST, folder, "issuer and subject differ");
}

Test(trust, refuses_a_root_whose_signature_does_not_fit)
{
    struct view root = read_in(PKI "/auth/ca3.der");
    uint8_t *p = arena_alloc(&a, root.n);
    memcpy(p, root.p, root.n);
    p[root.n - 1] ^= 1;
    cr_assert_eq(file_write(arena_printf(&a, "%s/auth/a.der", folder), view_bytes(p, root.n), 0644), ERR_OK);
    expect_refusal(TRUST_TEST, folder, "its own signature does not fit");
}

static struct pki_rig rig;

/* The third authentication root, changed and signed again with its own key. */
static void put_changed(void (*change)(X509 *), const EVP_MD *md)
{
    X509 *root = pki_rig_x509(&rig, "auth/ca3.der");
    EVP_PKEY *key = pki_rig_key(&rig, "auth/ca3.key");
    if (change)
        change(root);
    struct view der = pki_rig_signed(&rig, root, key, md);
    cr_assert_eq(file_write(arena_printf(&a, "%s/auth/a.der", folder), der, 0644), ERR_OK);
    EVP_PKEY_free(key);
    X509_free(root);
}

static void drop(X509 *x, int nid)
{
    X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1)));
}

static void drop_ca(X509 *x)
{
    drop(x, NID_basic_constraints);
}

static void drop_key_id(X509 *x)
{
    drop(x, NID_subject_key_identifier);
}

static void drop_usage(X509 *x)
{
    drop(x, NID_key_usage);
}

static void weaken_key(X509 *x)
{
    EVP_PKEY *small = EVP_RSA_gen(1024);
    X509_set_pubkey(x, small);
    EVP_PKEY_free(small);
}

Test(trust, refuses_roots_that_are_not_marked_as_authorities)
{
    pki_rig_open(&rig, NULL, NO_FETCH);
    put_changed(NULL, EVP_sha256());
    cr_expect_eq(try_open(TRUST_TEST, folder, NULL, 0, NULL), ERR_OK, "signing again alone changes nothing");
    put_changed(drop_ca, EVP_sha256());
    expect_refusal(TRUST_TEST, folder, "not marked as an authority");
    put_changed(drop_key_id, EVP_sha256());
    expect_refusal(TRUST_TEST, folder, "not marked as an authority");
    put_changed(drop_usage, EVP_sha256());
    expect_refusal(TRUST_TEST, folder, "not marked as an authority");
    pki_rig_close(&rig);
}

Test(trust, refuses_weak_roots)
{
    pki_rig_open(&rig, NULL, NO_FETCH);
    put_changed(NULL, EVP_sha1());
    expect_refusal(TRUST_TEST, folder, "not on the allow-list");
    put_changed(weaken_key, EVP_sha256());
    expect_refusal(TRUST_TEST, folder, "not on the allow-list");
    pki_rig_close(&rig);
}

Test(trust, refuses_files_that_are_no_certificates)
{
    cr_assert_eq(file_write(arena_printf(&a, "%s/auth/a.cer", folder), VIEW("hello"), 0644), ERR_OK);
    expect_refusal(TRUST_TEST, folder, "no certificate in it");
    cr_assert_eq(file_write(arena_printf(&a, "%s/auth/a.cer", folder), VIEW("\x30\x00"), 0644), ERR_OK);
    expect_refusal(TRUST_TEST, folder, "CERT_NOT_X509");
    put(PKI "/auth/ca3.key", "auth/a.cer");
    expect_refusal(TRUST_TEST, folder, "something else than certificates");
}

Test(trust, refuses_a_folder_without_authentication_roots)
{
    put(PKI "/sign/ca3.pem", "sign/a.pem");
    expect_refusal(TRUST_TEST, folder, "no root for user authentication");
    cr_expect_eq(try_open(TRUST_TEST, "/nonexistent", NULL, 0, NULL), ERR_NOT_FOUND);
}

Test(trust, does_without_sign_roots)
{
    put(PKI "/auth/ca3.pem", "auth/a.pem");
    cr_expect_eq(try_open(TRUST_TEST, folder, NULL, 0, NULL), ERR_OK);
    cr_assert_eq(rmdir(arena_printf(&a, "%s/sign", folder)), 0);
    cr_expect_eq(try_open(TRUST_TEST, folder, NULL, 0, NULL), ERR_OK);
}

/* --- pins ------------------------------------------------------------------------------------------------------ */

Test(trust, refuses_pins_that_are_no_fingerprints)
{
    static const char *const bad[] = {
        "",
        "auth:",
        "4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D",
        "root:4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D",
        "auth:4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7",
        "auth:4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D0",
        "auth:4DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7G",
        "auth:4:DCFC4CA0AAF9FB2A3081B3F0C991C320B3ACC008667A341EEAEC5AF1D58CA7D",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[256];
        cr_expect_eq(try_open(TRUST_PRODUCTION, REAL, &bad[i], 1, why), ERR_CONFIG, "%s", bad[i]);
        cr_expect(strstr(why, "64 hex digits") != NULL);
    }
}

/* What is true of auth 02: a genuine name, and no fingerprint that we know. A self-made root stands in for it. */
Test(trust, a_root_of_the_right_name_without_a_pin_is_refused)
{
    put(SOURCE_DIR "/tests/vectors/jpki-roots/imitation/auth.cer", "auth/auth02.cer");
    expect_refusal(TRUST_PRODUCTION, folder, "its SHA-256 fingerprint is not pinned");
}

Test(trust, the_operators_pin_lets_a_root_of_the_right_name_in)
{
    char why[256];
    const char *pin = pin_of("auth", SOURCE_DIR "/tests/vectors/jpki-roots/imitation/auth.cer");
    const char *other_use = arena_printf(&a, "sign:%s", pin + 5);
    put(SOURCE_DIR "/tests/vectors/jpki-roots/imitation/auth.cer", "auth/auth02.cer");
    cr_expect_eq(try_open(TRUST_PRODUCTION, folder, &pin, 1, why), ERR_OK, "%s", why);
    cr_expect_eq(try_open(TRUST_PRODUCTION, folder, &other_use, 1, why), ERR_CONFIG);
}

Test(trust, reads_pins_as_openssl_prints_them)
{
    const char *pin = "auth:4D:CF:C4:CA:0A:AF:9F:B2:A3:08:1B:3F:0C:99:1C:32:0B:3A:CC:00:86:67:A3:41:EE:AE:C5:AF:1D:58:"
                      "CA:7d";
    char why[256];
    cr_expect_eq(try_open(TRUST_PRODUCTION, REAL, &pin, 1, why), ERR_OK, "%s", why);
}
