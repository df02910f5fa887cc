#include "jpki/agent/errand.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "tests/lib/scripted_card.h"

struct desk {
    struct scripted_card *card;
    struct errand *errand;
    struct arena arena;
    bool hold_window; /* the window stays open until the watch closes it */
    unsigned opened, closed;
};

static enum err open_reader(void *ctx, struct reader *out)
{
    struct desk *d = ctx;
    d->opened++;
    *out = scripted_card_reader(d->card);
    return ERR_OK;
}

static void close_reader(void *ctx, struct reader *reader)
{
    struct desk *d = ctx;
    (void)reader;
    d->closed++;
}

static void pause_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static enum window_answer ask_pin(void *ctx, const struct window_text *text, const struct window_watch *watch,
                                  struct pin *out)
{
    const struct desk *d = ctx;
    (void)text;
    while (d->hold_window) {
        if (!watch->may_stay(watch->ctx))
            return WINDOW_STOPPED;
        pause_ms(5);
    }
    memcpy(out->b, "1234", 4);
    out->n = 4;
    return WINDOW_OK;
}

static enum window_answer confirm(void *ctx, const struct window_text *text, const struct window_watch *watch)
{
    (void)ctx, (void)text, (void)watch;
    return WINDOW_CANCELLED;
}

/* With ABANDONED_MS another program keeps the card for ever. */
static void open_desk_of(struct desk *d, bool hold_window, int abandoned_ms, unsigned twins)
{
    const struct scripted_options o = {.folder = BUILD_DIR "/testpki/residents/hanako",
                                       .chip = BUILD_DIR "/testpki/chip.pem",
                                       .first = READER_CARD,
                                       .twins = twins,
                                       .busy = abandoned_ms ? ~0u : 0};
    *d = (struct desk){.hold_window = hold_window};
    arena_open(&d->arena, (size_t)1 << 20);
    cr_assert(!scripted_card_open(&d->card, &o));
    const struct errand_tools tools = {open_reader, close_reader, d,    {d, ask_pin, confirm},
                                       60000,       abandoned_ms, NULL, NULL};
    cr_assert(!errand_open(&d->errand, &tools));
}

static void open_desk(struct desk *d, bool hold_window, int abandoned_ms)
{
    open_desk_of(d, hold_window, abandoned_ms, 0);
}

static void close_desk(struct desk *d)
{
    errand_close(d->errand);
    cr_expect_eq(d->opened, d->closed);
    cr_expect(scripted_card_is_off(d->card));
    scripted_card_close(d->card);
    arena_close(&d->arena);
}

static enum err start(struct desk *d, char id[ERRAND_ID_MAX])
{
    static const struct proof_issuer issuer = {.iss = VIEW("https://id.example"), .label = VIEW("x")};
    const int64_t now = clock_s(&clock_real);
    const struct proof_request q = {
        .iss = VIEW("https://id.example"),
        .txn = VIEW("AAAAAAAAAAAAAAAAAAAAAA"),
        .response_uri = VIEW("https://id.example/login/card/return"),
        .iat = now,
        .exp = now + 180,
        .rp = {VIEW("b"), VIEW("n"), VIEW("o"), VIEW("h")},
        .bind = VIEW("47 さくら"),
        .ui = {VIEW("en"), true},
    };
    const struct errand_order order = {.request = &q, .issuer = &issuer, .jws = VIEW("a.b.c"), .now = now};
    return errand_start(d->errand, &order, id);
}

/* Follows until it is done; the URL. */
static const char *follow(struct desk *d, const char *id)
{
    struct errand_view v = {0};
    do {
        pause_ms(5); /* one that was stopped answers every look at once */
        if (errand_look(d->errand, view_text(id), v.seen, 5000, &d->arena, &v))
            return NULL;
    } while (!v.done);
    return v.url;
}

Test(errand, runs_to_an_answer_that_is_given_out_once)
{
    struct desk d;
    char id[ERRAND_ID_MAX];
    struct errand_view v;
    open_desk(&d, false, 0);
    cr_assert(!start(&d, id));
    const char *url = follow(&d, id);
    cr_assert(url);
    cr_expect(strncmp(url, "https://id.example/login/card/return#", 37) == 0);
    cr_expect_eq(errand_look(d.errand, view_text(id), 0, 0, &d.arena, &v), ERR_NOT_FOUND);
    close_desk(&d);
}

Test(errand, is_one_at_a_time)
{
    struct desk d;
    char id[ERRAND_ID_MAX], other[ERRAND_ID_MAX];
    open_desk(&d, true, 0);
    cr_assert(!start(&d, id));
    cr_expect(errand_is_busy(d.errand));
    cr_expect_eq(start(&d, other), ERR_BUSY);
    errand_stop(d.errand, view_text(id));
    cr_expect(follow(&d, id));
    cr_expect(!errand_is_busy(d.errand));
    cr_expect_eq(start(&d, other), ERR_OK);
    cr_expect_str_neq(id, other);
    close_desk(&d);
}

