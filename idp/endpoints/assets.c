/* GET /assets/<name>.<hash>.<ext>: style, script and mark. The address changes with the file, so it may be kept. */
#include "webui/assets.h"

#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"

void handle_assets(struct visit *v)
{
    struct asset asset;
    if (!asset_find(&asset, v->request->path)) {
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
        return;
    }
    answer_body(v->answer, 200, asset.content_type, asset.bytes);
    answer_cache(v->answer, ASSETS_CACHE);
}
