#include "jpki/card/card.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/secret.h"
#include "jpki/card/cert_view.h"
#include "jpki/card/ecdsa.h"
#include "jpki/card/text_ap.h"

enum { INS_SELECT = 0xA4, INS_READ = 0xB0, INS_VERIFY = 0x20, INS_SIGN = 0x2A };
enum { SW_OK = 0x9000, SW_END_OF_FILE = 0x6282, SW_UNDEFINED = 0x6F00 };
enum { READ_STEP = 256, SHORT_ID = 0x80, THIS_FILE = 0x80, RSA_2048_SIZE = 256 };

/* ---- one exchange ---- */

static bool is_ok(const struct card *c)
{
    return c->last_sw == SW_OK;
}

/* What came back: the status word goes to last_sw, the data to *DATA (in c->answer, until the next). */
static enum card_result take_answer(struct card *c, size_t got, struct view *data)
{
    struct apdu_answer answer;
    if (apdu_read(&answer, view_bytes(c->answer, got)))
        return CARD_REMOVED; /* not even a status word: that was the reader's answer for a card that has gone */
    c->last_sw = answer.sw;
    if (data)
        *data = answer.data;
    return CARD_OK;
}

/* Sends one command. */
static enum card_result exchange(struct card *c, const char *step, const struct apdu *command, struct view *data)
{
    uint8_t bytes[APDU_COMMAND_MAX];
    size_t n, got = 0;
    c->step = step;
    c->last_sw = 0;
    if (apdu_write(bytes, &n, command))
        return CARD_FAILED;
    c->apdus++;
    enum card_result r = c->reader->transmit(c->reader->ctx, view_bytes(bytes, n), c->answer, sizeof c->answer, &got);
    wipe(bytes, sizeof bytes); /* it may have been a PIN */
    return r ? r : take_answer(c, got, data);
}

static enum card_result select_app_once(struct card *c, enum card_app app)
{
    const struct apdu command = {0x00, INS_SELECT, 0x04, 0x0C, card_aid(app), APDU_NO_LE};
    return exchange(c, "select application", &command, NULL);
}

/* The first command after power-up is answered 6F00 by some cards: asked once more. */
static enum card_result select_app(struct card *c, enum card_app app)
{
    enum card_result r = select_app_once(c, app);
    if (!r && c->last_sw == SW_UNDEFINED)
        r = select_app_once(c, app);
    if (r)
        return r;
    if (!is_ok(c)) /* a locked application or a failing chip is a card of ours, whatever else a foreign one */
        return app != CARD_APP_JPKI || c->last_sw == 0x6283 || c->last_sw == SW_UNDEFINED ? CARD_UNSUPPORTED
                                                                                          : CARD_WRONG;
    c->app = app;
    return CARD_OK;
}

static enum card_result select_file(struct card *c, struct card_ef ef)
{
    const uint8_t id[] = {(uint8_t)(ef.id >> 8), (uint8_t)ef.id};
    const struct apdu command = {0x00, INS_SELECT, 0x02, 0x0C, VIEW_ARRAY(id), APDU_NO_LE};
    enum card_result r = exchange(c, "select file", &command, NULL);
    return r ? r : is_ok(c) ? CARD_OK : CARD_UNSUPPORTED;
}

/* ---- reading a file ---- */

/* READ BINARY with a 15-bit offset of the current file. */
static enum card_result read_at(struct card *c, size_t offset, size_t n, struct view *data)
{
    const struct apdu command = {
        0x00, INS_READ, (uint8_t)(offset >> 8), (uint8_t)offset, VIEW_NONE, n >= READ_STEP ? APDU_LE_256 : (int)n};
    enum card_result r = exchange(c, "read file", &command, data);
    if (r)
        return r;
    return is_ok(c) || c->last_sw == SW_END_OF_FILE ? CARD_OK : CARD_UNSUPPORTED;
}

/* The first bytes of a file: by its short id, which makes it the current file, or by SELECT on a card that does not
 * know short ids (found out at the first file that is read, the token info). */
