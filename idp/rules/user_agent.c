#include "idp/rules/user_agent.h"

#include "base/text.h"

struct family {
    const char *mark; /* what of the header says it */
    const char *name, *word;
};

/* The first one counts: most browsers also say that they are what they were made of. */
static const struct family browsers[] = {
    {"Line/", "LINE", "line"},        {"EdgA/", "Edge", "edge"},
    {"EdgiOS/", "Edge", "edge"},      {"Edg/", "Edge", "edge"},
    {"OPR/", "Opera", "opera"},       {"SamsungBrowser/", "Samsung Internet", "samsung"},
    {"FxiOS/", "Firefox", "firefox"}, {"Firefox/", "Firefox", "firefox"},
    {"CriOS/", "Chrome", "chrome"},   {"Chrome/", "Chrome", "chrome"},
    {"Version/", "Safari", "safari"},
};

/* Of these a header says one; Android stands before Linux, which it says that it is, too. */
static const struct family systems[] = {
    {"(Windows NT", "Windows", "windows"}, {"(iPhone;", "iPhone", "iphone"},     {"(iPad;", "iPad", "ipad"},
    {"(Macintosh;", "Mac", "mac"},         {" CrOS ", "Chromebook", "chromeos"}, {" Android", "Android", "android"},
    {"Linux", "Linux", "linux"},
};

#define BROWSERS (sizeof browsers / sizeof *browsers)
#define SYSTEMS  (sizeof systems / sizeof *systems)

static bool has(struct view v, const char *mark)
{
    for (size_t i = 0; i < v.n; i++)
        if (view_starts(view_from(v, i), view_text(mark)))
            return true;
    return false;
}

/* A product stands at the beginning or behind a space (RFC 9110 10.1.5): "NotChrome/" is no Chrome. */
static bool has_product(struct view v, const char *mark)
{
    for (size_t i = 0; i < v.n; i++)
        if ((i == 0 || v.p[i - 1] == ' ') && view_starts(view_from(v, i), view_text(mark)))
            return true;
    return false;
}

static const char *browser_of(struct view header)
{
    for (size_t i = 0; i < BROWSERS; i++)
        if (has_product(header, browsers[i].mark))
            return strcmp(browsers[i].word, "safari") != 0 || has_product(header, "Safari/") ? browsers[i].name : NULL;
    return NULL;
}

/* Whoever says to be two of them is odd. */
static const char *system_of(struct view header)
{
    const char *found = NULL;
    for (size_t i = 0; i < SYSTEMS; i++) {
        bool linux_of_android = found && strcmp(found, "Android") == 0 && i == SYSTEMS - 1;
        if (!has(header, systems[i].mark) || linux_of_android)
            continue;
        if (found)
            return NULL;
        found = systems[i].name;
    }
    return found;
}

struct user_agent user_agent_of_header(struct view header)
{
    if (!view_is(header) || header.n > USER_AGENT_MAX || !text_is_printable(header))
        return (struct user_agent){NULL, NULL};
    return (struct user_agent){browser_of(header), system_of(header)};
}

static const char *word_of(const struct family *all, size_t n, const char *name)
{
    for (size_t i = 0; name && i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].word;
    return "-";
}

struct view user_agent_words(struct arena *a, struct user_agent ua)
{
    if (!ua.browser && !ua.system)
        return VIEW_NONE;
    return view_text(
        arena_printf(a, "%s %s", word_of(browsers, BROWSERS, ua.browser), word_of(systems, SYSTEMS, ua.system)));
}

static const char *name_of(const struct family *all, size_t n, struct view word)
{
    for (size_t i = 0; i < n; i++)
        if (view_equal_text(word, all[i].word))
            return all[i].name;
    return NULL;
}

struct user_agent user_agent_of_words(struct view words)
{
    struct view browser, system;
    if (!view_next(&words, ' ', &browser) || !view_next(&words, ' ', &system))
        return (struct user_agent){NULL, NULL};
    return (struct user_agent){name_of(browsers, BROWSERS, browser), name_of(systems, SYSTEMS, system)};
}
