/* session_update: what a refresh says about the resident's session. Pure.
 *
 * A page of a service that stays open for long keeps the session alive by telling its server so, which refreshes
 * (GovSSO's session update). Genkan sees the server only and must believe it: a server that refreshes by a clock would
 * keep sessions alive that were left behind at a shared PC. So this is for services whose registration says it
 * (session_update), which was looked at when it was reviewed. Every other service sends the browser with prompt=none,
 * where the session's cookie speaks for itself. */
#ifndef IDP_RULES_SESSION_UPDATE_H
#define IDP_RULES_SESSION_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

struct session_update_facts {
    bool offline;    /* the tokens outlive the session (offline_access) */
    bool registered; /* the service may say that she is there */
    int64_t seen_at; /* when the session saw its resident last, unix seconds */
    int64_t idle_s;  /* seconds after which it is idle */
    int64_t now;
};

enum session_update {
    SESSION_UPDATE_NONE,  /* refresh; the session learns nothing */
    SESSION_UPDATE_TOUCH, /* refresh, and write the activity down */
    SESSION_UPDATE_IDLE   /* no: she is gone. Nobody but her card wakes an idle session */
};
enum session_update session_update_decide(const struct session_update_facts *f);

#endif
