/* The kiosk with a reader that does what a test says. */
#include "jpki/agent/kiosk.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>

#include "base/base64.h"
#include "base/clock.h"

enum { GRACE_MS = 1500 };

static atomic_int card_state = READER_CARD;
static atomic_int opened, closed;
static struct arena arena;
static struct kiosk *kiosk;
static uint8_t lock[SHA256_SIZE];

static enum reader_state await(void *ctx, enum reader_state seen, int ms)
{
    (void)ctx;
    for (int64_t end = clock_steady_ms() + ms;;) {
        enum reader_state now = (enum reader_state)atomic_load(&card_state);
        if (now != seen || clock_steady_ms() >= end)
            return now;
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
}

static enum err open_reader(void *ctx, const char *name, struct reader *out)
{
    (void)ctx;
    atomic_fetch_add(&opened, 1);
    *out = (struct reader){.await = await};
    return strcmp(name, "broken") == 0 ? ERR_UNAVAILABLE : ERR_OK;
}

static void close_reader(void *ctx, struct reader *reader)
{
    (void)ctx, (void)reader;
    atomic_fetch_add(&closed, 1);
}

static void open_kiosk(void)
{
    const struct kiosk_tools tools = {open_reader, close_reader, NULL, GRACE_MS};
    arena_open(&arena, 1 << 20);
    cr_assert(!kiosk_open(&kiosk, &tools));
}

static void close_kiosk(void)
{
    kiosk_close(kiosk);
    cr_expect_leq(atomic_load(&closed), atomic_load(&opened));
    arena_close(&arena);
}

TestSuite(kiosk, .init = open_kiosk, .fini = close_kiosk);

static void hold(const char *iss, const char *reader)
{
    cr_assert(!kiosk_hold(kiosk, view_text(iss), reader, lock));
}

static struct kiosk_view look(unsigned seen, int ms)
{
    struct kiosk_view v;
    cr_assert(!kiosk_look(kiosk, seen, ms, &arena, &v));
    return v;
}

/* Until a log-out comes; NULL: none within MS. */
static const char *next_url(int ms)
{
    struct kiosk_view v = {0};
    for (int64_t end = clock_steady_ms() + ms; !v.url && clock_steady_ms() < end;)
        v = look(v.seen, (int)(end - clock_steady_ms()) > 0 ? (int)(end - clock_steady_ms()) : 0);
    return v.url;
}

/* The end of URL is the key whose SHA-256 is the lock that was given last. */
static void opens_the_lock(const char *url)
{
    struct view key;
    uint8_t hash[SHA256_SIZE];
    const char *at = strstr(url, "?key=");
    cr_assert(at);
    cr_assert(!base64url_read(&arena, view_text(at + 5), &key));
    cr_expect_eq(key.n, 32);
    sha256(hash, key);
    cr_expect_arr_eq(hash, lock, sizeof lock);
}

Test(kiosk, sends_nobody_away_while_the_card_is_there)
{
    hold("https://id.example", "R");
    cr_expect(look(0, 0).held);
    cr_expect_null(next_url(300));
}

Test(kiosk, sends_the_key_of_the_lock_when_the_card_has_left_but_not_before_the_login_can_be_done, .timeout = 30)
{
    int64_t began = clock_steady_ms();
    hold("https://id.example:8443", "R");
    cr_expect(kiosk_hand_out(kiosk, VIEW("https://id.example:8443")));
    atomic_store(&card_state, READER_EMPTY);
    const char *url = next_url(GRACE_MS + 5000);
    cr_assert(url);
    cr_expect_geq(clock_steady_ms() - began, GRACE_MS);
    cr_expect_eq(strncmp(url, "https://id.example:8443/logout/card?key=", 40), 0, "%s", url);
    opens_the_lock(url);
    cr_expect_null(next_url(50), "once");
    cr_expect(!look(0, 0).held);
}

Test(kiosk, a_proof_whose_card_has_left_is_not_handed_out)
{
    hold("https://id.example", "R");
    cr_expect(kiosk_hand_out(kiosk, VIEW("https://id.example")));
    cr_expect(!kiosk_hand_out(kiosk, VIEW("https://other.example")));
    atomic_store(&card_state, READER_NONE);
    for (int64_t end = clock_steady_ms() + 5000; look(0, 0).held && clock_steady_ms() < end;)
        continue;
    cr_expect(!kiosk_hand_out(kiosk, VIEW("https://id.example")));
}

Test(kiosk, keeps_one_lock_for_an_issuer_while_the_card_stays)
{
    uint8_t first[SHA256_SIZE];
    hold("https://id.example", "R");
    memcpy(first, lock, sizeof first);
    hold("https://id.example", "R");
    cr_expect_arr_eq(first, lock, sizeof lock);
    hold("https://other.example", "R");
    cr_expect_arr_neq(first, lock, sizeof lock);
}

Test(kiosk, a_reader_that_cannot_be_watched_has_no_card)
{
    hold("https://id.example", "broken");
    for (int64_t end = clock_steady_ms() + 5000; look(0, 0).held && clock_steady_ms() < end;)
        continue;
    cr_expect(!look(0, 0).held);
}

Test(kiosk, another_reader_ends_what_was_held_for_the_first)
{
    hold("https://id.example", "R");
    hold("https://other.example", "S");
    cr_expect(!kiosk_hand_out(kiosk, VIEW("https://id.example")));
    cr_expect(kiosk_hand_out(kiosk, VIEW("https://other.example")));
}

Test(kiosk, when_the_agent_ends_everybody_is_logged_out_at_once)
{
    hold("https://id.example", "R");
    kiosk_shut(kiosk);
    const char *url = next_url(1000);
    cr_assert(url);
    opens_the_lock(url);
    cr_expect_eq(kiosk_hold(kiosk, VIEW("https://id.example"), "R", lock), ERR_LIMIT);
}

Test(kiosk, knows_whether_anybody_watches)
{
    cr_expect(!kiosk_is_watched(kiosk));
    (void)look(0, 0);
    cr_expect(kiosk_is_watched(kiosk));
}

Test(kiosk, holds_no_more_than_it_can)
{
    enum err e = ERR_OK;
    int n = 0;
    for (; !e && n < 100; n++)
        e = kiosk_hold(kiosk, view_text(arena_printf(&arena, "https://id%d.example", n)), "R", lock);
    cr_expect_eq(e, ERR_LIMIT);
    cr_expect_eq(n, 17);
    char longest[400];
    memset(longest, 'a', sizeof longest);
    cr_expect_eq(kiosk_hold(kiosk, view_bytes(longest, sizeof longest), "R", lock), ERR_LIMIT);
}
