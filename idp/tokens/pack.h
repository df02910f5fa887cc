/* pack: short binary records inside sealed values: a number of fields, each as long as it says. */
#ifndef IDP_TOKENS_PACK_H
#define IDP_TOKENS_PACK_H

#include "base/buf.h"

/* An absent view stays absent. At most 65534 bytes. */
void pack_put(struct buf *out, struct view v);
void pack_put_int(struct buf *out, int64_t v);

/* Takes the next field off REST. False: REST is not such a record. */
bool pack_take(struct view *rest, struct view *out);
bool pack_take_int(struct view *rest, int64_t *out);

/* Seals what is in RECORD with KEY for the purpose WHAT, as base64url text in A. */
enum err pack_seal(struct arena *a, struct view key, struct view what, const struct buf *record,
                   struct view *text) MUST_CHECK;
/* ERR_SYNTAX or ERR_MISMATCH: not sealed by us for this purpose. */
enum err pack_open(struct arena *a, struct view key, struct view what, struct view text,
                   struct view *record) MUST_CHECK;

#endif