Test(errand, is_known_by_its_id_only)
{
    struct desk d;
    char id[ERRAND_ID_MAX];
    struct errand_view v;
    open_desk(&d, true, 0);
    cr_assert(!start(&d, id));
    cr_expect_eq(errand_look(d.errand, VIEW("x"), 0, 0, &d.arena, &v), ERR_NOT_FOUND);
    cr_expect_eq(errand_look(d.errand, VIEW(""), 0, 0, &d.arena, &v), ERR_NOT_FOUND);
    cr_expect_eq(errand_look(d.errand, VIEW_NONE, 0, 0, &d.arena, &v), ERR_NOT_FOUND);
    errand_stop(d.errand, VIEW("x"));
    errand_stop(d.errand, VIEW_NONE);
    pause_ms(50);
    cr_expect(errand_is_busy(d.errand), "a stranger cannot stop it");
    cr_assert(!errand_look(d.errand, view_text(id), 0, 0, &d.arena, &v));
    cr_expect(!v.done && v.lang == LANG_EN && v.large && view_equal_text(v.bind, "47 さくら"));
    close_desk(&d);
}

Test(errand, a_look_is_held_until_there_is_something_new)
{
    struct desk d;
    char id[ERRAND_ID_MAX];
    struct errand_view v = {0};
    open_desk(&d, true, 0);
    cr_assert(!start(&d, id));
    while (v.stage != STAGE_PIN)
        cr_assert(!errand_look(d.errand, view_text(id), v.seen, 5000, &d.arena, &v));
    int64_t began = clock_steady_ms();
    cr_assert(!errand_look(d.errand, view_text(id), v.seen, 200, &d.arena, &v));
    cr_expect_geq(clock_steady_ms() - began, 190);
    close_desk(&d);
}

Test(errand, ends_when_nobody_looks_any_more_and_no_window_is_open)
{
    struct desk d;
    char id[ERRAND_ID_MAX], other[ERRAND_ID_MAX];
    open_desk(&d, false, 300);
    cr_assert(!start(&d, id));
    for (int i = 0; i < 400 && errand_is_busy(d.errand); i++)
        pause_ms(10);
    cr_expect(!errand_is_busy(d.errand));
    cr_expect_eq(start(&d, other), ERR_OK);
    close_desk(&d);
}

Test(errand, nothing_starts_after_it_was_shut)
{
    struct desk d;
    char id[ERRAND_ID_MAX];
    open_desk(&d, true, 0);
    cr_assert(!start(&d, id));
    errand_shut(d.errand);
    for (int i = 0; i < 400 && errand_is_busy(d.errand); i++)
        pause_ms(10);
    cr_expect_eq(start(&d, id), ERR_BUSY);
    close_desk(&d);
}

/* ---- which of several cards ---- */

/* Looks on until the choices are shown. */
static struct errand_view look_for_choices(struct desk *d, const char *id)
{
    struct errand_view v = {0};
    for (int i = 0; i < 50 && !v.choices; i++)
        cr_assert(!errand_look(d->errand, view_text(id), v.seen, 5000, &d->arena, &v));
    cr_assert(v.choices && v.stage == STAGE_CHOICE);
    return v;
}

Test(errand, shows_the_choices_and_takes_the_word_on_them)
{
    struct desk d;
    char id[ERRAND_ID_MAX];
    open_desk_of(&d, false, 0, 1);
    cr_assert(!start(&d, id));
    struct errand_view v = look_for_choices(&d, id);
    cr_assert(v.choices->n == 2);
    cr_expect_str_eq(v.choices->names[1], "Reader 1");
    errand_choose(d.errand, VIEW("somebody else"), v.seen, 0);
    errand_choose(d.errand, view_text(id), v.seen, 2);
    errand_choose(d.errand, view_text(id), 0, 0);
    errand_choose(d.errand, view_text(id), v.seen, 1);
    cr_expect_not_null(follow(&d, id));
    cr_expect_eq(scripted_card_reader_used(d.card), 1, "what was no word on these choices did not count");
    close_desk(&d);
}

Test(errand, can_be_stopped_while_it_asks_which_card)
{
    struct desk d;
    char id[ERRAND_ID_MAX];
    open_desk_of(&d, false, 0, 1);
    cr_assert(!start(&d, id));
    look_for_choices(&d, id);
    errand_stop(d.errand, view_text(id));
    cr_expect_not_null(follow(&d, id));
    close_desk(&d);
}
