#include "tests/lib/software_card.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/jws.h"
#include "jpki/proof/request.h"
#include "jpki/proof/response.h"

static struct view load(struct software_card *c, const char *folder, const char *name)
{
    struct view v = VIEW_NONE;
    const char *path = arena_printf(&c->a, "%s/%s", folder, name);
    enum err e = file_read(&c->a, path, 65536, &v);
    cr_assert_eq(e, ERR_OK, "%s: %s", path, err_name(e));
    return v;
}

static void *load_key(struct software_card *c, const char *folder, const char *name)
{
    struct view pem = load(c, folder, name);
    BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    cr_assert_not_null(key, "%s/%s", folder, name);
    return key;
}

static void load_sign(struct software_card *c, const char *folder)
{
    if (access(arena_printf(&c->a, "%s/sign.der", folder), R_OK))
        return; /* a child has none */
    c->sign_cert = load(c, folder, "sign.der");
    c->sign_key = load_key(c, folder, "sign.key");
}

static const char *text_of(struct software_card *c, const struct json *j, const char *name)
{
    struct view v = json_member_text(j, name);
    return view_is(v) ? arena_text(&c->a, v) : NULL;
}

void card_open(struct software_card *c, const char *folder)
{
    struct json *text;
    *c = (struct software_card){0};
    arena_open(&c->a, 1 << 20);
    c->cert = load(c, folder, "auth.der");
    c->key = load_key(c, folder, "auth.key");
    load_sign(c, folder);
    cr_assert_eq(json_read(&text, &c->a, load(c, folder, "text.json"), NULL), ERR_OK);
    c->name = text_of(c, text, "name");
    c->address = text_of(c, text, "address");
    c->birthdate = text_of(c, text, "birthdate");
    c->gender = text_of(c, text, "gender");
}

void card_close(struct software_card *c)
{
    EVP_PKEY_free(c->key);
    EVP_PKEY_free(c->sign_key);
    arena_close(&c->a);
}

static struct view sign(EVP_PKEY *key, struct arena *a, struct view message)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t n = 0;
    cr_assert_eq(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    cr_assert_eq(EVP_DigestSign(ctx, NULL, &n, message.p, message.n), 1);
    uint8_t *out = arena_alloc(a, n);
    cr_assert_eq(EVP_DigestSign(ctx, out, &n, message.p, message.n), 1);
    EVP_MD_CTX_free(ctx);
    return view_bytes(out, n);
}

struct asked {
    struct view iss, txn, nonce, purpose;
};

static void read_request(struct asked *out, struct arena *a, const char *request)
{
    struct jws jws;
    struct json *claims;
    cr_assert_eq(jws_read(&jws, a, view_text(request)), ERR_OK, "%s", request);
    cr_assert_eq(json_read(&claims, a, jws.payload, NULL), ERR_OK);
    out->iss = json_member_text(claims, "iss");
    out->txn = json_member_text(claims, "txn");
    out->purpose = json_member_text(claims, "purpose");
    cr_assert_eq(base64url_read(a, json_member_text(claims, "nonce"), &out->nonce), ERR_OK);
    cr_assert_eq(out->nonce.n, PROOF_NONCE_SIZE);
}

static struct view proof(EVP_PKEY *key, struct arena *a, const char *request, const struct asked *asked,
                         const struct card_trick *trick)
{
    uint8_t nonce[PROOF_NONCE_SIZE], message[PROOF_MESSAGE_SIZE];
    memcpy(nonce, asked->nonce.p, sizeof nonce);
    nonce[0] ^= trick->other_nonce;
    proof_message(message, trick->other_issuer ? VIEW("https://evil.example") : asked->iss, nonce, view_text(request));
    return sign(key, a, VIEW_ARRAY(message));
}

static void put_text(struct proof_response *r, const struct software_card *c)
{
    r->has_text = true;
    r->text =
        (struct proof_text){view_text(c->name), view_text(c->address), view_text(c->birthdate), view_text(c->gender)};
}

static void flip(struct view sig)
{
    ((uint8_t *)(uintptr_t)sig.p)[10] ^= 1;
}

static void put_sign(struct proof_response *r, struct software_card *c, struct arena *a, const char *request,
                     const struct asked *asked, const struct card_trick *trick)
{
    if (!c->sign_key || trick->no_sign)
        return;
    r->sign = (struct proof_signed){JWS_RS256, c->sign_cert, proof(c->sign_key, a, request, asked, trick)};
    if (trick->twice)
        r->sign = r->auth;
    if (trick->flip_sign)
        flip(r->sign.sig);
}

const char *card_answer(struct software_card *c, struct arena *a, const char *request, const struct card_trick *trick)
{
    static const struct card_trick none;
    struct asked asked;
    struct buf out;
    const char *text;
    trick = trick ? trick : &none;
    read_request(&asked, a, request);
    struct proof_response r = {.txn = trick->txn ? view_text(trick->txn) : asked.txn,
                               .agent_name = VIEW("genkan-agent"),
                               .agent_ver = VIEW("0.1.0"),
                               .agent_os = VIEW("linux")};
    if (trick->error) {
        r = (struct proof_response){.txn = r.txn, .error = proof_error_of(view_text(trick->error))};
        if (trick->of)
            r.part = strcmp(trick->of, "sign") == 0 ? PROOF_PART_SIGN : PROOF_PART_TEXT;
    } else {
        r.lock = trick->lock ? view_bytes(trick->lock, PROOF_LOCK_SIZE) : VIEW_NONE;
        r.auth = (struct proof_signed){JWS_RS256, c->cert, proof(c->key, a, request, &asked, trick)};
        if (trick->flip_signature)
            flip(r.auth.sig);
        if ((view_equal_text(asked.purpose, "read") && !trick->no_text) || trick->unasked_text)
            put_text(&r, c);
        if (view_equal_text(asked.purpose, "register") || trick->unasked_sign)
            put_sign(&r, c, a, request, &asked, trick);
    }
    buf_open(&out, a, 65536);
    cr_assert_eq(proof_response_write_fragment(&out, &r), ERR_OK);
    cr_assert_eq(buf_done_text(&out, &text), ERR_OK);
    return text;
}

const char *card_request_of(const char *link)
{
    const char *found = link ? strstr(link, "/v1/auth/") : NULL;
    return found ? found + strlen("/v1/auth/") : NULL;
}
