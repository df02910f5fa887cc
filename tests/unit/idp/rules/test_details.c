/* authorization_details (RFC 9396): what a request may ask, and what of it a token carries. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "idp/rules/details.h"

#define R "https://r.example"
#define S "https://s.example"

static struct arena arena;
static struct details_offer offers[3];
static struct view types[] = {VIEW("book"), VIEW("pay"), VIEW("other")}, resources[] = {VIEW(R), VIEW(S)};
static struct client client;

#define WORDS "\"title\":\"題\",\"title#en\":\"title\""
#define TYPE(ID, MORE)                                                                                                 \
    "{\"type\":\"" ID "\"," WORDS ",\"sentence\":\"文\",\"sentence#en\":\"sentence\"," MORE                            \
    "\"members\":[{\"name\":\"actions\"," WORDS ",\"values\":[{\"value\":\"read\"," WORDS                              \
    "},{\"value\":\"write\"," WORDS "}]},{\"name\":\"id\",\"kind\":\"text\",\"max\":1000," WORDS "}]}"

static const struct detail_type *read_types(const char *definitions, const char *resource)
{
    const struct detail_type *out;
    struct ask_fault fault = {NULL, NULL};
    struct json *j;
    size_t n;

    cr_assert_eq(json_read(&j, &arena, view_text(definitions), NULL), ERR_OK);
    cr_assert_eq(detail_types_read(&out, &n, &arena, j, view_text(resource), &fault), ERR_OK, "%s", fault.rule);
    return out;
}

static void open_rules(void)
{
    arena_open(&arena, 1 << 22);
    const struct detail_type *at_r =
        read_types("[" TYPE("book", "\"client_alone\":true,") "," TYPE("pay", "\"every_time\":true,") "]", R);
    offers[0] = (struct details_offer){&at_r[0], VIEW(R)};
    offers[1] = (struct details_offer){&at_r[1], VIEW(R)};
    offers[2] = (struct details_offer){read_types("[" TYPE("other", "") "]", S), VIEW(S)};
    client = (struct client){.id = VIEW("a"), .details = {types, 3}, .resources = {resources, 2}};
}

static void close_rules(void)
{
    arena_close(&arena);
}

TestSuite(details_rule, .init = open_rules, .fini = close_rules);

static const struct json *json(const char *text)
{
    struct json *j;

    cr_assert_eq(json_read(&j, &arena, view_text(text), NULL), ERR_OK, "%s", text);
    return j;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static struct view out;

static enum refusal asks(const char *text, bool alone)
{
    const struct details_facts f = {&client, {offers, 3}, alone};
    enum refusal refusal = REFUSAL_NONE;
    const struct json *j;

    out = VIEW_NONE;
    cr_assert_eq(details_read(&j, &arena, view_text(text), &refusal), ERR_OK);
    if (!refusal)
        cr_assert_eq(details_decide(&out, &arena, j, &f, &refusal), ERR_OK);
    return refusal;
}

Test(details_rule, what_may_not_be_asked_is_refused)
{
    static const struct {
        const char *text;
        enum refusal refusal;
        const char *why;
    } rows[] = {
        {"", REFUSAL_DETAILS_MALFORMED, "RFC 9396 2: JSON"},
        {"null", REFUSAL_DETAILS_MALFORMED, NULL},
        {"{\"type\":\"book\"}", REFUSAL_DETAILS_MALFORMED, "2: an array of objects"},
        {"[]", REFUSAL_DETAILS_MALFORMED, NULL},
        {"[\"book\"]", REFUSAL_DETAILS_MALFORMED, NULL},
        {"[{}]", REFUSAL_DETAILS_MALFORMED, "2: type is REQUIRED"},
        {"[{\"type\":[\"book\"]}]", REFUSAL_DETAILS_MALFORMED, NULL},
        {"[{\"type\":\"book\",\"type\":\"pay\"}]", REFUSAL_DETAILS_MALFORMED, NULL},
        {"[{\"type\":\"book\"},{\"type\":\"book\"},{\"type\":\"book\"},{\"type\":\"book\"},{\"type\":\"book\"},"
         "{\"type\":\"book\"},{\"type\":\"book\"},{\"type\":\"book\"},{\"type\":\"book\"}]",
         REFUSAL_DETAILS_MALFORMED, "nine"},
        {"[{\"type\":\"Book\"}]", REFUSAL_DETAILS_TYPE_UNKNOWN, "5, 12"},
        {"[{\"type\":\"book\"},{\"type\":\"no\"}]", REFUSAL_DETAILS_TYPE_UNKNOWN, "5: one of them is enough"},
        {"[{\"type\":\"book\",\"x\":1}]", REFUSAL_DETAILS_MEMBER_UNKNOWN, "5"},
        {"[{\"type\":\"book\",\"actions\":\"read\"}]", REFUSAL_DETAILS_WRONG_KIND, "5"},
        {"[{\"type\":\"book\",\"actions\":[\"no\"]}]", REFUSAL_DETAILS_WRONG_VALUE, "5"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(asks(rows[i].text, false), rows[i].refusal, "%s: %s", rows[i].text, rows[i].why);
    client.details.n = 2;
    cr_expect_eq(asks("[{\"type\":\"other\"}]", false), REFUSAL_DETAILS_TYPE_NOT_REGISTERED, "10");
    client.details.n = 3;
    client.resources.n = 1;
    cr_expect_eq(asks("[{\"type\":\"other\"}]", false), REFUSAL_DETAILS_TYPE_NOT_REGISTERED, "RFC 8707 2");
    cr_expect_eq(asks("[{\"type\":\"pay\"}]", true), REFUSAL_DETAILS_NOT_ALONE, "6");
}

Test(details_rule, what_is_too_long_is_refused)
{
    static char text[DETAILS_BYTES_MAX + 200];
    size_t n = (size_t)snprintf(text, sizeof text, "[{\"type\":\"book\"");

    memset(text + n, ' ', DETAILS_BYTES_MAX);
    snprintf(text + n + DETAILS_BYTES_MAX, 8, "}]");
    cr_expect_eq(asks(text, false), REFUSAL_DETAILS_MALFORMED);
}

Test(details_rule, what_may_be_asked_is_kept_in_one_writing)
{
    cr_expect_eq(asks("[ {\"type\":\"pay\"}, {\"type\":\"book\",\"actions\":[\"read\"]}, {\"type\":\"pay\"} ]", false),
                 REFUSAL_NONE);
    cr_expect(view_equal_text(out, "[{\"type\":\"pay\"},{\"actions\":[\"read\"],\"type\":\"book\"}]"), "%.*s",
              (int)out.n, (const char *)out.p);
    cr_expect_eq(asks("[{\"type\":\"book\"}]", true), REFUSAL_NONE);
}

Test(details_rule, names_the_servers_of_its_types)
{
    const struct details_offers known = {offers, 3};
    struct view words;

    cr_assert_eq(details_resources(&words, &arena,
                                   json("[{\"type\":\"pay\"},{\"type\":\"other\"},{\"type\":\"book\"}]"), &known),
                 ERR_OK);
    cr_expect(view_equal_text(words, R " " S), "%.*s", (int)words.n, (const char *)words.p);
    cr_assert_eq(details_resources(&words, &arena, json("[{\"type\":\"no\"}]"), &known), ERR_OK);
    cr_expect_not(view_is(words));
}

/* --- a token ------------------------------------------------------------------------------------------------------ */

