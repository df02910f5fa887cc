/* user_agent: what a User-Agent header says, as coarse as a resident recognises her own device by it: the family of the
 * browser and the system. Nothing else of the header is kept, no version, no model. It proves nothing: anybody can send
 * any header. Pure. */
#ifndef IDP_RULES_USER_AGENT_H
#define IDP_RULES_USER_AGENT_H

#include "base/arena.h"

#define USER_AGENT_MAX 512 /* bytes; a longer one says nothing */

/* Names that people know, like "Firefox" and "Windows"; NULL: nothing can be said. Static. */
struct user_agent {
    const char *browser, *system;
};

/* Of a header; of an absent, too long or odd one nothing. */
struct user_agent user_agent_of_header(struct view header);

/* As it is stored, in A: "firefox windows", a word "-" where nothing can be said; absent when nothing can be said at
 * all, or when A is full. And back: words we do not know say nothing. */
struct view user_agent_words(struct arena *a, struct user_agent ua);
struct user_agent user_agent_of_words(struct view words);

#endif
