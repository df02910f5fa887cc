#include "jpki/virtual/pace.h"

/* Microseconds. A byte at the contacts has 12 bits (ISO/IEC 7816-3 7.2), one in the air 10 (ISO/IEC 14443-3 7.1.1). */
static const struct {
    const char *name;
    unsigned byte, frame, select, compare, sign;
} table[PACE_COUNT] = {
    [PACE_NONE] = {"none", 0, 0, 0, 0, 0},
    [PACE_CONTACT] = {"contact", 279, 2000, 8000, 25000, 300000},
    [PACE_CONTACTLESS] = {"contactless", 94, 5000, 12000, 40000, 1500000},
};

enum err pace_read(enum pace *out, struct view name)
{
    for (int i = 0; i < PACE_COUNT; i++)
        if (view_equal_text(name, table[i].name)) {
            *out = (enum pace)i;
            return ERR_OK;
        }
    return ERR_SYNTAX;
}

/* What the chip works on besides moving bytes. */
static unsigned work_us(enum pace pace, uint8_t ins, bool has_data)
{
    switch (ins) {
    case 0xA4:
        return table[pace].select;
    case 0x20:
    case 0x24:
    case 0x32:
        return has_data ? table[pace].compare : 0;
    case 0x2A:
    case 0x88:
        return table[pace].sign;
    default:
        return 0;
    }
}

unsigned pace_ms(enum pace pace, struct view apdu, struct view answer)
{
    bool refused = answer.n == 2 && answer.p[0] != 0x90 && answer.p[0] != 0x63;
    unsigned work = apdu.n < 2 || refused ? 0 : work_us(pace, apdu.p[1], apdu.n > 5);
    return (unsigned)((apdu.n + answer.n) * table[pace].byte + table[pace].frame + work) / 1000;
}
