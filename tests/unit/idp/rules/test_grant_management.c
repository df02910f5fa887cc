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

Test(grant_management, takes_from_a_request_only_what_the_draft_knows_together)
{
    static const struct {
        const char *action, *id;
        enum client_auth_method auth;
        enum refusal refusal;
        enum grant_action result;
    } rows[] = {
        {"update", "x", CLIENT_AUTH_BASIC, REFUSAL_GRANT_ACTION, GRANT_ACTION_NONE},   /* 5.4 */
        {"query", NULL, CLIENT_AUTH_BASIC, REFUSAL_GRANT_ACTION, GRANT_ACTION_NONE},   /* 5.4 */
        {"", NULL, CLIENT_AUTH_BASIC, REFUSAL_GRANT_ACTION, GRANT_ACTION_NONE},        /* 5.4 */
        {"Merge", "x", CLIENT_AUTH_BASIC, REFUSAL_GRANT_ACTION, GRANT_ACTION_NONE},    /* 5.4 */
        {NULL, "x", CLIENT_AUTH_BASIC, REFUSAL_GRANT_ID_ALONE, GRANT_ACTION_NONE},     /* 5.4 */
        {"create", NULL, CLIENT_AUTH_NONE, REFUSAL_GRANT_PUBLIC, GRANT_CREATE},        /* 5.1 */
        {"merge", "x", CLIENT_AUTH_NONE, REFUSAL_GRANT_PUBLIC, GRANT_MERGE},           /* 5.1 */
        {"create", "x", CLIENT_AUTH_BASIC, REFUSAL_GRANT_ID_UNASKED, GRANT_CREATE},    /* 5.4 */
        {"merge", NULL, CLIENT_AUTH_BASIC, REFUSAL_GRANT_ID_MISSING, GRANT_MERGE},     /* 5.2 */
        {"replace", NULL, CLIENT_AUTH_BASIC, REFUSAL_GRANT_ID_MISSING, GRANT_REPLACE}, /* 5.2 */
        {NULL, NULL, CLIENT_AUTH_NONE, REFUSAL_NONE, GRANT_ACTION_NONE},
        {"create", NULL, CLIENT_AUTH_BASIC, REFUSAL_NONE, GRANT_CREATE},
        {"merge", "x", CLIENT_AUTH_BASIC, REFUSAL_NONE, GRANT_MERGE},
        {"replace", "x", CLIENT_AUTH_BASIC, REFUSAL_NONE, GRANT_REPLACE},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct client c = {.auth_method = rows[i].auth};
        enum grant_action action;
        struct view sent = rows[i].action ? view_text(rows[i].action) : VIEW_NONE;
        struct view id = rows[i].id ? view_text(rows[i].id) : VIEW_NONE;
        cr_expect_eq(grant_request_decide(&action, sent, id, &c), rows[i].refusal, "row %zu", i);
        cr_expect_eq(action, rows[i].result, "row %zu", i);
    }
}

Test(grant_management, knows_only_a_living_grant_of_this_service_and_this_resident)
{
    const struct ident hers = ident_of(VIEW("hanako")), his = ident_of(VIEW("taro"));
    struct grant g = {.who = {.resident = hers, .client = VIEW("a")}, .expires_at = 100};

    cr_expect_eq(grant_managed_decide(NULL, VIEW("a"), hers, 50), REFUSAL_GRANT_ID_UNKNOWN, "5.4");
    cr_expect_eq(grant_managed_decide(&g, VIEW("b"), hers, 50), REFUSAL_GRANT_ID_UNKNOWN, "10");
    cr_expect_eq(grant_managed_decide(&g, VIEW("a"), his, 50), REFUSAL_GRANT_ID_UNKNOWN, "10");
    cr_expect_eq(grant_managed_decide(&g, VIEW("a"), hers, 100), REFUSAL_GRANT_ID_UNKNOWN, "run out");
    g.end = GRANT_ENDED_WITHDRAWN;
    cr_expect_eq(grant_managed_decide(&g, VIEW("a"), hers, 50), REFUSAL_GRANT_ID_UNKNOWN, "withdrawn");
    g.end = GRANT_LIVE;
    cr_expect_eq(grant_managed_decide(&g, VIEW("a"), hers, 50), REFUSAL_NONE);
    cr_expect_eq(grant_managed_decide(&g, VIEW("a"), IDENT_NONE, 50), REFUSAL_NONE, "nobody is logged in yet");
}
