/* Rich authorization requests (RFC 9396): B asks to book at A in her name. The numbers are the standard's. */
#include <criterion/criterion.h>

#include "base/file.h"
#include "http/url.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;

#define API     "https://a-city.example/api"
#define BOOKING "https://a-city.example/types/booking"
#define PAYMENT "https://a-city.example/types/payment"

static const char DEFINITIONS[] =
    "\"resource\":\"" API "\",\"authorization_details_definitions\":["
    "{\"type\":\"" BOOKING "\",\"title\":\"施設の予約\",\"title#en\":\"Facility bookings\","
    "\"title#ja-simple\":\"ばしょの "
    "よやく\",\"sentence\":\"あなたの名前で施設を予約したり、予約を取り消したりします。\","
    "\"sentence#en\":\"It books facilities in your name and cancels bookings.\",\"client_alone\":true,\"members\":["
    "{\"name\":\"actions\",\"title\":\"できること\",\"title#en\":\"What it may do\",\"required\":true,\"values\":["
    "{\"value\":\"read\",\"title\":\"予約を見る\",\"title#en\":\"see bookings\"},"
    "{\"value\":\"reserve\",\"title\":\"予約する\",\"title#en\":\"book\"},"
    "{\"value\":\"cancel\",\"title\":\"取り消す\",\"title#en\":\"cancel\"}]},"
    "{\"name\":\"locations\",\"title\":\"場所\",\"title#en\":\"Where\",\"default\":[\"" API "/rooms\"],\"values\":["
    "{\"value\":\"" API "/rooms\",\"title\":\"会議室\",\"title#en\":\"meeting rooms\"},"
    "{\"value\":\"" API "/gyms\",\"title\":\"体育館\",\"title#en\":\"gyms\"}]},"
    "{\"name\":\"facility\",\"kind\":\"text\",\"title\":\"施設\",\"title#en\":\"Facility\",\"max\":40},"
    "{\"name\":\"hours\",\"kind\":\"integer\",\"title\":\"時間\",\"title#en\":\"Hours\",\"min\":1,\"max\":8}]},"
    "{\"type\":\"" PAYMENT
    "\",\"title\":\"支払い\",\"title#en\":\"A payment\",\"sentence\":\"使用料を一度だけ払います。\","
    "\"sentence#en\":\"It pays a fee, once.\",\"every_time\":true,\"members\":["
    "{\"name\":\"amount\",\"kind\":\"object\",\"title\":\"金額\",\"title#en\":\"Amount\",\"required\":true,\"members\":"
    "["
    "{\"name\":\"currency\",\"kind\":\"text\",\"title\":\"通貨\",\"title#en\":\"Currency\",\"required\":true,"
    "\"values\":["
    "{\"value\":\"JPY\",\"title\":\"円\",\"title#en\":\"yen\"}]},"
    "{\"name\":\"yen\",\"kind\":\"integer\",\"title\":\"額\",\"title#en\":\"Sum\",\"required\":true,\"min\":1,\"max\":"
    "100000}]}]}"
    "],\"sector\":\"a-city\"";

