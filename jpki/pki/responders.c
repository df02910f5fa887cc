#include "jpki/pki/responders.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define URL_SIZE 256 /* cert.h reads none that is longer */

struct responders {
    pthread_mutex_t lock;
    struct failing {
        char url[URL_SIZE]; /* empty: free */
        struct breaker breaker;
    } failing[RESPONDERS_MAX];
};

enum err responders_open(struct responders **out)
{
    struct responders *r = calloc(1, sizeof *r);
    *out = r;
    if (!r)
        return ERR_MEMORY;
    INSIST(pthread_mutex_init(&r->lock, NULL) == 0);
    return ERR_OK;
}

void responders_close(struct responders *r)
{
    if (!r)
        return;
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* That of URL ("": a free one), or NULL. */
static struct failing *find(struct responders *r, const char *url)
{
    for (size_t i = 0; i < RESPONDERS_MAX; i++)
        if (strcmp(r->failing[i].url, url) == 0)
            return &r->failing[i];
    return NULL;
}

bool responders_ask(struct responders *r, const char *url, int64_t now_ms)
{
    pthread_mutex_lock(&r->lock);
    struct failing *f = find(r, url);
    bool may = !f || breaker_ask(&f->breaker, now_ms);
    pthread_mutex_unlock(&r->lock);
    return may;
}

static bool report(struct responders *r, const char *url, bool good, int64_t now_ms)
{
    struct failing *f = find(r, url);
    if (good) {
        if (f)
            *f = (struct failing){0};
        return false;
    }
    if (!f && (f = find(r, "")) && strlen(url) < URL_SIZE)
        memcpy(f->url, url, strlen(url) + 1);
    return f && *f->url && breaker_report(&f->breaker, false, now_ms);
}

bool responders_report(struct responders *r, const char *url, bool good, int64_t now_ms)
{
    pthread_mutex_lock(&r->lock);
    bool opened = report(r, url, good, now_ms);
    pthread_mutex_unlock(&r->lock);
    return opened;
}
