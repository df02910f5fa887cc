#include "http/subscriber.h"

#include <criterion/criterion.h>

static bool same(const char *a, const char *b)
{
    struct subscriber x, y;
    cr_assert(subscriber_of(&x, a) && subscriber_of(&y, b), "%s, %s", a, b);
    return view_equal(subscriber_view(&x), subscriber_view(&y));
}

Test(subscriber, is_none_of_what_is_no_address)
{
    static const char *const bad[] = {"", "localhost", "192.0.2", "192.0.2.1:80", "[2001:db8::1]", "2001:db8::1%eth0"};
    struct subscriber s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(subscriber_of(&s, bad[i]), "%s", bad[i]);
}

Test(subscriber, of_ipv4_is_one_address)
{
    cr_expect_not(same("192.0.2.1", "192.0.2.2"));
    cr_expect(same("192.0.2.1", "::ffff:192.0.2.1"), "however it comes");
    cr_expect_not(same("192.0.2.1", "c000:201::"), "the same bytes in IPv6 are somebody else");
}

Test(subscriber, of_ipv6_is_a_64)
{
    cr_expect(same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
    cr_expect_not(same("2001:db8:1:2::1", "2001:db8:1:3::1"));
}

static bool is_loopback(const char *address)
{
    struct subscriber s;
    cr_assert(subscriber_of(&s, address));
    return s.loopback;
}

Test(subscriber, knows_this_machine)
{
    cr_expect(is_loopback("127.0.0.1") && is_loopback("127.8.8.8") && is_loopback("::1"));
    cr_expect(is_loopback("::ffff:127.0.0.1"));
    cr_expect_not(is_loopback("192.0.2.1") || is_loopback("2001:db8::1") || is_loopback("::ffff:192.0.2.1"));
}