static void open_stage(void)
{
    stage_open(&stage);
    service_update(a_city, "\"sector\":\"a-city\"", DEFINITIONS);
    service_update(b_city, "\"grant_types\":[",
                   "\"resources\":[\"" API "\"],\"authorization_details_types\":[\"" BOOKING "\",\"" PAYMENT "\"],"
                   "\"grant_types\":[\"urn:openid:params:grant-type:ciba\",\"urn:ietf:params:oauth:grant-type:device_"
                   "code\",\"client_credentials\","
                   "\"urn:ietf:params:oauth:grant-type:token-exchange\",");
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(details, .init = open_stage, .fini = close_stage);

/* --- words -------------------------------------------------------------------------------------------------------- */

#define READ    "{\"type\":\"" BOOKING "\",\"actions\":[\"read\"]}"
#define RESERVE "{\"type\":\"" BOOKING "\",\"actions\":[\"read\",\"reserve\"]}"
#define PAY     "{\"type\":\"" PAYMENT "\",\"amount\":{\"currency\":\"JPY\",\"yen\":3000}}"
#define CANCEL  "{\"type\":\"" BOOKING "\",\"actions\":[\"cancel\"]}"
/* as they are granted: the place was left out, and is filled in (7.1) */
#define GRANTED        "{\"actions\":[\"read\",\"reserve\"],\"locations\":[\"" API "/rooms\"],\"type\":\"" BOOKING "\"}"
#define GRANTED_READ   "{\"actions\":[\"read\"],\"locations\":[\"" API "/rooms\"],\"type\":\"" BOOKING "\"}"
#define GRANTED_CANCEL "{\"actions\":[\"cancel\"],\"locations\":[\"" API "/rooms\"],\"type\":\"" BOOKING "\"}"

static const char *param(const char *details)
{
    const char *text;
    struct buf b;

    buf_open(&b, &b_city->channel.a, 65536);
    buf_put_text(&b, "authorization_details=");
    url_put_encoded(&b, view_text(details));
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

static const char *details_of(const struct json *answer)
{
    const struct json *details = json_member(answer, "authorization_details");
    const char *text;
    struct buf b;

    if (!details)
        return NULL;
    buf_open(&b, &b_city->channel.a, 65536);
    json_put_canonical(&b, details);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

static void asks_with(const char *more)
{
    cr_assert(browser_get(&hanako->browser, service_begin(b_city, more)));
}

static void asks(const char *details)
{
    asks_with(param(details));
}

static const char *error_of(const char *details)
{
    const char *error = NULL;

    asks(details);
    cr_assert_null(service_receive(b_city, &hanako->browser, &error));
    return error;
}

static const char *code_of(const char *details)
{
    asks(details);
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "%s", hanako->browser.url);
    return service_receive(b_city, &hanako->browser, NULL);
}

static const struct json *calls(struct service *s, int status, const char *path, const char *form)
{
    const struct json *answer;

    cr_assert_eq(service_call(s, path, form, NULL, &answer), status, "%.*s", (int)s->channel.body.n,
                 (const char *)s->channel.body.p);
    return answer;
}

static const char *by_code(const char *code, const char *more)
{
    return arena_printf(&b_city->channel.a,
                        "grant_type=authorization_code&code=%s&redirect_uri=http%%3A%%2F%%2Fb-city.localhost%%3A8082"
                        "%%2Fcb&code_verifier=%s&%s",
                        code, b_city->verifier, more);
}

static const char *by_refresh(const struct json *answer, const char *more)
{
    return arena_printf(&b_city->channel.a, "grant_type=refresh_token&refresh_token=%s&%s",
                        claim(b_city, answer, "refresh_token"), more);
}

static const struct json *asks_about(struct service *s, const struct json *answer)
{
    return calls(s, 200, "/introspect", arena_printf(&s->channel.a, "token=%s", claim(s, answer, "access_token")));
}

/* --- what is refused (5) ------------------------------------------------------------------------------------------ */

Test(details, that_their_type_does_not_allow_are_refused)
{
    static const char *const bad[] = {"x",
                                      "{}",
                                      "[]",
                                      "[7]",
                                      "[{\"actions\":[\"read\"]}]",
                                      "[{\"type\":7}]",
                                      "[{\"type\":\"https://a-city.example/types/Booking\",\"actions\":[\"read\"]}]",
                                      "[{\"type\":\"" BOOKING "\",\"actions\":[\"read\"],\"colour\":\"red\"}]",
                                      "[{\"type\":\"" BOOKING "\"}]",
                                      "[{\"type\":\"" BOOKING "\",\"actions\":\"read\"}]",
                                      "[{\"type\":\"" BOOKING "\",\"actions\":[]}]",
                                      "[{\"type\":\"" BOOKING "\",\"actions\":[\"Read\"]}]",
                                      "[{\"type\":\"" BOOKING "\",\"actions\":[\"read\"],\"hours\":9}]",
                                      "[" READ ",{\"type\":\"" PAYMENT "\",\"amount\":{\"currency\":\"JPY\"}}]"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_str_eq(error_of(bad[i]), "invalid_authorization_details", "%s", bad[i]);
    cr_expect_str_eq(
        claim(b_city, calls(b_city, 400, "/par", service_request(b_city, param("[{\"type\":\"no\"}]"))), "error"),
        "invalid_authorization_details");
    cr_expect_str_eq(claim(b_city,
                           calls(b_city, 400, "/device_authorization",
                                 arena_printf(&b_city->channel.a, "scope=openid&%s", param("[{\"type\":\"no\"}]"))),
                           "error"),
                     "invalid_authorization_details");
}

Test(details, that_a_counter_asks_are_judged_as_all_others)
{
    const char *form =
        arena_printf(&b_city->channel.a, "scope=openid&login_hint=000-000-000&%s", param("[{\"type\":\"no\"}]"));

    cr_expect_str_eq(claim(b_city, calls(b_city, 400, "/bc-authorize", form), "error"),
                     "invalid_authorization_details");
    form = arena_printf(&b_city->channel.a, "scope=openid&login_hint=000-000-000&%s", param("[" READ "]"));
    cr_expect_str_eq(claim(b_city, calls(b_city, 400, "/bc-authorize", form), "error"), "unknown_user_id");
}

Test(details, of_a_type_that_is_not_registered_for_the_service_are_refused)
{
    service_update(b_city, "\"authorization_details_types\":[\"" BOOKING "\",", "\"authorization_details_types\":[");
    cr_expect_str_eq(error_of("[" READ "]"), "invalid_authorization_details");
    service_update(b_city, "\"authorization_details_types\":[", "\"authorization_details_types\":[\"" BOOKING "\",");
    service_update(b_city, "\"resources\":[\"" API "\"]", "\"resources\":[]");
    cr_expect_str_eq(error_of("[" READ "]"), "invalid_authorization_details", "nor are tokens for its server");
}

/* --- her consent (3, 3.1) ----------------------------------------------------------------------------------------- */

Test(details, are_shown_to_her_in_her_language_and_asked_again_when_there_is_more)
{
    struct browser *b = &hanako->browser;

    asks("[" READ "]");
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_expect(browser_says(b, "施設の予約") && browser_says(b, "予約を見る") && browser_says(b, "会議室"));
    cr_expect(browser_says(b, "あなたの名前で施設を予約したり"));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_assert_not_null(service_receive(b_city, b, NULL));
    asks("[" READ "]");
    cr_expect_eq(browser_at(b), AT_ELSEWHERE, "what she allowed before is not asked again: %s", b->url);
    asks("[" RESERVE "]");
    cr_expect_eq(browser_at(b), AT_CONSENT, "more of it is");
    cr_expect(browser_says(b, "前に許していないこと") && browser_says(b, "予約する"));
    cr_assert(PRESS(b, "/consent", "do=refuse"));
    const char *error;
    cr_expect_null(service_receive(b_city, b, &error));
    cr_expect_str_eq(error, "access_denied");
    asks("[{\"type\":\"" BOOKING "\",\"actions\":[\"read\"],\"locations\":[\"" API "/gyms\"]}]");
    cr_expect_eq(browser_at(b), AT_CONSENT, "another place is");
    asks_with(arena_printf(&b->a, "prompt=none&%s", param("[" RESERVE "]")));
    cr_expect_null(service_receive(b_city, b, &error));
    cr_expect_str_eq(error, "consent_required");
}

Test(details, that_are_done_once_are_asked_each_time_and_not_carried_on)
{
    struct browser *b = &hanako->browser;
    const struct json *first = calls(b_city, 200, "/token", by_code(code_of("[" PAY "," READ "]"), ""));

    cr_expect_str_eq(details_of(first),
                     "[{\"amount\":{\"currency\":\"JPY\",\"yen\":3000},\"type\":\"" PAYMENT "\"}," GRANTED_READ "]");
    const struct json *next = calls(b_city, 200, "/token", by_refresh(first, ""));
    cr_expect_str_eq(details_of(next), "[" GRANTED_READ "]", "a payment is not made twice");
    asks("[" PAY "]");
    cr_expect_eq(browser_at(b), AT_CONSENT, "at %s", b->url);
    cr_expect(browser_says(b, "そのたびに確かめ"));
    asks("[" READ "]");
    cr_expect_eq(browser_at(b), AT_ELSEWHERE, "what lasts, lasts");
}

/* --- a part of them (3, 7) ---------------------------------------------------------------------------------------- */

/* What the service says it can do without. */
static void can_do_without(const char *type)
{
    service_update(b_city, "\"authorization_details_types\":[",
                   arena_printf(&b_city->channel.a,
                                "\"authorization_details_optional\":[\"%s\"],\"authorization_details_types\":[", type));
}

static const struct json *tokens_here(void)
{
    const char *code = service_receive(b_city, &hanako->browser, NULL);

    cr_assert_not_null(code, "at %s", hanako->browser.url);
    return calls(b_city, 200, "/token", by_code(code, ""));
}

/* What she left out by code, by refreshing, in introspection and in the query of the grant. */
static void expect_left_out(const struct json *answer)
{
    cr_expect_null(details_of(answer), "7");
    cr_expect_null(details_of(asks_about(a_city, answer)), "9.2");
    cr_expect_str_eq(claim(b_city, calls(b_city, 400, "/token", by_refresh(answer, param("[" READ "]"))), "error"),
                     "invalid_authorization_details");
    answer = calls(b_city, 200, "/token", by_refresh(answer, ""));
    cr_expect_null(details_of(answer));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM consent WHERE details IS NOT NULL"), 0);
}

Test(details, that_are_required_cannot_be_left_out)
{
    struct browser *b = &hanako->browser;

    asks("[" READ "]");
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_expect_null(browser_field(b, "/consent", "allow-0"), "there is nothing to tick");
    cr_assert(PRESS(b, "/consent", "do=allow", "allow-0=no"));
    cr_expect_str_eq(details_of(tokens_here()), "[" GRANTED_READ "]");
}

Test(details, that_she_leaves_out_are_nowhere_and_not_asked_again_the_same_way)
{
    struct browser *b = &hanako->browser;

    can_do_without(BOOKING);
    asks("[" READ "]");
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_expect_eq(browser_count(b, "//*[@name='allow-0' and not(@checked)]"), 1, "off until she ticks it");
    cr_assert(PRESS(b, "/consent", "do=allow"));
    expect_left_out(tokens_here());
    asks("[" READ "]");
    cr_expect_eq(browser_at(b), AT_ELSEWHERE, "she has decided: %s", b->url);
    cr_expect_null(details_of(tokens_here()));
    asks_with(arena_printf(&b->a, "prompt=consent&%s", param("[" READ "]")));
    cr_assert_eq(browser_at(b), AT_CONSENT, "unless the service says so");
    cr_assert(PRESS(b, "/consent", "do=allow", "allow-0=yes"));
    cr_expect_str_eq(details_of(tokens_here()), "[" GRANTED_READ "]");
    asks("[" READ "]");
    cr_expect_eq(browser_at(b), AT_ELSEWHERE);
    cr_expect_str_eq(details_of(tokens_here()), "[" GRANTED_READ "]");
}

Test(details, of_a_part_are_granted_told_and_written_down_and_no_others)
{
    struct browser *b = &hanako->browser;

    can_do_without(BOOKING);
    asks("[" READ "," PAY "]");
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(PRESS(b, "/consent", "do=allow"));
    const struct json *answer = tokens_here();
    const char *paid = "[{\"amount\":{\"currency\":\"JPY\",\"yen\":3000},\"type\":\"" PAYMENT "\"}]";
    cr_expect_str_eq(details_of(answer), paid, "7");
    cr_expect_str_eq(details_of(asks_about(a_city, answer)), paid, "9.2");
    cr_assert(browser_get(b, "/me/services"));
    cr_expect(browser_says(b, "支払い") && !browser_says(b, "施設の予約"), "her list");
    cr_assert(browser_get(b, "/me/history"));
    cr_expect(browser_says(b, "施設の予約"), "what she was asked for and left out");
    cr_assert(browser_get(b, "/me/services/b-city/receipt.json"));
    cr_expect(memmem(b->body.p, b->body.n, GRANTED_READ ",\"decision\":\"refused\"",
                     sizeof(GRANTED_READ ",\"decision\":\"refused\"") - 1),
              "%.*s", (int)b->body.n, (const char *)b->body.p);
    cr_assert(browser_get(b, "/me/services/b-city"));
    cr_expect_eq(browser_count(b, "//*[@aria-labelledby='details']//*[text()='許さない']"), 1);
    cr_expect_eq(browser_count(b, "//*[@aria-labelledby='details']//*[text()='許す']"), 1);
    cr_expect(strstr(provider_ledger_list(genkan, "b-city"), "refused"));
    cr_expect(provider_ledger_is_whole(genkan));
    asks("[" RESERVE "]");
    cr_expect_eq(browser_at(b), AT_CONSENT, "more than she left out is another thing");
}

Test(details, that_a_device_asked_for_and_she_left_out_do_not_come_with_a_later_consent)
{
    struct browser *b = &hanako->browser;

    can_do_without(BOOKING);
    const struct json *answer = calls(b_city, 200, "/device_authorization",
                                      arena_printf(&b_city->channel.a, "scope=openid+name&%s", param("[" READ "]")));
    const char *form =
        arena_printf(&b_city->channel.a, "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=%s",
                     claim(b_city, answer, "device_code"));
    cr_assert(browser_get(b, claim(b_city, answer, "verification_uri_complete")));
    cr_assert(PRESS(b, "/device", "do=continue"));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(PRESS(b, "/consent", "do=allow"));
    asks_with(arena_printf(&b->a, "prompt=consent&%s", param("[" READ "]")));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(PRESS(b, "/consent", "do=allow", "allow-0=yes"));
    answer = calls(b_city, 200, "/token", form);
    cr_expect_null(details_of(answer), "6: of this login");
    cr_expect_null(details_of(calls(b_city, 200, "/token", by_refresh(answer, ""))));
}

Test(details, that_are_optional_are_allowed_by_no_child)
{
    struct resident child;

    can_do_without(BOOKING);
    b_city->scope = "openid municipality";
    resident_open(&child, genkan, "residents/minor");
    cr_assert(browser_get(&child.browser, service_begin(b_city, param("[" READ "]"))));
    cr_assert(resident_goes_to(&child, AT_CONSENT), "at %s", child.browser.url);
    cr_expect_null(browser_field(&child.browser, "/consent", "allow-0"));
    cr_assert(PRESS(&child.browser, "/consent", "do=allow", "allow-0=yes", "duration=year"));
    const char *code = service_receive(b_city, &child.browser, NULL);
    cr_assert_not_null(code, "a login alone is hers to decide: %s", child.browser.url);
    cr_expect_null(details_of(calls(b_city, 200, "/token", by_code(code, ""))));
    resident_close(&child);
}

Test(details, are_taken_back_one_by_one_and_allowed_again)
{
    static const char THERE[] = "/me/services/b-city";
    struct browser *b = &hanako->browser;

    can_do_without(BOOKING);
    asks("[" READ "," CANCEL "]");
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(PRESS(b, "/consent", "do=allow", "allow-0=yes", "allow-1=yes"));
    const struct json *answer = tokens_here();
    cr_expect_eq(json_count(json_member(answer, "authorization_details")), 2);
    cr_assert(browser_get(b, THERE));
    cr_expect_eq(browser_count(b, "//*[@type='checkbox' and starts-with(@name,'allow-') and @checked]"), 2);
    cr_assert(PRESS(b, THERE, "do=change", "allow-1"));
    cr_expect(browser_says(b, "取り消す"), "what will not be allowed any more is said");
    cr_assert(PRESS(b, THERE, "do=change"));
    cr_expect_str_eq(details_of(asks_about(a_city, answer)), "[" GRANTED_READ "]",
                     "at once, also by a token of before");
    answer = calls(b_city, 200, "/token", by_refresh(answer, ""));
    cr_expect_str_eq(details_of(answer), "[" GRANTED_READ "]");
    cr_expect(strstr(provider_ledger_list(genkan, "b-city"), "withdrawn"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM notice WHERE event LIKE "
                                         "'%/events/consent/changed%\"withdrawn_details\":[\"" BOOKING "\"]%'"),
                 1, "the service is told");
    cr_assert(browser_get(b, THERE));
    cr_assert(PRESS(b, THERE, "do=change", "allow-1=yes"));
    cr_assert(PRESS(b, THERE, "do=change"));
    answer = calls(b_city, 200, "/token", by_refresh(answer, ""));
    cr_expect_eq(json_count(json_member(answer, "authorization_details")), 2, "and given again");
    cr_expect(provider_ledger_is_whole(genkan));
}

/* --- with an action (Grant Management, draft 03, 5.2) ------------------------------------------------------------- */

static void asks_to(const char *action, const struct json *answer, const char *details)
{
    asks_with(arena_printf(&b_city->channel.a, "grant_management_action=%s&grant_id=%s&%s", action,
                           claim(b_city, answer, "grant_id"), param(details)));
    cr_assert_eq(browser_at(&hanako->browser), AT_CONSENT, "at %s", hanako->browser.url);
}

Test(details, that_are_merged_are_added_and_take_nothing_away)
{
    struct browser *b = &hanako->browser;

    can_do_without(BOOKING);
    asks("[" READ "]");
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_assert(PRESS(b, "/consent", "do=allow", "allow-0=yes"));
    const struct json *before = tokens_here();
    asks_to("merge", before, "[" CANCEL "]");
    cr_expect(strstr(browser_text(b, "consent"), "予約を見る"), "what stays is said");
    cr_assert(PRESS(b, "/consent", "do=allow"));
    const struct json *answer = tokens_here();
    cr_expect_null(details_of(answer), "she left it out");
    asks("[" READ "]");
    cr_expect_eq(browser_at(b), AT_ELSEWHERE, "and what she gave before is there: %s", b->url);
    cr_expect_str_eq(details_of(tokens_here()), "[" GRANTED_READ "]");
    asks_to("merge", before, "[" CANCEL "]");
    cr_assert(PRESS(b, "/consent", "do=allow", "allow-0=yes"));
    cr_expect_str_eq(details_of(tokens_here()), "[" GRANTED_CANCEL "]");
    asks("[" READ "," CANCEL "]");
    cr_expect_eq(browser_at(b), AT_ELSEWHERE);
    cr_expect_str_eq(details_of(tokens_here()), "[" GRANTED_READ "," GRANTED_CANCEL "]");
}

Test(details, that_are_replaced_are_what_is_asked_now_and_nothing_else)
{
    struct browser *b = &hanako->browser;
    const struct json *before = calls(b_city, 200, "/token", by_code(code_of("[" READ "," CANCEL "]"), ""));

    asks_to("replace", before, "[" CANCEL "]");
    cr_expect(browser_has_id(b, "taken") && strstr(browser_text(b, "consent"), "予約を見る"), "what goes is said");
    cr_expect_str_eq(details_of(asks_about(a_city, before)), "[" GRANTED_READ "," GRANTED_CANCEL "]", "not yet");
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    cr_expect_str_eq(details_of(tokens_here()), "[" GRANTED_CANCEL "]");
    cr_expect_not(json_member_bool(asks_about(a_city, before), "active", false), "10");
    cr_expect_str_eq(claim(b_city, calls(b_city, 400, "/token", by_refresh(before, "")), "error"), "invalid_grant");
    asks("[" READ "]");
    cr_expect_eq(browser_at(b), AT_CONSENT, "it is another thing again");
    cr_expect(provider_ledger_is_whole(genkan));
}

/* --- tokens (6, 7, 9) --------------------------------------------------------------------------------------------- */

Test(details, are_told_to_the_service_and_to_the_resource_server)
{
    const struct json *answer = calls(b_city, 200, "/token", by_code(code_of("[" RESERVE "]"), ""));

    cr_expect_str_eq(details_of(answer), "[" GRANTED "]", "7, completed as 7.1 has it");
    const struct json *told = asks_about(a_city, answer);
    cr_expect(json_member_bool(told, "active", false));
    cr_expect_str_eq(claim(a_city, told, "aud"), API, "a token with details is for their server");
    cr_expect_str_eq(details_of(told), "[" GRANTED "]", "9.2");
    cr_expect_str_eq(details_of(asks_about(b_city, answer)), "[" GRANTED "]");
    const struct json *home = calls(b_city, 200, "/token", by_refresh(answer, "resource=" PROVIDER_ISSUER));
    cr_expect_null(details_of(home), "UserInfo has none");
    cr_expect_not_null(service_userinfo(b_city, claim(b_city, home, "access_token"), NULL));
}

Test(details, may_be_narrowed_at_the_code_and_at_a_refresh_and_never_widened)
{
    const char *code = code_of("[" RESERVE "]");

    cr_expect_str_eq(claim(b_city,
                           calls(b_city, 400, "/token",
                                 by_code(code, param("[{\"type\":\"" BOOKING "\",\"actions\":[\"cancel\"]}]"))),
                           "error"),
                     "invalid_authorization_details");
    const struct json *answer = calls(b_city, 200, "/token", by_code(code, param("[" READ "]")));
    cr_expect_str_eq(details_of(answer), "[" GRANTED_READ "]", "the code was not used up");
    cr_expect_str_eq(details_of(asks_about(a_city, answer)), "[" GRANTED_READ "]");
    static const char *const wider[] = {"[{\"type\":\"" BOOKING "\",\"actions\":[\"read\",\"cancel\"]}]",
                                        "[{\"type\":\"" BOOKING "\",\"locations\":[\"" API "/gyms\"]}]",
                                        "[{\"type\":\"" BOOKING "\",\"facility\":\"A\"}]",
                                        "[" READ "," PAY "]",
                                        "[{\"type\":\"https://a-city.example/types/other\"}]",
                                        "[]"};
    for (size_t i = 0; i < sizeof wider / sizeof *wider; i++)
        cr_expect_str_eq(claim(b_city, calls(b_city, 400, "/token", by_refresh(answer, param(wider[i]))), "error"),
                         "invalid_authorization_details", "%s", wider[i]);
    const struct json *next = calls(b_city, 200, "/token", by_refresh(answer, ""));
    cr_expect_str_eq(details_of(next), "[" GRANTED "]", "6.1: what was granted is unchanged by it");
    next = calls(b_city, 200, "/token", by_refresh(next, param("[{\"type\":\"" BOOKING "\"}]")));
    cr_expect_str_eq(details_of(next), "[" GRANTED "]", "6.1: all that was granted of a type");
}

Test(details, of_a_type_whose_words_have_changed_are_not_carried_until_she_has_read_them)
{
    const struct json *answer = calls(b_city, 200, "/token", by_code(code_of("[" READ "]"), ""));

    service_update(a_city, "あなたの名前で施設を予約したり", "あなたに代わって施設を予約したり");
    const struct json *next = calls(b_city, 200, "/token", by_refresh(answer, ""));
    cr_expect_null(details_of(next));
    asks("[" READ "]");
    cr_expect_eq(browser_at(&hanako->browser), AT_CONSENT);
    cr_expect(browser_says(&hanako->browser, "あなたに代わって"));
}

Test(details, stand_in_a_token_that_the_server_reads_by_itself)
{
    service_update(b_city, "\"sector\":\"b-city\"", "\"sector\":\"a-city\"");
    const struct json *answer = calls(b_city, 200, "/token", by_code(code_of("[" RESERVE "]"), param("[" READ "]")));
    const struct json *claims = service_verified(b_city, claim(b_city, answer, "access_token"), "at+jwt");

    cr_expect_str_eq(details_of(claims), "[" GRANTED_READ "]", "9.1");
    cr_expect_str_eq(details_of(asks_about(a_city, answer)), "[" GRANTED_READ "]");
}

Test(details, come_signed_and_pushed)
{
    service_take_key(b_city, JWS_ES256, NULL);
    const char *request = service_request(b_city, NULL);
    const char *claims = arena_printf(
        &b_city->channel.a,
        "{\"client_id\":\"b-city\",\"iss\":\"b-city\",\"aud\":\"" PROVIDER_ISSUER "\",\"exp\":%lld,"
        "\"response_type\":\"code\",\"redirect_uri\":\"http://b-city.localhost:8082/cb\",\"scope\":\"openid name\","
        "\"state\":\"%s\",\"nonce\":\"%s\",\"code_challenge\":\"%s\",\"code_challenge_method\":\"S256\","
        "\"authorization_details\":[" READ "]}",
        (long long)provider_now(genkan) + 60, b_city->state, b_city->nonce,
        browser_param(&hanako->browser, arena_printf(&b_city->channel.a, "http://x/?%s", request), "code_challenge"));
    const char *object = service_sign(b_city, "oauth-authz-req+jwt", claims);
    const char *uri = service_push(b_city, arena_printf(&b_city->channel.a, "request=%s", object), NULL);
    cr_assert(browser_get(&hanako->browser, service_at(b_city, uri)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    const struct json *answer =
        calls(b_city, 200, "/token", by_code(service_receive(b_city, &hanako->browser, NULL), ""));
    cr_expect_str_eq(details_of(answer), "[" GRANTED_READ "]");
}

Test(details, of_a_device_are_allowed_in_her_browser)
{
    struct browser *b = &hanako->browser;
    const struct json *answer = calls(b_city, 200, "/device_authorization",
                                      arena_printf(&b_city->channel.a, "scope=openid+name&%s", param("[" RESERVE "]")));
    const char *form =
        arena_printf(&b_city->channel.a, "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=%s",
                     claim(b_city, answer, "device_code"));

    cr_assert(browser_get(b, claim(b_city, answer, "verification_uri_complete")));
    cr_assert(PRESS(b, "/device", "do=continue"));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_expect(browser_says(b, "施設の予約"));
    while (resident_goes_on(hanako))
        ;
    cr_expect_str_eq(
        claim(b_city, calls(b_city, 400, "/token", arena_printf(&b_city->channel.a, "%s&%s", form, param("[" PAY "]"))),
              "error"),
        "invalid_authorization_details");
    const struct json *tokens = calls(b_city, 200, "/token", form);
    cr_expect_str_eq(details_of(tokens), "[" GRANTED "]");
    cr_expect_str_eq(details_of(calls(b_city, 200, "/token", by_refresh(tokens, ""))), "[" GRANTED "]");
}

Test(details, of_a_service_by_itself_are_those_its_type_lets_it_have)
{
    const struct json *answer;

    cr_expect_eq(service_call(b_city, "/token",
                              arena_printf(&b_city->channel.a, "grant_type=client_credentials&%s", param("[" PAY "]")),
                              NULL, &answer),
                 400);
    cr_expect_str_eq(claim(b_city, answer, "error"), "invalid_authorization_details");
    answer = calls(b_city, 200, "/token",
                   arena_printf(&b_city->channel.a, "grant_type=client_credentials&%s", param("[" READ "]")));
    cr_expect_str_eq(details_of(answer), "[" GRANTED_READ "]");
    const struct json *claims = service_verified(b_city, claim(b_city, answer, "access_token"), "at+jwt");
    cr_expect_str_eq(details_of(claims), "[" GRANTED_READ "]");
}

Test(details, are_not_exchanged)
{
    const struct json *answer = calls(b_city, 200, "/token", by_code(code_of("[" READ "]"), ""));
    const char *form = arena_printf(&b_city->channel.a,
                                    "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=%s"
                                    "&subject_token_type=urn:ietf:params:oauth:token-type:access_token"
                                    "&resource=https%%3A%%2F%%2Fa-city.example%%2Fapi&%s",
                                    claim(b_city, answer, "access_token"), param("[" READ "]"));

    cr_expect_str_eq(claim(b_city, calls(b_city, 400, "/token", form), "error"), "invalid_authorization_details");
}

/* --- afterwards --------------------------------------------------------------------------------------------------- */

Test(details, are_in_her_list_her_receipt_and_the_ledger_and_end_with_her_consent)
{
    struct browser *b = &hanako->browser;
    const struct json *answer = calls(b_city, 200, "/token", by_code(code_of("[" RESERVE "]"), ""));

    cr_assert(browser_get(b, "/me/services/b-city"));
    cr_assert_eq(b->status, 200, "%d %s %s", b->status, b->url, browser_heading(b));
    cr_expect(browser_says(b, "施設の予約") && browser_says(b, "予約を見る、予約する") && browser_says(b, "会議室"));
    cr_assert(browser_get(b, "/me/services/b-city/receipt"));
    cr_expect(browser_says(b, "施設の予約"));
    cr_expect(browser_says(b, "details_sha256"), "the leaf");
    cr_assert(browser_get(b, "/me/services/b-city/receipt.json"));
    cr_expect(memmem(b->body.p, b->body.n, GRANTED, sizeof GRANTED - 1), "%.*s", (int)b->body.n,
              (const char *)b->body.p);
    cr_assert(browser_get(b, "/me/services/b-city"));
    cr_assert(PRESS(b, "/me/services/b-city", "do=withdraw"));
    cr_assert(PRESS(b, "/me/services/b-city", "do=withdraw"));
    cr_expect_not(json_member_bool(asks_about(a_city, answer), "active", false));
    cr_expect_str_eq(claim(b_city, calls(b_city, 400, "/token", by_refresh(answer, "")), "error"), "invalid_grant");
    asks("[" READ "]");
    cr_expect_eq(browser_at(b), AT_CONSENT);
}

Test(details, types_are_in_the_metadata)
{
    struct browser *b = &hanako->browser;

    cr_assert(browser_get(b, "/.well-known/openid-configuration"));
    cr_expect(memmem(b->body.p, b->body.n,
                     "\"authorization_details_types_supported\":[\"" BOOKING "\",\"" PAYMENT "\"]}",
                     sizeof("\"authorization_details_types_supported\":[\"" BOOKING "\",\"" PAYMENT "\"]}") - 1),
              "10: %.*s", (int)b->body.n, (const char *)b->body.p);
}

/* docs/for-services.md, "Ask for what may be done": the files of docs/examples, as they stand there. */
Test(details, of_the_guide_work_as_the_guide_says)
{
    struct service api = {.id = "a-city-api", .secret = "the secret of the API, 0123456789"};
    struct arena *a = &b_city->channel.a;
    struct view registration, wanted;

    cr_assert_eq(file_read(a, SOURCE_DIR "/docs/examples/booking-api.json", 1 << 20, &registration), ERR_OK);
    cr_assert_eq(file_read(a, SOURCE_DIR "/docs/examples/booking-details.json", 1 << 20, &wanted), ERR_OK);
    service_open(&api, genkan, arena_text(a, registration));
    service_update(b_city, "\"resources\":[\"" API "\"],\"authorization_details_types\":[",
                   "\"resources\":[\"https://api.a-city.example/booking\"],\"authorization_details_types\":["
                   "\"https://api.a-city.example/types/booking\",\"https://api.a-city.example/types/fee\",");
    asks(arena_text(a, wanted));
    cr_assert(resident_goes_to(hanako, AT_CONSENT));
    cr_expect(browser_says(&hanako->browser, "予約を見る、予約する"));
    cr_expect(browser_says(&hanako->browser, "通貨：円、額：3000"));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    const struct json *answer =
        calls(b_city, 200, "/token", by_code(service_receive(b_city, &hanako->browser, NULL), ""));
    cr_expect_str_eq(
        details_of(answer),
        "[{\"actions\":[\"read\",\"reserve\"],\"locations\":[\"https://api.a-city.example/booking/rooms\"],"
        "\"type\":\"https://api.a-city.example/types/booking\"},"
        "{\"amount\":{\"currency\":\"JPY\",\"value\":3000},\"identifier\":\"B-2027-118\","
        "\"type\":\"https://api.a-city.example/types/fee\"}]");
    cr_expect_str_eq(details_of(asks_about(&api, answer)), details_of(answer));
    answer = calls(b_city, 200, "/token",
                   by_refresh(answer, param("[{\"type\":\"https://api.a-city.example/types/booking\","
                                            "\"actions\":[\"read\"]}]")));
    cr_expect_str_eq(details_of(answer),
                     "[{\"actions\":[\"read\"],\"locations\":[\"https://api.a-city.example/booking/rooms\"],"
                     "\"type\":\"https://api.a-city.example/types/booking\"}]");
    service_close(&api);
}
