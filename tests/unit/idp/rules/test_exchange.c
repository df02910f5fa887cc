/* Which tokens are exchanged for which (RFC 8693). */
#include <criterion/criterion.h>

#include "idp/rules/exchange.h"

enum { NOW = 1000000 };

static struct client client, server;
static struct token_facts family;
static struct grant grant;
static struct view resources[1];
static struct exchange_facts facts;

static void prepare(void)
{
    resources[0] = VIEW("https://r.example");
    client = (struct client){.id = VIEW("a"), .resource = VIEW("https://a.example"), .resources = {resources, 1}};
    server = (struct client){.id = VIEW("r"), .resource = VIEW("https://r.example")};
    family = (struct token_facts){
        .family = {.client = VIEW("a"), .resident = ident_of(VIEW("hanako")), .expires_at = NOW + 600}};
    grant = (struct grant){.end = GRANT_LIVE};
    facts = (struct exchange_facts){.client = &client,
                                    .family = &family,
                                    .scope = VIEW("openid name"),
                                    .expires_at = NOW + 60,
                                    .target = {.server = &server},
                                    .grant = &grant,
                                    .now = NOW};
}

TestSuite(exchange, .init = prepare);

Test(exchange, takes_access_tokens_for_a_resource_and_nothing_else)
{
    struct exchange_params good = {.subject_token = VIEW("t"),
                                   .subject_type = view_text(exchange_access_token),
                                   .resource = VIEW("https://r.example")},
                           p = good;

    p.subject_token = VIEW_NONE;
    cr_expect_eq(exchange_params_decide(&p), REFUSAL_EXCHANGE_SUBJECT_MISSING, "RFC 8693 2.1");
    p = good;
    p.subject_type = VIEW("urn:ietf:params:oauth:token-type:refresh_token");
    cr_expect_eq(exchange_params_decide(&p), REFUSAL_EXCHANGE_SUBJECT_MISSING);
    p = good;
    p.requested_type = VIEW("urn:ietf:params:oauth:token-type:id_token");
    cr_expect_eq(exchange_params_decide(&p), REFUSAL_EXCHANGE_TYPE);
    p = good;
    p.actor_token = VIEW("t");
    cr_expect_eq(exchange_params_decide(&p), REFUSAL_EXCHANGE_TYPE);
    p = good;
    p.resource = VIEW("https://r.example https://s.example");
    cr_expect_eq(exchange_params_decide(&p), REFUSAL_RESOURCE_SEVERAL, "RFC 8707 3");
    p.resource = VIEW_NONE;
    cr_expect_eq(exchange_params_decide(&p), REFUSAL_RESOURCE_NOT_REGISTERED, "for nobody");
    p.audience = VIEW("r");
    cr_expect_eq(exchange_params_decide(&p), REFUSAL_NONE);
    cr_expect_eq(exchange_params_decide(&good), REFUSAL_NONE);
}

Test(exchange, is_for_a_living_token_of_a_resident_that_the_client_holds)
{
    facts.family = NULL;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT);
    prepare();
    facts.expires_at = NOW;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT);
    prepare();
    family.family.revoked_at = NOW - 1;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT);
    prepare();
    family.family.resident = IDENT_NONE;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT, "a service by itself asks by itself");
    prepare();
    family.family.client = VIEW("b");
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT, "another's");
    facts.resource = VIEW("https://r.example");
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT, "for somebody else");
    facts.resource = VIEW("https://a.example");
    cr_expect_eq(exchange_decide(&facts), REFUSAL_NONE, "it was shown it as the server it is for");
}

Test(exchange, leads_to_a_registered_server_that_has_the_residents_consent)
{
    client.resources.n = 0;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_RESOURCE_NOT_REGISTERED);
    prepare();
    facts.target.server = NULL;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_RESOURCE_NOT_REGISTERED);
    prepare();
    facts.grant = NULL;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_NO_CONSENT);
    facts.grant = &grant;
    grant.stop = GRANT_STOPPED_BY_RESIDENT;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_NO_CONSENT, "suspended");
    grant.stop = GRANT_RUNS;
    grant.ended_at = NOW - 1;
    grant.end = GRANT_ENDED_WITHDRAWN;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_NO_CONSENT, "withdrawn");
    prepare();
    facts.asked_scope = VIEW("name");
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SCOPE, "it means nothing there");
    prepare();
    cr_expect_eq(exchange_decide(&facts), REFUSAL_NONE);
}

Test(exchange, is_for_one_service_that_all_names_are_of)
{
    struct client other = {.id = VIEW("o"), .resource = VIEW("https://o.example")};
    struct exchange_target t = {.server = NULL};

    exchange_target_add(&t, &server, false);
    exchange_target_add(&t, &server, false);
    facts.target = t;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_NONE, "one by two names");
    exchange_target_add(&facts.target, &other, false);
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_TARGETS, "RFC 8693 2.2.2");
    facts.target = t;
    exchange_target_add(&facts.target, NULL, true);
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_TARGETS, "and UserInfo");
    facts.target = t;
    exchange_target_add(&facts.target, NULL, false);
    cr_expect_eq(exchange_decide(&facts), REFUSAL_RESOURCE_NOT_REGISTERED, "one of them is nobody's");
    facts.target = (struct exchange_target){.server = NULL};
    exchange_target_add(&facts.target, NULL, false);
    exchange_target_add(&facts.target, &server, false);
    cr_expect_eq(exchange_decide(&facts), REFUSAL_RESOURCE_NOT_REGISTERED);
}

Test(exchange, for_userinfo_is_of_ones_own_token_with_a_part_of_its_scope)
{
    facts.target = (struct exchange_target){.userinfo = true};
    family.family.grant = ident_of(VIEW("grant"));
    facts.asked_scope = VIEW("openid name address");
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SCOPE, "wider");
    facts.asked_scope = VIEW("openid");
    facts.resource = VIEW("https://a.example");
    cr_expect_eq(exchange_decide(&facts), REFUSAL_RESOURCE_NOT_GRANTED, "it was for another server");
    family.family.client = VIEW("b");
    cr_expect_eq(exchange_decide(&facts), REFUSAL_RESOURCE_NOT_GRANTED, "which it was shown as that server");
    facts.resource = VIEW_NONE;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT, "another's");
    family.family.client = VIEW("a");
    grant.stop = GRANT_STOPPED_BY_RESIDENT;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT);
    facts.grant = NULL;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_EXCHANGE_SUBJECT, "the consent is gone");
    family.family.grant = IDENT_NONE;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_NONE, "nothing but a login was asked");
    facts.asked_scope = VIEW_NONE;
    cr_expect_eq(exchange_decide(&facts), REFUSAL_NONE, "all of it");
}
