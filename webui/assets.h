/* assets: the files pages load (style, script, mark). Their addresses carry a part of their SHA-256, so that a browser
 * may keep them for a year and still gets the new ones at once. */
#ifndef WEBUI_ASSETS_H
#define WEBUI_ASSETS_H

#include "base/arena.h"
#include "base/embed.h"

extern const struct embedded webui_assets[]; /* made by tools/embed */
extern const size_t webui_assets_count;

#define ASSETS_FOLDER "/assets/"
#define ASSETS_CACHE  "public, max-age=31536000, immutable"
#define ASSETS_HASH_N 16 /* hex digits of the hash in an address */

struct asset {
    struct view bytes;
    const char *content_type; /* static */
};

/* "style.css" -> "/assets/style.0123456789abcdef.css" in the arena; NULL: no such file, or out of memory. */
const char *asset_address(struct arena *a, struct view name);

/* The file behind an address; false: none has that name and hash. */
bool asset_find(struct asset *out, struct view address);

#endif
