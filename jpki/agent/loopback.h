/* loopback: what the agent offers to the browser on 127.0.0.1 and [::1], and the rules of protocol.md ("The agent")
 * that stand in front of it.
 *   GET /v1/auth/<compact request JWS>    start; answered by 303 to
 *   GET /v1/wait/<id>/<seen>              the waiting page, at the end 303 to response_uri#<response>
 *   GET /v1/choose/<id>/<seen>/<number>   which of several cards; answered by 303 to the waiting page
 *   GET /v1/stop/<id>                     the resident does not want any more
 *   GET /v1/kiosk, /v1/kiosk/<seen>       a kiosk's watch page; when the card has left, 303 to the issuer's log-out
 * Everything else is 404 without a body. */
#ifndef JPKI_AGENT_LOOPBACK_H
#define JPKI_AGENT_LOOPBACK_H

#include <sys/types.h>

#include "base/clock.h"
#include "http/server.h"
#include "jpki/agent/errand.h"
#include "jpki/agent/issuers.h"
#include "jpki/agent/served.h"

#define AGENT_PORT 23837

/* ---- the rules about who asks, without any request in sight: facts in, verdict out ---- */

struct loopback_facts {
    size_t origins;             /* how many Origin headers */
    size_t modes, destinations; /* how many Sec-Fetch-Mode, Sec-Fetch-Dest headers */
    struct view mode, destination;
    bool peer_is_known;
    uid_t peer, self;
};

struct loopback_verdict {
    int status;       /* 200: go on */
    const char *rule; /* for the log; static */
};

struct loopback_verdict loopback_decide(const struct loopback_facts *f);

/* Where the request was started (rule 5). */
enum loopback_referer { REFERER_ABSENT, REFERER_ISSUER, REFERER_FOREIGN };
enum loopback_referer loopback_referer(size_t count, struct view referer, struct view issuer);

/* Who may have the watch page: nobody's site opens it but an issuer's, which the browser comes back from after a
 * log-out. SITES: how many Sec-Fetch-Site headers; REFERER: of the issuers, the best one (REFERER_ISSUER if any fits).
 */
struct loopback_verdict loopback_decide_watch(size_t sites, struct view site, enum loopback_referer referer);

/* ---- the server ---- */

struct loopback_config {
    uint16_t port;       /* 0: a free one */
    const char *issuers; /* folder: read again at every request, so that what the administrator changes counts */
    struct errand *errand;
    struct kiosk *kiosk; /* NULL: no kiosk */
    const struct clock *clock;
};

struct loopback;

/* Binds 127.0.0.1 and, if this machine has it, [::1], and serves. ERR_IO or ERR_PERMISSION: another program has the
 * port. CONFIG's pointers must outlive it. */
enum err loopback_open(struct loopback **out, const struct loopback_config *config) MUST_CHECK;
uint16_t loopback_port(const struct loopback *l);
/* The routes above; CTX of their handlers is the loopback. For whoever brings requests without a socket (fuzzers). */
const struct route *loopback_routes(size_t *n);
void loopback_close(struct loopback *l);

#endif
