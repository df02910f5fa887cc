#include "tests/lib/office.h"

#include <criterion/criterion.h>
#include <time.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/json.h"
#include "jpki/pki/cert.h"

/* What a question names, as it stands in it. */
struct asked {
    struct view nonce, issuer, serial;
};

struct named {
    const char *issuer, *serial;
};

static struct named name_of(struct arena *a, struct view der)
{
    struct cert c;
    enum cert_fault fault;
    if (cert_read(&c, a, der, &fault) != ERR_OK)
        return (struct named){"", ""};
    return (struct named){base64url_text(a, c.issuer_der), hex_text(a, c.serial)};
}

static bool is_of(struct arena *a, const struct asked *q, struct view der)
{
    struct named n = name_of(a, der);
    return view_equal_text(q->issuer, n.issuer) && view_equal_text(q->serial, n.serial);
}

static void put_name(struct json_out *o, const char *issuer, const char *serial)
{
    json_pair_text(o, "issuer", issuer);
    json_pair_text(o, "serial", serial);
}

static size_t put_older(struct json_out *o, struct arena *a, const struct office *office, const struct asked *q)
{
    size_t n = 0;
    json_begin_array(o);
    for (size_t i = 0; i < office->n; i++) {
        if (!is_of(a, q, office->rows[i].now) || !view_is(office->rows[i].older))
            continue;
        struct named older = name_of(a, office->rows[i].older);
        json_begin(o);
        put_name(o, older.issuer, older.serial);
        json_end(o);
        n++;
    }
    if (office->mood == OFFICE_ITSELF) {
        json_begin(o);
        json_pair(o, "issuer", q->issuer);
        json_pair(o, "serial", q->serial);
        json_end(o);
    }
    json_end_array(o);
    return n;
}

static bool knows(struct arena *a, const struct office *office, const struct asked *q)
{
    for (size_t i = 0; i < office->n; i++)
        if (is_of(a, q, office->rows[i].now))
            return true;
    return false;
}

static void put_rest(struct json_out *o, struct arena *a, const struct office *office, const struct asked *q)
{
    struct view list;
    struct buf b;
    struct json_out older;
    buf_open(&b, a, 16384);
    json_out_open(&older, &b);
    size_t n = put_older(&older, a, office, q);
    cr_assert_eq(buf_done(&b, &list), ERR_OK);
    bool has = n > 0 || office->mood == OFFICE_ITSELF;
    const char *result = office->mood == OFFICE_TOO_NEW       ? "too_new"
                         : office->mood == OFFICE_TWO_RESULTS ? "none"
                         : has                                ? "older"
                         : knows(a, office, q)                ? "none"
                                                              : "unknown";
    json_pair_text(o, "result", result);
    if (has && office->mood != OFFICE_TOO_NEW) {
        json_key(o, "older");
        json_put_raw(o, list);
    }
}

static void say(const struct office *office, struct arena *a, const struct asked *q, struct answer *answer)
{
    struct buf b;
    struct view body;
    struct json_out o;
    buf_open(&b, a, 32768);
    json_out_open(&o, &b);
    json_begin(&o);
    json_pair_text(&o, "format", "genkan-predecessors:1");
    if (office->mood == OFFICE_OLD_ANSWER)
        json_pair_text(&o, "nonce", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    else
        json_pair(&o, "nonce", q->nonce);
    json_pair(&o, "issuer", q->issuer);
    if (office->mood == OFFICE_OTHER_CARD)
        json_pair_text(&o, "serial", "01");
    else
        json_pair(&o, "serial", q->serial);
    put_rest(&o, a, office, q);
    json_end(&o);
    cr_assert_eq(buf_done(&b, &body), ERR_OK);
    answer_body(answer, 200, "application/json", body);
}

static bool read_question(struct asked *q, struct arena *a, struct view body)
{
    struct json *j;
    if (json_read(&j, a, body, NULL) != ERR_OK)
        return false;
    *q = (struct asked){json_member_text(j, "nonce"), json_member_text(j, "issuer"), json_member_text(j, "serial")};
    return view_equal_text(json_member_text(j, "format"), "genkan-predecessors:1") && q->nonce.n == 43 &&
           view_is(q->issuer) && view_is(q->serial);
}

static void be_late(void)
{
    struct timespec t = {1, 500000000};
    nanosleep(&t, NULL);
}

static void answer_in_mood(const struct office *o, struct arena *a, const struct asked *q, struct answer *answer)
{
    static const char WORDS[2 * 16384] = {' '};
    enum office_mood mood = o->mood; /* another thread may change it */
    switch (mood) {
    case OFFICE_BROKEN:
        answer_body(answer, 500, "text/plain", VIEW("no"));
        return;
    case OFFICE_ELSEWHERE:
        answer_redirect(answer, 302, VIEW("http://127.0.0.1:1/"));
        return;
    case OFFICE_GARBAGE:
        answer_body(answer, 200, "application/json", VIEW("older"));
        return;
    case OFFICE_ENDLESS:
        answer_body(answer, 200, "application/json", VIEW_ARRAY(WORDS));
        return;
    case OFFICE_SLOW:
        be_late();
        break;
    default:
        break;
    }
    say(o, a, q, answer);
}

static void hear(void *ctx, const struct request *r, struct answer *answer)
{
    struct office *o = ctx;
    struct asked q;
    o->asked++;
    if (!read_question(&q, r->arena, r->body))
        answer_body(answer, 400, "text/plain", VIEW("this is no question"));
    else
        answer_in_mood(o, r->arena, &q, answer);
}

static const struct route ROUTES[] = {{METHOD_POST, "/predecessors", hear, 16384, ROUTE_BODY | ROUTE_SLOW}};

void office_open(struct office *o)
{
    static const char *const LISTEN[] = {"127.0.0.1:0"}, *const HOSTS[] = {"127.0.0.1"};
    struct server_config c = {.listen = LISTEN,
                              .n_listen = 1,
                              .hosts = HOSTS,
                              .n_hosts = 1,
                              .routes = ROUTES,
                              .n_routes = 1,
                              .ctx = o,
                              .workers = 1,
                              .slow_workers = 1};
    *o = (struct office){.mood = OFFICE_RIGHT};
    cr_assert_eq(server_open(&o->server, &c), ERR_OK);
    o->port = server_port(o->server, 0);
}

void office_close(struct office *o)
{
    server_close(o->server);
    o->server = NULL;
}

void office_knows(struct office *o, struct view now, struct view older)
{
    cr_assert(o->n < OFFICE_ROWS);
    o->rows[o->n++] = (struct office_row){now, older};
}
