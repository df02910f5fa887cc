/* Her signature password: what the sign certificate says is verified, and says so at the service. */
#include <criterion/criterion.h>

#include "base/json.h"
#include "tests/lib/stage.h"
#include "webui/page_def.h"

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

TestSuite(register_flow, .init = open_stage, .fini = close_stage);

#define MOVED_TO "大阪府堺市堺区南瓦町３番１号"

/* --- ways ----------------------------------------------------------------------------------------------------- */

static void go_to_offer(void)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    cr_assert(resident_goes_to(hanako, AT_PROFILE), "%s", browser->url);
}

/* On the offer: with the password or by reading. */
static void use_card(const char *how, const struct card_trick *trick)
{
    cr_assert(PRESS(browser, "/profile", how));
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, trick));
}

static const struct json *agree(struct service *s)
{
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s: %s", at_name(browser_at(browser)), browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return service_userinfo(s, t.access, NULL);
}

/* "card-signed" and so on; NULL: nothing is said about FIELD. */
static const char *source(struct service *s, const struct json *claims, const char *field)
{
    return claim(s, json_member(json_member(claims, "sources"), field), "source");
}

static int64_t values(void)
{
    return provider_number(genkan, "SELECT count(*) FROM profile WHERE field <> ''");
}

static void update_from_home(void)
{
    cr_assert(browser_get(browser, "/"));
    cr_assert(PRESS(browser, "/me/card", "do=update"));
    IS_AT(browser, AT_PROFILE);
}

/* --- what is right -------------------------------------------------------------------------------------------- */

Test(register_flow, verified_values_reach_the_service_and_say_that_they_are)
{
    go_to_offer();
    use_card("do=register", NULL);
    cr_expect_eq(values(), 4);
    IS_AT(browser, AT_CONSENT);
    cr_expect(browser_says(browser, "署名用電子証明書"));
    const struct json *claims = agree(a_city);
    cr_expect_str_eq(source(a_city, claims, "name"), "card-signed");
    cr_expect_str_eq(source(a_city, claims, "address"), "card-signed");
    cr_expect_not_null(claim(a_city, json_member(json_member(claims, "sources"), "name"), "as_of"));
    cr_expect_null(source(a_city, claims, "birthdate"), "nothing is said of what is not given");
    cr_expect_null(source(a_city, claims, "gender"));
}

Test(register_flow, values_that_were_read_say_so)
{
    go_to_offer();
    use_card("do=read", NULL);
    const struct json *claims = agree(a_city);
    cr_expect_str_eq(source(a_city, claims, "name"), "card-read");
}

Test(register_flow, substitute_characters_are_marked_for_her_and_for_the_service)
{
    resident_close(hanako);
    resident_open(hanako, genkan, "residents/substitute");
    go_to_offer();
    use_card("do=register", NULL);
    IS_AT(browser, AT_CONSENT);
    cr_expect(browser_says(browser, "（2文字目）"), "the second character of the name");
    const struct json *claims = agree(a_city);
    const struct json *marks = json_member(json_member(json_member(claims, "sources"), "name"), "substitutes");
    int64_t first = -1;
    cr_assert_eq(json_count(marks), 1);
    cr_expect(json_int(json_at(marks, 0), &first) && first == 1);
}

Test(register_flow, nothing_is_marked_where_nothing_was_substituted)
{
    go_to_offer();
    use_card("do=register", NULL);
    cr_expect_not(browser_says(browser, "文字目"));
    const struct json *claims = agree(a_city);
    cr_expect_null(json_member(json_member(json_member(claims, "sources"), "name"), "substitutes"));
}

/* --- what is refused ------------------------------------------------------------------------------------------ */

