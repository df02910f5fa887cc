/* The conversation with a card that fails wherever a card can fail, and a window that says what it is told to. */
#include "jpki/agent/conversation.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/lib/scripted_card.h"

#define HANAKO BUILD_DIR "/testpki/residents/hanako"

static const char *const all_right[] = {"1234", "1234", NULL};

/* ---- the window's double: a PIN, "cancel", "go on" for CONFIRM, "fail"; NULL: cancel ---- */

struct table {
    struct scripted_card *card;
    struct reader reader;
    struct window window;
    const char *const *script;
    unsigned asked, confirmed;
    char said[8192]; /* all descriptions and errors */
    bool take_card_away;
    bool stop;
    /* which of several cards: -1: no word; asked so often, of so many */
    int choice;
    unsigned choices_shown, choices_seen;
    int wordy;        /* 1 + a language: the longest names there may be, started from an unknown page */
    bool twin_leaves; /* while she is asked, the other card is taken away */
    bool seen[STAGE_COUNT];
    long locked; /* before it began */
    struct arena arena;
};

static void note(struct table *t, const char *text)
{
    size_t n = strlen(t->said);
    if (text)
        snprintf(t->said + n, sizeof t->said - n, "%s\n", text);
}

static enum window_answer next(struct table *t, const struct window_text *text, const struct window_watch *watch,
                               const char **word_out)
{
    char line[WINDOW_TEXT_MAX];
    cr_expect_eq(assuan_escape(line, sizeof line, text->description), ERR_OK, "no window holds %zu bytes: %s",
                 strlen(text->description), text->description);
    note(t, text->description);
    note(t, text->error);
    if (t->take_card_away)
        scripted_card_fault(t->card, 1, CARD_FAULT_REMOVED, 0);
    if (!watch->may_stay(watch->ctx))
        return WINDOW_STOPPED;
    *word_out = *t->script;
    if (*t->script && strcmp(*t->script, "other") == 0) {
        t->script++;
        return WINDOW_OTHER;
    }
    if (!*t->script || strcmp(*t->script, "cancel") == 0)
        return WINDOW_CANCELLED;
    return strcmp(*t->script++, "fail") == 0 ? WINDOW_FAILED : WINDOW_OK;
}

/* How much memory of this process is locked (proc_pid_status(5)). */
static long locked_kib(void)
{
    char line[128];
    long n = -1;
    FILE *f = fopen("/proc/self/status", "r");
    cr_assert(f);
    while (n < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, "VmLck:", 6) == 0)
            n = strtol(line + 6, NULL, 10);
    fclose(f);
    return n;
}

/* Of what was typed before nothing is there when the next window opens, and what is typed now is not swapped. */
static void look_at_place(const struct table *t, const struct pin *out)
{
    static const struct pin none;
    cr_expect_eq(memcmp(out, &none, sizeof none), 0, "window %u: the last PIN is still there", t->asked);
#ifndef __SANITIZE_ADDRESS__ /* which turns mlock into nothing */
    cr_expect_gt(locked_kib(), t->locked, "window %u: not locked", t->asked);
#endif
}

static enum window_answer ask_pin(void *ctx, const struct window_text *text, const struct window_watch *watch,
                                  struct pin *out)
{
    struct table *t = ctx;
    const char *w = "";
    t->asked++;
    look_at_place(t, out);
    enum window_answer answer = next(t, text, watch, &w);
    if (answer == WINDOW_OK) {
        out->n = strlen(w);
        memcpy(out->b, w, out->n);
    }
    return answer;
}

static enum window_answer confirm(void *ctx, const struct window_text *text, const struct window_watch *watch)
{
    struct table *t = ctx;
    const char *w;
    t->confirmed++;
    return next(t, text, watch, &w);
}

static int choose(void *ctx, const struct choices *choices, int ms)
{
    struct table *t = ctx;
    (void)ms;
    t->choices_shown++;
    t->choices_seen = (unsigned)choices->n;
    if (t->twin_leaves)
        scripted_card_twins(t->card, 0);
    return t->twin_leaves ? -1 : t->choice;
}

static void tell(void *ctx, enum stage stage)
{
    struct table *t = ctx;
    t->seen[stage] = true;
}

static bool is_stopped(void *ctx)
{
    const struct table *t = ctx;
    return t->stop;
}

/* ---- one conversation ---- */

/* 66 characters, 198 bytes: as long as a name in a request may be. */
#define TEN       "大阪府広域施設予約等"
#define LONG_NAME VIEW(TEN TEN TEN TEN TEN TEN "システム第一")

static void set(struct table *t, const struct scripted_options *o, const char *const *script)
{
    *t = (struct table){.script = script};
    cr_assert(!scripted_card_open(&t->card, o));
    t->reader = scripted_card_reader(t->card);
    t->window = (struct window){t, ask_pin, confirm};
    arena_open(&t->arena, (size_t)1 << 20);
}

static void clear(struct table *t)
{
    scripted_card_close(t->card);
    arena_close(&t->arena);
}

