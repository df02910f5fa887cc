#include "base/jwe.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/chance.h"
#include "base/hash.h"
#include "base/jwk.h"
#include "base/secret.h"

/* PARTY_MAX: apu and apv. Z_MAX: P-521. HEADER_MAX: of one we write. */
enum { JWE_MAX = 128 * 1024, PARTY_MAX = 512, Z_MAX = 66, HEADER_MAX = 2048, WRAPPED_MAX = 1024, WRAP_OVERHEAD = 8 };

/* RFC 7518 4.1. */
static const struct algorithm {
    enum jwe_alg alg;
    const char *name;
    bool rsa;
    size_t wrap; /* bytes of the key that wraps the content's; 0: none does */
} algorithms[] = {
    {JWE_RSA_OAEP_256, "RSA-OAEP-256", true, 0},
    {JWE_ECDH_ES, "ECDH-ES", false, 0},
    {JWE_ECDH_ES_A128KW, "ECDH-ES+A128KW", false, 16},
    {JWE_ECDH_ES_A256KW, "ECDH-ES+A256KW", false, 32},
};

struct jwe_key {
    EVP_PKEY *pkey;
    enum jwk_kind kind;
    struct view id;
    char thumbprint[JWK_THUMBPRINT_SIZE];
};

static const struct algorithm *algorithm_of(enum jwe_alg alg)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (algorithms[i].alg == alg)
            return &algorithms[i];
    insist_failed("a key management algorithm of ours", __FILE__, __LINE__);
}

enum jwe_alg jwe_alg_of(struct view name)
{
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
        if (view_equal_text(name, algorithms[i].name))
            return algorithms[i].alg;
    return JWE_NONE_GIVEN;
}

const char *jwe_alg_name(enum jwe_alg alg)
{
    return algorithm_of(alg)->name;
}

/* --- keys -------------------------------------------------------------------------------------------------------- */

/* Takes PKEY over, also when it fails. */
static enum err key_of(struct jwe_key **out, EVP_PKEY *pkey)
{
    enum jwk_kind kind = JWK_RSA;
    bool fits = jwk_kind_of(pkey, &kind) && kind != JWK_ED25519;
    struct jwe_key *k = fits ? calloc(1, sizeof *k) : NULL;
    *out = NULL;
    if (!k) {
        jwk_close(pkey);
        return fits ? ERR_MEMORY : ERR_SYNTAX;
    }
    k->pkey = pkey;
    k->kind = kind;
    enum err e = jwk_thumbprint(k->thumbprint, pkey);
    k->id = view_text(k->thumbprint);
    if (e)
        jwe_key_close(k);
    else
        *out = k;
    return e;
}

enum err jwe_key_make(struct jwe_key **out, enum jwe_alg alg)
{
    EVP_PKEY *pkey = jwk_make(algorithm_of(alg)->rsa ? JWK_RSA : JWK_P256);
    *out = NULL;
    return pkey ? key_of(out, pkey) : ERR_CRYPTO;
}

enum err jwe_key_read_pem(struct jwe_key **out, struct view pem)
{
    EVP_PKEY *pkey;
    enum err e = jwk_read_pem(&pkey, pem);
    *out = NULL;
    return e ? e : key_of(out, pkey);
}

enum err jwe_key_write_pem(struct buf *out, const struct jwe_key *k)
{
    return jwk_write_pem(out, k->pkey);
}

bool jwe_key_fits(const struct jwe_key *k, enum jwe_alg alg)
{
    return algorithm_of(alg)->rsa == (k->kind == JWK_RSA);
}

/* RFC 7517 4.3: the words for what is done with a public key. */
static bool may_encrypt(const struct json *jwk, bool rsa)
{
    static const char *const words[2][2] = {{"deriveKey", "deriveBits"}, {"wrapKey", "encrypt"}};
    const struct json *ops = json_member(jwk, "key_ops"), *use = json_member(jwk, "use");
    struct view op, word;
    bool may = !ops;
    for (size_t i = 0; i < json_count(ops); i++)
        may = may || (json_text(json_at(ops, i), &op) &&
                      (view_equal_text(op, words[rsa][0]) || view_equal_text(op, words[rsa][1])));
    return may && (!use || (json_text(use, &word) && view_equal(word, VIEW("enc"))));
}

