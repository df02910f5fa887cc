/* acr: how strongly a login was proven, and whether that is what a service asks for (OIDC Core 2, 5.5.1.1). */
#ifndef IDP_RULES_ACR_H
#define IDP_RULES_ACR_H

#include "base/view.h"

/* Card and PIN in the resident's own browser: the only level there is today. */
#define ACR_CARD "aal3"

enum acr_verdict {
    ACR_MET,       /* asked for nothing, for what there is or less, or in vain and without insisting */
    ACR_LOGIN,     /* the card can prove more than this login has */
    ACR_IMPOSSIBLE /* the service insists on what nobody here can prove */
};

/* Pure. WANTED: words separated by spaces, any of them will do; absent: not asked. HAVE: of the login; absent: nobody
 * is logged in. */
enum acr_verdict acr_decide(struct view wanted, bool essential, struct view have);

#endif
