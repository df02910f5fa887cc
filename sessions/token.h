/* token: what makes codes good once and tokens revocable. Codes and access tokens are sealed values and are not stored;
 * redeeming a code writes one row, its family, and everything made from that code hangs on that row; so does every
 * other grant. Where nothing but an access token comes of a code (token_is_plain), that token says all that the row
 * would: there is one only when it was revoked. A refresh token names its family (idp/tokens/refresh_token.h), and the
 * family's row has half the SHA-256 of the one that is good: to rotate is to write one row, and whatever else of ours
 * names it was used before. */
#ifndef SESSIONS_TOKEN_H
#define SESSIONS_TOKEN_H

#include "sessions/cnf.h"
#include "store/row.h"

/* The refresh token of a family that is good now. */
struct refresh {
    struct ident id; /* ident_of(refresh token); IDENT_NONE: none was given */
    int64_t minted_at, expires_at;
};

struct family {
    struct ident id; /* token_family_id or token_family_mint */
    struct view client;
    struct ident resident; /* IDENT_NONE: the client asked for itself */
    struct ident session;  /* IDENT_NONE: no login stands behind it */
    struct ident grant;    /* IDENT_NONE: no fields asked */
    struct view scope;     /* granted, words separated by spaces */
    struct ident wish;     /* what was asked beyond the scope (sessions/wish.h); IDENT_NONE: nothing */
    struct view resource;  /* the resource servers that were asked for (RFC 8707), words; absent: none */
    struct cnf cnf;     /* the key its refresh tokens are bound to; CNF_NONE: the client's authentication is enough */
    int64_t minted_at;  /* the code's, or its own */
    int64_t expires_at; /* of the longest-lived token of the family: when the row may be swept */
    bool offline;       /* offline_access: outlives the session */
    bool refreshable;   /* a refresh token was given */
    struct refresh refresh;
    int64_t revoked_at; /* 0: not */
};

/* The id of the family a code makes: its time of minting (4 bytes, big endian), then 12 bytes of its SHA-256. The time
 * must be sealed inside the code. In front of the digest it keeps rows of one moment on one page. */
struct ident token_family_id(struct view code, int64_t minted_at);
/* The id of a family that no code makes: the time, then chance. */
struct ident token_family_mint(int64_t minted_at);

/* Writes the row of a family with a minted id. Inside a store job. */
enum err token_record(struct db *db, const struct family *f) MUST_CHECK;

/* Would the row of F say nothing that its access token and its session do not? Nothing is refreshed, nothing was asked
 * beyond the scope, and it ends with the session. */
bool token_is_plain(const struct family *f);
/* Of the id of a family: unix seconds. */
int64_t token_family_minted_at(struct ident id);

enum redeem_verdict { CODE_REDEEMED, CODE_USED_BEFORE };
/* Redeems a code, once. The second time the family is revoked (RFC 6749 4.1.2) and the verdict is CODE_USED_BEFORE.
 * Inside a store job. */
enum err token_redeem(enum redeem_verdict *verdict, struct db *db, const struct family *f, int64_t now) MUST_CHECK;

/* A family and what became of its session. */
struct token_facts {
    struct family family; /* its refresh token of refresh_find and refresh_take alone */
    bool has_session;     /* its row is still there */
    int64_t session_ended_at;
    /* of refresh_find and refresh_take alone, which give it to whoever makes an ID token */
    int64_t session_expires_at, session_auth_at, session_seen_at;
    struct view session_acr, session_amr;
};
/* One statement. Texts in A. ERR_NOT_FOUND: never redeemed, or swept. */
enum err token_find_family(struct token_facts *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;

/* The same for F, which is plain, out of its session and of the row that it has if it was revoked. *OUT is F with
 * the session's resident. One statement. ERR_NOT_FOUND: the session was swept. */
enum err token_find_plain(struct token_facts *out, struct db *db, struct arena *a, const struct family *f) MUST_CHECK;

enum token_state { TOKEN_LIVE, TOKEN_REVOKED, TOKEN_EXPIRED, TOKEN_SESSION_ENDED };
/* Pure: may tokens of this family still be used? Their own expiry and the grant are for the caller to judge. */
enum token_state token_check(const struct token_facts *facts, int64_t now);

/* Revokes; fine if revoked already. Session and grant reach refreshable families only: the others die through
 * token_check and through their grant. */
enum err token_revoke_family(struct db *db, struct ident family, int64_t now) MUST_CHECK;
/* The same for one that is plain, or may be: it gets a row that says so, until F->expires_at. */
enum err token_revoke_plain(struct db *db, const struct family *f, int64_t now) MUST_CHECK;
enum err token_revoke_session(struct db *db, struct ident session, int64_t now) MUST_CHECK; /* not those offline */
/* Also those offline, and those of no session that were minted from SINCE on. */
enum err token_revoke_disowned(struct db *db, struct ident resident, struct ident session, int64_t since,
                               int64_t now) MUST_CHECK;
enum err token_revoke_grant(struct db *db, struct ident grant, int64_t now) MUST_CHECK;
/* Every row of hers, refreshable or not: looks at all families, for what is seldom done. What is plain ends with its
 * session. */
enum err token_revoke_resident(struct db *db, struct ident resident, int64_t now) MUST_CHECK;

enum refresh_verdict {
    REFRESH_GOOD,
    REFRESH_UNKNOWN,
    REFRESH_EXPIRED,
    REFRESH_USED,          /* reuse: it was good once, and the family is now revoked (RFC 9700 4.14.2) */
    REFRESH_OTHER_CLIENT,  /* it leaked: the family is now revoked */
    REFRESH_REVOKED,       /* its family is */
    REFRESH_SESSION_ENDED, /* and it is not offline */
};
/* Judges a refresh token: ID is ident_of it, and it names FAMILY with our mark. When it is good it is still: the caller
 * puts the next one in its place in the same job (refresh_rotate), or leaves it. *OUT (texts in A) is filled for every
 * verdict but REFRESH_UNKNOWN. One statement, unless it revokes. */
enum err refresh_take(struct token_facts *out, enum refresh_verdict *verdict, struct db *db, struct arena *a,
                      struct ident family, struct ident id, struct view client, int64_t now) MUST_CHECK;

/* F->refresh takes the place of BEFORE, and the row's end becomes F->expires_at. ERR_CONFLICT: BEFORE is not the one
 * that is good. */
enum err refresh_rotate(struct db *db, const struct family *f, struct ident before) MUST_CHECK;

/* Looks at a family with its refresh token and judges nothing. ERR_NOT_FOUND. Texts in A. */
enum err refresh_find(struct token_facts *out, struct db *db, struct arena *a, struct ident family) MUST_CHECK;

/* Moves the family's end to EXPIRES_AT if that is later. */
enum err token_extend(struct db *db, struct ident family, int64_t expires_at) MUST_CHECK;

#endif