static struct proof_request request_of(enum proof_purpose purpose)
{
    return (struct proof_request){
        .iss = VIEW("https://id.example"),
        .txn = VIEW("AAAAAAAAAAAAAAAAAAAAAA"),
        .rp = {VIEW("booking"), VIEW("施設予約"), VIEW("A市"), VIEW("a-city.example")},
        .purpose = purpose,
        .bind = VIEW("47 さくら"),
        .ui = {VIEW("ja"), false},
    };
}

static struct proof_response talk_until(struct table *t, enum proof_purpose purpose, int64_t end_ms)
{
    const struct proof_issuer issuer = {.iss = VIEW("https://id.example"),
                                        .label = t->wordy ? LONG_NAME : VIEW("試験の玄関")};
    struct proof_request request = request_of(purpose);
    if (t->wordy) {
        request.iss = VIEW("https://digital-identity-platform.pref.osaka.lg.jp");
        request.rp.name = request.rp.org = LONG_NAME;
        request.ui.lang = t->wordy == LANG_EN + 1 ? VIEW("en") : VIEW("ja");
    }
    struct proof_response out;
    struct conversation c = {.request = &request,
                             .issuer = &issuer,
                             .jws = VIEW("a.b.c"),
                             .unknown_page = t->wordy > 0,
                             .reader = &t->reader,
                             .window = &t->window,
                             .arena = &t->arena,
                             .end_ms = end_ms,
                             .now = clock_s(&clock_real),
                             .busy_patience_ms = 50,
                             .tell = tell,
                             .choose = choose,
                             .is_stopped = is_stopped,
                             .ctx = t};
    t->locked = locked_kib();
    conversation_run(&c, &out);
    cr_expect_eq(locked_kib(), t->locked, "a PIN's place is kept");
    cr_expect(scripted_card_is_off(t->card), "the card keeps its power");
    cr_expect(!scripted_card_alarmed(t->card), "a file was touched that nobody may touch");
    cr_expect(out.error < PROOF_ERROR_COUNT);
    cr_expect(view_equal(out.txn, request.txn));
    return out;
}

static struct proof_response talk(struct table *t, enum proof_purpose purpose)
{
    return talk_until(t, purpose, clock_steady_ms() + 60000);
}

static void ends_with(const struct scripted_options *o, const char *const *script, enum proof_purpose purpose,
                      enum proof_error wanted)
{
    struct table t;
    set(&t, o, script);
    struct proof_response r = talk(&t, purpose);
    cr_expect_eq(r.error, wanted, "%s, wanted %s", proof_error_name(r.error), proof_error_name(wanted));
    cr_expect(!scripted_card_left_open(t.card), "the PIN was not forgotten before power was taken");
    clear(&t);
}

static const struct scripted_options plastic = {
    .folder = HANAKO, .chip = BUILD_DIR "/testpki/chip.pem", .first = READER_CARD};

Test(conversation, login_and_read_end_with_a_proof)
{
    struct table t;
    set(&t, &plastic, all_right);
    struct proof_response r = talk(&t, PROOF_LOGIN);
    cr_expect(r.error == PROOF_OK && r.auth.sig.n == 256 && r.auth.cert.n > 500 && !r.has_text);
    cr_expect_eq(scripted_card_sent(t.card), 12);
    cr_expect(t.asked == 1 && t.seen[STAGE_PIN] && t.seen[STAGE_WORK]);
    clear(&t);
    set(&t, &plastic, all_right);
    r = talk(&t, PROOF_READ);
    cr_expect(r.error == PROOF_OK && r.has_text && r.text.name.p && r.text.address.p);
    cr_expect(t.asked == 2);
    clear(&t);
}

/* ---- everything that can go wrong at every command ---- */

static const uint16_t status_words[] = {
    0x6110, 0x6281, 0x6282, 0x6283, 0x6300, 0x63C0, 0x63C1, 0x63C2, 0x63C3, 0x6400, 0x6581, 0x66F1, 0x6700,
    0x6881, 0x6882, 0x6981, 0x6982, 0x6983, 0x6984, 0x6985, 0x6986, 0x6987, 0x6988, 0x69FC, 0x6A80, 0x6A81,
    0x6A82, 0x6A83, 0x6A86, 0x6A88, 0x6B00, 0x6C10, 0x6D00, 0x6E00, 0x6F00, 0x0000, 0xFFFF,
};

/* One fault at the Nth command. What must hold whatever happens: a defined end, no try spent by a right PIN, nothing
 * shown to the card that was not typed, nothing left open, nothing half sent. False: there is no Nth command. */
