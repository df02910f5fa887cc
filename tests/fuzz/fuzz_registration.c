/* Any bytes as a service's registration: refused with member and rule, or complete and within the rules. */
#include <stdint.h>

#include "consent/ask.h"
#include "idp/state/registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct client *c)
{
    INSIST(view_is(c->id) && c->id.n > 0 && c->id.n <= 64);
    INSIST(c->name.ja.n > 0 && c->name.en.n > 0 && c->org_id.n > 0 && c->sector.n > 0);
    INSIST(c->redirect_count > 0 || !(c->grants & CLIENT_GRANT_CODE));
    INSIST(c->ask != NULL && c->ask->n <= FIELD_MAX);
    INSIST(!(view_is(c->jwks) && view_is(c->jwks_uri)) && c->grants != 0);
    INSIST(!view_is(c->secret_hash));
    for (size_t i = 0; i < c->redirect_count; i++) {
        INSIST(client_has_redirect(c, c->redirect_uris[i]));
        INSIST(view_index(c->redirect_uris[i], '#') == c->redirect_uris[i].n);
        INSIST(view_starts(c->redirect_uris[i], VIEW("http")) || view_starts(c->redirect_uris[i], VIEW("HTTP")) ||
               c->redirect_uris[i].n > 4);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registration_fault fault;
    struct client *client;
    struct arena arena;

    arena_open(&arena, 4 << 20);
    enum err e = registration_read(&client, &arena, view_bytes(data, size), VIEW("id"), &fault);
    INSIST(e == ERR_OK || e == ERR_SYNTAX || e == ERR_MEMORY || e == ERR_LIMIT);
    INSIST(e != ERR_SYNTAX || (fault.member && fault.rule));
    if (!e)
        check(client);
    arena_close(&arena);
    return 0;
}
