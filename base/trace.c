#include "base/trace.h"

#include <stdio.h>
#include <string.h>

#include "base/chance.h"

enum {
    TRACE_N = 32,
    SPAN_N = 16,
    PARENT_AT = 36, /* of parent-id in the header */
    FLAGS_AT = 53,
    PARENT_N = TRACE_PARENT_SIZE - 1,
    MEMBERS_MAX = 32, /* 3.3.1.1 */
    LONG_MEMBER = 128 /* 3.3.1.5 */
};

static _Thread_local const struct trace *current;

const struct trace *trace_enter(const struct trace *t)
{
    const struct trace *before = current;
    current = t;
    return before;
}

const struct trace *trace_current(void)
{
    return current;
}

/* --- ids --------------------------------------------------------------------------------------------------------- */

/* 3.2.2.3, 3.2.2.4: all zeros are no id. */
static void write_hex(char out[SPAN_N], uint64_t n)
{
    static const char digits[] = "0123456789abcdef";
    n = n ? n : 1;
    for (int i = SPAN_N - 1; i >= 0; i--, n >>= 4)
        out[i] = digits[n & 15];
}

static void write_random(char out[SPAN_N])
{
    uint64_t n;
    chance_bytes(&n, sizeof n);
    write_hex(out, n);
}

/* All but the last field of a long struct, which is a text. */
static void clear(struct trace *t)
{
    t->trace[TRACE_N] = t->span[SPAN_N] = t->cause[0] = t->state[0] = 0;
    t->run = t->sampled = false;
}

void trace_begin(struct trace *t, uint64_t process, uint64_t request)
{
    clear(t);
    write_hex(t->trace, process);
    write_hex(t->trace + SPAN_N, request);
    memcpy(t->span, t->trace + SPAN_N, SPAN_N);
}

/* HEXDIGLC of 3.2.2: no capital letters. */
static bool is_hex(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!((v.p[i] >= '0' && v.p[i] <= '9') || (v.p[i] >= 'a' && v.p[i] <= 'f')))
            return false;
    return true;
}

static bool is_id(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != '0')
            return is_hex(v);
    return false;
}

void trace_begin_run(struct trace *t, struct view cause)
{
    clear(t);
    write_random(t->trace);
    write_random(t->trace + SPAN_N);
    write_random(t->span);
    t->run = true;
    if (cause.n == SPAN_N && is_id(cause)) {
        memcpy(t->cause, cause.p, SPAN_N);
        t->cause[SPAN_N] = 0;
    }
}

/* --- traceparent -------------------------------------------------------------------------------------------------- */

static bool has_dash(struct view v, size_t at)
{
    return v.p[at] == '-';
}

bool trace_join(struct trace *t, struct view parent)
{
    if (parent.n < PARENT_N) /* 3.2.4: a later version is not shorter */
        return false;
    struct view version = view_part(parent, 0, 2), trace = view_part(parent, 3, TRACE_N);
    struct view caller = view_part(parent, PARENT_AT, SPAN_N), flags = view_part(parent, FLAGS_AT, 2);
    if (!is_hex(version) || view_equal_text(version, "ff")) /* 3.2.2.1 */
        return false;
    if (!has_dash(parent, 2) || !has_dash(parent, PARENT_AT - 1) || !has_dash(parent, FLAGS_AT - 1))
        return false;
    if (!is_id(trace) || !is_id(caller) || !is_hex(flags)) /* 3.2.2.3, 3.2.2.4 */
        return false;
    /* 3.2.2.2: version 00 ends here. 3.2.4: of a later one, whatever more there is stands behind a dash. */
    if (parent.n > PARENT_N && (view_equal_text(version, "00") || !has_dash(parent, PARENT_N)))
        return false;
    memcpy(t->trace, trace.p, TRACE_N);
    t->sampled = strchr("13579bdf", flags.p[1]); /* the lowest bit; the others mean nothing yet (3.2.2.5.2) */
    return true;
}

