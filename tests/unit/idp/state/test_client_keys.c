/* Signatures of services, by the keys they registered or serve at an address. */
#include <criterion/criterion.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "idp/rules/key_refresh.h"
#include "idp/state/client_keys.h"
#include "idp/state/config.h"
#include "tests/lib/box.h"
#include "tests/lib/key_folder.h"
#include "tests/lib/key_host.h"

enum { NOW = 1000000 };

static struct box box;
static struct clock_fake fake;
static struct config config;
static struct op *op;
static struct key_host host;
static struct request request;
static struct answer answer;
static struct arena arena; /* of the request */
static struct client client;
static struct jws_key *old_key, *new_key;
static struct jws by_old, by_new;
static bool waited; /* the last verification did */

static struct jws signed_by(const struct jws_key *k)
{
    struct buf b;
    struct view text;
    struct jws j;

    buf_open(&b, &box.a, 4096);
    cr_assert_eq(jws_sign(&b, k, NULL, VIEW("{}")), ERR_OK);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    cr_assert_eq(jws_read(&j, &box.a, text), ERR_OK);
    return j;
}

static const char *set_of(const struct jws_key *k)
{
    return key_host_set(&box.a, &k, 1);
}

static void open_all(void)
{
    const char *why = "";

    log_set_level(LOG_ERROR);
    box_open_empty(&box);
    clock_fake_set(&fake, NOW * 1000LL);
    struct clock clock = clock_of_fake(&fake);
    config = (struct config){
        .issuer = "http://localhost:8080",
        .issuer_host = "localhost:8080",
        .data = arena_printf(&box.a, "%s/data", box.folder),
        .profile = {.keys = arena_printf(&box.a, "%s/data/keys", box.folder)},
        .workers = 1,
        .jpki = {.trust = CONFIG_TRUST_TEST, .roots = BUILD_DIR "/testpki/trust", .crl = BUILD_DIR "/testpki/crl"},
        .session = {.idle = 900, .absolute = 43200},
    };
    key_folder_make(&box.a, config.data, clock_s(&clock));
    cr_assert_eq(op_open(&op, &config, &clock, &box.a, &why), ERR_OK, "%s", why);
    cr_assert_eq(jws_key_make(&old_key, JWS_ES256), ERR_OK);
    cr_assert_eq(jws_key_make(&new_key, JWS_ES256), ERR_OK);
    by_old = signed_by(old_key);
    by_new = signed_by(new_key);
    key_host_open(&host);
    client = (struct client){.id = VIEW("a"), .jwks_uri = view_text(host.url)};
}

static void close_all(void)
{
    op_close(op);
    key_host_close(&host);
    jws_key_close(old_key);
    jws_key_close(new_key);
    box_close(&box);
}

TestSuite(client_keys, .init = open_all, .fini = close_all);

/* As the server does it: a request that waits is called again when it is time. */
static enum err verify(const struct jws *j)
{
    struct visit v;
    enum err e;

    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL); /* another millisecond than the request before */
    arena_open(&arena, 1 << 20);
    request = (struct request){.method = METHOD_POST, .id = "r", .arena = &arena, .started_ms = clock_steady_ms()};
    for (int64_t until_ms = 0;; request.waited = clock_steady_ms() >= until_ms) {
        answer_open(&answer, &arena);
        visit_open(&v, op, &request, &answer);
        e = client_keys_verify(&v, &client, j);
        visit_close(&v);
        cr_assert_eq(e == ERR_BUSY, answer.ready != NULL);
        if (!answer.ready)
            break;
        cr_assert_not(request.waited, "it was told to answer");
        until_ms = until_ms ? until_ms : clock_steady_ms() + answer.patience_ms;
        while (!answer.ready(answer.ready_ctx) && clock_steady_ms() < until_ms)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        waited = true;
    }
    arena_close(&arena);
    return e;
}

static void passes(int64_t seconds)
{
    clock_fake_add(&fake, seconds * 1000);
}

/* The answer, how often its server was asked for it, and whether the request waited. */
static void expect(const struct jws *j, enum err e, int asked, bool waits)
{
    int before = atomic_load(&host.asked);

    waited = false;
    enum err got = verify(j);
    cr_expect_eq(got, e, "%s, not %s", err_name(got), err_name(e));
    cr_expect_eq(atomic_load(&host.asked) - before, asked, "asked %d times, not %d", atomic_load(&host.asked) - before,
                 asked);
    cr_expect_eq(waited, waits);
}