static bool fails_well(const struct scripted_options *o, enum proof_purpose purpose, unsigned n, enum card_fault fault,
                       uint16_t sw)
{
    static const char *const digits[] = {"1234", "1234", "1234", "1234", "1234", NULL};
    static const char *const both[] = {"1234", "ABC123", "ABC123", "ABC123", "ABC123", NULL};
    struct table t;
    set(&t, o, purpose == PROOF_REGISTER ? both : digits);
    scripted_card_fault(t.card, n, fault, sw);
    struct proof_response r = talk(&t, purpose);
    bool reached = scripted_card_sent(t.card) >= n;
    cr_expect_eq(scripted_card_tries(t.card, SCRIPTED_AUTH), 3, "fault %d %04X at %u spent a try", fault, sw, n);
    cr_expect_eq(scripted_card_tries(t.card, SCRIPTED_TEXT), 3, "fault %d %04X at %u: text PIN", fault, sw, n);
    cr_expect_eq(scripted_card_tries(t.card, SCRIPTED_SIGN), 5, "fault %d %04X at %u: password", fault, sw, n);
    cr_expect_leq(scripted_card_shown(t.card), t.asked, "fault %d %04X at %u", fault, sw, n);
    cr_expect(r.error != PROOF_OK || (r.auth.cert.p && r.auth.sig.n == 256), "fault %d %04X at %u", fault, sw, n);
    cr_expect(r.error != PROOF_OK || (purpose == PROOF_READ) == r.has_text);
    cr_expect(r.error != PROOF_OK || (purpose == PROOF_REGISTER) == (r.sign.cert.p && r.sign.sig.n == 256));
    /* the last command is the log-out itself; when that fails, the power is what makes the card forget */
    cr_expect(!scripted_card_left_open(t.card) || n + 2 > scripted_card_sent(t.card), "fault %d %04X at %u of %u",
              fault, sw, n, scripted_card_sent(t.card));
    clear(&t);
    return reached;
}

static void every_command(const struct scripted_options *o, enum proof_purpose purpose, enum card_fault fault,
                          uint16_t sw)
{
    unsigned n = 1;
    while (fails_well(o, purpose, n, fault, sw))
        n++;
    cr_expect_gt(n, 11);
}

Test(conversation, a_login_survives_every_fault_at_every_command)
{
    for (int fault = CARD_FAULT_REMOVED; fault < CARD_FAULT_SW; fault++)
        every_command(&plastic, PROOF_LOGIN, (enum card_fault)fault, 0);
}

Test(conversation, a_login_survives_every_status_word_at_every_command)
{
    for (size_t i = 0; i < sizeof status_words / sizeof *status_words; i++)
        every_command(&plastic, PROOF_LOGIN, CARD_FAULT_SW, status_words[i]);
}

Test(conversation, a_reading_survives_every_fault_at_every_command)
{
    for (int fault = CARD_FAULT_REMOVED; fault < CARD_FAULT_SW; fault++)
        every_command(&plastic, PROOF_READ, (enum card_fault)fault, 0);
}

Test(conversation, a_reading_survives_every_status_word_at_every_command)
{
    for (size_t i = 0; i < sizeof status_words / sizeof *status_words; i++)
        every_command(&plastic, PROOF_READ, CARD_FAULT_SW, status_words[i]);
}

Test(conversation, showing_the_card_again_survives_every_fault_and_status_word_at_every_command)
{
    for (int fault = CARD_FAULT_REMOVED; fault < CARD_FAULT_SW; fault++)
        every_command(&plastic, PROOF_REAUTH, (enum card_fault)fault, 0);
    for (size_t i = 0; i < sizeof status_words / sizeof *status_words; i++)
        every_command(&plastic, PROOF_REAUTH, CARD_FAULT_SW, status_words[i]);
}

Test(conversation, a_registration_survives_every_fault_at_every_command)
{
    for (int fault = CARD_FAULT_REMOVED; fault < CARD_FAULT_SW; fault++)
        every_command(&plastic, PROOF_REGISTER, (enum card_fault)fault, 0);
}

Test(conversation, a_registration_survives_every_status_word_at_every_command)
{
    for (size_t i = 0; i < sizeof status_words / sizeof *status_words; i++)
        every_command(&plastic, PROOF_REGISTER, CARD_FAULT_SW, status_words[i]);
}

Test(conversation, a_phone_survives_every_fault_at_every_command)
{
    struct scripted_options o = plastic;
    o.label = "JPKIAPGPSETOKEN";
    for (int fault = CARD_FAULT_REMOVED; fault < CARD_FAULT_SW; fault++)
        every_command(&o, PROOF_REGISTER, (enum card_fault)fault, 0);
}

Test(conversation, a_card_without_short_ids_survives_it_too)
{
    struct scripted_options o = plastic;
    o.no_short_ids = true;
    ends_with(&o, all_right, PROOF_READ, PROOF_OK);
    for (int fault = CARD_FAULT_REMOVED; fault < CARD_FAULT_SW; fault++) {
        every_command(&o, PROOF_READ, (enum card_fault)fault, 0);
        every_command(&o, PROOF_REGISTER, (enum card_fault)fault, 0);
    }
    every_command(&o, PROOF_READ, CARD_FAULT_SW, 0x6982);
}

static enum proof_error fault_gives(unsigned n, enum card_fault fault, uint16_t sw)
{
    struct table t;
    set(&t, &plastic, all_right);
    scripted_card_fault(t.card, n, fault, sw);
    struct proof_response r = talk(&t, PROOF_LOGIN);
    clear(&t);
    return r.error;
}

