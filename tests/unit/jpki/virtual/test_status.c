/* The table of status words, on the card on the table. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/lib/status_rules.h"
#include "tests/unit/jpki/virtual/bench_card.h"

static void make_chip(struct bench_card *b, enum status_chip chip)
{
    struct applet_options *o = &b->applet.options;
    bench_open(b, "hanako", chip == CHIP_WORN_OUT ? "/nonexistent/state.json" : NULL,
               (struct files_options){NULL, false});
    o->says_eof = chip == CHIP_SAYS_EOF;
    o->first_fails = chip == CHIP_FIRST_FAILS;
    o->blocked_6983 = chip == CHIP_BLOCKED_6983;
    o->verified_9000 = chip == CHIP_VERIFIED_9000;
    o->length_is_free = chip == CHIP_LENGTH_IS_FREE;
    o->short_only = chip == CHIP_SHORT_ONLY;
}

static void play(struct bench_card *b, const char *commands)
{
    char one[512];
    while (*commands) {
        size_t n = strcspn(commands, "|");
        snprintf(one, sizeof one, "%.*s", (int)n, commands);
        if (strcmp(one, "power") == 0)
            applet_power_off(&b->applet);
        else
            bench_say(b, one, NULL);
        commands += n + (commands[n] == '|');
    }
}

Test(status, words_are_as_the_table_of_facts_says)
{
    cr_assert_geq(status_rules_n, 95);
    for (size_t i = 0; i < status_rules_n; i++) {
        const struct status_rule *rule = &status_rules[i];
        struct bench_card b;
        make_chip(&b, rule->chip);
        play(&b, rule->before);
        unsigned sw = bench_say(&b, rule->say, NULL);
        cr_expect_eq(sw, rule->sw, "%s: %s after %s gave %04X, not %04X", rule->fact, rule->say, rule->before, sw,
                     rule->sw);
        bench_close(&b);
    }
}

Test(status, words_of_the_facts_are_all_in_the_table_or_only_ordered)
{
    for (size_t i = 0; i < status_words_n; i++) {
        size_t rows = 0;
        for (size_t k = 0; k < status_rules_n; k++)
            rows += status_rules[k].sw == status_words[i].sw;
        cr_expect_eq(rows == 0, status_words[i].only_ordered, "%04X is in %zu rows", status_words[i].sw, rows);
    }
}
