#include "base/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <pthread.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"

/* RSA_E_MAX: a public exponent of thousands of bits would make each verification as dear as a signature. */
enum { PEM_MAX = 32 * 1024, RSA_BITS = 2048, RSA_BITS_MAX = 8192, RSA_E_MAX = 64, NUMBER_MAX = 1024, POINT_MAX = 133 };

/* RFC 7518 6.2.1.1, RFC 8037 2. */
static const struct curve {
    enum jwk_kind kind;
    const char *kty, *crv, *group; /* group: OpenSSL's name */
    size_t coordinate;             /* bytes of x, and of y where there is one */
} curves[] = {
    {JWK_P256, "EC", "P-256", "prime256v1", 32},    {JWK_P384, "EC", "P-384", "secp384r1", 48},
    {JWK_ED25519, "OKP", "Ed25519", "ED25519", 32}, {JWK_P521, "EC", "P-521", "secp521r1", 66},
    {JWK_X25519, "OKP", "X25519", "X25519", 32},
};

static const struct curve *curve_of(enum jwk_kind kind)
{
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (curves[i].kind == kind)
            return &curves[i];
    return NULL;
}

/* RFC 8037: one number, as it is. */
static bool is_raw(const struct curve *c)
{
    return strcmp(c->kty, "OKP") == 0;
}

size_t jwk_coordinate(enum jwk_kind kind)
{
    const struct curve *c = curve_of(kind);
    return c ? c->coordinate : 0;
}

bool jwk_kind_of(const struct evp_pkey_st *pkey, enum jwk_kind *out)
{
    char group[64];
    size_t n = 0;
    *out = JWK_RSA;
    if (EVP_PKEY_is_a(pkey, "RSA"))
        return true;
    bool ec = EVP_PKEY_is_a(pkey, "EC");
    if (ec && EVP_PKEY_get_group_name(pkey, group, sizeof group, &n) != 1)
        return false;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        *out = curves[i].kind;
        if (ec ? strcmp(group, curves[i].group) == 0 : EVP_PKEY_is_a(pkey, curves[i].group))
            return true;
    }
    return false;
}

struct evp_pkey_st *jwk_make(enum jwk_kind kind)
{
    const struct curve *c = curve_of(kind);
    if (!c)
        return EVP_RSA_gen(RSA_BITS);
    return is_raw(c) ? EVP_PKEY_Q_keygen(NULL, NULL, c->group) : EVP_EC_gen(c->group);
}

