#include <criterion/criterion.h>

#include "idp/rules/session_update.h"

enum { SEEN = 1000000, IDLE = 900 };

static enum session_update decide(bool offline, bool registered, int64_t after)
{
    const struct session_update_facts f = {offline, registered, SEEN, IDLE, SEEN + after};
    return session_update_decide(&f);
}

Test(session_update, wakes_no_idle_session_whoever_asks)
{
    cr_expect_eq(decide(false, true, IDLE), SESSION_UPDATE_IDLE);
    cr_expect_eq(decide(false, false, IDLE), SESSION_UPDATE_IDLE);
    cr_expect_eq(decide(false, true, 12 * 3600), SESSION_UPDATE_IDLE);
}

Test(session_update, of_a_service_that_is_not_registered_for_it_says_nothing)
{
    cr_expect_eq(decide(false, false, IDLE - 1), SESSION_UPDATE_NONE);
}

Test(session_update, with_offline_access_says_nothing_and_needs_nobody)
{
    cr_expect_eq(decide(true, true, 10), SESSION_UPDATE_NONE);
    cr_expect_eq(decide(true, true, 30 * 86400), SESSION_UPDATE_NONE);
}

Test(session_update, of_a_registered_service_is_activity_to_the_last_second)
{
    cr_expect_eq(decide(false, true, 0), SESSION_UPDATE_TOUCH);
    cr_expect_eq(decide(false, true, IDLE - 1), SESSION_UPDATE_TOUCH);
}
