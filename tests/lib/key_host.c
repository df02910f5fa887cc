#include "tests/lib/key_host.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

static void serve(void *ctx, const struct request *r, struct answer *answer)
{
    struct key_host *h = ctx;
    (void)r;
    atomic_fetch_add(&h->asked, 1);
    for (int ms = atomic_load(&h->wait_ms); ms > 0; ms -= 10)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    answer_body(answer, atomic_load(&h->status), "application/jwk-set+json", view_text(atomic_load(&h->body)));
}

static const struct route ROUTES[] = {{METHOD_GET, "/jwks", serve, 0, ROUTE_SLOW}};

void key_host_open(struct key_host *h)
{
    static const char *const LISTEN[] = {"127.0.0.1:0"}, *const HOSTS[] = {"127.0.0.1"};
    struct server_config c = {.listen = LISTEN,
                              .n_listen = 1,
                              .hosts = HOSTS,
                              .n_hosts = 1,
                              .routes = ROUTES,
                              .n_routes = 1,
                              .ctx = h,
                              .workers = 1,
                              .slow_workers = 2};
    *h = (struct key_host){.status = 200, .body = "{\"keys\":[]}"};
    cr_assert_eq(server_open(&h->server, &c), ERR_OK);
    snprintf(h->url, sizeof h->url, "http://127.0.0.1:%u/jwks", server_port(h->server, 0));
}

void key_host_close(struct key_host *h)
{
    server_close(h->server);
    h->server = NULL;
}

void key_host_serve(struct key_host *h, const char *text)
{
    atomic_store(&h->body, text);
}

const char *key_host_set(struct arena *a, const struct jws_key *const *keys, size_t n)
{
    const char *out;
    struct json_out o;
    struct buf b;
    buf_open(&b, a, 65536);
    json_out_open(&o, &b);
    json_begin(&o);
    json_key(&o, "keys");
    json_begin_array(&o);
    for (size_t i = 0; i < n; i++)
        jws_key_put_jwk(&o, keys[i]);
    json_end_array(&o);
    json_end(&o);
    cr_assert_eq(buf_done_text(&b, &out), ERR_OK);
    return out;
}
