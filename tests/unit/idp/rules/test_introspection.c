/* Who may learn what about a token (RFC 7662 4). */
#include <criterion/criterion.h>

#include "idp/rules/introspection.h"

enum { NOW = 1000000 };

static struct client owner, server, stranger;
static struct token_facts family;
static struct grant_standing grant;

static struct introspection_facts facts_of(const struct client *caller)
{
    owner = (struct client){.id = VIEW("a")};
    server = (struct client){.id = VIEW("r"), .resource = VIEW("https://r.example")};
    stranger = (struct client){.id = VIEW("x")};
    family = (struct token_facts){.family = {.client = VIEW("a"), .expires_at = NOW + 600}};
    grant = (struct grant_standing){.end = GRANT_LIVE};
    return (struct introspection_facts){
        .caller = caller, .family = &family, .expires_at = NOW + 60, .now = NOW, .resource = VIEW("https://r.example")};
}

Test(introspection_rule, a_stranger_learns_nothing)
{
    struct introspection_facts f = facts_of(&stranger);

    cr_expect_not(introspection_decide(&f));
    f.resource = VIEW_NONE;
    cr_expect_not(introspection_decide(&f), "a client that is no resource server, a token that is for none");
    stranger.resource = VIEW("https://other.example");
    f.resource = VIEW("https://r.example");
    cr_expect_not(introspection_decide(&f));
}

Test(introspection_rule, a_resource_server_learns_of_its_own_access_tokens_only)
{
    struct introspection_facts f = facts_of(&server);

    cr_expect(introspection_decide(&f));
    f.is_refresh = true;
    cr_expect_not(introspection_decide(&f), "refresh tokens are the client's");
    f.is_refresh = false;
    f.resource = VIEW("https://r.example/");
    cr_expect_not(introspection_decide(&f));
}

Test(introspection_rule, what_is_over_is_not_active)
{
    struct introspection_facts f = facts_of(&owner);

    cr_expect(introspection_decide(&f));
    f.expires_at = NOW;
    cr_expect_not(introspection_decide(&f));
    f = facts_of(&owner);
    f.is_refresh = f.refresh_used = true;
    cr_expect_not(introspection_decide(&f));
    f = facts_of(&owner);
    family.family.revoked_at = NOW - 1;
    cr_expect_not(introspection_decide(&f));
    f = facts_of(&owner);
    family.family.session = ident_of(VIEW("s"));
    cr_expect_not(introspection_decide(&f), "its session is gone");
}

Test(introspection_rule, a_withdrawn_consent_is_dead_and_a_suspended_one_serves_nobody_else)
{
    struct introspection_facts f = facts_of(&owner);

    family.family.grant = ident_of(VIEW("g"));
    cr_expect_not(introspection_decide(&f), "it is not there any more");
    f.grant = &grant;
    cr_expect(introspection_decide(&f));
    grant.stop = GRANT_STOPPED_BY_RESIDENT;
    cr_expect_not(introspection_decide(&f));
    f.resource = VIEW_NONE;
    cr_expect(introspection_decide(&f), "UserInfo still tells who it is");
    grant.stop = GRANT_RUNS;
    grant.end = GRANT_ENDED_WITHDRAWN;
    cr_expect_not(introspection_decide(&f));
}
