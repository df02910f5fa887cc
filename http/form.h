/* form: application/x-www-form-urlencoded (WHATWG URL 5.1), read strictly: it serves query strings and POST bodies
 * alike. A name twice, a bad percent sign, a NUL, bad UTF-8, anything too long or too many is refused, never guessed.
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "base/arena.h"
#include "base/err.h"

struct form_item {
    struct view name, value; /* decoded; UTF-8 without NUL */
};

struct form {
    const struct form_item *items;
    size_t n;
    uint64_t lengths; /* of the names, bit N % 64 for N bytes: of most that were not sent, this says so at one look */
};

struct form_limits {
    size_t params_max, name_max, value_max; /* values and names in decoded bytes */
    const char *repeated;                   /* names that may come several times, words; NULL: none may */
};

/* What was wrong, for the answer and the log. NAME is the parameter's (absent if it could not be read; it may be any
 * UTF-8 text of the sender, so escape it), RULE one of the texts below. */
struct form_fault {
    struct view name;
    const char *rule;
};

extern const char form_rule_duplicate[]; /* "sent more than once" */
extern const char form_rule_long[];      /* "too long" */
extern const char form_rule_many[];      /* "too many parameters" */
extern const char form_rule_percent[];   /* "bad percent encoding" */
extern const char form_rule_nul[];       /* "contains NUL" */
extern const char form_rule_utf8[];      /* "not UTF-8" */
extern const char form_rule_name[];      /* "parameter without a name" */

/* RAW is not changed; the form and its texts live in ARENA, or in RAW where nothing had to be decoded. An absent or
 * empty RAW gives a form without items. ERR_SYNTAX or ERR_LIMIT with *fault filled; ERR_MEMORY. */
enum err form_read(const struct form **out, struct arena *arena, struct view raw, const struct form_limits *limits,
                   struct form_fault *fault) MUST_CHECK;

/* The value as sent, which may be empty; absent only if not sent. F may be NULL. */
struct view form_value(const struct form *f, struct view name);

/* The same for a name that is mostly a literal: here its length is known when this is compiled. */
static inline struct view form_find(const struct form *f, const char *name)
{
    return form_value(f, view_text(name));
}

/* The value, or absent if not sent or sent empty (RFC 6749 3.1: "without a value MUST be treated as if omitted"). F may
 * be NULL. */
static inline struct view form_get(const struct form *f, const char *name)
{
    struct view v = form_find(f, name);
    return v.n ? v : VIEW_NONE;
}

/* The next value of a name that may come several times; *AT begins as 0. False: there is no further one. */
bool form_each(const struct form *f, const char *name, size_t *at, struct view *value);

#endif
