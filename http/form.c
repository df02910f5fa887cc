#include "http/form.h"

#include "base/scan.h"
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

/* All but ASCII that stands for itself, in which there is nothing to decode and nothing wrong: most names and values.
 */
static scan_block not_simple(scan_block x)
{
    return (x & 0x80) | (x == 0) | (x == '%') | (x == '+');
}

/* One name or value; *rule is what is wrong with it, or NULL. */
static enum err read_text(struct view *out, struct arena *arena, struct view v, size_t max, const char **rule)
{
    *rule = NULL;
    *out = v;
    if (scan_passes(v, not_simple)) {
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

/* Neither is empty. Most names differ in length or in the first letter: a request asks for forty parameters, each among
 * a dozen. */
static bool is_same(struct view a, struct view b)
{
    return a.n == b.n && a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0;
}

static uint64_t length_bit(struct view name)
{
    return UINT64_C(1) << name.n % 64;
}

/* The first item of that name from FROM on; F->n: there is none. */
static size_t find(const struct form *f, struct view name, size_t from)
{
    if (!(f->lengths & length_bit(name)))
        return f->n;
    while (from < f->n && !is_same(f->items[from].name, name))
        from++;
    return from;
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
    form->items = items;
    struct view rest = raw, piece;
    while (view_next(&rest, '&', &piece)) {
        struct form_item *item = &items[form->n];
        if (piece.n == 0)
            continue;
        enum err e = read_item(item, arena, piece, limits, fault);
        if (e)
            return e;
        if (find(form, item->name, 0) < form->n && !is_among(item, limits->repeated))
            return refuse(fault, item->name, form_rule_duplicate);
        form->lengths |= length_bit(item->name);
        form->n++;
    }
    *out = form;
    return ERR_OK;
}

struct view form_value(const struct form *f, struct view name)
{
    size_t i = f ? find(f, name, 0) : 0;
    return f && i < f->n ? f->items[i].value : VIEW_NONE;
}

bool form_each(const struct form *f, const char *name, size_t *at, struct view *value)
{
    size_t i = f ? find(f, view_text(name), *at) : 0;
    if (!f || i == f->n)
        return false;
    *at = i + 1;
    *value = f->items[i].value;
    return true;
}
