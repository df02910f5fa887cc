#include "http/form.h"

#include "base/text.h"

const char form_rule_duplicate[] = "sent more than once";
const char form_rule_long[] = "too long";
const char form_rule_many[] = "too many parameters";
const char form_rule_percent[] = "bad percent encoding";
const char form_rule_nul[] = "contains NUL";
const char form_rule_utf8[] = "not UTF-8";
const char form_rule_name[] = "parameter without a name";

static const struct form form_empty;

static enum err refuse(struct form_fault *fault, struct view name, const char *rule)
{
    *fault = (struct form_fault){.name = name, .rule = rule};
    return rule == form_rule_long || rule == form_rule_many ? ERR_LIMIT : ERR_SYNTAX;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_plain(struct view v)
{
    return !memchr(v.p, '%', v.n) && !memchr(v.p, '+', v.n);
}

/* Decodes V into TO, which has room for V.n bytes; false for a percent sign without two hex digits. */
static bool decode(uint8_t *to, size_t *n, struct view v)
{
    size_t out = 0;
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (c == '%') {
            int high = v.n - i > 2 ? hex_digit(v.p[i + 1]) : -1;
            int low = v.n - i > 2 ? hex_digit(v.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        to[out++] = c;
    }
    *n = out;
    return true;
}

/* Eight bytes, all of them ASCII and none NUL, "%" or "+": taking one off each sets no top bit, neither of them as they
 * are nor with that character taken out. A top bit that is set stays in at least two of the three. */
static bool are_simple(uint64_t x)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    return (((x - ones) | ((x ^ ones * '%') - ones) | ((x ^ ones * '+') - ones)) & ones << 7) == 0;
}

static bool is_simple_byte(uint8_t c)
{
    return c && c < 0x80 && c != '%' && c != '+';
}

/* Stands for itself, and nothing is wrong with its bytes: most names and values, at one look. */
static bool is_simple(struct view v)
{
    uint64_t x;
    uint32_t first, last;
    size_t i = 0;
    if (v.n >= sizeof x) { /* the last eight bytes may be looked at twice */
        for (; i + sizeof x < v.n; i += sizeof x) {
            memcpy(&x, v.p + i, sizeof x);
            if (!are_simple(x))
                return false;
        }
        memcpy(&x, v.p + v.n - sizeof x, sizeof x);
        return are_simple(x);
    }
    if (v.n >= sizeof first) {
        memcpy(&first, v.p, sizeof first);
        memcpy(&last, v.p + v.n - sizeof last, sizeof last);
        return are_simple((uint64_t)first << 32 | last);
    }
    while (i < v.n && is_simple_byte(v.p[i]))
        i++;
    return i == v.n;
}

/* One name or value; *rule is what is wrong with it, or NULL. */
static enum err read_text(struct view *out, struct arena *arena, struct view v, size_t max, const char **rule)
{
    *rule = NULL;
    *out = v;
    if (is_simple(v)) {
        *rule = v.n > max ? form_rule_long : NULL;
        return ERR_OK;
    }
    if (!is_plain(v)) {
        uint8_t *to = arena_alloc(arena, v.n);
        if (!to)
            return ERR_MEMORY;
        size_t n = 0;
        if (!decode(to, &n, v))
            *rule = form_rule_percent;
        *out = view_bytes(to, n);
    }
    if (!*rule && out->n > max)
        *rule = form_rule_long;
    if (!*rule && memchr(out->p, 0, out->n))
        *rule = form_rule_nul;
    if (!*rule && !text_is_utf8(*out))
        *rule = form_rule_utf8;
    return ERR_OK;
}

static bool is_taken(const struct form_item *items, size_t n, struct view name)
{
    for (size_t i = 0; i < n; i++)
        if (items[i].name.n == name.n && memcmp(items[i].name.p, name.p, name.n) == 0)
            return true;
    return false;
}

static bool is_among(const struct form_item *item, const char *names)
{
    return names && text_has_word(view_text(names), item->name);
}

static enum err read_item(struct form_item *item, struct arena *arena, struct view piece,
                          const struct form_limits *limits, struct form_fault *fault)
{
    size_t equals = view_index(piece, '=');
    const char *rule;
    enum err e = read_text(&item->name, arena, view_part(piece, 0, equals), limits->name_max, &rule);
    if (e)
        return e;
    if (rule)
        return refuse(fault, VIEW_NONE, rule);
    if (item->name.n == 0)
        return refuse(fault, VIEW_NONE, form_rule_name);
    struct view raw_value = equals < piece.n ? view_from(piece, equals + 1) : view_bytes(piece.p + piece.n, 0);
    e = read_text(&item->value, arena, raw_value, limits->value_max, &rule);
    if (e)
        return e;
    return rule ? refuse(fault, item->name, rule) : ERR_OK;
}

/* How many pieces between ampersands are not empty. */
static size_t count_pieces(struct view raw)
{
    struct view piece;
    size_t n = 0;
    while (view_next(&raw, '&', &piece))
        n += piece.n > 0;
    return n;
}

enum err form_read(const struct form **out, struct arena *arena, struct view raw, const struct form_limits *limits,
                   struct form_fault *fault)
{
    *fault = (struct form_fault){0};
    *out = &form_empty;
    if (raw.n == 0)
        return ERR_OK;
    size_t pieces = count_pieces(raw);
    if (pieces > limits->params_max)
        return refuse(fault, VIEW_NONE, form_rule_many);
    struct form *form = arena_alloc(arena, sizeof(*form));
    struct form_item *items = arena_array(arena, pieces, sizeof(*items));
    if (!form || !items)
        return ERR_MEMORY;
    struct view rest = raw, piece;
    size_t n = 0;
    while (view_next(&rest, '&', &piece)) {
        if (piece.n == 0)
            continue;
        enum err e = read_item(&items[n], arena, piece, limits, fault);
        if (e)
            return e;
        if (is_taken(items, n, items[n].name) && !is_among(&items[n], limits->repeated))
            return refuse(fault, items[n].name, form_rule_duplicate);
        n++;
    }
    *form = (struct form){.items = items, .n = n};
    *out = form;
    return ERR_OK;
}

/* Most names differ in length: a request asks for forty parameters, each among a dozen. */
static bool is_named(const struct form_item *item, const char *name, size_t n)
{
    return item->name.n == n && memcmp(item->name.p, name, n) == 0;
}

bool form_each(const struct form *f, const char *name, size_t *at, struct view *value)
{
    size_t n = strlen(name), i = *at, end = f ? f->n : 0;
    while (i < end && !is_named(&f->items[i], name, n))
        i++;
    *at = i + (i < end);
    if (i < end)
        *value = f->items[i].value;
    return i < end;
}

struct view form_find(const struct form *f, const char *name)
{
    struct view value = VIEW_NONE;
    size_t at = 0;
    return form_each(f, name, &at, &value) ? value : VIEW_NONE;
}

struct view form_get(const struct form *f, const char *name)
{
    struct view v = form_find(f, name);
    return v.n ? v : VIEW_NONE;
}
