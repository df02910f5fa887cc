/* GET /healthz: is the process alive? GET /readyz: can it serve? In short, for those who route to it; the reasons are
 * told over the admin socket (idp/admin). */
#include "idp/state/health.h"
#include "base/log.h"
#include "idp/endpoints/endpoints.h"

void handle_healthz(struct visit *v)
{
    answer_body(v->answer, 200, "application/json", VIEW("{\"alive\":true}"));
}

void handle_readyz(struct visit *v)
{
    struct health h;

    health_look(&h, v->op);
    if (!h.ready)
        log_event(LOG_ERROR, "not_ready", LOG_STR("store", store_fault_name(h.store)),
                  LOG_INT("disk_free", h.disk_free));
    answer_body(v->answer, h.ready ? 200 : 503, "application/json",
                h.ready ? VIEW("{\"ready\":true}") : VIEW("{\"ready\":false}"));
}