void jwk_close(struct evp_pkey_st *pkey)
{
    EVP_PKEY_free(pkey);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static BIGNUM *number_read(struct arena *a, const struct json *jwk, const char *name)
{
    struct view bytes;
    if (base64url_read(a, json_member_text(jwk, name), &bytes) != ERR_OK || bytes.n == 0 || bytes.n > NUMBER_MAX)
        return NULL;
    return BN_bin2bn(bytes.p, (int)bytes.n, NULL);
}

static EVP_PKEY *public_key_of(const char *type, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params && c && EVP_PKEY_fromdata_init(c) == 1)
        if (EVP_PKEY_fromdata(c, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
            pkey = NULL;
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(params);
    return pkey;
}

/* The modulus is not tested for being composite: a prime one would harm only its owner. */
static bool is_rsa(const BIGNUM *n, const BIGNUM *e)
{
    return n && e && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= RSA_E_MAX;
}

static EVP_PKEY *rsa_read(struct arena *a, const struct json *jwk)
{
    BIGNUM *n = number_read(a, jwk, "n"), *e = number_read(a, jwk, "e");
    OSSL_PARAM_BLD *bld = is_rsa(n, e) ? OSSL_PARAM_BLD_new() : NULL;
    EVP_PKEY *pkey = NULL;
    if (bld && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        pkey = public_key_of("RSA", bld);
    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    BN_free(e);
    return pkey;
}

/* RFC 7518 6.2.1.2: a coordinate has its full size. */
static bool coordinate_read(struct arena *a, const struct json *jwk, const char *name, size_t size, struct view *out)
{
    return base64url_read(a, json_member_text(jwk, name), out) == ERR_OK && out->n == size;
}

/* A point off the curve is refused by OpenSSL when it takes the point. */
static EVP_PKEY *point_read(struct arena *a, const struct json *jwk, const struct curve *curve, struct view x)
{
    uint8_t point[POINT_MAX] = {4}; /* uncompressed */
    struct view y;
    if (!coordinate_read(a, jwk, "y", curve->coordinate, &y))
        return NULL;
    memcpy(point + 1, x.p, x.n);
    memcpy(point + 1 + x.n, y.p, y.n);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    if (bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.n + y.n) == 1)
        pkey = public_key_of("EC", bld);
    OSSL_PARAM_BLD_free(bld);
    return pkey;
}

static EVP_PKEY *curve_read(struct arena *a, const struct json *jwk)
{
    struct view kty = json_member_text(jwk, "kty"), crv = json_member_text(jwk, "crv"), x;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        const struct curve *c = &curves[i];
        if (!view_equal_text(kty, c->kty) || !view_equal_text(crv, c->crv))
            continue;
        if (!coordinate_read(a, jwk, "x", c->coordinate, &x))
            return NULL;
        return is_raw(c) ? EVP_PKEY_new_raw_public_key_ex(NULL, c->group, NULL, x.p, x.n) : point_read(a, jwk, c, x);
    }
    return NULL;
}

/* Takes PKEY over, also when it fails. */
static enum err checked(struct evp_pkey_st **out, EVP_PKEY *pkey)
{
    enum jwk_kind kind;
    enum err e = pkey && jwk_kind_of(pkey, &kind) ? ERR_OK : ERR_SYNTAX;
    if (!e && kind == JWK_RSA && (EVP_PKEY_get_bits(pkey) < RSA_BITS || EVP_PKEY_get_bits(pkey) > RSA_BITS_MAX))
        e = ERR_LIMIT;
    if (e)
        EVP_PKEY_free(pkey);
    *out = e ? NULL : pkey;
    return e;
}

/* A private or symmetric key that was sent to us has been given away: whoever sent it must be told. */
static bool is_public(const struct json *jwk)
{
    static const char *const secret[] = {"d", "k", "p", "q", "dp", "dq", "qi", "oth"};
    for (size_t i = 0; i < sizeof secret / sizeof *secret; i++)
        if (json_member(jwk, secret[i]))
            return false;
    return json_is_object(jwk);
}

enum err jwk_read(struct evp_pkey_st **out, const struct json *jwk)
{
    struct arena a;
    *out = NULL;
    if (!is_public(jwk))
        return ERR_SYNTAX;
    arena_open(&a, 16 * 1024);
    EVP_PKEY *pkey = view_equal(json_member_text(jwk, "kty"), VIEW("RSA")) ? rsa_read(&a, jwk) : curve_read(&a, jwk);
    arena_close(&a);
    return checked(out, pkey);
}

/* Made once: OpenSSL looks through every algorithm it has to make one, which takes ten times as long as reading a key
 * with it. One that reads knows where to, so there is one reader at a time. */
static pthread_mutex_t pem_lock = PTHREAD_MUTEX_INITIALIZER;
static OSSL_DECODER_CTX *pem_decoder;
static EVP_PKEY *pem_key;

static EVP_PKEY *decode_pem(const uint8_t *p, size_t n)
{
    pem_key = NULL;
    if (!pem_decoder)
        pem_decoder = OSSL_DECODER_CTX_new_for_pkey(&pem_key, "PEM", NULL, NULL, EVP_PKEY_KEYPAIR, NULL, NULL);
    /* a password is never asked for: the empty one is handed in */
    bool ok = pem_decoder && OSSL_DECODER_CTX_set_passphrase(pem_decoder, (const uint8_t *)"", 0) == 1 &&
              OSSL_DECODER_from_data(pem_decoder, &p, &n) == 1;
    if (ok)
        return pem_key;
    EVP_PKEY_free(pem_key);
    return NULL;
}

enum err jwk_read_pem(struct evp_pkey_st **out, struct view pem)
{
    *out = NULL;
    if (!pem.p || pem.n > PEM_MAX)
        return ERR_SYNTAX;
    INSIST(pthread_mutex_lock(&pem_lock) == 0);
    EVP_PKEY *pkey = decode_pem(pem.p, pem.n);
    pem_key = NULL;
    INSIST(pthread_mutex_unlock(&pem_lock) == 0);
    return checked(out, pkey);
}

/* --- writing ----------------------------------------------------------------------------------------------------- */

enum err jwk_write_pem(struct buf *out, const struct evp_pkey_st *pkey)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    if (!bio)
        return ERR_MEMORY;
    char *p = NULL;
    enum err e = ERR_CRYPTO;
    if (PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        long n = BIO_get_mem_data(bio, &p);
        buf_put(out, view_bytes(p, (size_t)n));
        wipe(p, (size_t)n);
        e = out->err;
    }
    BIO_free(bio);
    return e;
}

