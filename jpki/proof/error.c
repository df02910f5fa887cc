#include "jpki/proof/error.h"

static const char *const names[PROOF_ERROR_COUNT] = {
    [PROOF_OK] = "ok",
    [PROOF_USER_CANCELLED] = "user_cancelled",
    [PROOF_NO_READER] = "no_reader",
    [PROOF_READER_BUSY] = "reader_busy",
    [PROOF_NO_CARD] = "no_card",
    [PROOF_WRONG_CARD] = "wrong_card",
    [PROOF_CARD_REMOVED] = "card_removed",
    [PROOF_PIN_LAST_TRY] = "pin_last_try",
    [PROOF_PIN_BLOCKED] = "pin_blocked",
    [PROOF_CERT_EXPIRED] = "cert_expired",
    [PROOF_UNSUPPORTED_CARD] = "unsupported_card",
    [PROOF_REQUEST_INVALID] = "request_invalid",
    [PROOF_REQUEST_EXPIRED] = "request_expired",
    [PROOF_CLOCK_SKEW] = "clock_skew",
    [PROOF_ORIGIN_REFUSED] = "origin_refused",
    [PROOF_BUSY] = "busy",
    [PROOF_UPDATE_REQUIRED] = "update_required",
};

const char *proof_error_name(enum proof_error e)
{
    return e < PROOF_ERROR_COUNT ? names[e] : "unknown";
}

enum proof_error proof_error_of(struct view name)
{
    for (int e = PROOF_OK + 1; e < PROOF_ERROR_COUNT; e++)
        if (view_equal_text(name, names[e]))
            return (enum proof_error)e;
    return PROOF_ERROR_COUNT;
}
