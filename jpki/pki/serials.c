#include "jpki/pki/serials.h"

#include <stdlib.h>

#include "base/chance.h"

#define TAIL      5 /* time and reason */
#define FIRST     64
#define NO_REASON 0xFF

void serials_open(struct serials *s)
{
    *s = (struct serials){.width = 1};
    chance_bytes(&s->key, sizeof s->key);
}

void serials_close(struct serials *s)
{
    free(s->entries);
    free(s->index);
    *s = (struct serials){0};
}

/* --- entries --------------------------------------------------------------------------------------------------- */

static struct view without_zeros(struct view serial)
{
    while (serial.n && serial.p[0] == 0)
        serial = view_from(serial, 1);
    return serial;
}

static size_t stride(const struct serials *s)
{
    return s->width + TAIL;
}

static enum err resize(struct serials *s, size_t size, size_t width)
{
    uint8_t *entries = realloc(s->entries, size * (width + TAIL));
    if (!entries)
        return ERR_MEMORY;
    s->entries = entries;
    s->size = size;
    return ERR_OK;
}

/* A number longer than all before: every entry moves to its new place, the last one first. */
static enum err widen(struct serials *s, size_t width)
{
    size_t more = width - s->width, old = stride(s);
    if (resize(s, s->size, width))
        return ERR_MEMORY;
    for (size_t i = s->n; i-- > 0;) {
        uint8_t *to = s->entries + i * (old + more);
        memmove(to + more, s->entries + i * old, old);
        memset(to, 0, more);
    }
    s->width = width;
    return ERR_OK;
}

static uint32_t time_of(int64_t at)
{
    return at < 0 ? 0 : at > UINT32_MAX ? UINT32_MAX : (uint32_t)at;
}

static void put(const struct serials *s, uint8_t *to, struct view number, const struct serials_entry *entry)
{
    uint32_t at = time_of(entry->at);
    memset(to, 0, s->width - number.n);
    if (number.n)
        memcpy(to + s->width - number.n, number.p, number.n);
    memcpy(to + s->width, &at, sizeof at);
    to[s->width + sizeof at] = entry->reason < 0 ? NO_REASON : (uint8_t)entry->reason;
}

enum err serials_add(struct serials *s, struct view serial, const struct serials_entry *entry)
{
    struct view number = without_zeros(serial);
    if (number.n > SERIALS_WIDTH_MAX)
        return ERR_SYNTAX;
    if (s->n == UINT32_MAX - 1)
        return ERR_LIMIT;
    enum err e = s->n < s->size ? ERR_OK : resize(s, s->size ? s->size + s->size / 4 : FIRST, s->width);
    if (!e && number.n > s->width)
        e = widen(s, number.n);
    if (!e)
        put(s, s->entries + s->n++ * stride(s), number, entry);
    return e;
}

/* --- index ----------------------------------------------------------------------------------------------------- */

/* Eight octets at a time; keyed, so that nobody can choose numbers that fall on one place. */
static size_t place_of(const struct serials *s, const uint8_t *number)
{
    uint64_t h = s->key;
    for (size_t i = 0; i < s->width; i += 8) {
        uint64_t word = 0;
        memcpy(&word, number + i, s->width - i < 8 ? s->width - i : 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15;
        h ^= h >> 32;
    }
    h *= 0xD6E8FEB86659FD93;
    return (size_t)(((__uint128_t)h * s->index_size) >> 64);
}

static size_t next(const struct serials *s, size_t place)
{
    return place + 1 < s->index_size ? place + 1 : 0;
}

enum err serials_seal(struct serials *s)
{
    if (s->n && resize(s, s->n, s->width)) /* what was left for more is given back */
        return ERR_MEMORY;
    s->index_size = s->n + s->n / 4 + 1; /* never full */
    s->index = calloc(s->index_size, sizeof *s->index);
    if (!s->index)
        return ERR_MEMORY;
    for (size_t i = 0; i < s->n; i++) {
        size_t place = place_of(s, s->entries + i * stride(s));
        while (s->index[place])
            place = next(s, place);
        s->index[place] = (uint32_t)i + 1;
    }
    return ERR_OK;
}

bool serials_find(struct serials_entry *out, const struct serials *s, struct view serial)
{
    struct view number = without_zeros(serial);
    uint8_t wanted[SERIALS_WIDTH_MAX] = {0};
    if (number.n > s->width || !s->n)
        return false;
    if (number.n)
        memcpy(wanted + s->width - number.n, number.p, number.n);
    for (size_t place = place_of(s, wanted); s->index[place]; place = next(s, place)) {
        const uint8_t *entry = s->entries + (s->index[place] - 1) * stride(s);
        uint32_t at;
        if (memcmp(entry, wanted, s->width) != 0)
            continue;
        memcpy(&at, entry + s->width, sizeof at);
        uint8_t reason = entry[s->width + sizeof at];
        *out = (struct serials_entry){reason == NO_REASON ? -1 : reason, at};
        return true;
    }
    return false;
}

size_t serials_size(const struct serials *s)
{
    return s->size * stride(s) + s->index_size * sizeof *s->index;
}
