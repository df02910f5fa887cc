/* redirect_uri: where an answer may go (RFC 6749 3.1.2; for programs on people's own devices RFC 8252 7). Pure. */
#ifndef IDP_RULES_REDIRECT_URI_H
#define IDP_RULES_REDIRECT_URI_H

#include "base/view.h"

/* Is URI the REGISTERED one? Byte for byte (RFC 9700 4.1.3); of a NATIVE program on a loopback address any port will
 * do, registered with one or without (RFC 8252 7.3); 127.0.0.1 and [::1] as literals, not localhost (8.3). */
bool redirect_uri_fits(struct view registered, struct view uri, bool native);

/* A private-use scheme of somebody's domain, backwards, with one slash: "jp.example.app:/answer" (RFC 8252 7.1, 8.4).
 */
bool redirect_uri_is_private(struct view uri);

/* Can nobody but the program that the operating system knows for this address read the answer? (RFC 8252 7.2, 8.6) */
bool redirect_uri_is_claimed(struct view uri);

#endif
