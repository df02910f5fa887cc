#include "jpki/agent/desk_words.h"

#include <criterion/criterion.h>

static size_t places(const char *text)
{
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, "%s")); at += 2)
        n++;
    return n;
}

Test(desk_words, every_text_is_there_in_both_languages_with_the_same_places)
{
    for (int w = 0; w < DESK_WORD_COUNT; w++) {
        const char *ja = desk_word(LANG_JA, (enum desk_word)w), *en = desk_word(LANG_EN, (enum desk_word)w);
        cr_expect(w == D_NOTHING || (*ja && *en), "%d", w);
        cr_expect_eq(places(ja), places(en), "%s / %s", ja, en);
        cr_expect(!strchr(en, '\n') || strchr(ja, '\n'), "%s", en);
    }
}
