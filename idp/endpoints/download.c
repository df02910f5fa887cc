#include "idp/endpoints/download.h"

#include <inttypes.h>

#include "base/log.h"
#include "consent/proof.h"
#include "idp/endpoints/show.h"
#include "idp/state/config.h"

void download_answer(struct visit *v, const char *content_type, const char *name, struct view body)
{
    const char *disposition = arena_printf(v->arena, "attachment; filename=\"%s\"", name);

    if (!name || !disposition) {
        show_failure(v, ERR_MEMORY, "answer with a file");
        return;
    }
    answer_body(v->answer, 200, content_type, body);
    answer_header_text(v->answer, "Content-Disposition", disposition);
}

void download_proof(struct visit *v, int64_t index)
{
    struct view proof;
    enum err e = proof_find(&proof, v->arena, v->op->config->ledger.folder, index, VIEW_NONE);

    if (e == ERR_NOT_FOUND) {
        log_event(LOG_INFO, "proof_not_yet", LOG_INT("index", index));
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
    } else if (e) {
        show_failure(v, e, "prove a leaf");
    } else {
        download_answer(v, "text/plain; charset=utf-8", arena_printf(v->arena, "genkan-%" PRId64 ".tlog-proof", index),
                        proof);
    }
}
