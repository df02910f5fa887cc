#include "jpki/agent/conversation.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "jpki/card/cert_view.h"
#include "jpki/card/text_ap.h"

enum { LOOK_MS = 500, RETRY_MS = 250, MUTE_PATIENCE_MS = 3000 };

/* ---- what a result of the card means to the one who asked ---- */

static const enum proof_error meaning[] = {
    [CARD_OK] = PROOF_OK,
    [CARD_NO_READER] = PROOF_NO_READER,
    [CARD_READER_BUSY] = PROOF_READER_BUSY,
    [CARD_NO_CARD] = PROOF_NO_CARD,
    [CARD_WRONG] = PROOF_WRONG_CARD,
    [CARD_REMOVED] = PROOF_CARD_REMOVED,
    [CARD_MUTE] = PROOF_UNSUPPORTED_CARD,
    [CARD_UNSUPPORTED] = PROOF_UNSUPPORTED_CARD,
    [CARD_PIN_FORMAT] = PROOF_UNSUPPORTED_CARD, /* does not come out of the PIN loop */
    [CARD_PIN_WRONG] = PROOF_UNSUPPORTED_CARD,  /* nor this */
    [CARD_PIN_BLOCKED] = PROOF_PIN_BLOCKED,
    [CARD_FAILED] = PROOF_UNSUPPORTED_CARD,
};

static enum proof_error error_of(enum card_result r)
{
    return meaning[r];
}

static bool is_over(const struct conversation *c)
{
    return clock_steady_ms() >= c->end_ms;
}

static bool is_stopped(const struct conversation *c)
{
    return c->is_stopped(c->ctx);
}

static enum lang lang(const struct conversation *c)
{
    return words_lang(c->request->ui.lang);
}

/* ---- until a card is there ---- */

static enum stage stage_of(enum reader_state state)
{
    return state == READER_NONE ? STAGE_READER : state == READER_EMPTY ? STAGE_CARD : STAGE_START;
}

static enum proof_error why_no_card(enum reader_state state)
{
    return state == READER_NONE ? PROOF_NO_READER : state == READER_EMPTY ? PROOF_NO_CARD : PROOF_REQUEST_EXPIRED;
}

/* Waits until some reader has a card. */
static enum proof_error await_card(struct conversation *c)
{
    enum reader_state state = c->reader->await(c->reader->ctx, READER_CARD, 0);
    while (state != READER_CARD) {
        if (is_stopped(c))
            return PROOF_USER_CANCELLED;
        if (is_over(c))
            return why_no_card(state);
        c->tell(c->ctx, stage_of(state));
        state = c->reader->await(c->reader->ctx, state, LOOK_MS);
    }
    return PROOF_OK;
}

/* Why connecting did not work may pass by itself: another program ends, a card is pushed in all the way, the service
 * notices that it has gone. */
struct patience {
    int64_t busy_until, mute_until; /* 0: did not happen yet */
};

static bool has_patience(int64_t *until, int ms)
{
    int64_t now = clock_steady_ms();
    if (*until == 0)
        *until = now + ms;
    return now < *until;
}

static bool may_pass(struct conversation *c, struct patience *p, enum card_result r)
{
    switch (r) {
    case CARD_NO_CARD:
    case CARD_REMOVED:
    case CARD_NO_READER:
        return true;
    case CARD_READER_BUSY:
        c->tell(c->ctx, STAGE_READER_BUSY);
        return has_patience(&p->busy_until, c->busy_patience_ms);
    case CARD_MUTE:
        return has_patience(&p->mute_until, MUTE_PATIENCE_MS);
    default:
        return false;
    }
}

/* Until a My Number Card is connected. Nothing was done with it yet, so a card that is taken away is simply awaited
 * again. */