/* A number of the key as base64url of exactly SIZE bytes (0: as few as it takes). */
static void put_number(struct json_out *o, const EVP_PKEY *pkey, const char *key, const char *name, size_t size)
{
    uint8_t bytes[NUMBER_MAX];
    char text[NUMBER_MAX / 3 * 4 + 8];
    struct buf b = {.p = (uint8_t *)text, .size = sizeof text, .limit = sizeof text - 1};
    BIGNUM *bn = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, name, &bn) == 1;
    size_t n = ok && size == 0 ? (size_t)BN_num_bytes(bn) : size;
    ok = ok && n <= sizeof bytes && BN_bn2binpad(bn, bytes, (int)n) >= 0;
    BN_free(bn);
    if (ok)
        base64url_put(&b, view_bytes(bytes, n));
    if (!ok || b.err)
        o->buf->err = o->buf->err ? o->buf->err : ERR_CRYPTO;
    json_pair(o, key, view_bytes(b.p, b.n));
}

static void put_raw(struct json_out *o, const EVP_PKEY *pkey)
{
    uint8_t bytes[32], text[48];
    struct buf b = {.p = text, .size = sizeof text, .limit = sizeof text - 1};
    size_t n = sizeof bytes;
    if (EVP_PKEY_get_raw_public_key(pkey, bytes, &n) != 1)
        o->buf->err = o->buf->err ? o->buf->err : ERR_CRYPTO;
    else
        base64url_put(&b, view_bytes(bytes, n));
    json_pair(o, "x", view_bytes(b.p, b.n));
}

void jwk_put_required(struct json_out *o, const struct evp_pkey_st *pkey)
{
    enum jwk_kind kind;
    INSIST(jwk_kind_of(pkey, &kind));
    const struct curve *c = curve_of(kind);
    if (!c) {
        put_number(o, pkey, "e", OSSL_PKEY_PARAM_RSA_E, 0);
        json_pair_text(o, "kty", "RSA");
        put_number(o, pkey, "n", OSSL_PKEY_PARAM_RSA_N, 0);
        return;
    }
    json_pair_text(o, "crv", c->crv);
    json_pair_text(o, "kty", c->kty);
    if (is_raw(c)) {
        put_raw(o, pkey);
        return;
    }
    put_number(o, pkey, "x", OSSL_PKEY_PARAM_EC_PUB_X, c->coordinate);
    put_number(o, pkey, "y", OSSL_PKEY_PARAM_EC_PUB_Y, c->coordinate);
}

enum err jwk_thumbprint(char out[JWK_THUMBPRINT_SIZE], const struct evp_pkey_st *pkey)
{
    uint8_t space[2048], digest[SHA256_SIZE];
    struct buf b = {.p = space, .size = sizeof space, .limit = sizeof space - 1},
               text = {.p = (uint8_t *)out, .size = JWK_THUMBPRINT_SIZE, .limit = JWK_THUMBPRINT_SIZE - 1};
    struct json_out o;
    struct view v;
    json_out_open(&o, &b);
    json_begin(&o);
    jwk_put_required(&o, pkey);
    json_end(&o);
    enum err e = buf_done(&b, &v);
    if (e)
        return e;
    sha256(digest, v);
    base64url_put(&text, VIEW_ARRAY(digest));
    out[JWK_THUMBPRINT_SIZE - 1] = 0;
    return text.err;
}
