/* genkan-verify-bench [FOLDER [COUNT]]: what the server pays for one card login: the response as it comes from the
 * browser is read, the message it must have signed is made again, and certificate, path, dates, use, signature and
 * revocation by lists are judged. Compared with the limit nobody can go below with this library: the two bare signature
 * checks. CPU time of one thread. */
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "jpki/pki/verify.h"
#include "jpki/proof/challenge.h"
#include "jpki/proof/response.h"

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

/* What the browser brings, and what we remember of the request. */
struct login {
    struct view response, request_jws;
    uint8_t nonce[PROOF_NONCE_SIZE];
};

/* r || s, as the response carries it. */
static struct view numbers_of(struct bench *b, struct view der)
{
    const unsigned char *p = der.p;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
    uint8_t *raw = arena_alloc(&b->a, 96);
    must(sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, 48) == 48 &&
             BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + 48, 48) == 48,
         "no signature");
    ECDSA_SIG_free(sig);
    return view_bytes(raw, 96);
}

static void remake_message(uint8_t out[PROOF_MESSAGE_SIZE], const struct login *l)
{
    proof_message(out, VIEW("https://id.osaka.example"), l->nonce, l->request_jws);
}

static void make_login(struct bench *b, struct login *l, EVP_PKEY *key, enum jws_alg alg, struct view cert)
{
    struct buf out;
    struct view sig;
    uint8_t message[PROOF_MESSAGE_SIZE];
    char *jws = arena_alloc(&b->a, 1000);
    memset(jws, 'A', 1000);
    *l = (struct login){.request_jws = view_bytes(jws, 1000)};
    remake_message(message, l);
    sig = sign(b, key, alg, VIEW_ARRAY(message));
    if (alg == JWS_ES384)
        sig = numbers_of(b, sig);
    struct proof_response r = {.txn = VIEW("AAAAAAAAAAAAAAAAAAAAAA"),
                               .auth = {alg, cert, sig},
                               .agent_name = VIEW("genkan-agent"),
                               .agent_ver = VIEW("1.0.0"),
                               .agent_os = VIEW("Linux")};
    buf_open(&out, &b->a, PROOF_RESPONSE_MAX);
    must(proof_response_write(&out, &r) == ERR_OK && buf_done(&out, &l->response) == ERR_OK, "no response");
}

static void read_response(struct proof_response *r, struct arena *request, const struct login *l)
{
    const char *why;
    must(proof_response_read(r, request, l->response, &why) == ERR_OK, "a good response was refused");
}

static void verify_one(struct bench *b, struct arena *request, const struct login *l, int64_t now)
{
    struct proof_response r;
    struct verify_verdict v;
    uint8_t message[PROOF_MESSAGE_SIZE];
    read_response(&r, request, l);
    remake_message(message, l);
    const struct verify_facts facts = {.der = r.auth.cert,
                                       .alg = r.auth.alg,
                                       .sig = r.auth.sig,
                                       .message = VIEW_ARRAY(message),
                                       .purpose = TRUST_AUTH,
                                       .now = now};
    must(verify_proof(&v, request, b->trust, b->revocation, &facts) == ERR_OK && v.refusal == VERIFY_GOOD,
         "a good proof was refused");
}

static double login_us(struct bench *b, const struct login *l)
{
    struct arena request;
    int64_t now = clock_s(&clock_real);
    arena_open(&request, 1 << 20);
    double from = cpu_us();
    for (int64_t i = 0; i < b->count; i++) {
        verify_one(b, &request, l, now);
        arena_reset(&request);
    }
    double us = (cpu_us() - from) / (double)b->count;
    arena_close(&request);
    return us;
}

static double reading_us(struct bench *b, const struct login *l)
{
    struct arena request;
    struct proof_response r;
    arena_open(&request, 1 << 20);
    double from = cpu_us();
    for (int64_t i = 0; i < b->count; i++) {
        read_response(&r, &request, l);
        arena_reset(&request);
    }
    double us = (cpu_us() - from) / (double)b->count;
    arena_close(&request);
    return us;
}

static void measure(struct bench *b, const char *who, enum jws_alg alg, const char *authority)
{
    struct login login;
    EVP_PKEY *key = read_key(b, arena_printf(&b->a, "residents/%s/auth.key", who));
    EVP_PKEY *ca = read_key(b, authority);
    make_login(b, &login, key, alg, read_file(b, arena_printf(&b->a, "residents/%s/auth.der", who)));
    double bare = check_us(b, key, alg) + check_us(b, ca, alg), whole = login_us(b, &login);
    double reading = reading_us(b, &login);
    printf("%-6s %10.1f us %12.0f /s %14.1f us %8.2f %12.1f us\n", jws_alg_name(alg), whole, 1e6 / whole, bare,
           whole / bare, reading);
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
    printf("%-6s %13s %15s %17s %8s %15s\n", "alg", "CPU each", "a core", "two bare checks", "ratio", "of it JSON");
    measure(&b, "hanako", JWS_RS256, "auth/ca3.key");
    measure(&b, "nextgen", JWS_ES384, "auth/ca4.key");
    revocation_close(b.revocation);
    trust_close(b.trust);
    arena_close(&b.a);
    return 0;
}
