/* key_document: the key set that services fetch, written once for each time that it changes: writing it costs more than
 * ten answers. Safe between threads. */
#ifndef IDP_STATE_KEY_DOCUMENT_H
#define IDP_STATE_KEY_DOCUMENT_H

#include "idp/tokens/keys.h"

struct key_document;

/* Of the keys of tokens in K, which must outlive it. */
enum err key_document_open(struct key_document **out, const struct keys *k) MUST_CHECK;
void key_document_close(struct key_document *d);

/* The set as it is at NOW (unix seconds); the same bytes as long as it is the same set. They stay until
 * key_document_close. Absent: no memory. */
struct view key_document_at(struct key_document *d, int64_t now);

#endif
