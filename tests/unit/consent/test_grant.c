#include <criterion/criterion.h>

#include "rig.h"

static struct rig r;

static void open_rig(void)
{
    rig_open(&r);
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(grant, .init = open_rig, .fini = close_rig);

#define DAY (24 * 3600)

static struct grant_choice choice_of(bool age, bool interests, enum grant_duration duration)
{
    return (struct grant_choice){.given = {false, age, interests}, .duration = duration};
}

static struct grant made(const struct grant_choice *choice, const struct grant *previous, int64_t now)
{
    struct grant g;
    struct ledger_parties who = rig_who(&r);
    grant_of_choice(&g, &r.ask, choice, &r.profile, previous, &who, ident_of(VIEW("g")), now);
    return g;
}

/* --- the one decision: every trigger of product.md, one at a time, from a state that is silent ------------------ */

struct state {
    struct grant grant;
    struct grant_facts facts;
    struct ask ask;
    struct field_profile profile;
};

static void be_silent(struct state *s)
{
    struct grant_choice choice = choice_of(true, false, GRANT_ONE_YEAR);
    s->grant = made(&choice, NULL, RIG_NOW);
    s->ask = r.ask;
    s->profile = r.profile;
    s->facts =
        (struct grant_facts){.ask = &s->ask, .grant = &s->grant, .profile = &s->profile, .now = RIG_NOW + 100 * DAY};
}

static void nothing(struct state *s)
{
    (void)s;
}

static void new_service(struct state *s)
{
    s->facts.grant = NULL;
}

static void new_service_that_asks_for_nothing(struct state *s)
{
    s->facts.grant = NULL;
    s->ask.n = 0;
}

static void new_field(struct state *s)
{
    struct ask_item item = {.field = field_find(VIEW("gender"))};
    s->ask.items[s->ask.n++] = item;
}

static void purpose_changed(struct state *s)
{
    s->ask.items[0].hash[0] ^= 1;
}

static void purpose_of_refused_field_changed(struct state *s)
{
    s->ask.items[2].hash[ASK_HASH - 1] ^= 1;
}

static void terms_changed(struct state *s)
{
    s->ask.terms_hash[31] ^= 1;
}

static void other_source(struct state *s)
{
    s->profile.values[0].source = SOURCE_CARD_SIGNED;
}

static void read_anew(struct state *s)
{
    s->profile.values[0].as_of = VIEW("2027-01-01");
}

static void another_value_on_the_same_day(struct state *s)
{
    s->profile.values[0].changed_at++;
}

static void birthdate_under_derived_age_corrected_on_the_same_day(struct state *s)
{
    s->profile.values[1].changed_at++;
}

static void refused_field_has_another_value(struct state *s)
{
    s->profile.values[1].changed_at++;
    s->grant.decisions[1].given = false;
}

static void interests_changed_on_the_same_day(struct state *s)
{
    s->grant.decisions[2].given = true;
    s->profile.values[2].changed_at++;
}

static void birthdate_under_derived_age_read_anew(struct state *s)
{
    s->profile.values[1].as_of = VIEW("2027-01-01");
}

static void value_appeared(struct state *s)
{
    s->grant.decisions[0].source = SOURCE_NONE;
    s->grant.decisions[0].as_of = VIEW_NONE;
}

static void value_gone(struct state *s)
{
    s->profile.n = 0;
}

static void interests_written_anew(struct state *s)
{
    s->grant.decisions[2].given = true;
    s->profile.values[2].as_of = VIEW("2027-01-01");
}

static void interests_from_elsewhere(struct state *s)
{
    s->grant.decisions[2].given = true;
    s->profile.values[2].source = SOURCE_UPSTREAM;
}

static void last_second_of_the_year(struct state *s)
{
    s->facts.now = RIG_NOW + GRANT_YEAR - 1;
}

static void year_passed(struct state *s)
{
    s->facts.now = RIG_NOW + GRANT_YEAR;
}

static void one_decision_ran_out(struct state *s)
{
    s->grant.decisions[1].until = s->facts.now;
}

static void expired_by_sweep(struct state *s)
{
    s->grant.end = GRANT_ENDED_EXPIRED;
    s->grant.ended_at = RIG_NOW + DAY;
}

static void withdrawn(struct state *s)
{
    s->grant.end = GRANT_ENDED_WITHDRAWN;
    s->grant.ended_at = RIG_NOW + DAY;
}

static void withdrawn_even_inside_this_interaction(struct state *s)
{
    withdrawn(s);
    s->facts.reached_here = true;
}

static void prompted(struct state *s)
{
    s->facts.prompt_consent = true;
}

static void prompted_and_answered_here(struct state *s)
{
    s->facts.prompt_consent = true;
    s->facts.reached_here = true;
}

static void once_and_back_again(struct state *s)
{
    struct grant_choice choice = choice_of(true, true, GRANT_ONCE);
    s->grant = made(&choice, NULL, RIG_NOW);
    s->facts.now = RIG_NOW + 5;
}

static void once_inside_its_interaction(struct state *s)
{
    once_and_back_again(s);
    s->facts.reached_here = true;
}

static void once_and_too_slow(struct state *s)
{
    once_inside_its_interaction(s);
    s->facts.now = RIG_NOW + GRANT_ONCE_LIFE;
}

static void suspended_by_herself(struct state *s)
{
    s->grant.stop = GRANT_STOPPED_BY_RESIDENT;
}

static void suspended_by_the_operator(struct state *s)
{
    s->grant.stop = GRANT_STOPPED_BY_OPERATOR;
}

static void suspended_inside_this_interaction(struct state *s)
{
    s->grant.stop = GRANT_STOPPED_BY_OPERATOR;
    s->facts.reached_here = true;
    s->facts.prompt_consent = true;
}

static void suspended_and_withdrawn(struct state *s)
{
    suspended_by_the_operator(s);
    withdrawn(s);
}

static void suspended_and_the_year_passed(struct state *s)
{
    suspended_by_herself(s);
    year_passed(s);
}

static void refused_field_required_now(struct state *s)
{
    s->ask.items[2].required = true;
}

static void until_withdrawn_after_ten_years(struct state *s)
{
    struct grant_choice choice = choice_of(true, false, GRANT_UNTIL_WITHDRAWN);
    s->grant = made(&choice, NULL, RIG_NOW);
    s->facts.now = RIG_NOW + 10 * (int64_t)GRANT_YEAR;
}

static void asks_for_less(struct state *s)
{
    s->ask.n = 1;
}

Test(grant, is_asked_again_for_every_trigger_and_silent_otherwise)
{
    static const struct {
        void (*change)(struct state *);
        enum grant_reason reason;
        const char *field;
    } table[] = {
        {new_service, GRANT_NEW_SERVICE, NULL},
        {new_service_that_asks_for_nothing, GRANT_NEW_SERVICE, NULL},
        {new_field, GRANT_NEW_FIELD, "gender"},
        {purpose_changed, GRANT_TERMS_CHANGED, "name"},
        {purpose_of_refused_field_changed, GRANT_TERMS_CHANGED, "interests"},
        {terms_changed, GRANT_TERMS_CHANGED, NULL},
        {other_source, GRANT_PROOF_CHANGED, "name"},
        {read_anew, GRANT_PROOF_CHANGED, "name"},
        {another_value_on_the_same_day, GRANT_PROOF_CHANGED, "name"},
        {birthdate_under_derived_age_read_anew, GRANT_PROOF_CHANGED, "age_over_65"},
        {birthdate_under_derived_age_corrected_on_the_same_day, GRANT_PROOF_CHANGED, "age_over_65"},
        {value_appeared, GRANT_PROOF_CHANGED, "name"},
        {interests_from_elsewhere, GRANT_PROOF_CHANGED, "interests"},
        {year_passed, GRANT_EXPIRED, NULL},
        {one_decision_ran_out, GRANT_EXPIRED, "age_over_65"},
        {expired_by_sweep, GRANT_EXPIRED, NULL},
        {withdrawn, GRANT_WITHDRAWN, NULL},
        {withdrawn_even_inside_this_interaction, GRANT_WITHDRAWN, NULL},
        {prompted, GRANT_PROMPTED, NULL},
        {once_and_back_again, GRANT_ONLY_ONCE, NULL},
        {once_and_too_slow, GRANT_EXPIRED, NULL},
        {refused_field_required_now, GRANT_REQUIRED_NOW, "interests"},
        {suspended_by_herself, GRANT_SUSPENDED, NULL},
        {suspended_by_the_operator, GRANT_SUSPENDED, NULL},
        {suspended_inside_this_interaction, GRANT_SUSPENDED, NULL},
        {suspended_and_withdrawn, GRANT_WITHDRAWN, NULL},
        {suspended_and_the_year_passed, GRANT_EXPIRED, NULL},
        {nothing, GRANT_SILENT, NULL},
        {asks_for_less, GRANT_SILENT, NULL},
        {value_gone, GRANT_SILENT, NULL},
        {interests_written_anew, GRANT_SILENT, NULL},
        {interests_changed_on_the_same_day, GRANT_SILENT, NULL},
        {refused_field_has_another_value, GRANT_SILENT, NULL},
        {last_second_of_the_year, GRANT_SILENT, NULL},
        {until_withdrawn_after_ten_years, GRANT_SILENT, NULL},
        {prompted_and_answered_here, GRANT_SILENT, NULL},
        {once_inside_its_interaction, GRANT_SILENT, NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct state s;
        be_silent(&s);
        table[i].change(&s);
        struct grant_verdict v = grant_decide(&s.facts);
        cr_expect_eq(v.reason, table[i].reason, "row %zu: %s, not %s", i, grant_reason_name(v.reason),
                     grant_reason_name(table[i].reason));
        cr_expect_str_eq(v.field ? v.field->id : "none", table[i].field ? table[i].field : "none", "row %zu", i);
    }
}

/* --- what comes of a choice ------------------------------------------------------------------------------------- */

Test(grant, leaves_optional_fields_refused_until_ticked_and_gives_required_ones)
{
    struct grant_choice choice = choice_of(false, true, GRANT_ONE_YEAR);
    struct grant g = made(&choice, NULL, RIG_NOW);
    cr_assert_eq(g.n, 3);
    cr_expect(g.decisions[0].given);
    cr_expect_not(g.decisions[1].given);
    cr_expect(g.decisions[2].given);
    cr_expect_eq(g.expires_at, RIG_NOW + GRANT_YEAR);
    cr_expect_eq(g.decisions[1].source, SOURCE_CARD_READ);
    cr_expect(view_equal_text(g.decisions[1].as_of, "2026-11-22"));
}

Test(grant, keeps_decisions_on_fields_not_asked_now_with_their_own_end)
{
    struct grant_choice year = choice_of(true, true, GRANT_ONE_YEAR),
                        free = choice_of(true, true, GRANT_UNTIL_WITHDRAWN);
    struct grant first = made(&year, NULL, RIG_NOW);
    r.ask.n = 1;
    struct grant second = made(&free, &first, RIG_NOW + DAY);
    cr_assert_eq(second.n, 3);
    cr_expect_eq(second.decisions[0].until, 0);
    cr_expect_eq(second.decisions[1].until, RIG_NOW + GRANT_YEAR);
    cr_expect_eq(second.expires_at, 0);
    cr_expect(ident_equal(second.id, first.id));
    struct grant third = made(&year, &first, RIG_NOW + GRANT_YEAR);
    cr_expect_eq(third.n, 1, "what has run out is not kept");
}

Test(grant, does_not_keep_a_decision_that_ran_out)
{
    struct grant_choice year = choice_of(true, true, GRANT_ONE_YEAR);
    struct grant first = made(&year, NULL, RIG_NOW);
    first.decisions[1].until = RIG_NOW + DAY;
    r.ask.n = 1;
    struct grant second = made(&year, &first, RIG_NOW + DAY);
    cr_assert_eq(second.n, 2);
    cr_expect_str_eq(second.decisions[1].field->id, "interests");
}

Test(grant, for_this_time_only_carries_nothing_over_in_either_direction)
{
    struct grant_choice year = choice_of(true, true, GRANT_ONE_YEAR), once = choice_of(true, true, GRANT_ONCE);
    struct grant first = made(&year, NULL, RIG_NOW);
    struct ask all = r.ask;
    r.ask.n = 1;
    struct grant second = made(&once, &first, RIG_NOW + 1);
    cr_expect_eq(second.n, 1);
    cr_expect_eq(second.expires_at, RIG_NOW + 1 + GRANT_ONCE_LIFE);
    r.ask = all;
    first = made(&once, NULL, RIG_NOW);
    r.ask.n = 1;
    second = made(&year, &first, RIG_NOW + 1);
    cr_expect_eq(second.n, 1);
}

Test(grant, with_a_duration_nobody_offered_allows_nothing)
{
    struct grant_choice odd = choice_of(true, true, (enum grant_duration)9);
    struct grant g = made(&odd, NULL, RIG_NOW);
    cr_expect_not(grant_is_live(&g, RIG_NOW));
}

/* --- stored ----------------------------------------------------------------------------------------------------- */

struct job {
    enum { YES, NO, WITHDRAW, EXPIRE, CLAIM } what;
    struct grant_answer answer;
    struct grant_choice choice;
    struct grant out;
    struct ident id, resident;
    size_t done;
};

static enum err job_fn(struct db *db, void *ctx)
{
    struct job *j = ctx;
    int64_t at = j->answer.at_ms;
    switch (j->what) {
    case YES:
        return grant_record(&j->out, r.ledger, &r.arena, db, &j->answer, &j->choice);
    case NO:
        return grant_record_refusal(r.ledger, db, &j->answer);
    case WITHDRAW:
        return grant_withdraw(r.ledger, &r.arena, db, j->resident, j->id, "home", at);
    case EXPIRE:
        return grant_expire(r.ledger, &r.arena, db, at, 10, &j->done);
    case CLAIM:
        return grant_claim(db, j->id);
    }
    return ERR_STORE;
}

static struct job job_of(int what, int64_t now)
{
    return (struct job){.what = what,
                        .answer = {.ask = &r.ask, .profile = &r.profile, .who = rig_who(&r), .at_ms = now * 1000},
                        .choice = choice_of(true, false, GRANT_ONE_YEAR),
                        .resident = r.resident};
}

static struct grant say_yes(bool age, bool interests, enum grant_duration duration, int64_t now)
{
    struct job j = job_of(YES, now);
    j.choice = choice_of(age, interests, duration);
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    return j.out;
}

static enum err find(struct grant *g)
{
    struct db *db = store_borrow(r.store);
    enum err err = grant_find(g, &r.arena, db, r.resident, VIEW("a-booking"));
    store_return(r.store, db);
    return err;
}

static size_t occurrences(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

Test(grant, nobody_gave_is_not_found)
{
    struct grant g;
    cr_expect_eq(find(&g), ERR_NOT_FOUND);
}

#define PURPOSE "00112233445566778899aabbCCDDEEFF"

Test(grant, reads_each_part_of_a_decision)
{
    struct grant g;
    say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    rig_tamper(&r, "UPDATE consent SET decisions = 'gone 1 1 - " PURPOSE " 0 0 0\n\n"
                   "email 0 4 - " PURPOSE " 7 8 9\nname 1 1 2026-11-22 " PURPOSE " 0 0 0'");
    cr_assert_eq(find(&g), ERR_OK);
    cr_assert_eq(g.n, 2, "the field that is not in the catalogue is left out");
    cr_expect_str_eq(g.decisions[0].field->id, "email");
    cr_expect(!g.decisions[0].given && g.decisions[1].given);
    cr_expect_eq(g.decisions[0].source, SOURCE_RESIDENT);
    cr_expect(!view_is(g.decisions[0].as_of) && view_equal_text(g.decisions[1].as_of, "2026-11-22"));
    cr_expect(g.decisions[0].until == 7 && g.decisions[0].changed_at == 8 && g.decisions[0].since == 9);
    cr_expect_eq(g.decisions[0].purpose[1], 0x11);
    cr_expect_eq(g.decisions[0].purpose[15], 0xFF);
}

Test(grant, comes_back_as_it_was_given)
{
    struct grant given = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW), g;
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect(ident_equal(g.id, given.id));
    cr_expect(ident_equal(g.who.resident, r.resident));
    cr_expect(view_equal_text(g.who.client, "a-booking") && view_equal_text(g.who.org, "a-city"));
    cr_expect(view_equal_text(g.who.sector, "27999") && view_equal_text(g.who.subject, "pairwise-sub"));
    cr_expect_arr_eq(g.terms_hash, r.ask.terms_hash, 32);
    cr_expect_arr_eq(g.ask_hash, r.ask.hash, 32);
    cr_expect(g.duration == given.duration && g.given_at == RIG_NOW && g.expires_at == given.expires_at);
    cr_expect(g.leaf == 1 && view_equal(g.scopes, given.scopes));
    cr_assert_eq(g.n, 3);
    for (size_t i = 0; i < g.n; i++) {
        cr_expect_eq(g.decisions[i].field, given.decisions[i].field);
        cr_expect_eq(g.decisions[i].given, given.decisions[i].given);
        cr_expect_eq(g.decisions[i].source, given.decisions[i].source);
        cr_expect_eq(g.decisions[i].until, given.decisions[i].until);
        cr_expect(view_equal(g.decisions[i].as_of, given.decisions[i].as_of));
        cr_expect_eq(g.decisions[i].changed_at, RIG_NOW - (int64_t)i);
        cr_expect_eq(g.decisions[i].since, RIG_NOW);
        cr_expect_arr_eq(g.decisions[i].purpose, given.decisions[i].purpose, ASK_HASH);
    }
    struct db *db = store_borrow(r.store);
    struct grant *list;
    size_t n;
    cr_expect_eq(grant_find_by_id(&g, &r.arena, db, given.id), ERR_OK);
    struct grant_standing standing;
    cr_assert_eq(grant_find_standing(&standing, &r.arena, db, given.id), ERR_OK);
    cr_expect(grant_standing_may_release(&standing, RIG_NOW));
    cr_expect_not(grant_standing_may_release(&standing, given.expires_at));
    cr_expect_eq(standing.expires_at, given.expires_at);
    cr_expect_eq(grant_find_standing(&standing, &r.arena, db, r.resident), ERR_NOT_FOUND);
    cr_expect_eq(grant_list(&r.arena, db, r.resident, RIG_NOW, &list, &n), ERR_OK);
    cr_expect_eq(n, 1);
    cr_expect_eq(grant_list(&r.arena, db, r.resident, RIG_NOW + GRANT_YEAR, &list, &n), ERR_OK);
    cr_expect_eq(n, 0);
    cr_expect_eq(grant_list(&r.arena, db, ident_of(VIEW("taro")), RIG_NOW, &list, &n), ERR_OK);
    cr_expect_eq(n, 0);
    store_return(r.store, db);
    struct grant_facts facts = {&r.ask, &g, &r.profile, RIG_NOW + 1, false, false, {NULL, 0}};
    cr_expect_eq(grant_decide(&facts).reason, GRANT_SILENT);
}

#define LINE(TEXT) "UPDATE consent SET decisions = '" TEXT "\n'"

/* A line that somebody wrote, and whether it is a decision. */
static const struct decision_row {
    const char *sql;
    bool good;
} decision_rows[] = {
    {LINE("name 1 1 2026-11-22 " PURPOSE " 0 5 6"), true},
    {LINE("name 0 4 - " PURPOSE " 9223372036854775807 5 6"), true},
    {LINE("name 1 1 - " PURPOSE " 0 5 6 what a later version adds"), true},
    {LINE("name 1 1 - " PURPOSE " 0 5 6 "), true},
    {LINE("name 1 1 - " PURPOSE " 0 5"), false},
    {LINE("name 1 1 - " PURPOSE " 0 5 "), false},
    {LINE("name 1 1 - " PURPOSE " 0 5 06"), false},
    {LINE("name 1 1 - " PURPOSE " 0 5 6x"), false},
    {LINE("name 1 1 - " PURPOSE " 0  5 6"), false},
    {LINE("name 1 1 - " PURPOSE " -1 5 6"), false},
    {LINE("name 1 1 - " PURPOSE " 9223372036854775808 5 6"), false},
    {LINE("name 1 1 - " PURPOSE "0 0 5 6"), false},
    {LINE("name 1 1 - 0" PURPOSE " 0 5 6"), false},
    {LINE("name 1 1 - 00112233445566778899aabbCCDDEEFG 0 5 6"), false},
    {LINE("name 1 1 - 0011 0 5 6"), false},
    {LINE("name 1 1 -  0 5 6"), false},
    {LINE("name 1 5 - " PURPOSE " 0 5 6"), false},
    {LINE("name 11 1 - " PURPOSE " 0 5 6"), false},
    {LINE("name  1 - " PURPOSE " 0 5 6"), false},
    {LINE("name 1 1 - " PURPOSE " never 0 0"), false},
    {LINE("name 1 1 - " PURPOSE " 0 then 0"), false},
    {LINE("name 1 1 - " PURPOSE " 0 0 soon"), false},
    {LINE("name 1"), false},
    {LINE("name"), false},
};

Test(grant, with_damaged_decisions_is_a_store_error_and_never_a_consent)
{
    struct grant g;
    say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    for (size_t i = 0; i < sizeof decision_rows / sizeof *decision_rows; i++) {
        const struct decision_row *row = &decision_rows[i];
        rig_tamper(&r, row->sql);
        cr_expect_eq(find(&g), row->good ? ERR_OK : ERR_STORE, "%s", row->sql);
        cr_expect_eq(g.n, row->good ? 1 : 0, "%s", row->sql);
    }
}

Test(grant, writes_requested_given_and_refused)
{
    struct grant g = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\n"), 3);
    cr_expect(strstr(events, "\"fields\":[\"name\",\"age_over_65\",\"interests\"]"));
    cr_expect(strstr(events, "\"fields\":[\"name\",\"age_over_65\"]"));
    cr_expect(strstr(events, "\"fields\":[\"interests\"]"));
    cr_expect_eq(occurrences(events, "\"type\":\"requested\""), 1);
    cr_expect_eq(occurrences(events, "\"type\":\"given\""), 1);
    cr_expect_eq(occurrences(events, "\"type\":\"refused\""), 1);
    cr_expect_eq(occurrences(events, "\"ground\":\"consent\""), 3);
    cr_expect_eq(occurrences(events, "\"via\":\"consent-page\""), 3);
    cr_expect(ident_is(g.id));
}

Test(grant, refused_as_a_whole_is_written_and_leaves_no_grant)
{
    struct job j = job_of(NO, RIG_NOW);
    struct grant g;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_eq(find(&g), ERR_NOT_FOUND);
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\n"), 2);
    cr_expect_eq(occurrences(events, "\"type\":\"refused\""), 1);
}

Test(grant, given_again_keeps_its_id_and_writes_what_turned_over)
{
    struct grant first = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    struct grant second = say_yes(false, false, GRANT_ONE_YEAR, RIG_NOW + DAY), g;
    cr_expect(ident_equal(first.id, second.id));
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect_not(g.decisions[1].given);
    cr_expect_eq(g.expires_at, RIG_NOW + DAY + GRANT_YEAR);
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\"type\":\"changed\""), 1);
    cr_expect(strstr(events, "\"fields\":[\"age_over_65\"]"));
    say_yes(false, false, GRANT_ONE_YEAR, RIG_NOW + 2 * DAY);
    cr_expect_eq(occurrences(rig_events(&r), "\"type\":\"changed\""), 1, "nothing turned over");
}

