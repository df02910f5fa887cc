#include "webui/program.h"

#define TEXT_MAX 262144

void program_open(struct program *p, struct arena *arena)
{
    *p = (struct program){.arena = arena};
    buf_open(&p->text, arena, TEXT_MAX);
}

size_t program_step(struct program *p, struct program_op op)
{
    if (p->n == p->size) {
        size_t size = p->size ? p->size * 2 : 64;
        struct program_op *ops = arena_array(p->arena, size, sizeof *ops);
        if (!ops) {
            p->err = ERR_MEMORY;
            return 0;
        }
        if (p->n)
            memcpy(ops, p->ops, p->n * sizeof *ops);
        p->ops = ops;
        p->size = size;
    }
    p->ops[p->n] = op;
    return p->n++;
}

void program_literal(struct program *p, struct view v)
{
    /* a jump leads behind the last step: that step belongs to the jumped part and must not grow */
    struct program_op *last = p->n && p->target != p->n ? &p->ops[p->n - 1] : NULL;
    size_t at = p->text.n;
    buf_put(&p->text, v);
    if (last && last->kind == OP_LITERAL && last->at + last->n == at)
        last->n += v.n;
    else
        program_step(p, (struct program_op){.kind = OP_LITERAL, .at = at, .n = v.n});
}

void program_attribute(struct program *p, enum program_op_kind kind, struct view name, const struct fact *fact,
                       size_t depth)
{
    size_t at = p->text.n;
    buf_put(&p->text, name);
    program_step(p, (struct program_op){.kind = kind, .fact = fact, .depth = depth, .at = at, .n = name.n});
}

void program_jump_here(struct program *p, size_t index)
{
    if (p->err)
        return;
    p->ops[index].jump = p->n;
    p->target = p->n;
}

enum err program_done(const struct program *p)
{
    return p->err ? p->err : p->text.err;
}

