/* A card behind the caller's own transport. */
#include <stdlib.h>

#include "base/clock.h"
#include "jpki/card/cert_view.h"
#include "jpki/card/text_ap.h"
#include "jpki/library/handles.h"
#include "jpki/proof/challenge.h"

/* ---- the transport as a reader with one card in it ---- */

static enum reader_state await(void *ctx, enum reader_state seen, int ms)
{
    (void)ctx, (void)seen, (void)ms;
    return READER_CARD;
}

static enum card_result connect_one(void *ctx, unsigned nth)
{
    genkan_card *c = ctx;
    c->is_connected = nth == 0;
    return nth == 0 ? CARD_OK : CARD_NO_CARD;
}

/* The caller's word is not taken for more than it may say. */
static enum card_result transmit(void *ctx, struct view command, uint8_t *answer, size_t size, size_t *n)
{
    genkan_card *c = ctx;
    *n = 0;
    int status = c->transport.transmit(c->transport.ctx, command.p, command.n, answer, size, n);
    if (status == GENKAN_OK)
        return *n <= size ? CARD_OK : CARD_UNSUPPORTED;
    *n = 0;
    return status == GENKAN_CARD_REMOVED ? CARD_REMOVED
           : status == GENKAN_NO_READER  ? CARD_NO_READER
                                         : CARD_UNSUPPORTED;
}

static bool is_there(void *ctx)
{
    genkan_card *c = ctx;
    return !c->transport.is_there || c->transport.is_there(c->transport.ctx);
}

static void disconnect(void *ctx)
{
    genkan_card *c = ctx;
    if (c->is_connected && c->transport.end)
        c->transport.end(c->transport.ctx);
    c->is_connected = false;
}

/* ---- open and close ---- */

API int genkan_card_open(genkan_card **out, const struct genkan_transport *transport)
{
    *out = NULL;
    if (transport->size < sizeof *transport || !transport->transmit)
        return GENKAN_USAGE;
    genkan_card *c = calloc(1, sizeof *c);
    if (!c)
        return GENKAN_NO_MEMORY;
    c->transport = *transport;
    c->reader = (struct reader){.ctx = c,
                                .await = await,
                                .connect = connect_one,
                                .transmit = transmit,
                                .is_there = is_there,
                                .disconnect = disconnect};
    arena_open(&c->arena, LIBRARY_ARENA);
    for (size_t i = 0; i < CARD_PIN_COUNT; i++)
        c->tries[i] = -1;
    int status = status_of_card(card_connect(&c->card, &c->reader));
    if (status == GENKAN_OK)
        *out = c;
    else
        genkan_card_close(c);
    return status;
}

API const char *genkan_card_kind(const genkan_card *c)
{
    return c->card.kind->name;
}

API void genkan_card_close(genkan_card *c)
{
    if (!c)
        return;
    if (c->card.reader)
        card_log_out(&c->card);
    arena_close(&c->arena);
    free(c);
}

/* ---- PINs ---- */

/* Asking may leave the application, and then the card forgets the PINs in it: of another one always, of this one if PIN
 * is verified (its counter cannot be seen otherwise). */
static void forget_others(genkan_card *c, enum card_pin pin)
{
    const struct card_pin_rule *rules = c->card.kind->pins;
    bool all = c->verified[pin];
    for (int i = 0; i < CARD_PIN_COUNT; i++)
        if (all || rules[i].app != rules[pin].app)
            c->verified[i] = false;
}

API int genkan_card_tries(genkan_card *c, enum genkan_pin pin, int *left)
{
    *left = -1;
    if ((unsigned)pin >= CARD_PIN_COUNT || (pin == GENKAN_PIN_TEXT && !c->card.kind->has_text))
        return GENKAN_USAGE;
    forget_others(c, (enum card_pin)pin);
    enum card_result r = card_pin_tries(&c->card, (enum card_pin)pin, left);
    c->tries[pin] = r == CARD_OK ? *left : -1;
    *left = r == CARD_PIN_BLOCKED ? 0 : *left;
    return status_of_card(r);
}

