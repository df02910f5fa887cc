/* GET /ledger/...: the published files of the ledger (C2SP tlog-tiles) and the page that checks receipts. Only names
 * that such a file can have are looked up, so no other file can be reached. */
#include "base/file.h"
#include "consent/log/note.h"
#include "consent/log/tile.h"
#include "idp/endpoints/endpoints.h"
#include "idp/endpoints/show.h"
#include "idp/state/config.h"

#define TEXT  "text/plain; charset=utf-8"
#define BYTES "application/octet-stream"

/* The page may load what lies beside it, and nothing can be sent anywhere. */
#define PAGE_POLICY                                                                                                    \
    "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; "                   \
    "frame-ancestors 'none'"

static const struct file {
    const char *name, *content_type, *policy;
} files[] = {{"checkpoint", TEXT, NULL},
             {"verify.html", "text/html; charset=utf-8", PAGE_POLICY},
             {"verify.js", "text/javascript; charset=utf-8", NULL},
             {"verify.css", "text/css; charset=utf-8", NULL}};

/* A tile never changes; "[checkpoint] headers SHOULD prevent caching beyond a few seconds". */
static const char CACHE_TILE[] = "public, max-age=31536000, immutable", CACHE_FILE[] = "public, max-age=2";

static bool find_file(struct file *out, struct view name)
{
    int level;
    int64_t n;
    unsigned width;
    *out = (struct file){NULL, BYTES, NULL};
    if (tile_path_read(name, &level, &n, &width))
        return true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (view_equal_text(name, files[i].name)) {
            *out = files[i];
            return true;
        }
    return false;
}

void handle_ledger(struct visit *v)
{
    struct file file;
    struct view bytes, name = v->request->tail;
    if (!find_file(&file, name)) {
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
        return;
    }
    const char *path =
        arena_printf(v->arena, "%s/%.*s", v->op->config->ledger.folder, (int)name.n, (const char *)name.p);
    enum err err = path ? file_read(v->arena, path, NOTE_MAX, &bytes) : ERR_MEMORY;
    if (err == ERR_NOT_FOUND) {
        show_error(v, 404, PAGE_ERROR_NOT_FOUND);
        return;
    }
    if (err) {
        show_failure(v, err, "ledger file");
        return;
    }
    answer_body(v->answer, 200, file.content_type, bytes);
    answer_cache(v->answer, file.name ? CACHE_FILE : CACHE_TILE);
    if (file.policy)
        answer_policy(v->answer, file.policy);
}
