/* detail: one object of authorization details (RFC 9396 2), as it was asked and as it was granted, and the one
 * comparison of both. */
#ifndef CONSENT_DETAIL_H
#define CONSENT_DETAIL_H

#include "base/json.h"
#include "consent/ask.h"

#define DETAILS_MAX 8 /* objects of one request */

struct detail {
    struct view type, json;    /* JSON: canonical, checked and completed */
    uint8_t meaning[ASK_HASH]; /* of its type's definition (consent/detail_type.h) */
    bool every_time;           /* its type's */
    bool optional;             /* the service can do without, so she may leave it out */
};

struct detail_list {
    const struct detail *items;
    size_t n;
};

/* RFC 9396 6.1, for types whose members each add: of ASKED every member is in GRANTED and says no more: of an array
 * some of the same texts, of all else the same. What ASKED leaves out it has as it was granted. */
bool detail_fits(const struct json *granted, const struct json *asked);

/* The same of two objects that stand by themselves, where leaving out could mean more: it has the same members. */
bool detail_covers(const struct json *granted, const struct json *asked);

/* GRANTED, with what ASKED (detail_fits) says in its place; canonical JSON in A. */
enum err detail_narrow(struct view *out, struct arena *a, const struct json *granted,
                       const struct json *asked) MUST_CHECK;

/* The objects as one JSON array, in A; absent for none. */
enum err detail_list_write(struct view *out, struct arena *a, const struct view *objects, size_t n) MUST_CHECK;

#endif
