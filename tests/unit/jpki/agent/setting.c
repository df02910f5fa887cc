#include "jpki/agent/setting.h"

#include <criterion/criterion.h>

static enum err read_args(struct setting *s, int argc, const char *const *argv)
{
    const char *problem;
    return setting_read(s, argc, (char **)(uintptr_t)argv, &problem);
}
#define READ(S, ...)                                                                                                   \
    read_args((S), (int)(sizeof((const char *[]){"genkan-agent", __VA_ARGS__}) / sizeof(char *)),                      \
              (const char *[]){"genkan-agent", __VA_ARGS__, NULL})

Test(setting, has_defaults)
{
    struct setting s;
    const char *problem, *argv[] = {"genkan-agent", NULL};
    cr_assert(!setting_read(&s, 1, (char **)(uintptr_t)argv, &problem));
    cr_expect(s.port == 23837 && strcmp(s.issuers, "/etc/genkan/issuers.d") == 0 && !s.reader);
    cr_expect_str_eq(s.pinentry.program, "/usr/bin/pinentry");
}

Test(setting, takes_what_is_given)
{
    struct setting s;
    cr_assert(!READ(&s, "--port", "4000", "-i", "/x", "--reader", "ACS", "--pinentry", "/p", "-d"));
    cr_expect(s.port == 4000 && strcmp(s.issuers, "/x") == 0 && strcmp(s.reader, "ACS") == 0);
    cr_expect(strcmp(s.pinentry.program, "/p") == 0 && s.level == LOG_DEBUG);
}

Test(setting, refuses_what_it_does_not_understand)
{
    struct setting s;
    cr_expect_eq(READ(&s, "--port", "0"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "--port", "65536"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "--port", "80a"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "--port"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "--what"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "extra"), ERR_CONFIG);
}
