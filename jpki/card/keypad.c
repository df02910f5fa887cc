#include "jpki/card/keypad.h"

#include "base/err.h"

#define FEATURE_VERIFY_PIN_DIRECT 0x06

/* bmFormatString: bytes count (0x80), nothing in front, left to right, ASCII (2). */
enum { FORMAT_ASCII = 0x82, ON_KEY = 0x02, DEFAULT_TEXT = 0xFF, JAPANESE = 0x0411, ENGLISH = 0x0409, FIXED_AT = 19 };

static void put_u16(uint8_t *out, uint16_t v)
{
    memcpy(out, &v, sizeof v);
}

static void put_u32(uint8_t *out, uint32_t v)
{
    memcpy(out, &v, sizeof v);
}

/* A PIN of one length is written into a command that has room for it. For one of several lengths the command ends after
 * its header and the reader puts length and PIN behind: an Lc of 00 in there is left as it is by some readers, and the
 * card would be asked for its tries instead (OpenSC issue 309). */
static size_t put_command(uint8_t *out, const struct keypad_ask *ask)
{
    memcpy(out, ask->header, sizeof ask->header);
    if (ask->length_min != ask->length_max)
        return sizeof ask->header;
    out[4] = ask->length_max;
    memset(out + 5, 0xFF, ask->length_max);
    return 5U + ask->length_max;
}

void keypad_write(uint8_t out[KEYPAD_MAX], size_t *n, const struct keypad_ask *ask)
{
    bool fixed = ask->length_min == ask->length_max;
    INSIST(ask->length_min <= ask->length_max && ask->length_max <= 16);
    memset(out, 0, KEYPAD_MAX);
    out[0] = out[1] = KEYPAD_SECONDS;
    out[2] = FORMAT_ASCII;
    out[3] = fixed ? ask->length_max : 0; /* bmPINBlockString: as long as what is typed */
    put_u16(out + 5, (uint16_t)(ask->length_min << 8 | ask->length_max));
    out[7] = ON_KEY; /* only when she says that she is ready */
    out[8] = DEFAULT_TEXT;
    put_u16(out + 9, ask->japanese ? JAPANESE : ENGLISH);
    size_t command = put_command(out + FIXED_AT, ask);
    put_u32(out + 15, (uint32_t)command);
    *n = FIXED_AT + command;
}

bool keypad_find(uint32_t *code, struct view features)
{
    for (size_t at = 0; at + 6 <= features.n; at += 6) {
        const uint8_t *p = features.p + at;
        if (p[1] != 4)
            return false;
        if (p[0] == FEATURE_VERIFY_PIN_DIRECT) {
            *code = (uint32_t)p[2] << 24 | (uint32_t)p[3] << 16 | (uint32_t)p[4] << 8 | p[5];
            return true;
        }
    }
    return false;
}
