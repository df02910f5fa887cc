#include "base/json.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/scan.h"
#include "base/text.h"

/* Some of our names are macros there. */
#undef json_is_object
#undef json_is_array
#undef json_is_null

#define PLAIN_DEPTH 4

/* struct json is a json_t behind another name: nothing of ours is in between. */
static const json_t *inside(const struct json *j)
{
    return (const json_t *)j;
}

static const struct json *outside(const json_t *j)
{
    return (const struct json *)j;
}

static void drop(void *j)
{
    json_decref(j);
}

/* ---- reading ---- */

static bool is_clean(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static scan_block unclean(scan_block x)
{
    return (x < 0x20) | (x == '"') | (x == '\\');
}

/* How many bytes need no escape. */
static size_t clean_bytes(struct view v)
{
    size_t i = 0;
    while (i + sizeof(scan_block) <= v.n && scan_allows(unclean, scan_load(v.p + i)))
        i += sizeof(scan_block);
    while (i < v.n && is_clean(v.p[i]))
        i++;
    return i;
}

static bool take(struct view *rest, uint8_t c)
{
    if (!rest->n || rest->p[0] != c)
        return false;
    *rest = view_from(*rest, 1);
    return true;
}

static bool take_plain_text(struct view *out, struct view *rest)
{
    if (!take(rest, '"'))
        return false;
    size_t n = clean_bytes(*rest);
    *out = view_part(*rest, 0, n);
    *rest = view_from(*rest, n);
    return take(rest, '"') && text_is_utf8(*out);
}

static json_t *plain_object(struct view *rest, int depth);

static json_t *plain_value(struct view *rest, int depth)
{
    struct view text;
    if (rest->n && rest->p[0] == '{')
        return plain_object(rest, depth + 1);
    return take_plain_text(&text, rest) ? json_stringn_nocheck((const char *)text.p, text.n) : NULL;
}

static bool add_plain_member(json_t *object, struct view *rest, int depth)
{
    struct view name;
    if (!take_plain_text(&name, rest) || !take(rest, ':') || json_object_getn(object, (const char *)name.p, name.n))
        return false;
    json_t *value = plain_value(rest, depth);
    return value && json_object_setn_new_nocheck(object, (const char *)name.p, name.n, value) == 0;
}

static json_t *plain_object(struct view *rest, int depth)
{
    json_t *object = depth < PLAIN_DEPTH && take(rest, '{') ? json_object() : NULL;
    bool fine = object && add_plain_member(object, rest, depth);
    while (fine && take(rest, ','))
        fine = add_plain_member(object, rest, depth);
    if (fine && take(rest, '}'))
        return object;
    json_decref(object);
    return NULL;
}

/* An object of texts (and of such objects) without a blank and without an escape, as programs write them; NULL for
 * everything else, good or bad. jansson goes through a text three times, byte by byte and each byte through a function,
 * which made a login's response cost as much as a check of its signature. This is no second judge: what is NULL here is
 * read by jansson from the start, which alone refuses; and what is taken here, jansson takes with the same result
 * (fuzz_json; docs/decisions/json.md). */
static json_t *read_plain(struct view text)
{
    struct view rest = text;
    json_t *j = plain_object(&rest, 0);
    if (j && rest.n) {
        json_decref(j);
        return NULL;
    }
    return j;
}

enum err json_read(struct json **out, struct arena *a, struct view text, const char **why)
{
    json_error_t error;
    *out = NULL;
    if (why)
        *why = "";
    if (!text.p)
        return ERR_SYNTAX;
    /* jansson bounds the depth (2048), checks UTF-8, and refuses U+0000 without JSON_ALLOW_NUL */
    json_t *j = read_plain(text);
    if (!j)
        j = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!j) {
        if (json_error_code(&error) == json_error_out_of_memory)
            return ERR_MEMORY;
        if (why)
            *why = arena_printf(a, "line %d, column %d: %s", error.line, error.column, error.text);
        return ERR_SYNTAX;
    }
    if (!arena_on_close(a, drop, j))
        return ERR_MEMORY;
    *out = (struct json *)j;
    return ERR_OK;
}

static bool is(const struct json *j, json_type type)
{
    return j && json_typeof(inside(j)) == type;
}

bool json_is_object(const struct json *j)
{
    return is(j, JSON_OBJECT);
}

bool json_is_null(const struct json *j)
{
    return is(j, JSON_NULL);
}

bool json_is_array(const struct json *j)
{
    return is(j, JSON_ARRAY);
}

const struct json *json_member(const struct json *j, const char *key)
{
    return is(j, JSON_OBJECT) ? outside(json_object_get(inside(j), key)) : NULL;
}

size_t json_count(const struct json *j)
{
    if (is(j, JSON_ARRAY))
        return json_array_size(inside(j));
    return is(j, JSON_OBJECT) ? json_object_size(inside(j)) : 0;
}

