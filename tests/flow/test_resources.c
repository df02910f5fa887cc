/* Tokens for other servers than UserInfo (RFC 8707, RFC 9068), and a service that asks for itself (RFC 6749 4.4). */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *b_city = &stage.b_city, data, batch;

static const char BATCH[] =
    "{\"client_name\":\"A市 統計\",\"client_name#en\":\"A City statistics\","
    "\"organization\":{\"id\":\"a-city\",\"name\":\"A市\",\"name#en\":\"A City\"},\"sector\":\"a-city\","
    "\"token_endpoint_auth_method\":\"client_secret_post\",\"grant_types\":[\"client_credentials\"],"
    "\"response_types\":[],\"resources\":[\"https://data.example/\"],\"client_uri\":\"https://a-city.example/\","
    "\"policy_uri\":\"https://a-city.example/privacy\",\"contacts\":[\"help@a-city.example\"]}";

static void open_stage(void)
{
    stage_open(&stage);
    service_open_data(&data, genkan);
    batch = (struct service){.id = "batch", .secret = "the secret of batch, 0123456789", .post_auth = true};
    service_open(&batch, genkan, BATCH);
}

static void close_stage(void)
{
    service_close(&batch);
    service_close(&data);
    stage_close(&stage);
}

TestSuite(resources, .init = open_stage, .fini = close_stage);

static const char *error_of(struct service *s, const char *form)
{
    const struct json *answer;

    cr_expect_eq(service_call(s, "/token", form, NULL, &answer), 400);
    return claim(s, answer, "error");
}

static const char *token_of(const char *form)
{
    const struct json *answer;

    cr_assert_eq(service_call(&batch, "/token", form, NULL, &answer), 200, "%s", claim(&batch, answer, "error"));
    cr_expect_null(json_member(answer, "id_token"));
    cr_expect_null(json_member(answer, "refresh_token"), "RFC 6749 4.4.3");
    return claim(&batch, answer, "access_token");
}

static const struct json *asks_about(struct service *s, const char *token)
{
    const struct json *answer;

    cr_assert_eq(service_call(s, "/introspect", arena_printf(&s->channel.a, "token=%s", token), NULL, &answer), 200);
    return answer;
}

static bool is_active(struct service *s, const char *token)
{
    return json_member_bool(asks_about(s, token), "active", false);
}

Test(resources, a_service_by_itself_gets_no_login_no_field_and_no_other_server)
{
    cr_expect_str_eq(error_of(b_city, "grant_type=client_credentials"), "unauthorized_client");
    cr_expect_str_eq(error_of(&batch, "grant_type=client_credentials&scope=openid"), "invalid_scope");
    cr_expect_str_eq(error_of(&batch, "grant_type=client_credentials&scope=name"), "invalid_scope");
    cr_expect_str_eq(error_of(&batch, "grant_type=client_credentials&resource=https%3A%2F%2Fother.example%2F"),
                     "invalid_target", "RFC 8707 2");
    cr_expect_str_eq(error_of(&data, "grant_type=client_credentials&resource=https%3A%2F%2Fdata.example%2F"),
                     "invalid_target", "it registered none");
}

Test(resources, a_service_by_itself_gets_a_token_that_the_server_reads)
{
    const char *token = token_of("grant_type=client_credentials&resource=https%3A%2F%2Fdata.example%2F");
    const struct json *claims = service_verified(&batch, token, "at+jwt");

    cr_expect_str_eq(claim(&batch, claims, "aud"), "https://data.example/");
    cr_expect_str_eq(claim(&batch, claims, "client_id"), "batch");
    cr_expect_str_eq(claim(&batch, claims, "sub"), "batch", "RFC 9068 2.2");
    cr_expect_eq(json_member_int(claims, "exp", 0), provider_now(genkan) + 600);
    cr_expect_null(json_member(claims, "scope"));
    int status;
    cr_expect_null(service_userinfo(&batch, token, &status), "it is not for UserInfo");
    cr_expect_eq(status, 401);
}

