#include "idp/state/outgoing.h"

enum err outgoing_open(struct fetch **out, const struct config *config)
{
    const struct fetch_config settings = {.private_allowed = config_is_local(config),
                                          .private_nets = config->outgoing.private,
                                          .n_private_nets = config->outgoing.n_private,
                                          .ca_file = config->tls.ca};

    return fetch_open(out, &settings);
}

const char *outgoing_words(enum err e)
{
    return e == ERR_PERMISSION    ? "the address is a private one, and section outgoing of the configuration does not "
                                    "name it"
           : e == ERR_UNAVAILABLE ? "no connection, name or trusted TLS"
                                  : err_words(e);
}
