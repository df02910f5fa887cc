/* Whom a resident may ask: what the operator wrote into section help. */
#include <criterion/criterion.h>

#include "tests/lib/stage.h"

static struct stage stage;
static struct provider *genkan = &stage.genkan;
static struct browser *hers = &stage.hanako.browser;

static void open_stage(void)
{
    stage_open(&stage);
}

static void close_stage(void)
{
    stage_close(&stage);
}

TestSuite(help, .init = open_stage, .fini = close_stage);

static bool helps(const char *path, const char *office, const char *hours)
{
    cr_assert(browser_get(hers, path));
    const char *help = browser_text(hers, "help");
    return help && strstr(help, office) && strstr(help, "06-0000-0000") && strstr(help, hours) &&
           strstr(help, "help@pref.example.jp");
}

/* WCAG 2.2 3.2.6: on every page in the same place; above all where something went wrong. */
Test(help, every_page_names_who_helps_if_the_operator_has_said_it)
{
    static const char *const pages[] = {"/", "/me", "/me/services", "/nothing", "/authorize?client_id=nobody"};
    cr_assert(resident_visits(&stage.hanako, &stage.a_city));
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        cr_assert(browser_get(hers, pages[i]));
        cr_expect_not(browser_has_id(hers, "help"), "%s: nothing is promised that nobody has set up", pages[i]);
    }
    genkan->config->help.office = "大阪府 玄関サポート窓口";
    genkan->config->help.office_en = "Genkan help desk";
    genkan->config->help.phone = "06-0000-0000";
    genkan->config->help.hours = "平日 9時から";
    genkan->config->help.hours_en = "weekdays from 9";
    genkan->config->help.email = "help@pref.example.jp";
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        cr_expect(helps(pages[i], "大阪府 玄関サポート窓口", "平日 9時から"), "%s", pages[i]);
    cr_assert(browser_get(hers, "/me"));
    cr_expect_not_null(browser_link(hers, "#help"), "the account page leads to it");
    hers->language = "en";
    cr_expect(helps("/nothing", "Genkan help desk", "weekdays from 9"));
}
