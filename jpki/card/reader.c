#include "jpki/card/reader.h"

static const char *const names[] = {
    [CARD_OK] = "ok",
    [CARD_NO_READER] = "no_reader",
    [CARD_READER_BUSY] = "reader_busy",
    [CARD_NO_CARD] = "no_card",
    [CARD_WRONG] = "wrong_card",
    [CARD_REMOVED] = "card_removed",
    [CARD_MUTE] = "mute_card",
    [CARD_UNSUPPORTED] = "unsupported_card",
    [CARD_PIN_FORMAT] = "pin_format",
    [CARD_PIN_WRONG] = "pin_wrong",
    [CARD_PIN_BLOCKED] = "pin_blocked",
    [CARD_KEYPAD_CANCELLED] = "keypad_cancelled",
    [CARD_KEYPAD_TIMEOUT] = "keypad_timeout",
    [CARD_FAILED] = "failed",
};

const char *card_result_name(enum card_result r)
{
    return (size_t)r < sizeof names / sizeof *names ? names[r] : "unknown";
}
