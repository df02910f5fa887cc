#include "consent/grant_scope.h"

#include <criterion/criterion.h>

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 16);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(grant_scope, .init = open_arena, .fini = close_arena);

static const struct field *field(const char *id)
{
    return field_find(view_text(id));
}

/* Registered: name, birthdate, interests. Given: name and interests. */
Test(grant_scope, shrinks_to_what_was_given)
{
    static const struct {
        const char *asked, *got;
    } table[] = {
        {"openid birthdate", "openid"},
        {"openid address", "openid"},
        {"openid nonsense email", "openid"},
        {"openid birthdate interests", "openid interests"},
        {"birthdate openid  name", "openid name"},
        {"openid profile", "openid profile"},
        {"openid offline_access birthdate", "openid offline_access"},
        {"openid name interests", "openid name interests"},
        {"openid", "openid"},
    };
    struct grant g = {.n = 3,
                      .decisions = {{.field = field("name"), .given = true},
                                    {.field = field("birthdate")},
                                    {.field = field("interests"), .given = true}}};
    const struct ask registered = {
        .n = 3, .items = {{.field = field("name")}, {.field = field("birthdate")}, {.field = field("interests")}}};
    struct ask asked;
    struct view got;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        ask_requested(&asked, &registered, view_text(table[i].asked), 0);
        cr_assert_eq(grant_scope(&got, &a, view_text(table[i].asked), &asked, &g), ERR_OK);
        cr_expect(view_equal_text(got, table[i].got), "%s: %.*s", table[i].asked, (int)got.n, got.p);
    }
    ask_requested(&asked, &registered, VIEW("openid profile name"), 0);
    cr_assert_eq(grant_scope(&got, &a, VIEW("openid profile name"), &asked, NULL), ERR_OK);
    cr_expect(view_equal_text(got, "openid"), "without a consent");
    g.decisions[0].given = false;
    cr_assert_eq(grant_scope(&got, &a, VIEW("openid profile name"), &asked, &g), ERR_OK);
    cr_expect(view_equal_text(got, "openid"), "profile without any of its fields");
}