Test(conversation, what_happens_has_its_name)
{
    cr_expect_eq(fault_gives(1, CARD_FAULT_SW, 0x6A82), PROOF_WRONG_CARD);
    cr_expect_eq(fault_gives(1, CARD_FAULT_SW, 0x6F00), PROOF_OK, "the first command is asked once more");
    cr_expect_eq(fault_gives(9, CARD_FAULT_SW, 0x63C0), PROOF_PIN_BLOCKED);
    cr_expect_eq(fault_gives(9, CARD_FAULT_SW, 0x6983), PROOF_PIN_BLOCKED);
    cr_expect_eq(fault_gives(9, CARD_FAULT_SW, 0x6984), PROOF_PIN_BLOCKED);
    cr_expect_eq(fault_gives(10, CARD_FAULT_SW, 0x6984), PROOF_PIN_BLOCKED);
    cr_expect_eq(fault_gives(10, CARD_FAULT_SW, 0x63C0), PROOF_PIN_BLOCKED);
    cr_expect_eq(fault_gives(10, CARD_FAULT_SW, 0x6982), PROOF_UNSUPPORTED_CARD);
    cr_expect_eq(fault_gives(11, CARD_FAULT_SW, 0x6982), PROOF_UNSUPPORTED_CARD);
    cr_expect_eq(fault_gives(11, CARD_FAULT_NO_DATA, 0), PROOF_UNSUPPORTED_CARD);
    cr_expect_eq(fault_gives(3, CARD_FAULT_NOISE, 0), PROOF_UNSUPPORTED_CARD);
    cr_expect_eq(fault_gives(10, CARD_FAULT_REMOVED, 0), PROOF_CARD_REMOVED);
    cr_expect_eq(fault_gives(10, CARD_FAULT_NO_READER, 0), PROOF_NO_READER);
    cr_expect_eq(fault_gives(12, CARD_FAULT_REMOVED, 0), PROOF_OK, "after the signature it does not matter any more");
}

/* ---- PIN ---- */

Test(conversation, a_wrong_pin_is_asked_again_with_the_tries_left)
{
    static const char *const script[] = {"9999", "1234", NULL};
    struct table t;
    set(&t, &plastic, script);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_OK);
    cr_expect(strstr(t.said, "あと3回") && strstr(t.said, "あと2回まちがえると") && t.confirmed == 0);
    clear(&t);
}

Test(conversation, the_last_try_needs_a_yes)
{
    static const char *const no[] = {"9999", "9998", "cancel", NULL}, *const yes[] = {"9999", "9998", "go on", "1234",
                                                                                      NULL};
    struct table t;
    set(&t, &plastic, no);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_PIN_LAST_TRY);
    cr_expect(t.confirmed == 1 && scripted_card_tries(t.card, SCRIPTED_AUTH) == 1);
    clear(&t);
    set(&t, &plastic, yes);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_OK);
    cr_expect(t.confirmed == 1 && scripted_card_tries(t.card, SCRIPTED_AUTH) == 3);
    clear(&t);
}

Test(conversation, typing_nonsense_at_the_last_try_spends_nothing)
{
    static const char *const script[] = {"9999", "9998", "go on", "12", "abcd", "", "12345", "cancel", NULL};
    struct table t;
    set(&t, &plastic, script);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_USER_CANCELLED);
    cr_expect(scripted_card_tries(t.card, SCRIPTED_AUTH) == 1 && scripted_card_shown(t.card) == 2);
    cr_expect(strstr(t.said, "回数は減っていません"));
    clear(&t);
}

Test(conversation, the_try_that_blocks_ends_it)
{
    static const char *const script[] = {"9999", "9998", "go on", "9997", "1234", NULL};
    ends_with(&plastic, script, PROOF_LOGIN, PROOF_PIN_BLOCKED);
}

Test(conversation, the_text_pin_has_its_own_counter_and_last_try)
{
    static const char *const script[] = {"1234", "9999", "9998", "cancel", NULL};
    struct table t;
    set(&t, &plastic, script);
    struct proof_response r = talk(&t, PROOF_READ);
    cr_expect_eq(r.error, PROOF_PIN_LAST_TRY);
    cr_expect(scripted_card_tries(t.card, SCRIPTED_AUTH) == 3 && scripted_card_tries(t.card, SCRIPTED_TEXT) == 1);
    cr_expect(!scripted_card_left_open(t.card));
    clear(&t);
}

Test(conversation, a_pin_another_program_has_shown_opens_nothing)
{
    static const char *const wrong[] = {"9999", "cancel", NULL};
    struct scripted_options o = plastic;
    o.verified_by_another = true;
    struct table t;
    set(&t, &o, wrong);
    struct proof_response r = talk(&t, PROOF_LOGIN);
    cr_expect_eq(r.error, PROOF_USER_CANCELLED);
    cr_expect(!r.auth.sig.p);
    clear(&t);
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_OK);
}