static bool says(const struct json *jwk, const char *alg)
{
    const struct json *said = json_member(jwk, "alg");
    struct view name;
    return !said || (json_text(said, &name) && view_equal_text(name, alg));
}

static void close_key(void *k)
{
    jwe_key_close(k);
}

enum err jwe_key_read_public(const struct jwe_key **out, struct arena *a, const struct json *jwk, enum jwe_alg alg)
{
    const struct algorithm *row = algorithm_of(alg);
    EVP_PKEY *pkey;
    struct jwe_key *k;
    *out = NULL;
    if (!may_encrypt(jwk, row->rsa) || !says(jwk, row->name))
        return ERR_SYNTAX;
    enum err e = jwk_read(&pkey, jwk);
    if (e || (e = key_of(&k, pkey)))
        return e;
    if (!arena_on_close(a, close_key, k))
        return ERR_MEMORY;
    k->id = json_member_text(jwk, "kid");
    if (!jwe_key_fits(k, alg))
        return ERR_SYNTAX;
    *out = k;
    return ERR_OK;
}

void jwe_key_put_jwk(struct json_out *o, const struct jwe_key *k)
{
    json_begin(o);
    if (k->kind == JWK_RSA)
        json_pair_text(o, "alg", algorithm_of(JWE_RSA_OAEP_256)->name);
    jwk_put_required(o, k->pkey);
    json_pair(o, "kid", k->id);
    json_pair_text(o, "use", "enc");
    json_end(o);
}

void jwe_key_close(struct jwe_key *k)
{
    if (!k)
        return;
    jwk_close(k->pkey);
    free(k);
}

struct view jwe_key_id(const struct jwe_key *k)
{
    return k->id;
}

/* --- RSA-OAEP (RFC 7518 4.3) ------------------------------------------------------------------------------------- */

static bool set_oaep(EVP_PKEY_CTX *c)
{
    return EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(c, EVP_sha256()) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(c, EVP_sha256()) == 1;
}

static bool oaep_encrypt(const struct jwe_key *k, struct view cek, uint8_t out[WRAPPED_MAX], size_t *n)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    *n = WRAPPED_MAX;
    bool ok = c && EVP_PKEY_encrypt_init(c) == 1 && set_oaep(c) && EVP_PKEY_encrypt(c, out, n, cek.p, cek.n) == 1;
    EVP_PKEY_CTX_free(c);
    return ok;
}

/* RFC 7516 11.5: a key that does not open gives a random one in its place, so that the tag fails and nothing else. */
static bool oaep_decrypt(const struct jwe_key *k, struct view wrapped, uint8_t cek[CONTENT_KEY_MAX], size_t size)
{
    uint8_t out[WRAPPED_MAX];
    size_t n = sizeof out;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    bool ready = c && EVP_PKEY_decrypt_init(c) == 1 && set_oaep(c);
    chance_bytes(cek, size);
    if (ready && EVP_PKEY_decrypt(c, out, &n, wrapped.p, wrapped.n) == 1 && n == size)
        memcpy(cek, out, size);
    EVP_PKEY_CTX_free(c);
    wipe(out, sizeof out);
    return ready;
}

/* --- ECDH-ES (RFC 7518 4.6) -------------------------------------------------------------------------------------- */

static bool shared_secret(EVP_PKEY *own, EVP_PKEY *peer, uint8_t z[Z_MAX], size_t *n)
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
    *n = Z_MAX;
    bool ok =
        c && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, peer) == 1 && EVP_PKEY_derive(c, z, n) == 1;
    EVP_PKEY_CTX_free(c);
    return ok;
}

static void u32(uint8_t out[4], size_t v)
{
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (8 * (3 - i)));
}

