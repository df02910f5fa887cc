/* listing: ledger events as auditors read them: a table for the terminal, CSV for spreadsheets, JSON Lines. */
#ifndef CONSENT_LISTING_H
#define CONSENT_LISTING_H

#include <stdio.h>

#include "base/buf.h"
#include "consent/query.h"

enum listing_format { LISTING_TABLE, LISTING_CSV, LISTING_JSONL };
/* "table", "csv", "json". False: no such format. */
bool listing_format_of(struct view name, enum listing_format *out);

/* The line above the events; CSV begins with a byte order mark, by which Excel knows UTF-8. */
void listing_put_head(struct buf *out, enum listing_format format);

/* One event, one line. ARENA for the time of the call. */
void listing_put(struct buf *out, struct arena *a, enum listing_format format, const struct query_event *e);

/* The whole answer to Q into OUT, event by event in constant memory. ERR_IO: OUT cannot be written. */
enum err listing_write(struct query_walk *w, struct db *db, const struct query *q, enum listing_format format,
                       FILE *out) MUST_CHECK;

/* A cell of CSV (RFC 4180), without the comma: always quoted; one that a spreadsheet would take for a formula begins
 * with a quote mark. */
void listing_put_cell(struct buf *out, struct view v);

#endif