void trace_write_parent(char out[TRACE_PARENT_SIZE], char span[17], const struct trace *t)
{
    write_random(span);
    span[SPAN_N] = 0;
    snprintf(out, TRACE_PARENT_SIZE, "00-%s-%s-0%d", t->trace, span, t->sampled);
}

/* --- tracestate --------------------------------------------------------------------------------------------------- */

struct members {
    struct view of[MEMBERS_MAX]; /* key=value */
    size_t keys[MEMBERS_MAX];    /* how long the key is */
    size_t n;
};

static bool is_lower(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_key_rest(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (!is_lower(v.p[i]) && !is_digit(v.p[i]) && (v.p[i] == 0 || !strchr("_-*/", v.p[i])))
            return false;
    return true;
}

/* 3.3.1.2.1: a name, or tenant@system. */
static bool is_key(struct view key)
{
    const uint8_t *at = key.n ? memchr(key.p, '@', key.n) : NULL;
    struct view tenant = at ? view_part(key, 0, (size_t)(at - key.p)) : VIEW_NONE;
    struct view name = at ? view_from(key, tenant.n + 1) : key;
    if (name.n < 1 || name.n > (at ? 14 : 256) || !is_lower(name.p[0]) || !is_key_rest(name))
        return false;
    return !at || (tenant.n >= 1 && tenant.n <= 241 && is_key_rest(tenant) &&
                   (is_lower(tenant.p[0]) || is_digit(tenant.p[0])));
}

/* 3.3.1.2.2: printable, without comma and equals sign, 1 to 256 of them, the last one no space. */
static bool is_value(struct view v)
{
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < 0x20 || v.p[i] > 0x7E || v.p[i] == ',' || v.p[i] == '=')
            return false;
    return v.n >= 1 && v.n <= 256 && v.p[v.n - 1] != ' ';
}

static struct view without_blanks(struct view v)
{
    while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
        v = view_from(v, 1);
    while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

static bool is_new(const struct members *m, struct view key)
{
    for (size_t i = 0; i < m->n; i++)
        if (view_equal(view_part(m->of[i], 0, m->keys[i]), key))
            return false;
    return true;
}

static bool add_member(struct members *m, struct view member)
{
    const uint8_t *equals = memchr(member.p, '=', member.n);
    struct view key = equals ? view_part(member, 0, (size_t)(equals - member.p)) : VIEW_NONE;
    if (!equals || m->n == MEMBERS_MAX || !is_key(key) || !is_value(view_from(member, key.n + 1)))
        return false;
    if (!is_new(m, key)) /* 3.3.1.3: one entry a key */
        return false;
    m->of[m->n] = member;
    m->keys[m->n++] = key.n;
    return true;
}

static bool add_members(struct members *m, struct view header)
{
    struct view member;
    while (view_next(&header, ',', &member)) {
        member = without_blanks(member);
        if (member.n && !add_member(m, member)) /* 3.3.1.1: empty ones are allowed */
            return false;
    }
    return true;
}

static size_t length_of(const struct members *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += m->of[i].n + (i > 0);
    return n;
}

static void drop_member(struct members *m, size_t which)
{
    for (m->n--; which < m->n; which++)
        m->of[which] = m->of[which + 1];
}

static void shorten(struct members *m)
{
    for (size_t i = m->n; i > 0 && length_of(m) > TRACE_STATE_MAX; i--)
        if (m->of[i - 1].n > LONG_MEMBER)
            drop_member(m, i - 1);
    while (length_of(m) > TRACE_STATE_MAX)
        drop_member(m, m->n - 1);
}

void trace_join_state(struct trace *t, const struct view *headers, size_t n)
{
    struct members m = {.n = 0};
    char *p = t->state;
    bool good = true;
    for (size_t i = 0; i < n && good; i++)
        good = add_members(&m, headers[i]);
    if (!good)
        m.n = 0;
    shorten(&m);
    for (size_t i = 0; i < m.n; i++) {
        if (i > 0)
            *p++ = ',';
        memcpy(p, m.of[i].p, m.of[i].n);
        p += m.of[i].n;
    }
    *p = 0;
}
