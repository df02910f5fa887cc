#include "base/jws.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/secret.h"

enum { ID_SIZE = 44, SIGNATURE_MAX = 1024, PEM_MAX = 32 * 1024, JWS_MAX = 64 * 1024, RSA_BITS = 2048 };

/* RFC 7518 3.1, the rows we offer. */
static const struct algorithm {
    enum jws_alg alg;
    const char *name, *curve, *group; /* curve: RFC 7518 6.2.1.1; group: OpenSSL's name; NULL for RSA */
    const EVP_MD *(*md)(void);
    size_t coordinate; /* bytes of r and s each */
} algorithms[] = {
    {JWS_RS256, "RS256", NULL, NULL, EVP_sha256, 0},
    {JWS_ES256, "ES256", "P-256", "prime256v1", EVP_sha256, 32},
    {JWS_ES384, "ES384", "P-384", "secp384r1", EVP_sha384, 48},
};

struct jws_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *signer; /* prepared once, duplicated for each signature: looking algorithms up costs a tenth of it */
    const struct algorithm *algorithm;
    char id[ID_SIZE];
    char thumbprint[ID_SIZE];
};

static const struct algorithm *algorithm_of(enum jws_alg alg)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].alg == alg)
            return &algorithms[i];
    return NULL;
}

enum jws_alg jws_alg_of(struct view name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (view_equal_text(name, algorithms[i].name))
            return algorithms[i].alg;
    return JWS_NONE_GIVEN;
}

const char *jws_alg_name(enum jws_alg alg)
{
    const struct algorithm *a = algorithm_of(alg);
    return a ? a->name : "none";
}

static const struct algorithm *algorithm_of_key(const EVP_PKEY *pkey)
{
    if (EVP_PKEY_is_a(pkey, "RSA"))
        return algorithm_of(JWS_RS256);
    char group[64];
    size_t n = 0;
    if (!EVP_PKEY_is_a(pkey, "EC") || EVP_PKEY_get_group_name(pkey, group, sizeof group, &n) != 1)
        return NULL;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].group && strcmp(group, algorithms[i].group) == 0)
            return &algorithms[i];
    return NULL;
}

/* A number of the key as base64url of exactly SIZE bytes (0: as few as it takes), into the arena. */
static char *number_text(struct arena *a, const EVP_PKEY *pkey, const char *name, size_t size)
{
    BIGNUM *bn = NULL;
    if (EVP_PKEY_get_bn_param(pkey, name, &bn) != 1)
        return NULL;
    size_t n = size ? size : (size_t)BN_num_bytes(bn);
    uint8_t *bytes = arena_alloc(a, n);
    char *text = NULL;
    if (bytes && BN_bn2binpad(bn, bytes, (int)n) >= 0)
        text = base64url_text(a, view_bytes(bytes, n));
    BN_free(bn);
    return text;
}

/* RFC 7638 3.2: the required members in lexical order; this is also the core of the JWK. */
static void put_required(struct json_out *o, struct arena *a, const struct jws_key *k)
{
    const struct algorithm *alg = k->algorithm;
    if (alg->curve) {
        json_pair_text(o, "crv", alg->curve);
        json_pair_text(o, "kty", "EC");
        json_pair_text(o, "x", number_text(a, k->pkey, OSSL_PKEY_PARAM_EC_PUB_X, alg->coordinate));
        json_pair_text(o, "y", number_text(a, k->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, alg->coordinate));
    } else {
        json_pair_text(o, "e", number_text(a, k->pkey, OSSL_PKEY_PARAM_RSA_E, 0));
        json_pair_text(o, "kty", "RSA");
        json_pair_text(o, "n", number_text(a, k->pkey, OSSL_PKEY_PARAM_RSA_N, 0));
    }
}

static enum err thumbprint(struct jws_key *k)
{
    struct arena a;
    struct buf b;
    struct json_out o;
    struct view text;
    uint8_t digest[SHA256_SIZE];
    arena_open(&a, 32 * 1024);
    buf_open(&b, &a, 8 * 1024);
    json_out_open(&o, &b);
    json_begin(&o);
    put_required(&o, &a, k);
    json_end(&o);
    enum err e = buf_done(&b, &text);
    if (!e) {
        sha256(digest, text);
        char *id = base64url_text(&a, VIEW_ARRAY(digest));
        if (id) {
            memcpy(k->id, id, ID_SIZE);
            memcpy(k->thumbprint, id, ID_SIZE);
        } else {
            e = ERR_MEMORY;
        }
    }
    arena_close(&a);
    return e;
}

