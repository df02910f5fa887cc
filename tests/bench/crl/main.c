/* genkan-crl-bench make FILE [ENTRIES [OCTETS]]: writes a CRL of the test PKI with so many entries, whose serial
 * numbers have OCTETS octets (4, as the JPKI's; at most 20). genkan-crl-bench FILE: what it costs to read it and to
 * look numbers up in it. Memory is that of the whole process. */
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "jpki/pki/crl.h"
#include "jpki/pki/der.h"

#define LOOKS   1000000
#define ENTRIES 2000000 /* of the list the limits are for */

struct bench {
    struct arena a;
    struct trust *trust;
    struct crl crl;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "genkan-crl-bench: %s\n", what);
    exit(1);
}

static void open_bench(struct bench *b)
{
    char why[256] = "";
    arena_open(&b->a, 16 << 20);
    struct trust_config trust = {.kind = TRUST_TEST, .folder = BUILD_DIR "/testpki/trust"};
    must(trust_open(&b->trust, &trust, why) == ERR_OK, why);
}

/* --- making ---------------------------------------------------------------------------------------------------- */

static void put_header(struct buf *b, uint8_t tag, size_t n)
{
    buf_put_byte(b, tag);
    if (n < 0x80) {
        buf_put_byte(b, (uint8_t)n);
    } else if (n < 0x10000) {
        buf_put_byte(b, 0x82);
        buf_put_u16(b, (uint16_t)n);
    } else {
        buf_put_byte(b, 0x84);
        buf_put_u32(b, (uint32_t)n);
    }
}

/* The Ith number: spread out, positive, the same in every run. Some are not on the list: those with an odd I. */
static void serial_of(uint8_t *out, size_t octets, uint64_t i)
{
    uint64_t x = i;
    for (size_t at = 0; at < octets; at++) {
        if (at >= octets - 4)
            out[at] = (uint8_t)(i >> 8 * (octets - 1 - at));
        else
            out[at] = (uint8_t)((x = x * 6364136223846793005 + 1442695040888963407) >> 56);
    }
    out[0] = (uint8_t)((out[0] & 0x7F) | 0x40);
}

static void put_entry(struct buf *b, size_t octets, uint64_t i)
{
    static const uint8_t reason[] = {0x30, 0x0C, 0x30, 0x0A, 0x06, 0x03, 0x55,
                                     0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01, 0x04};
    uint8_t serial[SERIALS_WIDTH_MAX];
    bool reasoned = i % 4 == 0;
    serial_of(serial, octets, i);
    put_header(b, 0x30, 2 + octets + 15 + (reasoned ? sizeof reason : 0));
    put_header(b, 0x02, octets);
    buf_put(b, view_bytes(serial, octets));
    put_header(b, 0x17, 13);
    buf_put_text(b, "260401000000Z");
    if (reasoned)
        buf_put(b, VIEW_ARRAY(reason));
}

static struct view done(struct buf *b)
{
    struct view v;
    must(buf_done(b, &v) == ERR_OK, "no memory");
    return v;
}

static void put_time(struct buf *b, int64_t at)
{
    char text[20];
    time_t t = (time_t)at;
    struct tm tm;
    must(gmtime_r(&t, &tm) && strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm) == 15, "no time");
    put_header(b, 0x18, 15);
    buf_put_text(b, text);
}

static const uint8_t rsa_sha256[] = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                     0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00};

static void put_signature(struct buf *b, struct view content)
{
    uint8_t sig[512];
    size_t n = sizeof sig;
    FILE *f = fopen(BUILD_DIR "/testpki/auth/ca3.key", "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(key && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
             EVP_DigestSign(ctx, sig, &n, content.p, content.n) == 1,
         "cannot sign");
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    fclose(f);
    buf_put(b, VIEW_ARRAY(rsa_sha256));
    put_header(b, 0x03, n + 1);
    buf_put_byte(b, 0);
    buf_put(b, view_bytes(sig, n));
}

static struct view root_name(struct bench *b)
{
    const struct trust_root *root = trust_at(b->trust, TRUST_AUTH, 0);
    must(root != NULL, "no root");
    return root->cert.subject_der; /* all generations have one name */
}

