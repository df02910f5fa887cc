#include "tests/lib/scripted_card.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "jpki/virtual/applet.h"

struct scripted_card {
    struct scripted_options o;
    struct pins pins;
    struct applet applet;
    struct buf answer;
    bool connected, gone, no_reader, alarmed, left_open, other;
    unsigned sent, shown, fault_at, keypad, used;
    enum card_fault fault;
    uint16_t sw;
};

/* What does not change between two cards of one kind: making it takes longer than a whole login. One is kept. */
struct stock {
    char *folder, *label;
    bool long_lengths;
    struct persona persona;
    struct card_files files;
};

static struct stock *kept;

static bool is_kept(const struct scripted_options *o)
{
    return kept && strcmp(kept->folder, o->folder) == 0 && strcmp(kept->label, o->label ? o->label : "") == 0 &&
           kept->long_lengths == o->long_lengths;
}

static void drop_kept(void)
{
    if (!kept)
        return;
    persona_close(&kept->persona);
    free(kept->folder);
    free(kept->label);
    free(kept);
    kept = NULL;
}

static enum err keep(const struct scripted_options *o)
{
    const char *what;
    const struct files_options files = {.label = o->label, .long_lengths = o->long_lengths};
    if (is_kept(o))
        return ERR_OK;
    drop_kept();
    kept = calloc(1, sizeof *kept);
    if (!kept)
        return ERR_MEMORY;
    kept->folder = strdup(o->folder);
    kept->label = strdup(o->label ? o->label : "");
    kept->long_lengths = o->long_lengths;
    enum err e = kept->folder && kept->label ? ERR_OK : ERR_MEMORY;
    if (!e)
        e = persona_open(&kept->persona, o->folder, o->chip, &what);
    return e ? e : files_make(&kept->files, &kept->persona, &files);
}

static void on_alarm(void *ctx, const char *what)
{
    struct scripted_card *c = ctx;
    (void)what;
    c->alarmed = true;
}

enum err scripted_card_open(struct scripted_card **out, const struct scripted_options *o)
{
    struct scripted_card *c = calloc(1, sizeof *c);
    *out = c;
    if (!c)
        return ERR_MEMORY;
    c->o = *o;
    c->no_reader = o->first == READER_NONE;
    c->gone = o->first != READER_CARD;
    enum err e = keep(o);
    if (!e)
        e = pins_open(&c->pins, kept->persona.pins, NULL);
    c->applet = (struct applet){.files = e ? NULL : &kept->files, .pins = &c->pins, .alarm = on_alarm, .alarm_ctx = c};
    buf_open(&c->answer, NULL, 2 * APPLET_ANSWER_MAX);
    return e;
}

void scripted_card_close(struct scripted_card *c)
{
    INSIST(!c->alarmed); /* no test has to remember to ask whether the individual number was read */
    buf_close(&c->answer);
    pins_close(&c->pins);
    free(c);
}

/* ---- the reader's functions ---- */

static enum reader_state state_of(const struct scripted_card *c)
{
    return c->no_reader ? READER_NONE : c->gone ? READER_EMPTY : READER_CARD;
}

/* What was missing comes back, one thing at a look that would wait. */
static enum reader_state await(void *ctx, enum reader_state seen, int ms)
{
    struct scripted_card *c = ctx;
    const struct timespec moment = {0, ms > 0 ? 2000000 : 0};
    nanosleep(&moment, NULL); /* so that who waits in a loop does not burn the machine */
    if (ms == 0 || state_of(c) != seen)
        return state_of(c);
    if (c->no_reader)
        c->no_reader = false;
    else
        c->gone = false;
    return state_of(c);
}

/* Takes one off a count that may be endless. */
static bool count_down(unsigned *n)
{
    if (*n == 0)
        return false;
    *n -= *n != ~0u;
    return true;
}

static void power_off(struct scripted_card *c)
{
    c->left_open = c->left_open || c->applet.verified != 0;
    applet_power_off(&c->applet);
}