/* --- whose tokens nobody fetched (Grant Management, draft 03, 5.6.1) --- */

static struct grant create(int64_t now)
{
    struct job j = job_of(YES, now);
    j.choice.action = GRANT_CREATE;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    return j.out;
}

static size_t ended_at(int64_t now)
{
    struct job j = job_of(EXPIRE, now);
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    return j.done;
}

static void claim(struct ident id)
{
    struct job j = job_of(CLAIM, RIG_NOW);
    j.id = id;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
}

Test(grant, that_was_not_created_by_an_action_waits_for_no_token)
{
    struct grant g = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    cr_expect_eq(g.claim_until, 0);
    cr_expect_eq(ended_at(RIG_NOW + DAY), 0);
}

Test(grant, whose_token_was_fetched_stays)
{
    struct grant g;
    claim(create(RIG_NOW).id);
    cr_expect_eq(ended_at(RIG_NOW + GRANT_CLAIM_S), 0);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect_eq(g.claim_until, 0);
    cr_expect(grant_is_live(&g, RIG_NOW + DAY));
    say_yes(true, true, GRANT_ONE_YEAR, RIG_NOW + DAY);
    cr_expect_eq(ended_at(RIG_NOW + 2 * DAY), 0, "for good");
}

Test(grant, whose_tokens_nobody_fetched_ends_after_an_hour_and_the_ledger_says_why)
{
    struct grant g = create(RIG_NOW);
    cr_expect_eq(g.claim_until, RIG_NOW + GRANT_CLAIM_S);
    cr_expect_eq(ended_at(RIG_NOW + GRANT_CLAIM_S - 1), 0);
    cr_expect_eq(ended_at(RIG_NOW + GRANT_CLAIM_S), 1);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect_eq(g.end, GRANT_ENDED_EXPIRED);
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\"type\":\"expired\""), 1);
    cr_expect_eq(occurrences(events, "\"via\":\"unclaimed\""), 1);
    cr_expect_eq(ended_at(RIG_NOW + DAY), 0, "once");
}

