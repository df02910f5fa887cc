#include <criterion/criterion.h>

#include "base/base64.h"
#include "consent/auditor.h"
#include "rig.h"

#define NOW_MS (RIG_NOW * 1000)

static struct rig r;
static struct ident first, second;

struct step {
    struct view text, code;
    struct ident resident, id;
    struct auditor who;
    bool allow;
    int64_t at_ms;
};

static enum err invite_job(struct db *db, void *ctx)
{
    struct step *s = ctx;
    return auditor_invite(&s->id, r.ledger, &r.arena, db, s->text, s->code, s->at_ms);
}

static enum err join_job(struct db *db, void *ctx)
{
    struct step *s = ctx;
    return auditor_join(&s->who, r.ledger, &r.arena, db, s->code, s->resident, s->at_ms);
}

static enum err remove_job(struct db *db, void *ctx)
{
    struct step *s = ctx;
    return auditor_remove(r.ledger, &r.arena, db, s->id, s->at_ms);
}

static enum err ask_job(struct db *db, void *ctx)
{
    struct step *s = ctx;
    return identity_ask(&s->id, r.ledger, &r.arena, db, &s->who, s->text, s->code, s->at_ms);
}

static enum err decide_job(struct db *db, void *ctx)
{
    struct step *s = ctx;
    return identity_decide(r.ledger, &r.arena, db, &s->who, s->id, s->allow, s->at_ms);
}

static enum err invite(const char *name, const char *code)
{
    struct step s = {.text = view_text(name), .code = view_text(code), .at_ms = NOW_MS};
    return store_write(r.store, invite_job, &s);
}

static enum err join(const char *code, struct ident resident, int64_t at_ms, struct auditor *who)
{
    struct step s = {.code = view_text(code), .resident = resident, .at_ms = at_ms};
    enum err err = store_write(r.store, join_job, &s);
    *who = s.who;
    return err;
}

static enum err find(struct ident resident, struct auditor *out)
{
    struct db *db = store_borrow(r.store);
    enum err err = auditor_find(out, &r.arena, db, resident);
    store_return(r.store, db);
    return err;
}

static const char *pseudonym_of(struct ident resident)
{
    uint8_t raw[32];
    ledger_pseudonym(raw, r.ledger, resident);
    return base64url_text(&r.arena, VIEW_ARRAY(raw));
}

static void open_rig(void)
{
    rig_open(&r);
    first = ident_of(VIEW("kansa"));
    second = ident_of(VIEW("kenshi"));
}

static void close_rig(void)
{
    rig_close(&r);
}

TestSuite(auditor, .init = open_rig, .fini = close_rig);

/* --- the role ----------------------------------------------------------------------------------------------------- */