const struct json *json_at(const struct json *j, size_t i)
{
    return is(j, JSON_ARRAY) ? outside(json_array_get(inside(j), i)) : NULL;
}

bool json_member_at(const struct json *j, size_t i, struct view *key, const struct json **value)
{
    if (!is(j, JSON_OBJECT))
        return false;
    json_t *object = (json_t *)(uintptr_t)inside(j); /* the iterator's signature wants it writable; it does not write */
    void *at = json_object_iter(object);
    while (at && i-- > 0)
        at = json_object_iter_next(object, at);
    if (!at)
        return false;
    *key = view_text(json_object_iter_key(at));
    *value = outside(json_object_iter_value(at));
    return true;
}

bool json_text(const struct json *j, struct view *out)
{
    if (!is(j, JSON_STRING))
        return false;
    *out = view_bytes(json_string_value(inside(j)), json_string_length(inside(j)));
    return true;
}

bool json_int(const struct json *j, int64_t *out)
{
    if (!is(j, JSON_INTEGER))
        return false;
    *out = json_integer_value(inside(j));
    return true;
}

bool json_bool(const struct json *j, bool *out)
{
    if (!is(j, JSON_TRUE) && !is(j, JSON_FALSE))
        return false;
    *out = is(j, JSON_TRUE);
    return true;
}

struct view json_member_text(const struct json *j, const char *key)
{
    struct view v = VIEW_NONE;
    return json_text(json_member(j, key), &v) ? v : VIEW_NONE;
}

int64_t json_member_int(const struct json *j, const char *key, int64_t fallback)
{
    int64_t v;
    return json_int(json_member(j, key), &v) ? v : fallback;
}

bool json_member_bool(const struct json *j, const char *key, bool fallback)
{
    bool v;
    return json_bool(json_member(j, key), &v) ? v : fallback;
}

static bool is_one_of(struct view key, const char *const names[])
{
    for (size_t i = 0; names[i]; i++)
        if (view_equal_text(key, names[i]))
            return true;
    return false;
}

bool json_only(const struct json *j, const char *const names[], struct view *stranger)
{
    const struct json *value;
    for (size_t i = 0; json_member_at(j, i, stranger, &value); i++)
        if (!is_one_of(*stranger, names))
            return false;
    *stranger = VIEW_NONE;
    return true;
}

