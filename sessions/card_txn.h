/* card_txn: one attempt to prove possession of the card (protocol.md, "Transaction"). Good once, right or wrong. */
#ifndef SESSIONS_CARD_TXN_H
#define SESSIONS_CARD_TXN_H

#include "store/row.h"

#define CARD_TXN_LIFE_S 180
#define CARD_NONCE_SIZE 32

enum card_purpose { CARD_LOGIN, CARD_REAUTH, CARD_REGISTER, CARD_READ };
enum card_carrier { CARRIER_PC_AGENT, CARRIER_APP_SAME, CARRIER_APP_CROSS };
enum card_state { CARD_ISSUED, CARD_CLAIMED, CARD_PROVED, CARD_DONE, CARD_PENDING_FINISH, CARD_FAILED };

struct card_txn {
    struct ident id;          /* ident_of(the txn claim's text) */
    struct ident cookie;      /* ident_of(value of __Host-card) */
    struct ident interaction; /* the interaction's id */
    uint8_t nonce[CARD_NONCE_SIZE];
    enum card_purpose purpose;
    enum card_carrier carrier;
    struct view request; /* the compact request JWS, as handed to the agent */
    struct view bind;    /* like "47 さくら" */
    int64_t created_at, expires_at;
    int64_t taken_at; /* 0: not yet */
    enum card_state state;
    struct view reason; /* why it failed; absent: it did not */
};

/* Writes a new row, state CARD_ISSUED. */
enum err card_txn_mint(struct db *db, const struct card_txn *t) MUST_CHECK;

/* For showing the start page; changes nothing. ERR_NOT_FOUND. */
enum err card_txn_find(struct card_txn *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;
/* The newest of an interaction. ERR_NOT_FOUND. */
enum err card_txn_find_newest(struct card_txn *out, struct db *db, struct arena *a,
                              struct ident interaction) MUST_CHECK;

enum card_txn_verdict {
    CARD_TXN_GOOD,
    CARD_TXN_UNKNOWN,
    CARD_TXN_OTHER_BROWSER, /* the cookie is not the one it began with: a fixation attempt; it is burnt */
    CARD_TXN_EXPIRED,
    CARD_TXN_USED,
};

/* Takes it in one statement, right or wrong: whatever the verdict, it cannot be used again. *OUT is filled only for
 * CARD_TXN_GOOD. COOKIE is IDENT_NONE when no cookie came. Inside a store job. */
enum err card_txn_take(struct card_txn *out, enum card_txn_verdict *verdict, struct db *db, struct arena *a,
                       struct ident id, struct ident cookie, int64_t now) MUST_CHECK;

/* How a taken one ended: CARD_DONE, or CARD_FAILED with REASON. ERR_CONFLICT if it was not taken or has ended. */
enum err card_txn_record_result(struct db *db, struct ident id, enum card_state state, struct view reason) MUST_CHECK;

#endif
