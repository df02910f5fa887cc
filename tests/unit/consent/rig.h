/* rig: a store in a folder of its own with a ledger on it, a resident, and a registration to ask with. */
#ifndef TESTS_CONSENT_RIG_H
#define TESTS_CONSENT_RIG_H

#include "consent/disclosure.h"

struct rig {
    struct arena arena;
    char folder[64], path[96];
    struct store *store;
    struct ledger *ledger;
    struct ident resident;
    struct field_profile profile;
    struct ask ask; /* name required; age_over_65 and interests optional */
};

#define RIG_NOW INT64_C(1795305600) /* 2026-11-22T00:00:00Z */

void rig_open(struct rig *r);
void rig_close(struct rig *r);
void rig_reopen(struct rig *r); /* as after a restart */

struct ledger_parties rig_who(const struct rig *r);
/* A value keeps its changed_at, RIG_NOW less its place, also when it is set again. */
void rig_set_value(struct rig *r, const char *field, const char *json, enum field_source source, const char *as_of);
void rig_read_ask(struct rig *r, struct ask *out, const char *fields, const char *policy);

/* Appends an event of TYPE about name and address. */
void rig_append(struct rig *r, enum ledger_type type, int64_t at_ms);

/* Runs SQL on the file behind the program's back. */
void rig_tamper(struct rig *r, const char *sql);

/* All stored events as JSON lines in the arena. */
const char *rig_events(struct rig *r);

#endif