static void say(struct scripted_card *c, const char *bytes, size_t n)
{
    buf_close(&c->answer);
    buf_open(&c->answer, NULL, 2 * APPLET_ANSWER_MAX);
    applet_command(&c->applet, view_bytes(bytes, n), &c->answer);
}

static void somebody_else_was_here(struct scripted_card *c)
{
    say(c, "\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", 15);
    say(c,
        "\x00\x20\x00\x98\x04"
        "1234",
        9);
    c->o.verified_by_another = false;
}

static enum card_result connect_card(void *ctx, unsigned nth)
{
    struct scripted_card *c = ctx;
    if (c->no_reader)
        return CARD_NO_READER;
    if (c->gone || nth > c->o.others + c->o.twins)
        return CARD_NO_CARD;
    c->used = nth;
    c->connected = true;
    c->other = nth < c->o.others;
    if (c->other)
        return CARD_OK;
    bool busy = count_down(&c->o.busy), mute = !busy && count_down(&c->o.mute);
    c->connected = !busy && !mute;
    if (!c->connected)
        return busy ? CARD_READER_BUSY : CARD_MUTE;
    if (c->o.verified_by_another)
        somebody_else_was_here(c);
    return CARD_OK;
}

static bool names_short_id(struct view command)
{
    uint8_t ins = command.p[1], p1 = command.p[2], p2 = command.p[3];
    return (ins == 0xB0 && p1 >= 0x80) || ((ins == 0x20 || ins == 0x2A) && p2 > 0x80);
}

static void put_sw(uint8_t *answer, size_t *n, uint16_t sw)
{
    answer[(*n)++] = (uint8_t)(sw >> 8);
    answer[(*n)++] = (uint8_t)sw;
}

static enum card_result carry_out(struct scripted_card *c, struct view command, uint8_t *answer, size_t *n)
{
    struct view v;
    *n = 0;
    if (c->other || (c->o.no_short_ids && names_short_id(command))) {
        put_sw(answer, n, c->other ? 0x6A82 : 0x6A86);
        return CARD_OK;
    }
    if (c->o.always_verified && command.p[1] == 0x20 && command.n == 4) {
        put_sw(answer, n, 0x9000);
        return CARD_OK;
    }
    c->shown += command.p[1] == 0x20 && command.n > 4;
    say(c, (const char *)command.p, command.n);
    INSIST(buf_done(&c->answer, &v) == ERR_OK && v.n <= 258);
    memcpy(answer, v.p, v.n);
    *n = v.n;
    return CARD_OK;
}

static enum card_result go_wrong(struct scripted_card *c, struct view command, uint8_t *answer, size_t *n)
{
    *n = 0;
    switch (c->fault) {
    case CARD_FAULT_REMOVED:
    case CARD_FAULT_NO_READER:
        c->gone = true;
        c->no_reader = c->fault == CARD_FAULT_NO_READER;
        applet_power_off(&c->applet);
        return c->no_reader ? CARD_NO_READER : CARD_REMOVED;
    case CARD_FAULT_EMPTY:
        return CARD_OK;
    case CARD_FAULT_SHORT:
        answer[(*n)++] = 0x90;
        return CARD_OK;
    case CARD_FAULT_SW:
        put_sw(answer, n, c->sw);
        return CARD_OK;
    case CARD_FAULT_NO_DATA:
        put_sw(answer, n, 0x9000);
        return CARD_OK;
    case CARD_FAULT_LONG:
        memset(answer, 0xA5, 256);
        *n = 256;
        put_sw(answer, n, 0x9000);
        return CARD_OK;
    default:
        break;
    }
    enum card_result r = carry_out(c, command, answer, n);
    size_t data = *n - 2;
    for (size_t i = 0; i < data && c->fault == CARD_FAULT_NOISE; i++)
        answer[i] = (uint8_t)~answer[i];
    if (c->fault == CARD_FAULT_CUT && data > 0) {
        memmove(answer + data / 2, answer + data, 2);
        *n = data / 2 + 2;
    }
    return r;
}

