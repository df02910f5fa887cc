/* sector_document: what stands at a service's sector_identifier_uri (OIDC Core 8.1, OIDC Registration 5). */
#ifndef IDP_RULES_SECTOR_DOCUMENT_H
#define IDP_RULES_SECTOR_DOCUMENT_H

#include "base/json.h"
#include "idp/rules/client.h"

/* Does DOCUMENT list every address of C? NULL: yes. Otherwise the rule that is broken, static, and *address: the one
 * that is missing, or absent. */
const char *sector_document_fault(const struct client *c, const struct json *document, struct view *address);

#endif