static void make(struct bench *b, const char *path, int64_t entries, int64_t octets)
{
    struct buf list, inner, whole;
    int64_t now = clock_s(&clock_real);
    buf_open(&list, NULL, CRL_SIZE_MAX);
    for (int64_t i = 0; i < entries; i++)
        put_entry(&list, (size_t)octets, (uint64_t)i * 2);
    buf_open(&inner, NULL, CRL_SIZE_MAX);
    buf_put(&inner, VIEW("\x02\x01\x01"));
    buf_put(&inner, VIEW_ARRAY(rsa_sha256));
    buf_put(&inner, root_name(b));
    put_time(&inner, now - 3600);
    put_time(&inner, now + 86400);
    put_header(&inner, 0x30, done(&list).n);
    buf_put(&inner, done(&list));
    buf_open(&whole, NULL, CRL_SIZE_MAX);
    put_header(&whole, 0x30, done(&inner).n);
    buf_put(&whole, done(&inner));
    struct view content = done(&whole);
    put_signature(&whole, content);
    struct view value = done(&whole);
    buf_close(&inner);
    buf_open(&inner, NULL, CRL_SIZE_MAX);
    put_header(&inner, 0x30, value.n);
    buf_put(&inner, value);
    must(file_write(path, done(&inner), 0644) == ERR_OK, "cannot write");
    printf("%lld entries, serial numbers of %lld octets: %zu bytes\n", (long long)entries, (long long)octets,
           done(&inner).n);
    buf_close(&list);
    buf_close(&inner);
    buf_close(&whole);
}

/* --- measuring ------------------------------------------------------------------------------------------------- */

static double cpu_s(void)
{
    struct timespec t;
    must(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0, "no clock");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double peak_mb(void)
{
    struct rusage u;
    must(getrusage(RUSAGE_SELF, &u) == 0, "no usage");
    return (double)u.ru_maxrss * 1024 / 1e6;
}

static size_t octets_of(const struct crl *crl)
{
    return crl->serials.width;
}

/* us each. Every second one is on the list. */
static double look(const struct bench *b)
{
    size_t octets = octets_of(&b->crl), found = 0;
    uint8_t serial[SERIALS_WIDTH_MAX];
    struct serials_entry entry;
    double from = cpu_s();
    for (uint64_t i = 0; i < LOOKS; i++) {
        serial_of(serial, octets, i * 2654435761U % (b->crl.serials.n * 2));
        found += serials_find(&entry, &b->crl.serials, view_bytes(serial, octets));
    }
    double us = (cpu_s() - from) * 1e6 / LOOKS;
    must(found > LOOKS / 3 && found < LOOKS / 3 * 2, "not about half of the numbers were found");
    return us;
}

/* A list that is smaller than the one required says nothing. */
static void put_row(const struct bench *b, const char *what, double required, double measured, const char *unit)
{
    const char *word = b->crl.serials.n < ENTRIES ? "list too short" : measured < required ? "met" : "missed";
    printf("%-28s %10.1f %10.2f %-3s %s\n", what, required, measured, unit, word);
}

static void measure(struct bench *b, const char *path)
{
    enum crl_fault fault;
    double before = peak_mb(), from = cpu_s();
    int64_t from_ms = clock_steady_ms();
    enum err e = crl_read_file(&b->crl, &b->a, b->trust, path, &fault);
    must(e == ERR_OK, e == ERR_SYNTAX ? crl_fault_text(fault) : err_name(e));
    double cpu = cpu_s() - from, s = (double)(clock_steady_ms() - from_ms) / 1e3, grown = peak_mb() - before;
    printf("%zu entries, width %zu: %.2f s of CPU, %.1f MB in tables\n", b->crl.serials.n, octets_of(&b->crl), cpu,
           (double)serials_size(&b->crl.serials) / 1e6);
    printf("%-28s %10s %10s\n", "", "under", "measured");
    put_row(b, "load, by the clock", 3, s, "s");
    put_row(b, "growth of the process, peak", 64, grown, "MB");
    put_row(b, "look-up", 1, look(b), "us");
    crl_close(&b->crl);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    int64_t entries = ENTRIES, octets = 4;
    must(argc >= 2, "usage: genkan-crl-bench make FILE [ENTRIES [OCTETS]] | FILE");
    must(argc < 4 || (text_to_int(view_text(argv[3]), &entries) && entries > 0), "ENTRIES is a number");
    must(argc < 5 || (text_to_int(view_text(argv[4]), &octets) && octets >= 4 && octets <= SERIALS_WIDTH_MAX),
         "OCTETS is a number from 4 to 20");
    open_bench(&b);
    if (argc > 2 && strcmp(argv[1], "make") == 0)
        make(&b, argv[2], entries, octets);
    else
        measure(&b, argv[1]);
    trust_close(b.trust);
    arena_close(&b.a);
    return 0;
}
