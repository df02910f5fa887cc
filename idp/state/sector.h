/* sector: the unit in which a resident has one sub at several services (OIDC Core 8.1), as it comes out of a
 * registration. */
#ifndef IDP_STATE_SECTOR_H
#define IDP_STATE_SECTOR_H

#include "http/fetch.h"
#include "idp/state/registration.h"
#include "idp/state/visit.h"

#define SECTOR_HOST     "host:" /* begins a sector that is a host; a sector named by the operator has no colon */
#define SECTOR_HOST_MAX 69      /* bytes of it, host and all */

/* How the document is got. */
struct sector_source {
    enum err (*get)(void *ctx, struct arena *a, struct view url, struct fetched *out);
    void *ctx;
};
struct sector_source sector_by_waiting(struct fetch *f); /* for the command line */
struct sector_source sector_by_visit(struct visit *v);   /* as documents_get does */

/* Gets C's sector_identifier_uri, if it has one, and checks that all its addresses stand there. ERR_SYNTAX with *fault
 * (in ARENA): it cannot be had, or one is missing. ERR_BUSY: see documents_get. ERR_MEMORY. */
enum err sector_check(const struct sector_source *source, struct arena *arena, const struct client *c,
                      struct registration_fault *fault) MUST_CHECK;

/* The sector of a service to which no operator gave one: "host:" and the host of its sector_identifier_uri or else of
 * its redirect addresses, in small letters. ERR_SYNTAX with *fault: they have several hosts. ERR_MEMORY. */
enum err sector_derive(struct view *out, struct arena *arena, const struct client *c,
                       struct registration_fault *fault) MUST_CHECK;

#endif
