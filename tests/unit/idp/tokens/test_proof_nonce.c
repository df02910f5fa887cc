#include "idp/tokens/proof_nonce.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/lib/box.h"

enum { NOW = 1700000000 };

static struct box box;
static struct keys *keys, *others;

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

TestSuite(proof_nonce, .init = open_all, .fini = close_all);

Test(proof_nonce, that_we_did_not_make_is_none)
{
    char *text = proof_nonce_mint(&box.a, keys, NOW);
    int64_t at = 7;

    cr_expect_not(proof_nonce_read(&at, keys, VIEW_NONE));
    cr_expect_not(proof_nonce_read(&at, keys, VIEW("")));
    cr_expect_not(proof_nonce_read(&at, keys, VIEW("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")));
    cr_expect_not(proof_nonce_read(&at, keys, VIEW("????????????????????????????????")));
    cr_expect_not(proof_nonce_read(&at, others, view_text(text)), "another Genkan's");
    cr_expect_eq(at, 0);
    for (size_t i = 0; text[i]; i++) {
        char was = text[i];
        text[i] = was == 'A' ? 'B' : 'A';
        cr_expect_not(proof_nonce_read(&at, keys, view_text(text)), "letter %zu", i);
        text[i] = was;
    }
}

Test(proof_nonce, says_when_it_was_made)
{
    int64_t at;

    cr_expect(proof_nonce_read(&at, keys, view_text(proof_nonce_mint(&box.a, keys, NOW))));
    cr_expect_eq(at, NOW);
}
