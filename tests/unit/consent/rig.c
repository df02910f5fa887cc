#include "rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "consent/listing.h"

static const uint8_t audit_key[32] = "the audit key of these tests ...";

static const char FIELDS[] =
    "[{\"id\":\"name\",\"required\":true,\"purpose\":\"予約者の確認のため\",\"purpose#en\":\"To know who books\"},"
    "{\"id\":\"age_over_65\",\"required\":false,\"purpose\":\"高齢者割引のため\",\"purpose#en\":\"Senior discount\"},"
    "{\"id\":\"interests\",\"required\":false,\"purpose\":\"お知らせのため\",\"purpose#en\":\"To tell you news\"}]";

static void open_store(struct rig *r)
{
    enum store_fault fault;
    cr_assert_eq(store_open(&r->store, &(struct store_config){.path = r->path, .readers = 2}, &fault), ERR_OK);
    cr_assert_eq(ledger_open(&r->ledger, r->store, VIEW_ARRAY(audit_key)), ERR_OK);
}

static enum err add_resident(struct db *db, void *ctx)
{
    struct rig *r = ctx;
    return db_run(db, "INSERT INTO resident (id, created_at) VALUES ($1, 0)", VALUES(V_IDENT(r->resident)));
}

void rig_read_ask(struct rig *r, struct ask *out, const char *fields, const char *policy)
{
    struct json *j;
    struct ask_fault fault = {0};
    const struct ask_terms terms = {VIEW("a-booking"), VIEW("a-city"), view_text(policy), VIEW_NONE};
    cr_assert_eq(json_read(&j, &r->arena, view_text(fields), NULL), ERR_OK);
    cr_assert_eq(ask_read(out, &r->arena, j, &terms, &fault), ERR_OK, "%s %s", fault.field, fault.rule);
}

void rig_open(struct rig *r)
{
    *r = (struct rig){.resident = ident_of(VIEW("hanako"))};
    arena_open(&r->arena, 4 << 20);
    snprintf(r->folder, sizeof r->folder, "/tmp/genkan-consent-XXXXXX");
    cr_assert_not_null(mkdtemp(r->folder));
    snprintf(r->path, sizeof r->path, "%s/genkan.db", r->folder);
    open_store(r);
    cr_assert_eq(store_write(r->store, add_resident, r), ERR_OK);
    r->profile.today = VIEW("2026-11-22");
    rig_set_value(r, "name", "\"大阪 花子\"", SOURCE_CARD_READ, "2026-11-22");
    rig_set_value(r, "birthdate", "\"1950-04-01\"", SOURCE_CARD_READ, "2026-11-22");
    rig_set_value(r, "interests", "[\"health\"]", SOURCE_RESIDENT, "2026-11-22");
    rig_read_ask(r, &r->ask, FIELDS, "https://a.example/policy/1");
}

void rig_close(struct rig *r)
{
    char command[3][112];
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    store_close(r->store);
    ledger_close(r->ledger);
    for (size_t i = 0; i < 3; i++) {
        snprintf(command[i], sizeof command[i], "%s%s", r->path, suffixes[i]);
        unlink(command[i]);
    }
    rmdir(r->folder);
    arena_close(&r->arena);
}

void rig_reopen(struct rig *r)
{
    store_close(r->store);
    ledger_close(r->ledger);
    open_store(r);
}

struct ledger_parties rig_who(const struct rig *r)
{
    return (struct ledger_parties){r->resident,   VIEW("a-booking"),    VIEW("a-city"),
                                   VIEW("27999"), VIEW("pairwise-sub"), ident_of(VIEW("a login"))};
}

void rig_set_value(struct rig *r, const char *field, const char *json, enum field_source source, const char *as_of)
{
    const struct field *f = field_find(view_text(field));
    size_t i = 0;
    cr_assert_not_null(f, "%s", field);
    while (i < r->profile.n && r->profile.values[i].field != f)
        i++;
    r->profile.values[i] = (struct field_value){.field = f,
                                                .json = view_text(json),
                                                .source = source,
                                                .as_of = view_text(as_of),
                                                .changed_at = RIG_NOW - (int64_t)i};
    if (i == r->profile.n)
        r->profile.n++;
}

struct append_job {
    struct rig *r;
    struct ledger_event event;
};

static enum err append_job(struct db *db, void *ctx)
{
    struct append_job *job = ctx;
    return ledger_append(job->r->ledger, db, &job->event, NULL);
}

void rig_append(struct rig *r, enum ledger_type type, int64_t at_ms)
{
    struct append_job job = {r,
                             {.type = type,
                              .at = at_ms,
                              .who = rig_who(r),
                              .ground = "consent",
                              .via = "userinfo",
                              .fields = {field_find(VIEW("name")), field_find(VIEW("address"))},
                              .n_fields = 2,
                              .terms = VIEW_ARRAY(r->ask.hash)}};
    cr_assert_eq(store_write(r->store, append_job, &job), ERR_OK);
}

struct tamper {
    const char *sql;
};

static enum err tamper_job(struct db *db, void *ctx)
{
    const struct tamper *t = ctx;
    return db_run(db, t->sql, NO_VALUES);
}

void rig_tamper(struct rig *r, const char *sql)
{
    struct store *other;
    struct tamper t = {sql};
    cr_assert_eq(store_open(&other, &(struct store_config){.path = r->path, .readers = 1}, NULL), ERR_OK);
    cr_assert_eq(store_write(other, tamper_job, &t), ERR_OK, "%s", sql);
    store_close(other);
}

const char *rig_events(struct rig *r)
{
    char *text = NULL;
    size_t n = 0;
    struct query_walk walk = {0};
    FILE *f = open_memstream(&text, &n);
    struct db *db = store_borrow(r->store);
    cr_assert_eq(listing_write(&walk, db, &(struct query){0}, LISTING_JSONL, f), ERR_OK);
    store_return(r->store, db);
    fclose(f);
    const char *kept = arena_text(&r->arena, view_bytes(text, n));
    free(text);
    return kept;
}
