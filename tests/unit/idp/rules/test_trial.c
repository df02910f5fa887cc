#include <criterion/criterion.h>

#include "idp/rules/trial.h"

static void expect(enum trial_probe probe, int status, enum trial trial)
{
    struct trial_verdict v = trial_decide(probe, status);

    cr_expect_eq(v.trial, trial, "probe %d, status %d: %s", probe, status, v.words);
    cr_expect_gt(strlen(v.words), 4);
}

Test(trial, who_takes_a_forged_token_is_bad)
{
    expect(TRIAL_LOGOUT_FORGED, 200, TRIAL_BAD);
    expect(TRIAL_LOGOUT_FORGED, 204, TRIAL_BAD);
    expect(TRIAL_LOGOUT_FORGED, 400, TRIAL_GOOD);
    expect(TRIAL_LOGOUT_FORGED, 403, TRIAL_NOTE);
    expect(TRIAL_EVENT_FORGED, 202, TRIAL_BAD);
    expect(TRIAL_EVENT_FORGED, 400, TRIAL_GOOD);
    expect(TRIAL_EVENT_FORGED, 500, TRIAL_NOTE);
}

Test(trial, who_does_not_take_what_is_ours_is_bad)
{
    expect(TRIAL_LOGOUT, 404, TRIAL_BAD);
    expect(TRIAL_LOGOUT, 302, TRIAL_BAD);
    expect(TRIAL_LOGOUT, 500, TRIAL_BAD);
    expect(TRIAL_LOGOUT, 200, TRIAL_GOOD);
    expect(TRIAL_LOGOUT, 204, TRIAL_GOOD);
    expect(TRIAL_LOGOUT, 400, TRIAL_NOTE);
    expect(TRIAL_EVENT, 200, TRIAL_BAD);
    expect(TRIAL_EVENT, 202, TRIAL_GOOD);
    expect(TRIAL_EVENT, 400, TRIAL_NOTE);
}

Test(trial, pages_that_residents_are_led_to_must_be_there)
{
    expect(TRIAL_PAGE, 404, TRIAL_BAD);
    expect(TRIAL_PAGE, 500, TRIAL_BAD);
    expect(TRIAL_PAGE, 200, TRIAL_GOOD);
    expect(TRIAL_REDIRECT, 400, TRIAL_GOOD);
    expect(TRIAL_REDIRECT, 302, TRIAL_GOOD);
    expect(TRIAL_REDIRECT, 404, TRIAL_NOTE);
    expect(TRIAL_REDIRECT, 500, TRIAL_NOTE);
    expect(TRIAL_REDIRECT, 100, TRIAL_BAD);
}

static enum trial initiate(int status, const char *location)
{
    return trial_initiate(status, view_text(location), VIEW("https://id.example/authorize"), VIEW("a")).trial;
}

Test(trial, a_login_is_begun_here_and_as_the_service_itself)
{
    cr_expect_eq(initiate(404, NULL), TRIAL_BAD);
    cr_expect_eq(initiate(302, "https://evil.example/authorize?client_id=a"), TRIAL_BAD);
    cr_expect_eq(initiate(302, "https://id.example/authorized?client_id=a"), TRIAL_BAD);
    cr_expect_eq(initiate(302, "https://id.example/authorize?client_id=b"), TRIAL_BAD);
    cr_expect_eq(initiate(302, "https://id.example/authorize?xclient_id=a"), TRIAL_BAD);
    cr_expect_eq(initiate(302, "https://id.example/authorize"), TRIAL_BAD);
    cr_expect_eq(initiate(302, NULL), TRIAL_BAD);
    cr_expect_eq(initiate(200, NULL), TRIAL_NOTE);
    cr_expect_eq(initiate(303, "https://id.example/authorize?scope=openid&client_id=a"), TRIAL_GOOD);
}

static bool lacks(const struct client *c, const char *member, const char *field)
{
    struct trial_lack lack;

    for (size_t i = 0; trial_lack(&lack, c, i); i++)
        if (strcmp(lack.member, member) == 0 && (field ? view_equal_text(lack.field, field) : !view_is(lack.field)) &&
            lack.verdict.trial == TRIAL_NOTE)
            return true;
    return false;
}

Test(trial, what_receipts_need_and_is_not_registered_is_named)
{
    static const char *const members[] = {"policy_uri", "contacts", "organization.address", "organization.email",
                                          "organization.phone_number"};
    static const struct ask_place place = {.country = NULL};
    struct ask_notice notice = {.retention = VIEW("P1Y"), .storage = {&place, 1}};
    struct ask ask = {.n = 2, .items = {{.field = field_at(0), .notice = &notice}, {.field = field_at(1)}}},
               none = {.n = 0};
    struct client c = {.ask = &ask};
    struct trial_lack lack;

    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        cr_expect(lacks(&c, members[i], NULL), "%s", members[i]);
    cr_expect(lacks(&c, "retention", field_at(1)->id));
    cr_expect(lacks(&c, "storage_locations", field_at(1)->id));
    cr_expect_not(lacks(&c, "retention", field_at(0)->id));
    cr_expect_not(lacks(&c, "storage_locations", field_at(0)->id));
    c.ask = &none;
    cr_expect_not(trial_lack(&lack, &c, 0), "who asks for nothing needs none of it");
    c = (struct client){
        .ask = &ask, .policy_uri = VIEW("p"), .contact = VIEW("c"), .party = {.email = VIEW("e"), .phone = VIEW("1")}};
    c.party.address.country = country_find(VIEW("JP"));
    ask.items[1].notice = &notice;
    cr_expect_not(trial_lack(&lack, &c, 0), "%s", lack.member);
}
