/* Whatever stands in a configuration file: it is taken or refused with a key and a rule, and never anything else. */
#include "idp/state/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct config *c = NULL;
    struct config_fault fault;
    if (size > 65536)
        return 0;
    arena_open(&a, 4 << 20);
    enum err err = config_read_text(&c, &a, "fuzz", view_bytes(data, size), &fault);
    INSIST(err == ERR_OK || err == ERR_MEMORY || (err == ERR_CONFIG && fault.key && fault.rule));
    INSIST(err != ERR_OK || (c->issuer && c->data && c->jpki.roots && c->n_listen));
    arena_close(&a);
    return 0;
}