static EVP_PKEY_CTX *signer_of(EVP_PKEY *pkey, const struct algorithm *alg)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = c && EVP_PKEY_sign_init(c) == 1 &&
              (alg->curve || EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1) &&
              EVP_PKEY_CTX_set_signature_md(c, alg->md()) == 1;
    if (ok)
        return c;
    EVP_PKEY_CTX_free(c);
    return NULL;
}

/* Takes PKEY over, also when it fails. */
static enum err key_of(struct jws_key **out, EVP_PKEY *pkey)
{
    *out = NULL;
    if (!pkey)
        return ERR_SYNTAX;
    enum err e = ERR_OK;
    const struct algorithm *alg = algorithm_of_key(pkey);
    if (!alg)
        e = ERR_SYNTAX;
    else if (!alg->curve && EVP_PKEY_get_bits(pkey) < RSA_BITS)
        e = ERR_LIMIT;
    struct jws_key *k = e ? NULL : calloc(1, sizeof *k);
    if (!k) {
        EVP_PKEY_free(pkey);
        return e ? e : ERR_MEMORY;
    }
    *k = (struct jws_key){.pkey = pkey, .signer = signer_of(pkey, alg), .algorithm = alg};
    e = k->signer ? thumbprint(k) : ERR_CRYPTO;
    if (e)
        jws_key_close(k);
    else
        *out = k;
    return e;
}

enum err jws_key_make(struct jws_key **out, enum jws_alg alg)
{
    const struct algorithm *a = algorithm_of(alg);
    *out = NULL;
    INSIST(a);
    EVP_PKEY *pkey = a->curve ? EVP_EC_gen(a->group) : EVP_RSA_gen(RSA_BITS);
    return pkey ? key_of(out, pkey) : ERR_CRYPTO;
}

enum err jws_key_read_pem(struct jws_key **out, struct view pem)
{
    *out = NULL;
    if (!pem.p || pem.n > PEM_MAX)
        return ERR_SYNTAX;
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    if (!bio)
        return ERR_MEMORY;
    /* a password is never asked for: the empty one is handed in */
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "");
    BIO_free(bio);
    return key_of(out, pkey);
}

enum err jws_key_write_pem(struct buf *out, const struct jws_key *k)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    if (!bio)
        return ERR_MEMORY;
    char *p = NULL;
    enum err e = ERR_CRYPTO;
    if (PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) == 1) {
        long n = BIO_get_mem_data(bio, &p);
        buf_put(out, view_bytes(p, (size_t)n));
        e = out->err;
    }
    BIO_free(bio);
    return e;
}

static BIGNUM *number_read(struct arena *a, const struct json *jwk, const char *name, size_t size)
{
    struct view bytes;
    if (base64url_read(a, json_member_text(jwk, name), &bytes) != ERR_OK || bytes.n == 0 || bytes.n > 1024)
        return NULL;
    if (size && bytes.n != size) /* RFC 7518 6.2.1.2: the full size of a coordinate */
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
    /* a point off the curve is refused here */
    EVP_PKEY_CTX *check = pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
    if (pkey && (!check || EVP_PKEY_public_check(check) != 1)) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(check);
    return pkey;
}

static EVP_PKEY *rsa_read(struct arena *a, const struct json *jwk)
{
    BIGNUM *n = number_read(a, jwk, "n", 0), *e = number_read(a, jwk, "e", 0);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    if (n && e && bld && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
        pkey = public_key_of("RSA", bld);
    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    BN_free(e);
    return pkey;
}

static EVP_PKEY *ec_read(struct arena *a, const struct json *jwk)
{
    const struct algorithm *alg = NULL;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].curve && view_equal_text(json_member_text(jwk, "crv"), algorithms[i].curve))
            alg = &algorithms[i];
    if (!alg)
        return NULL;
    struct view x, y;
    if (base64url_read(a, json_member_text(jwk, "x"), &x) != ERR_OK || x.n != alg->coordinate ||
        base64url_read(a, json_member_text(jwk, "y"), &y) != ERR_OK || y.n != alg->coordinate)
        return NULL;
    uint8_t point[1 + 2 * 48] = {4}; /* uncompressed */
    memcpy(point + 1, x.p, x.n);
    memcpy(point + 1 + x.n, y.p, y.n);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;
    if (bld && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, alg->group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + x.n + y.n) == 1)
        pkey = public_key_of("EC", bld);
    OSSL_PARAM_BLD_free(bld);
    return pkey;
}

