/* handles: what is behind the opaque handles of the library. Private to it. */
#ifndef JPKI_LIBRARY_HANDLES_H
#define JPKI_LIBRARY_HANDLES_H

#include <genkan/card.h>

#include "jpki/card/card.h"
#include "jpki/proof/issuer.h"
#include "jpki/proof/response.h"

/* Everything else is hidden in the shared library. */
#define API __attribute__((visibility("default")))

enum { LIBRARY_ISSUERS_MAX = 64, LIBRARY_ARENA = 1 << 20 };

struct genkan_issuers {
    struct arena arena;
    struct proof_issuer list[LIBRARY_ISSUERS_MAX];
    size_t n;
};

struct genkan_request {
    struct arena arena;
    struct proof_request request;
    struct view jws;
    const char *texts[GENKAN_TEXT_TRANSACTION + 1];
    int64_t now;
    struct proof_response response; /* what has been proved so far */
};

struct genkan_card {
    struct genkan_transport transport;
    struct reader reader;
    struct card card;
    struct arena arena;
    int tries[CARD_PIN_COUNT]; /* -1: not asked */
    bool verified[CARD_PIN_COUNT];
    bool is_connected;
};

int status_of_card(enum card_result r);
int status_of_proof(enum proof_error e);
/* PROOF_ERROR_COUNT: that is not for the provider. */
enum proof_error proof_of_status(int status);
int status_of_err(enum err e);

#endif
