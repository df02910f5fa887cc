#include <criterion/criterion.h>
#include <string.h>

#include "base/err.h"

/* Programs read the names, people the words. */
Test(err, has_a_name_and_words_for_everything_that_can_go_wrong)
{
    for (int i = ERR_OK; i <= ERR_UNAVAILABLE; i++) {
        const char *name = err_name((enum err)i), *words = err_words((enum err)i);
        cr_assert(name && words);
        cr_expect_eq(strncmp(name, "ERR_", 4), 0, "%s", name);
        cr_expect_null(strstr(words, "ERR_"), "%s", words);
        for (int k = ERR_OK; k < i; k++)
            cr_expect_str_neq(words, err_words((enum err)k));
    }
    cr_expect_str_eq(err_name((enum err)(ERR_UNAVAILABLE + 1)), "ERR_?");
    cr_expect_str_eq(err_words((enum err)(ERR_UNAVAILABLE + 1)), "unknown");
}