/* RFC 7517 4: `use`, `alg` and `kid`, where given, must say what we take the key for. */
enum err jws_key_read_jwk(struct jws_key **out, const struct json *jwk)
{
    *out = NULL;
    if (!json_is_object(jwk) || json_member(jwk, "d") || json_member(jwk, "k"))
        return ERR_SYNTAX;
    struct view use = json_member_text(jwk, "use"), alg = json_member_text(jwk, "alg"),
                kty = json_member_text(jwk, "kty");
    struct view kid = json_member_text(jwk, "kid");
    if (view_is(use) && !view_equal(use, VIEW("sig")))
        return ERR_SYNTAX;
    struct arena a;
    arena_open(&a, 16 * 1024);
    EVP_PKEY *pkey = NULL;
    if (view_equal(kty, VIEW("RSA")))
        pkey = rsa_read(&a, jwk);
    else if (view_equal(kty, VIEW("EC")))
        pkey = ec_read(&a, jwk);
    arena_close(&a);
    enum err e = key_of(out, pkey);
    if (e)
        return e;
    bool fits = (!view_is(alg) || view_equal_text(alg, (*out)->algorithm->name)) && kid.n < ID_SIZE;
    if (fits && kid.n > 0) {
        memset((*out)->id, 0, ID_SIZE);
        memcpy((*out)->id, kid.p, kid.n);
    }
    if (!fits) {
        jws_key_close(*out);
        *out = NULL;
    }
    return fits ? ERR_OK : ERR_SYNTAX;
}

void jws_key_put_jwk(struct json_out *o, const struct jws_key *k)
{
    struct arena a;
    arena_open(&a, 16 * 1024);
    json_begin(o);
    json_pair_text(o, "alg", k->algorithm->name);
    put_required(o, &a, k);
    json_pair_text(o, "kid", k->id);
    json_pair_text(o, "use", "sig");
    json_end(o);
    arena_close(&a);
}

void jws_key_close(struct jws_key *k)
{
    if (!k)
        return;
    EVP_PKEY_CTX_free(k->signer);
    EVP_PKEY_free(k->pkey);
    free(k);
}

const char *jws_key_id(const struct jws_key *k)
{
    return k->id;
}

const char *jws_key_thumbprint(const struct jws_key *k)
{
    return k->thumbprint;
}

enum jws_alg jws_key_alg(const struct jws_key *k)
{
    return k->algorithm->alg;
}

/* DER ECDSA-Sig-Value to r || s (RFC 7518 3.4). */
static bool to_fixed(uint8_t *out, size_t coordinate, const uint8_t *der, size_t n)
{
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)coordinate) >= 0 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + coordinate, (int)coordinate) >= 0;
    ECDSA_SIG_free(sig);
    return ok;
}

static size_t to_der(uint8_t out[SIGNATURE_MAX], size_t coordinate, struct view fixed)
{
    if (fixed.n != 2 * coordinate)
        return 0;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(fixed.p, (int)coordinate, NULL), *s = BN_bin2bn(fixed.p + coordinate, (int)coordinate, NULL);
    int n = 0;
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1) {
        r = s = NULL;
        n = i2d_ECDSA_SIG(sig, &out);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return n > 0 ? (size_t)n : 0;
}

static struct view digest_of(const struct algorithm *alg, struct view text, uint8_t digest[SHA384_SIZE])
{
    if (alg->alg == JWS_ES384) {
        sha384(digest, text);
        return view_bytes(digest, SHA384_SIZE);
    }
    sha256(digest, text);
    return view_bytes(digest, SHA256_SIZE);
}

