/* request: what the OP asks of an agent, as a compact JWS (typ "cardauth-req+jwt", ES256). Written by the OP, read by
 * the agent, which believes nothing in it before the signature and every claim have been checked. */
#ifndef JPKI_PROOF_REQUEST_H
#define JPKI_PROOF_REQUEST_H

#include "base/buf.h"
#include "base/jws.h"
#include "jpki/proof/challenge.h"
#include "jpki/proof/error.h"
#include "jpki/proof/origin.h"

#define PROOF_REQUEST_TYPE "cardauth-req+jwt"
#define PROOF_AUDIENCE     "urn:genkan:agent:1"
#define PROOF_RETURN_PATH  "/login/card/return"
#define PROOF_REQUEST_MAX  8000 /* bytes of the compact JWS; it must fit into a request line of 8 KiB */
#define PROOF_LIFE_MAX     240  /* seconds between iat and exp */
#define PROOF_CLOCK_SLACK  60   /* seconds two clocks may differ */

enum proof_purpose { PROOF_LOGIN, PROOF_REAUTH, PROOF_REGISTER, PROOF_READ, PROOF_PURPOSE_COUNT };
enum proof_carrier { PROOF_PC_AGENT, PROOF_APP_SAME, PROOF_APP_CROSS, PROOF_CARRIER_COUNT };

/* "login" "reauth" "register" "read" / "pc-agent" "app-same" "app-cross". Static. */
const char *proof_purpose_name(enum proof_purpose p);
const char *proof_carrier_name(enum proof_carrier c);
/* ..._COUNT for an unknown name. */
enum proof_purpose proof_purpose_of(struct view name);
enum proof_carrier proof_carrier_of(struct view name);

struct proof_request {
    struct view iss; /* origin of the OP: scheme, host, port if not the default; no path, no trailing slash */
    enum proof_carrier ch;
    struct view txn, jti; /* base64url, 22 to 64 characters */
    uint8_t nonce[PROOF_NONCE_SIZE];
    int64_t iat, exp;         /* unix seconds */
    struct view response_uri; /* exactly iss + PROOF_RETURN_PATH; absent when writing: made from iss */
    struct {
        struct view id, name, org, host; /* the service, for display: at most 200 bytes each */
    } rp;
    enum proof_purpose purpose;
    struct view bind; /* two digits, a space, one word: "47 さくら" */
    struct view acr;
    struct {
        struct view lang; /* "ja" or "en" */
        bool large;
    } ui;
    struct view minver; /* "1.2.3" */
};

/* Writes the signed compact JWS into OUT. KEY must be an ES256 key (ERR_CONFIG otherwise). A request that its own
 * reader would refuse is ERR_SYNTAX: it is checked before it is signed. */
enum err proof_request_write(struct buf *out, const struct jws_key *key, const struct proof_request *req) MUST_CHECK;

/* Who may ask: one issuer the administrator has given to the agent (see issuer.h). */
struct proof_issuer {
    struct view iss, label;
    struct jws_key **keys; /* all ES256 */
    size_t n_keys;
};

/* What the reader of a request is and knows. */
struct proof_reader {
    const struct proof_issuer *issuers;
    size_t n_issuers;
    enum proof_carrier carrier; /* its own: it takes no other */
    struct view version;        /* its own, compared with minver */
    int64_t now;                /* unix seconds */
};

/* Why a request is refused. CODE is PROOF_OK when it is not. */
struct proof_refusal {
    enum proof_error code;
    const char *claim; /* the claim, or "jws", "signature", "issuer"; static */
    const char *rule;  /* the rule it breaks, for the log; static */
};

/* Checks form, type, signature by a key of the issuer it names, and every claim. ERR_OK with refusal->code PROOF_OK:
 * *OUT is filled, its views lie in ARENA, and *ISSUER is the one that signed. ERR_OK with another code: the answer is
 * no, *OUT holds nothing. Other results: we could not look (memory, OpenSSL). Whether the jti was served before is the
 * caller's to know. */
enum err proof_request_read(struct proof_request *out, const struct proof_issuer **issuer, struct arena *arena,
                            struct view jws_text, const struct proof_reader *reader,
                            struct proof_refusal *refusal) MUST_CHECK;

#endif