Test(auditor, refuses_names_that_are_none)
{
    static const char *const bad[] = {"", "a\nb", "\xff",
                                      "1234567890123456789012345678901234567890123456789012345678901"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(invite(bad[i], "code"), ERR_SYNTAX, "%zu", i);
    cr_expect_eq(rig_events(&r)[0], '\0', "nothing is written down");
}

Test(auditor, a_code_is_good_once_in_time_and_for_nobody_who_is_one_already)
{
    struct auditor who;
    cr_assert_eq(invite("監査 太郎", "code-1"), ERR_OK);
    cr_assert_eq(invite("検視 次郎", "code-2"), ERR_OK);
    cr_expect_eq(join("code-3", first, NOW_MS, &who), ERR_NOT_FOUND);
    cr_expect_eq(join("", first, NOW_MS, &who), ERR_NOT_FOUND);
    cr_expect_eq(join("code-1", first, NOW_MS + AUDITOR_CODE_LIFE * 1000, &who), ERR_NOT_FOUND, "to the second");
    cr_expect_eq(find(first, &who), ERR_NOT_FOUND);
    cr_assert_eq(join("code-1", first, NOW_MS + AUDITOR_CODE_LIFE * 1000 - 1000, &who), ERR_OK);
    cr_expect(view_equal(who.name, VIEW("監査 太郎")) && ident_equal(who.resident, first));
    cr_expect_eq(join("code-1", second, NOW_MS, &who), ERR_NOT_FOUND, "once");
    cr_expect_eq(join("code-2", first, NOW_MS, &who), ERR_CONFLICT);
    cr_assert_eq(join("code-2", second, NOW_MS, &who), ERR_OK, "the refused attempt did not use the code up");
    cr_expect_eq(find(first, &who), ERR_OK);
    const char *events = rig_events(&r);
    cr_expect(strstr(events, "\"act\":\"auditor invite 監査 太郎\"") && strstr(events, "\"act\":\"join by "), "%s",
              events);
}

Test(auditor, a_removed_one_is_none_at_once_and_an_invitation_can_be_taken_back)
{
    struct auditor who;
    cr_assert_eq(invite("a", "code-1"), ERR_OK);
    cr_assert_eq(join("code-1", first, NOW_MS, &who), ERR_OK);
    struct step s = {.id = who.id, .at_ms = NOW_MS};
    cr_assert_eq(store_write(r.store, remove_job, &s), ERR_OK);
    cr_expect_eq(find(first, &who), ERR_NOT_FOUND);
    cr_expect_eq(store_write(r.store, remove_job, &s), ERR_NOT_FOUND, "once");
    s = (struct step){.text = VIEW("b"), .code = VIEW("code-2"), .at_ms = NOW_MS};
    cr_assert_eq(store_write(r.store, invite_job, &s), ERR_OK);
    cr_assert_eq(store_write(r.store, remove_job, &s), ERR_OK);
    cr_expect_eq(join("code-2", first, NOW_MS, &who), ERR_NOT_FOUND);
}

Test(auditor, the_code_does_not_lie_in_the_database)
{
    struct row row;
    cr_assert_eq(invite("a", "a-very-long-code-that-can-be-found"), ERR_OK);
    struct db *db = store_borrow(r.store);
    cr_assert_eq(db_one(db, &r.arena, "SELECT code FROM auditor", NO_VALUES, &row), ERR_OK);
    store_return(r.store, db);
    cr_expect_eq(row_blob(&row, 0).n, 16);
}

/* --- four eyes ---------------------------------------------------------------------------------------------------- */

struct pair {
    struct auditor asks, decides;
};

static struct pair two_auditors(void)
{
    struct pair p;
    cr_assert_eq(invite("監査 太郎", "code-1"), ERR_OK);
    cr_assert_eq(invite("検視 次郎", "code-2"), ERR_OK);
    cr_assert_eq(join("code-1", first, NOW_MS, &p.asks), ERR_OK);
    cr_assert_eq(join("code-2", second, NOW_MS, &p.decides), ERR_OK);
    return p;
}

static enum err ask(const struct auditor *who, const char *pseudonym, const char *reason, struct ident *id)
{
    struct step s = {.who = *who, .text = view_text(pseudonym), .code = view_text(reason), .at_ms = NOW_MS};
    enum err err = store_write(r.store, ask_job, &s);
    *id = s.id;
    return err;
}

static enum err decide(const struct auditor *who, struct ident id, bool allow, int64_t at_ms)
{
    struct step s = {.who = *who, .id = id, .allow = allow, .at_ms = at_ms};
    return store_write(r.store, decide_job, &s);
}

static struct identity_request request(struct ident id)
{
    struct identity_request q;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(identity_find(&q, &r.arena, db, id), ERR_OK);
    store_return(r.store, db);
    return q;
}

Test(auditor, an_identity_needs_a_pseudonym_and_a_reason)
{
    struct pair p = two_auditors();
    struct ident id;
    const char *good = pseudonym_of(r.resident);
    static const char *const bad[] = {"", "hanako", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                      "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(ask(&p.asks, bad[i], "complaint 12", &id), ERR_SYNTAX, "%s", bad[i]);
    cr_expect_eq(ask(&p.asks, good, "", &id), ERR_SYNTAX);
    cr_expect_eq(ask(&p.asks, good, "two\nlines", &id), ERR_SYNTAX);
    cr_expect_eq(ask(&p.asks, good, "complaint 12", &id), ERR_OK);
}

Test(auditor, nobody_allows_what_she_asked_for_herself)
{
    struct pair p = two_auditors();
    struct ident id;
    cr_assert_eq(ask(&p.asks, pseudonym_of(r.resident), "complaint 12", &id), ERR_OK);
    cr_expect_eq(decide(&p.asks, id, true, NOW_MS), ERR_PERMISSION);
    cr_expect_eq(decide(&p.decides, ident_of(VIEW("x")), true, NOW_MS), ERR_NOT_FOUND);
    cr_expect_eq(decide(&p.decides, id, true, NOW_MS + IDENTITY_PATIENCE * 1000), ERR_PERMISSION, "too late");
    struct identity_request q = request(id);
    cr_expect_eq(identity_state_of(&q, RIG_NOW), IDENTITY_WAITING);
    cr_assert_eq(decide(&p.decides, id, true, NOW_MS), ERR_OK);
    cr_expect_eq(decide(&p.decides, id, false, NOW_MS), ERR_PERMISSION, "once");
    q = request(id);
    cr_expect_eq(identity_state_of(&q, RIG_NOW + IDENTITY_LIFE - 1), IDENTITY_ALLOWED);
    cr_expect_eq(identity_state_of(&q, RIG_NOW + IDENTITY_LIFE), IDENTITY_OVER);
    cr_expect(view_equal(q.asked_by, VIEW("監査 太郎")) && view_equal(q.decided_name, VIEW("検視 次郎")));
    const char *events = rig_events(&r);
    cr_expect(strstr(events, "identity ask ") && strstr(events, "identity allow "));
}

Test(auditor, a_denied_identity_stays_denied_and_a_removed_auditor_decides_nothing)
{
    struct pair p = two_auditors();
    struct ident id, other;
    cr_assert_eq(ask(&p.asks, pseudonym_of(r.resident), "complaint 12", &id), ERR_OK);
    cr_assert_eq(decide(&p.decides, id, false, NOW_MS), ERR_OK);
    struct identity_request q = request(id);
    cr_expect_eq(identity_state_of(&q, RIG_NOW), IDENTITY_DENIED);
    cr_assert_eq(ask(&p.asks, pseudonym_of(r.resident), "complaint 13", &other), ERR_OK);
    p.decides.removed_at = RIG_NOW;
    cr_expect_eq(decide(&p.decides, other, true, NOW_MS), ERR_PERMISSION);
}

Test(auditor, a_pseudonym_leads_to_its_resident_and_to_nobody_when_she_has_left)
{
    struct ident found;
    struct db *db = store_borrow(r.store);
    cr_assert_eq(identity_resident(&found, r.ledger, db, view_text(pseudonym_of(r.resident))), ERR_OK);
    cr_expect(ident_equal(found, r.resident));
    cr_expect_eq(identity_resident(&found, r.ledger, db, view_text(pseudonym_of(first))), ERR_NOT_FOUND);
    cr_expect_eq(identity_resident(&found, r.ledger, db, VIEW("AAAA")), ERR_NOT_FOUND);
    store_return(r.store, db);
}

Test(auditor, a_role_that_was_taken_away_meanwhile_decides_nothing)
{
    struct pair p = two_auditors();
    struct ident id;
    cr_assert_eq(ask(&p.asks, pseudonym_of(r.resident), "complaint 12", &id), ERR_OK);
    struct step s = {.id = p.decides.id, .at_ms = NOW_MS};
    cr_assert_eq(store_write(r.store, remove_job, &s), ERR_OK);
    cr_expect_eq(decide(&p.decides, id, true, NOW_MS), ERR_PERMISSION, "what was read of her before is old");
    struct identity_request q = request(id);
    cr_expect_eq(identity_state_of(&q, RIG_NOW), IDENTITY_WAITING);
}

/* --- persons ------------------------------------------------------------------------------------------------------ */

#define HANAKO ((struct identity_person){VIEW("大阪　花子"), VIEW("1977-11-23")})

struct naming {
    const struct auditor *who;
    struct identity_person person;
    struct view reason;
    struct ident id;
};

static enum err name_job(struct db *db, void *ctx)
{
    struct naming *n = ctx;
    return identity_ask_person(&n->id, r.ledger, &r.arena, db, n->who, &n->person, n->reason, NOW_MS);
}

static enum err name(const struct auditor *who, struct identity_person person, const char *reason, struct ident *id)
{
    struct naming n = {who, person, view_text(reason), IDENT_NONE};
    enum err err = store_write(r.store, name_job, &n);
    *id = n.id;
    return err;
}

static enum err forget_job(struct db *db, void *ctx)
{
    return identity_forget(db, *(const int64_t *)ctx);
}

static bool is_known(struct ident id, int64_t now)
{
    struct identity_person person;
    cr_assert_eq(store_write(r.store, forget_job, &now), ERR_OK);
    struct identity_request q = request(id);
    return identity_person(&person, &r.arena, r.ledger, &q) == ERR_OK;
}

Test(auditor, a_person_needs_a_name_and_a_reason_of_one_line)
{
    struct pair p = two_auditors();
    struct ident id;
    struct identity_person nobody = HANAKO, two = HANAKO;
    nobody.name = VIEW("");
    two.name = VIEW("a\nb");
    cr_expect_eq(name(&p.asks, nobody, "complaint 12", &id), ERR_SYNTAX);
    cr_expect_eq(name(&p.asks, two, "complaint 12", &id), ERR_SYNTAX);
    cr_expect_eq(name(&p.asks, HANAKO, "", &id), ERR_SYNTAX);
    cr_expect_null(strstr(rig_events(&r), "identity"), "nothing is written down");
}

Test(auditor, a_named_person_is_decided_on_like_a_pseudonym_and_her_name_is_nowhere_in_clear)
{
    struct pair p = two_auditors();
    struct identity_person person;
    struct ident id;
    cr_assert_eq(name(&p.asks, HANAKO, "complaint 12", &id), ERR_OK);
    cr_expect_eq(decide(&p.asks, id, true, NOW_MS), ERR_PERMISSION, "her own");
    cr_expect_eq(decide(&p.decides, id, true, NOW_MS + IDENTITY_PATIENCE * 1000), ERR_PERMISSION, "too late");
    cr_assert_eq(decide(&p.decides, id, true, NOW_MS), ERR_OK);
    struct identity_request q = request(id);
    cr_expect(identity_is_of_person(&q));
    cr_assert_eq(identity_person(&person, &r.arena, r.ledger, &q), ERR_OK);
    cr_expect(view_equal(person.name, VIEW("大阪　花子")) && view_equal(person.birthdate, VIEW("1977-11-23")));
    const char *events = rig_events(&r), *number = base64url_text(&r.arena, ident_view(&id));
    cr_expect(strstr(events, arena_printf(&r.arena, "identity ask person %s: complaint 12 by ", number)), "%s", events);
    cr_expect(strstr(events, arena_printf(&r.arena, "identity allow person %s: complaint 12 by ", number)));
    cr_expect(!strstr(events, "花子") && !strstr(events, "1977"), "%s", events);
    for (size_t i = 0; i + 6 <= q.person.n; i++)
        cr_expect(memcmp(q.person.p + i, "花子", 6) != 0);
}

Test(auditor, a_name_that_was_allowed_does_not_open_in_another_request)
{
    struct pair p = two_auditors();
    struct identity_person person;
    struct ident id, other;
    cr_assert_eq(name(&p.asks, HANAKO, "complaint 12", &id), ERR_OK);
    cr_assert_eq(name(&p.asks, HANAKO, "complaint 13", &other), ERR_OK);
    struct identity_request q = request(id), o = request(other);
    q.person = o.person;
    cr_expect_eq(identity_person(&person, &r.arena, r.ledger, &q), ERR_MISMATCH);
}

Test(auditor, a_name_is_forgotten_when_its_request_is_over)
{
    struct pair p = two_auditors();
    struct ident waits, denied, allowed;
    cr_assert_eq(name(&p.asks, HANAKO, "a", &waits), ERR_OK);
    cr_assert_eq(name(&p.asks, HANAKO, "b", &denied), ERR_OK);
    cr_assert_eq(name(&p.asks, HANAKO, "c", &allowed), ERR_OK);
    cr_assert_eq(decide(&p.decides, denied, false, NOW_MS), ERR_OK);
    cr_assert_eq(decide(&p.decides, allowed, true, NOW_MS), ERR_OK);
    cr_expect(!is_known(denied, RIG_NOW));
    cr_expect(is_known(allowed, RIG_NOW + IDENTITY_LIFE - 1));
    cr_expect(!is_known(allowed, RIG_NOW + IDENTITY_LIFE));
    cr_expect(is_known(waits, RIG_NOW + IDENTITY_PATIENCE - 1));
    cr_expect(!is_known(waits, RIG_NOW + IDENTITY_PATIENCE));
}

Test(auditor, nobody_fills_the_list_of_requests)
{
    struct pair p = two_auditors();
    struct ident id, last;
    for (int i = 0; i < IDENTITY_OPEN_ONE; i++)
        cr_assert_eq(name(&p.asks, HANAKO, "complaint", &id), ERR_OK);
    cr_expect_eq(name(&p.asks, HANAKO, "complaint", &last), ERR_LIMIT);
    cr_expect_eq(ask(&p.asks, pseudonym_of(r.resident), "complaint", &last), ERR_LIMIT, "of both kinds together");
    cr_assert_eq(name(&p.decides, HANAKO, "complaint", &last), ERR_OK, "others may");
    cr_assert_eq(decide(&p.decides, id, false, NOW_MS), ERR_OK);
    cr_expect_eq(name(&p.asks, HANAKO, "complaint", &last), ERR_OK, "what was decided waits no more");
    int64_t all = IDENTITY_OPEN_ONE + 1;
    for (struct auditor who = p.asks; all < IDENTITY_OPEN_ALL; all++) {
        who.id = ident_mint();
        cr_assert_eq(name(&who, HANAKO, "complaint", &last), ERR_OK);
    }
    cr_expect_eq(name(&p.decides, HANAKO, "complaint", &last), ERR_LIMIT);
}

Test(auditor, the_operator_may_ask_and_allows_nothing)
{
    struct pair p = two_auditors();
    struct ident id, hers;
    cr_assert_eq(name(&auditor_operator, HANAKO, "letter 7", &id), ERR_OK);
    cr_assert_eq(name(&p.asks, HANAKO, "letter 8", &hers), ERR_OK);
    cr_expect_eq(decide(&auditor_operator, id, true, NOW_MS), ERR_PERMISSION);
    cr_expect_eq(decide(&auditor_operator, hers, true, NOW_MS), ERR_PERMISSION);
    cr_expect_eq(decide(&p.decides, id, true, NOW_MS), ERR_OK);
    const char *events = rig_events(&r);
    cr_expect(strstr(events, "\"act\":\"audit identity ask person "), "%s", events);
}
