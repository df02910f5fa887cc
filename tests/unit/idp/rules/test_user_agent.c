#include "idp/rules/user_agent.h"

#include <criterion/criterion.h>

static bool is(const char *header, const char *browser, const char *system)
{
    struct user_agent ua = user_agent_of_header(view_text(header));
    bool same = (browser ? ua.browser && strcmp(ua.browser, browser) == 0 : !ua.browser) &&
                (system ? ua.system && strcmp(ua.system, system) == 0 : !ua.system);
    if (!same)
        cr_log_error("%s: %s, %s", header, ua.browser ? ua.browser : "?", ua.system ? ua.system : "?");
    return same;
}

Test(user_agent, says_nothing_of_what_is_odd)
{
    static char longer[USER_AGENT_MAX + 2] = "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0";

    cr_expect(is(NULL, NULL, NULL));
    cr_expect(is("", NULL, NULL));
    cr_expect(is("curl/8.0", NULL, NULL));
    cr_expect(is("Mozilla/5.0 (Windows NT 10.0) Firefox/130.0\x80", NULL, NULL), "no ASCII");
    cr_expect(is("Mozilla/5.0 (Windows NT 10.0)\tFirefox/130.0", NULL, NULL), "a control character");
    memset(longer + strlen(longer), ' ', sizeof longer - 1 - strlen(longer));
    cr_expect(is(longer, NULL, NULL), "longer than any browser says");
    cr_expect(is("NotFirefox/1.0 xChrome/2.0", NULL, NULL), "a piece of a word is none");
    cr_expect(is("Mozilla/5.0 (Windows NT 10.0) (iPhone; x) Firefox/130.0", "Firefox", NULL), "two systems are none");
    cr_expect(is("Version/17.0", NULL, NULL), "Version alone is no Safari");
}

Test(user_agent, keeps_nothing_of_the_header_itself)
{
    struct user_agent ua = user_agent_of_header(VIEW("Mozilla/5.0 (Windows NT 10.0; <script>) Firefox/130.0 SC-51D"));

    cr_expect_str_eq(ua.browser, "Firefox");
    cr_expect_str_eq(ua.system, "Windows");
}

#define MOZ    "Mozilla/5.0 "
#define WEBKIT "AppleWebKit/537.36 (KHTML, like Gecko) "

Test(user_agent, knows_the_families_of_today)
{
    cr_expect(is(MOZ "(X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "Linux"));
    cr_expect(is(MOZ "(Windows NT 10.0; Win64; x64) " WEBKIT "Chrome/130.0.0.0 Safari/537.36", "Chrome", "Windows"));
    cr_expect(is(MOZ "(Windows NT 10.0; Win64; x64) " WEBKIT "Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0", "Edge",
                 "Windows"));
    cr_expect(is(MOZ "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
                     "Safari/605.1.15",
                 "Safari", "Mac"));
    cr_expect(is(MOZ "(iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
                     "Mobile/15E148 Safari/604.1",
                 "Safari", "iPhone"));
    cr_expect(is(MOZ "(iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0.0.0 "
                     "Mobile/15E148 Safari/604.1",
                 "Chrome", "iPad"));
    cr_expect(is(MOZ "(Linux; Android 10; K) " WEBKIT "Chrome/130.0.0.0 Mobile Safari/537.36", "Chrome", "Android"));
    cr_expect(is(MOZ "(Linux; Android 10; K) " WEBKIT "SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
                 "Samsung Internet", "Android"));
    cr_expect(is(MOZ "(X11; CrOS x86_64 14541.0.0) " WEBKIT "Chrome/130.0.0.0 Safari/537.36", "Chrome", "Chromebook"));
    cr_expect(is(MOZ
                 "(iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari Line/14",
                 "LINE", "iPhone"));
}

static bool comes_back(struct arena *a, const char *browser, const char *system)
{
    struct user_agent ua = user_agent_of_words(user_agent_words(a, (struct user_agent){browser, system}));
    return ua.browser == browser && ua.system == system;
}

Test(user_agent, is_stored_in_two_words_and_comes_back)
{
    struct arena a;
    struct user_agent ua = user_agent_of_header(VIEW("Mozilla/5.0 (Linux; Android 10) Firefox/130.0"));

    arena_open(&a, 4096);
    cr_expect(view_equal_text(user_agent_words(&a, ua), "firefox android"));
    cr_expect(comes_back(&a, ua.browser, ua.system));
    cr_expect(comes_back(&a, ua.browser, NULL));
    cr_expect(comes_back(&a, NULL, ua.system));
    cr_expect_not(view_is(user_agent_words(&a, (struct user_agent){NULL, NULL})));
    arena_close(&a);
}

Test(user_agent, words_we_do_not_know_say_nothing)
{
    static const char *const words[] = {"", "firefox", "netscape beos", "- -", "windows firefox", " "};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct user_agent ua = user_agent_of_words(view_text(words[i]));
        cr_expect_null(ua.browser, "%s", words[i]);
        cr_expect_null(ua.system, "%s", words[i]);
    }
}
