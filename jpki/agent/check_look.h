/* check_look: what `genkan-agent check` looks at: service, readers, card, clock, port, issuers, PIN window. It asks the
 * network nothing, spends no try and changes nothing. */
#ifndef JPKI_AGENT_CHECK_LOOK_H
#define JPKI_AGENT_CHECK_LOOK_H

#include "jpki/agent/check.h"
#include "jpki/agent/setting.h"

/* Looks at all of it, one after the other. Texts live in OUT->arena. */
void check_look(struct check_report *out, const struct setting *s);

/* Who listens at PORT on this machine, by TABLE, a text like /proc/net/tcp or tcp6: the user and the socket's inode.
 * ERR_NOT_FOUND: nobody. */
enum err check_listener_in(uid_t *user, int64_t *inode, struct view table, uint16_t port) MUST_CHECK;

#endif
