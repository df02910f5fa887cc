#include "consent/grant_change.h"

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

TestSuite(grant_change, .init = open_rig, .fini = close_rig);

enum { LATER = 1000 };

struct job {
    enum { GIVE, EDIT, SUSPEND, RESUME, WITHDRAW } what;
    struct detail_list details;
    struct grant_choice choice;
    struct grant_edit edit;
    struct grant_stopping stopping;
    struct grant out;
    struct grant_turned turned;
};

static enum err job_fn(struct db *db, void *ctx)
{
    struct job *j = ctx;
    const struct grant_answer answer = {
        .ask = &r.ask, .profile = &r.profile, .who = rig_who(&r), .at_ms = RIG_NOW * 1000, .details = j->details};
    switch (j->what) {
    case GIVE:
        return grant_record(&j->out, r.ledger, &r.arena, db, &answer, &j->choice);
    case EDIT:
        return grant_edit(&j->out, &j->turned, r.ledger, &r.arena, db, &j->edit);
    case SUSPEND:
        return grant_suspend(&j->out, r.ledger, &r.arena, db, &j->stopping);
    case RESUME:
        return grant_resume(&j->out, r.ledger, &r.arena, db, &j->stopping);
    case WITHDRAW:
        return grant_withdraw(r.ledger, &r.arena, db, r.resident, j->stopping.id, "home", j->stopping.at_ms);
    }
    return ERR_STORE;
}

/* name given, age_over_65 given, interests refused */
static struct grant given(void)
{
    struct job j = {.what = GIVE, .choice = {.given = {true, true, false}, .duration = GRANT_ONE_YEAR}};
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    return j.out;
}

static struct job edit_of(const struct grant *g, bool age, bool interests)
{
    return (struct job){.what = EDIT,
                        .edit = {.ask = &r.ask,
                                 .profile = &r.profile,
                                 .given = {false, age, interests},
                                 .resident = r.resident,
                                 .id = g->id,
                                 .via = "home",
                                 .at_ms = (RIG_NOW + LATER) * 1000}};
}

static struct job stop_of(int what, const struct grant *g, struct ident resident)
{
    return (struct job){
        .what = what,
        .stopping = {.resident = resident, .id = g->id, .via = "home", .at_ms = (RIG_NOW + LATER) * 1000}};
}

static struct grant found(struct ident id)
{
    struct grant g;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(grant_find_by_id(&g, &r.arena, db, id), ERR_OK);
    store_return(r.store, db);
    return g;
}

static size_t occurrences(const char *text, const char *what)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

#define TYPE(NAME) occurrences(rig_events(&r), "\"type\":\"" NAME "\"")

/* --- one field -------------------------------------------------------------------------------------------------- */

static void nothing(struct job *j)
{
    (void)j;
}

static void of_another_resident(struct job *j)
{
    j->edit.resident = ident_of(VIEW("taro"));
}

static void of_no_grant(struct job *j)
{
    j->edit.id = ident_of(VIEW("nobody"));
}

static void after_it_ran_out(struct job *j)
{
    j->edit.at_ms = (RIG_NOW + GRANT_YEAR) * 1000;
}

static void under_other_terms(struct job *j)
{
    (void)j;
    r.ask.terms_hash[0] ^= 1;
}

static void for_another_purpose(struct job *j)
{
    (void)j;
    r.ask.items[2].hash[0] ^= 1;
}

static void without_a_value(struct job *j)
{
    (void)j;
    r.profile.n = 2; /* the interests stand last */
}

static void of_a_suspended_grant(struct job *j)
{
    struct grant g = {.id = j->edit.id};
    struct job s = stop_of(SUSPEND, &g, r.resident);
    cr_assert_eq(store_write(r.store, job_fn, &s), ERR_OK);
}

Test(grant_change, gives_a_field_later_only_as_it_can_be_shown_today)
{
    static const struct {
        void (*change)(struct job *);
        enum err err;
    } table[] = {
        {of_another_resident, ERR_NOT_FOUND}, {of_no_grant, ERR_NOT_FOUND},
        {after_it_ran_out, ERR_NOT_FOUND},    {under_other_terms, ERR_CONFLICT},
        {for_another_purpose, ERR_CONFLICT},  {without_a_value, ERR_CONFLICT},
        {of_a_suspended_grant, ERR_CONFLICT}, {nothing, ERR_OK},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rig_close(&r);
        rig_open(&r);
        struct grant g = given();
        struct job j = edit_of(&g, true, true);
        table[i].change(&j);
        cr_expect_eq(store_write(r.store, job_fn, &j), table[i].err, "row %zu", i);
        cr_expect_eq(found(g.id).decisions[2].given, table[i].err == ERR_OK, "row %zu", i);
        cr_expect_eq(TYPE("given"), table[i].err == ERR_OK ? 2 : 1, "row %zu", i);
    }
}

