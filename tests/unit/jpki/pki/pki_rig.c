#include "pki_rig.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdarg.h>

#include "base/file.h"
#include "base/text.h"

static int64_t made_at(struct pki_rig *r)
{
    struct view text = pki_rig_file(r, "made-at");
    int64_t at = 0;
    cr_assert(text_to_int(view_part(text, 0, text.n - 1), &at));
    return at;
}

int64_t pki_rig_step_ms = 600000;

int64_t pki_rig_steady_ms(void)
{
    static int64_t now;
    return now += pki_rig_step_ms;
}

void pki_rig_open(struct pki_rig *r, const char *crls, struct revocation_fetch fetch)
{
    char why[256];
    *r = (struct pki_rig){0};
    arena_open(&r->a, 64 << 20);
    r->now = made_at(r);
    struct trust_config trust = {.kind = TRUST_TEST, .folder = PKI "/trust"};
    cr_assert_eq(trust_open(&r->trust, &trust, why), ERR_OK, "%s", why);
    const char *folder = crls ? arena_printf(&r->a, PKI "/%s", crls) : NULL;
    struct revocation_config config = {.trust = r->trust,
                                       .crl_folder = folder,
                                       .ocsp = fetch.post != NULL,
                                       .fetch = fetch,
                                       .steady_ms = pki_rig_steady_ms};
    cr_assert_eq(revocation_open(&r->revocation, &config, why), ERR_OK, "%s", why);
}

void pki_rig_close(struct pki_rig *r)
{
    revocation_close(r->revocation);
    arena_close(&r->a);
    trust_close(r->trust);
}

struct view pki_rig_file(struct pki_rig *r, const char *path, ...)
{
    char rest[512];
    struct view out;
    va_list args;
    va_start(args, path);
    vsnprintf(rest, sizeof rest, path, args);
    va_end(args);
    const char *full = arena_printf(&r->a, PKI "/%s", rest);
    cr_assert_eq(file_read(&r->a, full, 1 << 20, &out), ERR_OK, "%s", full);
    return out;
}

static const char *word_of(enum trust_purpose purpose)
{
    return purpose == TRUST_AUTH ? "auth" : "sign";
}

void pki_rig_cert(struct pki_rig *r, const char *card, enum trust_purpose purpose, struct cert *c,
                  const struct trust_root **root)
{
    enum cert_fault fault;
    enum trust_answer answer;
    struct view der = pki_rig_file(r, "%s/%s.der", card, word_of(purpose));
    cr_assert_eq(cert_read(c, &r->a, der, &fault), ERR_OK, "%s: %s", card, cert_fault_name(fault));
    cr_assert_eq(trust_find(r->trust, purpose, c, root, &answer), ERR_OK);
    cr_assert_eq(answer, TRUST_FOUND, "%s", card);
}

EVP_PKEY *pki_rig_key(struct pki_rig *r, const char *path)
{
    struct view pem = pki_rig_file(r, "%s", path);
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    cr_assert_not_null(key);
    return key;
}

X509 *pki_rig_x509(struct pki_rig *r, const char *path)
{
    struct view der = pki_rig_file(r, "%s", path);
    const unsigned char *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    cr_assert_not_null(x);
    return x;
}

struct view pki_rig_signed(struct pki_rig *r, X509 *x, EVP_PKEY *key, const EVP_MD *md)
{
    cr_assert(X509_sign(x, key, md) > 0);
    int n = i2d_X509(x, NULL);
    uint8_t *der = arena_alloc(&r->a, (size_t)n), *end = der;
    cr_assert_eq(i2d_X509(x, &end), n);
    return view_bytes(der, (size_t)n);
}

static EVP_PKEY *key_of(struct pki_rig *r, const char *card, enum trust_purpose purpose)
{
    return pki_rig_key(r, arena_printf(&r->a, "%s/%s.key", card, word_of(purpose)));
}

static struct view sign(struct pki_rig *r, EVP_PKEY *key, struct view message)
{
    uint8_t *sig = arena_alloc(&r->a, 1024);
    size_t n = 1024;
    const EVP_MD *md = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC        ? EVP_sha384()
                       : EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL
                                                                       : EVP_sha256();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    cr_assert_eq(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
    cr_assert_eq(EVP_DigestSign(ctx, sig, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    return view_bytes(sig, n);
}

struct verify_facts pki_rig_facts(struct pki_rig *r, const char *card, enum trust_purpose purpose, struct view message)
{
    EVP_PKEY *key = key_of(r, card, purpose);
    struct verify_facts facts = {.der = pki_rig_file(r, "%s/%s.der", card, word_of(purpose)),
                                 .alg = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? JWS_ES384 : JWS_RS256,
                                 .sig = sign(r, key, message),
                                 .message = message,
                                 .purpose = purpose,
                                 .now = r->now};
    EVP_PKEY_free(key);
    return facts;
}

struct verify_verdict pki_rig_verdict(struct pki_rig *r, const char *card, enum trust_purpose purpose)
{
    struct verify_verdict v;
    struct verify_facts facts = pki_rig_facts(r, card, purpose, VIEW("GENKAN-CARD/1\0message"));
    cr_assert_eq(verify_proof(&v, &r->a, r->trust, r->revocation, &facts), ERR_OK);
    return v;
}