Test(conversation, a_window_that_fails_is_told_apart)
{
    static const char *const script[] = {"fail", NULL};
    ends_with(&plastic, script, PROOF_LOGIN, PROOF_USER_CANCELLED);
}

/* ---- readers ---- */

Test(conversation, waits_for_reader_then_card)
{
    struct scripted_options o = plastic;
    struct table t;
    o.first = READER_NONE;
    set(&t, &o, all_right);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_OK);
    cr_expect(t.seen[STAGE_READER] && t.seen[STAGE_CARD] && t.seen[STAGE_PIN]);
    clear(&t);
}

Test(conversation, ends_when_its_time_is_over)
{
    struct scripted_options o = plastic;
    struct table t;
    o.first = READER_NONE;
    set(&t, &o, all_right);
    cr_expect_eq(talk_until(&t, PROOF_LOGIN, clock_steady_ms()).error, PROOF_NO_READER);
    clear(&t);
    o.first = READER_EMPTY;
    set(&t, &o, all_right);
    cr_expect_eq(talk_until(&t, PROOF_LOGIN, clock_steady_ms()).error, PROOF_NO_CARD);
    clear(&t);
    set(&t, &plastic, all_right);
    cr_expect_eq(talk_until(&t, PROOF_LOGIN, clock_steady_ms()).error, PROOF_REQUEST_EXPIRED);
    cr_expect_eq(t.asked, 0);
    clear(&t);
}

Test(conversation, ends_when_the_resident_stops_it)
{
    struct table t;
    set(&t, &plastic, all_right);
    t.stop = true;
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_USER_CANCELLED);
    cr_expect_eq(t.asked, 0);
    clear(&t);
}

Test(conversation, looks_into_every_reader)
{
    struct scripted_options o = plastic;
    o.others = 2;
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_OK);
}

Test(conversation, waits_a_moment_for_another_program_and_not_for_ever)
{
    struct scripted_options o = plastic;
    o.busy = 2;
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_OK);
    o.busy = ~0u;
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_READER_BUSY);
}

Test(conversation, waits_a_moment_for_a_card_that_does_not_speak_yet)
{
    struct scripted_options o = plastic;
    o.mute = 3;
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_OK);
    o.mute = ~0u;
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_UNSUPPORTED_CARD);
}

/* ---- kinds of cards ---- */

Test(conversation, takes_phones_for_a_login_but_not_for_reading)
{
    struct scripted_options o = plastic;
    o.label = "JPKIAPGPSETOKEN";
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_OK);
    ends_with(&o, all_right, PROOF_READ, PROOF_UNSUPPORTED_CARD);
    o.label = "JPKIAPIOSTOKEN";
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_OK);
}

Test(conversation, refuses_kinds_it_does_not_know)
{
    struct scripted_options o = plastic;
    o.label = "JPKIAPICCTOKEN";
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_WRONG_CARD);
    o.label = "JPKIAPICCTOKEN9";
    ends_with(&o, all_right, PROOF_LOGIN, PROOF_UNSUPPORTED_CARD);
}

Test(conversation, an_expired_certificate_costs_nobody_a_pin)
{
    struct scripted_options o = plastic;
    struct table t;
    o.folder = BUILD_DIR "/testpki/bad/expired";
    set(&t, &o, all_right);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_CERT_EXPIRED);
    cr_expect_eq(t.asked, 0);
    clear(&t);
}

Test(conversation, signs_with_the_coming_generation_too)
{
    struct scripted_options o = plastic;
    struct table t;
    o.folder = BUILD_DIR "/testpki/residents/nextgen";
    set(&t, &o, all_right);
    struct proof_response r = talk(&t, PROOF_LOGIN);
    cr_expect(r.error == PROOF_OK && r.auth.alg == JWS_ES384 && r.auth.sig.n == 96);
    clear(&t);
}

/* ---- the signature password ---- */

Test(conversation, both_keys_sign_in_one_session)
{
    static const char *const script[] = {"1234", "ABC123", NULL};
    struct table t;
    set(&t, &plastic, script);
    struct proof_response r = talk(&t, PROOF_REGISTER);
    cr_expect(r.error == PROOF_OK && r.auth.sig.n == 256 && r.sign.sig.n == 256 && !r.has_text);
    cr_expect(r.sign.cert.n > 500 && !view_equal(r.sign.cert, r.auth.cert) && !view_equal(r.sign.sig, r.auth.sig));
    cr_expect(t.asked == 2 && scripted_card_shown(t.card) == 2);
    cr_expect(strstr(t.said, "署名用電子証明書") && strstr(t.said, "あと5回"), "the tries are read before it is asked");
    cr_expect(!scripted_card_left_open(t.card));
    clear(&t);
}

