/* client_credentials: what a service may ask for itself (RFC 6749 4.4). Pure. */
#ifndef IDP_RULES_CLIENT_CREDENTIALS_H
#define IDP_RULES_CLIENT_CREDENTIALS_H

#include "idp/rules/client.h"
#include "idp/rules/refusal.h"

/* METHOD: how it has proved who it is. */
enum refusal client_credentials_decide(enum client_auth_method method, struct view scope);

#endif
