#include "base/base64.h"

static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encoded_size(size_t n, bool padded)
{
    return padded ? (n + 2) / 3 * 4 : n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

static void encode(struct buf *out, struct view v, const char *alphabet, bool padded)
{
    uint8_t *p = buf_room(out, encoded_size(v.n, padded));
    if (!p)
        return;
    size_t i = 0;
    for (; i + 3 <= v.n; i += 3) {
        uint32_t u = (uint32_t)v.p[i] << 16 | (uint32_t)v.p[i + 1] << 8 | v.p[i + 2];
        *p++ = (uint8_t)alphabet[u >> 18];
        *p++ = (uint8_t)alphabet[u >> 12 & 63];
        *p++ = (uint8_t)alphabet[u >> 6 & 63];
        *p++ = (uint8_t)alphabet[u & 63];
    }
    size_t left = v.n - i;
    if (left == 0)
        return;
    uint32_t u = (uint32_t)v.p[i] << 16 | (left == 2 ? (uint32_t)v.p[i + 1] << 8 : 0);
    *p++ = (uint8_t)alphabet[u >> 18];
    *p++ = (uint8_t)alphabet[u >> 12 & 63];
    if (left == 2)
        *p++ = (uint8_t)alphabet[u >> 6 & 63];
    else if (padded)
        *p++ = '=';
    if (padded)
        *p++ = '=';
}

void base64_put(struct buf *out, struct view v)
{
    encode(out, v, plain_alphabet, true);
}

void base64url_put(struct buf *out, struct view v)
{
    encode(out, v, url_alphabet, false);
}

static char *encoded_text(struct arena *a, struct view v, const char *alphabet, bool padded)
{
    struct buf b;
    const char *text;
    buf_open(&b, a, encoded_size(v.n, padded));
    encode(&b, v, alphabet, padded);
    return buf_done_text(&b, &text) == ERR_OK ? (char *)b.p : NULL;
}

char *base64url_text(struct arena *a, struct view v)
{
    return encoded_text(a, v, url_alphabet, false);
}

char *base64_text(struct arena *a, struct view v)
{
    return encoded_text(a, v, plain_alphabet, true);
}

/* The six bits of the letters and digits both alphabets share; NO for every other byte of ASCII. */
enum { NO = 0xFF };
/* clang-format off */
static const uint8_t shared_sextets[128] = {
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
    NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
    NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
};
/* clang-format on */

/* C62 and C63 are the last two letters of the alphabet. */
static inline uint8_t sextet(uint8_t c, uint8_t c62, uint8_t c63)
{
    uint8_t six = c < sizeof shared_sextets ? shared_sextets[c] : NO;
    if (six != NO)
        return six;
    if (c == c62)
        return 62;
    return c == c63 ? 63 : NO;
}

/* TEXT without padding. RFC 4648 3.5: spare bits must be zero, so that one value has one text. */
static enum err decode(struct arena *a, struct view text, uint8_t c62, uint8_t c63, struct view *out)
{
    if (text.n % 4 == 1)
        return ERR_SYNTAX;
    uint8_t *p = arena_alloc(a, text.n / 4 * 3 + 3);
    if (!p)
        return ERR_MEMORY;
    size_t n = 0, i = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    for (; i + 4 <= text.n; i += 4) {
        uint8_t s0 = sextet(text.p[i], c62, c63), s1 = sextet(text.p[i + 1], c62, c63);
        uint8_t s2 = sextet(text.p[i + 2], c62, c63), s3 = sextet(text.p[i + 3], c62, c63);
        if ((s0 | s1 | s2 | s3) == NO)
            return ERR_SYNTAX;
        p[n++] = (uint8_t)(s0 << 2 | s1 >> 4);
        p[n++] = (uint8_t)(s1 << 4 | s2 >> 2);
        p[n++] = (uint8_t)(s2 << 6 | s3);
    }
    for (; i < text.n; i++) {
        uint8_t six = sextet(text.p[i], c62, c63);
        if (six == NO)
            return ERR_SYNTAX;
        bits = bits << 6 | six;
        have += 6;
        if (have >= 8) {
            have -= 8;
            p[n++] = (uint8_t)(bits >> have);
            bits &= (1u << have) - 1;
        }
    }
    if (bits != 0)
        return ERR_SYNTAX;
    *out = view_bytes(p, n);
    return ERR_OK;
}

enum err base64_read(struct arena *a, struct view text, struct view *out)
{
    if (!text.p || text.n % 4)
        return ERR_SYNTAX;
    for (int pad = 0; pad < 2 && text.n && text.p[text.n - 1] == '='; pad++)
        text.n--;
    return decode(a, text, '+', '/', out);
}

enum err base64url_read(struct arena *a, struct view text, struct view *out)
{
    return text.p ? decode(a, text, '-', '_', out) : ERR_SYNTAX;
}
