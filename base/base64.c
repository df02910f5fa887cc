#include "base/base64.h"

#include <endian.h>

static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t encoded_size(size_t n, bool padded)
{
    return padded ? (n + 2) / 3 * 4 : n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
}

/* Sixteen letters at once: a token is a thousand of them. SPARE bytes behind the piece are looked at, too. */
enum { PIECE = 12, LETTERS = 16, SPARE = 2 };
typedef int8_t letters __attribute__((vector_size(LETTERS)));
typedef uint64_t halves __attribute__((vector_size(LETTERS)));

/* The first six bytes at P as eight bytes of six bits; eight are read. */
static uint64_t spread(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    x = be64toh(x) >> 16;
    x = (x & UINT64_C(0x0000000000FFFFFF)) | (x & UINT64_C(0x0000FFFFFF000000)) << 8;
    x = (x & UINT64_C(0x00000FFF00000FFF)) | (x & UINT64_C(0x00FFF00000FFF000)) << 4;
    x = (x & UINT64_C(0x003F003F003F003F)) | (x & UINT64_C(0x0FC00FC00FC00FC0)) << 2;
    return htobe64(x);
}

/* What has to be added to a number to be its letter differs from range to range: A to Z, a to z, 0 to 9, and the LAST
 * two letters. */
static void put_letters(uint8_t *out, const uint8_t *p, const int8_t last[2])
{
    const int8_t to_small = 'a' - 26 - 'A', to_digits = '0' - 52 - ('a' - 26);
    letters v = (letters)(halves){spread(p), spread(p + PIECE / 2)};
    v += ((v > 25) & to_small) + ((v > 51) & to_digits) + ((v > 61) & last[0]) + ((v > 62) & last[1]) + 'A';
    memcpy(out, &v, sizeof v);
}

static void encode(struct buf *out, struct view v, const char *alphabet, bool padded)
{
    uint8_t *p = buf_room(out, encoded_size(v.n, padded));
    if (!p)
        return;
    const int8_t last[] = {(int8_t)(alphabet[62] - 62 - ('0' - 52)), (int8_t)(alphabet[63] - 63 - (alphabet[62] - 62))};
    size_t i = 0;
    for (; i + PIECE + SPARE <= v.n; i += PIECE, p += LETTERS)
        put_letters(p, v.p + i, last);
    for (; i + 4 <= v.n; i += 3) { /* four bytes are one load; the last of them comes again */
        uint32_t u = (uint32_t)v.p[i] << 24 | (uint32_t)v.p[i + 1] << 16 | (uint32_t)v.p[i + 2] << 8 | v.p[i + 3];
        *p++ = (uint8_t)alphabet[u >> 26];
        *p++ = (uint8_t)alphabet[u >> 20 & 63];
        *p++ = (uint8_t)alphabet[u >> 14 & 63];
        *p++ = (uint8_t)alphabet[u >> 8 & 63];
    }
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

/* The six bits of a byte, with a mark; 0 for a byte outside of the alphabet. */
enum { YES = 0x40, SIX = 0x3F };
/* clang-format off */
#define LETTERS_AND_DIGITS \
    ['A'] = YES | 0, ['B'] = YES | 1, ['C'] = YES | 2, ['D'] = YES | 3, ['E'] = YES | 4, ['F'] = YES | 5, \
    ['G'] = YES | 6, ['H'] = YES | 7, ['I'] = YES | 8, ['J'] = YES | 9, ['K'] = YES | 10, ['L'] = YES | 11, \
    ['M'] = YES | 12, ['N'] = YES | 13, ['O'] = YES | 14, ['P'] = YES | 15, ['Q'] = YES | 16, ['R'] = YES | 17, \
    ['S'] = YES | 18, ['T'] = YES | 19, ['U'] = YES | 20, ['V'] = YES | 21, ['W'] = YES | 22, ['X'] = YES | 23, \
    ['Y'] = YES | 24, ['Z'] = YES | 25, ['a'] = YES | 26, ['b'] = YES | 27, ['c'] = YES | 28, ['d'] = YES | 29, \
    ['e'] = YES | 30, ['f'] = YES | 31, ['g'] = YES | 32, ['h'] = YES | 33, ['i'] = YES | 34, ['j'] = YES | 35, \
    ['k'] = YES | 36, ['l'] = YES | 37, ['m'] = YES | 38, ['n'] = YES | 39, ['o'] = YES | 40, ['p'] = YES | 41, \
    ['q'] = YES | 42, ['r'] = YES | 43, ['s'] = YES | 44, ['t'] = YES | 45, ['u'] = YES | 46, ['v'] = YES | 47, \
    ['w'] = YES | 48, ['x'] = YES | 49, ['y'] = YES | 50, ['z'] = YES | 51, ['0'] = YES | 52, ['1'] = YES | 53, \
    ['2'] = YES | 54, ['3'] = YES | 55, ['4'] = YES | 56, ['5'] = YES | 57, ['6'] = YES | 58, ['7'] = YES | 59, \
    ['8'] = YES | 60, ['9'] = YES | 61
/* clang-format on */
static const uint8_t plain_sextets[256] = {LETTERS_AND_DIGITS, ['+'] = YES | 62, ['/'] = YES | 63};
static const uint8_t url_sextets[256] = {LETTERS_AND_DIGITS, ['-'] = YES | 62, ['_'] = YES | 63};

/* TEXT without padding. RFC 4648 3.5: spare bits must be zero, so that one value has one text. */
static enum err decode(struct arena *a, struct view text, const uint8_t sextets[256], struct view *out)
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
        uint8_t s0 = sextets[text.p[i]], s1 = sextets[text.p[i + 1]];
        uint8_t s2 = sextets[text.p[i + 2]], s3 = sextets[text.p[i + 3]];
        if (!(s0 & s1 & s2 & s3 & YES))
            return ERR_SYNTAX;
        p[n++] = (uint8_t)(s0 << 2 | (s1 & SIX) >> 4);
        p[n++] = (uint8_t)(s1 << 4 | (s2 & SIX) >> 2);
        p[n++] = (uint8_t)(s2 << 6 | (s3 & SIX));
    }
    for (; i < text.n; i++) {
        uint8_t six = sextets[text.p[i]];
        if (!(six & YES))
            return ERR_SYNTAX;
        bits = bits << 6 | (six & SIX);
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
    return decode(a, text, plain_sextets, out);
}

enum err base64url_read(struct arena *a, struct view text, struct view *out)
{
    return text.p ? decode(a, text, url_sextets, out) : ERR_SYNTAX;
}