static struct grant grant;
static struct grant_detail given[4];
static struct details_token_facts facts;

static void give(size_t i, const struct detail_type *type, const char *text)
{
    given[i] = (struct grant_detail){.type = type->id, .json = view_text(text), .given = true};
    memcpy(given[i].meaning, type->meaning, sizeof given[i].meaning);
}

#define BOOK  "{\"actions\":[\"read\",\"write\"],\"id\":\"x\",\"type\":\"book\"}"
#define PAY   "{\"type\":\"pay\"}"
#define OTHER "{\"actions\":[\"read\"],\"type\":\"other\"}"

static void all_granted(void)
{
    give(0, offers[0].type, BOOK);
    give(1, offers[1].type, PAY);
    give(2, offers[2].type, OTHER);
    grant = (struct grant){.details = given, .n_details = 3};
    facts = (struct details_token_facts){.granted = json("[" BOOK "," PAY "," OTHER "]"),
                                         .offers = {offers, 3},
                                         .client = &client,
                                         .resource = VIEW(R),
                                         .grant = &grant,
                                         .now = 1000};
}

static enum refusal carries(const char *asked)
{
    enum refusal refusal = REFUSAL_NONE;

    facts.asked = asked ? json(asked) : NULL;
    cr_assert_eq(details_of_token(&out, &arena, &facts, &refusal), ERR_OK);
    return refusal;
}

static void is(const char *text)
{
    cr_expect_eq(carries(NULL), REFUSAL_NONE);
    cr_expect(text ? view_equal_text(out, text) : !view_is(out), "%.*s and not %s", (int)out.n, (const char *)out.p,
              text);
}

Test(details_rule, a_token_carries_nothing_that_was_not_granted)
{
    static const char *const more[] = {"[{\"type\":\"no\"}]",
                                       "[{\"type\":\"book\",\"actions\":[\"read\",\"x\"]}]",
                                       "[{\"type\":\"book\",\"id\":\"y\"}]",
                                       "[{\"type\":\"pay\",\"id\":\"x\"}]",
                                       "[{\"type\":\"book\"},{\"type\":\"other\"}]",
                                       "[{\"type\":\"other\"}]"};

    all_granted();
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        cr_expect_eq(carries(more[i]), REFUSAL_DETAILS_NOT_GRANTED, "RFC 9396 6: %s", more[i]);
        cr_expect_not(view_is(out));
    }
    facts.granted = NULL;
    cr_expect_eq(carries("[{\"type\":\"book\"}]"), REFUSAL_DETAILS_NOT_GRANTED);
}

