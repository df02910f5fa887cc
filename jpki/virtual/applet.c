#include "jpki/virtual/applet.h"

#include "base/chance.h"
#include "jpki/virtual/atr.h"
#include "jpki/virtual/command.h"

/* Status words (facts 2.4). */
enum {
    SW_OK = 0x9000,
    SW_EOF = 0x6282,
    SW_TRIES = 0x63C0,
    SW_MEMORY = 0x6581,
    SW_LENGTH = 0x6700,
    SW_CHANNEL = 0x6881,
    SW_SECURE = 0x6882,
    SW_STRUCTURE = 0x6981,
    SW_NO_SESSION_KEY = 0x66F1,
    SW_SECURITY = 0x6982,
    SW_BLOCKED_ISO = 0x6983,
    SW_BLOCKED = 0x6984,
    SW_CONDITIONS = 0x6985,
    SW_NO_EF = 0x6986,
    SW_NO_SESSION = 0x69FC,
    SW_DATA = 0x6A80,
    SW_NOT_FOUND = 0x6A82,
    SW_NO_RECORD = 0x6A83,
    SW_P1P2 = 0x6A86,
    SW_NO_REFERENCE = 0x6A88,
    SW_OFFSET = 0x6B00,
    SW_INS = 0x6D00,
    SW_CLA = 0x6E00,
    SW_UNKNOWN = 0x6F00,
};

static void touch(const struct applet *a, const struct card_ef *ef)
{
    if (ef && ef->alarm && a->alarm)
        a->alarm(a->alarm_ctx, ef->alarm);
}

static bool opened(const struct applet *a, const struct card_ef *ef)
{
    return ef->opened_by == 0 || (ef->opened_by & a->verified) != 0;
}

/* --- SELECT ---------------------------------------------------------------------------------------------------- */

/* Changing the application forgets every PIN; selecting the same one again keeps them (facts 1.4). */
static void enter(struct applet *a, const struct card_app *app)
{
    if (a->app != app)
        a->verified = 0;
    a->app = app;
    a->ef = NULL;
}

/* FCI with the DF name only (ISO/IEC 7816-4 5.3.3). */
static void put_fci(const struct card_app *app, struct buf *out)
{
    buf_put_byte(out, 0x6F);
    buf_put_byte(out, (uint8_t)(app->aid.n + 2));
    buf_put_byte(out, 0x84);
    buf_put_byte(out, (uint8_t)app->aid.n);
    buf_put(out, app->aid);
}

static size_t first_candidate(const struct applet *a, bool next)
{
    return next && a->app ? (size_t)(a->app - a->files->apps) + 1 : 0;
}

/* By DF name, whole or the first bytes of it. */
static uint16_t select_app(struct applet *a, const struct command *c, struct buf *out)
{
    if (c->p2 != 0x00 && c->p2 != 0x02 && c->p2 != 0x0C)
        return SW_P1P2;
    if (c->data.n == 0)
        return SW_NOT_FOUND;
    for (size_t i = first_candidate(a, c->p2 == 0x02); i < a->files->n; i++) {
        const struct card_app *app = &a->files->apps[i];
        if (!view_starts(app->aid, c->data))
            continue;
        enter(a, app);
        if (c->p2 != 0x0C)
            put_fci(app, out);
        return SW_OK;
    }
    return SW_NOT_FOUND; /* and the current application stays */
}

static uint16_t select_ef(struct applet *a, const struct command *c)
{
    if (c->p2 != 0x0C && c->p2 != 0x00)
        return SW_P1P2;
    if (c->data.n != 2)
        return SW_LENGTH;
    const struct card_ef *ef = a->app ? files_find(a->app, (unsigned)c->data.p[0] << 8 | c->data.p[1]) : NULL;
    if (!ef)
        return SW_NOT_FOUND;
    touch(a, ef);
    a->ef = ef;
    return SW_OK;
}

/* There is no MF: the empty form is refused after a cold reset and does nothing later; 3F00 is not found (facts 1.3).
 */
static uint16_t select_mf(const struct applet *a, const struct command *c)
{
    if (c->data.n == 0)
        return a->app ? SW_OK : SW_P1P2;
    return SW_NOT_FOUND;
}

static uint16_t on_select(struct applet *a, const struct command *c, struct buf *out)
{
    switch (c->p1) {
    case 0x04:
        return select_app(a, c, out);
    case 0x02:
        return select_ef(a, c);
    case 0x00:
        return select_mf(a, c);
    default:
        return SW_P1P2;
    }
}

/* --- reading --------------------------------------------------------------------------------------------------- */

