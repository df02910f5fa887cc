/* OpenID Connect for Identity Assurance 1.0: what a service is told as proven, and what of it stays. */
#include <criterion/criterion.h>

#include "http/url.h"
#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city;
static struct resident *hanako = &stage.hanako;
static struct browser *browser = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
    a_city->scope = b_city->scope = "openid";
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(assurance, .init = open_stage, .fini = close_stage);

static struct arena *a(void)
{
    return &browser->a;
}

/* The parameter with this in PLACE. */
static const char *asking(const char *place, const char *verified)
{
    const char *text;
    struct buf b;

    buf_open(&b, a(), 16384);
    buf_put_text(&b, "claims=");
    url_put_encoded(&b, view_text(arena_printf(a(), "{\"%s\":{\"verified_claims\":%s}}", place, verified)));
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

#define SIGNED_EVIDENCE                                                                                                \
    "\"evidence\":[{\"type\":{\"value\":\"electronic_signature\"},\"issuer\":null,\"serial_number\":null,"             \
    "\"created_at\":null,\"date_of_issuance\":null,\"date_of_expiry\":null}]"
#define VERIFIED(CLAIMS)                                                                                               \
    "{\"verification\":{\"trust_framework\":null,\"time\":null," SIGNED_EVIDENCE "},\"claims\":{" CLAIMS "}}"

/* To the offer of her four items, which she takes out of her card as HOW says. */
static void asks(struct service *s, const char *how, const char *request)
{
    cr_assert(browser_get(browser, service_begin(s, request)));
    if (!how)
        return;
    cr_assert(resident_goes_to(hanako, AT_PROFILE), "%s", browser->url);
    cr_assert(PRESS(browser, "/profile", how));
    cr_assert(resident_uses_card(hanako, NULL));
    IS_AT(browser, AT_CONSENT);
}

static struct tokens receives(struct service *s)
{
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE), "at %s", browser->url);
    struct tokens t = service_redeem(s, service_receive(s, browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

/* What UserInfo says is proven; NULL: nothing. */
static const struct json *told(struct service *s, const char *how, const char *verified)
{
    asks(s, how, asking("userinfo", verified));
    return json_member(service_userinfo(s, receives(s).access, NULL), "verified_claims");
}

static const struct json *in(const struct json *j, const char *first, const char *second)
{
    return json_member(json_member(j, first), second);
}

static int64_t leaves_that_say(const char *what)
{
    return provider_number(genkan, arena_printf(a(),
                                                "SELECT count(*) FROM ledger_event WHERE event LIKE "
                                                "'%%\"disclosed\"%%' AND instr(event, '%s') > 0",
                                                what));
}

/* --- nothing ------------------------------------------------------------------------------------------------------ */

Test(assurance, a_malformed_wish_is_told_the_service)
{
    const char *error;

    cr_assert(browser_get(browser, service_begin(a_city, asking("userinfo", "{\"claims\":{\"name\":null}}"))));
    service_receive(a_city, browser, &error);
    cr_assert_str_eq(error, "invalid_request");
}

Test(assurance, what_was_merely_read_off_the_card_is_not_proven)
{
    asks(a_city, "do=read", asking("userinfo", VERIFIED("\"name\":null")));
    cr_expect_not(browser_says(browser, "証明書の番号は伝えません"));
    const struct json *claims = service_userinfo(a_city, receives(a_city).access, NULL);
    cr_expect_null(json_member(claims, "verified_claims"));
    cr_expect_null(json_member(claims, "name"), "and nobody asked for it plainly");
    cr_expect_null(json_member(claims, "sources"));
    cr_expect_eq(leaves_that_say("disclosed"), 0, "nothing left, so nothing is written down");
}

Test(assurance, whoever_only_read_her_card_can_prove_it_on_the_spot)
{
    asks(a_city, "do=read", asking("userinfo", VERIFIED("\"name\":null")));
    cr_expect(browser_says(browser, "証明を求めています"));
    cr_assert(PRESS(browser, "/profile", "do=register"));
    cr_assert(resident_uses_card(hanako, NULL));
    IS_AT(browser, AT_CONSENT);
    cr_expect_not(browser_says(browser, "証明を求めています"));
    const struct json *claims = service_userinfo(a_city, receives(a_city).access, NULL);
    cr_expect_not_null(in(json_member(claims, "verified_claims"), "claims", "name"));
}

Test(assurance, another_trust_framework_or_evidence_gets_nothing)
{
    cr_expect_null(told(a_city, "do=register",
                        "{\"verification\":{\"trust_framework\":{\"value\":\"jp_aml\"}},"
                        "\"claims\":{\"name\":null}}"));
    cr_expect_null(told(a_city, NULL,
                        "{\"verification\":{\"trust_framework\":null,\"evidence\":[{\"type\":{\"value\":"
                        "\"document\"}}]},\"claims\":{\"name\":null}}"));
    cr_expect_null(told(a_city, NULL,
                        "{\"verification\":{\"trust_framework\":null,\"assurance_level\":{\"value\":"
                        "\"high\"}},\"claims\":{\"name\":null}}"));
    cr_expect_eq(leaves_that_say("disclosed"), 0);
}

Test(assurance, what_is_not_registered_or_not_allowed_is_not_told_as_proven_either)
{
    const struct json *v = told(a_city, "do=register",
                                VERIFIED("\"name\":null,\"birthdate\":{\"essential\":true},"
                                         "\"age_over_65\":null"));

    cr_expect_not_null(in(v, "claims", "name"));
    cr_expect_null(in(v, "claims", "birthdate"), "this service registered no birth date");
    cr_expect_null(in(v, "claims", "age_over_65"), "she did not tick it");
}

Test(assurance, what_is_proven_grows_old)
{
    static const char fresh[] = "{\"verification\":{\"trust_framework\":null,\"time\":{\"max_age\":86400}},"
                                "\"claims\":{\"name\":null}}";

    cr_expect_not_null(told(a_city, "do=register", fresh));
    provider_pass(genkan, 25 * 3600);
    cr_expect_null(told(a_city, NULL, fresh));
}

/* --- something ---------------------------------------------------------------------------------------------------- */

Test(assurance, the_sign_certificate_proves_her_name_and_keeps_its_number)
{
    asks(a_city, "do=register", asking("userinfo", VERIFIED("\"name\":null")));
    cr_expect(browser_says(browser, "証明書の番号は伝えません"), "she sees what goes with it");
    const struct json *claims = service_userinfo(a_city, receives(a_city).access, NULL);
    const struct json *v = json_member(claims, "verified_claims"), *verification = json_member(v, "verification");
    const struct json *evidence = json_at(json_member(verification, "evidence"), 0);

    cr_expect_null(json_member(claims, "name"), "asked as proven, not plainly");
    cr_expect_str_eq(claim(a_city, json_member(v, "claims"), "name"), "大阪　花子");
    cr_expect_str_eq(claim(a_city, in(claims, "sources", "name"), "source"), "card-signed");
    cr_expect_str_eq(claim(a_city, verification, "trust_framework"),
                     arena_printf(a(), "%s/trust-framework/jpki", genkan->config->issuer));
    cr_expect(view_ends(json_member_text(verification, "time"), VIEW(":00:00Z")), "to the hour");
    cr_expect(view_ends(json_member_text(evidence, "issuer"), VIEW(",C=JP")), "%s", claim(a_city, evidence, "issuer"));
    cr_expect_str_eq(claim(a_city, evidence, "serial_number"), "withheld");
    cr_expect_not_null(json_member(evidence, "date_of_issuance"));
    cr_expect_null(json_member(evidence, "date_of_expiry"), "it would tell her birthday");
}

Test(assurance, the_leaf_says_that_it_was_told_as_proven)
{
    cr_expect_not_null(told(a_city, "do=register", VERIFIED("\"name\":null")));
    cr_expect_eq(leaves_that_say("\"verified\":[\"name\"],\"via\":\"userinfo\""), 1);
    a_city->scope = "openid name";
    asks(a_city, NULL, NULL);
    service_userinfo(a_city, receives(a_city).access, NULL);
    cr_expect_eq(leaves_that_say("\"name\""), 2);
    cr_expect_eq(leaves_that_say("\"verified\""), 1, "a name without proof is no proven one");
    cr_expect(provider_ledger_is_whole(genkan));
}

Test(assurance, she_sees_what_is_kept_as_proof_and_to_whom_it_went)
{
    cr_expect_not_null(told(a_city, "do=register", VERIFIED("\"name\":null")));
    cr_assert(browser_get(browser, "/me"));
    cr_expect(browser_says(browser, "証明書を発行したところ"));
    cr_expect(browser_says(browser, "OU=JPKI for digital signature"));
    cr_assert(browser_get(browser, "/me/history"));
    cr_expect(browser_says(browser, "（証明付き）"));
}

Test(assurance, an_id_token_carries_it_where_it_was_asked_for)
{
    asks(b_city, "do=register", asking("id_token", VERIFIED("\"name\":null")));
    struct tokens t = receives(b_city);
    cr_expect_not_null(in(json_member(t.claims, "verified_claims"), "claims", "name"));
    cr_expect_null(json_member(service_userinfo(b_city, t.access, NULL), "verified_claims"));
    cr_expect_eq(leaves_that_say("\"verified\":[\"name\"],\"via\":\"id_token\""), 1);
    t = service_refresh(b_city, t.refresh);
    cr_expect_not_null(json_member(t.claims, "verified_claims"), "and when it is refreshed");
    cr_expect_eq(leaves_that_say("\"verified\":[\"name\"],\"via\":\"id_token\""), 2);
}

Test(assurance, where_she_lives_is_proven_without_her_address)
{
    static const char *const ticks[] = {"give-municipality=yes", NULL};

    hanako->ticks = ticks;
    const struct json *v = told(b_city, "do=register",
                                VERIFIED("\"municipality\":{\"value\":{\"code\":\"27140\","
                                         "\"name\":\"堺市\"}}"));
    cr_expect_str_eq(claim(b_city, in(v, "claims", "municipality"), "code"), "27140");
    cr_expect_null(in(v, "claims", "address"));
    v = told(b_city, NULL, VERIFIED("\"municipality\":{\"value\":{\"code\":\"27100\",\"name\":\"大阪市\"}}"));
    cr_expect_null(v, "she does not live there");
}

Test(assurance, a_wish_beside_scopes_is_answered_beside_them)
{
    a_city->scope = "openid name";
    asks(a_city, "do=register", asking("userinfo", "[" VERIFIED("\"name\":null,\"address\":null") "]"));
    const struct json *claims = service_userinfo(a_city, receives(a_city).access, NULL);
    const struct json *v = json_at(json_member(claims, "verified_claims"), 0);

    cr_expect_not_null(json_member(claims, "name"));
    cr_expect_null(json_member(claims, "address"));
    cr_expect_not_null(in(v, "claims", "name"));
    cr_expect_not_null(in(v, "claims", "address"));
    cr_expect_not_null(in(claims, "sources", "address"));
}

Test(assurance, another_signature_is_another_time)
{
    cr_expect_not_null(told(a_city, "do=register", VERIFIED("\"name\":null")));
    provider_pass(genkan, 26 * 3600);
    cr_assert(browser_get(browser, "/"));
    cr_assert(resident_goes_to(hanako, AT_HOME), "%s", browser->url);
    cr_assert(PRESS(browser, "/me/card", "do=update"));
    cr_assert(resident_goes_to(hanako, AT_PROFILE), "%s", browser->url);
    cr_assert(PRESS(browser, "/profile", "do=register"));
    cr_assert(resident_uses_card(hanako, NULL));
    cr_expect_not_null(told(a_city, NULL,
                            "{\"verification\":{\"trust_framework\":null,\"time\":{\"max_age\":86400}},"
                            "\"claims\":{\"name\":null}}"));
}

static bool has_text(const struct json *list, const char *text)
{
    struct view v;

    for (size_t i = 0; json_at(list, i); i++)
        if (json_text(json_at(list, i), &v) && view_equal_text(v, text))
            return true;
    return false;
}

Test(assurance, the_metadata_say_what_can_be_proven)
{
    struct json *m;

    cr_assert(browser_get(browser, "/.well-known/openid-configuration"));
    cr_assert_eq(json_read(&m, a(), browser->body, NULL), ERR_OK);
    const struct json *claims = json_member(m, "claims_in_verified_claims_supported");
    cr_expect(json_member_bool(m, "verified_claims_supported", false));
    cr_expect(has_text(json_member(m, "trust_frameworks_supported"),
                       arena_printf(a(), "%s/trust-framework/jpki", genkan->config->issuer)));
    cr_expect(has_text(json_member(m, "evidence_supported"), "electronic_signature"));
    cr_expect_eq(json_count(json_member(m, "evidence_supported")), 1);
    cr_expect_null(json_member(m, "documents_supported"), "there is no evidence of that type");
    cr_expect(has_text(claims, "name") && has_text(claims, "municipality") && !has_text(claims, "email"));
    cr_expect(has_text(json_member(m, "claims_supported"), "verified_claims"));
}

/* --- at rest ------------------------------------------------------------------------------------------------------ */

Test(assurance, the_proof_lies_sealed_with_the_value)
{
    cr_expect_not_null(told(a_city, "do=register", VERIFIED("\"name\":null")));
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM profile WHERE field <> ''"), 4);
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM profile WHERE instr(sealed, CAST('JPKI' AS BLOB)) > 0"),
                 0);
    cr_expect_eq(provider_number(genkan,
                                 "SELECT count(*) FROM profile_history WHERE instr(sealed, CAST('JPKI' AS BLOB)) "
                                 "> 0"),
                 0);
}
