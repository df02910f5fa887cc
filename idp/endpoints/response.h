/* response: the answer to an authorization request, brought to the service by the browser in the mode it asked for. */
#ifndef IDP_ENDPOINTS_RESPONSE_H
#define IDP_ENDPOINTS_RESPONSE_H

#include "idp/rules/authorization_request.h"
#include "idp/state/visit.h"
#include "idp/tokens/response_token.h"

/* At most this many parameters of the caller's. */
#define RESPONSE_PARAMS_MAX 4

/* Answers with PARAMS and, beside them, state and iss (RFC 6749 4.1.2, RFC 9207 2; in a JWT iss is its issuer, JARM
 * 2.1). REQUEST has a checked redirect_uri of CLIENT. */
void response_answer(struct visit *v, const struct client *client, const struct authz_request *request,
                     const struct response_param *params, size_t n);

#endif