static bool shows(enum page_problem problem)
{
    struct arena a;
    struct words *words;
    struct view title;
    const char *why;
    arena_open(&a, 1 << 20);
    cr_assert_eq(page_words(&words, &a, PAGE_JA, &why), ERR_OK);
    const char *key = arena_printf(&a, "problem.%s.title", page_problem_name(problem));
    cr_assert(words_find(words, view_text(key), &title));
    bool shown = browser_says(browser, arena_printf(&a, "<h1>%.*s</h1>", (int)title.n, title.p));
    arena_close(&a);
    return shown;
}

static void refused(const struct card_trick *trick, enum page_problem problem)
{
    go_to_offer();
    use_card("do=register", trick);
    IS_AT(browser, AT_CARD_PROBLEM);
    cr_expect(shows(problem), "%s: %s", page_problem_name(problem), browser_heading(browser));
    cr_expect_eq(values(), 0, "%s", page_problem_name(problem));
}

Test(register_flow, both_signatures_must_be_there_and_fit)
{
    refused(&(struct card_trick){.no_sign = true}, PAGE_PROBLEM_RESPONSE_INVALID);
    refused(&(struct card_trick){.flip_signature = true}, PAGE_PROBLEM_PROOF_INVALID);
    refused(&(struct card_trick){.flip_sign = true}, PAGE_PROBLEM_PROOF_INVALID);
    refused(&(struct card_trick){.other_nonce = true}, PAGE_PROBLEM_PROOF_INVALID);
    refused(&(struct card_trick){.twice = true}, PAGE_PROBLEM_SIGN_WRONG_CERT);
}

Test(register_flow, what_was_not_asked_for_is_not_taken)
{
    refused(&(struct card_trick){.unasked_text = true}, PAGE_PROBLEM_RESPONSE_INVALID);
    cr_assert(PRESS(browser, "/profile", "do=read"));
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, &(struct card_trick){.unasked_sign = true}));
    cr_expect(shows(PAGE_PROBLEM_RESPONSE_INVALID));
    cr_expect_eq(values(), 0);
}

/* Her own authentication certificate, and the sign certificate of another folder. */
static void with_sign_of(const char *persona, enum page_problem problem)
{
    struct software_card other, hers = hanako->card;
    card_open(&other, provider_persona(genkan, persona));
    go_to_offer();
    cr_assert(PRESS(browser, "/profile", "do=register"));
    hanako->card.sign_cert = other.sign_cert;
    hanako->card.sign_key = other.sign_key;
    cr_assert(resident_uses_card(hanako, NULL));
    hanako->card = hers;
    cr_expect(shows(problem), "%s: %s", persona, browser_heading(browser));
    cr_expect_eq(values(), 0, "%s", persona);
    card_close(&other);
}

Test(register_flow, each_bad_sign_certificate_has_its_page)
{
    with_sign_of("bad/revoked", PAGE_PROBLEM_SIGN_CERT_REVOKED);
    with_sign_of("bad/expired", PAGE_PROBLEM_SIGN_CERT_EXPIRED);
    with_sign_of("bad/not-yet", PAGE_PROBLEM_CERT_NOT_YET);
    with_sign_of("bad/wrong-policy", PAGE_PROBLEM_SIGN_WRONG_CERT);
    with_sign_of("bad/other-hierarchy", PAGE_PROBLEM_SIGN_WRONG_CERT);
    with_sign_of("bad/own-root", PAGE_PROBLEM_SIGN_WRONG_CERT);
    with_sign_of("bad/bad-names", PAGE_PROBLEM_TEXT_UNREADABLE);
}

Test(register_flow, somebody_elses_card_is_not_registered_as_hers)
{
    struct software_card his, hers = hanako->card;
    card_open(&his, provider_persona(genkan, "residents/taro"));
    go_to_offer();
    cr_assert(PRESS(browser, "/profile", "do=register"));
    hanako->card = his;
    cr_assert(resident_uses_card(hanako, NULL));
    hanako->card = hers;
    cr_expect(shows(PAGE_PROBLEM_OTHER_RESIDENT));
    cr_expect_eq(values(), 0);
    card_close(&his);
}

