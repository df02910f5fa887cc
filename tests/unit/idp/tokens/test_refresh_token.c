#include "idp/tokens/refresh_token.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/box.h"

enum { NOW = 1700000000 };

static struct box box;
static struct keys *keys, *others;
static const struct ident family = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

static struct keys *make_keys(const char *name)
{
    struct keys *k;
    char folder[96];

    snprintf(folder, sizeof folder, "%s/%s", box.folder, name);
    cr_assert_eq(keys_make(folder, NOW), ERR_OK);
    cr_assert_eq(keys_open(&k, folder, NULL), ERR_OK);
    return k;
}

static void open_all(void)
{
    box_open_empty(&box);
    arena_open(&box.a, 1 << 16);
    keys = make_keys("keys");
    others = make_keys("others");
}

static void close_all(void)
{
    keys_close(keys);
    keys_close(others);
    box_close(&box);
}

TestSuite(refresh_token, .init = open_all, .fini = close_all);

static bool is_ours(const struct keys *k, struct view text)
{
    return ident_is(refresh_token_family(&box.a, k, text));
}

Test(refresh_token, that_we_did_not_make_names_no_family)
{
    char *text = refresh_token_mint(&box.a, keys, family);

    cr_expect_not(is_ours(keys, VIEW_NONE));
    cr_expect_not(is_ours(keys, VIEW("")));
    cr_expect_not(is_ours(others, view_text(text)), "another Genkan's");
    cr_expect_not(is_ours(keys, view_part(view_text(text), 0, REFRESH_TOKEN_LENGTH - 1)));
    cr_expect_not(is_ours(keys, view_text(arena_printf(&box.a, "%sA", text))));
}

/* Or one could end the tokens of others, whose family a resource server may know. */
Test(refresh_token, whoever_changes_any_letter_has_none)
{
    char *text = refresh_token_mint(&box.a, keys, family);

    for (size_t i = 0; i < REFRESH_TOKEN_LENGTH; i++) {
        char kept = text[i];
        text[i] = kept == 'x' ? 'y' : 'x';
        cr_expect_not(is_ours(keys, view_text(text)), "letter %zu", i);
        text[i] = kept;
    }
    cr_expect(is_ours(keys, view_text(text)));
}

Test(refresh_token, names_its_family_and_is_another_each_time)
{
    char *one = refresh_token_mint(&box.a, keys, family), *two = refresh_token_mint(&box.a, keys, family);

    cr_expect_eq(strlen(one), REFRESH_TOKEN_LENGTH);
    cr_expect(ident_equal(refresh_token_family(&box.a, keys, view_text(one)), family));
    cr_expect_str_neq(one, two);
}
