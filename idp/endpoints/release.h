/* release: fields on their way to a service: what a token asks for, decided and written down in one transaction. No
 * leaf, no data: the answer that carries them is kept back until the record is durable. */
#ifndef IDP_ENDPOINTS_RELEASE_H
#define IDP_ENDPOINTS_RELEASE_H

#include "consent/disclosure.h"
#include "idp/rules/claims_request.h"
#include "idp/rules/client.h"
#include "idp/state/visit.h"

enum release_place { RELEASE_USERINFO, RELEASE_ID_TOKEN };

struct release_facts {
    enum release_place place;
    const struct client *client;
    struct ident grant;   /* IDENT_NONE: no consent, nothing goes out */
    struct ident session; /* which login this came of, for the record */
    struct ident wish;    /* what is asked by name (sessions/wish.h) */
    struct view scope;
};

struct release {
    struct ask asked;
    struct grant grant; /* grant_find_for_release */
    bool has_grant;
    bool withdrawn; /* there was a consent, and she took it back: nothing goes out */
    struct field_profile profile;
    struct disclosure disclosure; /* what goes out; holds on to the above */
};

/* Pure: nothing can go out, whatever she allowed, because nothing is asked for. Then there is nothing to record; that a
 * withdrawn grant kills its tokens remains. */
bool release_is_none(const struct release_facts *facts);

/* Inside a store job, V with the job's db: loads grant and profile, decides, and records what goes out. */
enum err release_record(struct release *out, const struct visit *v, const struct release_facts *facts) MUST_CHECK;

#endif
