/* What a browser, or any program on this PC, may send to the agent: the input is a request target, header lines, an
 * empty line, and a payload. In the target '~' stands for the payload as a JWS of an issuer the agent knows, so that
 * the rules behind the signature are reached, and '@' for the errand that is open. Whatever comes: refused without a
 * word, a page of ours, or a redirect to ourselves or to the issuer's one address. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "http/intake.h"
#include "jpki/agent/loopback.h"
#include "jpki/proof/request.h"

#define ISSUER      "https://id.example"
#define HEADERS_MAX 16
#define STARTS_MAX  500 /* the agent remembers 1024 requests */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct door {
    char folder[32]; /* of the issuers */
    struct jws_key *key;
    struct clock_fake time;
    struct clock clock;
    struct errand *errand;
    struct loopback *loopback;
    struct route_table *table;
    struct peer peer; /* a connection of this very process */
    char errand_id[ERRAND_ID_MAX + 1];
    unsigned starts;
} door;

static enum err no_reader(void *ctx, struct reader *out)
{
    (void)ctx, (void)out;
    return ERR_UNAVAILABLE;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in at;
    socklen_t n = sizeof at;
    INSIST(getsockname(fd, (struct sockaddr *)&at, &n) == 0);
    return ntohs(at.sin_port);
}

/* Two ends of one connection, which stay open: the door asks the system whose they are. */
static void connect_to_myself(struct peer *peer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    INSIST(listener >= 0 && client >= 0 && bind(listener, (const struct sockaddr *)&at, n) == 0);
    INSIST(listen(listener, 1) == 0 && getsockname(listener, (struct sockaddr *)&at, &n) == 0);
    INSIST(connect(client, (const struct sockaddr *)&at, n) == 0);
    *peer = (struct peer){"127.0.0.1", port_of(client), port_of(listener)};
}

static void open_loopback(void)
{
    const struct loopback_config config = {.issuers = door.folder, .errand = door.errand, .clock = &door.clock};
    if (door.loopback)
        loopback_close(door.loopback);
    INSIST(loopback_open(&door.loopback, &config) == ERR_OK);
    door.starts = 0;
}

static void write_issuer(const char *path)
{
    struct buf b;
    struct view json;
    const struct jws_key *keys[] = {door.key};
    buf_open(&b, NULL, PROOF_ISSUER_MAX);
    INSIST(proof_issuer_write(&b, VIEW(ISSUER), VIEW("Osaka"), keys, 1) == ERR_OK);
    INSIST(buf_done(&b, &json) == ERR_OK && file_write(path, json, 0644) == ERR_OK);
    buf_close(&b);
}

static void remove_folder(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/osaka.json", door.folder);
    unlink(path);
    rmdir(door.folder);
}

static void open_folder(void)
{
    char path[64];
    snprintf(door.folder, sizeof door.folder, "/tmp/genkan-fuzz-XXXXXX");
    INSIST(mkdtemp(door.folder));
    snprintf(path, sizeof path, "%s/osaka.json", door.folder);
    write_issuer(path);
    INSIST(atexit(remove_folder) == 0);
}

static void open_door(void)
{
    const struct errand_tools tools = {.open_reader = no_reader};
    size_t n;
    const struct route *routes = loopback_routes(&n);
    if (door.table)
        return;
    log_set_level(LOG_ERROR);
    door.clock = clock_of_fake(&door.time);
    clock_fake_set(&door.time, 1800000000000);
    INSIST(jws_key_make(&door.key, JWS_ES256) == ERR_OK);
    open_folder();
    connect_to_myself(&door.peer);
    INSIST(errand_open(&door.errand, &tools) == ERR_OK);
    INSIST(route_table_open(&door.table, routes, n) == ERR_OK);
    open_loopback();
}

/* --- the input as a request ------------------------------------------------------------------------------------ */

static struct view target_of(struct arena *a, struct view line, struct view payload)
{
    struct buf b;
    struct view out;
    buf_open(&b, a, 32768);
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] == '~')
            (void)!jws_sign(&b, door.key, PROOF_REQUEST_TYPE, payload);
        else if (line.p[i] == '@')
            buf_put_text(&b, door.errand_id);
        else
            buf_put_byte(&b, line.p[i]);
    }
    return buf_done(&b, &out) == ERR_OK ? out : VIEW_NONE;
}

