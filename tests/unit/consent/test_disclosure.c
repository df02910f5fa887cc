#include <criterion/criterion.h>

#include "rig.h"

static struct rig r;
static struct grant grant;
static struct disclosure_facts facts;

static void open_rig(void)
{
    struct ledger_parties who;
    rig_open(&r);
    who = rig_who(&r);
    struct grant_choice choice = {.given = {true, true, false}, .duration = GRANT_ONE_YEAR};
    grant_of_choice(&grant, &r.ask, &choice, &r.profile, NULL, &who, ident_of(VIEW("g")), RIG_NOW);
    facts = (struct disclosure_facts){&r.ask, &grant, &r.profile, RIG_NOW + 60};
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(disclosure, .init = open_rig, .fini = close_rig);

static const char *all_claims(void)
{
    struct disclosure d;
    struct buf b;
    struct json_out o;
    const char *text;
    cr_assert_eq(disclosure_decide(&d, &r.arena, &facts), ERR_OK);
    buf_open(&b, &r.arena, 4096);
    json_out_open(&o, &b);
    json_begin(&o);
    disclosure_put_claims(&o, &d);
    json_end(&o);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    return text;
}

/* Without what is said about them. */
static const char *claims(void)
{
    const char *all = all_claims(), *sources = strstr(all, ",\"sources\":");
    return sources ? arena_printf(&r.arena, "%.*s}", (int)(sources - all), all) : all;
}

Test(disclosure, says_where_each_released_value_comes_from_and_nothing_of_others)
{
    cr_expect_str_eq(all_claims(), "{\"name\":\"大阪 花子\",\"age_over_65\":true,\"sources\":{\"name\":{\"source\":"
                                   "\"card-read\",\"as_of\":\"2026-11-22\"},\"age_over_65\":{\"source\":\"card-read\","
                                   "\"as_of\":\"2026-11-22\"}}}");
    r.ask.items[0].hash[3] ^= 1;
    cr_expect_str_eq(all_claims(), "{\"age_over_65\":true,\"sources\":{\"age_over_65\":{\"source\":\"card-read\","
                                   "\"as_of\":\"2026-11-22\"}}}");
    facts.grant = NULL;
    cr_expect_str_eq(all_claims(), "{}");
}

Test(disclosure, marks_the_characters_that_stand_in_for_others)
{
    r.profile.values[0].substitutes = VIEW("01001");
    cr_expect(
        strstr(all_claims(), "\"name\":{\"source\":\"card-read\",\"as_of\":\"2026-11-22\",\"substitutes\":[1,4]}"),
        "%s", all_claims());
    r.profile.values[0].substitutes = VIEW("00000");
    cr_expect_null(strstr(all_claims(), "substitutes"));
}

Test(disclosure, releases_what_was_given_and_nothing_else)
{
    cr_expect_str_eq(claims(), "{\"name\":\"大阪 花子\",\"age_over_65\":true}");
}

Test(disclosure, releases_nothing_without_a_living_grant)
{
    facts.grant = NULL;
    cr_expect_str_eq(claims(), "{}");
    facts.grant = &grant;
    facts.now = RIG_NOW + GRANT_YEAR;
    cr_expect_str_eq(claims(), "{}");
    facts.now = RIG_NOW + 60;
    grant.end = GRANT_ENDED_WITHDRAWN;
    grant.ended_at = RIG_NOW + 1;
    cr_expect_str_eq(claims(), "{}");
}

Test(disclosure, leaves_out_what_is_not_asked_or_not_registered_any_more)
{
    struct ask less;
    ask_requested(&less, &r.ask, VIEW("openid name interests"), 0);
    facts.ask = &less;
    cr_expect_str_eq(claims(), "{\"name\":\"大阪 花子\"}");
    less.n = 0;
    cr_expect_str_eq(claims(), "{}");
}

Test(disclosure, leaves_out_a_field_nobody_decided_on)
{
    r.ask.items[2].field = field_find(VIEW("birthdate"));
    cr_expect_str_eq(claims(), "{\"name\":\"大阪 花子\",\"age_over_65\":true}");
}

Test(disclosure, leaves_out_a_field_whose_purpose_changed_until_she_is_asked)
{
    r.ask.items[0].hash[3] ^= 1;
    cr_expect_str_eq(claims(), "{\"age_over_65\":true}");
}

Test(disclosure, releases_nothing_under_terms_she_never_saw)
{
    r.ask.terms_hash[0] ^= 1;
    cr_expect_str_eq(claims(), "{}");
}

Test(disclosure, leaves_out_a_value_she_has_not_seen)
{
    rig_set_value(&r, "name", "\"堺 花子\"", SOURCE_CARD_READ, "2027-01-05");
    cr_expect_str_eq(claims(), "{\"age_over_65\":true}");
}

Test(disclosure, leaves_out_another_value_of_the_same_day)
{
    r.profile.values[0].changed_at++;
    cr_expect_str_eq(claims(), "{\"age_over_65\":true}");
    r.profile.values[1].changed_at++;
    cr_expect_str_eq(claims(), "{}");
}

Test(disclosure, leaves_out_what_is_uncertain_or_gone)
{
    rig_set_value(&r, "birthdate", "\"1961-00-00\"", SOURCE_CARD_READ, "2026-11-22");
    cr_expect_str_eq(claims(), "{\"name\":\"大阪 花子\"}");
    r.profile.n = 0;
    cr_expect_str_eq(claims(), "{}");
}

Test(disclosure, says_that_an_email_address_was_not_proven)
{
    rig_set_value(&r, "email", "\"h@example.jp\"", SOURCE_RESIDENT, "2026-11-22");
    rig_read_ask(&r, &r.ask, "[{\"id\":\"email\",\"required\":true,\"purpose\":\"連絡\",\"purpose#en\":\"Contact\"}]",
                 "https://a.example/policy/1");
    struct ledger_parties who = rig_who(&r);
    struct grant_choice choice = {.duration = GRANT_ONE_YEAR};
    grant_of_choice(&grant, &r.ask, &choice, &r.profile, NULL, &who, ident_of(VIEW("g")), RIG_NOW);
    cr_expect_str_eq(claims(), "{\"email\":\"h@example.jp\",\"email_verified\":false}");
}

static enum err record(struct db *db, void *ctx)
{
    return disclosure_record(r.ledger, db, ctx, "userinfo", RIG_NOW * 1000 + 7);
}

Test(disclosure, is_written_down_with_names_of_fields_and_never_their_values)
{
    struct disclosure d;
    cr_assert_eq(disclosure_decide(&d, &r.arena, &facts), ERR_OK);
    cr_assert_eq(store_write(r.store, record, &d), ERR_OK);
    const char *events = rig_events(&r);
    cr_expect(strstr(events, "\"type\":\"disclosed\""));
    cr_expect(strstr(events, "\"fields\":[\"name\",\"age_over_65\"]"));
    cr_expect(strstr(events, "\"client\":\"a-booking\""));
    cr_expect(strstr(events, "\"subject\":\"pairwise-sub\""));
    cr_expect(strstr(events, "\"via\":\"userinfo\""));
    cr_expect(strstr(events, "\"at\":1795305600007"));
    cr_expect_null(strstr(events, "花子"));
    cr_expect_null(strstr(events, "true"));
}

Test(disclosure, says_which_fields_went_out_as_proven)
{
    struct disclosure d;
    uint32_t name = field_bit(field_find(VIEW("name"))), age = field_bit(field_find(VIEW("age_over_65")));
    cr_assert_eq(disclosure_decide(&d, &r.arena, &facts), ERR_OK);
    disclosure_keep(&d, 0, name | field_bit(field_find(VIEW("birthdate"))), VIEW("{}"));
    cr_expect_eq(d.n, 1, "what may not go out does not go out as proven either");
    cr_assert_eq(store_write(r.store, record, &d), ERR_OK);
    cr_expect(strstr(rig_events(&r), "\"fields\":[\"name\"]"));
    cr_expect(strstr(rig_events(&r), "\"v\":1,\"verified\":[\"name\"],\"via\":\"userinfo\"}"));
    cr_assert_eq(disclosure_decide(&d, &r.arena, &facts), ERR_OK);
    disclosure_keep(&d, age, 0, VIEW_NONE);
    cr_assert_eq(store_write(r.store, record, &d), ERR_OK);
    cr_expect(strstr(rig_events(&r), "\"fields\":[\"age_over_65\"]"));
}

Test(disclosure, tells_a_field_plainly_only_if_it_was_asked_so)
{
    struct disclosure d;
    struct json_out o;
    const char *text;
    struct buf b;
    cr_assert_eq(disclosure_decide(&d, &r.arena, &facts), ERR_OK);
    disclosure_keep(&d, field_bit(field_find(VIEW("age_over_65"))), field_bit(field_find(VIEW("name"))), VIEW("[7]"));
    buf_open(&b, &r.arena, 4096);
    json_out_open(&o, &b);
    json_begin(&o);
    disclosure_put_claims(&o, &d);
    json_end(&o);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    cr_expect_str_eq(text, "{\"age_over_65\":true,\"verified_claims\":[7],\"sources\":{\"name\":{\"source\":"
                           "\"card-read\",\"as_of\":\"2026-11-22\"},\"age_over_65\":{\"source\":\"card-read\","
                           "\"as_of\":\"2026-11-22\"}}}");
}

Test(disclosure, of_nothing_writes_nothing)
{
    struct disclosure d;
    facts.grant = NULL;
    cr_assert_eq(disclosure_decide(&d, &r.arena, &facts), ERR_OK);
    cr_assert_eq(store_write(r.store, record, &d), ERR_OK);
    cr_expect_str_eq(rig_events(&r), "");
}
