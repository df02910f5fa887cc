#include "consent/minor.h"

#include <criterion/criterion.h>

Test(minor, is_who_is_not_surely_fifteen)
{
    static const struct {
        const char *birthdate;
        bool minor;
    } table[] = {
        {"\"2012-04-01\"", true}, {"\"2011-11-23\"", true},  {"\"2011-11-22\"", false}, {"\"2011-11-21\"", false},
        {"\"2011-00-00\"", true}, {"\"2011-12-00\"", true},  {"\"2011-10-00\"", false}, {"\"2010-00-00\"", false},
        {"\"2026-11-22\"", true}, {"\"1950-04-01\"", false}, {"\"0000-00-00\"", false}, {"\"nonsense\"", true},
        {"\"2011-13-01\"", true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct field_profile p = {
            .values = {{.field = field_find(VIEW("birthdate")), .json = view_text(table[i].birthdate)}},
            .n = 1,
            .today = VIEW("2026-11-22")};
        cr_expect_eq(minor_is(&p), table[i].minor, "%s", table[i].birthdate);
    }
    cr_expect_not(minor_is(&(struct field_profile){.today = VIEW("2026-11-22")}), "nothing says that she is a child");
}