/* The server hands values out without the blanks around them. */
static struct view trimmed(struct view v)
{
    while (v.n && (v.p[0] == ' ' || v.p[0] == '\t'))
        v = view_from(v, 1);
    while (v.n && (v.p[v.n - 1] == ' ' || v.p[v.n - 1] == '\t'))
        v.n--;
    return v;
}

static bool read_input(struct request *r, struct header headers[HEADERS_MAX], struct arena *a, struct view rest)
{
    struct view first, line = VIEW_NONE;
    if (!view_next(&rest, '\n', &first))
        return false;
    while (r->n_headers < HEADERS_MAX && view_next(&rest, '\n', &line) && line.n) {
        size_t colon = view_index(line, ':');
        headers[r->n_headers++] = (struct header){view_part(line, 0, colon), trimmed(view_from(line, colon + 1))};
    }
    struct view target = target_of(a, first, rest);
    intake_target(r, target);
    r->headers = headers;
    return target.n > 0;
}

/* --- what must hold -------------------------------------------------------------------------------------------- */

static const char *head_of(const struct answer *a, const char *name)
{
    for (size_t i = 0; i < a->n_heads; i++)
        if (strcmp(a->heads[i].name, name) == 0)
            return a->heads[i].value;
    return NULL;
}

static void check_answer(const struct answer *a)
{
    static const char wait[] = "/v1/wait/", back[] = ISSUER PROOF_RETURN_PATH "#";
    const char *location = head_of(a, "Location");
    INSIST(!a->broken && a->status >= 200 && a->status < 600);
    INSIST((location != NULL) == (a->status == 303));
    for (size_t i = 0; i < a->n_heads; i++)
        INSIST(strncmp(a->heads[i].name, "Access-Control", 14) != 0);
    if (!location)
        return;
    bool waits = strncmp(location, wait, sizeof wait - 1) == 0;
    INSIST(waits || strncmp(location, back, sizeof back - 1) == 0);
}

static void remember_errand(const struct request *r, const struct answer *a)
{
    const char *location = head_of(a, "Location");
    if (!view_starts(r->path, VIEW("/v1/auth/")) || !location)
        return;
    struct view id = view_part(view_text(location + 9), 0, ERRAND_ID_MAX);
    id = view_part(id, 0, view_index(id, '/'));
    memcpy(door.errand_id, id.p, id.n);
    door.errand_id[id.n] = '\0';
    if (++door.starts == STARTS_MAX)
        open_loopback();
}

static void knock(struct arena *a, struct view input)
{
    static const char *const hosts[] = {"127.0.0.1:23837", "[::1]:23837"};
    const struct intake in = {.routes = door.table,
                              .hosts = hosts,
                              .n_hosts = 2,
                              .line_max = 8192,
                              .head_max = 16384,
                              .headers_max = 64,
                              .form = {.params_max = 64, .name_max = 128, .value_max = 4096}};
    struct header headers[HEADERS_MAX];
    struct request r = {.method = METHOD_GET, .peer = door.peer, .id = "0123456789abcdef", .arena = a};
    struct body_plan body;
    struct fault fault = {0};
    unsigned allowed;
    if (!read_input(&r, headers, a, input))
        return;
    const struct intake_head head = {.target_bytes = r.path.n + (r.query_raw.p ? r.query_raw.n + 1 : 0)};
    const struct route *route = intake_check(&in, &r, &head, &body, &allowed, &fault);
    INSIST(!route == (fault.status != 0));
    if (!route || !intake_forms(&in, route, &r, &fault))
        return;
    struct answer answer;
    answer_open(&answer, a);
    route->handle(door.loopback, &r, &answer);
    check_answer(&answer);
    remember_errand(&r, &answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    open_door();
    arena_open(&a, 1 << 20);
    knock(&a, view_bytes(data, size));
    arena_close(&a);
    return 0;
}
