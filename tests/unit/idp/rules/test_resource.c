/* Which resource server a token is for (RFC 8707). */
#include <criterion/criterion.h>

#include "idp/rules/resource.h"
#include "idp/rules/token_request.h"

static struct view out;

static enum refusal decide(const char *asked, const char *granted, const char *scope)
{
    struct resource_facts f = {view_text(granted), view_text(scope), VIEW("https://op.example")};

    return resource_decide(&out, view_text(asked), &f);
}

Test(resource, is_never_wider_than_what_was_granted)
{
    cr_expect_eq(decide("https://other.example", "https://r.example", "openid"), REFUSAL_RESOURCE_NOT_GRANTED,
                 "RFC 8707 2.2");
    cr_expect_not(view_is(out));
    cr_expect_eq(decide("https://r.example", NULL, "openid"), REFUSAL_RESOURCE_NOT_GRANTED);
    cr_expect_eq(decide("https://r.example/", "https://r.example", "openid"), REFUSAL_RESOURCE_NOT_GRANTED);
    cr_expect_eq(decide("https://op.example", "https://r.example", "read"), REFUSAL_RESOURCE_NOT_GRANTED,
                 "no login was asked for");
}

Test(resource, is_one_and_is_said_where_several_were_granted)
{
    static const char two[] = "https://r.example https://s.example";

    cr_expect_eq(decide("https://r.example https://s.example", two, "openid"), REFUSAL_RESOURCE_SEVERAL, "RFC 8707 3");
    cr_expect_eq(decide("https://r.example https://op.example", two, "openid"), REFUSAL_RESOURCE_SEVERAL);
    cr_expect_eq(decide(NULL, two, "openid"), REFUSAL_RESOURCE_UNSAID, "RFC 8707 2.2");
    cr_expect_not(view_is(out));
    cr_expect_eq(decide("https://t.example", two, "openid"), REFUSAL_RESOURCE_NOT_GRANTED);
    cr_expect_eq(decide("https://s.example", two, "openid"), REFUSAL_NONE);
    cr_expect(view_equal_text(out, "https://s.example"));
    cr_expect_eq(decide("https://op.example", two, "openid"), REFUSAL_NONE);
    cr_expect_not(view_is(out), "UserInfo");
}

Test(resource, that_is_asked_for_is_registered_and_named_once)
{
    struct view both[] = {VIEW("https://r.example"), VIEW("https://s.example")};
    struct client c = {.id = VIEW("a"), .resources = {both, 2}};
    char long_one[RESOURCES_MAX + 2];

    memset(long_one, 'a', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    cr_expect_eq(resource_ask_decide(VIEW("https://t.example"), &c), REFUSAL_RESOURCE_UNKNOWN, "RFC 8707 2");
    cr_expect_eq(resource_ask_decide(VIEW("https://r.example https://t.example"), &c), REFUSAL_RESOURCE_UNKNOWN);
    cr_expect_eq(resource_ask_decide(VIEW("https://r.example https://r.example"), &c), REFUSAL_RESOURCE_TWICE);
    cr_expect_eq(resource_ask_decide(view_text(long_one), &c), REFUSAL_RESOURCE_UNKNOWN);
    cr_expect_eq(resource_ask_decide(VIEW_NONE, &c), REFUSAL_NONE);
    cr_expect_eq(resource_ask_decide(VIEW("https://s.example https://r.example"), &c), REFUSAL_NONE);
}

Test(resource, is_what_was_granted_or_user_info)
{
    cr_expect_eq(decide(NULL, NULL, "openid"), REFUSAL_NONE);
    cr_expect_not(view_is(out));
    cr_expect_eq(decide(NULL, "https://r.example", "openid"), REFUSAL_NONE);
    cr_expect(view_equal_text(out, "https://r.example"), "RFC 8707 2.2: without it, what was granted");
    cr_expect_eq(decide("https://r.example", "https://r.example", "openid"), REFUSAL_NONE);
    cr_expect(view_equal_text(out, "https://r.example"));
    cr_expect_eq(decide("https://op.example", "https://r.example", "openid"), REFUSAL_NONE);
    cr_expect_not(view_is(out));
}

Test(resource, of_a_client_by_itself_is_one_that_it_registered)
{
    struct view two[] = {VIEW("https://r.example"), VIEW("https://s.example")};
    struct client c = {.id = VIEW("a")};

    cr_expect_eq(resource_of_client_decide(&out, VIEW_NONE, VIEW_NONE, &c), REFUSAL_RESOURCE_NOT_REGISTERED);
    cr_expect_eq(resource_of_client_decide(&out, VIEW("https://r.example"), VIEW_NONE, &c),
                 REFUSAL_RESOURCE_NOT_REGISTERED);
    c.resources = (struct client_list){two, 2};
    cr_expect_eq(resource_of_client_decide(&out, VIEW_NONE, VIEW_NONE, &c), REFUSAL_RESOURCE_NOT_REGISTERED,
                 "which of them?");
    cr_expect_eq(resource_of_client_decide(&out, VIEW("https://t.example"), VIEW_NONE, &c),
                 REFUSAL_RESOURCE_NOT_REGISTERED);
    cr_expect_eq(resource_of_client_decide(&out, VIEW("https://r.example https://s.example"), VIEW_NONE, &c),
                 REFUSAL_RESOURCE_SEVERAL, "RFC 8707 3");
    cr_expect_eq(resource_of_client_decide(&out, VIEW("https://s.example"), VIEW_NONE, &c), REFUSAL_NONE);
    cr_expect_eq(resource_of_client_decide(&out, VIEW("https://s.example"), VIEW("name"), &c), REFUSAL_CLIENT_SCOPE);
    c.resources.n = 1;
    cr_expect_eq(resource_of_client_decide(&out, VIEW_NONE, VIEW_NONE, &c), REFUSAL_NONE);
    cr_expect(view_equal_text(out, "https://r.example"));
}

Test(resource, token_is_readable_inside_one_sector_only)
{
    struct client a = {.sector = VIEW("a")}, b = {.sector = VIEW("b")}, none = {.id = VIEW("x")};

    cr_expect_not(resource_is_readable(&a, &b), "it would show her name there");
    cr_expect_not(resource_is_readable(&none, &none));
    cr_expect(resource_is_readable(&a, &a));
}

Test(resource, a_client_by_itself_needs_the_grant_and_credentials)
{
    struct token_params p = {.grant_type = VIEW("client_credentials")};
    struct client c = {.id = VIEW("a"), .grants = CLIENT_GRANT_CODE};
    enum token_kind kind;

    cr_expect_eq(token_request_decide(&p, &c, &kind), REFUSAL_GRANT_TYPE_NOT_REGISTERED, "RFC 6749 5.2");
    c.grants |= CLIENT_GRANT_CLIENT_CREDENTIALS;
    c.auth_method = CLIENT_AUTH_NONE;
    cr_expect_eq(token_request_decide(&p, &c, &kind), REFUSAL_GRANT_TYPE_NOT_REGISTERED, "RFC 6749 4.4");
    c.auth_method = CLIENT_AUTH_BASIC;
    cr_expect_eq(token_request_decide(&p, &c, &kind), REFUSAL_NONE);
    cr_expect_eq(kind, TOKEN_BY_CLIENT_CREDENTIALS);
}
