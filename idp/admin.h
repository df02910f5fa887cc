/* admin: what the operator asks of a running server: metrics, health with its reasons, and to take changes now. Over a
 * socket in the file system, and read-only over addresses of this machine; never where residents and services come. */
#ifndef IDP_ADMIN_H
#define IDP_ADMIN_H

#include "http/server.h"
#include "idp/state/op.h"

struct admin;

/* MAIN is the server that is told about; both outlive it. *OUT is NULL when the configuration names no socket and no
 * address. Errors as server_open. */
enum err admin_open(struct admin **out, struct op *op, struct server *main) MUST_CHECK;
void admin_close(struct admin *a); /* NULL is allowed */

/* --- from a command -------------------------------------------------------------------------------------------------
 */

/* Asks the server that listens at SOCKET: METHOD and PATH. ERR_UNAVAILABLE: none runs there; ERR_PERMISSION: it is not
 * ours to ask; ERR_IO, ERR_LIMIT, ERR_SYNTAX: no proper answer. *BODY in ARENA. */
enum err admin_ask(int *status, struct view *body, struct arena *a, const char *socket, const char *method,
                   const char *path) MUST_CHECK;

#endif
