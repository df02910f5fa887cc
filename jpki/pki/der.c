#include "jpki/pki/der.h"

#include <time.h>

#define DEPTH_MAX 32

/* X.690 10.1: definite form, in as few octets as possible. More than three length octets cannot be ours. */
static bool read_length(struct view *rest, size_t *length)
{
    if (rest->n < 1)
        return false;
    size_t first = rest->p[0];
    *rest = view_from(*rest, 1);
    *length = first;
    if (first < 0x80)
        return true;
    size_t octets = first & 0x7F;
    if (octets < 1 || octets > 3 || rest->n < octets || rest->p[0] == 0)
        return false;
    *length = 0;
    for (size_t i = 0; i < octets; i++)
        *length = *length << 8 | rest->p[i];
    *rest = view_from(*rest, octets);
    return *length >= 0x80;
}

enum err der_next(struct der *out, struct view *rest)
{
    if (rest->n == 0)
        return ERR_NOT_FOUND;
    struct view from = *rest;
    size_t length;
    out->tag = from.p[0];
    struct view r = view_from(from, 1);
    /* 0x1F: high tag numbers; 0x00: end-of-contents, which DER has not */
    if ((out->tag & 0x1F) == 0x1F || out->tag == 0 || !read_length(&r, &length) || r.n < length)
        return ERR_SYNTAX;
    out->body = view_part(r, 0, length);
    out->all = view_part(from, 0, from.n - r.n + length);
    *rest = view_from(r, length);
    return ERR_OK;
}

static bool has_minimal_int(struct view v)
{
    if (v.n == 0)
        return false;
    if (v.n == 1)
        return true;
    bool padded = (v.p[0] == 0x00 && !(v.p[1] & 0x80)) || (v.p[0] == 0xFF && (v.p[1] & 0x80));
    return !padded;
}

/* The universal primitives whose contents DER restricts further. */
static bool is_strict_primitive(const struct der *d)
{
    switch (d->tag) {
    case 0x01: /* BOOLEAN: X.690 11.1 */
        return d->body.n == 1 && (d->body.p[0] == 0x00 || d->body.p[0] == 0xFF);
    case 0x02: /* INTEGER */
    case 0x0A: /* ENUMERATED */
        return has_minimal_int(d->body);
    case 0x03: /* BIT STRING: at most 7 unused bits, and those zero (11.2.1) */
        return d->body.n > 0 && d->body.p[0] < 8 && (d->body.n > 1 || d->body.p[0] == 0) &&
               !(d->body.p[d->body.n - 1] & ((1U << d->body.p[0]) - 1) && d->body.n > 1);
    case 0x05: /* NULL */
        return d->body.n == 0;
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
