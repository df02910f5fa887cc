/* json: the door to jansson for reading, and a small writer of our own that goes straight into a buf.
 * Reading is strict: UTF-8, no duplicate keys, no NUL, bounded depth and size, nothing behind the value. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

struct json; /* a value; belongs to the arena it was read into */

/* ERR_SYNTAX names place and reason in *why (in the arena) if WHY is given. */
enum err json_read(struct json **out, struct arena *a, struct view text, const char **why) MUST_CHECK;

bool json_is_object(const struct json *j);
bool json_is_array(const struct json *j);
bool json_is_null(const struct json *j); /* null itself: not a member that is missing */
/* Members; NULL when J is no object or has none of that name. */
const struct json *json_member(const struct json *j, const char *key);
/* Array elements; json_at gives NULL past the end. */
size_t json_count(const struct json *j);
const struct json *json_at(const struct json *j, size_t i);
/* Members by position, in the order read; the key lives as long as the arena. False past the end. */
bool json_member_at(const struct json *j, size_t i, struct view *key, const struct json **value);

/* Values; false when J is NULL or of another type. Texts live as long as the arena. */
bool json_text(const struct json *j, struct view *out);
bool json_int(const struct json *j, int64_t *out);
bool json_bool(const struct json *j, bool *out);

/* Short forms for members; VIEW_NONE / FALLBACK when missing or of another type. */
struct view json_member_text(const struct json *j, const char *key);
int64_t json_member_int(const struct json *j, const char *key, int64_t fallback);
bool json_member_bool(const struct json *j, const char *key, bool fallback);

/* Is every member's name one of NAMES (NULL-terminated)? Otherwise *stranger is the first that is not. */
bool json_only(const struct json *j, const char *const names[], struct view *stranger);

/* Canonical JSON of J (RFC 8785 for objects, arrays, texts, integers, booleans, null). */
void json_put_canonical(struct buf *out, const struct json *j);

/* The writer. Compact, RFC 8785 escapes; the caller writes keys in order where a canonical form is wanted. */
struct json_out {
    struct buf *buf;
    bool comma;
};

void json_out_open(struct json_out *o, struct buf *b);
void json_begin(struct json_out *o);                      /* { */
void json_end(struct json_out *o);                        /* } */
void json_begin_array(struct json_out *o);                /* [ */
void json_end_array(struct json_out *o);                  /* ] */
void json_put_name(struct json_out *o, struct view name); /* "name": */
void json_put_text(struct json_out *o, struct view v);    /* a value */
void json_put_int(struct json_out *o, int64_t v);
void json_put_bool(struct json_out *o, bool v);
void json_put_null(struct json_out *o);
void json_put_raw(struct json_out *o, struct view json);       /* already JSON */
void json_put_value(struct json_out *o, const struct json *j); /* as json_put_canonical */
/* name and text in one; left out when V is absent */
void json_put_member(struct json_out *o, struct view name, struct view v);

/* The same with a key that is mostly a literal: written here, its length is known when this is compiled. */
static inline void json_key(struct json_out *o, const char *key)
{
    json_put_name(o, view_text(key));
}

static inline void json_pair(struct json_out *o, const char *key, struct view v)
{
    json_put_member(o, view_text(key), v);
}

static inline void json_pair_text(struct json_out *o, const char *key, const char *v)
{
    json_put_member(o, view_text(key), view_text(v));
}

static inline void json_pair_int(struct json_out *o, const char *key, int64_t v)
{
    json_key(o, key);
    json_put_int(o, v);
}

static inline void json_pair_bool(struct json_out *o, const char *key, bool v)
{
    json_key(o, key);
    json_put_bool(o, v);
}

#endif