static enum err sign_bytes(const struct jws_key *k, struct view text, uint8_t out[SIGNATURE_MAX], size_t *n)
{
    uint8_t der[SIGNATURE_MAX], bytes[SHA384_SIZE];
    const struct algorithm *alg = k->algorithm;
    struct view digest = digest_of(alg, text, bytes);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_dup(k->signer);
    *n = SIGNATURE_MAX;
    bool ok = c && EVP_PKEY_sign(c, alg->curve ? der : out, n, digest.p, digest.n) == 1;
    EVP_PKEY_CTX_free(c);
    if (ok && alg->curve) {
        ok = to_fixed(out, alg->coordinate, der, *n);
        *n = 2 * alg->coordinate;
    }
    return ok ? ERR_OK : ERR_CRYPTO;
}

static void put_header(struct buf *out, const struct jws_key *k, const char *typ)
{
    uint8_t space[256];
    struct buf b = {.p = space, .size = sizeof space, .limit = sizeof space - 1};
    struct json_out o;
    struct view header;
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "alg", k->algorithm->name);
    json_pair_text(&o, "kid", k->id);
    json_pair_text(&o, "typ", typ);
    json_end(&o);
    enum err e = buf_done(&b, &header);
    if (e)
        out->err = out->err ? out->err : e;
    else
        base64url_put(out, header);
}

enum err jws_sign(struct buf *out, const struct jws_key *k, const char *typ, struct view payload)
{
    uint8_t signature[SIGNATURE_MAX];
    size_t start = out->n, n = 0;
    put_header(out, k, typ);
    buf_put_byte(out, '.');
    base64url_put(out, payload);
    if (out->err)
        return out->err;
    enum err e = sign_bytes(k, view_bytes(out->p + start, out->n - start), signature, &n);
    if (e)
        return e;
    buf_put_byte(out, '.');
    base64url_put(out, view_bytes(signature, n));
    return out->err;
}

/* RFC 7515 4.1.11 and RFC 8725 3: what we do not understand or never follow is refused, not skipped. */
static enum err read_header(struct jws *out, struct arena *a, struct view text)
{
    static const char *const known[] = {"alg", "kid", "typ", "cty", NULL};
    struct view bytes, stranger;
    struct json *header;
    enum err e = base64url_read(a, text, &bytes);
    if (e)
        return e;
    e = json_read(&header, a, bytes, NULL);
    if (e)
        return e;
    if (!json_is_object(header) || !json_only(header, known, &stranger))
        return ERR_SYNTAX;
    out->alg = jws_alg_of(json_member_text(header, "alg"));
    out->kid = json_member_text(header, "kid");
    out->typ = json_member_text(header, "typ");
    return out->alg == JWS_NONE_GIVEN ? ERR_SYNTAX : ERR_OK;
}

enum err jws_read(struct jws *out, struct arena *a, struct view text)
{
    struct view rest = text, header, payload, signature;
    *out = (struct jws){0};
    if (!text.p || text.n > JWS_MAX)
        return ERR_SYNTAX;
    if (!view_next(&rest, '.', &header) || !view_next(&rest, '.', &payload) || !view_next(&rest, '.', &signature) ||
        rest.p)
        return ERR_SYNTAX;
    enum err e = read_header(out, a, header);
    if (!e)
        e = base64url_read(a, payload, &out->payload);
    if (!e)
        e = base64url_read(a, signature, &out->signature);
    out->signed_part = view_part(text, 0, header.n + 1 + payload.n);
    return e;
}

enum err jws_verify(const struct jws *j, const struct jws_key *k)
{
    uint8_t der[SIGNATURE_MAX];
    const struct algorithm *alg = k->algorithm;
    struct view signature = j->signature;
    if (j->alg != alg->alg)
        return ERR_MISMATCH;
    if (alg->curve)
        signature = view_bytes(der, to_der(der, alg->coordinate, signature));
    if (signature.n == 0)
        return ERR_MISMATCH;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || EVP_DigestVerifyInit(c, NULL, alg->md(), NULL, k->pkey) != 1) {
        EVP_MD_CTX_free(c);
        return ERR_CRYPTO;
    }
    int good = EVP_DigestVerify(c, signature.p, signature.n, j->signed_part.p, j->signed_part.n);
    EVP_MD_CTX_free(c);
    return good == 1 ? ERR_OK : ERR_MISMATCH;
}
