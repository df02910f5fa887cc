#include "jpki/virtual/atr.h"

#include "base/chance.h"
#include "base/hex.h"

static const struct {
    const char *name, *bytes;
    size_t n;
} table[] = {
    {"contact", "\x3B\xE0\x00\xFF\x81\x31\xFE\x45\x14", 9},
    {"contact-2", "\x3B\xDA\x13\xFF\x81\x31\xFB\x46\x80\x12\x39\x2F\x31\xC1\x73\xC6\x01\xC0\x3B", 19},
    {"contact-3", "\x3B\xC5\xFF\x81\x31\xFB\x45\x80\x73\xC6\x01\x00\x00", 13},
    {"contact-4", "\x3B\xF5\x91\x00\xFF\x91\x81\x71\xFE\x40\x00\x42\x00\x01\x00\xD1\xD6", 17},
    {"contact-5", "\x3B\xF5\x91\x00\xFF\x91\x81\x71\xFE\x40\x00\x42\x00\x01\xB3\xA1\x15", 17},
    {"contactless", "\x3B\x88\x80\x01\x00\x00\x05\xE0\xB3\x81\xA1\x00\x7F", 13},
    {"contactless-2", "\x3B\x88\x80\x01\x00\x00\x41\xE0\xB3\x81\xA1\x00\x3B", 13},
    {"contactless-3", "\x3B\x88\x80\x01\x00\x4B\x51\xFF\x00\x81\xD1\x00\xBC", 13},
    {"contactless-4", "\x3B\x88\x80\x01\x00\x4B\x51\xFF\xB3\x81\xD1\x00\x0F", 13},
    {"old-card", "\x3B\x88\x80\x01\x00\x00\x14\xE0\xB3\x81\x91\x00\x5E", 13},
};

enum err atr_read(struct view *out, struct arena *a, const char *text)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, text) == 0) {
            *out = view_bytes(table[i].bytes, table[i].n);
            return ERR_OK;
        }
    enum err e = hex_read(a, view_text(text), out);
    if (e != ERR_OK)
        return e;
    return out->n >= 2 && out->n <= ATR_MAX ? ERR_OK : ERR_SYNTAX;
}

void atr_make_tap(uint8_t out[ATR_TAP_SIZE])
{
    static const uint8_t form[ATR_TAP_SIZE] = {0x3B, 0x88, 0x80, 0x01, 0, 0, 0, 0, 0xB3, 0x81, 0xA1, 0x00, 0};
    memcpy(out, form, sizeof form);
    chance_bytes(out + 4, 4);
    for (size_t i = 1; i < ATR_TAP_SIZE - 1; i++)
        out[ATR_TAP_SIZE - 1] ^= out[i];
}

bool atr_is_contactless(struct view atr)
{
    return atr.n > 4 && atr.p[0] == 0x3B && atr.p[1] >> 4 == 8 && atr.p[2] == 0x80 && atr.p[3] == 0x01;
}

struct view atr_of_contacts(struct view atr)
{
    return atr_is_contactless(atr) ? view_bytes(table[0].bytes, table[0].n) : atr;
}
