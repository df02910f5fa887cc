/* auditing: an auditor who is logged in, and what she asks. Whatever she asks is in the ledger before she sees an
 * answer. */
#ifndef IDP_ENDPOINTS_AUDITING_H
#define IDP_ENDPOINTS_AUDITING_H

#include "consent/auditor.h"
#include "consent/query.h"
#include "idp/endpoints/me.h"

#define AUDITING_PAGE_MAX 200     /* events of one answer */
#define AUDITING_LOOK_MAX 2000000 /* events one answer may look at; a stream and the command line have no limit */

/* The auditor of this visit: logged in with her card, with the role. False: answered, with a page that does not tell
 * strangers that there is anything here. */
bool auditing_open(struct visit *v, struct me *me, struct auditor *who);

/* The same for programs. ERR_NOT_FOUND: nobody is logged in; ERR_PERMISSION: not an auditor, or a request of another
 * site. */
enum err auditing_find(struct visit *v, struct auditor *who) MUST_CHECK;

/* False: E is ERR_OK. Else answered, to a program. */
bool auditing_refuse(struct visit *v, enum err e, const char *what);

struct auditing_question {
    struct query query;
    struct query_walk walk;
    bool asked; /* something was asked at all */
    bool all;   /* "limit=all": everything that matches, as it is found */
};

/* Reads the keys of consent/query.h, "cursor" and "limit" out of the query of the URL. ERR_SYNTAX: NAME breaks RULE. */
enum err auditing_read(struct auditing_question *q, struct visit *v, const char **name, const char **rule) MUST_CHECK;

/* Writes down that WHO does WHAT, durably; *SIZE, if not NULL: how many events there were before. */
enum err auditing_note(struct visit *v, const struct auditor *who, const char *what, int64_t *size) MUST_CHECK;

/* "query since=... service=...", noted; the answer is of the moment before. */
enum err auditing_ask(struct visit *v, const struct auditor *who, const char *verb,
                      struct auditing_question *q) MUST_CHECK;

#endif