static uint16_t read_allowed(const struct applet *a, enum ef_kind kind)
{
    if (!a->ef)
        return SW_NO_EF;
    if (a->ef->kind != kind)
        return SW_STRUCTURE;
    return opened(a, a->ef) ? SW_OK : SW_SECURITY;
}

/* Makes the short EF identifier's file current; 0 means the current one stays. */
static uint16_t go_short(struct applet *a, unsigned sfi, uint16_t if_missing)
{
    if (!a->app)
        return SW_NO_EF;
    const struct card_ef *ef = files_find(a->app, sfi);
    if (!ef)
        return if_missing;
    touch(a, ef);
    a->ef = ef;
    return SW_OK;
}

static uint16_t put_part(const struct applet *a, size_t offset, size_t le, struct buf *out)
{
    struct view content = a->ef->content;
    if (offset >= content.n)
        return SW_OFFSET;
    struct view part = view_part(content, offset, le);
    touch(a, a->ef);
    buf_put(out, part);
    return part.n < le && a->options.says_eof ? SW_EOF : SW_OK;
}

/* P1 P2 is an offset of 15 bits, or P1 is 80 + short EF identifier and P2 the offset. */
static uint16_t on_read_binary(struct applet *a, const struct command *c, struct buf *out)
{
    bool by_sfi = (c->p1 & 0x80) != 0;
    if (by_sfi && ((c->p1 & 0x60) != 0 || (c->p1 & 0x1F) == 0))
        return SW_P1P2;
    if (c->data.n || !c->has_le)
        return SW_LENGTH;
    uint16_t sw = by_sfi ? go_short(a, c->p1 & 0x1F, SW_NOT_FOUND) : SW_OK;
    if (sw == SW_OK)
        sw = read_allowed(a, EF_DATA);
    if (sw != SW_OK)
        return sw;
    return put_part(a, by_sfi ? c->p2 : (size_t)c->p1 << 8 | c->p2, c->le, out);
}

/* P1: the record's number; P2: SFI and 100. Every record file here has one record. */
static uint16_t on_read_record(struct applet *a, const struct command *c, struct buf *out)
{
    unsigned sfi = c->p2 >> 3;
    if ((c->p2 & 7) != 4)
        return SW_P1P2;
    if (c->data.n || !c->has_le)
        return SW_LENGTH;
    uint16_t sw = sfi ? go_short(a, sfi, SW_NOT_FOUND) : SW_OK;
    if (sw == SW_OK)
        sw = read_allowed(a, EF_RECORD);
    if (sw != SW_OK)
        return sw;
    return c->p1 == 1 ? put_part(a, 0, c->le, out) : SW_NO_RECORD;
}

/* --- PINs ------------------------------------------------------------------------------------------------------ */

/* P2 80: the current file, which must be a PIN; 80 + SFI: that one. */
static uint16_t refer(struct applet *a, uint8_t p2, enum ef_kind kind)
{
    if ((p2 & 0x80) == 0 || (p2 & 0x60) != 0)
        return SW_P1P2;
    uint16_t sw = (p2 & 0x1F) ? go_short(a, p2 & 0x1F, SW_NO_REFERENCE) : SW_OK;
    if (sw != SW_OK)
        return sw;
    if (!a->ef)
        return SW_NO_EF;
    if (a->ef->kind != kind)
        return SW_STRUCTURE;
    touch(a, a->ef);
    return SW_OK;
}

static uint16_t blocked(const struct applet *a)
{
    return a->options.blocked_6983 ? SW_BLOCKED_ISO : SW_BLOCKED;
}

static uint16_t tries_left(const struct applet *a, enum pin_id pin)
{
    uint8_t left = a->pins->all[pin].left;
    if (a->options.verified_9000 && (a->verified & 1u << pin))
        return SW_OK;
    return left ? (uint16_t)(SW_TRIES + left) : blocked(a);
}

/* The attempt that blocks is answered 63C0; from then on it is 6984 (facts 2.4, trap 5). */
static uint16_t compare(struct applet *a, enum pin_id pin, struct view given)
{
    bool length_wrong;
    if (a->options.length_is_free && !pins_allow(pin, given, &length_wrong) && length_wrong)
        return SW_LENGTH;
    a->verified &= ~(1u << pin);
    switch (pins_compare(a->pins, pin, given)) {
    case PIN_RIGHT:
        a->verified |= 1u << pin;
        return SW_OK;
    case PIN_WRONG:
        return (uint16_t)(SW_TRIES + a->pins->all[pin].left);
    case PIN_BLOCKED:
        return blocked(a);
    case PIN_NOT_SAVED:
        break;
    }
    return SW_MEMORY;
}

