/* Tokens that are asked about (RFC 7662, RFC 9701) and ended (RFC 7009), and by whom. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct service *a_city = &stage.a_city, *b_city = &stage.b_city, data;
static struct resident *hanako = &stage.hanako;

static void open_stage(void)
{
    stage_open(&stage);
    service_open_data(&data, genkan);
}

static void close_stage(void)
{
    service_close(&data);
    stage_close(&stage);
}

TestSuite(introspection, .init = open_stage, .fini = close_stage);
TestSuite(revocation, .init = open_stage, .fini = close_stage);

static struct tokens opens(struct service *s)
{
    cr_assert(resident_visits(hanako, s));
    struct tokens t = service_redeem(s, service_receive(s, &hanako->browser, NULL));
    cr_assert_eq(t.status, 200, "%s", t.error);
    return t;
}

static const char *form_of(struct service *s, const char *token)
{
    return arena_printf(&s->channel.a, "token=%s", token);
}

static const struct json *asks_about(struct service *s, const char *token)
{
    const struct json *answer;
    int status = service_call(s, "/introspect", form_of(s, token), NULL, &answer);

    cr_assert_eq(status, 200, "%d %s", status, s->channel.headers);
    return answer;
}

/* Nothing more than that it is of no use (RFC 7662 2.2). */
static bool is_nothing(struct service *s, const char *token)
{
    const struct json *answer = asks_about(s, token);
    bool active = true;

    return json_bool(json_member(answer, "active"), &active) && !active &&
           browser_says(&s->channel, "{\"active\":false}");
}

static bool is_active(struct service *s, const char *token)
{
    return json_member_bool(asks_about(s, token), "active", false);
}

static int revokes(struct service *s, const char *token)
{
    return service_call(s, "/revoke", form_of(s, token), NULL, NULL);
}

static const char *error_of(struct service *s, const char *path, const char *form, int status)
{
    const struct json *answer;

    cr_expect_eq(service_call(s, path, form, NULL, &answer), status);
    return claim(s, answer, "error");
}

static bool says(struct service *s, const struct json *answer, const char *name, const char *value)
{
    const char *v = claim(s, answer, name);

    return v && strcmp(v, value) == 0;
}

/* --- introspection ----------------------------------------------------------------------------------------------- */

Test(introspection, answers_nobody_who_does_not_authenticate)
{
    struct tokens t = opens(b_city);

    data.secret = "another";
    cr_expect_str_eq(error_of(&data, "/introspect", form_of(&data, t.access), 401), "invalid_client", "RFC 7662 2.1");
    cr_expect(browser_send(&data.channel, "/introspect", NULL, "application/x-www-form-urlencoded", VIEW("token=x")));
    cr_expect_eq(data.channel.status, 401);
    cr_expect_str_eq(error_of(b_city, "/introspect", "token_type_hint=access_token", 400), "invalid_request");
}

Test(introspection, tells_nobody_else_anything_about_a_token)
{
    struct tokens t = opens(b_city);

    cr_expect(is_nothing(a_city, t.access), "it is B's");
    cr_expect(is_nothing(a_city, t.refresh));
    cr_expect(is_nothing(&data, t.access), "it is for UserInfo");
    cr_expect(is_nothing(&data, t.refresh));
    cr_expect(is_nothing(&data, "nonsense"), "and so no different");
    cr_expect(is_nothing(&data, t.id_token));
    cr_expect(is_active(b_city, t.access));
}

Test(introspection, tells_the_client_what_its_tokens_are)
{
    struct tokens t = opens(b_city);
    const struct json *access = asks_about(b_city, t.access);

    cr_expect(json_member_bool(access, "active", false));
    cr_expect(says(b_city, access, "client_id", "b-city") && says(b_city, access, "sub", t.sub));
    cr_expect(says(b_city, access, "iss", PROVIDER_ISSUER) && says(b_city, access, "aud", PROVIDER_ISSUER));
    cr_expect(says(b_city, access, "scope", t.scope) && says(b_city, access, "token_type", "Bearer"));
    cr_expect_eq(json_member_int(access, "exp", 0), provider_now(genkan) + 600);
    cr_expect_eq(json_member_int(access, "iat", 0), provider_now(genkan));
    cr_expect_null(json_member(access, "cnf"));
    const struct json *refresh = asks_about(b_city, t.refresh);
    cr_expect(json_member_bool(refresh, "active", false));
    cr_expect(says(b_city, refresh, "sub", t.sub));
    cr_expect_null(json_member(refresh, "token_type"),
                   "RFC 7662 2.2: of RFC 6749 5.1, which knows none of refresh tokens");
}

