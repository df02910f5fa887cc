#include "jpki/agent/conversation.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/secret.h"
#include "jpki/card/cert_view.h"
#include "jpki/card/text_ap.h"

enum { NAME_ROOM = 75, LOOK_MS = 500, RETRY_MS = 250, MUTE_PATIENCE_MS = 3000 };

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
    [CARD_KEYPAD_CANCELLED] = PROOF_USER_CANCELLED,
    [CARD_KEYPAD_TIMEOUT] = PROOF_USER_CANCELLED, /* nor this */
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

/* --- which of several cards --- */

static bool has_name(const struct reader *r, unsigned nth, char out[READER_NAME_MAX])
{
    return r->name && r->name(r->ctx, nth, out);
}

/* The readers whose cards are My Number Cards: each is asked, none is kept. */
static void look_into_all(struct conversation *c, struct choices *out)
{
    char name[READER_NAME_MAX] = "";
    *out = (struct choices){.n = 0};
    for (unsigned nth = 0; out->n < CHOICES_MAX && has_name(c->reader, nth, name); nth++) {
        enum card_result r = card_connect_at(&c->card, c->reader, nth);
        card_log_out(&c->card);
        if (r == CARD_OK)
            snprintf(out->names[out->n++], READER_NAME_MAX, "%s", name);
    }
}

/* Are the readers with a card still those that were looked into? */
static bool are_same(struct conversation *c, unsigned cards)
{
    char name[READER_NAME_MAX];
    return cards > 0 && has_name(c->reader, cards - 1, name) && !has_name(c->reader, cards, name);
}

static unsigned count_cards(struct conversation *c)
{
    char name[READER_NAME_MAX];
    unsigned n = 0;
    while (n < 2 * CHOICES_MAX && has_name(c->reader, n, name))
        n++;
    return n;
}

/* Connects the card of the reader that was chosen by its name; it may be another number by now. */
static enum card_result connect_named(struct conversation *c, const char *wanted)
{
    char name[READER_NAME_MAX];
    for (unsigned nth = 0; has_name(c->reader, nth, name); nth++)
        if (strcmp(name, wanted) == 0)
            return card_connect_at(&c->card, c->reader, nth);
    return CARD_NO_CARD;
}

/* One card is simply taken. Of several the resident chooses, and until she has, taking one away is a choice, too:
 * CARD_NO_CARD then, to look again. */
