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

/* --- what she agreed to be asked --------------------------------------------------------------------------------- */

static const char *kept(struct grant *g, const char *scope, const char *resource, const struct grant *before)
{
    const struct ask asked = {.n = 2, .items = {{.field = field("name")}, {.field = field("interests")}}};
    const struct grant_answer answer = {.ask = &asked, .scope = view_text(scope), .resource = view_text(resource)};

    cr_assert_eq(grant_take_scopes(g, &a, &answer, before), ERR_OK);
    return arena_text(&a, g->scopes);
}

Test(grant_scope, asked_for_what_no_page_showed_is_not_kept)
{
    struct grant g = {.n = 0};

    cr_expect_str_eq(kept(&g, "openid email nonsense name", "", NULL), "openid name\t\n");
    cr_expect_str_eq(kept(&g, "email", "https://data.example/", NULL), "\thttps://data.example/\n");
}

Test(grant_scope, is_kept_by_the_servers_it_came_with)
{
    struct grant first = {.n = 0}, second = {.n = 0}, third = {.n = 0};

    cr_expect_str_eq(kept(&first, "openid name", "", NULL), "openid name\t\n");
    cr_expect_str_eq(kept(&second, "openid", "https://a.example/ https://b.example/", &first),
                     "openid\thttps://a.example/ https://b.example/\nopenid name\t\n");
    cr_expect_str_eq(kept(&third, "openid interests", "", &second),
                     "openid name interests\t\nopenid\thttps://a.example/ https://b.example/\n");
    struct view rest = third.scopes;
    struct grant_scope_line line;
    cr_assert(grant_scope_next(&rest, &line));
    cr_expect(view_equal_text(line.scope, "openid name interests") && !view_is(line.resource));
    cr_assert(grant_scope_next(&rest, &line));
    cr_expect(view_equal_text(line.resource, "https://a.example/ https://b.example/"));
    cr_expect_not(grant_scope_next(&rest, &line));
}

Test(grant_scope, forgets_first_what_came_longest_ago)
{
    struct grant g = {.n = 0}, before;
    struct grant_scope_line line;
    size_t n = 0;

    kept(&g, "openid", "", NULL);
    for (int i = 0; i < GRANT_SCOPES_MAX; i++) {
        before = g;
        kept(&g, "openid", arena_printf(&a, "https://%d.example/", i), &before);
    }
    struct view rest = g.scopes;
    while (grant_scope_next(&rest, &line)) {
        cr_expect(view_is(line.resource), "the first has gone");
        n++;
    }
    cr_expect_eq(n, GRANT_SCOPES_MAX);
}
