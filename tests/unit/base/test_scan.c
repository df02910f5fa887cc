#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/scan.h"

static scan_block not_a(scan_block x)
{
    return x != 'a';
}

/* One byte that is not allowed, wherever it stands in a text of any length up to four blocks; the text ends where its
 * memory does, so that a look behind it is noticed by a sanitizer. */
Test(scan, finds_one_byte_that_is_not_allowed_wherever_it_stands)
{
    for (size_t n = 1; n < 65; n++) {
        uint8_t *text = malloc(n);
        cr_assert_not_null(text);
        memset(text, 'a', n);
        cr_expect(scan_passes(view_bytes(text, n), not_a), "%zu", n);
        for (size_t at = 0; at < n; at++) {
            text[at] = 'b';
            cr_expect_not(scan_passes(view_bytes(text, n), not_a), "%zu of %zu", at, n);
            text[at] = 'a';
        }
        free(text);
    }
}

Test(scan, allows_no_bytes_at_all)
{
    cr_expect(scan_passes(VIEW(""), not_a));
    cr_expect(scan_passes(VIEW_NONE, not_a));
}
