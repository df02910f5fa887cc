#include "idp/certificate.h"

#include "base/file.h"
#include "base/log.h"

enum { FILE_MAX = 256 * 1024, CEILING = 1 << 20 };

const char *certificate_read(struct server_tls *out, const struct config *c, struct arena *a)
{
    const struct {
        const char *key, *path;
        const char **text;
        enum err (*read)(struct arena *, const char *, size_t, struct view *);
    } files[CERTIFICATE_FILES] = {{"tls.certificate", c->tls.certificate, &out->certificate, file_read},
                                  {"tls.key", c->tls.key, &out->key, file_read_secret},
                                  {"mtls.authorities", c->mtls.authorities, &out->authorities, file_read}};
    *out = (struct server_tls){0};
    for (size_t i = 0; i < CERTIFICATE_FILES; i++) {
        struct view text;
        if (!files[i].path)
            continue;
        enum err err = files[i].read(a, files[i].path, FILE_MAX, &text);
        if (!err && !(*files[i].text = arena_text(a, text)))
            err = ERR_MEMORY;
        if (err)
            return arena_printf(a, "%s: %s: %s", files[i].key, files[i].path,
                                err == ERR_PERMISSION && files[i].read == file_read_secret
                                    ? "permission denied, or others may read it"
                                : err == ERR_NOT_FOUND ? "there is no such file"
                                                       : err_words(err));
    }
    return NULL;
}

/* True if a file is not the one that was seen. */
static bool look(struct certificate *c)
{
    const char *const paths[CERTIFICATE_FILES] = {c->config->tls.certificate, c->config->tls.key,
                                                  c->config->mtls.authorities};
    bool changed = false;
    for (size_t i = 0; i < CERTIFICATE_FILES; i++) {
        struct stat now = {0};
        if (paths[i] && stat(paths[i], &now) != 0)
            now = (struct stat){0}; /* gone for a moment, perhaps: another state, told when it is read */
        const struct stat *was = &c->seen[i];
        changed |= now.st_ino != was->st_ino || now.st_size != was->st_size ||
                   now.st_mtim.tv_sec != was->st_mtim.tv_sec || now.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
        c->seen[i] = now;
    }
    return changed;
}

void certificate_watch(struct certificate *c, const struct config *config)
{
    c->config = config;
    look(c);
}

void certificate_follow(struct certificate *c, struct server *s, bool always)
{
    struct server_tls tls;
    struct arena a;
    const char *why;
    if (!look(c) && !always)
        return;
    if (!c->config->tls.key && !c->config->mtls.authorities)
        return;
    arena_open(&a, CEILING);
    why = certificate_read(&tls, c->config, &a);
    if (!why && server_change_tls(s, &tls, &why) == ERR_OK)
        log_event(LOG_INFO, "certificate_read", LOG_INT("expires", server_certificate_expires(s)));
    else
        log_event(LOG_ERROR, "certificate_refused", LOG_STR("rule", why ? why : "out of memory"));
    arena_close(&a); /* wipes the key */
}