/* Without data it is the question for the tries left, also while the PIN is verified. */
static uint16_t on_verify(struct applet *a, const struct command *c, struct buf *out)
{
    (void)out;
    if (c->p1 != 0)
        return SW_P1P2;
    uint16_t sw = refer(a, c->p2, EF_PIN);
    if (sw != SW_OK)
        return sw;
    return c->data.n ? compare(a, a->ef->pin, c->data) : tries_left(a, a->ef->pin);
}

static uint16_t change(struct applet *a, bool has_this_command, struct view value)
{
    enum pin_id pin = a->ef->pin;
    bool length_wrong;
    if (!has_this_command || !(a->verified & 1u << pin))
        return a->pins->all[pin].left ? SW_SECURITY : blocked(a);
    if (!pins_allow(pin, value, &length_wrong))
        return length_wrong ? SW_LENGTH : SW_DATA;
    return pins_change(a->pins, pin, value) == PIN_RIGHT ? SW_OK : SW_MEMORY;
}

/* CHANGE REFERENCE DATA. P1 01: only the new value is sent; the old one was verified before. */
static uint16_t on_change(struct applet *a, const struct command *c, struct buf *out)
{
    (void)out;
    if (c->p1 != 1)
        return SW_P1P2;
    uint16_t sw = refer(a, c->p2, EF_PIN);
    if (sw != SW_OK)
        return sw;
    enum pin_id pin = a->ef->pin;
    return change(a, pin == PIN_AUTH || pin == PIN_SIGN || pin == PIN_TEXT, c->data);
}

/* CHANGE KEY of JICSAP: the PIN of the resident registry knows no other way (facts 2.3). */
static uint16_t on_change_key(struct applet *a, const struct command *c, struct buf *out)
{
    (void)out;
    if (c->p1 != 0)
        return SW_P1P2;
    uint16_t sw = refer(a, c->p2, EF_PIN);
    return sw == SW_OK ? change(a, a->ef->pin == PIN_REGISTRY, c->data) : sw;
}

/* --- keys ------------------------------------------------------------------------------------------------------ */

static uint16_t sign(const struct applet *a, const struct command *c, struct buf *out)
{
    if (!a->ef->key)
        return SW_CONDITIONS;
    if (c->data.n == 0 || !c->has_le || c->le < key_size(a->ef->key))
        return SW_LENGTH;
    switch (key_sign(a->ef->key, (enum key_scheme)c->p1, c->data, out)) {
    case ERR_OK:
        return SW_OK;
    case ERR_LIMIT: /* the wrong size for a scheme that wants a hash / too much for the padding */
        return c->p1 == SCHEME_VERBATIM ? SW_LENGTH : SW_CONDITIONS;
    case ERR_UNAVAILABLE:
        return SW_P1P2;
    default:
        return SW_UNKNOWN;
    }
}

/* PERFORM SECURITY OPERATION: P1 is the scheme, P2 the key (80: current file). The text application's internal key
 * takes P2 00 (facts 3.1). */
static uint16_t on_sign(struct applet *a, const struct command *c, struct buf *out)
{
    if (c->p1 >= SCHEME_COUNT)
        return SW_P1P2;
    bool internal = c->p2 == 0 && a->ef && a->ef->kind == EF_KEY && a->ef->opened_by == 0;
    uint16_t sw = internal ? SW_OK : refer(a, c->p2, EF_KEY);
    if (sw != SW_OK)
        return sw;
    return opened(a, a->ef) ? sign(a, c, out) : SW_SECURITY;
}

/* --- the rest -------------------------------------------------------------------------------------------------- */

static uint16_t on_challenge(struct applet *a, const struct command *c, struct buf *out)
{
    (void)a;
    if (c->p1 || c->p2)
        return SW_P1P2;
    if (c->data.n || !c->has_le || c->le > 256)
        return SW_LENGTH;
    uint8_t *room = buf_room(out, c->le);
    if (room)
        chance_bytes(room, c->le);
    return SW_OK;
}

/* 5F51 is the ATR of the contacts without TS, also when the card is read through the air (facts 1.3). */
static uint16_t put_own_atr(const struct applet *a, struct buf *out)
{
    buf_put(out, view_from(atr_of_contacts(a->options.atr), 1));
    return SW_OK;
}

/* What is longer than the answer may be is not cut but refused: ask again with a longer Le (facts 1.3). */
static uint16_t put_card_object(const struct applet *a, const struct card_object *object, size_t le, struct buf *out)
{
    if (object->content.n > le)
        return SW_LENGTH;
    if (object->alarm && a->alarm)
        a->alarm(a->alarm_ctx, object->alarm);
    buf_put(out, object->content);
    return SW_OK;
}