Test(grant, that_she_answers_again_waits_from_then_on)
{
    create(RIG_NOW);
    struct grant g = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW + 3000);
    cr_expect_eq(g.claim_until, RIG_NOW + 3000 + GRANT_CLAIM_S);
    cr_expect_eq(ended_at(RIG_NOW + GRANT_CLAIM_S), 0);
    cr_expect_eq(ended_at(RIG_NOW + 3000 + GRANT_CLAIM_S), 1);
}

Test(grant, withdrawn_by_another_resident_or_twice_is_not_found)
{
    struct job j = job_of(WITHDRAW, RIG_NOW + 1);
    struct grant g;
    j.id = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW).id;
    j.resident = ident_of(VIEW("taro"));
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_NOT_FOUND);
    j.resident = r.resident;
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect_eq(g.end, GRANT_ENDED_WITHDRAWN);
    cr_expect_not(grant_is_live(&g, RIG_NOW + 1));
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_NOT_FOUND);
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\"type\":\"withdrawn\""), 1);
    cr_expect_eq(occurrences(events, "\"via\":\"home\""), 1);
    struct grant again = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW + 1);
    cr_expect_not(ident_equal(again.id, j.id));
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect(ident_equal(g.id, again.id), "the living one is found, not the ended one of the same second");
}

