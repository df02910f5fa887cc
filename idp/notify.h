/* notify: tells systemd how the service stands (sd_notify(3)), without its library. */
#ifndef IDP_NOTIFY_H
#define IDP_NOTIFY_H

#include <stdbool.h>

/* Sends STATE, like "READY=1", to the socket named by $NOTIFY_SOCKET. True if it was sent; without systemd nothing
 * happens. */
bool notify_send(const char *state);

#endif
