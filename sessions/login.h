/* login: the log of logins that a resident sees, one entry for each proof with her card. It outlives the sessions; what
 * it says of browser and network is as little as session.h says. */
#ifndef SESSIONS_LOGIN_H
#define SESSIONS_LOGIN_H

#include "store/row.h"

struct login {
    struct ident resident, session;
    int64_t at;
    struct view agent, network; /* as in struct session */
    int64_t disowned_at;        /* she said that it was not her; 0: not */
};

/* Writes one down; a second one of the same second in the same session is the same. DISOWNED_AT is not looked at. */
enum err login_record(struct db *db, const struct login *l) MUST_CHECK;

/* The newest MAX of RESIDENT, newest first; texts in A. */
enum err login_list(struct login **out, size_t *n, struct db *db, struct arena *a, struct ident resident,
                    size_t max) MUST_CHECK;

/* "This was not me": marks every entry of SESSION, and takes from it every token that came of it, those with
 * offline_access too, and those that were allowed on another device since its first login. The session itself is the
 * caller's to end. Fine if said before. ERR_NOT_FOUND: RESIDENT has no such login. Inside a store job. */
enum err login_disown(struct db *db, struct arena *a, struct ident resident, struct ident session,
                      int64_t now) MUST_CHECK;

/* The newest MAX that were disowned, of whomever, for the operator. */
enum err login_list_disowned(struct login **out, size_t *n, struct db *db, struct arena *a, size_t max) MUST_CHECK;

/* Forgets at most MAX entries from before BEFORE; *DONE how many. */
enum err login_forget(size_t *done, struct db *db, int64_t before, size_t max) MUST_CHECK;

#endif