Test(grant, that_ran_out_is_ended_by_the_sweep_once)
{
    struct job j = job_of(EXPIRE, RIG_NOW + GRANT_YEAR - 1);
    struct grant g;
    say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_eq(j.done, 0);
    j = job_of(EXPIRE, RIG_NOW + GRANT_YEAR);
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_eq(j.done, 1);
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_eq(j.done, 0);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect_eq(g.end, GRANT_ENDED_EXPIRED);
    cr_expect_eq(occurrences(rig_events(&r), "\"type\":\"expired\""), 1);
}

Test(grant, that_ran_out_unnoticed_is_ended_when_given_again)
{
    struct grant first = say_yes(true, true, GRANT_ONE_YEAR, RIG_NOW);
    struct grant second = say_yes(true, true, GRANT_ONE_YEAR, RIG_NOW + GRANT_YEAR);
    cr_expect_not(ident_equal(first.id, second.id));
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\"type\":\"expired\""), 1);
    cr_expect_eq(occurrences(events, "\"type\":\"changed\""), 0);
}

Test(grant, until_withdrawn_is_never_swept)
{
    struct job j = job_of(EXPIRE, RIG_NOW + 50 * (int64_t)GRANT_YEAR);
    say_yes(true, true, GRANT_UNTIL_WITHDRAWN, RIG_NOW);
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_eq(j.done, 0);
}

