/* The place of a login: a resident behind the operator's proxy sees near which city her browsers were when they logged
 * in, out of a file of the operator's. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/lib/atlas.h"
#include "tests/lib/stage.h"

#define IN_OSAKA     "81.2.69.160"
#define IN_LINKOPING "89.160.20.112"
#define IN_CHINA     "175.16.199.1"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako, phone;
static struct browser *pc = &stage.hanako.browser, *mobile = &phone.browser;
static char file[64];

static void open_stage(void)
{
    struct arena a;
    arena_open(&a, 4096);
    snprintf(file, sizeof file, "/tmp/genkan-places-XXXXXX");
    int fd = mkstemp(file);
    cr_assert_geq(fd, 0);
    close(fd);
    atlas_make(file, &atlas_small);
    const char *more = arena_printf(&a,
                                    "proxy {\n trusted = {\"127.0.0.1\"}\n header = x-forwarded\n}\n"
                                    "places {\n database = \"%s\"\n credit = \"Places by <Atlas>\"\n}\n",
                                    file);
    stage_open_with(&stage, &(struct provider_options){.more = more});
    resident_open(&phone, genkan, "residents/hanako");
    arena_close(&a);
}

static void close_stage(void)
{
    resident_close(&phone);
    stage_close(&stage);
    unlink(file);
}

TestSuite(places_flow, .init = open_stage, .fini = close_stage);

static void opens(struct resident *who, const char *from)
{
    who->browser.client = from;
    cr_assert(resident_visits(who, a_city), "at %s: %s", at_name(browser_at(&who->browser)), who->browser.url);
}

static void looks(struct browser *b)
{
    cr_assert(browser_get(b, "/me/sessions") && b->status == 200, "%d %s", b->status, b->url);
}

static void take(const struct atlas *atlas)
{
    const char *why = "";
    atlas_make(file, atlas);
    cr_assert_eq(op_reload(genkan->op, &pc->a, &why), ERR_OK, "%s", why);
}

Test(places_flow, of_logins_behind_a_proxy_are_shown)
{
    opens(hanako, IN_OSAKA);
    opens(&phone, IN_LINKOPING);
    looks(pc);
    cr_expect(browser_says(pc, "日本 大阪市 付近"));
    cr_expect(browser_says(pc, "スウェーデン王国 Linköping 付近"), "it has no Japanese name");
    cr_expect(browser_says(pc, "今あなたがいるネットワークとは別"), "what was shown before still is");
    cr_expect(browser_says(pc, "おおよそのもの") && browser_says(pc, "Places by &lt;Atlas&gt;"));
    cr_expect_not(browser_says(pc, IN_OSAKA) || browser_says(pc, IN_LINKOPING));
}

Test(places_flow, are_in_english_for_who_reads_english)
{
    pc->language = "en";
    opens(hanako, "2001:218::1");
    opens(&phone, IN_CHINA);
    looks(pc);
    cr_expect(browser_says(pc, "near Osaka, Japan") && browser_says(pc, "<dd>China</dd>"));
    cr_expect_not(browser_says(pc, "大阪市") || browser_says(pc, "中国"));
}

/* X-Forwarded-For of anybody but the proxy, and what a client put before the address that the proxy saw. */
Test(places_flow, are_of_the_address_that_the_trusted_proxy_saw_and_no_other)
{
    mobile->from = "127.0.0.2";
    opens(hanako, IN_OSAKA ", " IN_LINKOPING);
    opens(&phone, IN_CHINA);
    looks(pc);
    cr_expect(browser_says(pc, "Linköping"));
    cr_expect_not(browser_says(pc, "大阪市") || browser_says(pc, "中国"));
}

Test(places_flow, of_private_and_unknown_addresses_are_not_shown)
{
    opens(hanako, "10.1.2.3");
    opens(&phone, "203.0.114.1");
    looks(pc);
    cr_expect_not(browser_says(pc, "付近") || browser_says(pc, "場所は、") || browser_says(pc, "Atlas"));
    cr_expect(browser_says(pc, "今あなたがいるネットワークとは別"));
    mobile->client = NULL;
    opens(&phone, NULL);
    looks(pc);
    cr_expect_not(browser_says(pc, "付近"));
}

Test(places_flow, are_escaped_and_without_control_characters)
{
    static const struct atlas_line lines[] = {
        {.net = "81.2.69.0/24", .country = "<script>", .city = "A&B\n", .city_en = "\"><b>Osaka"}};
    take(&(struct atlas){.lines = lines, .n_lines = 1});
    opens(hanako, IN_OSAKA);
    looks(pc);
    cr_expect(browser_says(pc, "&lt;script&gt; \"&gt;&lt;b&gt;Osaka 付近") ||
                  browser_says(pc, "&lt;script&gt; &quot;&gt;&lt;b&gt;Osaka 付近"),
              "%.*s", (int)pc->body.n, (const char *)pc->body.p);
    cr_expect_not(browser_says(pc, "<script>") || browser_says(pc, "A&amp;B"));
}

Test(places_flow, follow_the_file_after_a_reload_for_new_logins)
{
    static const struct atlas_line lines[] = {{.net = "81.2.69.0/24", .country = "日本", .city = "京都市"}};
    opens(&phone, IN_OSAKA);
    take(&(struct atlas){.lines = lines, .n_lines = 1});
    opens(hanako, IN_OSAKA);
    looks(pc);
    cr_expect(browser_says(pc, "日本 京都市 付近") && browser_says(pc, "日本 大阪市 付近"));
    const char *why = "";
    cr_assert_eq(file_write(file, VIEW("damaged"), 0600), ERR_OK);
    cr_expect_eq(op_reload(genkan->op, &pc->a, &why), ERR_CONFIG);
    cr_assert(resident_logs_out(&phone));
    opens(&phone, IN_OSAKA);
    looks(pc);
    cr_expect_not(browser_says(pc, "大阪市"), "the old one stays");
}

/* docs/decisions/places.md: names alone, and no longer than the login. */
Test(places_flow, are_kept_as_names_until_the_login_ends)
{
    opens(hanako, IN_OSAKA);
    opens(&phone, IN_OSAKA);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session WHERE country = '日本' AND country_en = 'Japan' "
                                         "AND city = '大阪市' AND city_en = 'Osaka'"),
                 2);
    cr_expect_null(strstr(provider_log(genkan), "Osaka"));
    cr_assert(resident_logs_out(&phone));
    cr_expect_eq(provider_number(genkan,
                                 "SELECT count(*) FROM session WHERE coalesce(country, country_en, city, city_en) "
                                 "IS NOT NULL"),
                 1);
    provider_pass(genkan, 14 * 3600);
    provider_sweep(genkan);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session"), 0);
}

Test(places_flow, are_of_her_newest_login_in_the_same_browser)
{
    opens(hanako, IN_OSAKA);
    pc->client = IN_CHINA;
    cr_assert(browser_get(pc, service_begin(b_city, "prompt=login")));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    looks(pc);
    cr_expect(browser_says(pc, "中国"));
    cr_expect_not(browser_says(pc, "大阪市"));
}