/* RFC 7518 4.6.2: Concat KDF with SHA-256; ALGORITHM is the name of what SIZE bytes are for. */
static void derive(uint8_t *out, size_t size, struct view z, const char *algorithm, struct view apu, struct view apv)
{
    uint8_t round[4], name[4], u[4], v[4], bits[4], digest[SHA256_SIZE];
    u32(name, strlen(algorithm));
    u32(u, apu.n);
    u32(v, apv.n);
    u32(bits, size * 8);
    for (size_t done = 0, i = 1; done < size; done += SHA256_SIZE, i++) {
        u32(round, i);
        const struct view pieces[] = {VIEW_ARRAY(round), z,   VIEW_ARRAY(name), view_text(algorithm),
                                      VIEW_ARRAY(u),     apu, VIEW_ARRAY(v),    apv,
                                      VIEW_ARRAY(bits)};
        sha256_of(digest, pieces, sizeof pieces / sizeof *pieces);
        memcpy(out + done, digest, size - done < SHA256_SIZE ? size - done : SHA256_SIZE);
    }
    wipe(digest, sizeof digest);
}

/* RFC 3394: *N bytes come out. */
static bool key_wrap(struct view kek, struct view in, uint8_t *out, size_t *n, int encrypt)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, kek.n == 16 ? "AES-128-WRAP" : "AES-256-WRAP", NULL);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int first = 0, rest = 0;
    bool ok = c && cipher && EVP_CipherInit_ex2(c, cipher, kek.p, NULL, encrypt, NULL) == 1 &&
              EVP_CipherUpdate(c, out, &first, in.p, (int)in.n) == 1 && EVP_CipherFinal_ex(c, out + first, &rest) == 1;
    *n = (size_t)(first + rest);
    EVP_CIPHER_CTX_free(c);
    EVP_CIPHER_free(cipher);
    return ok;
}

/* The key that is agreed upon with OWN (private) and PEER: for the content itself, or to wrap its key. */
static bool agree(uint8_t out[CONTENT_KEY_MAX], size_t *size, EVP_PKEY *own, EVP_PKEY *peer,
                  const struct algorithm *row, enum content_alg enc, struct view apu, struct view apv)
{
    uint8_t z[Z_MAX];
    size_t n;
    bool ok = shared_secret(own, peer, z, &n);
    *size = row->wrap ? row->wrap : content_key_size(enc);
    if (ok)
        derive(out, *size, view_bytes(z, n), row->wrap ? row->name : content_alg_name(enc), apu, apv);
    wipe(z, sizeof z);
    return ok;
}

/* --- encrypting -------------------------------------------------------------------------------------------------- */

struct sealing {
    const struct algorithm *row;
    enum content_alg enc;
    const struct jwe_words *words;
    const struct jwe_key *to;
    EVP_PKEY *ephemeral; /* NULL for RSA */
    uint8_t cek[CONTENT_KEY_MAX], wrapped[WRAPPED_MAX];
    size_t wrapped_size;
};

static enum err make_key(struct sealing *s)
{
    uint8_t agreed[CONTENT_KEY_MAX];
    size_t size, cek_size = content_key_size(s->enc);
    chance_bytes(s->cek, cek_size);
    if (s->row->rsa)
        return oaep_encrypt(s->to, view_bytes(s->cek, cek_size), s->wrapped, &s->wrapped_size) ? ERR_OK : ERR_CRYPTO;
    s->ephemeral = jwk_make(s->to->kind);
    bool ok = s->ephemeral && agree(agreed, &size, s->ephemeral, s->to->pkey, s->row, s->enc, VIEW_NONE, VIEW_NONE);
    if (ok && s->row->wrap)
        ok = key_wrap(view_bytes(agreed, size), view_bytes(s->cek, cek_size), s->wrapped, &s->wrapped_size, 1);
    else if (ok)
        memcpy(s->cek, agreed, cek_size);
    wipe(agreed, sizeof agreed);
    return ok ? ERR_OK : ERR_CRYPTO;
}

