#include "tests/lib/fuzz_pki.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "certs/folder.h"

/* The same key and the same dates in every run, so that a seed found once says the same tomorrow: its key ids fit. */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/Q+fkFDYw1LqY4ex\n"
                          "0pVv0SGMDfgpuGYGCkn3f+gznoWhRANCAAQnQozbs41EBmJqE//fMChz1v7CKq1r\n"
                          "jStb734a3hWM5knc55wzUd/N2a2ROg2Rd1chBGKN6yHL3tyswYzo7Wge\n"
                          "-----END PRIVATE KEY-----\n";

#define FROM 1700000000
#define TO   1900000000

static struct fuzz_pki the_pki;

static EVP_PKEY *read_key(void)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    must(key, "cannot read the fuzzers' key");
    BIO_free(bio);
    return key;
}

static void remove_folder(const char *folder)
{
    static const char *const names[] = {"auth/ca.pem", "auth", "."};
    char path[200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (unlink(path) != 0)
            (void)rmdir(path);
    }
    (void)rmdir(folder);
}

const struct fuzz_pki *fuzz_pki(void)
{
    char folder[] = "/tmp/genkan-fuzz-XXXXXX", why[256];
    if (the_pki.trust)
        return &the_pki;
    EVP_PKEY *key = read_key();
    X509 *root = pki_make_root(AUTH, key, 1, FROM, TO, VIEW_NONE);
    must(mkdtemp(folder) != NULL, "cannot make a folder");
    folder_put_cert_pem(&(struct folder){folder}, root, "auth/ca.pem");
    struct trust_config config = {.kind = TRUST_TEST, .folder = folder};
    must(trust_open(&the_pki.trust, &config, why) == ERR_OK, "cannot open the fuzzers' root");
    the_pki.root = trust_at(the_pki.trust, TRUST_AUTH, 0);
    the_pki.key = key;
    X509_free(root);
    remove_folder(folder);
    return &the_pki;
}

static void put_header(struct buf *b, uint8_t tag, size_t n)
{
    buf_put_byte(b, tag);
    if (n >= 0x10000) {
        buf_put_byte(b, 0x83);
        buf_put_byte(b, (uint8_t)(n >> 16));
        buf_put_u16(b, (uint16_t)n);
    } else if (n >= 0x100) {
        buf_put_byte(b, 0x82);
        buf_put_u16(b, (uint16_t)n);
    } else if (n >= 0x80) {
        buf_put_byte(b, 0x81);
        buf_put_byte(b, (uint8_t)n);
    } else {
        buf_put_byte(b, (uint8_t)n);
    }
}

struct view fuzz_pki_sign(struct arena *a, struct view content)
{
    static const uint8_t ecdsa_sha256[] = {0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02};
    uint8_t sig[128];
    size_t n = sizeof sig;
    struct buf b;
    struct view out;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, fuzz_pki()->key) == 1, "cannot sign");
    must(EVP_DigestSign(ctx, sig, &n, content.p, content.n) == 1, "cannot sign");
    EVP_MD_CTX_free(ctx);
    buf_open(&b, a, content.n + 300);
    put_header(&b, 0x30, content.n + sizeof ecdsa_sha256 + 3 + n);
    buf_put(&b, content);
    buf_put(&b, VIEW_ARRAY(ecdsa_sha256));
    put_header(&b, 0x03, n + 1);
    buf_put_byte(&b, 0);
    buf_put(&b, view_bytes(sig, n));
    return buf_done(&b, &out) == ERR_OK ? out : VIEW_NONE;
}
