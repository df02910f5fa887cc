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

Test(net, tells_what_is_none_of_the_public_internet)
{
    static const struct {
        const char *address;
        bool private;
    } rows[] = {{"0.0.0.0", true},
                {"10.255.255.255", true},
                {"11.0.0.0", false},
                {"100.64.0.1", true},
                {"100.128.0.0", false},
                {"127.9.9.9", true},
                {"169.254.169.254", true},
                {"172.31.0.1", true},
                {"172.32.0.0", false},
                {"192.0.2.1", true},
                {"192.168.0.1", true},
                {"198.19.0.1", true},
                {"198.51.100.1", true},
                {"203.0.113.1", true},
                {"223.255.255.255", false},
                {"224.0.0.1", true},
                {"255.255.255.255", true},
                {"::ffff:10.0.0.1", true},
                {"::ffff:8.8.8.8", false},
                {"::", true},
                {"::1", true},
                {"::8.8.8.8", true},
                {"64:ff9b::1", true},
                {"2000::1", false},
                {"2001:1ff::1", true},
                {"2001:200::1", false},
                {"2001:db8::1", true},
                {"2001:db9::1", false},
                {"2002::1", true},
                {"3fff::1", false},
                {"4000::1", true},
                {"fc00::1", true},
                {"fe80::1", true},
                {"ff02::1", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct net_address a;
        cr_assert(net_address_read(&a, view_text(rows[i].address)), "%s", rows[i].address);
        cr_expect_eq(net_is_private(&a), rows[i].private, "%s", rows[i].address);
    }
}
