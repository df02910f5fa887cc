/* proxy_echo AUTHORITIES: a server behind a proxy that says what it makes of the client: its address, its certificate
 * (SHA-256 of the DER) and whether an authority vouches. Prints its port; ends with its standard input. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/hex.h"
#include "http/server.h"

static void echo(void *ctx, const struct request *r, struct answer *a)
{
    struct buf b;
    struct view body;
    uint8_t digest[SHA256_SIZE];
    (void)ctx;
    buf_open(&b, r->arena, 512);
    buf_printf(&b, "%s ", r->peer.address);
    if (view_is(r->client_cert)) {
        sha256(digest, r->client_cert);
        hex_put(&b, VIEW_ARRAY(digest));
        buf_put_text(&b, r->client_cert_chained ? " chained\n" : " unchained\n");
    } else {
        buf_put_text(&b, "none\n");
    }
    if (buf_done(&b, &body) == ERR_OK)
        answer_body(a, 200, "text/plain", body);
}

static const struct route routes[] = {{METHOD_GET, "/echo", echo, 0, ROUTE_MTLS}, {METHOD_GET, "/page", echo, 0, 0}};

int main(int argc, char **argv)
{
    static const char *const listen[] = {"127.0.0.1:0"}, *const hosts[] = {"id.example"};
    struct net trusted;
    struct arena a;
    struct view authorities;
    struct server *s;
    char c;
    arena_open(&a, 1 << 20);
    if (argc != 2 || !net_read(&trusted, VIEW("127.0.0.1")) || file_read(&a, argv[1], 65536, &authorities) != ERR_OK)
        return 2;
    const struct server_config config = {.listen = listen,
                                         .n_listen = 1,
                                         .hosts = hosts,
                                         .n_hosts = 1,
                                         .mtls_host = "mtls.id.example",
                                         .routes = routes,
                                         .n_routes = 2,
                                         .proxy = {.trusted = &trusted,
                                                   .n_trusted = 1,
                                                   .words = PROXY_X_FORWARDED,
                                                   .https = true,
                                                   .cert_header = "Client-Cert"},
                                         .tls = {.authorities = arena_text(&a, authorities)}};
    if (server_open(&s, &config) != ERR_OK)
        return 1;
    printf("%u\n", server_port(s, 0));
    fflush(stdout);
    while (read(0, &c, 1) > 0)
        ;
    server_close(s);
    arena_close(&a);
    return 0;
}
