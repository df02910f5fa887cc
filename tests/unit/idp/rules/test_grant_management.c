#include "idp/rules/grant_management.h"

#include <criterion/criterion.h>

#include "idp/rules/client_credentials.h"

Test(grant_management, only_a_living_token_of_the_client_itself_with_the_right_scope_will_do)
{
    const struct grant_management_facts query = {.live = true, .own = true, .scope = VIEW("grant_management_query")};
    struct grant_management_facts dead = query, hers = query, none = query, other = query, both = query;
    dead.live = false;
    hers.own = false;
    none.scope = VIEW_NONE;
    other.revoke = true;
    both.revoke = true;
    both.scope = VIEW("grant_management_query grant_management_revoke");
    cr_expect_eq(grant_management_decide(&dead), REFUSAL_BEARER_INVALID, "6.6");
    cr_expect_eq(grant_management_decide(&hers), REFUSAL_BEARER_SCOPE, "6.1");
    cr_expect_eq(grant_management_decide(&none), REFUSAL_BEARER_SCOPE, "6.1");
    cr_expect_eq(grant_management_decide(&other), REFUSAL_BEARER_SCOPE, "6.1: query does not revoke");
    cr_expect_eq(grant_management_decide(&query), REFUSAL_NONE);
    cr_expect_eq(grant_management_decide(&both), REFUSAL_NONE);
}

Test(client_credentials, a_service_gets_nothing_of_residents_for_itself)
{
    const struct view query = VIEW("grant_management_query");
    cr_expect_eq(client_credentials_decide(CLIENT_AUTH_NONE, query), REFUSAL_GRANT_TYPE_NOT_REGISTERED, "RFC 6749 4.4");
    cr_expect_eq(client_credentials_decide(CLIENT_AUTH_BASIC, VIEW_NONE), REFUSAL_CLIENT_SCOPE);
    cr_expect_eq(client_credentials_decide(CLIENT_AUTH_BASIC, VIEW("openid")), REFUSAL_CLIENT_SCOPE);
    cr_expect_eq(client_credentials_decide(CLIENT_AUTH_BASIC, VIEW("grant_management_query name")),
                 REFUSAL_CLIENT_SCOPE);
    cr_expect_eq(client_credentials_decide(CLIENT_AUTH_BASIC, query), REFUSAL_NONE);
}
