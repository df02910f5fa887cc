#include <criterion/criterion.h>

#include "idp/endpoints/consent_shown.h"

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(consent_shown, .init = open_arena, .fini = close_arena);

struct page {
    struct ask ask;
    struct field_profile profile;
};

static struct page page_of(void)
{
    struct page p = {.ask = {.n = 2}, .profile = {.n = 1, .today = VIEW("2026-11-22")}};
    p.ask.items[0].field = field_find(VIEW("name"));
    p.ask.items[1].field = field_find(VIEW("interests"));
    p.profile.values[0] = (struct field_value){.field = p.ask.items[0].field,
                                               .json = VIEW("\"大阪　花子\""),
                                               .source = SOURCE_CARD_READ,
                                               .as_of = VIEW("2026-11-22")};
    return p;
}

static void expect_other(const struct page *changed, const char *what)
{
    struct page p = page_of();
    cr_expect_not(view_equal(consent_shown(&arena, &p.ask, &p.profile, NULL),
                             consent_shown(&arena, &changed->ask, &changed->profile, NULL)),
                  "%s", what);
}

Test(consent_shown, is_the_same_for_the_same_page)
{
    struct page a = page_of(), b = page_of();
    struct view one = consent_shown(&arena, &a.ask, &a.profile, NULL);
    cr_assert_eq(one.n, 43);
    cr_assert(view_equal(one, consent_shown(&arena, &b.ask, &b.profile, NULL)));
}

Test(consent_shown, changes_with_everything_the_resident_reads)
{
    struct page p = page_of();
    p.ask.terms_hash[3] ^= 1;
    expect_other(&p, "terms");
    p = page_of();
    p.ask.items[1].hash[0] ^= 1;
    expect_other(&p, "purpose");
    p = page_of();
    p.ask.n = 1;
    expect_other(&p, "a field less");
    p = page_of();
    p.ask.items[1].field = field_find(VIEW("email"));
    expect_other(&p, "another field");
    p = page_of();
    p.profile.values[0].json = VIEW("\"大阪　太郎\"");
    expect_other(&p, "value");
    p = page_of();
    p.profile.values[0].source = SOURCE_CARD_SIGNED;
    expect_other(&p, "source");
    p = page_of();
    p.profile.values[0].as_of = VIEW("2026-11-23");
    expect_other(&p, "day");
    p = page_of();
    p.profile.n = 0;
    expect_other(&p, "no value");
}