static enum proof_error connect_card(struct conversation *c)
{
    struct patience patience = {0};
    for (;;) {
        enum proof_error e = await_card(c);
        if (!e && is_stopped(c))
            e = PROOF_USER_CANCELLED;
        if (!e && is_over(c))
            e = PROOF_REQUEST_EXPIRED;
        if (e)
            return e;
        enum card_result r = card_connect(&c->card, c->reader);
        if (!may_pass(c, &patience, r))
            return error_of(r);
        (void)c->reader->await(c->reader->ctx, READER_CARD, RETRY_MS);
    }
}

/* ---- the window ---- */

static bool may_stay(void *ctx)
{
    const struct conversation *c = ctx;
    return !is_over(c) && !is_stopped(c) && c->reader->is_there(c->reader->ctx);
}

/* Why the watch closed the window. */
static enum proof_error why_stopped(struct conversation *c)
{
    if (is_stopped(c))
        return PROOF_USER_CANCELLED;
    if (is_over(c))
        return PROOF_REQUEST_EXPIRED;
    return c->reader->await(c->reader->ctx, READER_CARD, 0) == READER_NONE ? PROOF_NO_READER : PROOF_CARD_REMOVED;
}

static enum proof_error error_of_window(struct conversation *c, enum window_answer answer)
{
    switch (answer) {
    case WINDOW_OK:
        return PROOF_OK;
    case WINDOW_STOPPED:
        return why_stopped(c);
    case WINDOW_FAILED:
        c->window_failed = true;
        return PROOF_USER_CANCELLED;
    default:
        return PROOF_USER_CANCELLED;
    }
}

static void put_line(struct buf *b, enum lang l, enum word w, struct view v)
{
    words_put(b, l, w, &v, 1);
    buf_put_text(b, "\n");
}

static void put_number(struct buf *b, enum lang l, enum word w, int number)
{
    char text[12];
    snprintf(text, sizeof text, "%d", number);
    const struct view v = view_text(text);
    words_put(b, l, w, &v, 1);
}

/* For whom, for what: the same lines in every window. */
static void put_facts(struct buf *b, const struct conversation *c)
{
    const struct proof_request *r = c->request;
    const struct view service[] = {r->rp.name, r->rp.org};
    enum lang l = lang(c);
    if (r->purpose == PROOF_READ)
        words_put(b, l, W_READ_FOR, &c->issuer->label, 1);
    else
        words_put(b, l, r->purpose == PROOF_REAUTH ? W_REAUTH_AT : W_LOGIN_TO, service, 2);
    buf_put_text(b, "\n");
    put_line(b, l, W_ISSUER, proof_origin_host(r->iss));
    put_line(b, l, W_BIND, r->bind);
    buf_put_text(b, word(l, r->purpose == PROOF_READ ? W_SENDS_TEXT : W_SENDS_PROOF));
    buf_put_text(b, "\n");
    if (c->unknown_page) {
        buf_put_text(b, word(l, W_UNKNOWN_PAGE));
        buf_put_text(b, "\n");
    }
}

static const char *describe_pin(const struct conversation *c, enum card_pin pin, int tries)
{
    struct buf b;
    const char *text;
    buf_open(&b, c->arena, 4096);
    put_facts(&b, c);
    put_number(&b, lang(c), W_TRIES, tries);
    buf_put_text(&b, "\n\n");
    buf_put_text(&b, word(lang(c), pin == CARD_PIN_TEXT ? W_PIN_TEXT_IS : W_PIN_AUTH_IS));
    return buf_done_text(&b, &text) ? NULL : text;
}

static struct window_watch watch_of(struct conversation *c)
{
    return (struct window_watch){may_stay, c};
}

static enum proof_error confirm_last_try(struct conversation *c)
{
    enum lang l = lang(c);
    const struct window_watch watch = watch_of(c);
    const struct window_text text = {.title = word(l, W_WINDOW_TITLE),
                                     .description = word(l, W_LAST_TRY),
                                     .ok = word(l, W_LAST_TRY_GO),
                                     .cancel = word(l, W_LAST_TRY_STOP),
                                     .large = c->request->ui.large};
    enum window_answer answer = c->window->confirm(c->window->ctx, &text, &watch);
    return answer == WINDOW_CANCELLED ? PROOF_PIN_LAST_TRY : error_of_window(c, answer);
}

