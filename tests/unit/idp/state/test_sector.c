#include <criterion/criterion.h>

#include "http/server.h"
#include "idp/state/sector.h"

static struct arena arena;
static struct fetch *fetch;
static struct server *server;
static const char *document = "[\"https://a.example/cb\"]";
static struct view redirects[] = {{(const uint8_t *)"https://a.example/cb", 20},
                                  {(const uint8_t *)"https://B.example/cb", 20}};

static void answer_document(void *ctx, const struct request *r, struct answer *a)
{
    (void)ctx;
    (void)r;
    answer_body(a, 200, "application/json", view_text(document));
}

static const struct route ROUTES[] = {{METHOD_GET, "/sector.json", answer_document, 0, 0}};

static void open_all(void)
{
    static const char *const listen[] = {"127.0.0.1:0"}, *const hosts[] = {"127.0.0.1"};
    const struct server_config config = {.listen = listen,
                                         .n_listen = 1,
                                         .hosts = hosts,
                                         .n_hosts = 1,
                                         .routes = ROUTES,
                                         .n_routes = 1,
                                         .workers = 1,
                                         .slow_workers = 1};

    arena_open(&arena, 1 << 20);
    cr_assert_eq(server_open(&server, &config), ERR_OK);
    cr_assert_eq(fetch_open(&fetch, &(struct fetch_config){.private_allowed = true}), ERR_OK);
}

static void close_all(void)
{
    fetch_close(fetch);
    server_close(server);
    arena_close(&arena);
}

TestSuite(sector, .init = open_all, .fini = close_all);

static enum err check(struct fetch *f, const char *path, size_t n_redirects, struct registration_fault *fault)
{
    const char *uri = arena_printf(&arena, "http://127.0.0.1:%u%s", server_port(server, 0), path);
    const struct client c = {.sector_uri = view_text(uri), .redirect_uris = redirects, .redirect_count = n_redirects};

    *fault = (struct registration_fault){"", ""};
    const struct sector_source source = sector_by_waiting(f);
    return sector_check(&source, &arena, &c, fault);
}

Test(sector, a_document_that_lacks_an_address_refuses_the_registration)
{
    struct registration_fault fault;

    cr_expect_eq(check(fetch, "/sector.json", 2, &fault), ERR_SYNTAX);
    cr_expect_str_eq(fault.member, "sector_identifier_uri");
    cr_expect(strstr(fault.rule, "https://B.example/cb"), "%s", fault.rule);
}

Test(sector, a_document_that_is_not_there_or_no_json_refuses_the_registration)
{
    struct registration_fault fault;

    cr_expect_eq(check(fetch, "/nowhere", 1, &fault), ERR_SYNTAX);
    cr_expect(strstr(fault.rule, "404"), "%s", fault.rule);
    document = "not JSON";
    cr_expect_eq(check(fetch, "/sector.json", 1, &fault), ERR_SYNTAX);
    cr_expect(strstr(fault.rule, "JSON"), "%s", fault.rule);
}

Test(sector, a_document_inside_is_not_fetched_for_somebody_outside)
{
    struct registration_fault fault;
    struct fetch *strict;

    cr_assert_eq(fetch_open(&strict, &(struct fetch_config){0}), ERR_OK);
    cr_expect_eq(check(strict, "/sector.json", 1, &fault), ERR_SYNTAX);
    cr_expect(strstr(fault.rule, "the address is a private one"), "%s", fault.rule);
    fetch_close(strict);
}

Test(sector, a_document_with_every_address_is_taken_and_none_is_needed)
{
    const struct client without = {.redirect_uris = redirects, .redirect_count = 1};
    struct registration_fault fault;

    cr_expect_eq(check(fetch, "/sector.json", 1, &fault), ERR_OK, "%s", fault.rule);
    cr_expect_eq(sector_check(NULL, &arena, &without, &fault), ERR_OK);
}

Test(sector, two_hosts_have_no_sector_unless_a_document_joins_them)
{
    struct client c = {.redirect_uris = redirects, .redirect_count = 2};
    struct registration_fault fault;
    struct view sector;

    cr_expect_eq(sector_derive(&sector, &arena, &c, &fault), ERR_SYNTAX);
    cr_expect_str_eq(fault.member, "sector_identifier_uri");
    c.sector_uri = VIEW("https://Sector.example/list.json");
    cr_assert_eq(sector_derive(&sector, &arena, &c, &fault), ERR_OK);
    cr_expect(view_equal_text(sector, "host:sector.example"));
}

Test(sector, one_host_is_its_own_sector_in_small_letters)
{
    struct client c = {.redirect_uris = &redirects[1], .redirect_count = 1};
    struct registration_fault fault;
    struct view sector;

    cr_assert_eq(sector_derive(&sector, &arena, &c, &fault), ERR_OK);
    cr_expect(view_equal_text(sector, "host:b.example"));
    c.redirect_count = 0;
    cr_expect_eq(sector_derive(&sector, &arena, &c, &fault), ERR_SYNTAX);
}

Test(sector, a_host_that_is_too_long_is_refused)
{
    struct view long_uri = view_text(arena_printf(&arena, "https://%065d.example/cb", 0));
    const struct client c = {.redirect_uris = &long_uri, .redirect_count = 1};
    struct registration_fault fault;
    struct view sector;

    cr_expect_eq(sector_derive(&sector, &arena, &c, &fault), ERR_SYNTAX);
}