API int genkan_card_verify(genkan_card *c, enum genkan_pin pin, const char *text, size_t n, int agreed, int *left)
{
    *left = -1;
    if ((unsigned)pin >= CARD_PIN_COUNT || c->tries[pin] < 1)
        return GENKAN_USAGE; /* the tries are asked for before, so that the resident knows them */
    if (c->tries[pin] == 1 && !agreed)
        return GENKAN_PIN_LAST_TRY;
    enum card_result r = card_verify(&c->card, (enum card_pin)pin, view_bytes(text, n), left);
    if (r == CARD_PIN_FORMAT)
        return GENKAN_PIN_FORMAT;
    c->verified[pin] = r == CARD_OK;
    c->tries[pin] = -1; /* asked again before the next one */
    return status_of_card(r);
}

/* ---- certificate and signature ---- */

static const enum genkan_pin pin_of_key[] = {GENKAN_PIN_AUTH, GENKAN_PIN_SIGN};

static int read_certificate(genkan_card *c, enum card_key key, struct arena *arena, struct view *der,
                            struct cert_view *cert)
{
    if (!c->card.kind->keys[key].certificate_free && !c->verified[pin_of_key[key]])
        return GENKAN_PIN_NEEDED;
    enum card_result r = card_read_certificate(&c->card, key, arena, der);
    if (r)
        return status_of_card(r);
    return cert_view_read(cert, *der) || cert->key == CERT_KEY_OTHER ? GENKAN_UNSUPPORTED_CARD : GENKAN_OK;
}

API int genkan_card_dates(genkan_card *c, enum genkan_key key, int64_t *not_before, int64_t *not_after)
{
    struct view der;
    struct cert_view cert;
    *not_before = *not_after = 0;
    if ((unsigned)key >= CARD_KEY_COUNT)
        return GENKAN_USAGE;
    int status = read_certificate(c, (enum card_key)key, &c->arena, &der, &cert);
    if (status == GENKAN_OK) {
        *not_before = cert.not_before;
        *not_after = cert.not_after;
    }
    arena_reset(&c->arena);
    return status;
}

static int sign(genkan_card *c, genkan_request *r, enum card_key key, struct proof_signed *out)
{
    uint8_t message[PROOF_MESSAGE_SIZE];
    enum card_alg alg = out->alg == JWS_ES384 ? CARD_ECDSA_SHA384 : CARD_RSA_SHA256;
    proof_message(message, r->request.iss, r->request.nonce, r->jws);
    return status_of_card(card_sign(&c->card, key, alg, VIEW_ARRAY(message), &r->arena, &out->sig));
}

/* There is no way to have anything signed but the message of a request that has passed every check. */
API int genkan_card_prove(genkan_card *c, genkan_request *r, enum genkan_key key)
{
    struct cert_view cert;
    struct proof_signed out = {.alg = JWS_NONE_GIVEN};
    if ((unsigned)key >= CARD_KEY_COUNT || (key == GENKAN_KEY_SIGN && r->request.purpose != PROOF_REGISTER))
        return GENKAN_USAGE;
    if (!c->verified[pin_of_key[key]])
        return GENKAN_PIN_NEEDED;
    int status = read_certificate(c, (enum card_key)key, &r->arena, &out.cert, &cert);
    if (status)
        return status;
    if (r->now > cert.not_after)
        return GENKAN_CERT_EXPIRED;
    out.alg = cert.key == CERT_KEY_P384 ? JWS_ES384 : JWS_RS256;
    status = sign(c, r, (enum card_key)key, &out);
    if (status == GENKAN_OK && key == GENKAN_KEY_AUTH)
        r->response.auth = out;
    else if (status == GENKAN_OK)
        r->response.sign = out;
    return status;
}

/* ---- the text application ---- */

API int genkan_card_read_text(genkan_card *c, genkan_request *r)
{
    struct card_text text;
    if (r->request.purpose != PROOF_READ || !c->card.kind->has_text)
        return GENKAN_USAGE;
    if (!c->verified[GENKAN_PIN_TEXT])
        return GENKAN_PIN_NEEDED;
    int status = status_of_card(card_read_text(&c->card, &r->arena, &text));
    if (status)
        return status;
    r->response.has_text = true;
    r->response.text = (struct proof_text){text.name, text.address, text.birthdate, text.gender};
    return GENKAN_OK;
}