/* What is typed, and what becomes of it before the card sees anything. */
Test(conversation, a_password_is_made_what_the_card_wants_or_spends_no_try)
{
    static const struct {
        const char *typed;
        bool good;
    } table[] = {
        {"ABC123", true},
        {"abc123", true},             /* the card compares bytes, and all its letters are capitals */
        {"ＡＢＣ１２３", true},       /* full width */
        {"ａｂｃ１２３", true},       /* and small */
        {"", false},                  /* an empty VERIFY would ask for something else */
        {"AB123", false},             /* five */
        {"ABCDEFGHIJ1234567", false}, /* seventeen */
        {"ABCDEFG", false},           /* no digit */
        {"1234567", false},           /* no letter */
        {"ABC 123", false},           /* another character */
        {"ABC-123", false},
        {"パスワード1", false},
        {"ABC123\n", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *const script[] = {"1234", table[i].typed, "cancel", NULL};
        struct table t;
        set(&t, &plastic, script);
        struct proof_response r = talk(&t, PROOF_REGISTER);
        cr_expect_eq(r.error, table[i].good ? PROOF_OK : PROOF_USER_CANCELLED, "%s: %s", table[i].typed,
                     proof_error_name(r.error));
        cr_expect_eq(scripted_card_shown(t.card), table[i].good ? 2 : 1, "%s", table[i].typed);
        cr_expect_eq(scripted_card_tries(t.card, SCRIPTED_SIGN), 5, "%s", table[i].typed);
        cr_expect_eq(strstr(t.said, "回数は減っていません") != NULL, !table[i].good, "%s", table[i].typed);
        clear(&t);
    }
}

Test(conversation, a_pin_of_digits_is_not_made_capitals)
{
    static const char *const script[] = {"１２３４", NULL}, *const letters[] = {"abcd", "ABCD", "cancel", NULL};
    ends_with(&plastic, script, PROOF_LOGIN, PROOF_OK);
    struct table t;
    set(&t, &plastic, letters);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_USER_CANCELLED);
    cr_expect_eq(scripted_card_shown(t.card), 0);
    clear(&t);
}

Test(conversation, the_password_has_its_own_counter_and_last_try)
{
    static const char *const no[] = {"1234", "XYZ111", "XYZ112", "XYZ113", "XYZ114", "cancel", NULL};
    static const char *const yes[] = {"1234", "XYZ111", "XYZ112", "XYZ113", "XYZ114", "go on", "ABC123", NULL};
    struct table t;
    set(&t, &plastic, no);
    struct proof_response r = talk(&t, PROOF_REGISTER);
    cr_expect(r.error == PROOF_PIN_LAST_TRY && r.part == PROOF_PART_SIGN && t.confirmed == 1);
    cr_expect(scripted_card_tries(t.card, SCRIPTED_SIGN) == 1 && scripted_card_tries(t.card, SCRIPTED_AUTH) == 3);
    cr_expect(strstr(t.said, "署名用のパスワードを入力できるのは"), "it says which");
    clear(&t);
    set(&t, &plastic, yes);
    cr_expect_eq(talk(&t, PROOF_REGISTER).error, PROOF_OK);
    cr_expect(t.confirmed == 1 && scripted_card_tries(t.card, SCRIPTED_SIGN) == 5);
    clear(&t);
}

Test(conversation, a_blocked_password_says_so_and_is_never_asked_for)
{
    static const char *const script[] = {"1234",  "X11111", "X11112", "X11113", "X11114",
                                         "go on", "X11115", "ABC123", NULL};
    struct table t;
    set(&t, &plastic, script);
    struct proof_response r = talk(&t, PROOF_REGISTER);
    cr_expect(r.error == PROOF_PIN_BLOCKED && r.part == PROOF_PART_SIGN && t.asked == 6);
    t.script = script;
    r = talk(&t, PROOF_REGISTER);
    cr_expect(r.error == PROOF_PIN_BLOCKED && r.part == PROOF_PART_SIGN && t.asked == 7, "only the other PIN is asked");
    cr_expect(!r.auth.sig.p || r.error != PROOF_OK);
    t.script = script;
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_OK, "logging in does not need it");
    clear(&t);
}

Test(conversation, the_part_is_told_of_every_pin)
{
    static const struct {
        enum proof_purpose purpose;
        const char *const script[6];
        enum proof_part part;
    } table[] = {
        {PROOF_LOGIN, {"9999", "9998", "cancel", NULL}, PROOF_PART_AUTH},
        {PROOF_REGISTER, {"9999", "9998", "cancel", NULL}, PROOF_PART_AUTH},
        {PROOF_READ, {"1234", "9999", "9998", "cancel", NULL}, PROOF_PART_TEXT},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct table t;
        set(&t, &plastic, table[i].script);
        struct proof_response r = talk(&t, table[i].purpose);
        cr_expect(r.error == PROOF_PIN_LAST_TRY && r.part == table[i].part, "%zu", i);
        clear(&t);
    }
}

Test(conversation, an_expired_sign_certificate_is_told_apart)
{
    static const char *const script[] = {"1234", "ABC123", NULL};
    struct scripted_options o = plastic;
    struct table t;
    o.folder = BUILD_DIR "/testpki/bad/expired";
    set(&t, &o, script);
    struct proof_response r = talk(&t, PROOF_REGISTER);
    cr_expect(r.error == PROOF_CERT_EXPIRED && r.part == PROOF_PART_AUTH && t.asked == 0);
    clear(&t);
}