Test(client_keys, of_a_service_without_any_verify_nothing)
{
    client = (struct client){.id = VIEW("a")};
    expect(&by_old, ERR_MISMATCH, 0, false);
}

Test(client_keys, registered_by_value_verify_only_what_they_made)
{
    client = (struct client){.id = VIEW("a"), .jwks = view_text(set_of(old_key)), .jwks_uri = view_text(host.url)};
    expect(&by_new, ERR_MISMATCH, 0, false);
    expect(&by_old, ERR_OK, 0, false);
    expect(&by_old, ERR_OK, 0, false);
    struct jws changed = by_old;
    changed.signed_part.n--;
    expect(&changed, ERR_MISMATCH, 0, false);
    client.jwks = VIEW("{}");
    expect(&by_old, ERR_MISMATCH, 0, false);
}

Test(client_keys, at_an_address_are_fetched_once_and_kept)
{
    key_host_serve(&host, set_of(old_key));
    expect(&by_old, ERR_OK, 1, true);
    expect(&by_old, ERR_OK, 0, false);
    passes(KEYS_SOON_S - 1);
    expect(&by_old, ERR_OK, 0, false);
}

Test(client_keys, that_somebody_made_are_not_those_of_the_service)
{
    key_host_serve(&host, set_of(old_key));
    expect(&by_new, ERR_MISMATCH, 1, true);
    struct jws named = by_new;
    named.kid = by_old.kid;
    expect(&named, ERR_MISMATCH, 0, false);
}

/* OIDC Core 10.1.1 */
Test(client_keys, that_a_service_changed_are_fetched_when_the_first_signature_comes)
{
    key_host_serve(&host, set_of(old_key));
    expect(&by_old, ERR_OK, 1, true);
    key_host_serve(&host, set_of(new_key));
    expect(&by_new, ERR_OK, 1, true);
    expect(&by_new, ERR_OK, 0, false);
    expect(&by_old, ERR_MISMATCH, 1, true);
}

Test(client_keys, with_names_nobody_knows_make_us_ask_no_more_than_once_a_minute_in_the_long_run)
{
    struct jws unknown = by_new;

    key_host_serve(&host, set_of(old_key));
    for (int i = 0; i < 20; i++) {
        unknown.kid = view_text(arena_printf(&box.a, "%d", i));
        cr_expect_eq(verify(&unknown), ERR_MISMATCH);
    }
    cr_expect_eq(host.asked, KEYS_ASK_RESERVE);
    for (int i = 0; i < 10; i++) {
        passes(KEYS_ASK_EVERY_S);
        verify(&unknown);
        verify(&unknown);
    }
    cr_expect_eq(host.asked, KEYS_ASK_RESERVE + 10);
    cr_expect_eq(verify(&by_old), ERR_OK, "and the service itself goes on");
}

Test(client_keys, that_were_taken_out_are_good_for_ten_minutes_at_most)
{
    key_host_serve(&host, set_of(old_key));
    expect(&by_old, ERR_OK, 1, true);
    key_host_serve(&host, set_of(new_key));
    passes(KEYS_LIFE_S - 1);
    waited = false;
    for (int i = 0; i < 2000 && verify(&by_old) == ERR_OK; i++)
        cr_expect_not(waited, "got meanwhile: nobody waits for it");
    cr_expect_eq(verify(&by_old), ERR_MISMATCH);
    key_host_serve(&host, set_of(old_key));
    passes(KEYS_LIFE_S);
    expect(&by_old, ERR_OK, 1, true);
}

Test(client_keys, are_kept_for_a_day_when_its_server_answers_nothing_of_use)
{
    static const struct {
        int status;
        const char *body;
    } useless[] = {{500, "{\"keys\":[]}"}, {404, ""},   {302, ""},
                   {200, "<html></html>"}, {200, "{}"}, {200, "{\"keys\":[{\"kty\":\"EC\",\"d\":\"AA\"}]}"}};

    key_host_serve(&host, set_of(old_key));
    expect(&by_old, ERR_OK, 1, true);
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
        atomic_store(&host.status, useless[i].status);
        key_host_serve(&host, useless[i].body);
        passes(KEYS_LIFE_S);
        expect(&by_old, ERR_OK, 1, true);
    }
    passes(KEYS_KEEP_S - 6 * KEYS_LIFE_S - 1);
    expect(&by_old, ERR_OK, 1, true);
    passes(1);
    expect(&by_old, ERR_UNAVAILABLE, 1, true);
    atomic_store(&host.status, 200);
    key_host_serve(&host, set_of(old_key));
    expect(&by_old, ERR_OK, 1, true);
}

