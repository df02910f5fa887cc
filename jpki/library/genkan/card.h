/* genkan/card.h: the card of a login with the My Number Card, for programs of your own: check the request of a Genkan
 * provider, talk to the card through any transport (IsoDep of Android, CoreNFC of iOS, PC/SC, a socket), and write the
 * response. Nothing here opens a file, a connection or a window, starts a thread or writes a log. Manual:
 * genkan_card(3).
 *
 * Handles are opaque and belong to one thread at a time. Numbers never change their meaning; new ones are added. */
#ifndef GENKAN_CARD_H
#define GENKAN_CARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a function returns. Those up to 39 can be told to the provider (genkan_request_error). */
enum genkan_status {
    GENKAN_OK = 0,
    /* the card and the way to it */
    GENKAN_NO_READER = 1,
    GENKAN_READER_BUSY = 2,
    GENKAN_NO_CARD = 3,
    GENKAN_WRONG_CARD = 4,
    GENKAN_CARD_REMOVED = 5,
    GENKAN_UNSUPPORTED_CARD = 6,
    GENKAN_CERT_EXPIRED = 7,
    GENKAN_PIN_LAST_TRY = 8, /* one try left, and nobody has agreed to use it */
    GENKAN_PIN_BLOCKED = 9,
    /* the resident */
    GENKAN_USER_CANCELLED = 20,
    /* the request */
    GENKAN_REQUEST_INVALID = 30,
    GENKAN_REQUEST_EXPIRED = 31,
    GENKAN_CLOCK_SKEW = 32,
    GENKAN_UPDATE_REQUIRED = 33,
    /* for the caller alone */
    GENKAN_PIN_FORMAT = 40, /* cannot be this PIN by its form: no try was spent */
    GENKAN_PIN_WRONG = 41,
    GENKAN_PIN_NEEDED = 42, /* the card wants a PIN before that */
    GENKAN_BAD_ISSUER = 43, /* an issuer file that cannot be used */
    GENKAN_USAGE = 44,      /* not in this order, or not for this purpose */
    GENKAN_NO_MEMORY = 45,
    GENKAN_FAILED = 46 /* the library itself: cryptography */
};

enum genkan_pin { GENKAN_PIN_AUTH = 0, GENKAN_PIN_SIGN = 1, GENKAN_PIN_TEXT = 2 };
enum genkan_key { GENKAN_KEY_AUTH = 0, GENKAN_KEY_SIGN = 1 };
enum genkan_carrier { GENKAN_PC_AGENT = 0, GENKAN_APP_SAME = 1, GENKAN_APP_CROSS = 2 };
enum genkan_purpose { GENKAN_LOGIN = 0, GENKAN_REAUTH = 1, GENKAN_REGISTER = 2, GENKAN_READ = 3 };

/* Texts of a request; all were checked, none holds a control character. */
enum genkan_text {
    GENKAN_TEXT_ISSUER = 0,       /* the provider's origin */
    GENKAN_TEXT_LABEL = 1,        /* its name, out of the issuer file */
    GENKAN_TEXT_SERVICE = 2,      /* where the resident is going */
    GENKAN_TEXT_ORGANISATION = 3, /* whose service that is */
    GENKAN_TEXT_HOST = 4,         /* ... and where */
    GENKAN_TEXT_WORD = 5,         /* "47 さくら": must be the one on the other screen */
    GENKAN_TEXT_LANGUAGE = 6,     /* "ja" or "en" */
    GENKAN_TEXT_TRANSACTION = 7
};

typedef struct genkan_issuers genkan_issuers;
typedef struct genkan_request genkan_request;
typedef struct genkan_card genkan_card;

/* How a card is reached. SIZE is sizeof(struct genkan_transport). TRANSMIT sends one short APDU and waits for the
 * answer with its status word: GENKAN_OK, GENKAN_CARD_REMOVED, GENKAN_NO_READER or GENKAN_UNSUPPORTED_CARD. IS_THERE
 * may be NULL. END takes the power away and lets go; may be NULL. */
struct genkan_transport {
    size_t size;
    void *ctx;
    int (*transmit)(void *ctx, const unsigned char *command, size_t n, unsigned char *answer, size_t room,
                    size_t *answer_n);
    int (*is_there)(void *ctx);
    void (*end)(void *ctx);
};

/* Who you are: stands in the response, and VERSION ("1.2.3") is compared with what the provider wants. */
struct genkan_self {
    size_t size;
    enum genkan_carrier carrier;
    const char *name, *version, *os;
};

/* Why a request was refused: static texts for a log, not for residents. */
struct genkan_refusal {
    const char *claim, *rule;
};

const char *genkan_version(void);
const char *genkan_status_name(int status);
void genkan_free(char *text);

int genkan_issuers_open(genkan_issuers **out);
int genkan_issuers_add(genkan_issuers *issuers, const char *json, size_t n, const char **why);
void genkan_issuers_close(genkan_issuers *issuers);

int genkan_request_open(genkan_request **out, const genkan_issuers *issuers, const char *jws, size_t n,
                        const struct genkan_self *self, int64_t now, struct genkan_refusal *why);
const char *genkan_request_text(const genkan_request *request, enum genkan_text which);
int genkan_request_purpose(const genkan_request *request);
int64_t genkan_request_expires(const genkan_request *request);
int genkan_request_large(const genkan_request *request);
int genkan_request_response(const genkan_request *request, char **url);
int genkan_request_error(const genkan_request *request, int status, enum genkan_pin of, char **url);
void genkan_request_close(genkan_request *request);

int genkan_card_open(genkan_card **out, const struct genkan_transport *transport);
const char *genkan_card_kind(const genkan_card *card);
int genkan_card_dates(genkan_card *card, enum genkan_key key, int64_t *not_before, int64_t *not_after);
int genkan_card_tries(genkan_card *card, enum genkan_pin pin, int *left);
int genkan_card_verify(genkan_card *card, enum genkan_pin pin, const char *text, size_t n, int agreed, int *left);
int genkan_card_prove(genkan_card *card, genkan_request *request, enum genkan_key key);
int genkan_card_read_text(genkan_card *card, genkan_request *request);
void genkan_card_close(genkan_card *card);

#ifdef __cplusplus
}
#endif

#endif
