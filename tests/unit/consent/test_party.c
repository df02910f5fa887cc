#include <criterion/criterion.h>

#include "consent/party.h"

static struct arena a;

static void open_arena(void)
{
    arena_open(&a, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&a);
}

TestSuite(party, .init = open_arena, .fini = close_arena);

static enum err read_text(struct party *out, const char *text, struct party_fault *fault)
{
    struct json *j;
    cr_assert_eq(json_read(&j, &a, view_text(text), NULL), ERR_OK, "%s", text);
    return party_read(out, j, fault);
}

#define ADDRESS(MEMBERS) "{\"address\":{" MEMBERS "}}"
#define CITY             "\"locality\":\"A\",\"street_address\":\"1\""

Test(party, refuses_an_organisation_naming_member_and_rule)
{
    static const struct {
        const char *text, *member;
    } rows[] = {
        {"{\"email\":7}", "organization.email"},
        {"{\"email\":\"city\"}", "organization.email"},
        {"{\"email\":\"a b@city.example\"}", "organization.email"},
        {"{\"phone_number\":6}", "organization.phone_number"},
        {"{\"phone_number\":\"at the city hall\"}", "organization.phone_number"},
        {"{\"phone_number\":\"0120\"}", "organization.phone_number"},
        {"{\"address\":\"Osaka\"}", "organization.address"},
        {ADDRESS("\"country\":\"JP\"," CITY ",\"planet\":\"Earth\""), "organization.address"},
        {ADDRESS(CITY), "organization.address.country"},
        {ADDRESS("\"country\":\"Japan\"," CITY), "organization.address.country"},
        {ADDRESS("\"country\":\"jp\"," CITY), "organization.address.country"},
        {ADDRESS("\"country\":\"XX\"," CITY), "organization.address.country"},
        {ADDRESS("\"country\":\"JP\",\"street_address\":\"1\""), "organization.address.locality"},
        {ADDRESS("\"country\":\"JP\",\"locality\":\"  \",\"street_address\":\"1\""), "organization.address.locality"},
        {ADDRESS("\"country\":\"JP\",\"locality\":\"A\""), "organization.address.street_address"},
        {ADDRESS("\"country\":\"JP\",\"locality\":\"A\",\"street_address\":\"1\\n2\""),
         "organization.address.street_address"},
        {ADDRESS("\"country\":\"JP\",\"region\":1," CITY), "organization.address.region"},
        {ADDRESS("\"country\":\"JP\",\"postal_code\":\"5900078\"," CITY), "organization.address.postal_code"},
        {ADDRESS("\"country\":\"JP\",\"postal_code\":\"590-007\"," CITY), "organization.address.postal_code"},
        {ADDRESS("\"country\":\"JP\",\"postal_code\":\"590-007x\"," CITY), "organization.address.postal_code"},
        {ADDRESS("\"country\":\"US\",\"postal_code\":\"\"," CITY), "organization.address.postal_code"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct party party;
        struct party_fault fault = {"", NULL};
        cr_expect_eq(read_text(&party, rows[i].text, &fault), ERR_SYNTAX, "%s", rows[i].text);
        cr_expect_str_eq(fault.member, rows[i].member);
        cr_expect(fault.rule && *fault.rule);
    }
}

Test(party, writes_an_address_in_one_line_as_each_country_does)
{
    static const struct {
        const char *address, *ja, *en;
    } rows[] = {
        {"\"country\":\"JP\",\"postal_code\":\"590-0078\",\"region\":\"大阪府\",\"locality\":\"堺市\",\"street_"
         "address\":\"3番1号\"",
         "〒590-0078 大阪府堺市3番1号", "3番1号, 堺市, 大阪府, Japan 590-0078"},
        {"\"country\":\"JP\",\"locality\":\"堺市\",\"street_address\":\"3番1号\"", "堺市3番1号", "3番1号, 堺市, Japan"},
        {"\"country\":\"US\",\"postal_code\":\"10001\",\"locality\":\"New York\",\"street_address\":\"1 Main St\"",
         "1 Main St, New York, アメリカ 10001", "1 Main St, New York, United States 10001"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct party party;
        struct party_fault fault = {"", ""};
        cr_assert_eq(read_text(&party, arena_printf(&a, "{\"address\":{%s}}", rows[i].address), &fault), ERR_OK,
                     "%s %s", fault.member, fault.rule);
        cr_expect_str_eq(arena_text(&a, party_address_line(&a, &party.address, true)), rows[i].ja);
        cr_expect_str_eq(arena_text(&a, party_address_line(&a, &party.address, false)), rows[i].en);
    }
}

Test(party, of_an_organisation_that_says_nothing_is_empty)
{
    struct party party;
    struct party_fault fault;
    cr_assert_eq(read_text(&party, "{}", &fault), ERR_OK);
    cr_expect(!party.address.country && !view_is(party.email) && !view_is(party.phone));
    cr_expect_not(view_is(party_address_line(&a, &party.address, true)));
}

Test(party, countries_are_those_of_iso_3166)
{
    static const char *const strangers[] = {"", "J", "jp", "JPN", "XX", "EU", "UK"};
    cr_expect_str_eq(country_find(VIEW("JP"))->ja, "日本");
    cr_expect_str_eq(country_find(VIEW("ZW"))->en, "Zimbabwe");
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        cr_expect_null(country_find(view_text(strangers[i])), "%s", strangers[i]);
}
