/* Metadata that somebody else vouches for (RFC 7591 2.3): refused, and never passed over. */
#include <criterion/criterion.h>

#include "base/base64.h"
#include "idp/rules/software_statement.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 18);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(software_statement, .init = open_arena, .fini = close_arena);

static const char *rule_of(const char *said)
{
    struct json *j;
    const char *rule;

    cr_assert_eq(json_read(&j, &a, view_text(said), NULL), ERR_OK, "%s", said);
    cr_assert_eq(software_statement_decide(&rule, &a, j), ERR_OK);
    return rule;
}

/* {"software_statement":"HEADER.CLAIMS.signature"} */
static const char *with(const char *header, const char *claims)
{
    return arena_printf(&a, "{\"software_statement\":\"%s.%s.c2lnbmF0dXJl\"}", base64url_text(&a, view_text(header)),
                        base64url_text(&a, view_text(claims)));
}

Test(software_statement, that_is_none_is_invalid)
{
    const char *const rows[] = {
        "{\"software_statement\":1}",
        "{\"software_statement\":{\"iss\":\"https://p.example\"}}",
        "{\"software_statement\":\"\"}",
        "{\"software_statement\":\"a.b.c\"}",
        with("{\"alg\":\"none\"}", "{\"iss\":\"https://p.example\"}"),
        with("{\"alg\":\"RS256\"}", "{\"client_name\":\"C\"}"),
        with("{\"alg\":\"RS256\"}", "[\"iss\"]"),
        with("{\"alg\":\"RS256\"}", "{"),
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(rule_of(rows[i]), software_statement_malformed, "RFC 7591 2.3: %s", rows[i]);
}

Test(software_statement, of_whoever_it_is_is_not_approved)
{
    cr_expect_eq(rule_of(with("{\"alg\":\"RS256\"}", "{\"iss\":\"https://p.example\",\"client_name\":\"C\"}")),
                 software_statement_unapproved, "RFC 7591 3.2.2");
}

Test(software_statement, that_is_not_there_is_no_matter)
{
    cr_expect_null(rule_of("{\"client_name\":\"C\"}"));
    cr_expect_null(rule_of("{\"software_statement\":null}"), "RFC 7592 2.2");
    cr_expect_null(rule_of("[]"));
}