static uint16_t on_get_data(struct applet *a, const struct command *c, struct buf *out)
{
    unsigned tag = (unsigned)c->p1 << 8 | c->p2;
    if (!c->has_le)
        return SW_LENGTH;
    if (tag == 0x5F51)
        return put_own_atr(a, out);
    for (size_t i = 0; i < FILES_OBJECTS; i++)
        if (a->files->objects[i].tag == tag)
            return put_card_object(a, &a->files->objects[i], c->le, out);
    return SW_NO_REFERENCE;
}

static bool is_in(const struct applet *a, const char *app)
{
    return a->app && strcmp(a->app->name, app) == 0;
}

/* INTERNAL AUTHENTICATE: the chip's key of the common application signs a message, no PIN (facts 2.3). */
static uint16_t on_authenticate(struct applet *a, const struct command *c, struct buf *out)
{
    if (!is_in(a, "common"))
        return SW_INS;
    if (c->p1 != 0)
        return SW_P1P2;
    uint16_t sw = refer(a, c->p2, EF_KEY);
    const struct command message = {
        .p1 = SCHEME_MESSAGE, .data = c->data, .has_le = c->has_le, .extended = c->extended, .le = c->le};
    return sw == SW_OK ? sign(a, &message, out) : sw;
}

/* Session keys of secure messaging: no reader needs them and they are not offered (facts 3.1); two applications have
 * their own word for that (2.4). */
static uint16_t on_session_key(struct applet *a, const struct command *c, struct buf *out)
{
    (void)c;
    (void)out;
    if (is_in(a, "common") || is_in(a, "face"))
        return SW_NO_SESSION_KEY;
    return is_in(a, "text") ? SW_CONDITIONS : SW_INS;
}

/* An iPhone's last command: the session is over. The plastic card answers 6700 (facts 2.3). */
static uint16_t on_last_command(struct applet *a, const struct command *c, struct buf *out)
{
    (void)c;
    (void)out;
    if (!a->files->takes_last_command)
        return SW_LENGTH;
    a->app = NULL;
    a->ef = NULL;
    a->verified = 0;
    return SW_OK;
}

static const struct handler {
    uint8_t cla, ins;
    uint16_t (*run)(struct applet *, const struct command *, struct buf *);
} handlers[] = {
    {0x00, 0x20, on_verify},    {0x00, 0x24, on_change}, {0x80, 0x32, on_change_key},  {0x00, 0x88, on_authenticate},
    {0x00, 0x84, on_challenge}, {0x00, 0xA4, on_select}, {0x00, 0xB0, on_read_binary}, {0x00, 0xB2, on_read_record},
    {0x00, 0xCA, on_get_data},  {0x80, 0x2A, on_sign},   {0x80, 0xAE, on_session_key}, {0x80, 0xFC, on_last_command},
};

/* Secure messaging bits (08, 0C), then channels, then the classes that are left (facts 1.3). */
static uint16_t check_class(const struct command *c)
{
    if (c->cla == 0x08 || c->cla == 0x0C)
        return c->ins == 0xA4 ? SW_SECURE : SW_NO_SESSION;
    if ((c->cla & 0x80) == 0 && ((c->cla & 0x03) || (c->cla & 0x40)))
        return SW_CHANNEL;
    return c->cla == 0x00 || c->cla == 0x80 ? SW_OK : SW_CLA;
}

static uint16_t run(struct applet *a, struct view apdu, struct buf *out)
{
    struct command c;
    enum err e = command_read(&c, apdu);
    if (apdu.n < 4)
        return SW_LENGTH;
    uint16_t sw = check_class(&c);
    if (sw != SW_OK)
        return sw;
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        const struct handler *h = &handlers[i];
        if (h->ins != c.ins || h->cla != c.cla)
            continue;
        return e != ERR_OK || (c.extended && a->options.short_only) ? SW_LENGTH : h->run(a, &c, out);
    }
    return SW_INS;
}

void applet_command(struct applet *a, struct view apdu, struct buf *out)
{
    size_t before = out->n;
    bool fails = a->fresh && a->options.first_fails;
    a->fresh = false;
    uint16_t sw = fails ? SW_UNKNOWN : run(a, apdu, out);
    if (out->err != ERR_OK)
        return;
    if (sw != SW_OK && sw != SW_EOF)
        out->n = before;
    buf_put_u16(out, sw);
}

void applet_power_off(struct applet *a)
{
    a->app = NULL;
    a->ef = NULL;
    a->verified = 0;
    a->fresh = true;
}

void applet_reset(struct applet *a)
{
    if (a->options.reset_forgets)
        applet_power_off(a);
}
