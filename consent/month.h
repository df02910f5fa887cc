/* month: how many events of a kind a month had, by service and field. Counted once for each event when its block is
 * made (consent/block.h); it holds nobody's pseudonym, so erasure changes nothing in it. What the public sees of it has
 * small numbers left out. */
#ifndef CONSENT_MONTH_H
#define CONSENT_MONTH_H

#include "consent/event.h"
#include "consent/log/leaf.h"
#include "store/row.h"

/* One number: events of TYPE about FIELD ("" for events without fields) at a service in a month of Japan's time. */
struct month_count {
    char month[8]; /* "2026-05" */
    struct view client, field;
    enum ledger_type type;
    int64_t n;
};

/* Counts gathered before they are recorded. */
struct month_counts {
    struct arena arena;
    struct month_count *items;
    size_t n, size;
};

void month_open(struct month_counts *c);
void month_close(struct month_counts *c);

/* Adds one event; those that name no service (operators', auditors', erasures) are not counted. */
enum err month_count(struct month_counts *c, enum ledger_type type, const struct event_parts *event) MUST_CHECK;

/* Inside a write job: adds what was gathered to what is stored / deletes all. */
enum err month_record(struct db *db, const struct month_counts *c) MUST_CHECK;
enum err month_forget(struct db *db) MUST_CHECK;

/* What is stored, newest month first, then by service, type and field. Everything lives in A. */
enum err month_list(struct month_count **out, size_t *n, struct arena *a, struct db *db) MUST_CHECK;

/* Pure. A list of month_list with what was gathered in C added, in the same order. Their texts are shared.
 * ERR_LIMIT: A is full. */
enum err month_merge(struct month_count **out, size_t *n, struct arena *a, const struct month_counts *c) MUST_CHECK;

/* When the month of AT_MS began in Japan, in milliseconds. */
int64_t month_begin(int64_t at_ms);

/* Numbers below this are not told to the public (1 to 9: "fewer than 10"): in a small service they point at people. */
#define MONTH_SMALL 10

/* Pure. Is N one that is not told? */
bool month_is_small(int64_t n);

#endif
