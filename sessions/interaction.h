/* interaction: one visit of one browser to log in to one service, from /authorize to the code. Found by half the
 * SHA-256 of its ticket, and only with the browser it began in. Writers (mint, record, take) run inside a store job. */
#ifndef SESSIONS_INTERACTION_H
#define SESSIONS_INTERACTION_H

#include "store/row.h"

#define INTERACTION_LIFE_S 1800

/* PROFILE_HELD: the card was read, and says other things than its verified values do: she decides which stay. */
enum profile_offer { PROFILE_NOT_OFFERED, PROFILE_SKIPPED, PROFILE_DONE, PROFILE_HELD };

/* The client of an interaction that is for no service: she came from the first page of Genkan itself. No service can
 * have this id. */
#define INTERACTION_OWN VIEW("")

struct interaction {
    struct ident id;      /* ident_of(ticket) */
    struct ident browser; /* ident_of(value of __Host-browser) */
    struct view client;
    struct view request; /* the checked authorization request, JSON */
    struct ident pushed; /* the pushed request it began with (sessions/pushed.h); IDENT_NONE: none */
    int64_t created_at, expires_at;
    struct ident session; /* logged in or confirmed with; IDENT_NONE: not yet */
    int64_t login_at;     /* when a card login was done inside this interaction; 0: not */
    bool want_login;      /* the resident said "I am somebody else": only a card login from now on will do */
    enum profile_offer profile_offer;
    struct view held;    /* PROFILE_HELD: the values read (profile_seal, together with this interaction) */
    struct view problem; /* why the last card transaction failed (an error code of protocol.md or ours); absent: none */
    struct ident grant;  /* the consent reached inside this interaction */
    struct view refusal; /* the resident said no: the OAuth error for the service; absent: did not */
    int64_t done_at;     /* taken: a code or an error has been sent; 0: open */
};

/* Writes a new row out of id, browser, client, request, pushed, created_at, expires_at; the rest begins empty. */
enum err interaction_mint(struct db *db, const struct interaction *i) MUST_CHECK;

/* Texts live in A. ERR_NOT_FOUND: no such interaction (or swept). Ask interaction_check before using it. */
enum err interaction_find(struct interaction *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;

enum interaction_state {
    INTERACTION_OPEN,
    INTERACTION_OTHER_BROWSER, /* not the browser it began in: show nothing of it */
    INTERACTION_EXPIRED,
    INTERACTION_DONE,
};
/* Pure. BROWSER: of the cookie that came; IDENT_NONE (no cookie) is another browser. */
enum interaction_state interaction_check(const struct interaction *i, struct ident browser, int64_t now);

/* Each records one thing of an interaction that is open at NOW; ERR_CONFLICT if it is done, expired or unknown. */

/* A card login: SESSION is the new one; the last problem is forgotten. */
enum err interaction_record_login(struct db *db, struct ident id, struct ident session, int64_t now) MUST_CHECK;
/* "Continue as ...": an older session is confirmed for this interaction. */
enum err interaction_record_session(struct db *db, struct ident id, struct ident session, int64_t now) MUST_CHECK;
/* "I am somebody else". Forgets session, login and grant. */
enum err interaction_record_want_login(struct db *db, struct ident id, int64_t now) MUST_CHECK;
enum err interaction_record_profile_offer(struct db *db, struct ident id, enum profile_offer offer,
                                          int64_t now) MUST_CHECK;
/* The offer becomes PROFILE_HELD with these sealed values. */
enum err interaction_record_held(struct db *db, struct ident id, struct view held, int64_t now) MUST_CHECK;
/* PROBLEM absent: forget it. */
enum err interaction_record_problem(struct db *db, struct ident id, struct view problem, int64_t now) MUST_CHECK;
enum err interaction_record_grant(struct db *db, struct ident id, struct ident grant, int64_t now) MUST_CHECK;
/* ERROR: like "access_denied". */
enum err interaction_record_refusal(struct db *db, struct ident id, struct view error, int64_t now) MUST_CHECK;

/* Good once: the caller, and nobody else, may now answer the service. ERR_CONFLICT: taken already, expired, unknown. */
enum err interaction_take(struct db *db, struct ident id, int64_t now) MUST_CHECK;

#endif
