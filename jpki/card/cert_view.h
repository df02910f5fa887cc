/* cert_view: the three things the reader side must know about a certificate it carries: where it ends, when it ends,
 * and what kind of key is in it. No trust comes from here; verifying is the server's (jpki/pki). */
#ifndef JPKI_CARD_CERT_VIEW_H
#define JPKI_CARD_CERT_VIEW_H

#include "base/err.h"
#include "base/view.h"

/* Whole length of the DER object that begins with HEAD (at least 4 bytes), at most LIMIT. ERR_SYNTAX, ERR_LIMIT. */
enum err cert_size(struct view head, size_t limit, size_t *size) MUST_CHECK;

enum cert_key_kind { CERT_KEY_OTHER, CERT_KEY_RSA, CERT_KEY_P384 };

struct cert_view {
    int64_t not_before, not_after; /* unix seconds */
    enum cert_key_kind key;
};

/* ERR_SYNTAX if DER is not laid out as RFC 5280 4.1 says as far as we walk. */
enum err cert_view_read(struct cert_view *out, struct view der) MUST_CHECK;

#endif
