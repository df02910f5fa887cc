#include <criterion/criterion.h>

#include "http/net.h"

static bool in(const char *range, const char *address)
{
    struct net net;
    struct net_address a;
    cr_assert(net_read(&net, view_text(range)), "%s", range);
    cr_assert(net_address_read(&a, view_text(address)), "%s", address);
    return net_has(&net, 1, &a);
}

Test(net, has_the_addresses_of_its_prefix_and_no_others)
{
    static const struct {
        const char *range, *address;
        bool in;
    } rows[] = {{"10.0.0.0/8", "11.0.0.0", false},
                {"10.0.0.0/8", "9.255.255.255", false},
                {"10.0.0.0/8", "::a00:1", false}, /* the same last bytes, but no IPv4 */
                {"192.0.2.7", "192.0.2.6", false},
                {"192.0.2.4/30", "192.0.2.8", false},
                {"2001:db8::/33", "2001:db8:8000::", false},
                {"::1", "::2", false},
                {"10.0.0.0/8", "10.255.255.255", true},
                {"10.0.0.0/8", "::ffff:10.1.2.3", true}, /* RFC 4291 2.5.5.2 */
                {"192.0.2.7", "192.0.2.7", true},
                {"192.0.2.4/30", "192.0.2.7", true},
                {"2001:db8::/33", "2001:db8:7fff::1", true},
                {"::ffff:10.0.0.0/104", "10.9.9.9", true},
                {"0.0.0.0/0", "8.8.8.8", true},
                {"0.0.0.0/0", "2001:db8::1", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(in(rows[i].range, rows[i].address), rows[i].in, "%s %s", rows[i].range, rows[i].address);
    cr_expect_not(net_has(NULL, 0, &(struct net_address){{0}}), "of no ranges none has it");
}

Test(net, refuses_what_is_no_range)
{
    static const char *const bad[] = {"",           "10",           "10.0.0.0/",   "10.0.0.0/33", "10.0.0.0/08",
                                      "10.1.0.0/8", "10.0.0/8",     "10.0.0.0/-1", "[::1]",       "::1/129",
                                      "::1/64",     "fe80::1%eth0", "10.0.0.0/8 ", "localhost",   "10.0.0.0:80",
                                      "/8",         "010.0.0.1",    "10.0.0.0/8/8"};
    struct net net;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(net_read(&net, view_text(bad[i])), "%s", bad[i]);
    cr_expect_not(net_read(&net, view_bytes("10.0.0.1\0x", 10)));
}