enum err program_move(struct program *p, struct arena *arena)
{
    struct program_op *ops = arena_array(arena, p->n, sizeof *ops);
    struct view text = arena_copy(arena, view_bytes(p->text.p ? p->text.p : (const uint8_t *)"", p->text.n));
    if (!ops || !text.p)
        return ERR_MEMORY;
    if (p->n)
        memcpy(ops, p->ops, p->n * sizeof *ops);
    *p = (struct program){.arena = arena, .ops = ops, .n = p->n, .size = p->n, .text = {.n = text.n, .arena = arena}};
    p->text.p = (uint8_t *)(uintptr_t)text.p; /* the arena's, nobody writes there any more */
    return ERR_OK;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static const void *member(const struct fact *f, const void *base)
{
    return (const char *)base + f->offset;
}

static struct view fact_text(const struct fact *f, const void *base)
{
    if (f->kind == FACT_CHOICE)
        return view_text(f->names[*(const int *)member(f, base)]);
    return *(const struct view *)member(f, base);
}

static size_t list_count(const struct fact *f, const void *base)
{
    return *(const size_t *)(const void *)((const char *)base + f->count_offset);
}

static bool holds(const struct program_op *op, const void *base)
{
    const struct fact *f = op->fact;
    switch (f->kind) {
    case FACT_FLAG:
        return *(const bool *)member(f, base);
    case FACT_CHOICE:
        return *(const int *)member(f, base) == op->choice;
    case FACT_LIST:
        return list_count(f, base) > 0;
    case FACT_TEXT:
    case FACT_URL:
        break;
    }
    return fact_text(f, base).n > 0;
}

static void put_attribute(struct buf *out, struct view name, struct view value)
{
    if (!view_is(value))
        return;
    buf_put_byte(out, ' ');
    buf_put(out, name);
    buf_put_text(out, "=\"");
    escaped_put(out, value);
    buf_put_byte(out, '"');
}

static void put_address(struct buf *out, struct view name, struct view value)
{
    if (address_is_safe(value))
        put_attribute(out, name, value);
}

static void run(struct buf *out, const struct program *p, size_t from, size_t to, const void **bases, size_t depth);

static void run_each(struct buf *out, const struct program *p, size_t at, const void **bases, size_t depth)
{
    const struct program_op *op = &p->ops[at];
    const void *base = bases[op->depth];
    const char *items = *(const char *const *)member(op->fact, base);
    size_t n = list_count(op->fact, base);
    for (size_t i = 0; i < n; i++) {
        bases[depth + 1] = items + i * op->fact->item_size;
        run(out, p, at + 1, op->jump, bases, depth + 1);
    }
}

static void run(struct buf *out, const struct program *p, size_t from, size_t to, const void **bases, size_t depth)
{
    for (size_t i = from; i < to;) {
        const struct program_op *op = &p->ops[i];
        struct view literal = view_bytes(p->text.p + op->at, op->n);
        size_t next = i + 1;
        switch (op->kind) {
        case OP_LITERAL:
            buf_put(out, literal);
            break;
        case OP_TEXT:
            escaped_put(out, fact_text(op->fact, bases[op->depth]));
            break;
        case OP_ATTRIBUTE:
            put_attribute(out, literal, fact_text(op->fact, bases[op->depth]));
            break;
        case OP_ADDRESS:
            put_address(out, literal, fact_text(op->fact, bases[op->depth]));
            break;
        case OP_IF:
            next = holds(op, bases[op->depth]) != op->negate ? i + 1 : op->jump;
            break;
        case OP_EACH:
            run_each(out, p, i, bases, depth);
            next = op->jump;
            break;
        }
        i = next;
    }
}

void program_put(struct buf *out, const struct program *p, const void *facts)
{
    const void *bases[PROGRAM_DEPTH] = {facts};
    run(out, p, 0, p->n, bases, 0);
}

/* --- escaping --------------------------------------------------------------------------------------------------- */

/* Bytes of the well-formed UTF-8 character at the start of V; 0 if there is none (RFC 3629 section 4). */
static size_t character(struct view v)
{
    uint8_t c = v.p[0];
    size_t n = c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
    if (!n || v.n < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((v.p[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (c == 0xE0 && v.p[1] < 0xA0) || (c == 0xF0 && v.p[1] < 0x90);
    bool surrogate = c == 0xED && v.p[1] > 0x9F;
    bool beyond = c == 0xF4 && v.p[1] > 0x8F;
    /* U+FFFE and U+FFFF are no characters of XML 1.0 (2.2) */
    bool none = c == 0xEF && v.p[1] == 0xBF && v.p[2] >= 0xBE;
    return overlong || surrogate || beyond || none ? 0 : n;
}

static const char *entity(uint8_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return c == 0x7F || (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ? "\xEF\xBF\xBD" : NULL;
    }
}

void escaped_put(struct buf *out, struct view v)
{
    size_t plain = 0; /* bytes at the start of V that need no change */
    while (plain < v.n) {
        size_t n = character(view_from(v, plain));
        const char *instead = n == 0 ? "\xEF\xBF\xBD" : n == 1 ? entity(v.p[plain]) : NULL;
        if (!instead) {
            plain += n;
            continue;
        }
        buf_put(out, view_part(v, 0, plain));
        buf_put_text(out, instead);
        v = view_from(v, plain + 1);
        plain = 0;
    }
    buf_put(out, v);
}

static bool is_prefix(struct view v, const char *lower)
{
    size_t n = strlen(lower);
    if (v.n <= n)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = v.p[i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i])
            return false;
    }
    return true;
}

bool address_is_safe(struct view v)
{
    if (!v.n)
        return false;
    /* browsers drop tabs and line breaks inside an address and take "\" for "/" (WHATWG URL 4.4) */
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] <= 0x20 || v.p[i] == 0x7F || v.p[i] == '\\')
            return false;
    if (v.p[0] == '/')
        return v.n == 1 || v.p[1] != '/';
    return is_prefix(v, "https://") || is_prefix(v, "http://");
}
