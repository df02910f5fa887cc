/* event: looking into a ledger event without reading it as JSON. Events are canonical (RFC 8785) and written by
 * consent/ledger.c: members are texts, numbers or arrays of them, nothing is nested, and a quote inside of a text
 * always has a backslash in front, so `"key":` stands nowhere but at its member. */
#ifndef CONSENT_EVENT_H
#define CONSENT_EVENT_H

#include "base/arena.h"
#include "base/view.h"

/* The text of member KEY as it stands there: escapes not undone (identifiers have none). Absent: no such member, or no
 * text. */
struct view event_text(struct view event, const char *key);

/* What indexes ask of an event, found in one walk; absent where it has no such member, or not of that kind. */
struct event_parts {
    struct view client, org, resident, sector, session; /* as event_text */
    struct view fields;                                 /* as event_fields */
    int64_t at;                                         /* as event_at */
};
struct event_parts event_parts(struct view event);

/* The same as event_text with escapes undone, for showing; in A where it had any. */
struct view event_plain(struct arena *a, struct view event, const char *key);

/* Does it look like an event of ours at all? */
bool event_is_sound(struct view event);

/* When it happened, in milliseconds; -1 when the event does not say. */
int64_t event_at(struct view event);

/* The next field's id out of the array "fields"; *REST begins as event_fields(event). */
struct view event_fields(struct view event);
bool event_next_field(struct view *rest, struct view *field);

bool event_has_field(struct view event, struct view field);

#endif
