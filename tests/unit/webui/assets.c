#include "webui/assets.h"

#include <criterion/criterion.h>

Test(assets, gives_an_address_with_the_hash_and_finds_it_again)
{
    struct arena a;
    struct asset found;
    arena_open(&a, 4096);
    const char *address = asset_address(&a, VIEW("genkan.css"));
    cr_assert_not_null(address);
    cr_assert(strncmp(address, "/assets/genkan.", 15) == 0);
    cr_assert_eq(strlen(address), strlen("/assets/genkan.0123456789abcdef.css"));
    cr_assert(asset_find(&found, view_text(address)));
    cr_assert_str_eq(found.content_type, "text/css; charset=utf-8");
    cr_assert_gt(found.bytes.n, 100);
    arena_close(&a);
}

Test(assets, knows_no_other_address)
{
    struct arena a;
    struct asset found;
    arena_open(&a, 4096);
    char *address = arena_text(&a, view_text(asset_address(&a, VIEW("genkan.css"))));
    cr_assert_not(asset_find(&found, VIEW("/assets/genkan.css")));
    cr_assert_not(asset_find(&found, VIEW("/assets/../genkan.css")));
    cr_assert_not(asset_find(&found, VIEW("/assets/")));
    cr_assert_not(asset_find(&found, VIEW("")));
    cr_assert_not(asset_find(&found, view_text(arena_printf(&a, "%sx", address))));
    address[16] = address[16] == '0' ? '1' : '0';
    cr_assert_not(asset_find(&found, view_text(address)));
    cr_assert_null(asset_address(&a, VIEW("stranger.css")));
    arena_close(&a);
}

Test(assets, have_types_of_their_own)
{
    struct arena a;
    struct asset found;
    arena_open(&a, 4096);
    cr_assert(asset_find(&found, view_text(asset_address(&a, VIEW("card_return.js")))));
    cr_assert_str_eq(found.content_type, "text/javascript; charset=utf-8");
    cr_assert(asset_find(&found, view_text(asset_address(&a, VIEW("mark.svg")))));
    cr_assert_str_eq(found.content_type, "image/svg+xml");
    arena_close(&a);
}
