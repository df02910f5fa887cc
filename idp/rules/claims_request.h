/* claims_request: the parameter "claims" (OIDC Core 5.5): which claims are asked for by name, where they are to come,
 * and with which values. What is not in our catalogue, and what the rules do not know, is passed over (5.5.1). */
#ifndef IDP_RULES_CLAIMS_REQUEST_H
#define IDP_RULES_CLAIMS_REQUEST_H

#include "base/buf.h"
#include "base/json.h"
#include "consent/field.h"
#include "idp/rules/verified_claims.h"

#define CLAIMS_REQUEST_MAX 4096 /* bytes */

/* One place where claims go: UserInfo, or the ID token. */
struct claims_place {
    uint32_t fields;                 /* field_bit of each that is asked for */
    const struct json *members;      /* what is asked, by claim; NULL: nothing */
    struct verified_wishes verified; /* what is asked to be proven */
};

/* Lives as long as the arena it was read into. */
struct claims_request {
    struct claims_place userinfo, id_token;
    struct view sub;    /* only this resident will do (5.5.1: "value" of sub); absent: whoever */
    struct view acr;    /* words separated by spaces; absent: not asked here */
    bool acr_essential; /* one of them, or an error (5.5.1.1) */
};

/* ERR_SYNTAX: not what 5.5 describes. An absent TEXT asks for nothing. */
enum err claims_request_read(struct claims_request *out, struct arena *a, struct view text) MUST_CHECK;

/* All that is asked for there, to be proven or not: what the resident must have agreed to. */
uint32_t claims_place_fields(const struct claims_place *place);

/* What is kept of it: the fields, and the values they must have, in one order and without anything else, so that the
 * same wish has the same bytes. Absent if there is nothing to keep. ERR_SYNTAX: it has a number that is no integer, or
 * is too long. */
enum err claims_request_keep(struct view *out, struct arena *a, const struct claims_request *r) MUST_CHECK;

/* 5.5.1, "value" and "values": is a claim with this JSON value asked for in PLACE? Also if no value is asked for; false
 * for one that is not asked at all. */
bool claims_request_takes(const struct claims_place *place, struct arena *a, const struct field *f, struct view json);

#endif