Test(resources, a_token_of_a_server_is_known_to_it_and_ends_when_revoked)
{
    const char *token = token_of("grant_type=client_credentials");

    cr_expect_not(is_active(b_city, token));
    const struct json *answer = asks_about(&data, token);
    cr_expect(json_member_bool(answer, "active", false));
    cr_expect_str_eq(claim(&data, answer, "sub"), "batch");
    cr_expect_eq(service_call(b_city, "/revoke", arena_printf(&b_city->channel.a, "token=%s", token), NULL, NULL), 200);
    cr_expect(is_active(&data, token), "it is not B's to revoke");
    cr_expect_eq(service_call(&batch, "/revoke", arena_printf(&batch.channel.a, "token=%s", token), NULL, NULL), 200);
    cr_expect_not(is_active(&data, token));
    const char *other = token_of("grant_type=client_credentials");
    provider_pass(genkan, 600);
    cr_expect_not(is_active(&data, other));
}

/* --- services that call services --------------------------------------------------------------------------------- */

#define EXCHANGE     "urn:ietf:params:oauth:grant-type:token-exchange"
#define ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"

static struct service *a_city = &stage.a_city;

/* A is a resource server that B may call. */
static void open_api(void)
{
    service_update(a_city, "\"sector\":\"a-city\"",
                   "\"resource\":\"https://a-city.example/api\",\"sector\":\"a-city\"");
    service_update(b_city, "\"grant_types\":[",
                   "\"resources\":[\"https://a-city.example/api\"],\"grant_types\":["
                   "\"urn:ietf:params:oauth:grant-type:token-exchange\",");
}

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(&stage.hanako, s));
    struct tokens t = service_redeem(s, service_receive(s, &stage.hanako.browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static const struct json *exchanges(struct service *s, const char *token, const char *more)
{
    const struct json *answer;

    service_call(s, "/token",
                 arena_printf(&s->channel.a,
                              "grant_type=" EXCHANGE "&subject_token=%s&subject_token_type=" ACCESS_TOKEN
                              "&resource=https%%3A%%2F%%2Fa-city.example%%2Fapi%s",
                              token, more),
                 NULL, &answer);
    return answer;
}

static const char *exchange_error(struct service *s, const char *token, const char *more)
{
    return claim(s, exchanges(s, token, more), "error");
}

Test(resources, a_token_is_exchanged_only_for_whom_the_resident_consented_to)
{
    open_api();
    struct tokens at_b = opens(b_city);
    cr_expect_str_eq(exchange_error(b_city, at_b.access, ""), "invalid_target", "she has never been at A");
    struct tokens at_a = opens(a_city);
    cr_expect_str_eq(exchange_error(a_city, at_a.access, ""), "unauthorized_client", "RFC 6749 5.2");
    cr_expect_str_eq(exchange_error(b_city, at_a.access, ""), "invalid_request", "A's token is not B's to exchange");
    cr_expect_str_eq(exchange_error(b_city, at_b.refresh, ""), "invalid_request");
    cr_expect_str_eq(exchange_error(b_city, "nonsense", ""), "invalid_request", "RFC 8693 2.2.2");
    cr_expect_str_eq(exchange_error(b_city, at_b.access, "&scope=name"), "invalid_scope");
    const struct json *answer = exchanges(b_city, at_b.access, "");
    const char *token = claim(b_city, answer, "access_token");
    cr_assert_not_null(token, "%s", claim(b_city, answer, "error"));
    cr_expect_str_eq(claim(b_city, answer, "issued_token_type"), "urn:ietf:params:oauth:token-type:access_token");
    cr_expect_null(json_member(answer, "id_token"));
    const struct json *told = asks_about(a_city, token);
    cr_expect(json_member_bool(told, "active", false));
    cr_expect_str_eq(claim(a_city, told, "sub"), at_a.sub, "under the name A knows her by");
    cr_expect_str_eq(claim(a_city, told, "client_id"), "b-city");
    cr_expect_null(strchr(token, '.'), "and B, of another sector, cannot read that");
    int status;
    cr_expect_null(service_userinfo(b_city, token, &status), "it is not for UserInfo");
}

Test(resources, an_exchanged_token_ends_with_the_first_and_with_the_login)
{
    open_api();
    opens(a_city);
    struct tokens at_b = opens(b_city);
    provider_pass(genkan, 500);
    const struct json *answer = exchanges(b_city, at_b.access, "");
    cr_expect_eq(json_member_int(answer, "expires_in", 0), 100, "no longer than the first");
    const char *token = claim(b_city, answer, "access_token");
    cr_assert_not_null(token);
    cr_expect(is_active(a_city, token));
    cr_expect(resident_logs_out(&stage.hanako));
    cr_expect_not(is_active(a_city, token));
}

/* Of a service that refreshes nothing: no row tells of the withdrawal. */
Test(resources, a_token_whose_own_consent_was_withdrawn_is_not_exchanged)
{
    struct browser *hers = &stage.hanako.browser;

    open_api();
    service_update(b_city, ",\"refresh_token\"", "");
    opens(a_city);
    struct tokens t = opens(b_city);
    cr_assert_null(t.refresh);
    cr_assert_not_null(claim(b_city, exchanges(b_city, t.access, ""), "access_token"));
    cr_assert(browser_get(hers, "/me/services/b-city") && hers->status == 200);
    cr_assert(browser_press(hers, "/me/services/b-city", (const char *const[]){"do=withdraw", NULL}));
    cr_assert(PRESS(hers, "/me/services/b-city", "do=withdraw"));
    cr_expect_str_eq(exchange_error(b_city, t.access, ""), "invalid_request");
}

/* --- for whom and for how much (RFC 8693 2.1) --- */

static const struct json *exchanges_for(struct service *s, const char *token, const char *whom)
{
    const struct json *answer;

    service_call(s, "/token",
                 arena_printf(&s->channel.a,
                              "grant_type=" EXCHANGE "&subject_token=%s&subject_token_type=" ACCESS_TOKEN "&%s", token,
                              whom),
                 NULL, &answer);
    return answer;
}

Test(resources, a_token_is_exchanged_for_nobody_that_audience_does_not_name)
{
    static const struct {
        const char *whom, *error;
    } rows[] = {
        {"", "invalid_target"},
        {"audience=nobody", "invalid_target"},
        {"audience=b-city", "invalid_target"},
        {"audience=https%3A%2F%2Fother.example%2F", "invalid_target"},
        {"audience=data", "invalid_target"},
        {"audience=a-city&audience=nobody", "invalid_target"},
        {"audience=a-city&audience=" PROVIDER_ISSUER, "invalid_target"},
        {"audience=a-city&resource=https%3A%2F%2Fdata.example%2F", "invalid_target"},
        {"resource=a-city", "invalid_target"},
        {"audience=a-city+nobody", "invalid_target"},
        {"audience=a-city&scope=openid", "invalid_scope"},
        {"audience=a-city&actor_token=x", "invalid_request"},
        {"audience=a-city&scope=openid&scope=openid", "invalid_request"},
    };

    open_api();
    opens(a_city);
    struct tokens t = opens(b_city);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_str_eq(claim(b_city, exchanges_for(b_city, t.access, rows[i].whom), "error"), rows[i].error, "%s",
                         rows[i].whom);
}

Test(resources, a_token_is_exchanged_by_the_name_of_the_server_too)
{
    static const char *const names[] = {
        "audience=a-city",
        "audience=https%3A%2F%2Fa-city.example%2Fapi",
        "audience=a-city&resource=https%3A%2F%2Fa-city.example%2Fapi",
        "audience=a-city&audience=https%3A%2F%2Fa-city.example%2Fapi",
    };

    open_api();
    opens(a_city);
    struct tokens t = opens(b_city);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *token = claim(b_city, exchanges_for(b_city, t.access, names[i]), "access_token");
        cr_expect(token && is_active(a_city, token), "%s", names[i]);
    }
}

Test(resources, a_token_of_ones_own_is_exchanged_for_less_of_it_at_userinfo_and_never_for_more)
{
    static const char at_us[] = "audience=" PROVIDER_ISSUER;
    struct arena *a = &b_city->channel.a;
    int status;

    open_api();
    b_city->scope = "openid name";
    struct tokens at_a = opens(a_city), t = opens(b_city);
    cr_expect_str_eq(claim(b_city, exchanges_for(b_city, at_a.access, at_us), "error"), "invalid_request", "A's");
    cr_expect_str_eq(
        claim(b_city, exchanges_for(b_city, t.access, arena_printf(a, "%s&scope=openid+municipality", at_us)), "error"),
        "invalid_scope");
    const struct json *answer = exchanges_for(b_city, t.access, arena_printf(a, "%s&scope=openid", at_us));
    const char *less = claim(b_city, answer, "access_token");
    cr_assert_not_null(less, "%s", claim(b_city, answer, "error"));
    cr_expect_str_eq(claim(b_city, answer, "scope"), "openid");
    cr_expect_null(json_member(service_userinfo(b_city, less, NULL), "name"));
    cr_expect_str_eq(
        claim(b_city, exchanges_for(b_city, less, arena_printf(a, "%s&scope=openid+name", at_us)), "error"),
        "invalid_scope", "and not back");
    cr_expect_not_null(json_member(service_userinfo(b_city, t.access, NULL), "name"), "the first one is as it was");
    cr_expect(resident_logs_out(&stage.hanako));
    cr_expect_null(service_userinfo(b_city, less, &status));
    cr_expect_eq(status, 401, "it ends with the login");
}

/* --- what a JWT tells of the login (RFC 9068 2.2.1) --- */

/* B is of A's sector and may call A. */
static void open_neighbour(void)
{
    open_api();
    service_update(b_city, "\"sector\":\"b-city\"", "\"sector\":\"a-city\"");
}

#define AT_A "resource=https%3A%2F%2Fa-city.example%2Fapi"

static const struct json *jwt_of(const char *token)
{
    return service_verified(b_city, token, "at+jwt");
}

static bool is_card_and_pin(const struct json *claims)
{
    const char *amr = claim_words(b_city, claims, "amr");
    return amr && strcmp(amr, " sc pin") == 0;
}

static bool tells_the_login(const struct json *jwt, const struct json *id_token)
{
    return json_member_int(jwt, "auth_time", 0) == json_member_int(id_token, "auth_time", 1) &&
           view_equal(json_member_text(jwt, "acr"), json_member_text(id_token, "acr")) && is_card_and_pin(jwt) &&
           is_card_and_pin(id_token);
}

Test(resources, a_token_of_a_service_by_itself_tells_of_no_login)
{
    const struct json *claims = jwt_of(token_of("grant_type=client_credentials"));

    cr_expect_null(json_member(claims, "auth_time"));
    cr_expect_null(json_member(claims, "acr"));
    cr_expect_null(json_member(claims, "amr"));
}

Test(resources, a_token_tells_of_the_login_it_goes_back_to_and_of_no_later_one)
{
    open_neighbour();
    cr_assert(browser_get(&stage.hanako.browser, service_begin(b_city, AT_A)));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
    struct tokens t = service_redeem(b_city, service_receive(b_city, &stage.hanako.browser, NULL));
    cr_expect(tells_the_login(jwt_of(t.access), t.claims));
    cr_expect_null(json_member(jwt_of(t.access), "scope"), "2.2.3: its words mean nothing at A");
    provider_pass(genkan, 60);
    struct tokens next = service_refresh(b_city, t.refresh);
    cr_assert_eq(next.status, 200, "%s", next.error);
    cr_expect(tells_the_login(jwt_of(next.access), t.claims), "the same in all of them");
    provider_pass(genkan, 60);
    cr_assert(browser_get(&stage.hanako.browser, service_begin(b_city, "prompt=login&" AT_A)));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
    next = service_refresh(b_city, next.refresh);
    cr_assert_eq(next.status, 200, "%s", next.error);
    cr_expect_null(json_member(jwt_of(next.access), "auth_time"), "not that of the later login");
    cr_expect_null(json_member(jwt_of(next.access), "acr"));
}

Test(resources, an_exchanged_token_tells_of_the_login_of_the_first_and_of_no_later_one)
{
    open_neighbour();
    opens(a_city);
    struct tokens t = opens(b_city);
    cr_expect(tells_the_login(jwt_of(claim(b_city, exchanges(b_city, t.access, ""), "access_token")), t.claims));
    provider_pass(genkan, 60);
    cr_assert(browser_get(&stage.hanako.browser, service_begin(a_city, "prompt=login")));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
    const struct json *later = jwt_of(claim(b_city, exchanges(b_city, t.access, ""), "access_token"));
    cr_expect_null(json_member(later, "auth_time"));
    const char *again = claim(b_city, exchanges_for(b_city, t.access, "audience=" PROVIDER_ISSUER), "access_token");
    later = jwt_of(claim(b_city, exchanges(b_city, again, ""), "access_token"));
    cr_expect_null(json_member(later, "auth_time"), "nor by one that was exchanged since");
}

/* Neither by the token of before, nor is one that was exchanged before of any use. */
Test(resources, nothing_is_exchanged_for_a_resident_who_was_disabled)
{
    open_api();
    struct tokens at_a = opens(a_city), at_b = opens(b_city);
    const char *token = claim(b_city, exchanges(b_city, at_b.access, ""), "access_token");
    cr_assert(token && is_active(a_city, token));
    int64_t families = provider_number(genkan, "SELECT count(*) FROM family");
    cr_assert_eq(
        provider_command(genkan, "resident disable --service a-city --subject %s --reason hijacking", at_a.sub), 0);
    cr_expect_str_eq(exchange_error(b_city, at_b.access, ""), "invalid_request", "RFC 8693 2.2.2");
    cr_expect_eq(provider_number(genkan, "SELECT count(*) FROM family"), families);
    cr_expect_not(is_active(a_city, token));
}

Test(resources, that_were_not_asked_for_with_the_login_are_refused_and_the_refresh_token_stays_good)
{
    struct arena *a = &b_city->channel.a;

    cr_assert(resident_visits(&stage.hanako, b_city));
    struct tokens t = service_redeem(b_city, service_receive(b_city, &stage.hanako.browser, NULL));
    cr_assert_eq(t.status, 200);
    cr_expect_str_eq(error_of(b_city, arena_printf(a,
                                                   "grant_type=refresh_token&refresh_token=%s"
                                                   "&resource=https%%3A%%2F%%2Fdata.example%%2F",
                                                   t.refresh)),
                     "invalid_target", "RFC 8707 2.2");
    struct tokens next = service_token_request(
        b_city, arena_printf(a, "grant_type=refresh_token&refresh_token=%s&resource=" PROVIDER_ISSUER, t.refresh));
    cr_expect_eq(next.status, 200, "%s", next.error);
    cr_expect_not_null(service_userinfo(b_city, next.access, NULL), "the issuer itself is UserInfo");
}

/* --- several of them --------------------------------------------------------------------------------------------- */

#define AT_DATA "resource=https%3A%2F%2Fdata.example%2F"

/* B may call A and the open data. */
static void open_both(void)
{
    service_update(a_city, "\"sector\":\"a-city\"",
                   "\"resource\":\"https://a-city.example/api\",\"sector\":\"a-city\"");
    service_update(b_city, "\"grant_types\":[",
                   "\"resources\":[\"https://a-city.example/api\",\"https://data.example/\"],\"grant_types\":["
                   "\"urn:ietf:params:oauth:grant-type:device_code\",");
}

static const char *error_of_login(const char *more)
{
    const char *error = NULL;

    cr_assert(browser_get(&stage.hanako.browser, service_begin(b_city, more)));
    cr_assert_null(service_receive(b_city, &stage.hanako.browser, &error));
    return error;
}

static const char *code_for(const char *more)
{
    cr_assert(browser_get(&stage.hanako.browser, service_begin(b_city, more)));
    cr_assert(resident_goes_to(&stage.hanako, AT_ELSEWHERE));
    return service_receive(b_city, &stage.hanako.browser, NULL);
}

static struct tokens redeems(const char *code, const char *more)
{
    return service_token_request(
        b_city,
        arena_printf(&b_city->channel.a,
                     "grant_type=authorization_code&code=%s&redirect_uri=http%%3A%%2F%%2Fb-city.localhost%%3A8082"
                     "%%2Fcb&code_verifier=%s%s",
                     code, b_city->verifier, more));
}

static struct tokens refreshes(const char *token, const char *more)
{
    return service_token_request(
        b_city, arena_printf(&b_city->channel.a, "grant_type=refresh_token&refresh_token=%s%s", token, more));
}

Test(resources, a_login_may_be_asked_for_several_that_are_registered_and_named_once)
{
    open_both();
    cr_expect_str_eq(error_of_login(AT_A "&" AT_DATA "&resource=https%3A%2F%2Fother.example%2F"), "invalid_target",
                     "RFC 8707 2");
    cr_expect_str_eq(error_of_login(AT_A "&" AT_A), "invalid_target");
    cr_expect_str_eq(error_of_login("resource=https%3A%2F%2Fa-city.example%2Fapi+https%3A%2F%2Fdata.example%2F"),
                     "invalid_target", "two addresses in one value are no address");
    cr_assert(browser_get(&stage.hanako.browser, service_begin(b_city, "nonce=another")));
    cr_expect_eq(stage.hanako.browser.status, 400, "no other parameter comes twice (RFC 6749 3.1)");
}

Test(resources, a_token_is_for_one_of_those_that_the_login_was_asked_for)
{
    open_both();
    const char *code = code_for(AT_A "&" AT_DATA);
    struct tokens none = redeems(code, "");
    cr_expect_str_eq(none.error, "invalid_target", "which?");
    struct tokens both = redeems(code, "&" AT_A "&" AT_DATA);
    cr_expect_str_eq(both.error, "invalid_target", "RFC 8707 3: none is good at two servers");
    struct tokens at_data = redeems(code, "&" AT_DATA);
    cr_assert_eq(at_data.status, 200, "the code is still good: %s", at_data.error);
    cr_expect(is_active(&data, at_data.access));
    cr_expect_not(is_active(a_city, at_data.access), "and A is told nothing of it");
    struct tokens still = refreshes(at_data.refresh, "");
    cr_expect_str_eq(still.error, "invalid_target");
    struct tokens at_a = refreshes(at_data.refresh, "&" AT_A);
    cr_assert_eq(at_a.status, 200, "the refresh token is still good: %s", at_a.error);
    cr_expect(is_active(a_city, at_a.access));
    cr_expect_not(is_active(&data, at_a.access));
    struct tokens at_home = refreshes(at_a.refresh, "&resource=" PROVIDER_ISSUER);
    cr_assert_eq(at_home.status, 200, "%s", at_home.error);
    cr_expect_not_null(service_userinfo(b_city, at_home.access, NULL));
    const struct json *told = asks_about(b_city, at_home.refresh);
    cr_expect_eq(json_count(json_member(told, "aud")), 2, "RFC 7519 4.1.3");
}

Test(resources, may_be_pushed_and_posted_several_at_once)
{
    open_both();
    struct resident *hanako = &stage.hanako;
    const char *uri = service_push(b_city, service_request(b_city, AT_A "&" AT_DATA), NULL);
    cr_assert(browser_get(&hanako->browser, service_at(b_city, uri)));
    cr_assert(resident_goes_to(hanako, AT_ELSEWHERE));
    struct tokens t = redeems(service_receive(b_city, &hanako->browser, NULL), "&" AT_A);
    cr_assert_eq(t.status, 200, "%s", t.error);
    cr_expect(is_active(a_city, t.access));
}

Test(resources, of_a_device_are_those_it_asked_for)
{
    const struct json *answer;
    struct resident *hanako = &stage.hanako;

    open_both();
    cr_expect_eq(service_call(b_city, "/device_authorization", "scope=openid&resource=https%3A%2F%2Fother.example%2F",
                              NULL, &answer),
                 400);
    cr_expect_str_eq(claim(b_city, answer, "error"), "invalid_target");
    cr_assert_eq(service_call(b_city, "/device_authorization", "scope=openid+name&" AT_A "&" AT_DATA, NULL, &answer),
                 200);
    const char *device_code = claim(b_city, answer, "device_code");
    cr_assert(browser_get(&hanako->browser, claim(b_city, answer, "verification_uri_complete")));
    cr_assert(PRESS(&hanako->browser, "/device", "do=continue"));
    for (int i = 0; i < 20 && resident_goes_on(hanako); i++)
        ;
    const char *form = arena_printf(
        &b_city->channel.a, "grant_type=urn:ietf:params:oauth:grant-type:device_code&device_code=%s", device_code);
    struct tokens none = service_token_request(b_city, form);
    cr_expect_str_eq(none.error, "invalid_target");
    struct tokens t = service_token_request(b_city, arena_printf(&b_city->channel.a, "%s&%s", form, AT_A));
    cr_assert_eq(t.status, 200, "%s", t.error);
    cr_expect(is_active(a_city, t.access));
    cr_expect_not(is_active(&data, t.access));
}