static enum proof_error ask_pin(struct conversation *c, enum card_pin pin, int tries, const char *problem,
                                struct pin *out)
{
    enum lang l = lang(c);
    const struct window_watch watch = watch_of(c);
    const struct window_text text = {.title = word(l, W_WINDOW_TITLE),
                                     .description = describe_pin(c, pin, tries),
                                     .prompt = word(l, pin == CARD_PIN_TEXT ? W_PROMPT_TEXT : W_PROMPT_AUTH),
                                     .ok = word(l, W_ACCEPT),
                                     .cancel = word(l, W_CANCEL),
                                     .error = problem,
                                     .large = c->request->ui.large};
    if (!text.description)
        return PROOF_UNSUPPORTED_CARD;
    return error_of_window(c, c->window->ask_pin(c->window->ctx, &text, &watch, out));
}

/* Full-width digits, as a Japanese keyboard types them, mean the same digits (U+FF10..U+FF19). */
static void make_narrow(struct pin *pin)
{
    size_t n = 0;
    for (size_t i = 0; i < pin->n; i++) {
        const uint8_t *p = pin->b + i;
        bool wide = pin->n - i >= 3 && p[0] == 0xEF && p[1] == 0xBC && p[2] >= 0x90 && p[2] <= 0x99;
        pin->b[n++] = wide ? (uint8_t)('0' + p[2] - 0x90) : p[0];
        i += wide ? 2 : 0;
    }
    wipe(pin->b + n, sizeof pin->b - n);
    pin->n = n;
}

/* ---- the PIN ---- */

/* What the loop around one PIN remembers. */
struct asking {
    enum card_pin which;
    int tries;
    bool last_try_agreed;
    const char *problem; /* what the window says about the last input; NULL */
};

static const char *wrong_pin(const struct conversation *c, int left)
{
    struct buf b;
    const char *text;
    buf_open(&b, c->arena, 512);
    put_number(&b, lang(c), W_WRONG, left);
    return buf_done_text(&b, &text) ? "" : text;
}

/* Shows one typed PIN to the card and wipes it. *DONE: no further question. */
static enum proof_error show_pin(struct conversation *c, struct asking *a, struct pin *pin, bool *done)
{
    c->tell(c->ctx, STAGE_WORK);
    make_narrow(pin);
    int left = -1;
    enum card_result r = card_verify(&c->card, a->which, view_bytes(pin->b, pin->n), &left);
    wipe(pin, sizeof *pin);
    if (r == CARD_PIN_FORMAT) {
        a->problem = word(lang(c), W_NOT_FOUR_DIGITS);
        return PROOF_OK;
    }
    *done = r != CARD_PIN_WRONG;
    if (r == CARD_PIN_WRONG && left < 0)
        r = card_pin_tries(&c->card, a->which, &left);
    if (r == CARD_PIN_WRONG || (!*done && r == CARD_OK)) {
        a->tries = left;
        a->problem = wrong_pin(c, left);
        return PROOF_OK;
    }
    return error_of(r);
}

static enum proof_error ask_and_show(struct conversation *c, struct asking *a, struct pin *pin, bool *done)
{
    c->tell(c->ctx, STAGE_PIN);
    if (a->tries <= 1 && !a->last_try_agreed) {
        enum proof_error e = confirm_last_try(c);
        if (e)
            return e;
        a->last_try_agreed = true;
    }
    enum proof_error e = ask_pin(c, a->which, a->tries, a->problem, pin);
    if (e)
        return e;
    return may_stay(c) ? show_pin(c, a, pin, done) : why_stopped(c);
}

