#include "jpki/pki/der.h"

#include <time.h>

#define DEPTH_MAX 32

/* X.690 10.1: definite form, in as few octets as possible. More than four length octets cannot be ours. */
static bool read_length(struct view *rest, uint64_t *length)
{
    if (rest->n < 1)
        return false;
    size_t first = rest->p[0];
    *rest = view_from(*rest, 1);
    *length = first;
    if (first < 0x80)
        return true;
    size_t octets = first & 0x7F;
    if (octets < 1 || octets > 4 || rest->n < octets || rest->p[0] == 0)
        return false;
    *length = 0;
    for (size_t i = 0; i < octets; i++)
        *length = *length << 8 | rest->p[i];
    *rest = view_from(*rest, octets);
    return *length >= 0x80;
}

bool der_head(uint8_t *tag, size_t *head, uint64_t *length, struct view v)
{
    struct view rest = view_from(v, 1);
    /* 0x1F: high tag numbers; 0x00: end-of-contents, which DER has not */
    if (v.n == 0 || (v.p[0] & 0x1F) == 0x1F || v.p[0] == 0 || !read_length(&rest, length))
        return false;
    *tag = v.p[0];
    *head = v.n - rest.n;
    return true;
}

enum err der_next(struct der *out, struct view *rest)
{
    size_t head;
    uint64_t length;
    if (rest->n == 0)
        return ERR_NOT_FOUND;
    if (!der_head(&out->tag, &head, &length, *rest) || rest->n - head < length)
        return ERR_SYNTAX;
    out->all = view_part(*rest, 0, head + (size_t)length);
    out->body = view_from(out->all, head);
    *rest = view_from(*rest, out->all.n);
    return ERR_OK;
}

bool der_take(struct der *out, struct view *rest, uint8_t tag)
{
    struct view before = *rest;
    if (before.n && before.p[0] == tag && der_next(out, rest) == ERR_OK)
        return true;
    *rest = before;
    return false;
}

bool der_open(struct view *body, struct view whole, uint8_t tag)
{
    struct der one;
    bool fits = der_take(&one, &whole, tag) && whole.n == 0;
    *body = fits ? one.body : VIEW_NONE;
    return fits;
}

bool der_is_integer(struct view v)
{
    if (v.n == 0)
        return false;
    if (v.n == 1)
        return true;
    bool padded = (v.p[0] == 0x00 && !(v.p[1] & 0x80)) || (v.p[0] == 0xFF && (v.p[1] & 0x80));
    return !padded;
}

/* X.690 8.19.2: each number in as few octets as possible, and the last one whole. */
bool der_is_object_id(struct view v)
{
    bool fresh = true;
    for (size_t i = 0; i < v.n; i++) {
        if (fresh && v.p[i] == 0x80)
            return false;
        fresh = !(v.p[i] & 0x80);
    }
    return v.n > 0 && fresh;
}

/* At most 7 unused bits, and those zero (X.690 11.2.1). */
bool der_is_bit_string(struct view v)
{
    return v.n > 0 && v.p[0] < 8 && (v.n > 1 || v.p[0] == 0) && !(v.p[v.n - 1] & ((1U << v.p[0]) - 1) && v.n > 1);
}

/* The universal primitives whose contents DER restricts further. */
static bool is_strict_primitive(const struct der *d)
{
    switch (d->tag) {
    case 0x01: /* BOOLEAN: X.690 11.1 */
        return d->body.n == 1 && (d->body.p[0] == 0x00 || d->body.p[0] == 0xFF);
    case 0x02: /* INTEGER */
    case 0x0A: /* ENUMERATED */
        return der_is_integer(d->body);
    case 0x03: /* BIT STRING */
        return der_is_bit_string(d->body);
    case 0x05: /* NULL */
        return d->body.n == 0;
    case 0x06: /* OBJECT IDENTIFIER */
        return der_is_object_id(d->body);
    default:
        return true;
    }
}

static bool is_strict_list(struct view rest, int depth)
{
    struct der d;
    if (depth > DEPTH_MAX)
        return false;
    for (;;) {
        enum err e = der_next(&d, &rest);
        if (e)
            return e == ERR_NOT_FOUND;
        bool constructed = d.tag & 0x20;
        /* X.690 10.2: strings are never constructed; SEQUENCE and SET always are */
        bool universal = (d.tag & 0xC0) == 0;
        if (universal && constructed != ((d.tag & 0x1F) == 0x10 || (d.tag & 0x1F) == 0x11))
            return false;
        if (constructed ? !is_strict_list(d.body, depth + 1) : !is_strict_primitive(&d))
            return false;
    }
}

bool der_is_strict(struct view v)
{
    struct view rest = v;
    struct der one;
    return der_next(&one, &rest) == ERR_OK && rest.n == 0 && is_strict_list(v, 0);
}

/* N digits as a number; -1 if one is no digit. */
static int digits(const uint8_t *p, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return -1;
        value = value * 10 + p[i] - '0';
    }
    return value;
}

static bool is_calendar_time(const struct tm *tm)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = tm->tm_year + 1900;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return tm->tm_mon >= 0 && tm->tm_mon < 12 && tm->tm_mday >= 1 && tm->tm_mday <= days[tm->tm_mon] &&
           (tm->tm_mon != 1 || tm->tm_mday < 29 || leap) && tm->tm_hour >= 0 && tm->tm_hour < 24 && tm->tm_min >= 0 &&
           tm->tm_min < 60 && tm->tm_sec >= 0 && tm->tm_sec < 60;
}

bool der_time(int64_t *out, uint8_t tag, struct view text)
{
    size_t year_digits = tag == DER_UTC_TIME ? 2 : 4;
    if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || text.n != year_digits + 11 || text.p[text.n - 1] != 'Z')
        return false;
    int year = digits(text.p, year_digits);
    const uint8_t *p = text.p + year_digits;
    if (year < 0)
        return false;
    if (tag == DER_UTC_TIME) /* RFC 5280 4.1.2.5.1 */
        year += year < 50 ? 2000 : 1900;
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = digits(p, 2) - 1,
                    .tm_mday = digits(p + 2, 2),
                    .tm_hour = digits(p + 4, 2),
                    .tm_min = digits(p + 6, 2),
                    .tm_sec = digits(p + 8, 2)};
    if (!is_calendar_time(&tm))
        return false;
    *out = (int64_t)timegm(&tm);
    return true;
}
