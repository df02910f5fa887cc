/* genkan-verify-bench [FOLDER [COUNT [ALG]]]: what the server pays for one card login: the response as it comes from
 * the browser is read, the message it must have signed is made again, and certificate, path, dates, use, signature and
 * revocation by lists are judged. Compared with the limit nobody can go below with this library: the two bare signature
 * checks, measured in turns with the rest, so that other work on the machine slows both down. CPU time of one thread,
 * medians of the rounds. */
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

#define ROUNDS   25
#define REQUIRED 2.0 /* times the two bare checks of RSA-2048, at most */

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

/* One key, ready to check one signature again and again. */
struct check {
    EVP_PKEY_CTX *ctx;
    uint8_t digest[48], sig[1024];
    size_t n, sig_n;
};

static void open_check(struct check *c, EVP_PKEY *key, enum jws_alg alg)
{
    *c = (struct check){.n = alg == JWS_ES384 ? 48 : 32, .sig_n = sizeof c->sig, .digest = {1}};
    c->ctx = EVP_PKEY_CTX_new(key, NULL);
    must(EVP_PKEY_sign_init(c->ctx) == 1 && EVP_PKEY_CTX_set_signature_md(c->ctx, digest_of(alg)) == 1 &&
             EVP_PKEY_sign(c->ctx, c->sig, &c->sig_n, c->digest, c->n) == 1,
         "cannot sign");
    must(EVP_PKEY_verify_init(c->ctx) == 1 && EVP_PKEY_CTX_set_signature_md(c->ctx, digest_of(alg)) == 1,
         "cannot check");
}

static void check_bare(struct check *c)
{
    must(EVP_PKEY_verify(c->ctx, c->sig, c->sig_n, c->digest, c->n) == 1, "a signature does not fit");
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

enum step { STEP_BARE, STEP_READING, STEP_WHOLE, STEP_COUNT };

/* What is measured of one algorithm. */
struct subject {
    struct check checks[2]; /* the card's key, its authority's */
    struct login login;
    int64_t now;
};

static void do_step(struct bench *b, struct subject *s, enum step step, struct arena *request)
{
    struct proof_response r;
    switch (step) {
    case STEP_BARE:
        check_bare(&s->checks[0]);
        check_bare(&s->checks[1]);
        break;
    case STEP_READING:
        read_response(&r, request, &s->login);
        break;
    default:
        verify_one(b, request, &s->login, s->now);
    }
}

static double round_us(struct bench *b, struct subject *s, enum step step, int64_t count)
{
    struct arena request;
    arena_open(&request, 1 << 20);
    double from = cpu_us();
    for (int64_t i = 0; i < count; i++) {
        do_step(b, s, step, &request);
        arena_reset(&request);
    }
    double us = (cpu_us() - from) / (double)count;
    arena_close(&request);
    return us;
}

static int by_size(const void *pa, const void *pb)
{
    double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

static void run(double us[STEP_COUNT], struct bench *b, struct subject *s, int64_t count)
{
    double all[STEP_COUNT][ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++)
        for (enum step step = 0; step < STEP_COUNT; step++)
            all[step][i] = round_us(b, s, step, count / ROUNDS + 1);
    for (enum step step = 0; step < STEP_COUNT; step++) {
        qsort(all[step], ROUNDS, sizeof all[step][0], by_size);
        us[step] = all[step][ROUNDS / 2];
    }
}

static void put_row(enum jws_alg alg, const char *what, double us, double bare, const char *word)
{
    printf("%-6s %-26s %9.1f us %9.0f /s %9.1f us %6.2f   %s\n", jws_alg_name(alg), what, us, 1e6 / us, bare, us / bare,
           word);
}

static void put_rows(enum jws_alg alg, const double us[STEP_COUNT])
{
    double bare = us[STEP_BARE], whole = us[STEP_WHOLE], reading = us[STEP_READING];
    const char *word = whole <= REQUIRED * bare ? "met" : "missed";
    put_row(alg, "two bare checks", bare, bare, "");
    put_row(alg, "without reading the JSON", whole - reading, bare, "");
    put_row(alg, "login response, whole", whole, bare, alg == JWS_RS256 ? word : "not required");
}

static void measure(struct bench *b, const char *who, enum jws_alg alg, const char *authority)
{
    struct subject s = {.now = clock_s(&clock_real)};
    double us[STEP_COUNT];
    EVP_PKEY *key = read_key(b, arena_printf(&b->a, "residents/%s/auth.key", who));
    EVP_PKEY *ca = read_key(b, authority);
    make_login(b, &s.login, key, alg, read_file(b, arena_printf(&b->a, "residents/%s/auth.der", who)));
    open_check(&s.checks[0], key, alg);
    open_check(&s.checks[1], ca, alg);
    run(us, b, &s, alg == JWS_RS256 ? b->count : b->count / 20);
    put_rows(alg, us);
    for (size_t i = 0; i < 2; i++)
        EVP_PKEY_CTX_free(s.checks[i].ctx);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca);
}

static void measure_all(struct bench *b, const char *alg)
{
    printf("%-6s %-26s %12s %12s %12s %6s   %.1f required\n", "alg", "", "CPU each", "a core", "two checks", "ratio",
           REQUIRED);
    if (!alg || strcmp(alg, "RS256") == 0)
        measure(b, "hanako", JWS_RS256, "auth/ca3.key");
    if (!alg || strcmp(alg, "ES384") == 0)
        measure(b, "nextgen", JWS_ES384, "auth/ca4.key");
}

int main(int argc, char **argv)
{
    struct bench b = {.pki = argc > 1 ? argv[1] : BUILD_DIR "/testpki", .count = 10000};
    char why[256] = "";
    must(argc < 3 || (text_to_int(view_text(argv[2]), &b.count) && b.count > 0), "COUNT is a number");
    arena_open(&b.a, 16 << 20);
    struct trust_config trust = {.kind = TRUST_TEST, .folder = arena_printf(&b.a, "%s/trust", b.pki)};
    must(trust_open(&b.trust, &trust, why) == ERR_OK, why);
    struct revocation_config lists = {.trust = b.trust, .crl_folder = arena_printf(&b.a, "%s/crl", b.pki)};
    must(revocation_open(&b.revocation, &lists, why) == ERR_OK, why);
    measure_all(&b, argc > 3 ? argv[3] : NULL);
    revocation_close(b.revocation);
    trust_close(b.trust);
    arena_close(&b.a);
    return 0;
}
