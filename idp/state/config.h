/* config: what the operator wrote in genkan.conf, checked to the last value before anything starts. Immutable once
 * read; a reload reads a second one and compares (config_restart_keys). */
#ifndef IDP_STATE_CONFIG_H
#define IDP_STATE_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "http/proxy.h"

#define CONFIG_PATH        "/etc/genkan/genkan.conf"
#define CONFIG_LISTEN_MAX  8
#define CONFIG_PINS_MAX    16
#define CONFIG_PROXY_MAX   32
#define CONFIG_PRIVATE_MAX 32
#define CONFIG_KEYS_MAX    64

enum config_trust { CONFIG_TRUST_TEST, CONFIG_TRUST_PRODUCTION };

#define CONFIG_RESPONDERS_MAX 8

struct config {
    uint64_t said;                         /* which keys are written in the file, by their place in config_keys */
    const char *path;                      /* the file this was read from */
    const char *issuer;                    /* an origin: scheme://host[:port], no path, no trailing slash */
    const char *issuer_host;               /* host[:port] of the issuer, as it stands in a Host header */
    bool issuer_https;                     /* false only on a loopback name */
    const char *listen[CONFIG_LISTEN_MAX]; /* "127.0.0.1:8080", "[::1]:8080"; port 0: the system picks one */
    size_t n_listen;
    const char *data;     /* absolute folder: DATA/genkan.db, DATA/keys/ */
    unsigned workers;     /* 1..64 */
    unsigned connections; /* at most so many at once */
    struct {
        enum config_trust trust;
        const char *roots;                 /* absolute folder with auth/ and sign/ inside */
        const char *crl;                   /* absolute folder with auth/ and sign/ inside; NULL: no CRL files */
        const char *pins[CONFIG_PINS_MAX]; /* "auth:<64 hex digits>", "sign:..."; add to the built-in ones */
        size_t n_pins;
        bool ocsp;                                          /* ask the responder the certificate names */
        unsigned ocsp_timeout;                              /* seconds, 1..30 */
        const char *ocsp_responders[CONFIG_RESPONDERS_MAX]; /* http or https; asked when the certificate's own fails */
        size_t n_ocsp_responders;
        bool crl_stands_in;    /* a fresh list is an answer while no responder gives one */
        unsigned renewal_wait; /* seconds until a new card gets an older registration by the same verified values */
        const char *renewal_service;      /* who says which older serial numbers a new one follows; NULL: nobody */
        unsigned renewal_service_timeout; /* seconds, 1..10 */
        const char *ocsp_certificate, *ocsp_key; /* absolute PEM files: who signs our questions; NULL both: nobody */
    } jpki;
    struct {
        uint16_t port; /* where residents' genkan-agent listens */
    } agent;
    struct {
        unsigned idle, absolute; /* seconds */
        unsigned history;        /* seconds that the log of logins is kept */
    } session;
    struct {
        const char *card_phone, *card_phone_en;       /* whom a resident calls who has lost her card */
        const char *office, *office_en;               /* who helps with everything else; NULL: nobody is named */
        const char *phone, *hours, *hours_en, *email; /* of that office: NULL if not given */
    } help;
    struct {
        const char *keys; /* absolute folder of the master keys for profile values; DATA/keys unless written */
    } profile;
    struct {
        const char *origin; /* of the log and its key's name; the issuer's host and "/ledger" if not given */
        const char *folder; /* absolute: tiles and checkpoint; DATA/ledger if not given */
        const char *key;    /* absolute: the file of the key that signs; DATA/keys/ledger.pem if not given */
        const char *policy; /* absolute: a tlog-policy whose witnesses are asked; NULL: none */
    } ledger;
    struct { /* 0: no limit */
        unsigned interactions_per_minute, card_transactions_per_minute, pushed_requests_per_minute,
            registrations_per_minute, introspections_per_minute, revocations_per_minute, exchanges_per_minute,
            card_proofs_per_account, card_links_per_account, connections_per_address;
    } limits;
    struct {
        unsigned wait; /* seconds that a poll for events may wait, 0..60; 0: none does */
    } events;
    struct {
        enum log_level level;
    } log;
    struct {
        const char *certificate, *key; /* absolute PEM files; NULL both: plain http */
        const char *ca; /* absolute PEM file: whom we trust when we call services and responders; NULL: the system's */
    } tls;
    struct { /* mutual TLS (RFC 8705) has a name or a port of its own, so that no resident's browser is asked */
        const char *listen[CONFIG_LISTEN_MAX]; /* TLS by us that asks for the client's certificate */
        size_t n_listen;
        const char *origin;      /* where services find it, for mtls_endpoint_aliases (RFC 8705 5); NULL: nowhere */
        const char *host;        /* of that origin, as it stands in a Host header; NULL without one */
        const char *authorities; /* absolute PEM file: who issues certificates for tls_client_auth; NULL: nobody */
    } mtls;
    struct {                /* what the operator asks of a running server */
        const char *socket; /* absolute path; DATA/admin.sock if not given, NULL: none ("off", or that is too long) */
        const char *listen[CONFIG_LISTEN_MAX]; /* loopback addresses for metrics and health, read-only */
        size_t n_listen;
        bool off;
    } admin;
    struct { /* reverse proxies in front of us that are believed */
        struct net trusted[CONFIG_PROXY_MAX];
        size_t n_trusted;
        enum proxy_words words;         /* how they tell who the client is */
        bool words_known;               /* the operator has said it */
        const char *client_certificate; /* the header they hand a client's certificate on in; NULL: none */
    } proxy;
    struct {
        const char *database; /* absolute path of a MaxMind DB file; NULL: of no login the place is known */
        const char *credit;   /* one line below places, which its licence may want; NULL: none */
    } places;
    struct {                                    /* what we call ourselves, at addresses that services registered */
        struct net private[CONFIG_PRIVATE_MAX]; /* loopback and private addresses that may be called */
        size_t n_private;
    } outgoing;
};

/* Why a file cannot be used: LINE 0 when no line is to blame (a key is missing, two keys contradict each other). */
struct config_fault {
    int line;
    const char *key, *rule; /* like "session.idle", "must be a time between 60 s and 24 h"; in the arena */
};

/* As many workers as there are processors, 2 to 16. */
unsigned config_default_workers(void);

/* Reads and checks PATH; everything lives in ARENA. ERR_CONFIG with *FAULT filled: what the operator must change.
 * ERR_NOT_FOUND, ERR_PERMISSION, ERR_IO: the file itself could not be read. Folders and files it names are not opened.
 */
enum err config_read(struct config **out, struct arena *a, const char *path, struct config_fault *fault) MUST_CHECK;

/* The same for the TEXT of a file; PATH is only remembered. */
enum err config_read_text(struct config **out, struct arena *a, const char *path, struct view text,
                          struct config_fault *fault) MUST_CHECK;

/* The keys that a server running with NOW does not take from NEXT without a restart, like "session.idle": into KEYS,
 * which has room for CONFIG_KEYS_MAX; their number. Static texts. The log level is none of them, nor what only follows
 * from another key. */
size_t config_restart_keys(const char **keys, const struct config *now, const struct config *next);

/* Is the issuer's host localhost, *.localhost, 127.0.0.1 or [::1]? Only such an issuer may trust the test roots. */
bool config_is_local(const struct config *c);

#endif
