/* profile_rotation: `genkan key rotate --use profile`: a new master key for profile values, beside a running server. */
#ifndef IDP_PROFILE_ROTATION_H
#define IDP_PROFILE_ROTATION_H

#include "idp/desk.h"

/* DESK is open to write. Finishes a rotation that was interrupted instead of beginning another. The exit code. */
int profile_rotation_run(const struct command *self, struct desk *desk);

#endif
