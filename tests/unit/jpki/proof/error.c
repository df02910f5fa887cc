#include "jpki/proof/error.h"

#include <criterion/criterion.h>

Test(error, every_code_has_its_name_and_the_name_its_code)
{
    for (int e = PROOF_OK + 1; e < PROOF_ERROR_COUNT; e++) {
        const char *name = proof_error_name((enum proof_error)e);
        cr_expect_eq(proof_error_of(view_text(name)), (enum proof_error)e, "%s", name);
    }
}

Test(error, refuses_unknown_names)
{
    cr_expect_eq(proof_error_of(VIEW("ok")), PROOF_ERROR_COUNT);
    cr_expect_eq(proof_error_of(VIEW("pin_wrong")), PROOF_ERROR_COUNT);
    cr_expect_eq(proof_error_of(VIEW("")), PROOF_ERROR_COUNT);
    cr_expect_eq(proof_error_of(VIEW_NONE), PROOF_ERROR_COUNT);
    cr_expect_str_eq(proof_error_name(PROOF_ERROR_COUNT), "unknown");
}
