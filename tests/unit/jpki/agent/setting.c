#include "jpki/agent/setting.h"

#include <criterion/criterion.h>
#include <stdlib.h>

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
    cr_expect(s.port == 23837 && strcmp(s.issuers, SETTING_ISSUERS) == 0 && !s.reader);
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

Test(setting, knows_its_commands)
{
    struct setting s;
    cr_assert(!READ(&s, "--port", "4000"));
    cr_expect_eq(s.command, AGENT_SERVE);
    cr_assert(!READ(&s, "issuer", "add", "--yes", "osaka.json"));
    cr_expect(s.command == AGENT_ISSUER_ADD && s.yes && strcmp(s.operand, "osaka.json") == 0);
    cr_assert(!READ(&s, "issuer", "list", "--issuers", "/x"));
    cr_expect(s.command == AGENT_ISSUER_LIST && !s.operand && strcmp(s.issuers, "/x") == 0);
    cr_assert(!READ(&s, "issuer", "remove", "https://id.example"));
    cr_expect(s.command == AGENT_ISSUER_REMOVE && strcmp(s.operand, "https://id.example") == 0);
    cr_assert(!READ(&s, "--lang", "ja", "check"));
    cr_expect(s.command == AGENT_CHECK && s.lang == LANG_JA);
    cr_assert(!READ(&s, "welcome", "--first"));
    cr_expect(s.command == AGENT_WELCOME && s.first);
}

Test(setting, refuses_commands_it_does_not_understand)
{
    struct setting s;
    cr_expect_eq(READ(&s, "issuer"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "issuer", "dance"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "issuer", "add"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "issuer", "add", "a", "b"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "issuer", "list", "a"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "issuer", "remove"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "check", "twice"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "--lang", "fr", "check"), ERR_CONFIG);
    cr_expect_eq(READ(&s, "--lang", "", "check"), ERR_CONFIG);
}

Test(setting, speaks_the_language_of_the_environment)
{
    struct setting s;
    unsetenv("LC_ALL");
    unsetenv("LC_MESSAGES");
    setenv("LANG", "ja_JP.UTF-8", 1);
    cr_assert(!READ(&s, "check"));
    cr_expect_eq(s.lang, LANG_JA);
    setenv("LC_ALL", "C", 1);
    cr_assert(!READ(&s, "check"));
    cr_expect_eq(s.lang, LANG_EN);
    setenv("LC_ALL", "", 1);
    cr_assert(!READ(&s, "check"));
    cr_expect_eq(s.lang, LANG_JA);
}