Test(grant, events_hold_no_value_and_no_resident_id)
{
    say_yes(true, true, GRANT_ONE_YEAR, RIG_NOW);
    const char *events = rig_events(&r);
    cr_expect_null(strstr(events, "花子"));
    cr_expect_null(strstr(events, "1950"));
    cr_expect_null(strstr(events, "health"));
    cr_expect(strstr(events, "\"resident\":\""));
}

/* --- what lets a field go out, one condition at a time ---------------------------------------------------------- */

static bool covers(const struct grant_decision *d, int64_t now)
{
    return grant_covers(d, &r.ask.items[0], &r.profile.values[0], now);
}

Test(grant, covers_a_field_only_while_everything_is_as_she_saw_it)
{
    struct grant_choice choice = choice_of(true, false, GRANT_ONE_YEAR);
    struct grant g = made(&choice, NULL, RIG_NOW);
    const struct grant_decision good = g.decisions[0];
    struct grant_decision d = good;
    cr_assert(covers(&d, RIG_NOW + DAY));
    cr_expect(covers(&d, d.until - 1));
    cr_expect_not(covers(&d, d.until), "run out");
    d.given = false;
    cr_expect_not(covers(&d, RIG_NOW), "refused");
    d = good;
    d.field = g.decisions[1].field;
    cr_expect_not(covers(&d, RIG_NOW), "another field");
    d = good;
    d.purpose[0] ^= 1;
    cr_expect_not(covers(&d, RIG_NOW), "another purpose");
    d = good;
    d.changed_at++;
    cr_expect_not(covers(&d, RIG_NOW), "another value");
}

Test(grant, is_not_alive_once_it_has_an_end_whatever_its_reason)
{
    struct grant_choice choice = choice_of(true, false, GRANT_UNTIL_WITHDRAWN);
    struct grant g = made(&choice, NULL, RIG_NOW);
    cr_assert(grant_is_live(&g, RIG_NOW));
    g.ended_at = RIG_NOW;
    cr_expect_not(grant_is_live(&g, RIG_NOW));
    g.ended_at = 0;
    g.end = GRANT_ENDED_WITHDRAWN;
    cr_expect_not(grant_is_live(&g, RIG_NOW));
}

Test(grant, goes_on_under_its_id_only_while_it_is_alive)
{
    struct grant_choice choice = choice_of(true, false, GRANT_ONE_YEAR);
    struct grant old = made(&choice, NULL, RIG_NOW);
    old.id = ident_of(VIEW("old"));
    struct grant next = made(&choice, &old, RIG_NOW + DAY);
    cr_expect(ident_equal(next.id, old.id));
    old.end = GRANT_ENDED_WITHDRAWN;
    old.ended_at = RIG_NOW + 1;
    next = made(&choice, &old, RIG_NOW + DAY);
    cr_expect_not(ident_equal(next.id, old.id), "one that ended is not begun again");
}

/* A field that was given for longer, and is not asked for now, keeps the grant alive. */
Test(grant, lasts_as_long_as_the_decision_that_lasts_longest)
{
    struct grant_choice longer = choice_of(true, true, GRANT_UNTIL_WITHDRAWN);
    struct grant_choice year = choice_of(true, true, GRANT_ONE_YEAR);
    struct grant old = made(&year, NULL, RIG_NOW);
    old.decisions[2].until = RIG_NOW + 2 * GRANT_YEAR;
    const size_t asked = r.ask.n;
    r.ask.n = 2;
    struct grant next = made(&year, &old, RIG_NOW + DAY);
    cr_expect_eq(next.n, asked);
    cr_expect_eq(next.expires_at, RIG_NOW + 2 * GRANT_YEAR);
    old.decisions[2].until = RIG_NOW + 2 * DAY;
    next = made(&year, &old, RIG_NOW + DAY);
    cr_expect_eq(next.expires_at, RIG_NOW + DAY + GRANT_YEAR, "a shorter one does not end it earlier");
    cr_expect_eq(made(&longer, &old, RIG_NOW + DAY).expires_at, 0);
    r.ask.n = asked;
}

/* --- what is to be done elsewhere (RFC 9396) -------------------------------------------------------------------- */

#define READ_A  "{\"actions\":[\"read\"],\"type\":\"a\"}"
#define WRITE_A "{\"actions\":[\"read\",\"write\"],\"type\":\"a\"}"
#define ONE_B   "{\"type\":\"b\"}"

static const struct detail read_a = {.type = VIEW("a"), .json = VIEW(READ_A), .meaning = {1}},
                           write_a = {.type = VIEW("a"), .json = VIEW(WRITE_A), .meaning = {1}},
                           reworded = {.type = VIEW("a"), .json = VIEW(READ_A), .meaning = {2}},
                           of_b = {.type = VIEW("b"), .json = VIEW(ONE_B), .meaning = {3}},
                           each = {.type = VIEW("b"), .json = VIEW(ONE_B), .meaning = {3}, .every_time = true};

static struct grant allows(const struct detail *details, size_t n, enum grant_duration duration, int64_t now)
{
    struct job j = job_of(YES, now);
    j.choice.duration = duration;
    j.answer.details = (struct detail_list){details, n};
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    return j.out;
}

static enum grant_reason asked(const struct detail *detail, const struct grant *g, int64_t now, bool here)
{
    struct grant_facts facts = {&r.ask, g, &r.profile, now, false, here, {detail, 1}};
    return grant_decide(&facts).reason;
}

Test(grant, of_something_to_be_done_is_asked_again_for_more_and_for_other_words)
{
    struct grant g = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    cr_expect_eq(asked(&read_a, &g, RIG_NOW, false), GRANT_NEW_DETAIL);
    g = allows(&read_a, 1, GRANT_ONE_YEAR, RIG_NOW);
    cr_expect_eq(asked(&write_a, &g, RIG_NOW, false), GRANT_NEW_DETAIL, "more");
    cr_expect_eq(asked(&reworded, &g, RIG_NOW, false), GRANT_NEW_DETAIL, "other words");
    cr_expect_eq(asked(&of_b, &g, RIG_NOW, false), GRANT_NEW_DETAIL, "another type");
    cr_expect_eq(asked(&read_a, &g, RIG_NOW + GRANT_YEAR, false), GRANT_EXPIRED);
    cr_expect_eq(asked(&read_a, &g, RIG_NOW, false), GRANT_SILENT);
    g = allows(&write_a, 1, GRANT_ONE_YEAR, RIG_NOW);
    cr_expect_eq(asked(&read_a, &g, RIG_NOW, false), GRANT_SILENT, "less");
}

