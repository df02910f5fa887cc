#include <criterion/criterion.h>

#include "base/hash.h"
#include "store/ident.h"

Test(ident, none_equals_nothing_not_even_itself)
{
    cr_assert(!ident_equal(IDENT_NONE, IDENT_NONE));
    cr_assert(!ident_equal(IDENT_NONE, ident_mint()));
    cr_assert(!ident_is(IDENT_NONE));
}

Test(ident, refuses_any_other_length_than_sixteen)
{
    uint8_t bytes[17] = {1};
    cr_assert(!ident_is(ident_read(view_bytes(bytes, 15))));
    cr_assert(!ident_is(ident_read(view_bytes(bytes, 17))));
    cr_assert(!ident_is(ident_read(VIEW_NONE)));
    cr_assert(ident_is(ident_read(view_bytes(bytes, 16))));
}

Test(ident, of_an_absent_ticket_is_none)
{
    cr_assert(!ident_is(ident_of(VIEW_NONE)));
}

Test(ident, of_a_ticket_is_half_its_sha256)
{
    uint8_t digest[SHA256_SIZE];
    sha256(digest, VIEW("ticket"));
    struct ident id = ident_of(VIEW("ticket"));
    cr_assert_arr_eq(id.b, digest, sizeof id.b);
    cr_assert(ident_equal(id, ident_of(VIEW("ticket"))));
    cr_assert(!ident_equal(id, ident_of(VIEW("ticket "))));
}

Test(ident, minted_ones_differ)
{
    cr_assert(!ident_equal(ident_mint(), ident_mint()));
}
