#include <criterion/criterion.h>

#include "idp/rules/sector_document.h"

static struct arena arena;
static struct view redirects[] = {{(const uint8_t *)"https://a.example/cb", 20},
                                  {(const uint8_t *)"https://b.example/cb", 20}};

static void open_arena(void)
{
    arena_open(&arena, 1 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(sector_document, .init = open_arena, .fini = close_arena);

static const char *fault(const struct client *c, const char *document, struct view *address)
{
    struct json *j;

    cr_assert_eq(json_read(&j, &arena, view_text(document), NULL), ERR_OK);
    return sector_document_fault(c, j, address);
}

Test(sector_document, must_list_every_redirect_address_byte_for_byte)
{
    const struct client c = {.redirect_uris = redirects, .redirect_count = 2};
    struct view missing;

    cr_expect_not_null(fault(&c, "[\"https://a.example/cb\"]", &missing));
    cr_expect(view_equal(missing, redirects[1]));
    cr_expect_not_null(fault(&c, "[\"https://a.example/cb\",\"https://b.example/cb/\"]", &missing));
    cr_expect_not_null(fault(&c, "[\"https://a.example/cb\",\"HTTPS://b.example/cb\"]", &missing));
    cr_expect_not_null(fault(&c, "[]", &missing));
    cr_expect(view_equal(missing, redirects[0]));
    cr_expect_null(fault(&c, "[\"https://x.example/\",\"https://b.example/cb\",\"https://a.example/cb\"]", &missing));
}

Test(sector_document, is_an_array_of_texts)
{
    const struct client c = {.redirect_uris = redirects, .redirect_count = 1};
    struct view missing;

    cr_expect_not_null(fault(&c, "{\"redirect_uris\":[\"https://a.example/cb\"]}", &missing));
    cr_expect_not_null(fault(&c, "[\"https://a.example/cb\",7]", &missing));
    cr_expect_not_null(fault(&c, "\"https://a.example/cb\"", &missing));
}

Test(sector_document, a_service_without_redirects_stands_there_with_its_key_set)
{
    struct client c = {.jwks_uri = VIEW("https://a.example/jwks")};
    struct view missing;

    cr_expect_not_null(fault(&c, "[\"https://a.example/cb\"]", &missing));
    cr_expect_null(fault(&c, "[\"https://a.example/jwks\"]", &missing));
    c.jwks_uri = VIEW_NONE;
    cr_expect_not_null(fault(&c, "[\"https://a.example/jwks\"]", &missing));
}