static void put_header(struct buf *out, const struct sealing *s)
{
    uint8_t space[HEADER_MAX];
    struct buf b = {.p = space, .size = sizeof space, .limit = sizeof space - 1};
    struct json_out o;
    struct view header;
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "alg", s->row->name);
    json_pair_text(&o, "cty", s->words ? s->words->cty : NULL);
    json_pair_text(&o, "enc", content_alg_name(s->enc));
    if (s->ephemeral) {
        json_key(&o, "epk");
        json_begin(&o);
        jwk_put_required(&o, s->ephemeral);
        json_end(&o);
    }
    json_pair(&o, "kid", s->to->id);
    json_pair_text(&o, "typ", s->words ? s->words->typ : NULL);
    json_end(&o);
    enum err e = buf_done(&b, &header);
    if (e)
        out->err = out->err ? out->err : e;
    else
        base64url_put(out, header);
}

static enum err put_content(struct buf *out, const struct sealing *s, struct view header, struct view plain)
{
    uint8_t iv[CONTENT_IV_MAX], tag[CONTENT_TAG_MAX];
    struct view cipher;
    struct arena a;
    size_t iv_size = content_iv_size(s->enc);
    chance_bytes(iv, iv_size);
    arena_open(&a, plain.n + 4096);
    enum err e = content_encrypt(&cipher, tag, &a, s->enc, view_bytes(s->cek, content_key_size(s->enc)),
                                 view_bytes(iv, iv_size), header, plain);
    if (!e) {
        buf_put_byte(out, '.');
        base64url_put(out, view_bytes(s->wrapped, s->wrapped_size));
        buf_put_byte(out, '.');
        base64url_put(out, view_bytes(iv, iv_size));
        buf_put_byte(out, '.');
        base64url_put(out, cipher);
        buf_put_byte(out, '.');
        base64url_put(out, view_bytes(tag, content_tag_size(s->enc)));
    }
    arena_close(&a);
    return e ? e : out->err;
}

enum err jwe_encrypt(struct buf *out, const struct jwe_key *k, enum jwe_alg alg, enum content_alg enc,
                     const struct jwe_words *words, struct view plain)
{
    struct sealing s = {.row = algorithm_of(alg), .enc = enc, .words = words, .to = k};
    size_t start = out->n;
    INSIST(jwe_key_fits(k, alg));
    enum err e = make_key(&s);
    if (!e) {
        put_header(out, &s);
        e = out->err;
    }
    if (!e) {
        /* RFC 7516 5.1, 14: the AAD is the header as it is sent; a copy, since OUT may move while it grows */
        uint8_t aad[HEADER_MAX / 3 * 4 + 4];
        size_t n = out->n - start;
        INSIST(n <= sizeof aad);
        memcpy(aad, out->p + start, n);
        e = put_content(out, &s, view_bytes(aad, n), plain);
    }
    jwk_close(s.ephemeral);
    wipe(s.cek, sizeof s.cek);
    return e;
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static bool text_or_absent(const struct json *header, const char *key, struct view *out)
{
    const struct json *j = json_member(header, key);
    *out = VIEW_NONE;
    return !j || json_text(j, out);
}

static enum err read_party(struct view *out, struct arena *a, const struct json *header, const char *key)
{
    struct view text;
    *out = VIEW_NONE;
    if (!text_or_absent(header, key, &text) || text.n > PARTY_MAX)
        return ERR_SYNTAX;
    return view_is(text) ? base64url_read(a, text, out) : ERR_OK;
}

static enum err read_names(struct jwe *out, struct arena *a, const struct json *header)
{
    struct view alg, enc;
    if (json_member(header, "zip") || json_member(header, "crit"))
        return ERR_SYNTAX;
    if (!text_or_absent(header, "alg", &alg) || !text_or_absent(header, "enc", &enc) ||
        !text_or_absent(header, "kid", &out->kid))
        return ERR_SYNTAX;
    out->alg = jwe_alg_of(alg);
    out->enc = content_alg_of(enc);
    if (out->alg == JWE_NONE_GIVEN || out->enc == CONTENT_NONE_GIVEN)
        return ERR_SYNTAX;
    if (algorithm_of(out->alg)->rsa)
        return ERR_OK;
    out->epk = json_member(header, "epk");
    enum err e = out->epk ? read_party(&out->apu, a, header, "apu") : ERR_SYNTAX;
    return e ? e : read_party(&out->apv, a, header, "apv");
}

static enum err read_header(struct jwe *out, struct arena *a)
{
    struct view bytes;
    struct json *header;
    enum err e = base64url_read(a, out->header, &bytes);
    if (!e)
        e = json_read(&header, a, bytes, NULL);
    if (e)
        return e;
    return json_is_object(header) ? read_names(out, a, header) : ERR_SYNTAX;
}

enum err jwe_read(struct jwe *out, struct arena *a, struct view text)
{
    *out = (struct jwe){0};
    struct view rest = text, *const parts[] = {&out->encrypted_key, &out->iv, &out->cipher, &out->tag}, part;
    if (!text.p || text.n > JWE_MAX || !view_next(&rest, '.', &out->header))
        return ERR_SYNTAX;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!view_next(&rest, '.', &part))
            return ERR_SYNTAX;
        enum err e = base64url_read(a, part, parts[i]);
        if (e)
            return e;
    }
    return rest.p ? ERR_SYNTAX : read_header(out, a);
}