static enum card_result connect_chosen(struct conversation *c)
{
    struct choices choices;
    unsigned cards = c->choose ? count_cards(c) : 0;
    if (cards > 1)
        look_into_all(c, &choices);
    if (cards < 2 || choices.n < 2)
        return card_connect(&c->card, c->reader);
    c->tell(c->ctx, STAGE_CHOICE);
    while (!is_stopped(c) && !is_over(c) && are_same(c, cards)) {
        int chosen = c->choose(c->ctx, &choices, LOOK_MS);
        if (chosen >= 0 && (size_t)chosen < choices.n)
            return connect_named(c, choices.names[chosen]);
    }
    return CARD_NO_CARD;
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
        enum card_result r = connect_chosen(c);
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

/* What a window says of each purpose: what it is for, and what will be sent. */
static const struct purpose_words {
    enum word what, sends;
    bool is_ours; /* it is done at the issuer, not at the service */
} purpose_words[PROOF_PURPOSE_COUNT] = {
    [PROOF_LOGIN] = {W_LOGIN_TO, W_SENDS_PROOF, false},
    [PROOF_REAUTH] = {W_REAUTH_AT, W_SENDS_PROOF, false},
    [PROOF_READ] = {W_READ_FOR, W_SENDS_TEXT, true},
    [PROOF_REGISTER] = {W_REGISTER_FOR, W_SENDS_SIGN, true},
};

/* As much of a name as leaves room for the rest (WINDOW_TEXT_MAX), cut between characters. The host is never cut. */
static struct view fitted(struct view name)
{
    size_t n = name.n < NAME_ROOM ? name.n : NAME_ROOM;
    while (n > 0 && n < name.n && (name.p[n] & 0xC0) == 0x80)
        n--;
    return view_part(name, 0, n);
}

/* For whom, for what: the same lines in every window. */
static void put_facts(struct buf *b, const struct conversation *c)
{
    const struct proof_request *r = c->request;
    const struct purpose_words *w = &purpose_words[r->purpose];
    const struct view service[] = {fitted(r->rp.name), fitted(r->rp.org)}, label = fitted(c->issuer->label);
    enum lang l = lang(c);
    words_put(b, l, w->what, w->is_ours ? &label : service, w->is_ours ? 1 : 2);
    buf_put_text(b, "\n");
    put_line(b, l, W_ISSUER, proof_origin_host(r->iss));
    put_line(b, l, W_BIND, r->bind);
    buf_put_text(b, word(l, w->sends));
    buf_put_text(b, "\n");
    if (c->unknown_page) {
        buf_put_text(b, word(l, W_UNKNOWN_PAGE));
        buf_put_text(b, "\n");
    }
}

/* What differs between the PINs for the one who types. */
static const struct pin_words {
    enum word is, prompt, bad_form, last_try;
    enum proof_part part;
    bool capitals; /* small letters are typed, capitals are meant: the card compares bytes */
} pin_words[CARD_PIN_COUNT] = {
    [CARD_PIN_AUTH] = {W_PIN_AUTH_IS, W_PROMPT_AUTH, W_NOT_FOUR_DIGITS, W_LAST_TRY, PROOF_PART_AUTH, false},
    [CARD_PIN_SIGN] = {W_PIN_SIGN_IS, W_PROMPT_SIGN, W_NOT_A_PASSWORD, W_LAST_TRY_SIGN, PROOF_PART_SIGN, true},
    [CARD_PIN_TEXT] = {W_PIN_TEXT_IS, W_PROMPT_TEXT, W_NOT_FOUR_DIGITS, W_LAST_TRY, PROOF_PART_TEXT, false},
};

static const char *describe_pin(const struct conversation *c, enum card_pin pin, int tries)
{
    struct buf b;
    const char *text;
    buf_open(&b, c->arena, 4096);
    put_facts(&b, c);
    put_number(&b, lang(c), W_TRIES, tries);
    buf_put_text(&b, "\n\n");
    buf_put_text(&b, word(lang(c), pin_words[pin].is));
    return buf_done_text(&b, &text) ? NULL : text;
}

static const char *describe_keypad(const struct conversation *c, enum card_pin pin, int tries)
{
    struct buf b;
    const char *text, *which = describe_pin(c, pin, tries);
    buf_open(&b, c->arena, 4096);
    if (!which)
        return NULL;
    buf_put_text(&b, which);
    buf_put_text(&b, "\n");
    buf_put_text(&b, word(lang(c), W_KEYPAD_HOW));
    if (pin_words[pin].capitals)
        buf_put_text(&b, word(lang(c), W_KEYPAD_LETTERS));
    return buf_done_text(&b, &text) ? NULL : text;
}

static struct window_watch watch_of(struct conversation *c)
{
    return (struct window_watch){may_stay, c};
}

static enum proof_error confirm_last_try(struct conversation *c, enum card_pin pin)
{
    enum lang l = lang(c);
    const struct window_watch watch = watch_of(c);
    const struct window_text text = {.title = word(l, W_WINDOW_TITLE),
                                     .description = word(l, pin_words[pin].last_try),
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
                                     .prompt = word(l, pin_words[pin].prompt),
                                     .ok = word(l, W_ACCEPT),
                                     .cancel = word(l, W_CANCEL),
                                     .error = problem,
                                     .large = c->request->ui.large};
    if (!text.description)
        return PROOF_UNSUPPORTED_CARD;
    return error_of_window(c, c->window->ask_pin(c->window->ctx, &text, &watch, out));
}

/* The ASCII character of a full-width one (U+FF01..U+FF5E), as a Japanese keyboard types them; 0 if P holds none. */
static uint8_t narrow(const uint8_t *p, size_t n)
{
    if (n < 3 || p[0] != 0xEF)
        return 0;
    if (p[1] == 0xBC && p[2] >= 0x81 && p[2] <= 0xBF)
        return (uint8_t)(p[2] - 0x81 + '!');
    return p[1] == 0xBD && p[2] >= 0x80 && p[2] <= 0x9E ? (uint8_t)(p[2] - 0x80 + '`') : 0;
}

/* What was typed, as the card wants it. */
static void make_narrow(struct pin *pin, bool capitals)
{
    size_t n = 0;
    for (size_t i = 0; i < pin->n; i++) {
        uint8_t wide = narrow(pin->b + i, pin->n - i), c = wide ? wide : pin->b[i];
        pin->b[n++] = capitals && c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
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
    bool by_computer; /* the reader has keys, but she wants to type here */
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

/* What comes of one PIN that was shown, or not shown, to the card. *DONE: no further question. */
static enum proof_error settle(struct conversation *c, struct asking *a, enum card_result r, int left, bool *done)
{
    if (r == CARD_KEYPAD_TIMEOUT) { /* asked for anew: one of these may have been the card's own word */
        a->problem = word(lang(c), W_KEYPAD_TIMEOUT);
        return error_of(card_pin_tries(&c->card, a->which, &a->tries));
    }
    if (r == CARD_PIN_FORMAT) {
        a->problem = word(lang(c), pin_words[a->which].bad_form);
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

/* Shows one typed PIN to the card and wipes it. */
static enum proof_error show_pin(struct conversation *c, struct asking *a, struct pin *pin, bool *done)
{
    c->tell(c->ctx, STAGE_WORK);
    make_narrow(pin, pin_words[a->which].capitals);
    int left = -1;
    enum card_result r = card_verify(&c->card, a->which, view_bytes(pin->b, pin->n), &left);
    wipe(pin, sizeof *pin);
    return settle(c, a, r, left, done);
}

/* The window says for whom and what, as always; then the reader's keys are awaited. Typing on this computer instead is
 * a choice of its own. */
static enum proof_error ask_keypad(struct conversation *c, struct asking *a, bool *done)
{
    enum lang l = lang(c);
    const struct window_watch watch = watch_of(c);
    const struct window_text text = {.title = word(l, W_WINDOW_TITLE),
                                     .description = describe_keypad(c, a->which, a->tries),
                                     .ok = word(l, W_KEYPAD_GO),
                                     .other = word(l, W_KEYPAD_NOT),
                                     .cancel = word(l, W_CANCEL),
                                     .error = a->problem,
                                     .large = c->request->ui.large};
    int left = -1;
    if (!text.description)
        return PROOF_UNSUPPORTED_CARD;
    enum window_answer answer = c->window->confirm(c->window->ctx, &text, &watch);
    a->by_computer = answer == WINDOW_OTHER;
    if (answer != WINDOW_OK)
        return answer == WINDOW_OTHER ? PROOF_OK : error_of_window(c, answer);
    if (!may_stay(c))
        return why_stopped(c);
    c->tell(c->ctx, STAGE_KEYPAD);
    enum card_result r = card_verify_on_keypad(&c->card, a->which, l == LANG_JA, &left);
    return settle(c, a, r, left, done);
}

static enum proof_error ask_and_show(struct conversation *c, struct asking *a, struct pin *pin, bool *done)
{
    c->tell(c->ctx, STAGE_PIN);
    if (a->tries <= 1 && !a->last_try_agreed) {
        enum proof_error e = confirm_last_try(c, a->which);
        if (e)
            return e;
        a->last_try_agreed = true;
    }
    if (!a->by_computer && card_has_keypad(&c->card))
        return ask_keypad(c, a, done);
    enum proof_error e = ask_pin(c, a->which, a->tries, a->problem, pin);
    if (e)
        return e;
    return may_stay(c) ? show_pin(c, a, pin, done) : why_stopped(c);
}

/* Until the PIN is verified, blocked, or given up. */
static enum proof_error verify_pin(struct conversation *c, enum card_pin which)
{
    struct asking a = {.which = which};
    c->part = pin_words[which].part;
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

static enum proof_error read_certificate(struct conversation *c, enum card_key key, struct proof_signed *out)
{
    struct cert_view cert;
    enum card_result r = card_read_certificate(&c->card, key, c->arena, &out->cert);
    if (r)
        return error_of(r);
    if (cert_view_read(&cert, out->cert) || cert.key == CERT_KEY_OTHER)
        return PROOF_UNSUPPORTED_CARD;
    out->alg = cert.key == CERT_KEY_P384 ? JWS_ES384 : JWS_RS256;
    return c->now > cert.not_after ? PROOF_CERT_EXPIRED : PROOF_OK;
}

static enum proof_error sign(struct conversation *c, enum card_key key, struct proof_signed *out)
{
    uint8_t message[PROOF_MESSAGE_SIZE];
    proof_message(message, c->request->iss, c->request->nonce, c->jws);
    enum card_alg alg = out->alg == JWS_ES384 ? CARD_ECDSA_SHA384 : CARD_RSA_SHA256;
    return error_of(card_sign(&c->card, key, alg, VIEW_ARRAY(message), c->arena, &out->sig));
}

/* A certificate that can be read freely is read first: an expired one costs nobody a PIN. */
static enum proof_error prove(struct conversation *c, enum card_key key, struct proof_signed *out)
{
    const struct card_key_place *place = &c->card.kind->keys[key];
    bool free_to_read = place->certificate_free;
    c->tell(c->ctx, STAGE_WORK);
    enum proof_error e = free_to_read ? read_certificate(c, key, out) : PROOF_OK;
    if (!e)
        e = verify_pin(c, place->pin);
    if (!e)
        c->tell(c->ctx, STAGE_WORK);
    if (!e && !free_to_read)
        e = read_certificate(c, key, out);
    return e ? e : sign(c, key, out);
}

static enum proof_error read_text(struct conversation *c, struct proof_response *out)
{
    struct card_text text;
    c->part = PROOF_PART_TEXT;
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
        e = prove(c, CARD_KEY_AUTH, &out->auth);
    if (!e && c->request->purpose == PROOF_READ)
        e = read_text(c, out);
    if (!e && c->request->purpose == PROOF_REGISTER)
        e = prove(c, CARD_KEY_SIGN, &out->sign); /* the same M: both certificates are on the same card */
    return e;
}

static bool is_about_part(enum proof_error e)
{
    return e == PROOF_PIN_BLOCKED || e == PROOF_PIN_LAST_TRY || e == PROOF_CERT_EXPIRED || e == PROOF_UNSUPPORTED_CARD;
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
    c->part = PROOF_PART_AUTH;
    out->error = carry_out(c, out);
    if (is_about_part(out->error))
        out->part = c->part;
    card_log_out(&c->card);
}