Test(grant, of_what_is_done_once_is_asked_each_time)
{
    struct grant g = allows(&each, 1, GRANT_UNTIL_WITHDRAWN, RIG_NOW);
    cr_expect_eq(asked(&each, &g, RIG_NOW, false), GRANT_EVERY_TIME);
    cr_expect_eq(asked(&each, &g, RIG_NOW, true), GRANT_SILENT, "she has just said so");
    g = allows(&read_a, 1, GRANT_UNTIL_WITHDRAWN, RIG_NOW);
    cr_assert_eq(g.n_details, 1, "and it is not kept beside what lasts");
    cr_expect(view_equal_text(g.details[0].type, "a"));
}

Test(grant, keeps_what_may_be_done_when_something_else_is_asked)
{
    const struct detail both[] = {read_a, of_b};
    struct grant g;
    allows(both, 2, GRANT_UNTIL_WITHDRAWN, RIG_NOW);
    say_yes(true, true, GRANT_ONE_YEAR, RIG_NOW + 1);
    allows(&write_a, 1, GRANT_ONE_YEAR, RIG_NOW + 2);
    cr_assert_eq(find(&g), ERR_OK);
    cr_assert_eq(g.n_details, 2, "the wider one stands for the narrower");
    cr_expect(view_equal_text(g.details[0].json, WRITE_A) && g.details[0].since == RIG_NOW + 2);
    cr_expect_eq(g.details[0].until, RIG_NOW + 2 + GRANT_YEAR);
    cr_expect_eq(g.details[0].meaning[0], 1);
    cr_expect(view_equal_text(g.details[1].json, ONE_B) && g.details[1].until == 0);
    cr_expect_eq(g.expires_at, 0, "as long as the longest of them");
    allows(&of_b, 1, GRANT_ONCE, RIG_NOW + 3);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect_eq(g.n_details, 1, "this time only says nothing about other times");
}

/* --- a part of it (RFC 9396 3, 7) -------------------------------------------------------------------------------- */

static const struct detail may_read = {.type = VIEW("a"), .json = VIEW(READ_A), .meaning = {1}, .optional = true},
                           may_write = {.type = VIEW("a"), .json = VIEW(WRITE_A), .meaning = {1}, .optional = true},
                           may_reworded = {.type = VIEW("a"), .json = VIEW(READ_A), .meaning = {2}, .optional = true},
                           may_each = {.type = VIEW("b"),
                                       .json = VIEW(ONE_B),
                                       .meaning = {3},
                                       .every_time = true,
                                       .optional = true};

static struct grant ticks(const struct detail *details, size_t n, bool first, bool second, int64_t now)
{
    struct job j = job_of(YES, now);
    j.answer.details = (struct detail_list){details, n};
    j.choice.details[0] = first;
    j.choice.details[1] = second;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    return j.out;
}

/* What is asked after she left out reading. */
Test(grant, of_what_she_left_out_is_asked_again_by_the_rules_of_fields)
{
    static const struct {
        const struct detail *asked;
        int64_t later;
        bool prompted;
        enum grant_reason reason;
        const char *why;
    } rows[] = {
        {&read_a, 0, false, GRANT_NEW_DETAIL, "the service cannot do without any more"},
        {&may_reworded, 0, false, GRANT_NEW_DETAIL, "other words"},
        {&may_write, 0, false, GRANT_NEW_DETAIL, "more is another thing"},
        {&of_b, 0, false, GRANT_NEW_DETAIL, "another type"},
        {&may_read, 0, true, GRANT_PROMPTED, "prompt=consent"},
        {&may_read, GRANT_YEAR, false, GRANT_EXPIRED, "a year passed"},
        {&may_read, 0, false, GRANT_SILENT, "she has decided"},
        {&may_read, GRANT_YEAR - 1, false, GRANT_SILENT, "and it holds as long as a yes"},
    };
    struct grant g = ticks(&may_read, 1, false, false, RIG_NOW);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct grant_facts facts = {.ask = &r.ask,
                                    .grant = &g,
                                    .profile = &r.profile,
                                    .now = RIG_NOW + rows[i].later,
                                    .prompt_consent = rows[i].prompted,
                                    .details = {rows[i].asked, 1}};
        cr_expect_eq(grant_decide(&facts).reason, rows[i].reason, "%s", rows[i].why);
    }
}

Test(grant, of_what_is_done_once_and_left_out_is_asked_each_time_too)
{
    struct grant g = ticks(&may_each, 1, false, false, RIG_NOW);
    cr_expect_eq(asked(&may_each, &g, RIG_NOW, false), GRANT_EVERY_TIME);
    cr_expect_eq(asked(&may_each, &g, RIG_NOW, true), GRANT_SILENT, "she has just said so");
    cr_expect_not(grant_allows(&g, &may_each, RIG_NOW));
}

Test(grant, gives_what_is_required_and_of_the_rest_what_she_ticked)
{
    const struct detail asked[] = {may_read, of_b};
    struct grant g;
    ticks(asked, 2, false, false, RIG_NOW);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect_not(grant_allows(&g, &may_read, RIG_NOW), "not ticked");
    cr_expect(grant_refuses(&g, &may_read, RIG_NOW) && !grant_refuses(&g, &may_write, RIG_NOW));
    cr_expect(grant_allows(&g, &of_b, RIG_NOW), "required, and given by accepting");
    say_yes(true, true, GRANT_ONE_YEAR, RIG_NOW + 1);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect(grant_refuses(&g, &may_read, RIG_NOW) && grant_allows(&g, &of_b, RIG_NOW),
              "both stay when something else is asked");
    ticks(asked, 2, true, false, RIG_NOW + 2);
    cr_assert_eq(find(&g), ERR_OK);
    cr_expect(grant_allows(&g, &may_read, RIG_NOW) && !grant_refuses(&g, &may_read, RIG_NOW), "the newer word counts");
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\"details\":[\"a\",\"b\"]"), 3, "asked twice, given once: %s", events);
    cr_expect_eq(occurrences(events, "\"details\":[\"b\"]"), 1, "given alone: %s", events);
    cr_expect_eq(occurrences(events, "\"details\":[\"a\"]"), 1, "left out: %s", events);
}

Test(grant, has_nothing_left_that_would_allow_what_she_leaves_out)
{
    struct grant g = allows(&write_a, 1, GRANT_ONE_YEAR, RIG_NOW);
    cr_expect(grant_allows(&g, &may_read, RIG_NOW), "as it was");
    g = ticks(&may_read, 1, false, false, RIG_NOW + 1);
    cr_expect_not(grant_allows(&g, &may_read, RIG_NOW + 1));
    cr_expect_not(grant_allows(&g, &write_a, RIG_NOW + 1));
    cr_expect_eq(occurrences(rig_events(&r), "\"details\":[\"a\"]"), 5, "asked, given, asked, left out, changed");
    g = ticks(&may_write, 1, true, false, RIG_NOW + 2);
    cr_expect(grant_allows(&g, &may_read, RIG_NOW + 2), "a later yes to more is a yes to it");
    cr_assert_eq(g.n_details, 1);
}