Test(client_keys, that_never_came_verify_nothing_and_are_asked_for_a_few_times)
{
    atomic_store(&host.status, 503);
    for (int i = 0; i < KEYS_ASK_RESERVE; i++)
        expect(&by_old, ERR_UNAVAILABLE, 1, true);
    expect(&by_old, ERR_UNAVAILABLE, 0, false);
    passes(KEYS_ASK_EVERY_S);
    expect(&by_old, ERR_UNAVAILABLE, 1, true);
}

Test(client_keys, too_large_to_be_one_set_are_none)
{
    char *body = arena_alloc(&box.a, CLIENT_KEYS_BODY_MAX + 2);
    const char *set = set_of(old_key);

    memset(body, ' ', CLIENT_KEYS_BODY_MAX + 1);
    memcpy(body, set, strlen(set));
    key_host_serve(&host, body);
    expect(&by_old, ERR_UNAVAILABLE, 1, true);
    body[CLIENT_KEYS_BODY_MAX] = 0;
    expect(&by_old, ERR_OK, 1, true);
}

Test(client_keys, of_a_server_that_never_answers_are_waited_for_no_longer_than_four_seconds)
{
    atomic_store(&host.wait_ms, CLIENT_KEYS_FETCH_MS + 1000);
    int64_t from = clock_steady_ms();
    expect(&by_old, ERR_UNAVAILABLE, 1, true);
    cr_expect_lt(clock_steady_ms() - from, 4000);
    atomic_store(&host.wait_ms, 0);
}

Test(client_keys, on_the_way_are_fetched_once_for_all_who_wait)
{
    struct visit v[3];
    struct request r[3];
    struct answer answers[3];
    struct arena arenas[3];

    key_host_serve(&host, set_of(old_key));
    atomic_store(&host.wait_ms, 100);
    for (int i = 0; i < 3; i++) {
        arena_open(&arenas[i], 65536);
        r[i] = (struct request){.method = METHOD_POST, .id = "r", .arena = &arenas[i], .started_ms = clock_steady_ms()};
        answer_open(&answers[i], &arenas[i]);
        visit_open(&v[i], op, &r[i], &answers[i]);
        cr_expect_eq(client_keys_verify(&v[i], &client, &by_old), ERR_BUSY);
        visit_close(&v[i]);
    }
    while (!answers[0].ready(answers[0].ready_ctx))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    for (int i = 0; i < 3; i++)
        arena_close(&arenas[i]);
    expect(&by_old, ERR_OK, 0, false);
    cr_expect_eq(host.asked, 1);
}

/* Fetched by one that reaches what the world can, and NETWORKS. */
static struct fetch *reaches(const struct net *networks, size_t n)
{
    struct clock clock = clock_of_fake(&fake);
    struct fetch *f;

    client_keys_close(op->client_keys);
    cr_assert_eq(fetch_open(&f, &(struct fetch_config){.private_nets = networks, .n_private_nets = n}), ERR_OK);
    cr_assert_eq(client_keys_open(&op->client_keys, f, &clock), ERR_OK);
    return f;
}

Test(client_keys, at_an_address_of_an_inner_network_are_fetched_only_if_the_operator_named_it)
{
    struct net net;

    key_host_serve(&host, set_of(old_key));
    cr_assert(net_read(&net, VIEW("127.0.0.1")));
    struct fetch *none = reaches(NULL, 0);
    expect(&by_old, ERR_UNAVAILABLE, 0, true);
    struct fetch *named = reaches(&net, 1);
    expect(&by_old, ERR_OK, 1, true);
    client_keys_close(op->client_keys);
    op->client_keys = NULL;
    fetch_close(none);
    fetch_close(named);
}

Test(client_keys, that_would_come_unprotected_are_fetched_only_on_this_machine)
{
    key_host_serve(&host, set_of(old_key));
    op->loopback = false;
    expect(&by_old, ERR_UNAVAILABLE, 0, false);
    op->loopback = true;
    expect(&by_old, ERR_OK, 1, true);
}
