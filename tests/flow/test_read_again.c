/* The card is read again after she agreed: what she saw may go out, what she has not seen may not. */
#include <criterion/criterion.h>

#include "base/json.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(read_again, .init = open_stage, .fini = close_stage);

#define MOVED_TO "大阪府堺市堺区南瓦町３番１号"

static const char *access_at_a_city(void)
{
    cr_assert(resident_visits(hanako, a_city), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(a_city, service_receive(a_city, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t.access;
}

/* On the way to B市, as on the page of what is missing: her card is read once more. */
static void reads_her_card(void)
{
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    IS_AT(browser, AT_CONFIRM);
    const char *form = arena_printf(&browser->a, "i=%s&csrf=%s&purpose=read", browser_field(browser, "/confirm", "i"),
                                    browser_field(browser, "/confirm", "csrf"));
    cr_assert(browser_post(browser, PROVIDER_ISSUER "/login/card", form));
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, NULL));
}

/* What A市 is told with an access token it has; NULL: no address. */
static const struct json *address(const char *access)
{
    int status;
    const struct json *claims = service_userinfo(a_city, access, &status);
    cr_assert_eq(status, 200);
    cr_assert_not_null(json_member(claims, "name"), "what did not change still goes out");
    return json_member(claims, "address");
}

static const char *asks_silently(void)
{
    const char *error;
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=none")));
    service_receive(a_city, browser, &error);
    return error;
}

Test(read_again, another_address_on_the_same_day_stays_here_until_she_agreed)
{
    const char *access = access_at_a_city();
    cr_assert_not_null(address(access));
    hanako->card.address = MOVED_TO;
    reads_her_card();
    cr_expect_null(address(access), "she has not seen it on a consent page");
    const char *error = asks_silently();
    cr_assert_not_null(error);
    cr_expect_str_eq(error, "consent_required");

    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_CONSENT), "%s", browser->url);
    cr_expect(browser_says(browser, MOVED_TO));
    const struct json *now = address(access_at_a_city());
    cr_assert_not_null(now);
    cr_expect(view_equal_text(json_member_text(now, "formatted"), MOVED_TO));
    cr_expect_null(asks_silently());
}

Test(read_again, the_same_address_on_the_same_day_is_nothing_new)
{
    const char *access = access_at_a_city();
    provider_pass(genkan, 60);
    reads_her_card();
    cr_expect_not_null(address(access));
    cr_expect_null(asks_silently());
}

Test(read_again, the_same_address_on_another_day_is_another_proof)
{
    access_at_a_city();
    provider_pass(genkan, 24 * 3600);
    access_at_a_city();
    reads_her_card();
    const char *error = asks_silently();
    cr_assert_not_null(error);
    cr_expect_str_eq(error, "consent_required");
}
