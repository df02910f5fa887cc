#include "base/jws.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/jwk.h"

/* KID_SIZE: of a key that one of us wrote, with its NUL. SIGNATURE_MAX: RSA with 8192 bits. */
enum { KID_SIZE = 44, SIGNATURE_MAX = 1024, JWS_MAX = 64 * 1024, JWK_MAX = 4096 };

/* RFC 7518 3.1 and RFC 8037 3.1, the rows we offer. */
static const struct algorithm {
    enum jws_alg alg;
    const char *name;
    enum jwk_kind kind;
    const EVP_MD *(*md)(void); /* NULL: Ed25519 hashes by itself */
    int padding;               /* RSA's */
} algorithms[] = {
    {JWS_RS256, "RS256", JWK_RSA, EVP_sha256, RSA_PKCS1_PADDING},
    {JWS_ES256, "ES256", JWK_P256, EVP_sha256, 0},
    {JWS_ES384, "ES384", JWK_P384, EVP_sha384, 0},
    {JWS_PS256, "PS256", JWK_RSA, EVP_sha256, RSA_PKCS1_PSS_PADDING},
    {JWS_EDDSA, "EdDSA", JWK_ED25519, NULL, 0},
};

static const char jwt_type[] = "JWT";

struct jws_key {
    EVP_PKEY *pkey;
    /* prepared once, duplicated for each signature: looking algorithms up costs a tenth of it; NULL for EdDSA */
    EVP_PKEY_CTX *signer;
    const struct algorithm *algorithm;
    struct buf
        jwk; /* of a private key: what jws_key_put_jwk puts, written once, since getting the numbers costs more */
    struct buf head; /* of a private key: the header of a "JWT", as it stands in one; most tokens are that */
    char id[KID_SIZE];
    char thumbprint[JWK_THUMBPRINT_SIZE];
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
    /* RFC 9864 2.2: the same algorithm under the name that says its curve, which newer libraries write */
    return view_equal_text(name, "Ed25519") ? JWS_EDDSA : JWS_NONE_GIVEN;
}

const char *jws_alg_name(enum jws_alg alg)
{
    const struct algorithm *a = algorithm_of(alg);
    return a ? a->name : "none";
}

/* --- keys -------------------------------------------------------------------------------------------------------- */

/* The first row of a kind is the one that a key without any word gets. */
static const struct algorithm *algorithm_for(const EVP_PKEY *pkey, enum jws_alg alg)
{
    enum jwk_kind kind;
    if (!jwk_kind_of(pkey, &kind))
        return NULL;
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].kind == kind && (alg == JWS_NONE_GIVEN || algorithms[i].alg == alg))
            return &algorithms[i];
    return NULL;
}