Test(register_flow, errors_about_the_password_have_their_own_pages_and_ways_on)
{
    refused(&(struct card_trick){.error = "pin_blocked", .of = "sign"}, PAGE_PROBLEM_SIGN_PIN_BLOCKED);
    refused(&(struct card_trick){.error = "pin_last_try", .of = "sign"}, PAGE_PROBLEM_SIGN_PIN_LAST_TRY);
    refused(&(struct card_trick){.error = "cert_expired", .of = "sign"}, PAGE_PROBLEM_SIGN_CERT_EXPIRED);
    refused(&(struct card_trick){.error = "unsupported_card", .of = "sign"}, PAGE_PROBLEM_SIGN_NONE);
    refused(&(struct card_trick){.error = "pin_blocked"}, PAGE_PROBLEM_PIN_BLOCKED);
    refused(&(struct card_trick){.error = "pin_blocked", .of = "sign"}, PAGE_PROBLEM_SIGN_PIN_BLOCKED);
    cr_assert(PRESS(browser, "/login/card", NULL), "again");
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, &(struct card_trick){.error = "pin_blocked", .of = "sign"}));
    cr_assert(PRESS(browser, "/profile", "do=read"), "or without the password");
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, NULL));
    cr_expect_eq(values(), 4);
}

Test(register_flow, a_phone_has_no_text_to_read_but_can_register)
{
    go_to_offer();
    cr_assert(PRESS(browser, "/profile", "do=read"));
    cr_assert(resident_uses_card(hanako, &(struct card_trick){.error = "unsupported_card", .of = "text"}));
    cr_assert(shows(PAGE_PROBLEM_TEXT_NONE), "%s", browser_heading(browser));
    cr_assert(PRESS(browser, "/profile", "do=register"), "with the password instead");
    IS_AT(browser, AT_CARD_START);
    cr_assert(resident_uses_card(hanako, NULL));
    cr_expect_eq(values(), 4);
}

/* --- read after verified -------------------------------------------------------------------------------------- */

static const struct json *register_at_a_city(void)
{
    go_to_offer();
    use_card("do=register", NULL);
    return agree(a_city);
}

static const struct json *at_a_city_again(void)
{
    cr_assert(browser_get(browser, service_begin(a_city, NULL)));
    return agree(a_city);
}

static const char *formatted(const struct json *claims)
{
    return claim(a_city, json_member(claims, "address"), "formatted");
}

Test(register_flow, a_reading_that_says_the_same_leaves_the_better_proof)
{
    register_at_a_city();
    update_from_home();
    use_card("do=read", NULL);
    IS_AT(browser, AT_HOME);
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=none")));
    cr_expect_eq(browser_at(browser), AT_ELSEWHERE);
    const char *error;
    service_receive(a_city, browser, &error);
    cr_expect_null(error, "nothing has changed: %s", error);
}

Test(register_flow, a_reading_never_replaces_a_verified_value_before_she_has_seen_both)
{
    const struct json *before = register_at_a_city();
    const char *address = formatted(before);
    update_from_home();
    hanako->card.address = MOVED_TO;
    use_card("do=read", NULL);
    cr_assert(browser_has_form(browser, "/profile"), "%s", browser->url);
    cr_expect(browser_says(browser, MOVED_TO) && browser_says(browser, address));
    const struct json *now = at_a_city_again();
    cr_expect_str_eq(formatted(now), address, "she has not answered");
    cr_expect_str_eq(source(a_city, now, "address"), "card-signed");
}

Test(register_flow, she_keeps_what_was_verified)
{
    const char *address = formatted(register_at_a_city());
    update_from_home();
    hanako->card.address = MOVED_TO;
    use_card("do=read", NULL);
    cr_assert(PRESS(browser, "/profile", "do=keep"));
    IS_AT(browser, AT_HOME);
    cr_expect_str_eq(formatted(at_a_city_again()), address);
}

