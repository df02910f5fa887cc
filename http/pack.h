/* pack: keeps the TLS sessions of connections that say nothing in little memory.
 *
 * GnuTLS has more than 7 KiB for each, of which all but a few hundred bytes are zeros once the handshake is over. Here
 * each session of a server lies in pages of its own. Packed, what is not zero is copied together and the pages go back
 * to the system; before any function is called on the session (gate) every bit is put back where it was. Nothing is
 * known of what the bits mean, and nothing is written anywhere but in this process
 * (docs/decisions/idle-connections.md). */
#ifndef HTTP_PACK_H
#define HTTP_PACK_H

#include <stdbool.h>

/* Only by the thread that uses SESSION (a gnutls_session_t), and not while a function is at work on it. Nothing
 * happens to sessions that do not lie here. */
void pack_session(void *session);

/* Nothing happens if it is not packed. */
void pack_put_back(void *session);

/* The session that this thread makes next, until it says false, gets pages of its own. */
void pack_make(bool begin);

/* Is it packed now? */
bool pack_is_packed(const void *session);

/* How many are, in this process. */
unsigned pack_count(void);

#endif
