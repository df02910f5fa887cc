/* party: how the organisation behind a service can be reached, as it registered it: postal address, e-mail, telephone.
 * Member names are those of OIDC Core 5.1 and 5.1.1. Receipts carry it; nothing is invented where it is silent. */
#ifndef CONSENT_PARTY_H
#define CONSENT_PARTY_H

#include "base/json.h"
#include "consent/country.h"

struct party_address {
    const struct country *country; /* NULL: no address is registered */
    struct view street, locality;  /* always there with an address */
    struct view region, postal_code;
};

struct party {
    struct party_address address;
    struct view email, phone; /* absent: not registered */
};

/* Why an organisation cannot be used; static texts. */
struct party_fault {
    const char *member, *rule; /* like "organization.address.country", "must be ..." */
};

/* Reads "address", "email" and "phone_number" of ORGANIZATION; views live as long as that. ERR_SYNTAX with *FAULT. */
enum err party_read(struct party *out, const struct json *organization, struct party_fault *fault) MUST_CHECK;

/* The address in one line, as it is written in Japan or in English; VIEW_NONE: none, or no memory. */
struct view party_address_line(struct arena *a, const struct party_address *address, bool japanese);

#endif
