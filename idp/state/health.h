/* health: can this process serve, and if not or not for long, why. */
#ifndef IDP_STATE_HEALTH_H
#define IDP_STATE_HEALTH_H

#include "base/json.h"
#include "idp/state/op.h"
#include "store/store.h"

struct health {
    bool ready;             /* the store can be read and written, and there is room on its disk */
    enum store_fault store; /* STORE_FINE */
    int64_t disk_free;      /* bytes; -1: not known */
    bool disk_full;         /* less than HEALTH_DISK_MIN */
    size_t crls;
    bool crls_stale; /* closes the card login, not the sessions: told, but no reason to take this node away */
    /* Seconds since the ledger was last published; -1: another process does it. Late: more than HEALTH_LEDGER_MAX_S.
     * Told only: what is written is durable whether published or not. */
    int64_t ledger_age;
    bool ledger_late;
};

#define HEALTH_DISK_MIN     (16 << 20)
#define HEALTH_LEDGER_MAX_S 120

void health_look(struct health *out, const struct op *op);

/* The members of an object: {"ready":..,"store":"fine",..}. */
void health_put(struct json_out *o, const struct health *h);

#endif