Test(details_rule, a_token_carries_what_is_for_its_server)
{
    all_granted();
    is("[" BOOK "," PAY "]");
    facts.resource = VIEW(S);
    is("[" OTHER "]");
    facts.resource = VIEW_NONE;
    is(NULL);
}

Test(details_rule, a_token_carries_what_it_is_narrowed_to)
{
    all_granted();
    cr_expect_eq(carries("[{\"type\":\"book\",\"actions\":[\"read\"]}]"), REFUSAL_NONE);
    cr_expect(view_equal_text(out, "[{\"actions\":[\"read\"],\"id\":\"x\",\"type\":\"book\"}]"));
    cr_expect_eq(carries("[{\"type\":\"pay\"},{\"type\":\"pay\"}]"), REFUSAL_NONE);
    cr_expect(view_equal_text(out, "[" PAY "]"), "once");
}

Test(details_rule, a_token_carries_what_the_consent_still_gives)
{
    all_granted();
    given[0].until = 1000;
    is("[" PAY "]");
    all_granted();
    given[0].meaning[0] ^= 1;
    is("[" PAY "]");
    all_granted();
    given[0].json = view_text("{\"actions\":[\"read\"],\"id\":\"x\",\"type\":\"book\"}");
    is("[" PAY "]");
    all_granted();
    given[0].given = false;
    is("[" PAY "]");
    all_granted();
    grant.n_details = 0;
    is(NULL);
}

static void is_worth(const char *text, const char *why)
{
    cr_assert_eq(details_still_given(&out, &arena, &facts), ERR_OK);
    cr_expect(text ? view_equal_text(out, text) : !view_is(out), "%s: %.*s", why, (int)out.n, (const char *)out.p);
}

Test(details_rule, what_a_token_has_is_worth_something_until_she_takes_it_back)
{
    all_granted();
    given[0].given = false;
    is_worth("[" PAY "," OTHER "]", "taken back");
    all_granted();
    given[0].until = 1000;
    is_worth("[" PAY "," OTHER "]", "run out");
    all_granted();
    given[0].meaning[0] ^= 1;
    is_worth("[" PAY "," OTHER "]", "in other words");
    all_granted();
    facts.offers.n = 1;
    is_worth("[" BOOK "]", "nobody offers the others any more");
    all_granted();
    given[1].given = false;
    is_worth("[" BOOK "," OTHER "]", "what is done once, taken back");
    all_granted();
    given[1] = given[2];
    grant.n_details = 2;
    is_worth("[" BOOK "," PAY "," OTHER "]", "what is done once stays, whatever she was asked since");
    all_granted();
    is_worth("[" BOOK "," PAY "," OTHER "]", "all of it");
}

Test(details_rule, a_code_is_for_what_she_granted_of_what_was_asked)
{
    struct detail asked[3];

    all_granted();
    for (size_t i = 0; i < 3; i++) {
        asked[i] = (struct detail){.type = given[i].type, .json = given[i].json, .optional = true};
        memcpy(asked[i].meaning, given[i].meaning, sizeof asked[i].meaning);
    }
    given[0].given = given[2].given = false;
    cr_assert_eq(details_granted(&out, &arena, &(struct detail_list){asked, 3}, &grant, 1000), ERR_OK);
    cr_expect(view_equal_text(out, "[" PAY "]"), "RFC 9396 7: %.*s", (int)out.n, (const char *)out.p);
    given[1].given = false;
    cr_assert_eq(details_granted(&out, &arena, &(struct detail_list){asked, 3}, &grant, 1000), ERR_OK);
    cr_expect_not(view_is(out));
    cr_assert_eq(details_granted(&out, &arena, &(struct detail_list){asked, 3}, NULL, 1000), ERR_OK);
    cr_expect_not(view_is(out), "without a consent nothing");
}

Test(details_rule, a_token_carries_what_is_still_offered_and_registered)
{
    all_granted();
    facts.offers.n = 1;
    is("[" BOOK "]");
    all_granted();
    client.details.n = 1;
    is("[" BOOK "]");
    all_granted();
    client.resources.n = 0;
    is(NULL);
}

Test(details_rule, a_refresh_carries_on_nothing_that_is_done_once)
{
    all_granted();
    facts.refreshed = true;
    is("[" BOOK "]");
    cr_expect_eq(carries("[{\"type\":\"pay\"}]"), REFUSAL_DETAILS_NOT_GRANTED);
}

Test(details_rule, without_a_resident_only_what_is_for_services_alone)
{
    all_granted();
    facts.grant = NULL;
    is("[" BOOK "]");
}