static enum card_result read_first(struct card *c, struct card_ef ef, size_t n, struct view *data)
{
    if (c->short_ids && ef.sfi) {
        const struct apdu command = {0x00, INS_READ,  (uint8_t)(SHORT_ID | ef.sfi),
                                     0,    VIEW_NONE, n >= READ_STEP ? APDU_LE_256 : (int)n};
        enum card_result r = exchange(c, "read file", &command, data);
        if (r || is_ok(c) || c->last_sw == SW_END_OF_FILE)
            return r;
        c->short_ids = false;
    }
    enum card_result r = select_file(c, ef);
    return r ? r : read_at(c, 0, n, data);
}

static enum card_result add(struct buf *b, struct view data)
{
    buf_put(b, data);
    return b->err ? CARD_FAILED : CARD_OK;
}

/* Reads on until SIZE bytes are there; an answer without data ends it as unsupported, so it cannot go on for ever. */
static enum card_result read_rest(struct card *c, struct buf *b, size_t size)
{
    enum card_result r = CARD_OK;
    while (!r && b->n < size) {
        struct view data;
        r = read_at(c, b->n, size - b->n, &data);
        if (!r && (data.n == 0 || data.n > size - b->n))
            return CARD_UNSUPPORTED;
        if (!r)
            r = add(b, data);
    }
    return r;
}

typedef enum err size_fn(struct view head, size_t *size);

/* A whole file whose first bytes say how long it is. */
static enum card_result read_file(struct card *c, struct card_ef ef, struct arena *arena, size_t limit,
                                  size_fn *size_of, struct view *out)
{
    struct view data;
    struct buf b;
    size_t size;
    enum card_result r = read_first(c, ef, READ_STEP, &data);
    if (r)
        return r;
    if (size_of(data, &size) || size > limit)
        return CARD_UNSUPPORTED;
    buf_open(&b, arena, limit);
    r = add(&b, view_part(data, 0, size));
    if (!r)
        r = read_rest(c, &b, size);
    if (!r && buf_done(&b, out))
        r = CARD_FAILED;
    return r;
}

/* ---- which card ---- */

static enum card_result find_kind(struct card *c)
{
    struct view data;
    enum card_result r = select_app(c, CARD_APP_JPKI);
    if (!r)
        r = read_first(c, card_token_info, CARD_LABEL_MAX, &data);
    if (r)
        return r;
    c->kind = card_kind_of(data);
    if (!c->kind)
        return CARD_UNSUPPORTED;
    return c->kind->login ? CARD_OK : CARD_WRONG;
}

static void let_go(struct card *c)
{
    c->reader->disconnect(c->reader->ctx);
    c->app = CARD_APP_COUNT;
    c->kind = NULL;
}

static enum card_result connect_nth(struct card *c, unsigned nth)
{
    c->short_ids = true;
    c->step = "connect";
    enum card_result r = c->reader->connect(c->reader->ctx, nth);
    if (!r)
        r = find_kind(c);
    if (r)
        let_go(c);
    return r;
}

static void begin(struct card *c, struct reader *reader)
{
    *c = (struct card){.reader = reader, .app = CARD_APP_COUNT, .short_ids = true, .step = "connect"};
}

enum card_result card_connect_at(struct card *c, struct reader *reader, unsigned nth)
{
    begin(c, reader);
    return connect_nth(c, nth);
}

enum card_result card_connect(struct card *c, struct reader *reader)
{
    enum card_result worst = CARD_NO_CARD;
    begin(c, reader);
    for (unsigned nth = 0;; nth++) {
        enum card_result r = connect_nth(c, nth);
        if (r == CARD_NO_CARD)
            return worst;
        if (!r || r == CARD_NO_READER || r == CARD_FAILED)
            return r;
        /* another card in another reader may be the right one; what is told is about the most hopeful of them */
        if (worst == CARD_NO_CARD || worst == CARD_WRONG)
            worst = r;
    }
}

/* ---- PIN ---- */

/* A way to name the PIN file that the card has shown to understand. */
static enum card_result verify(struct card *c, struct card_ef ef, const char *step, struct view pin)
{
    uint8_t p2 = (uint8_t)(c->short_ids ? SHORT_ID | ef.sfi : THIS_FILE);
    const struct apdu command = {0x00, INS_VERIFY, 0x00, p2, pin, APDU_NO_LE};
    return exchange(c, step, &command, NULL);
}