Test(grant_change, withdraws_one_field_whatever_else_changed)
{
    struct grant g = given();
    struct job j = edit_of(&g, false, false);
    under_other_terms(&j);
    r.ask.items[1].hash[0] ^= 1;
    r.profile.n = 0;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_eq(j.turned.n_off, 1);
    cr_expect_eq(j.turned.n_on, 0);
    struct grant now = found(g.id);
    cr_expect(now.decisions[0].given, "the required one stays");
    cr_expect_not(now.decisions[1].given);
    cr_expect_eq(now.decisions[1].since, RIG_NOW + LATER);
    cr_expect_eq(now.decisions[0].since, RIG_NOW);
    cr_expect_eq(now.end, GRANT_LIVE);
    cr_expect_neq(now.leaf, g.leaf);
    cr_expect(strstr(rig_events(&r), "\"fields\":[\"age_over_65\"],"));
    cr_expect_eq(TYPE("withdrawn"), 1);
}

Test(grant_change, that_changes_nothing_writes_nothing)
{
    struct grant g = given();
    struct job j = edit_of(&g, true, false);
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect_eq(j.turned.n_off + j.turned.n_on, 0);
    cr_expect_eq(occurrences(rig_events(&r), "\n"), 3);
}

Test(grant_change, never_turns_a_required_field_off)
{
    struct grant g = given();
    struct job j = edit_of(&g, true, false);
    j.edit.given[0] = false;
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    cr_expect(found(g.id).decisions[0].given);
}

Test(grant_change, turned_on_again_has_the_proof_of_today)
{
    struct grant g = given();
    r.profile.values[2].changed_at = 77;
    struct job j = edit_of(&g, false, true);
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    struct grant now = found(g.id);
    cr_expect(now.decisions[2].given && !now.decisions[1].given);
    cr_expect_eq(now.decisions[2].changed_at, 77);
    cr_expect_eq(TYPE("withdrawn"), 1);
    cr_expect_eq(TYPE("given"), 2);
}

/* --- suspended -------------------------------------------------------------------------------------------------- */

Test(grant_change, suspends_and_resumes_only_who_may)
{
    static const char *const nobody = "";
    static const struct {
        int what[2];
        const char *who[2]; /* the second step is the one that is judged */
        enum err err;
        enum grant_stop stop;
    } table[] = {
        {{RESUME, RESUME}, {NULL, "hanako"}, ERR_CONFLICT, GRANT_RUNS},
        {{RESUME, SUSPEND}, {NULL, "taro"}, ERR_NOT_FOUND, GRANT_RUNS},
        {{SUSPEND, SUSPEND}, {"hanako", "hanako"}, ERR_CONFLICT, GRANT_STOPPED_BY_RESIDENT},
        {{SUSPEND, RESUME}, {"hanako", "taro"}, ERR_NOT_FOUND, GRANT_STOPPED_BY_RESIDENT},
        {{SUSPEND, RESUME}, {nobody, "hanako"}, ERR_CONFLICT, GRANT_STOPPED_BY_OPERATOR},
        {{SUSPEND, SUSPEND}, {nobody, "hanako"}, ERR_CONFLICT, GRANT_STOPPED_BY_OPERATOR},
        {{SUSPEND, SUSPEND}, {"hanako", nobody}, ERR_OK, GRANT_STOPPED_BY_OPERATOR},
        {{SUSPEND, RESUME}, {"hanako", nobody}, ERR_OK, GRANT_RUNS},
        {{SUSPEND, RESUME}, {nobody, nobody}, ERR_OK, GRANT_RUNS},
        {{SUSPEND, RESUME}, {"hanako", "hanako"}, ERR_OK, GRANT_RUNS},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        rig_close(&r);
        rig_open(&r);
        struct grant g = given();
        enum err err = ERR_OK;
        for (int step = 0; step < 2; step++) {
            const char *who = table[i].who[step];
            struct job j = stop_of(table[i].what[step], &g, !who || !*who ? IDENT_NONE : ident_of(view_text(who)));
            if (who)
                err = store_write(r.store, job_fn, &j);
        }
        cr_expect_eq(err, table[i].err, "row %zu: %s", i, err_name(err));
        cr_expect_eq(found(g.id).stop, table[i].stop, "row %zu", i);
    }
}

Test(grant_change, suspended_lets_nothing_out_and_is_written_down)
{
    struct grant g = given();
    struct job s = stop_of(SUSPEND, &g, r.resident), u = stop_of(RESUME, &g, r.resident);
    cr_expect(grant_may_release(&g, RIG_NOW + LATER));
    cr_assert_eq(store_write(r.store, job_fn, &s), ERR_OK);
    struct grant stopped = found(g.id);
    cr_expect(grant_is_live(&stopped, RIG_NOW + LATER));
    cr_expect_not(grant_may_release(&stopped, RIG_NOW + LATER));
    struct disclosure d;
    const struct disclosure_facts facts = {&r.ask, &stopped, &r.profile, RIG_NOW + LATER};
    cr_assert_eq(disclosure_decide(&d, &r.arena, &facts), ERR_OK);
    cr_expect_eq(d.n, 0);
    cr_expect_eq(TYPE("suspended"), 1);
    cr_assert_eq(store_write(r.store, job_fn, &u), ERR_OK);
    struct grant again = found(g.id);
    cr_expect(grant_may_release(&again, RIG_NOW + LATER));
    cr_expect(strstr(rig_events(&r), "\"act\":\"resume\""));
}