/* RFC 7518 3.5: the salt of PS256 is as long as the hash; it is asked for when verifying, too. */
static bool set_algorithm(EVP_PKEY_CTX *c, const struct algorithm *alg)
{
    if (alg->kind != JWK_RSA)
        return true;
    return EVP_PKEY_CTX_set_rsa_padding(c, alg->padding) == 1 &&
           (alg->padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static EVP_PKEY_CTX *signer_of(EVP_PKEY *pkey, const struct algorithm *alg)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok =
        c && EVP_PKEY_sign_init(c) == 1 && set_algorithm(c, alg) && EVP_PKEY_CTX_set_signature_md(c, alg->md()) == 1;
    if (ok)
        return c;
    EVP_PKEY_CTX_free(c);
    return NULL;
}

/* Takes PKEY over, also when it fails. */
static enum err key_of(struct jws_key **out, EVP_PKEY *pkey, enum jws_alg alg)
{
    const struct algorithm *row = algorithm_for(pkey, alg);
    struct jws_key *k = row ? calloc(1, sizeof *k) : NULL;
    *out = NULL;
    if (!k) {
        jwk_close(pkey);
        return row ? ERR_MEMORY : ERR_SYNTAX;
    }
    *k = (struct jws_key){.pkey = pkey, .algorithm = row};
    enum err e = jwk_thumbprint(k->thumbprint, pkey);
    memcpy(k->id, k->thumbprint, sizeof k->thumbprint);
    if (e)
        jws_key_close(k);
    else
        *out = k;
    return e;
}

static void put_jwk(struct json_out *o, const struct jws_key *k)
{
    json_begin(o);
    json_pair_text(o, "alg", k->algorithm->name);
    jwk_put_required(o, k->pkey);
    json_pair_text(o, "kid", k->id);
    json_pair_text(o, "use", "sig");
    json_end(o);
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

static enum err prepare(struct jws_key *k)
{
    struct json_out o;
    buf_open(&k->jwk, NULL, JWK_MAX);
    json_out_open(&o, &k->jwk);
    put_jwk(&o, k);
    buf_open(&k->head, NULL, JWK_MAX);
    put_header(&k->head, k, jwt_type);
    if (k->jwk.err || k->head.err || !k->algorithm->md)
        return k->jwk.err ? k->jwk.err : k->head.err;
    k->signer = signer_of(k->pkey, k->algorithm);
    return k->signer ? ERR_OK : ERR_CRYPTO;
}

static enum err private_key_of(struct jws_key **out, EVP_PKEY *pkey, enum jws_alg alg)
{
    enum err e = key_of(out, pkey, alg);
    if (e || !(e = prepare(*out)))
        return e;
    jws_key_close(*out);
    *out = NULL;
    return e;
}

enum err jws_key_make(struct jws_key **out, enum jws_alg alg)
{
    const struct algorithm *row = algorithm_of(alg);
    *out = NULL;
    INSIST(row);
    EVP_PKEY *pkey = jwk_make(row->kind);
    return pkey ? private_key_of(out, pkey, alg) : ERR_CRYPTO;
}

enum err jws_key_read_pem(struct jws_key **out, struct view pem, enum jws_alg alg)
{
    EVP_PKEY *pkey;
    enum err e = jwk_read_pem(&pkey, pem);
    *out = NULL;
    return e ? e : private_key_of(out, pkey, alg);
}

enum err jws_key_write_pem(struct buf *out, const struct jws_key *k)
{
    return jwk_write_pem(out, k->pkey);
}

/* RFC 7517 4.3: what the key is for, where it says so. */
static bool may_verify(const struct json *jwk)
{
    const struct json *ops = json_member(jwk, "key_ops"), *use = json_member(jwk, "use");
    struct view op, word;
    bool verifies = !ops;
    for (size_t i = 0; i < json_count(ops); i++)
        verifies = verifies || (json_text(json_at(ops, i), &op) && view_equal(op, VIEW("verify")));
    return verifies && (!use || (json_text(use, &word) && view_equal(word, VIEW("sig"))));
}

/* The algorithm that the JWK says, JWS_NONE_GIVEN where it says nothing; false: one that is none of ours. */
static bool alg_said(const struct json *jwk, enum jws_alg *out)
{
    const struct json *alg = json_member(jwk, "alg");
    struct view name = VIEW_NONE;
    *out = JWS_NONE_GIVEN;
    if (!alg)
        return true;
    if (json_text(alg, &name))
        *out = jws_alg_of(name);
    return *out != JWS_NONE_GIVEN;
}

static enum err read_public(struct jws_key **out, const struct json *jwk, enum jws_alg alg)
{
    EVP_PKEY *pkey;
    enum err e = jwk_read(&pkey, jwk);
    *out = NULL;
    return e ? e : key_of(out, pkey, alg);
}

enum err jws_key_read_jwk(struct jws_key **out, const struct json *jwk)
{
    enum jws_alg alg;
    struct view kid = json_member_text(jwk, "kid");
    *out = NULL;
    if (kid.n >= KID_SIZE || !may_verify(jwk) || !alg_said(jwk, &alg))
        return ERR_SYNTAX;
    enum err e = read_public(out, jwk, alg);
    if (!e && kid.n > 0) {
        memset((*out)->id, 0, KID_SIZE);
        memcpy((*out)->id, kid.p, kid.n);
    }
    return e;
}

static void close_key(void *k)
{
    jws_key_close(k);
}

enum err jws_key_read_public(const struct jws_key **out, struct arena *a, const struct json *jwk, enum jws_alg alg)
{
    enum jws_alg said;
    struct jws_key *k;
    *out = NULL;
    INSIST(alg != JWS_NONE_GIVEN);
    if (!may_verify(jwk) || !alg_said(jwk, &said) || (said != JWS_NONE_GIVEN && said != alg))
        return ERR_SYNTAX;
    enum err e = read_public(&k, jwk, alg);
    if (e)
        return e;
    if (!arena_on_close(a, close_key, k))
        return ERR_MEMORY;
    *out = k;
    return ERR_OK;
}

void jws_key_put_jwk(struct json_out *o, const struct jws_key *k)
{
    struct view jwk;
    if (k->jwk.n && buf_done(&k->jwk, &jwk) == ERR_OK)
        json_put_raw(o, jwk);
    else
        put_jwk(o, k);
}

void jws_key_close(struct jws_key *k)
{
    if (!k)
        return;
    EVP_PKEY_CTX_free(k->signer);
    buf_close(&k->jwk);
    buf_close(&k->head);
    jwk_close(k->pkey);
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

/* --- signing ----------------------------------------------------------------------------------------------------- */

/* DER ECDSA-Sig-Value to r || s (RFC 7518 3.4). */
/* X.690 8.3: an INTEGER that is not negative, as SIZE bytes. */
static bool take_integer(struct view *der, uint8_t *out, size_t size)
{
    if (der->n < 2 || der->p[0] != 2 || der->p[1] > der->n - 2)
        return false;
    struct view v = view_part(*der, 2, der->p[1]);
    *der = view_from(*der, 2 + v.n);
    while (v.n > 0 && v.p[0] == 0)
        v = view_from(v, 1);
    if (v.n > size)
        return false;
    memset(out, 0, size - v.n);
    if (v.n)
        memcpy(out + size - v.n, v.p, v.n);
    return true;
}

/* What was just made here: a SEQUENCE of two numbers, shorter than 128 bytes (RFC 3279 2.2.3). Read by hand, since
 * making two big numbers of it and bytes of them again takes as long as hashing what is signed. */
static bool to_fixed(uint8_t *out, size_t coordinate, const uint8_t *der, size_t n)
{
    struct view rest = view_from(view_bytes(der, n), 2);
    return n > 2 && der[0] == 0x30 && der[1] == n - 2 && take_integer(&rest, out, coordinate) &&
           take_integer(&rest, out + coordinate, coordinate) && rest.n == 0;
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

static bool is_ec(const struct algorithm *alg)
{
    return alg->md && alg->kind != JWK_RSA;
}

static bool sign_digest(const struct jws_key *k, struct view text, uint8_t out[SIGNATURE_MAX], size_t *n)
{
    uint8_t der[SIGNATURE_MAX], digest[SHA384_SIZE];
    const struct algorithm *alg = k->algorithm;
    size_t size = alg->alg == JWS_ES384 ? SHA384_SIZE : SHA256_SIZE, coordinate = jwk_coordinate(alg->kind);
    if (alg->alg == JWS_ES384)
        sha384(digest, text);
    else
        sha256(digest, text);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_dup(k->signer);
    bool ok = c && EVP_PKEY_sign(c, is_ec(alg) ? der : out, n, digest, size) == 1;
    EVP_PKEY_CTX_free(c);
    if (ok && is_ec(alg)) {
        ok = to_fixed(out, coordinate, der, *n);
        *n = 2 * coordinate;
    }
    return ok;
}

static bool sign_whole(const struct jws_key *k, struct view text, uint8_t out[SIGNATURE_MAX], size_t *n)
{
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok =
        c && EVP_DigestSignInit(c, NULL, NULL, NULL, k->pkey) == 1 && EVP_DigestSign(c, out, n, text.p, text.n) == 1;
    EVP_MD_CTX_free(c);
    return ok;
}

enum err jws_sign(struct buf *out, const struct jws_key *k, const char *typ, struct view payload)
{
    uint8_t signature[SIGNATURE_MAX];
    size_t start = out->n, n = sizeof signature;
    if (k->head.n && typ && strcmp(typ, jwt_type) == 0)
        buf_put(out, view_bytes(k->head.p, k->head.n));
    else
        put_header(out, k, typ);
    buf_put_byte(out, '.');
    base64url_put(out, payload);
    if (out->err)
        return out->err;
    struct view text = view_bytes(out->p + start, out->n - start);
    if (!(k->signer ? sign_digest(k, text, signature, &n) : sign_whole(k, text, signature, &n)))
        return ERR_CRYPTO;
    buf_put_byte(out, '.');
    base64url_put(out, view_bytes(signature, n));
    return out->err;
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

/* RFC 7515 4.1.11, 4.1.2, 4.1.3, 4.1.5, RFC 7797 3, RFC 8725 3.10. */
static bool is_followed(const struct json *header, bool with_key)
{
    static const char *const never[] = {"crit", "b64", "jku", "x5u"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (json_member(header, never[i]))
            return false;
    return with_key == (json_member(header, "jwk") != NULL);
}

static bool text_or_absent(const struct json *header, const char *key, struct view *out)
{
    const struct json *j = json_member(header, key);
    *out = VIEW_NONE;
    return !j || json_text(j, out);
}

static enum err read_header(struct jws *out, struct arena *a, struct view text, bool with_key)
{
    struct view bytes;
    struct json *header;
    enum err e = base64url_read(a, text, &bytes);
    if (!e)
        e = json_read(&header, a, bytes, NULL);
    if (e)
        return e;
    if (!json_is_object(header) || !is_followed(header, with_key))
        return ERR_SYNTAX;
    struct view alg;
    if (!text_or_absent(header, "alg", &alg) || !text_or_absent(header, "kid", &out->kid) ||
        !text_or_absent(header, "typ", &out->typ))
        return ERR_SYNTAX;
    out->alg = jws_alg_of(alg);
    if (out->alg == JWS_NONE_GIVEN)
        return ERR_SYNTAX;
    return with_key ? jws_key_read_public(&out->key, a, json_member(header, "jwk"), out->alg) : ERR_OK;
}

/* Everything but what the header says. */
static enum err take_apart(struct jws *out, struct view *header, struct arena *a, struct view text)
{
    struct view rest = text, payload, signature;
    *out = (struct jws){0};
    if (!text.p || text.n > JWS_MAX)
        return ERR_SYNTAX;
    if (!view_next(&rest, '.', header) || !view_next(&rest, '.', &payload) || !view_next(&rest, '.', &signature) ||
        rest.p)
        return ERR_SYNTAX;
    enum err e = base64url_read(a, payload, &out->payload);
    if (!e)
        e = base64url_read(a, signature, &out->signature);
    out->signed_part = view_part(text, 0, header->n + 1 + payload.n);
    return e;
}

static enum err read_all(struct jws *out, struct arena *a, struct view text, bool with_key)
{
    struct view header;
    enum err e = take_apart(out, &header, a, text);
    return e ? e : read_header(out, a, header, with_key);
}

enum err jws_read(struct jws *out, struct arena *a, struct view text)
{
    return read_all(out, a, text, false);
}

enum err jws_read_with_key(struct jws *out, struct arena *a, struct view text)
{
    return read_all(out, a, text, true);
}

struct view jws_header(struct view text)
{
    size_t n = view_index(text, '.');
    return n < text.n ? view_part(text, 0, n) : VIEW_NONE;
}

enum err jws_read_like(struct jws *out, struct arena *a, struct view text, const struct jws *before)
{
    struct view header;
    enum err e = take_apart(out, &header, a, text);
    out->alg = before->alg;
    out->kid = before->kid;
    out->typ = before->typ;
    out->key = before->key;
    return e;
}

enum err jws_verify(const struct jws *j, const struct jws_key *k)
{
    uint8_t der[SIGNATURE_MAX];
    const struct algorithm *alg = k->algorithm;
    struct view signature = j->signature;
    EVP_PKEY_CTX *settings;
    if (j->alg != alg->alg)
        return ERR_MISMATCH;
    if (is_ec(alg))
        signature = view_bytes(der, to_der(der, jwk_coordinate(alg->kind), signature));
    if (signature.n == 0)
        return ERR_MISMATCH;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || EVP_DigestVerifyInit(c, &settings, alg->md ? alg->md() : NULL, NULL, k->pkey) != 1 ||
        !set_algorithm(settings, alg)) {
        EVP_MD_CTX_free(c);
        return ERR_CRYPTO;
    }
    int good = EVP_DigestVerify(c, signature.p, signature.n, j->signed_part.p, j->signed_part.n);
    EVP_MD_CTX_free(c);
    return good == 1 ? ERR_OK : ERR_MISMATCH;
}