/* Until the PIN is verified, blocked, or given up. */
static enum proof_error verify_pin(struct conversation *c, enum card_pin which)
{
    struct asking a = {.which = which};
    enum card_result r = card_pin_tries(&c->card, which, &a.tries);
    if (r)
        return error_of(r);
    struct pin *pin = secret_lock_alloc(sizeof *pin);
    if (!pin)
        return PROOF_UNSUPPORTED_CARD;
    enum proof_error e = PROOF_OK;
    for (bool done = false; !done && !e;)
        e = ask_and_show(c, &a, pin, &done);
    secret_lock_free(pin, sizeof *pin);
    return e;
}

/* ---- certificate, signature, text ---- */

static enum proof_error read_certificate(struct conversation *c, struct proof_signed *out)
{
    struct cert_view cert;
    enum card_result r = card_read_certificate(&c->card, CARD_KEY_AUTH, c->arena, &out->cert);
    if (r)
        return error_of(r);
    if (cert_view_read(&cert, out->cert) || cert.key == CERT_KEY_OTHER)
        return PROOF_UNSUPPORTED_CARD;
    out->alg = cert.key == CERT_KEY_P384 ? JWS_ES384 : JWS_RS256;
    return c->now > cert.not_after ? PROOF_CERT_EXPIRED : PROOF_OK;
}

static enum proof_error sign(struct conversation *c, struct proof_signed *out)
{
    uint8_t message[PROOF_MESSAGE_SIZE];
    proof_message(message, c->request->iss, c->request->nonce, c->jws);
    enum card_alg alg = out->alg == JWS_ES384 ? CARD_ECDSA_SHA384 : CARD_RSA_SHA256;
    return error_of(card_sign(&c->card, CARD_KEY_AUTH, alg, VIEW_ARRAY(message), c->arena, &out->sig));
}

/* A certificate that can be read freely is read first: an expired one costs nobody a PIN. */
static enum proof_error prove(struct conversation *c, struct proof_signed *out)
{
    bool free_to_read = c->card.kind->keys[CARD_KEY_AUTH].certificate_free;
    c->tell(c->ctx, STAGE_WORK);
    enum proof_error e = free_to_read ? read_certificate(c, out) : PROOF_OK;
    if (!e)
        e = verify_pin(c, CARD_PIN_AUTH);
    if (!e)
        c->tell(c->ctx, STAGE_WORK);
    if (!e && !free_to_read)
        e = read_certificate(c, out);
    return e ? e : sign(c, out);
}

static enum proof_error read_text(struct conversation *c, struct proof_response *out)
{
    struct card_text text;
    if (!c->card.kind->has_text)
        return PROOF_UNSUPPORTED_CARD;
    enum proof_error e = verify_pin(c, CARD_PIN_TEXT);
    if (!e)
        e = error_of(card_read_text(&c->card, c->arena, &text));
    if (e)
        return e;
    out->has_text = true;
    out->text = (struct proof_text){text.name, text.address, text.birthdate, text.gender};
    return PROOF_OK;
}

static enum proof_error carry_out(struct conversation *c, struct proof_response *out)
{
    enum proof_error e = connect_card(c);
    if (!e)
        e = prove(c, &out->auth);
    if (!e && c->request->purpose == PROOF_READ)
        e = read_text(c, out);
    return e;
}

void conversation_run(struct conversation *c, struct proof_response *out)
{
    *out = (struct proof_response){.txn = c->request->txn,
                                   .agent_name = VIEW("genkan-agent"),
                                   .agent_ver = VIEW(GENKAN_VERSION),
                                   .agent_os = VIEW("linux")};
    c->card = (struct card){.reader = c->reader, .app = CARD_APP_COUNT, .step = "wait"};
    c->window_failed = false;
    c->tell(c->ctx, STAGE_START);
    out->error = carry_out(c, out);
    card_log_out(&c->card);
}