static bool says_tries(const struct card *c)
{
    int left;
    return is_ok(c) || sw_is_tries(c->last_sw, &left) || sw_is_blocked(c->last_sw);
}

/* Case 1 (header only): the counter is told, no try is spent. */
static enum card_result ask_tries(struct card *c, struct card_ef ef)
{
    if (c->short_ids) {
        enum card_result r = verify(c, ef, "tries left", VIEW_NONE);
        if (r || says_tries(c))
            return r;
        c->short_ids = false;
    }
    enum card_result r = select_file(c, ef);
    return r ? r : verify(c, ef, "tries left", VIEW_NONE);
}

/* Answered 9000: somebody else's VERIFY is still good in there. Leaving the application makes the card forget it. */
static enum card_result forget_and_ask(struct card *c, const struct card_pin_rule *rule)
{
    enum card_result r = select_app(c, CARD_APP_MANAGER);
    if (!r)
        r = select_app(c, rule->app);
    return r ? r : ask_tries(c, rule->ef);
}

enum card_result card_pin_tries(struct card *c, enum card_pin pin, int *tries)
{
    const struct card_pin_rule *rule = &c->kind->pins[pin];
    enum card_result r = c->app == rule->app ? CARD_OK : select_app(c, rule->app);
    if (!r)
        r = ask_tries(c, rule->ef);
    if (!r && is_ok(c))
        r = forget_and_ask(c, rule);
    if (r)
        return r;
    if (sw_is_blocked(c->last_sw))
        return CARD_PIN_BLOCKED;
    return sw_is_tries(c->last_sw, tries) ? CARD_OK : CARD_UNSUPPORTED;
}

/* What the card said to a PIN. */
static enum card_result judge_pin(const struct card *c, int *tries)
{
    if (is_ok(c))
        return CARD_OK;
    if (sw_is_blocked(c->last_sw))
        return CARD_PIN_BLOCKED;
    if (sw_is_tries(c->last_sw, tries) || c->last_sw == 0x6300)
        return CARD_PIN_WRONG;
    return CARD_UNSUPPORTED;
}

enum card_result card_verify(struct card *c, enum card_pin pin, struct view text, int *tries)
{
    const struct card_pin_rule *rule = &c->kind->pins[pin];
    *tries = -1;
    if (!card_pin_fits(rule, text))
        return CARD_PIN_FORMAT;
    if (c->app != rule->app)
        return CARD_FAILED; /* the tries are asked for before */
    enum card_result r = verify(c, rule->ef, "verify PIN", text);
    return r ? r : judge_pin(c, tries);
}

bool card_has_keypad(const struct card *c)
{
    return c->reader->has_keypad && c->reader->ask_keypad && c->reader->has_keypad(c->reader->ctx);
}

enum card_result card_verify_on_keypad(struct card *c, enum card_pin pin, bool japanese, int *tries)
{
    const struct card_pin_rule *rule = &c->kind->pins[pin];
    uint8_t p2 = (uint8_t)(c->short_ids ? SHORT_ID | rule->ef.sfi : THIS_FILE);
    const struct keypad_ask ask = {{0x00, INS_VERIFY, 0x00, p2}, rule->length_min, rule->length_max, japanese};
    size_t got = 0;
    *tries = -1;
    if (c->app != rule->app || !card_has_keypad(c))
        return CARD_FAILED; /* the tries are asked for before */
    c->step = "verify PIN on keypad";
    c->last_sw = 0;
    c->apdus++;
    enum card_result r = c->reader->ask_keypad(c->reader->ctx, &ask, c->answer, sizeof c->answer, &got);
    if (!r)
        r = take_answer(c, got, NULL);
    if (r)
        return r;
    switch (c->last_sw) {
    case KEYPAD_CANCELLED:
        return CARD_KEYPAD_CANCELLED;
    case KEYPAD_TIMEOUT:
        return CARD_KEYPAD_TIMEOUT;
    case KEYPAD_LENGTH:
        return CARD_PIN_FORMAT;
    default:
        return judge_pin(c, tries);
    }
}

/* ---- certificate and signature ---- */

static enum err certificate_size(struct view head, size_t *size)
{
    return cert_size(head, CARD_CERT_MAX, size);
}