Test(introspection, knows_when_a_token_is_over)
{
    struct tokens t = opens(b_city), next = service_refresh(b_city, t.refresh);

    cr_expect(is_nothing(b_city, t.refresh), "redeemed");
    cr_expect(is_active(b_city, next.refresh));
    provider_pass(genkan, 600);
    cr_expect(is_nothing(b_city, t.access));
    cr_expect(is_active(b_city, next.refresh));
    cr_expect(resident_logs_out(hanako));
    cr_expect(is_nothing(b_city, next.refresh), "the login is over");
}

Test(introspection, is_signed_for_who_asks_for_that)
{
    struct tokens t = opens(b_city);
    const char *headers[] = {"Accept: text/html;q=0.1, Application/Token-Introspection+jwt ;q=1", NULL};

    cr_assert_eq(service_call(b_city, "/introspect", form_of(b_city, t.access), headers, NULL), 200);
    cr_expect_str_eq(b_city->channel.content_type, "application/token-introspection+jwt", "RFC 9701 5");
    const char *jwt = arena_text(&b_city->channel.a, b_city->channel.body);
    const struct json *claims = service_verified(b_city, jwt, "token-introspection+jwt");
    cr_expect(says(b_city, claims, "aud", "b-city"));
    cr_expect_eq(json_member_int(claims, "iat", 0), provider_now(genkan));
    cr_expect_null(json_member(claims, "sub"), "RFC 9701 5: never to be taken for an access token");
    cr_expect_null(json_member(claims, "exp"));
    const struct json *token = json_member(claims, "token_introspection");
    cr_expect(json_member_bool(token, "active", false) && says(b_city, token, "sub", t.sub));
}

Test(introspection, is_signed_just_as_well_when_there_is_nothing_to_tell)
{
    const char *headers[] = {"Accept: application/token-introspection+jwt", NULL};

    cr_assert_eq(service_call(&data, "/introspect", "token=nonsense", headers, NULL), 200);
    const struct json *claims = service_verified(&data, arena_text(&data.channel.a, data.channel.body), NULL);
    bool active = true;
    cr_expect(json_bool(json_member(json_member(claims, "token_introspection"), "active"), &active) && !active);
}

/* --- revocation -------------------------------------------------------------------------------------------------- */

Test(revocation, is_for_who_authenticates)
{
    struct tokens t = opens(b_city);

    b_city->secret = "another";
    cr_expect_str_eq(error_of(b_city, "/revoke", form_of(b_city, t.access), 401), "invalid_client");
    b_city->secret = "the secret of B, 0123456789";
    cr_expect_str_eq(error_of(b_city, "/revoke", "token_type_hint=refresh_token", 400), "invalid_request");
    cr_expect(is_active(b_city, t.access));
}

Test(revocation, of_another_clients_token_does_nothing_and_says_nothing)
{
    struct tokens t = opens(b_city);

    cr_expect_eq(revokes(a_city, t.access), 200, "RFC 7009 2.2: as for any token that is not one");
    cr_expect_eq(revokes(a_city, t.refresh), 200);
    cr_expect_eq(revokes(a_city, "nonsense"), 200);
    cr_expect(is_active(b_city, t.access) && is_active(b_city, t.refresh));
}

Test(revocation, of_a_refresh_token_ends_the_access_tokens_too)
{
    struct tokens t = opens(b_city);
    int status;

    cr_expect_eq(revokes(b_city, t.refresh), 200);
    cr_expect(is_nothing(b_city, t.access) && is_nothing(b_city, t.refresh), "RFC 7009 2.1");
    service_userinfo(b_city, t.access, &status);
    cr_expect_eq(status, 401);
    cr_expect_str_eq(service_refresh(b_city, t.refresh).error, "invalid_grant");
    cr_expect_eq(revokes(b_city, t.refresh), 200, "once more changes nothing");
}

Test(revocation, of_an_access_token_ends_what_came_with_it)
{
    struct tokens t = opens(b_city), other = opens(b_city);

    cr_expect_eq(service_call(b_city, "/revoke",
                              arena_printf(&b_city->channel.a, "token_type_hint=refresh_token&token=%s", t.access),
                              NULL, NULL),
                 200, "the hint is one");
    cr_expect(is_nothing(b_city, t.access) && is_nothing(b_city, t.refresh));
    cr_expect(is_active(b_city, other.access), "another login's tokens go on");
    provider_restart(genkan);
    browser_move(&b_city->channel, genkan->port);
    cr_expect(is_nothing(b_city, t.access), "it is written down");
}