/* --- decrypting -------------------------------------------------------------------------------------------------- */

/* A point of another curve, or none at all, would tell something about our key: jwk_read refuses the one, this the
 * other (RFC 7518 8.7 by its reference, RFC 8725 3.4). */
static enum err agree_with(uint8_t out[CONTENT_KEY_MAX], size_t *size, const struct jwe *j, const struct jwe_key *k)
{
    EVP_PKEY *epk;
    enum jwk_kind kind;
    enum err e = jwk_read(&epk, j->epk);
    if (e)
        return e == ERR_MEMORY ? e : ERR_MISMATCH;
    bool ok = jwk_kind_of(epk, &kind) && kind == k->kind &&
              agree(out, size, k->pkey, epk, algorithm_of(j->alg), j->enc, j->apu, j->apv);
    jwk_close(epk);
    return ok ? ERR_OK : ERR_MISMATCH;
}

static enum err open_key(uint8_t cek[CONTENT_KEY_MAX], const struct jwe *j, const struct jwe_key *k)
{
    const struct algorithm *row = algorithm_of(j->alg);
    uint8_t agreed[CONTENT_KEY_MAX], opened[WRAPPED_MAX];
    size_t size = content_key_size(j->enc), agreed_size, n;
    if (row->rsa)
        return oaep_decrypt(k, j->encrypted_key, cek, size) ? ERR_OK : ERR_CRYPTO;
    if (j->encrypted_key.n != (row->wrap ? size + WRAP_OVERHEAD : 0)) /* RFC 7516 5.2, 10 */
        return ERR_MISMATCH;
    enum err e = agree_with(agreed, &agreed_size, j, k);
    if (!e && row->wrap)
        e = key_wrap(view_bytes(agreed, agreed_size), j->encrypted_key, opened, &n, 0) && n == size ? ERR_OK
                                                                                                    : ERR_MISMATCH;
    if (!e)
        memcpy(cek, row->wrap ? opened : agreed, size);
    wipe(agreed, sizeof agreed);
    wipe(opened, sizeof opened);
    return e;
}

enum err jwe_decrypt(struct view *plain, struct arena *a, const struct jwe *j, const struct jwe_key *k)
{
    uint8_t cek[CONTENT_KEY_MAX];
    *plain = VIEW_NONE;
    if (!jwe_key_fits(k, j->alg))
        return ERR_MISMATCH;
    enum err e = open_key(cek, j, k);
    if (!e)
        e = content_decrypt(plain, a, j->enc, view_bytes(cek, content_key_size(j->enc)), j->iv, j->header, j->cipher,
                            j->tag);
    wipe(cek, sizeof cek);
    return e;
}