Test(conversation, registers_with_a_phone_and_the_coming_generation_too)
{
    static const char *const script[] = {"1234", "ABC123", NULL};
    struct scripted_options o = plastic;
    o.label = "JPKIAPGPSETOKEN";
    ends_with(&o, script, PROOF_REGISTER, PROOF_OK);
    o = plastic;
    o.folder = BUILD_DIR "/testpki/residents/nextgen";
    struct table t;
    set(&t, &o, script);
    struct proof_response r = talk(&t, PROOF_REGISTER);
    cr_expect(r.error == PROOF_OK && r.sign.alg == JWS_ES384 && r.sign.sig.n == 96);
    clear(&t);
}

/* ---- several cards ---- */

Test(conversation, one_card_among_others_is_taken_without_a_question)
{
    struct scripted_options o = plastic;
    struct table t;
    o.others = 2;
    set(&t, &o, all_right);
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_OK);
    cr_expect(t.choices_shown == 0 && scripted_card_reader_used(t.card) == 2);
    clear(&t);
}

Test(conversation, of_two_cards_she_chooses)
{
    for (int choice = 0; choice < 2; choice++) {
        struct scripted_options o = plastic;
        struct table t;
        o.others = 1;
        o.twins = 1;
        set(&t, &o, all_right);
        t.choice = choice;
        cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_OK);
        cr_expect(t.choices_seen == 2 && t.seen[STAGE_CHOICE], "the foreign card is not offered");
        cr_expect_eq(scripted_card_reader_used(t.card), 1U + (unsigned)choice);
        cr_expect(t.asked == 1 && !scripted_card_left_open(t.card));
        clear(&t);
    }
}

Test(conversation, taking_a_card_away_is_a_choice_too)
{
    struct scripted_options o = plastic;
    struct table t;
    o.twins = 1;
    set(&t, &o, all_right);
    t.twin_leaves = true;
    cr_expect_eq(talk(&t, PROOF_LOGIN).error, PROOF_OK);
    cr_expect(t.choices_shown == 1 && scripted_card_reader_used(t.card) == 0);
    clear(&t);
}

Test(conversation, nobody_chooses_for_her)
{
    struct scripted_options o = plastic;
    struct table t;
    o.twins = 1;
    set(&t, &o, all_right);
    t.choice = -1;
    cr_expect_eq(talk_until(&t, PROOF_LOGIN, clock_steady_ms() + 200).error, PROOF_REQUEST_EXPIRED);
    cr_expect(t.choices_shown > 0 && t.asked == 0 && scripted_card_shown(t.card) == 0);
    clear(&t);
    set(&t, &o, all_right);
    t.choice = 7; /* no such */
    cr_expect_eq(talk_until(&t, PROOF_LOGIN, clock_steady_ms() + 200).error, PROOF_REQUEST_EXPIRED);
    cr_expect_eq(t.asked, 0);
    clear(&t);
}

/* ---- the keys of the reader ---- */

struct keypad_case {
    const char *what;
    enum proof_purpose purpose;
    const char *const window[8]; /* "go on": the keys; "other": this computer; else what is typed here */
    const char *const keypad[6];
    enum proof_error error;
    unsigned typed_here, asked_there, shown; /* windows for a PIN, questions to the keys, PINs the card saw */
};

static const struct keypad_case keypad_cases[] = {
    {"the PIN is typed there", PROOF_LOGIN, {"go on"}, {"1234"}, PROOF_OK, 0, 1, 1},
    {"both PINs are", PROOF_READ, {"go on", "go on"}, {"1234", "1234"}, PROOF_OK, 0, 2, 2},
    {"the password too", PROOF_REGISTER, {"go on", "go on"}, {"1234", "ABC123"}, PROOF_OK, 0, 2, 2},
    {"the password here, the PIN there", PROOF_REGISTER, {"go on", "other", "ABC123"}, {"1234"}, PROOF_OK, 1, 1, 2},
    {"here by her own choice", PROOF_LOGIN, {"other", "1234"}, {NULL}, PROOF_OK, 1, 0, 1},
    {"she cancels the window", PROOF_LOGIN, {"cancel"}, {"1234"}, PROOF_USER_CANCELLED, 0, 0, 0},
    {"she cancels on the keys", PROOF_LOGIN, {"go on"}, {"cancel"}, PROOF_USER_CANCELLED, 0, 1, 0},
    {"too slow, then right", PROOF_LOGIN, {"go on", "go on"}, {"wait", "1234"}, PROOF_OK, 0, 2, 1},
    {"too slow for ever is up to her", PROOF_LOGIN, {"go on", "cancel"}, {"wait"}, PROOF_USER_CANCELLED, 0, 1, 0},
    {"too short, then right", PROOF_LOGIN, {"go on", "go on"}, {"123", "1234"}, PROOF_OK, 0, 2, 1},
    {"wrong, then right", PROOF_LOGIN, {"go on", "go on"}, {"9999", "1234"}, PROOF_OK, 0, 2, 2},
    {"the last try is asked for first",
     PROOF_LOGIN,
     {"go on", "go on", "cancel"},
     {"9999", "9998"},
     PROOF_PIN_LAST_TRY,
     0,
     2,
     2},
    {"the last try blocks",
     PROOF_LOGIN,
     {"go on", "go on", "go on", "go on"},
     {"9999", "9998", "9997"},
     PROOF_PIN_BLOCKED,
     0,
     3,
     3},
};