enum card_result card_read_certificate(struct card *c, enum card_key key, struct arena *arena, struct view *out)
{
    if (c->app != CARD_APP_JPKI)
        return CARD_FAILED;
    return read_file(c, c->kind->keys[key].certificate, arena, CARD_CERT_MAX, certificate_size, out);
}

/* RFC 8017 9.2: the DER of DigestInfo in front of a SHA-256 digest. The card pads what it is given and looks no
 * further, so that this is where it is decided what is signed. */
static const uint8_t digest_info[] = {0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                      0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

struct input {
    uint8_t bytes[sizeof digest_info + SHA384_SIZE];
    size_t n;
};

static void make_input(struct input *in, enum card_alg alg, struct view message)
{
    if (alg == CARD_ECDSA_SHA384) {
        sha384(in->bytes, message);
        in->n = SHA384_SIZE;
        return;
    }
    memcpy(in->bytes, digest_info, sizeof digest_info);
    sha256(in->bytes + sizeof digest_info, message);
    in->n = sizeof digest_info + SHA256_SIZE;
}

static bool knows_no_short_id(uint16_t sw)
{
    return sw == 0x6A86 || sw == 0x6A82 || sw == 0x6A88 || sw == 0x6986;
}

static enum card_result compute(struct card *c, struct card_ef ef, struct view input, struct view *data)
{
    if (c->short_ids) {
        const struct apdu command = {0x80, INS_SIGN, 0x00, (uint8_t)(SHORT_ID | ef.sfi), input, APDU_LE_256};
        enum card_result r = exchange(c, "sign", &command, data);
        if (r || !knows_no_short_id(c->last_sw))
            return r;
        c->short_ids = false;
    }
    const struct apdu command = {0x80, INS_SIGN, 0x00, THIS_FILE, input, APDU_LE_256};
    enum card_result r = select_file(c, ef);
    return r ? r : exchange(c, "sign", &command, data);
}

static enum card_result take_signature(enum card_alg alg, struct view data, struct arena *arena, struct view *out)
{
    uint8_t rs[ECDSA_P384_SIZE];
    if (alg == CARD_ECDSA_SHA384) {
        if (ecdsa_p384_read(rs, data))
            return CARD_UNSUPPORTED;
        data = VIEW_ARRAY(rs);
    } else if (data.n != RSA_2048_SIZE) {
        return CARD_UNSUPPORTED;
    }
    *out = arena_copy(arena, data);
    return out->p ? CARD_OK : CARD_FAILED;
}

enum card_result card_sign(struct card *c, enum card_key key, enum card_alg alg, struct view message,
                           struct arena *arena, struct view *out)
{
    struct input in;
    struct view data;
    if (c->app != CARD_APP_JPKI)
        return CARD_FAILED;
    make_input(&in, alg, message);
    enum card_result r = compute(c, c->kind->keys[key].key, view_bytes(in.bytes, in.n), &data);
    if (r)
        return r;
    return is_ok(c) ? take_signature(alg, data, arena, out) : CARD_UNSUPPORTED;
}

/* ---- the text application ---- */

enum card_result card_read_text(struct card *c, struct arena *arena, struct card_text *out)
{
    static const struct card_ef basic_items = {0x0002, 0x02};
    struct view bytes;
    if (c->app != CARD_APP_TEXT)
        return CARD_FAILED;
    enum card_result r = read_file(c, basic_items, arena, TEXT_AP_MAX, text_ap_size, &bytes);
    if (r)
        return r;
    return text_ap_read(out, bytes) ? CARD_UNSUPPORTED : CARD_OK;
}

/* ---- the end ---- */

void card_log_out(struct card *c)
{
    if (c->app != CARD_APP_COUNT) {
        const char *step = c->step;
        uint16_t sw = c->last_sw;
        if (select_app_once(c, CARD_APP_MANAGER) == CARD_OK && !is_ok(c)) {
            /* no security domain to go to: any other application does */
            enum card_app other = c->app == CARD_APP_TEXT ? CARD_APP_JPKI : CARD_APP_TEXT;
            (void)!select_app_once(c, other);
        }
        c->step = step;
        c->last_sw = sw;
    }
    wipe(c->answer, sizeof c->answer);
    let_go(c);
}