static enum card_result transmit(void *ctx, struct view command, uint8_t *answer, size_t size, size_t *n)
{
    struct scripted_card *c = ctx;
    INSIST(size >= 258);
    if (!c->connected || c->gone)
        return CARD_REMOVED;
    if (!c->other)
        c->sent++;
    if (!c->other && c->fault != CARD_FAULT_NONE && c->sent == c->fault_at) {
        enum card_result r = go_wrong(c, command, answer, n);
        c->fault = CARD_FAULT_NONE;
        return r;
    }
    return carry_out(c, command, answer, n);
}

static bool is_there(void *ctx)
{
    const struct scripted_card *c = ctx;
    return c->connected && !c->gone && !c->no_reader;
}

static void disconnect(void *ctx)
{
    struct scripted_card *c = ctx;
    if (c->connected && !c->other)
        power_off(c);
    c->connected = false;
}

static bool name(void *ctx, unsigned nth, char out[READER_NAME_MAX])
{
    const struct scripted_card *c = ctx;
    bool there = !c->gone && !c->no_reader && nth <= c->o.others + c->o.twins;
    if (there)
        snprintf(out, READER_NAME_MAX, "Reader %u", nth);
    return there;
}

/* ---- the reader's keys ---- */

static bool has_keypad(void *ctx)
{
    const struct scripted_card *c = ctx;
    return c->connected && c->o.keypad;
}

static enum card_result said(uint8_t *answer, size_t *n, uint16_t sw)
{
    *n = 0;
    put_sw(answer, n, sw);
    return CARD_OK;
}

static enum card_result ask_keypad(void *ctx, const struct keypad_ask *ask, uint8_t *answer, size_t size, size_t *n)
{
    struct scripted_card *c = ctx;
    uint8_t command[32];
    const char *typed = *c->o.keypad;
    c->keypad++;
    if (!typed || strcmp(typed, "cancel") == 0)
        return said(answer, n, KEYPAD_CANCELLED);
    c->o.keypad++;
    if (strcmp(typed, "wait") == 0)
        return said(answer, n, KEYPAD_TIMEOUT);
    size_t length = strlen(typed);
    if (length < ask->length_min || length > ask->length_max)
        return said(answer, n, KEYPAD_LENGTH);
    memcpy(command, ask->header, 4);
    command[4] = (uint8_t)length;
    memcpy(command + 5, typed, length);
    return transmit(ctx, view_bytes(command, 5 + length), answer, size, n);
}

struct reader scripted_card_reader(struct scripted_card *c)
{
    return (struct reader){.ctx = c,
                           .await = await,
                           .connect = connect_card,
                           .transmit = transmit,
                           .is_there = is_there,
                           .disconnect = disconnect,
                           .name = name,
                           .has_keypad = has_keypad,
                           .ask_keypad = ask_keypad};
}

/* ---- what a test wants to know ---- */

void scripted_card_fault(struct scripted_card *c, unsigned n, enum card_fault fault, uint16_t sw)
{
    c->fault_at = c->sent + n;
    c->fault = fault;
    c->sw = sw;
}

unsigned scripted_card_sent(const struct scripted_card *c)
{
    return c->sent;
}

unsigned scripted_card_shown(const struct scripted_card *c)
{
    return c->shown;
}

int scripted_card_tries(const struct scripted_card *c, enum scripted_pin pin)
{
    static const int places[] = {[SCRIPTED_AUTH] = PIN_AUTH, [SCRIPTED_SIGN] = PIN_SIGN, [SCRIPTED_TEXT] = PIN_TEXT};
    return c->pins.all[places[pin]].left;
}

bool scripted_card_left_open(const struct scripted_card *c)
{
    return c->left_open || c->applet.verified != 0;
}

unsigned scripted_card_keypad(const struct scripted_card *c)
{
    return c->keypad;
}

unsigned scripted_card_reader_used(const struct scripted_card *c)
{
    return c->used;
}

void scripted_card_twins(struct scripted_card *c, unsigned twins)
{
    c->o.twins = twins;
}

bool scripted_card_is_off(const struct scripted_card *c)
{
    return !c->connected && c->applet.app == NULL;
}

bool scripted_card_alarmed(const struct scripted_card *c)
{
    return c->alarmed;
}
