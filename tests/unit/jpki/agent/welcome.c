#include "jpki/agent/welcome.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(welcome, has_no_mark_without_a_whole_path)
{
    char mark[128];
    cr_expect_eq(welcome_mark(mark, sizeof mark, NULL, NULL), ERR_NOT_FOUND);
    cr_expect_eq(welcome_mark(mark, sizeof mark, "", ""), ERR_NOT_FOUND);
    cr_expect_eq(welcome_mark(mark, sizeof mark, "state", "home"), ERR_NOT_FOUND);
    cr_expect_eq(welcome_mark(mark, 10, "/state", "/home/h"), ERR_LIMIT);
}

Test(welcome, keeps_its_mark_where_the_desktop_keeps_such_things)
{
    char mark[128];
    cr_assert(!welcome_mark(mark, sizeof mark, "/state", "/home/h"));
    cr_expect_str_eq(mark, "/state/genkan-agent/welcomed");
    cr_assert(!welcome_mark(mark, sizeof mark, "relative", "/home/h"));
    cr_expect_str_eq(mark, "/home/h/.local/state/genkan-agent/welcomed");
}

Test(welcome, comes_once)
{
    char home[] = "/tmp/genkan-welcome-XXXXXX", mark[128], command[160];
    cr_assert(mkdtemp(home));
    cr_assert(!welcome_mark(mark, sizeof mark, NULL, home));
    cr_expect_eq(welcome_take(mark), ERR_OK);
    cr_expect_eq(access(mark, F_OK), 0);
    cr_expect_eq(welcome_take(mark), ERR_CONFLICT);
    snprintf(command, sizeof command, "rm -r '%s'", home);
    cr_expect_eq(system(command), 0);
}

Test(welcome, is_not_shown_at_every_login_when_the_mark_cannot_be_made)
{
    cr_expect_eq(welcome_take("/proc/genkan-agent/welcomed"), ERR_IO);
}

Test(welcome, opens_no_page_that_is_not_there)
{
    cr_expect_eq(welcome_open("/nonexistent/welcome.html"), 1);
}
