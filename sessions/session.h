/* session: the login at Genkan that all services share. Writers run inside a store job. */
#ifndef SESSIONS_SESSION_H
#define SESSIONS_SESSION_H

#include "store/row.h"

/* Activity is written down at most this often; so a session may end this much before it has been idle long enough,
 * never after. */
#define SESSION_TOUCH_S 60

/* Where a login came from, as near as can be guessed: names for people, in Japanese and in English, and nothing that
 * could be a point on a map. Each is absent when nothing can be said. */
struct session_place {
    struct view country, country_en, city, city_en;
};

struct session {
    struct ident id;     /* of the first ticket; stays when the same resident logs in again */
    struct ident ticket; /* ident_of(value of __Host-session) */
    struct ident resident;
    struct ident browser; /* the browser it was made in: ident_of(value of __Host-browser) */
    struct ident card;    /* the card that proved: card_id(account key); IDENT_NONE: nobody knows */
    struct view acr, amr; /* amr: words separated by spaces */
    /* Of the newest login, each absent when nothing can be said: "firefox windows" (idp/rules/user_agent.h), and what
     * its network is to be known again by (idp/state/network.h). */
    struct view agent, network;
    struct session_place place; /* of the newest login, too */
    int64_t auth_at;            /* when the card proved */
    int64_t created_at, seen_at;
    int64_t expires_at; /* absolute end */
    int64_t ended_at;   /* log-out; 0: not */
};

/* What people and log lines call it, "3fa9-12c0": it opens nothing. */
#define SESSION_NUMBER_SIZE 10
void session_number(char out[SESSION_NUMBER_SIZE], struct ident id);

enum err session_mint(struct db *db, const struct session *s) MUST_CHECK;

/* The same resident has logged in again: TICKET, card, acr, amr, auth_at, seen_at, expires_at, agent, network and
 * place of S become those of the session with its id, whose services and tokens go on. ERR_CONFLICT if that has been
 * logged out or is over at S->auth_at. */
enum err session_renew(struct db *db, const struct session *s) MUST_CHECK;

/* ERR_NOT_FOUND. Ask session_check before trusting it. Texts in A. Only session_find gives agent, network and place,
 * which nothing but the list of sessions shows; session_find_for and session_find_brief leave out created_at, ticket
 * and card, too. */
enum err session_find_by_ticket(struct session *out, struct db *db, struct arena *a, struct ident ticket) MUST_CHECK;
/* And whether CLIENT has received that login. */
enum err session_find_for(struct session *out, bool *has_service, struct db *db, struct arena *a, struct ident ticket,
                          struct view client) MUST_CHECK;
enum err session_find_brief(struct session *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;
enum err session_find(struct session *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;

enum session_state { SESSION_LIVE, SESSION_OTHER_BROWSER, SESSION_ENDED, SESSION_IDLE, SESSION_EXPIRED };
/* Pure. IDLE_S: seconds without activity that end it. BROWSER: of the cookie that came; a session cookie without its
 * browser cookie, or with another's, is not accepted. */
enum session_state session_check(const struct session *s, struct ident browser, int64_t idle_s, int64_t now);

/* Pure: is it time to write the activity down? */
bool session_is_due(const struct session *s, int64_t now);
/* Records activity; never moves back, never wakes an ended one. */
enum err session_touch(struct db *db, struct ident id, int64_t now) MUST_CHECK;

/* Log-out, once; it keeps no place. ERR_CONFLICT if it has ended already or is unknown. Refresh tokens without
 * offline_access die with it, and every service of it gets a row in the queue of back-channel notices from the caller
 * (notice_add). */
enum err session_end(struct db *db, struct ident id, int64_t now) MUST_CHECK;

/* Whatever is left of a resident's, also what is past its end: access tokens of it may live for some minutes more.
 * Tells nobody: the caller has ended those that live one by one. */
enum err session_end_all(struct db *db, struct ident resident, int64_t now) MUST_CHECK;
/* Of all of hers that live: before they end, or go, in any other way than by the two above (db_note_end). */
enum err session_note_ends(struct db *db, struct ident resident) MUST_CHECK;

/* Adds CLIENT to those that received this login; writes nothing if it is there already. */
enum err session_add_service(struct db *db, struct ident id, struct view client, int64_t now) MUST_CHECK;

/* The services, in order of first use; ids in A. */
enum err session_services(struct view **clients, size_t *n, struct db *db, struct arena *a, struct ident id) MUST_CHECK;

/* Sessions of a resident that have not ended and have not passed their absolute end at NOW, newest first. */
enum err session_list(struct session **out, size_t *n, struct db *db, struct arena *a, struct ident resident,
                      int64_t now) MUST_CHECK;

#endif