Test(register_flow, she_takes_what_the_card_says_and_is_asked_before_it_goes_out)
{
    register_at_a_city();
    update_from_home();
    hanako->card.address = MOVED_TO;
    use_card("do=read", NULL);
    cr_assert(PRESS(browser, "/profile", "do=replace"));
    IS_AT(browser, AT_HOME);
    const char *error;
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=none")));
    service_receive(a_city, browser, &error);
    cr_assert_not_null(error);
    cr_expect_str_eq(error, "consent_required");
    const struct json *now = at_a_city_again();
    cr_expect_str_eq(formatted(now), MOVED_TO);
    cr_expect_str_eq(source(a_city, now, "address"), "card-read");
    cr_expect_str_eq(source(a_city, now, "name"), "card-signed");
}

Test(register_flow, a_word_on_nothing_changes_nothing)
{
    register_at_a_city();
    update_from_home();
    cr_assert(PRESS(browser, "/profile", "do=replace"));
    IS_AT(browser, AT_PROFILE);
    cr_assert(PRESS(browser, "/profile", "do=everything"));
    cr_expect_eq(browser->status, 400);
}

Test(register_flow, verified_instead_of_read_is_another_proof_she_agrees_to)
{
    go_to_offer();
    use_card("do=read", NULL);
    agree(a_city);
    update_from_home();
    use_card("do=register", NULL);
    IS_AT(browser, AT_HOME);
    const char *error;
    cr_assert(browser_get(browser, service_begin(a_city, "prompt=none")));
    service_receive(a_city, browser, &error);
    cr_assert_not_null(error);
    cr_expect_str_eq(error, "consent_required");
    cr_expect_str_eq(source(a_city, at_a_city_again(), "name"), "card-signed");
}

/* --- at home, for no service ---------------------------------------------------------------------------------- */

Test(register_flow, logs_in_at_the_first_page)
{
    cr_assert(browser_get(browser, "/"));
    cr_assert(PRESS(browser, "/me/card", "do=login"));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_HOME), "%s", browser->url);
    cr_expect(browser_has_id(browser, "session"));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM session_service"), 0);
}

Test(register_flow, an_update_asks_for_the_card_first_when_nobody_is_logged_in)
{
    cr_assert(browser_get(browser, "/"));
    cr_assert(PRESS(browser, "/me/card", "do=update"));
    IS_AT(browser, AT_LOGIN);
    cr_assert(resident_goes_to(hanako, AT_PROFILE), "%s", browser->url);
    cr_assert(PRESS(browser, "/profile", "do=skip"));
    IS_AT(browser, AT_HOME);
}

Test(register_flow, cancelling_an_update_leads_home)
{
    go_to_offer();
    update_from_home();
    cr_assert(PRESS(browser, "/cancel", NULL));
    IS_AT(browser, AT_HOME);
    cr_expect(browser_has_id(browser, "session"), "she is still logged in");
}

Test(register_flow, nobody_else_can_begin_one_for_her)
{
    go_to_offer();
    int64_t before = provider_number(genkan, "SELECT count(*) FROM interaction");
    cr_assert(browser_post(browser, PROVIDER_ISSUER "/me/card", "do=update"));
    cr_expect_eq(browser->status, 403);
    cr_assert(browser_post_from_elsewhere(browser, PROVIDER_ISSUER "/me/card", "do=update"));
    cr_expect_eq(browser->status, 403);
    cr_assert(browser_get(browser, "/"));
    cr_assert(PRESS(browser, "/me/card", "do=delete"));
    cr_expect_eq(browser->status, 400);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM interaction"), before);
}

Test(register_flow, at_b_city_too)
{
    register_at_a_city();
    cr_assert(browser_get(browser, service_begin(b_city, NULL)));
    cr_expect_str_eq(source(b_city, agree(b_city), "name"), "card-signed");
}
