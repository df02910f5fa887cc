#include "webui/assets.h"

static size_t dot_of(struct view name)
{
    size_t i = name.n;
    while (i > 0 && name.p[i - 1] != '.')
        i--;
    return i ? i - 1 : name.n;
}

static const char *content_type_of(struct view name)
{
    if (view_ends(name, VIEW(".css")))
        return "text/css; charset=utf-8";
    if (view_ends(name, VIEW(".js")))
        return "text/javascript; charset=utf-8";
    if (view_ends(name, VIEW(".svg")))
        return "image/svg+xml";
    return "application/octet-stream";
}

const char *asset_address(struct arena *a, struct view name)
{
    for (size_t i = 0; i < webui_assets_count; i++) {
        const struct embedded *e = &webui_assets[i];
        size_t dot = dot_of(name);
        if (view_equal_text(name, e->name))
            return arena_printf(a, ASSETS_FOLDER "%.*s.%.*s%s", (int)dot, e->name, ASSETS_HASH_N, e->sha256,
                                e->name + dot);
    }
    return NULL;
}

/* Is ADDRESS "<folder><stem>.<hash><.ext>" of this file? */
static bool is_address_of(struct view address, const struct embedded *e)
{
    struct view name = view_text(e->name), folder = VIEW(ASSETS_FOLDER);
    size_t dot = dot_of(name);
    struct view pieces[] = {folder, view_part(name, 0, dot), VIEW("."),
                            view_part(view_text(e->sha256), 0, ASSETS_HASH_N), view_from(name, dot)};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        if (!view_starts(address, pieces[i]))
            return false;
        address = view_from(address, pieces[i].n);
    }
    return address.n == 0;
}

bool asset_find(struct asset *out, struct view address)
{
    for (size_t i = 0; i < webui_assets_count; i++) {
        if (is_address_of(address, &webui_assets[i])) {
            *out = (struct asset){webui_assets[i].bytes, content_type_of(view_text(webui_assets[i].name))};
            return true;
        }
    }
    return false;
}