Test(grant, forgets_what_was_allowed_longest_ago_before_it_grows_without_end)
{
    struct grant g = {.n = 0};
    for (int i = 0; i < GRANT_DETAILS_MAX + 3; i++) {
        struct detail one = {.type = VIEW("n"),
                             .json = view_text(arena_printf(&r.arena, "{\"n\":%d,\"type\":\"n\"}", i)),
                             .meaning = {4}};
        g = allows(&one, 1, GRANT_UNTIL_WITHDRAWN, RIG_NOW + i);
    }
    cr_expect_eq(g.n_details, GRANT_DETAILS_MAX);
    cr_expect(view_equal_text(g.details[0].json, "{\"n\":34,\"type\":\"n\"}"));
    cr_expect(view_equal_text(g.details[GRANT_DETAILS_MAX - 1].json, "{\"n\":3,\"type\":\"n\"}"));
}

Test(grant, writes_down_what_may_be_done_when_it_is_asked_given_and_withdrawn_and_never_its_words)
{
    struct grant g = allows(&read_a, 1, GRANT_ONE_YEAR, RIG_NOW);
    struct job end = job_of(WITHDRAW, RIG_NOW + 1);
    end.id = g.id;
    cr_assert_eq(store_write(r.store, job_fn, &end), ERR_OK);
    const char *events = rig_events(&r);
    cr_expect_eq(occurrences(events, "\"details\":[\"a\"],\"details_sha256\":\""), 3, "%s", events);
    cr_expect_null(strstr(events, "read"));
}

Test(grant, with_damaged_details_is_a_store_error_and_never_a_consent)
{
    struct grant g;
    allows(&read_a, 1, GRANT_ONE_YEAR, RIG_NOW);
    rig_tamper(&r, "UPDATE consent SET details = 'x'");
    cr_expect_eq(find(&g), ERR_STORE);
    rig_tamper(&r, "UPDATE consent SET details = NULL, details_refused = 'x'");
    cr_expect_eq(find(&g), ERR_STORE);
}

/* --- found for a login, found for a release ---------------------------------------------------------------------- */

static void expect_same_decision(const struct grant_decision *d, const struct grant_decision *whole)
{
    cr_expect_eq(d->field, whole->field);
    cr_expect(d->given == whole->given && d->source == whole->source && view_equal(d->as_of, whole->as_of));
    cr_expect(d->changed_at == whole->changed_at && d->until == whole->until && d->since == whole->since);
    cr_expect_arr_eq(d->purpose, whole->purpose, ASK_HASH);
}

static void expect_decided_as(const struct grant *g, const struct grant *whole)
{
    cr_expect(ident_equal(g->id, whole->id) && ident_equal(g->who.resident, whole->who.resident));
    cr_expect(view_equal(g->who.client, whole->who.client));
    cr_expect_arr_eq(g->terms_hash, whole->terms_hash, 32);
    cr_expect(g->expires_at == whole->expires_at && g->ended_at == whole->ended_at);
    cr_expect(g->end == whole->end && g->stop == whole->stop);
    cr_assert_eq(g->n, whole->n);
    for (size_t i = 0; i < g->n; i++)
        expect_same_decision(&g->decisions[i], &whole->decisions[i]);
    cr_expect(g->leaf == 0 && !view_is(g->scopes) && memcmp(g->ask_hash, (const uint8_t[32]){0}, 32) == 0);
}

static void expect_for_login(const struct grant *g, const struct grant *whole)
{
    expect_decided_as(g, whole);
    cr_expect(g->duration == whole->duration && g->given_at == whole->given_at);
    cr_expect_eq(g->claim_until, whole->claim_until);
    cr_assert_eq(g->n_details, whole->n_details);
    for (size_t i = 0; i < g->n_details; i++)
        cr_expect(view_equal(g->details[i].json, whole->details[i].json) &&
                  g->details[i].given == whole->details[i].given);
    cr_expect_not(view_is(g->who.org) || view_is(g->who.sector) || view_is(g->who.subject));
}

static void expect_for_release(const struct grant *g, const struct grant *whole)
{
    expect_decided_as(g, whole);
    cr_expect(view_equal(g->who.org, whole->who.org) && view_equal(g->who.sector, whole->who.sector));
    cr_expect(view_equal(g->who.subject, whole->who.subject));
    cr_expect(g->n_details == 0 && g->duration == 0 && g->given_at == 0 && g->claim_until == 0);
}

/* With all that there is to leave out. */
static void give_everything(void)
{
    static const struct detail asked[] = {{.type = VIEW("a"), .json = VIEW(READ_A), .meaning = {1}, .optional = true},
                                          {.type = VIEW("b"), .json = VIEW(ONE_B), .meaning = {3}}};
    struct job j = job_of(YES, RIG_NOW);
    j.answer.details = (struct detail_list){asked, 2};
    j.answer.scope = VIEW("openid name");
    j.choice.action = GRANT_CREATE;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_assert(j.out.n_details == 2 && !j.out.details[0].given && j.out.details[1].given);
    cr_assert(j.out.leaf != 0 && j.out.claim_until != 0 && view_is(j.out.scopes));
}

Test(grant, is_the_same_for_a_login_and_for_a_release_less_what_these_do_not_look_at)
{
    static const char *const becomes[] = {
        "UPDATE consent SET duration = 3",
        "UPDATE consent SET expires_at = NULL",
        "UPDATE consent SET stopped = 1",
        "UPDATE consent SET terms_hash = ask_hash",
        "UPDATE consent SET end_reason = 1, ended_at = 1795305601",
    };
    struct grant whole, g;
    give_everything();
    for (size_t i = 0; i < sizeof becomes / sizeof *becomes; i++) {
        rig_tamper(&r, becomes[i]);
        cr_assert_eq(find(&whole), ERR_OK);
        struct db *db = store_borrow(r.store);
        cr_assert_eq(grant_find_for_login(&g, &r.arena, db, r.resident, VIEW("a-booking")), ERR_OK);
        expect_for_login(&g, &whole);
        cr_assert_eq(grant_find_for_release(&g, &r.arena, db, whole.id), ERR_OK);
        expect_for_release(&g, &whole);
        store_return(r.store, db);
    }
    cr_expect(whole.end == GRANT_ENDED_WITHDRAWN && whole.ended_at == 1795305601, "one that has ended is found, too");
    cr_expect(whole.stop == GRANT_STOPPED_BY_RESIDENT && whole.duration == GRANT_UNTIL_WITHDRAWN);
    cr_expect_eq(whole.expires_at, 0);
}

Test(grant, of_another_is_found_for_no_login_and_no_release)
{
    struct grant g;
    give_everything();
    struct db *db = store_borrow(r.store);
    cr_expect_eq(grant_find_for_login(&g, &r.arena, db, r.resident, VIEW("another")), ERR_NOT_FOUND);
    cr_expect_eq(grant_find_for_login(&g, &r.arena, db, ident_of(VIEW("taro")), VIEW("a-booking")), ERR_NOT_FOUND);
    cr_expect_eq(grant_find_for_release(&g, &r.arena, db, r.resident), ERR_NOT_FOUND);
    store_return(r.store, db);
}