Test(conversation, the_keys_of_the_reader_take_the_pin)
{
    for (size_t i = 0; i < sizeof keypad_cases / sizeof *keypad_cases; i++) {
        const struct keypad_case *k = &keypad_cases[i];
        struct scripted_options o = plastic;
        struct table t;
        o.keypad = k->keypad;
        set(&t, &o, k->window);
        struct proof_response r = talk(&t, k->purpose);
        cr_expect_eq(r.error, k->error, "%s: %s", k->what, proof_error_name(r.error));
        cr_expect_eq(t.asked, k->typed_here, "%s: %u windows", k->what, t.asked);
        cr_expect_eq(scripted_card_keypad(t.card), k->asked_there, "%s", k->what);
        cr_expect_eq(scripted_card_shown(t.card), k->shown, "%s", k->what);
        cr_expect(!scripted_card_left_open(t.card), "%s", k->what);
        cr_expect(k->asked_there == 0 || (t.seen[STAGE_KEYPAD] && strstr(t.said, "リーダーのキー")), "%s", k->what);
        clear(&t);
    }
}

Test(conversation, a_keypad_survives_every_fault_and_status_word_at_every_command)
{
    static const char *const go_on[] = {"go on", "go on", "go on", "go on", NULL};
    static const char *const typed[] = {"1234", "1234", "1234", "1234", NULL};
    struct scripted_options o = plastic;
    o.keypad = typed;
    for (unsigned n = 1; n <= 12; n++)
        for (size_t i = 0; i < CARD_FAULT_SW - 1 + sizeof status_words / sizeof *status_words; i++) {
            bool is_sw = i >= CARD_FAULT_SW - 1;
            enum card_fault fault = is_sw ? CARD_FAULT_SW : (enum card_fault)(i + 1);
            uint16_t sw = is_sw ? status_words[i - (CARD_FAULT_SW - 1)] : 0;
            struct table t;
            set(&t, &o, go_on);
            scripted_card_fault(t.card, n, fault, sw);
            struct proof_response r = talk(&t, PROOF_LOGIN);
            cr_expect_eq(scripted_card_tries(t.card, SCRIPTED_AUTH), 3, "%d %04X at %u", fault, sw, n);
            cr_expect_leq(scripted_card_shown(t.card), scripted_card_keypad(t.card), "%d %04X at %u", fault, sw, n);
            cr_expect_leq(scripted_card_keypad(t.card), t.confirmed, "%d %04X at %u", fault, sw, n);
            cr_expect(r.error != PROOF_OK || r.auth.sig.n == 256);
            clear(&t);
        }
}

Test(conversation, a_child_has_no_sign_certificate_and_is_told_so)
{
    static const char *const script[] = {"1234", "ABC123", NULL};
    struct scripted_options o = plastic;
    struct table t;
    o.folder = BUILD_DIR "/testpki/residents/minor";
    set(&t, &o, script);
    struct proof_response r = talk(&t, PROOF_REGISTER);
    cr_expect(r.error == PROOF_UNSUPPORTED_CARD && r.part == PROOF_PART_SIGN, "%s", proof_error_name(r.error));
    cr_expect(!scripted_card_left_open(t.card) && scripted_card_tries(t.card, SCRIPTED_SIGN) == 5);
    clear(&t);
}

static unsigned count(const char *text, const char *part)
{
    unsigned n = 0;
    for (; (text = strstr(text, part)); text++)
        n++;
    return n;
}

Test(conversation, every_window_has_room_for_the_longest_names_and_the_warning)
{
    static const char *const here[] = {"1234", "ABC123", NULL}, *const digits[] = {"1234", "1234", NULL};
    static const char *const there[] = {"go on", "go on", NULL};
    for (enum proof_purpose purpose = PROOF_LOGIN; purpose < PROOF_PURPOSE_COUNT; purpose++)
        for (int wordy = LANG_JA + 1; wordy <= LANG_EN + 1; wordy++)
            for (int keys = 0; keys < 2; keys++) {
                struct scripted_options o = plastic;
                struct table t;
                const char *const *typed = purpose == PROOF_REGISTER ? here : digits;
                o.keypad = keys ? typed : NULL;
                set(&t, &o, keys ? there : typed);
                t.wordy = wordy;
                cr_expect_eq(talk(&t, purpose).error, PROOF_OK, "%s", proof_purpose_name(purpose));
                const char *warning = word((enum lang)(wordy - 1), W_UNKNOWN_PAGE);
                cr_expect_eq(count(t.said, warning), t.asked + t.confirmed, "%s", proof_purpose_name(purpose));
                clear(&t);
            }
}
