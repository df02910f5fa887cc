/* issuer_desk: `genkan-agent issuer add|list|remove`, where the administrator of a PC says whom its agents serve. */
#ifndef JPKI_AGENT_ISSUER_DESK_H
#define JPKI_AGENT_ISSUER_DESK_H

#include <stdio.h>

#include "jpki/agent/setting.h"

/* Each returns the exit status: 0 done, 1 refused or not possible (then nothing has changed). IN is where the answer to
 * the question comes from, OUT where question and result go. The setting names folder, operand and language. */
int issuer_desk_add(const struct setting *s, FILE *in, FILE *out);
int issuer_desk_list(const struct setting *s, FILE *out);
int issuer_desk_remove(const struct setting *s, FILE *in, FILE *out);

#endif
