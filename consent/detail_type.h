/* detail_type: one type of authorization details (RFC 9396 2), as the resource server that it belongs to registered it:
 * what it is called, what it means to the resident, and which members an object of it may have. A type is data. */
#ifndef CONSENT_DETAIL_TYPE_H
#define CONSENT_DETAIL_TYPE_H

#include "base/json.h"
#include "consent/ask.h"
#include "store/row.h"

#define DETAIL_TYPES_MAX   16   /* of one resource server */
#define DETAIL_TYPE_MAX    200  /* bytes of a type's name */
#define DETAIL_MEMBERS_MAX 16   /* of one object */
#define DETAIL_VALUES_MAX  64   /* that a member may have */
#define DETAIL_TEXTS_MAX   16   /* texts in one array */
#define DETAIL_TEXT_MAX    1000 /* bytes of one text, at most */
#define DETAIL_DEPTH_MAX   3    /* objects in objects */

enum detail_kind { DETAIL_TEXT, DETAIL_INTEGER, DETAIL_BOOLEAN, DETAIL_TEXTS, DETAIL_OBJECT };

struct detail_words {
    struct view ja, en, easy; /* easy: in easy Japanese; absent: none is registered */
};

/* A text that is allowed, and how it is read aloud. */
struct detail_value {
    struct view text;
    struct detail_words title;
};

struct detail_member {
    struct view name;
    enum detail_kind kind;
    struct detail_words title;
    bool required;
    const struct detail_value *values; /* DETAIL_TEXT, DETAIL_TEXTS: these and no others; none: any */
    size_t n_values;
    int64_t min, max;                    /* DETAIL_INTEGER; of texts max is the bytes of each */
    const struct json *otherwise;        /* what an object gets that does not have it (RFC 9396 7.1); NULL: nothing */
    const struct detail_member *members; /* DETAIL_OBJECT */
    size_t n_members;
};

struct detail_type {
    struct view id;
    struct detail_words title, sentence;
    bool every_time; /* she is asked each time, and no refresh carries it on: what is done once */
    bool alone;      /* a service may have it for itself (RFC 6749 4.4) */
    const struct detail_member *members;
    size_t n_members;
    uint8_t meaning[ASK_HASH]; /* of the whole definition: changes when what she agreed to changes */
    struct view definition;    /* canonical JSON */
};

/* Reads "authorization_details_definitions" of the registration of RESOURCE (its identifier; absent: it is no resource
 * server). Everything lives in A. ERR_SYNTAX with *FAULT. */
enum err detail_types_read(const struct detail_type **out, size_t *n, struct arena *a, const struct json *definitions,
                           struct view resource, struct ask_fault *fault) MUST_CHECK;

/* RFC 9396 5: an object of this type? */
enum detail_fault { DETAIL_GOOD, DETAIL_MEMBER_UNKNOWN, DETAIL_MEMBER_MISSING, DETAIL_WRONG_KIND, DETAIL_WRONG_VALUE };
enum detail_fault detail_type_check(const struct detail_type *type, const struct json *object);

/* OBJECT, which was checked, with what it gets where it says nothing; canonical JSON, the same for the same wish. */
enum err detail_type_complete(struct view *out, struct arena *a, const struct detail_type *type,
                              const struct json *object) MUST_CHECK;

/* How a checked object is read by a resident: a line for each member that it has, in the order of the definition. */
enum detail_language { DETAIL_JA, DETAIL_EN, DETAIL_EASY };
struct detail_line {
    struct view label, value;
};
enum err detail_type_lines(struct detail_line **out, size_t *n, struct arena *a, const struct detail_type *type,
                           const struct json *object, enum detail_language language) MUST_CHECK;
struct view detail_words_in(const struct detail_words *words, enum detail_language language);

/* --- as she read it: kept once under its meaning, whatever becomes of the registration --- */

/* Inside a store job. */
enum err detail_type_keep(struct db *db, const struct detail_type *type) MUST_CHECK;
/* In A. ERR_NOT_FOUND. */
enum err detail_type_find(const struct detail_type **out, struct db *db, struct arena *a,
                          const uint8_t meaning[ASK_HASH]) MUST_CHECK;

#endif