Test(grant_change, suspended_by_herself_ends_with_a_new_consent_and_the_operators_does_not)
{
    struct grant g = given();
    struct job s = stop_of(SUSPEND, &g, r.resident);
    cr_assert_eq(store_write(r.store, job_fn, &s), ERR_OK);
    cr_expect_eq(given().stop, GRANT_RUNS);
    cr_expect_eq(found(g.id).stop, GRANT_RUNS);
    s = stop_of(SUSPEND, &g, IDENT_NONE);
    cr_assert_eq(store_write(r.store, job_fn, &s), ERR_OK);
    struct job j = {.what = GIVE, .choice = {.given = {true, true, true}, .duration = GRANT_ONE_YEAR}};
    cr_expect_eq(store_write(r.store, job_fn, &j), ERR_CONFLICT);
    cr_expect_eq(found(g.id).stop, GRANT_STOPPED_BY_OPERATOR);
}

Test(grant_change, suspended_can_still_be_withdrawn)
{
    struct grant g = given();
    struct job s = stop_of(SUSPEND, &g, IDENT_NONE), w = stop_of(WITHDRAW, &g, r.resident);
    cr_assert_eq(store_write(r.store, job_fn, &s), ERR_OK);
    cr_assert_eq(store_write(r.store, job_fn, &w), ERR_OK);
    struct grant ended = found(g.id);
    cr_expect_eq(ended.end, GRANT_ENDED_WITHDRAWN);
    s = stop_of(RESUME, &g, IDENT_NONE);
    cr_expect_eq(store_write(r.store, job_fn, &s), ERR_NOT_FOUND, "what has ended is not resumed");
}

Test(grant_change, newest_of_each_service_is_listed_once)
{
    struct grant *list, g = given();
    size_t n;
    struct job w = stop_of(WITHDRAW, &g, r.resident);
    cr_assert_eq(store_write(r.store, job_fn, &w), ERR_OK);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(grant_list_newest(&r.arena, db, r.resident, &list, &n), ERR_OK);
    store_return(r.store, db);
    cr_assert_eq(n, 1);
    cr_expect_eq(list[0].end, GRANT_ENDED_WITHDRAWN);
    cr_expect_neq(list[0].leaf, g.leaf, "the withdrawal is what a receipt proves now");
    struct grant second = given();
    db = store_borrow(r.store);
    cr_assert_eq(grant_list_newest(&r.arena, db, r.resident, &list, &n), ERR_OK);
    cr_assert_eq(n, 1);
    cr_expect(ident_equal(list[0].id, second.id));
    cr_expect_eq(list[0].end, GRANT_LIVE);
    cr_assert_eq(grant_list_newest(&r.arena, db, ident_of(VIEW("taro")), &list, &n), ERR_OK);
    cr_expect_eq(n, 0);
    store_return(r.store, db);
}

/* --- what may be done elsewhere (RFC 9396) ------------------------------------------------------------------------ */

Test(grant_change, one_thing_that_may_be_done_is_taken_back_and_allowed_again)
{
    static const struct detail both[] = {
        {.type = VIEW("a"), .json = VIEW("{\"type\":\"a\"}"), .meaning = {1}, .optional = true},
        {.type = VIEW("b"), .json = VIEW("{\"type\":\"b\"}"), .meaning = {2}, .optional = true}};
    struct job j = {.what = GIVE,
                    .details = {both, 2},
                    .choice = {.given = {true, true, false}, .duration = GRANT_ONE_YEAR, .details = {true, true}}};
    cr_assert_eq(store_write(r.store, job_fn, &j), ERR_OK);
    struct job e = edit_of(&j.out, true, false);
    e.edit.details = (struct detail_list){both, 2};
    e.edit.details_given[0] = true;
    cr_assert_eq(store_write(r.store, job_fn, &e), ERR_OK);
    cr_assert_eq(e.turned.n_details_off, 1);
    cr_expect(view_equal_text(e.turned.details_off[0].type, "b"));
    cr_expect(grant_allows(&e.out, &both[0], RIG_NOW) && !grant_allows(&e.out, &both[1], RIG_NOW));
    cr_expect(grant_refuses(&e.out, &both[1], RIG_NOW));
    cr_expect_not_null(strstr(rig_events(&r), "\"details\":[\"b\"]"), "the leaf names it");
    e.edit.details_given[1] = true;
    cr_assert_eq(store_write(r.store, job_fn, &e), ERR_OK);
    cr_expect(e.turned.n_details_on == 1 && grant_allows(&e.out, &both[1], RIG_NOW));
    e.edit.details.n = 1;
    e.edit.details_given[0] = true;
    cr_assert_eq(store_write(r.store, job_fn, &e), ERR_OK);
    cr_expect_not(grant_turned_is(&e.turned), "what the page did not show stays");
}