Test(grant, that_is_damaged_is_a_store_error_for_a_login_and_for_a_release)
{
    struct grant whole, g;
    give_everything();
    cr_assert_eq(find(&whole), ERR_OK);
    rig_tamper(&r, "UPDATE consent SET details = 'x'");
    struct db *db = store_borrow(r.store);
    cr_expect_eq(grant_find_for_login(&g, &r.arena, db, r.resident, VIEW("a-booking")), ERR_STORE);
    store_return(r.store, db);
    rig_tamper(&r, "UPDATE consent SET details = NULL, decisions = 'name 1'");
    db = store_borrow(r.store);
    cr_expect_eq(grant_find_for_login(&g, &r.arena, db, r.resident, VIEW("a-booking")), ERR_STORE);
    cr_expect_eq(grant_find_for_release(&g, &r.arena, db, whole.id), ERR_STORE);
    store_return(r.store, db);
}

/* The one that lives, or else the one that ended last. */
Test(grant, for_a_login_is_the_newest_one)
{
    struct grant whole, g;
    struct ident ids[3];
    for (int i = 0; i < 3; i++)
        ids[i] = create(RIG_NOW + i).id;
    for (int i = 2; i >= 0; i--) {
        cr_assert_eq(find(&whole), ERR_OK);
        struct db *db = store_borrow(r.store);
        cr_assert_eq(grant_find_for_login(&g, &r.arena, db, r.resident, VIEW("a-booking")), ERR_OK);
        store_return(r.store, db);
        cr_expect(ident_equal(g.id, whole.id) && ident_equal(g.id, ids[i > 0 ? i : 1]), "%d", i);
        if (i == 2)
            rig_tamper(&r, "DELETE FROM consent WHERE ended_at IS NULL");
    }
}

/* --- what a service wants done with a grant (Grant Management, draft 03, 5.2) ----------------------------------------
 */

static struct grant acted(enum grant_action action, enum grant_duration duration, const struct grant *before)
{
    struct grant g;
    struct ask one = r.ask;
    struct ledger_parties who = rig_who(&r);
    struct grant_choice choice = {.duration = duration, .action = action};
    one.n = 1;
    grant_of_choice(&g, &one, &choice, &r.profile, before, &who, ident_of(VIEW("new")), RIG_NOW + DAY);
    return g;
}

Test(grant, what_is_merged_is_added_and_takes_nothing_away)
{
    struct grant_choice all = choice_of(true, true, GRANT_ONE_YEAR);
    struct grant before = made(&all, NULL, RIG_NOW), g = acted(GRANT_MERGE, GRANT_ONCE, &before);

    cr_expect(ident_equal(g.id, before.id));
    cr_expect_eq(g.n, before.n);
    cr_expect_eq(g.duration, GRANT_ONE_YEAR, "what is added for this time only ends nothing else");
    cr_expect_eq(g.decisions[0].until, RIG_NOW + DAY + GRANT_ONCE_LIFE);
    for (size_t i = 1; i < g.n; i++)
        cr_expect_eq(g.decisions[i].until, RIG_NOW + GRANT_YEAR);
    cr_expect_eq(g.expires_at, RIG_NOW + GRANT_YEAR);
}

Test(grant, what_is_replaced_is_what_is_asked_now_and_nothing_else)
{
    const struct field *others[FIELD_MAX];
    struct grant_choice all = choice_of(true, true, GRANT_UNTIL_WITHDRAWN);
    struct grant before = made(&all, NULL, RIG_NOW), g = acted(GRANT_REPLACE, GRANT_ONE_YEAR, &before);
    struct ask one = r.ask;

    cr_expect(ident_equal(g.id, before.id));
    cr_expect_eq(g.n, 1);
    cr_expect_eq(g.expires_at, RIG_NOW + DAY + GRANT_YEAR);
    one.n = 1;
    cr_expect_eq(grant_others(others, &one, &before, RIG_NOW), before.n - 1);
    cr_expect_eq(grant_others(others, &r.ask, &before, RIG_NOW), 0);
}

Test(grant, what_is_created_has_nothing_of_what_was)
{
    struct grant_choice all = choice_of(true, true, GRANT_ONE_YEAR);
    struct grant before = made(&all, NULL, RIG_NOW), g = acted(GRANT_CREATE, GRANT_ONE_YEAR, &before);

    cr_expect_not(ident_equal(g.id, before.id));
    cr_expect_eq(g.n, 1);
}

Test(grant, a_grant_that_is_not_the_living_one_is_not_managed)
{
    struct job j = job_of(YES, RIG_NOW);

    j.choice.action = GRANT_MERGE;
    j.choice.managed = ident_of(VIEW("another"));
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_CONFLICT, "there is none");
    struct grant first = say_yes(true, false, GRANT_ONE_YEAR, RIG_NOW);
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_CONFLICT, "it is another one");
    j.choice.managed = first.id;
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_OK);
    j.choice.action = GRANT_CREATE;
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_not(ident_equal(j.out.id, first.id));
    struct grant g;
    cr_expect_eq(find(&g), ERR_OK);
    cr_expect(ident_equal(g.id, j.out.id), "and the older one has ended");
}

static struct job manages(enum grant_action action, const struct grant *g, const struct detail *details, size_t n)
{
    struct job j = job_of(YES, RIG_NOW + DAY);

    j.answer.details = (struct detail_list){details, n};
    j.choice.action = action;
    j.choice.managed = g->id;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    return j;
}

Test(grant, what_is_merged_keeps_what_may_be_done_besides)
{
    struct grant first = allows(&read_a, 1, GRANT_UNTIL_WITHDRAWN, RIG_NOW),
                 g = manages(GRANT_MERGE, &first, &of_b, 1).out;

    cr_expect(grant_allows(&g, &read_a, RIG_NOW + 2 * GRANT_YEAR), "until it is withdrawn, as it was given");
    cr_expect(grant_allows(&g, &of_b, RIG_NOW + DAY) && !grant_allows(&g, &of_b, RIG_NOW + 2 * GRANT_YEAR));
    cr_expect_eq(occurrences(rig_events(&r), "\"type\":\"changed\""), 0, "nothing went");
}

Test(grant, what_is_replaced_says_in_the_ledger_what_went)
{
    const struct detail both[] = {read_a, of_b};
    struct grant first = allows(both, 2, GRANT_ONE_YEAR, RIG_NOW), g = manages(GRANT_REPLACE, &first, &of_b, 1).out;

    cr_expect_not(grant_allows(&g, &read_a, RIG_NOW + DAY));
    cr_expect(grant_allows(&g, &of_b, RIG_NOW + DAY));
    const char *events = rig_events(&r), *withdrawn = strstr(events, "\"type\":\"withdrawn\"");
    cr_assert_not_null(withdrawn);
    const char *details = NULL; /* an event is one line, its members are in their order */
    for (const char *p = withdrawn; p > events && *p != '\n'; p--)
        if (strncmp(p, "\"details\":", 10) == 0)
            details = p;
    cr_assert_not_null(details);
    cr_expect(strstr(details, "\"details\":[\"a\"]") == details, "%s", details);
}
