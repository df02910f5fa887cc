/* details: authorization_details (RFC 9396): what a request may ask, and what of that a token carries. */
#ifndef IDP_RULES_DETAILS_H
#define IDP_RULES_DETAILS_H

#include "consent/detail.h"
#include "consent/detail_type.h"
#include "consent/grant.h"
#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

#define DETAILS_BYTES_MAX 4096 /* of the parameter; what is made of it is in tokens that go into a header */

/* A type that some resource server registered. */
struct details_offer {
    const struct detail_type *type;
    struct view resource; /* the server's identifier */
};

/* The types that a request names, as far as they are known. */
struct details_offers {
    const struct details_offer *items;
    size_t n;
};
const struct details_offer *details_offer_of(const struct details_offers *offers, struct view type); /* NULL: unknown */

/* The parameter: a JSON array of at most DETAILS_MAX objects, each with a type. ERR_OK with *REFUSAL. */
enum err details_read(const struct json **out, struct arena *a, struct view text, enum refusal *refusal) MUST_CHECK;

/* RFC 9396 5: may CLIENT ask all of this, and does every object conform to its type? *OUT: the objects as they are kept
 * and shown, canonical JSON. ALONE: it asks for itself. ERR_OK with *REFUSAL. */
struct details_facts {
    const struct client *client;
    struct details_offers offers;
    bool alone;
};
enum err details_decide(struct view *out, struct arena *a, const struct json *asked, const struct details_facts *facts,
                        enum refusal *refusal) MUST_CHECK;

/* May she leave TYPE out and still use CLIENT? */
bool details_is_optional(const struct client *client, struct view type);

/* RFC 9396 7: of what was ASKED what GRANT gives; canonical JSON, absent for nothing. */
enum err details_granted(struct view *out, struct arena *a, const struct detail_list *asked, const struct grant *grant,
                         int64_t now) MUST_CHECK;

/* The resource servers that ASKED is for, as words in A. */
enum err details_resources(struct view *out, struct arena *a, const struct json *asked,
                           const struct details_offers *offers) MUST_CHECK;

/* RFC 9396 6 and 6.1: what of GRANTED a token for RESOURCE carries, of which ASKED may name a part. Never more than the
 * resident's consent still gives. *OUT: canonical JSON, absent for nothing. ERR_OK with *REFUSAL. */
struct details_token_facts {
    const struct json *granted; /* NULL: nothing */
    const struct json *asked;   /* NULL: whatever there is */
    struct details_offers offers;
    const struct client *client;
    struct view resource;      /* absent: UserInfo, whose details there are none */
    const struct grant *grant; /* NULL: no resident stands behind it */
    bool refreshed;
    int64_t now;
};
enum err details_of_token(struct view *out, struct arena *a, const struct details_token_facts *facts,
                          enum refusal *refusal) MUST_CHECK;

/* What of facts->granted, which a token has, is still worth anything: facts->offers, grant and now count. Once it is in
 * a token, what is done once goes on until she takes it back, whatever she was asked since. */
enum err details_still_given(struct view *out, struct arena *a, const struct details_token_facts *facts) MUST_CHECK;

#endif
