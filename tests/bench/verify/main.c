/* genkan-verify-bench [FOLDER [COUNT]]: what the server pays for one card login's proof: certificate, path, dates, use,
 * signature, revocation by lists. Compared with the limit nobody can go below with this library: the two bare signature
 * checks. CPU time of one thread. */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "jpki/pki/verify.h"

struct bench {
    struct arena a;
    const char *pki;
    int64_t count;
    struct trust *trust;
    struct revocation *revocation;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "genkan-verify-bench: %s\n", what);
    exit(1);
}

static double cpu_us(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0, "no clock");
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct view read_file(struct bench *b, const char *name)
{
    struct view v;
    const char *path = arena_printf(&b->a, "%s/%s", b->pki, name);
    must(file_read(&b->a, path, 1 << 20, &v) == ERR_OK, path);
    return v;
}

static EVP_PKEY *read_key(struct bench *b, const char *name)
{
    struct view pem = read_file(b, name);
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    must(key != NULL, name);
    return key;
}

static const EVP_MD *digest_of(enum jws_alg alg)
{
    return alg == JWS_ES384 ? EVP_sha384() : EVP_sha256();
}

static struct view sign(struct bench *b, EVP_PKEY *key, enum jws_alg alg, struct view message)
{
    size_t n = 1024;
    uint8_t *sig = arena_alloc(&b->a, n);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(EVP_DigestSignInit(ctx, NULL, digest_of(alg), NULL, key) == 1 &&
             EVP_DigestSign(ctx, sig, &n, message.p, message.n) == 1,
         "cannot sign");
    EVP_MD_CTX_free(ctx);
    return view_bytes(sig, n);
}

/* CPU of one bare check of this key. */
static double check_us(struct bench *b, EVP_PKEY *key, enum jws_alg alg)
{
    uint8_t digest[48] = {1};
    size_t n = alg == JWS_ES384 ? 48 : 32, size = 1024;
    uint8_t sig[1024];
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    must(EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_CTX_set_signature_md(c, digest_of(alg)) == 1 &&
             EVP_PKEY_sign(c, sig, &size, digest, n) == 1,
         "cannot sign");
    must(EVP_PKEY_verify_init(c) == 1 && EVP_PKEY_CTX_set_signature_md(c, digest_of(alg)) == 1, "cannot check");
    double from = cpu_us();
    for (int64_t i = 0; i < b->count; i++)
        must(EVP_PKEY_verify(c, sig, size, digest, n) == 1, "a signature does not fit");
    double us = (cpu_us() - from) / (double)b->count;
    EVP_PKEY_CTX_free(c);
    return us;
}

static double verify_us(struct bench *b, const struct verify_facts *facts)
{
    struct arena request;
    arena_open(&request, 1 << 20);
    double from = cpu_us();
    for (int64_t i = 0; i < b->count; i++) {
        struct verify_verdict v;
        must(verify_proof(&v, &request, b->trust, b->revocation, facts) == ERR_OK && v.refusal == VERIFY_GOOD,
             "a good proof was refused");
        arena_reset(&request);
    }
    double us = (cpu_us() - from) / (double)b->count;
    arena_close(&request);
    return us;
}

static void measure(struct bench *b, const char *who, enum jws_alg alg, const char *authority)
{
    const struct view message =
        VIEW("GENKAN-CARD/1 and three hashes: 110 bytes as in the protocol, these are about as many.");
    EVP_PKEY *key = read_key(b, arena_printf(&b->a, "residents/%s/auth.key", who));
    EVP_PKEY *ca = read_key(b, authority);
    struct verify_facts facts = {.der = read_file(b, arena_printf(&b->a, "residents/%s/auth.der", who)),
                                 .alg = alg,
                                 .sig = sign(b, key, alg, message),
                                 .message = message,
                                 .purpose = TRUST_AUTH,
                                 .now = clock_s(&clock_real)};
    double bare = check_us(b, key, alg) + check_us(b, ca, alg), whole = verify_us(b, &facts);
    printf("%-6s %10.1f us %12.0f /s %14.1f us %8.1f\n", jws_alg_name(alg), whole, 1e6 / whole, bare, whole / bare);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca);
}

int main(int argc, char **argv)
{
    struct bench b = {.pki = argc > 1 ? argv[1] : BUILD_DIR "/testpki", .count = 5000};
    char why[256] = "";
    must(argc < 3 || (text_to_int(view_text(argv[2]), &b.count) && b.count > 0), "COUNT is a number");
    arena_open(&b.a, 16 << 20);
    struct trust_config trust = {.kind = TRUST_TEST, .folder = arena_printf(&b.a, "%s/trust", b.pki)};
    must(trust_open(&b.trust, &trust, why) == ERR_OK, why);
    struct revocation_config lists = {.trust = b.trust, .crl_folder = arena_printf(&b.a, "%s/crl", b.pki)};
    must(revocation_open(&b.revocation, &lists, why) == ERR_OK, why);
    printf("%-6s %13s %15s %17s %8s\n", "alg", "CPU each", "a core", "two bare checks", "ratio");
    measure(&b, "hanako", JWS_RS256, "auth/ca3.key");
    measure(&b, "nextgen", JWS_ES384, "auth/ca4.key");
    revocation_close(b.revocation);
    trust_close(b.trust);
    arena_close(&b.a);
    return 0;
}