static void put_escape(struct buf *b, uint8_t c)
{
    static const char shorts[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
    const char *hit = c ? memchr(shorts, c, sizeof shorts - 1) : NULL;
    if (hit) {
        buf_put_byte(b, '\\');
        buf_put_byte(b, (uint8_t)letters[hit - shorts]);
    } else {
        buf_printf(b, "\\u%04x", c);
    }
}

/* Out of the way of what is mostly done. */
__attribute__((noinline)) static void put_with_escapes(struct buf *b, struct view v)
{
    buf_put_byte(b, '"');
    while (v.n) {
        size_t n = clean_bytes(v);
        buf_put(b, view_part(v, 0, n));
        v = view_from(v, n);
        if (v.n) {
            put_escape(b, v.p[0]);
            v = view_from(v, 1);
        }
    }
    buf_put_byte(b, '"');
}

/* Less than sixteen bytes, some of them twice: a call of memcpy costs more than it does for them. */
static void copy_short(uint8_t *to, struct view v)
{
    if (v.n >= 8) {
        memcpy(to, v.p, 8);
        memcpy(to + v.n - 8, v.p + v.n - 8, 8);
    } else if (v.n >= 4) {
        memcpy(to, v.p, 4);
        memcpy(to + v.n - 4, v.p + v.n - 4, 4);
    } else {
        for (size_t i = 0; i < v.n; i++)
            to[i] = v.p[i];
    }
}

/* RFC 8785 3.2.2.2: only what must be escaped is, with the short form where there is one. Most texts need none. */
static void put_escaped(struct buf *b, struct view v)
{
    if (!scan_passes(v, unclean)) {
        put_with_escapes(b, v);
        return;
    }
    uint8_t *p = buf_room(b, v.n + 2);
    if (!p)
        return;
    *p = '"';
    if (v.n < 16)
        copy_short(p + 1, v);
    else
        memcpy(p + 1, v.p, v.n);
    p[v.n + 1] = '"';
}

/* The code point at *i of V (UTF-8 that was checked), as UTF-16 code units: RFC 8785 3.2.3 sorts by these. */
static size_t utf16_next(struct view v, size_t *i, uint16_t units[2])
{
    uint8_t a = v.p[*i];
    size_t len = a < 0x80 ? 1 : a < 0xE0 ? 2 : a < 0xF0 ? 3 : 4;
    uint32_t cp = len == 1 ? a : a & (0xFFu >> (len + 1));
    for (size_t k = 1; k < len; k++)
        cp = cp << 6 | (v.p[*i + k] & 0x3F);
    *i += len;
    if (cp < 0x10000) {
        units[0] = (uint16_t)cp;
        return 1;
    }
    units[0] = (uint16_t)(0xD800 + ((cp - 0x10000) >> 10));
    units[1] = (uint16_t)(0xDC00 + ((cp - 0x10000) & 0x3FF));
    return 2;
}

static int by_utf16(const void *pa, const void *pb)
{
    struct view a = *(const struct view *)pa, b = *(const struct view *)pb;
    size_t i = 0, k = 0;
    while (i < a.n && k < b.n) {
        uint16_t ua[2] = {0}, ub[2] = {0};
        utf16_next(a, &i, ua);
        utf16_next(b, &k, ub);
        if (ua[0] != ub[0])
            return ua[0] < ub[0] ? -1 : 1;
        if (ua[1] != ub[1])
            return ua[1] < ub[1] ? -1 : 1;
    }
    return i < a.n ? 1 : k < b.n ? -1 : 0;
}

static void put_object(struct buf *out, const struct json *j)
{
    size_t n = json_count(j), i = 0;
    struct view *keys = calloc(n ? n : 1, sizeof *keys);
    const struct json *value;
    if (!keys) {
        out->err = out->err ? out->err : ERR_MEMORY;
        return;
    }
    void *at = json_object_iter((json_t *)(uintptr_t)inside(j));
    for (; at && i < n; at = json_object_iter_next((json_t *)(uintptr_t)inside(j), at))
        keys[i++] = view_text(json_object_iter_key(at));
    qsort(keys, n, sizeof *keys, by_utf16);
    buf_put_byte(out, '{');
    for (i = 0; i < n; i++) {
        if (i > 0)
            buf_put_byte(out, ',');
        put_escaped(out, keys[i]);
        buf_put_byte(out, ':');
        value = json_member(j, (const char *)keys[i].p); /* jansson's keys end with NUL */
        json_put_canonical(out, value);
    }
    buf_put_byte(out, '}');
    free(keys);
}

static void put_array(struct buf *out, const struct json *j)
{
    buf_put_byte(out, '[');
    for (size_t i = 0; i < json_count(j); i++) {
        if (i > 0)
            buf_put_byte(out, ',');
        json_put_canonical(out, json_at(j, i));
    }
    buf_put_byte(out, ']');
}

void json_put_canonical(struct buf *out, const struct json *j)
{
    struct view text = VIEW_NONE;
    int64_t number = 0;
    bool truth = false;
    if (json_is_object(j))
        put_object(out, j);
    else if (json_is_array(j))
        put_array(out, j);
    else if (json_text(j, &text))
        put_escaped(out, text);
    else if (json_int(j, &number))
        buf_put_int(out, number);
    else if (json_bool(j, &truth))
        buf_put_text(out, truth ? "true" : "false");
    else if (is(j, JSON_NULL))
        buf_put_text(out, "null");
    else /* real numbers do not occur in what we sign */
        out->err = out->err ? out->err : ERR_SYNTAX;
}

void json_out_open(struct json_out *o, struct buf *b)
{
    *o = (struct json_out){.buf = b};
}

static void before_value(struct json_out *o)
{
    if (o->comma)
        buf_put_byte(o->buf, ',');
    o->comma = true;
}

static void begin(struct json_out *o, uint8_t bracket)
{
    before_value(o);
    buf_put_byte(o->buf, bracket);
    o->comma = false;
}

static void end(struct json_out *o, uint8_t bracket)
{
    buf_put_byte(o->buf, bracket);
    o->comma = true;
}

void json_begin(struct json_out *o)
{
    begin(o, '{');
}

void json_end(struct json_out *o)
{
    end(o, '}');
}

void json_begin_array(struct json_out *o)
{
    begin(o, '[');
}

void json_end_array(struct json_out *o)
{
    end(o, ']');
}

void json_put_name(struct json_out *o, struct view name)
{
    before_value(o);
    put_escaped(o->buf, name);
    buf_put_byte(o->buf, ':');
    o->comma = false;
}

void json_put_text(struct json_out *o, struct view v)
{
    before_value(o);
    put_escaped(o->buf, v);
}

void json_put_int(struct json_out *o, int64_t v)
{
    before_value(o);
    buf_put_int(o->buf, v);
}

void json_put_bool(struct json_out *o, bool v)
{
    json_put_raw(o, v ? VIEW("true") : VIEW("false"));
}

void json_put_null(struct json_out *o)
{
    json_put_raw(o, VIEW("null"));
}

void json_put_value(struct json_out *o, const struct json *j)
{
    before_value(o);
    json_put_canonical(o->buf, j);
}

void json_put_raw(struct json_out *o, struct view json)
{
    before_value(o);
    buf_put(o->buf, json);
}

void json_put_member(struct json_out *o, struct view name, struct view v)
{
    if (!view_is(v))
        return;
    json_put_name(o, name);
    json_put_text(o, v);
}
