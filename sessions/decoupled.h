/* decoupled: an authorization that is asked on one device and given on another: a television or kiosk asks (RFC 8628
 * device authorization), or the staff at a counter does (CIBA Core 1.0), and the resident allows it in her own browser.
 * Found by half the SHA-256 of device_code or auth_req_id. Writers run inside a store job. */
#ifndef SESSIONS_DECOUPLED_H
#define SESSIONS_DECOUPLED_H

#include "store/row.h"

enum decoupled_kind { DECOUPLED_DEVICE = 1, DECOUPLED_COUNTER = 2 };
enum decoupled_state { DECOUPLED_OPEN, DECOUPLED_ALLOWED, DECOUPLED_REFUSED };

#define DECOUPLED_LIFE_S     600
#define DECOUPLED_INTERVAL_S 5
#define DECOUPLED_OPEN_MAX   8 /* requests of counters that wait for one resident at once */
#define COUNTER_CODE_LIFE_S  600

struct decoupled {
    struct ident id;
    enum decoupled_kind kind;
    struct view client;
    struct ident user_code; /* DECOUPLED_DEVICE, until it was entered */
    struct ident resident;  /* DECOUPLED_COUNTER: who is asked; DECOUPLED_DEVICE: who allowed it */
    struct view request;    /* the checked authorization request, JSON; allowed: with what she granted of it */
    struct view binding;    /* binding_message; absent: none */
    struct view notify;     /* client_notification_token, sealed; absent: the client asks by itself */
    int64_t created_at, expires_at;
    enum decoupled_state state;
    struct ident session, grant; /* allowed: with which login; IDENT_NONE: no fields were asked */
    struct view scope;           /* allowed: as granted */
    int64_t decided_at;          /* 0: not */
};

/* Writes a new row, open. ERR_CONFLICT: the user code is taken (mint another one). ERR_LIMIT: DECOUPLED_OPEN_MAX
 * requests wait for this resident already. */
enum err decoupled_mint(struct db *db, const struct decoupled *d, int64_t now) MUST_CHECK;

/* Texts in A. ERR_NOT_FOUND: unknown or swept; whether it is over is for the caller to judge. */
enum err decoupled_find(struct decoupled *out, struct db *db, struct arena *a, struct ident id) MUST_CHECK;

/* The open one of this user code at NOW. ERR_NOT_FOUND. */
enum err decoupled_find_by_code(struct decoupled *out, struct db *db, struct arena *a, struct ident user_code,
                                int64_t now) MUST_CHECK;

/* A user code is entered once: from now on only the interaction that was begun with it leads on. ERR_CONFLICT: entered
 * already, over or unknown. */
enum err decoupled_take_code(struct db *db, struct ident id, int64_t now) MUST_CHECK;

/* Open requests of counters to RESIDENT at NOW, newest first. */
enum err decoupled_list(struct decoupled **out, size_t *n, struct db *db, struct arena *a, struct ident resident,
                        int64_t now) MUST_CHECK;

/* She allowed it: resident, session, grant, scope and request of D are written down. ERR_CONFLICT: it is not open at
 * NOW. */
enum err decoupled_allow(struct db *db, const struct decoupled *d, int64_t now) MUST_CHECK;
/* She said no. ERR_CONFLICT as above. */
enum err decoupled_refuse(struct db *db, struct ident id, int64_t now) MUST_CHECK;

/* CODE is now the one code of RESIDENT. ERR_CONFLICT: somebody else has it (mint another one). */
enum err counter_code_record(struct db *db, struct ident code, struct ident resident, int64_t expires_at) MUST_CHECK;
/* Good once, and only before its end. ERR_NOT_FOUND. */
enum err counter_code_take(struct ident *resident, struct db *db, struct arena *a, struct ident code,
                           int64_t now) MUST_CHECK;

#endif
