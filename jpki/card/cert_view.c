#include "jpki/card/cert_view.h"

enum {
    TAG_INTEGER = 0x02,
    TAG_OID = 0x06,
    TAG_UTC = 0x17,
    TAG_GENERAL = 0x18,
    TAG_SEQUENCE = 0x30,
    TAG_VERSION = 0xA0
};

enum err cert_size(struct view head, size_t limit, size_t *size)
{
    if (head.n < 4 || head.p[0] != TAG_SEQUENCE || head.p[1] != 0x82)
        return ERR_SYNTAX; /* a certificate has more than 255 and less than 65,536 bytes */
    *size = 4 + (size_t)(head.p[2] << 8 | head.p[3]);
    return *size <= limit ? ERR_OK : ERR_LIMIT;
}

/* Takes the next object (X.690 8.1, definite lengths only) out of *REST. */
static bool next(struct view *rest, uint8_t *tag, struct view *body)
{
    if (rest->n < 2)
        return false;
    size_t head = 2, n = rest->p[1];
    if (n >= 0x80) {
        size_t more = n & 0x7F;
        if (more < 1 || more > 2 || rest->n < 2 + more)
            return false;
        n = more == 1 ? rest->p[2] : (size_t)(rest->p[2] << 8 | rest->p[3]);
        head += more;
    }
    if (n > rest->n - head)
        return false;
    *tag = rest->p[0];
    *body = view_part(*rest, head, n);
    *rest = view_from(*rest, head + n);
    return true;
}

static bool next_is(struct view *rest, uint8_t wanted, struct view *body)
{
    uint8_t tag;
    return next(rest, &tag, body) && tag == wanted;
}

/* Two digits; -1 if they are none. */
static int two(const uint8_t *p)
{
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
        return -1;
    return (p[0] - '0') * 10 + p[1] - '0';
}

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t days(int64_t year, int month, int day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t y = year - 1;
    int64_t leaps = y / 4 - y / 100 + y / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return (year - 1970) * 365 + leaps + before[month - 1] + (leap && month > 2) + day - 1;
}

/* RFC 5280 4.1.2.5: UTCTime YYMMDDHHMMSSZ (50..99 is 19xx) or GeneralizedTime YYYYMMDDHHMMSSZ. */
static bool read_time(struct view *rest, int64_t *out)
{
    uint8_t tag;
    struct view t;
    int v[7];
    if (!next(rest, &tag, &t) || (tag != TAG_UTC && tag != TAG_GENERAL))
        return false;
    size_t fields = tag == TAG_UTC ? 6 : 7;
    if (t.n != 2 * fields + 1 || t.p[t.n - 1] != 'Z')
        return false;
    for (size_t i = 0; i < fields; i++) {
        v[i] = two(t.p + 2 * i);
        if (v[i] < 0)
            return false;
    }
    int64_t year = tag == TAG_UTC ? v[0] + (v[0] < 50 ? 2000 : 1900) : v[0] * 100 + v[1];
    const int *f = v + fields - 5; /* month day hour minute second */
    if (f[0] < 1 || f[0] > 12 || f[1] < 1 || f[1] > 31 || f[2] > 23 || f[3] > 59 || f[4] > 59)
        return false;
    *out = days(year, f[0], f[1]) * 86400 + f[2] * 3600 + f[3] * 60 + f[4];
    return true;
}

/* RFC 3279 2.3.1 and RFC 5480 2.1.1. */
static enum cert_key_kind key_of(struct view algorithm)
{
    static const uint8_t rsa[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01};
    static const uint8_t ec[] = {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01};
    static const uint8_t p384[] = {0x2B, 0x81, 0x04, 0x00, 0x22};
    struct view oid, curve;
    if (!next_is(&algorithm, TAG_OID, &oid))
        return CERT_KEY_OTHER;
    if (view_equal(oid, VIEW_ARRAY(rsa)))
        return CERT_KEY_RSA;
    bool is_p384 =
        view_equal(oid, VIEW_ARRAY(ec)) && next_is(&algorithm, TAG_OID, &curve) && view_equal(curve, VIEW_ARRAY(p384));
    return is_p384 ? CERT_KEY_P384 : CERT_KEY_OTHER;
}

/* RFC 5280 4.1: version, serial, signature algorithm, issuer, validity, subject, subject's key. */
enum err cert_view_read(struct cert_view *out, struct view der)
{
    struct view cert, tbs, skipped, validity, spki, algorithm;
    *out = (struct cert_view){0};
    bool good = next_is(&der, TAG_SEQUENCE, &cert) && next_is(&cert, TAG_SEQUENCE, &tbs) &&
                next_is(&tbs, TAG_VERSION, &skipped) && next_is(&tbs, TAG_INTEGER, &skipped) &&
                next_is(&tbs, TAG_SEQUENCE, &skipped) && next_is(&tbs, TAG_SEQUENCE, &skipped) &&
                next_is(&tbs, TAG_SEQUENCE, &validity) && next_is(&tbs, TAG_SEQUENCE, &skipped) &&
                next_is(&tbs, TAG_SEQUENCE, &spki) && next_is(&spki, TAG_SEQUENCE, &algorithm);
    if (!good || !read_time(&validity, &out->not_before) || !read_time(&validity, &out->not_after))
        return ERR_SYNTAX;
    out->key = key_of(algorithm);
    return ERR_OK;
}
