/* op: everything a running OpenID provider consists of. Opened once, handed to every request, const for them. */
#ifndef IDP_STATE_OP_H
#define IDP_STATE_OP_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/view.h"
#include "jpki/pki/predecessors.h"

struct config;            /* idp/state/config.h */
struct store;             /* store/store.h */
struct ledger;            /* consent/ledger.h */
struct keys;              /* idp/tokens/keys.h */
struct master;            /* sessions/master.h */
struct clients;           /* idp/state/clients.h */
struct limits;            /* idp/state/limits.h */
struct client_keys;       /* idp/state/client_keys.h */
struct documents;         /* idp/state/documents.h */
struct proof_keys;        /* idp/state/proof_keys.h */
struct polls;             /* idp/state/polls.h */
struct fetch;             /* http/fetch.h */
struct tally;             /* idp/state/tally.h */
struct upkeep;            /* idp/state/upkeep.h */
struct herald;            /* idp/state/herald.h */
struct trust;             /* jpki/pki/trust.h */
struct revocation;        /* jpki/pki/revocation.h */
struct places;            /* idp/state/places.h */
struct predecessors_http; /* idp/state/predecessors_http.h */
struct pages;             /* webui/page.h; opened and closed by main, since state knows no pages */

/* Requests that may wait for an OCSP responder, or for the service below, at the same time. */
#define OP_SLOW_WORKERS 2

struct op {
    const struct config *config;
    struct clock clock;
    struct view issuer; /* no trailing slash */
    struct view host;   /* of the issuer, with port if written */
    bool loopback;      /* the issuer is on this machine: plain http is allowed, test roots may be */
    struct store *store;
    struct ledger *ledger;
    struct master *master; /* wraps the keys of profile values */
    struct clients *clients;
    struct limits *limits;
    struct fetch *fetch; /* to addresses of the operator: responders, witnesses */
    struct client_keys *client_keys;
    struct proof_keys *proof_keys;
    struct documents *documents;
    struct polls *polls;          /* of services, for events, that wait */
    struct fetch *fetch_services; /* to addresses that services registered: no private ones but those configured */
    struct tally *tally;          /* what happened, for metrics */
    struct upkeep *upkeep;        /* NULL: no background thread (command line, tests) */
    struct herald *herald;        /* NULL: this process neither publishes the ledger nor waits to */
    struct trust *trust;
    struct revocation *revocation;
    struct predecessors_source predecessors;     /* ask NULL: there is no such service */
    struct places *places;                       /* NULL: of no address the place is known */
    struct predecessors_http *predecessors_http; /* what the configuration makes the source, or NULL */
    const struct pages *pages;
    struct view discovery;      /* the metadata document (idp/endpoints/discovery.h); set before anybody is served */
    struct op_keyring *keyring; /* see op_keys */
};

/* The keys as they are now. What was got stays valid until op_close, also over op_reload. */
const struct keys *op_keys(const struct op *op);

/* Their public halves as services fetch them now (idp/state/key_document.h); as long as nothing changes the very same
 * bytes. Stays valid until op_close. Absent: no memory. */
struct view op_key_document(const struct op *op);

/* Opens store, ledger, keys, trust anchors and revocation lists of CONFIG, which must outlive it. Keys and database are
 * made when both are absent; if only one of them is, that is ERR_CONFIG: half of a data folder is lost. *why (in ARENA
 * or static) says what is wrong, with path. */
enum err op_open(struct op **out, const struct config *config, const struct clock *clock, struct arena *arena,
                 const char **why) MUST_CHECK;

/* SIGHUP: keys, revocation lists and the file of places are read again (roots and addresses need a restart). On failure
 * what could not be read stays as it was; what was read before it is new. */
enum err op_reload(struct op *op, struct arena *arena, const char **why) MUST_CHECK;

/* Reads the keys anew when the folder has another edition of them than this process: somebody rotated them and told
 * only another one. On failure, which is logged, those it has stay. Any thread. */
void op_follow_keys(const struct op *op);

void op_close(struct op *op);

#endif
