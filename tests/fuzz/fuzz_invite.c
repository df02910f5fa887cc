/* Any bytes as what a service sends to the registration endpoint: refused with member and rule, or a registration that
 * is of the invitation's organisation, sector and fields and of no other. */
#include <stdint.h>

#include "consent/ask.h"
#include "idp/rules/invite.h"
#include "idp/state/registration.h"
#include "idp/state/self_registered.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char terms[] =
    "{\"organization\":{\"id\":\"c-city\",\"name\":\"C\"},\"sector\":\"c-city\",\"profile\":\"basic\",\"fields\":["
    "{\"id\":\"name\",\"required\":true,\"purpose\":\"p\",\"purpose#en\":\"p\"}]}";

static enum err nothing(void *ctx, struct arena *a, struct view url, struct fetched *out)
{
    (void)ctx;
    (void)a;
    (void)url;
    *out = (struct fetched){.status = 404};
    return ERR_OK;
}

static void check(const struct client *c)
{
    INSIST(view_equal_text(c->id, "id") && view_equal_text(c->org_id, "c-city") &&
           view_equal_text(c->sector, "c-city"));
    INSIST(c->profile == CLIENT_PROFILE_BASIC && c->ask->n <= 1 && !view_is(c->resource) && !view_is(c->sector_uri));
    INSIST(!(c->grants & ~(unsigned)CLIENT_GRANT_CODE) && c->resources.n == 0 && c->details.n == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sector_source source = {nothing, NULL};
    const struct self_request request = {.id = VIEW("id"), .said = view_bytes(data, size), .terms = view_text(terms)};
    struct registration_fault fault;
    struct view registration;
    struct client *client;
    struct arena arena;

    arena_open(&arena, 8 << 20);
    enum err e = self_registration_make(&client, &registration, &arena, &source, &request, &fault);
    INSIST(e == ERR_OK || e == ERR_SYNTAX || e == ERR_MEMORY || e == ERR_LIMIT);
    INSIST(e != ERR_SYNTAX || (fault.member && fault.rule));
    if (!e)
        check(client);
    arena_close(&arena);
    return 0;
}
