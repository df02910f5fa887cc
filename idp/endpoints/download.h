/* download: files that a resident takes away. */
#ifndef IDP_ENDPOINTS_DOWNLOAD_H
#define IDP_ENDPOINTS_DOWNLOAD_H

#include "idp/state/visit.h"

/* 200 with BODY as a file called NAME. CONTENT_TYPE is static. */
void download_answer(struct visit *v, const char *content_type, const char *name, struct view body);

/* The proof that leaf INDEX is in the published ledger (C2SP tlog-proof), as a file; 404 with an explanation in the log
 * when no published checkpoint counts it yet. */
void download_proof(struct visit *v, int64_t index);

#endif
