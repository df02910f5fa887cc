/* invite: what an initial access token (RFC 7591 1.2) lets a service register. Its terms are a part of a registration,
 * written by the operator: organisation, profile, fields with their purposes, and whatever else shall be fixed. The
 * service says the rest; nobody registers itself into a sector, an organisation or a field. */
#ifndef IDP_RULES_INVITE_H
#define IDP_RULES_INVITE_H

#include "base/json.h"

struct invite_request {
    const struct json *said;         /* the object a service sent */
    const struct json *terms;        /* the object of the invitation */
    const struct json *current;      /* its registration as it is (RFC 7592 2.2); NULL: it has none yet */
    bool (*knows)(struct view name); /* is this a member that a registration may have? */
};

/* Which member breaks which rule; in the arena or static. */
struct invite_fault {
    const char *member, *rule;
};

/* Writes the registration that comes of it, a JSON object, without client_id, and without sector if the terms name
 * none. What is said and unknown is left out (RFC 7591 2); a null is nothing said (RFC 7592 2.2). "scope" chooses among
 * the fields of the terms. ERR_SYNTAX with *fault: it says something that is not its to say. ERR_MEMORY, ERR_LIMIT. */
enum err invite_apply(struct buf *out, struct arena *a, const struct invite_request *r,
                      struct invite_fault *fault) MUST_CHECK;

/* May a service change its registration with SAID? It must name itself by ID, and may repeat its secret but not choose
 * one; SECRET_HASH: SHA-256 of the secret it has, absent: none (RFC 7592 2.2). False with *fault. */
bool invite_may_update(const struct json *said, struct view id, struct view secret_hash, struct invite_fault *fault);

#endif
