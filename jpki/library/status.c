#include "jpki/library/handles.h"

#include <stdlib.h>

#include "base/secret.h"

API const char *genkan_version(void)
{
    return GENKAN_VERSION;
}

API void genkan_free(char *text)
{
    if (text)
        wipe(text, strlen(text));
    free(text);
}

/* ---- one table: our number, and what the protocol calls it ---- */

static const struct {
    int status;
    enum proof_error error;
} told[] = {
    {GENKAN_NO_READER, PROOF_NO_READER},
    {GENKAN_READER_BUSY, PROOF_READER_BUSY},
    {GENKAN_NO_CARD, PROOF_NO_CARD},
    {GENKAN_WRONG_CARD, PROOF_WRONG_CARD},
    {GENKAN_CARD_REMOVED, PROOF_CARD_REMOVED},
    {GENKAN_UNSUPPORTED_CARD, PROOF_UNSUPPORTED_CARD},
    {GENKAN_CERT_EXPIRED, PROOF_CERT_EXPIRED},
    {GENKAN_PIN_LAST_TRY, PROOF_PIN_LAST_TRY},
    {GENKAN_PIN_BLOCKED, PROOF_PIN_BLOCKED},
    {GENKAN_USER_CANCELLED, PROOF_USER_CANCELLED},
    {GENKAN_REQUEST_INVALID, PROOF_REQUEST_INVALID},
    {GENKAN_REQUEST_EXPIRED, PROOF_REQUEST_EXPIRED},
    {GENKAN_CLOCK_SKEW, PROOF_CLOCK_SKEW},
    {GENKAN_UPDATE_REQUIRED, PROOF_UPDATE_REQUIRED},
};

int status_of_proof(enum proof_error e)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (told[i].error == e)
            return told[i].status;
    return e == PROOF_OK ? GENKAN_OK : GENKAN_FAILED;
}

enum proof_error proof_of_status(int status)
{
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (told[i].status == status)
            return told[i].error;
    return PROOF_ERROR_COUNT;
}

static const char *const names[] = {
    [GENKAN_OK] = "ok",
    [GENKAN_PIN_FORMAT] = "pin_format",
    [GENKAN_PIN_WRONG] = "pin_wrong",
    [GENKAN_PIN_NEEDED] = "pin_needed",
    [GENKAN_BAD_ISSUER] = "bad_issuer",
    [GENKAN_USAGE] = "usage",
    [GENKAN_NO_MEMORY] = "no_memory",
    [GENKAN_FAILED] = "failed",
};

API const char *genkan_status_name(int status)
{
    enum proof_error e = proof_of_status(status);
    if (e != PROOF_ERROR_COUNT)
        return proof_error_name(e);
    bool known = status >= 0 && (size_t)status < sizeof names / sizeof *names && names[status];
    return known ? names[status] : "unknown";
}

static const int of_card[] = {
    [CARD_OK] = GENKAN_OK,
    [CARD_NO_READER] = GENKAN_NO_READER,
    [CARD_READER_BUSY] = GENKAN_READER_BUSY,
    [CARD_NO_CARD] = GENKAN_NO_CARD,
    [CARD_WRONG] = GENKAN_WRONG_CARD,
    [CARD_REMOVED] = GENKAN_CARD_REMOVED,
    [CARD_MUTE] = GENKAN_UNSUPPORTED_CARD,
    [CARD_UNSUPPORTED] = GENKAN_UNSUPPORTED_CARD,
    [CARD_PIN_FORMAT] = GENKAN_PIN_FORMAT,
    [CARD_PIN_WRONG] = GENKAN_PIN_WRONG,
    [CARD_PIN_BLOCKED] = GENKAN_PIN_BLOCKED,
    [CARD_FAILED] = GENKAN_NO_MEMORY,
};

int status_of_card(enum card_result r)
{
    return (size_t)r < sizeof of_card / sizeof *of_card ? of_card[r] : GENKAN_UNSUPPORTED_CARD;
}

int status_of_err(enum err e)
{
    return e == ERR_OK ? GENKAN_OK : e == ERR_MEMORY || e == ERR_LIMIT ? GENKAN_NO_MEMORY : GENKAN_FAILED;
}
