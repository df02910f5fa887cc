/* welcome: `genkan-agent welcome`, the page that explains the agent to who has just got it. A file of the package,
 * opened by the desktop's own program for pages; nothing is served. */
#ifndef JPKI_AGENT_WELCOME_H
#define JPKI_AGENT_WELCOME_H

#include <stddef.h>

#include "base/err.h"

/* The file that says that this user has seen it: $XDG_STATE_HOME/genkan-agent/welcomed, or in ~/.local/state (XDG Base
 * Directory Specification). ERR_NOT_FOUND: neither is set to a whole path; ERR_LIMIT. */
enum err welcome_mark(char *out, size_t size, const char *state_home, const char *home) MUST_CHECK;

/* Takes the mark: ERR_OK the first time, ERR_CONFLICT when it is there already, ERR_IO when it cannot be made (then the
 * page is not shown either, or it would come at every login). */
enum err welcome_take(const char *mark) MUST_CHECK;

/* Becomes the desktop's program that opens PAGE. Returns only if it cannot: the exit status 1. */
int welcome_open(const char *page);

#endif
