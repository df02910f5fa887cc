/* outgoing: our own calls to addresses that services registered, within what the operator allows. */
#ifndef IDP_STATE_OUTGOING_H
#define IDP_STATE_OUTGOING_H

#include "http/fetch.h"
#include "idp/state/config.h"

/* Public addresses, and private ones that the configuration names; around a loopback issuer (tests, demo) all. */
enum err outgoing_open(struct fetch **out, const struct config *config) MUST_CHECK;

/* Why nothing came from there, for a person. Static. */
const char *outgoing_words(enum err e);

#endif
