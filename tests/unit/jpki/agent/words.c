#include "jpki/agent/words.h"

#include <criterion/criterion.h>

#include "base/text.h"

static int places(const char *s)
{
    int n = 0;
    for (; (s = strstr(s, "%s")); s += 2)
        n++;
    return n;
}

Test(words, all_are_there_in_both_languages_with_the_same_places)
{
    for (int w = 0; w < WORD_COUNT; w++) {
        const char *ja = word(LANG_JA, (enum word)w), *en = word(LANG_EN, (enum word)w);
        cr_expect(*ja && *en && text_is_utf8(view_text(ja)) && text_is_utf8(view_text(en)));
        cr_expect_eq(places(ja), places(en), "%s", en);
    }
}

Test(words, put_fills_the_places_in_order)
{
    struct buf b;
    const char *text;
    const struct view v[] = {VIEW("施設予約"), VIEW("A市 %s")};
    buf_open(&b, NULL, 1024);
    words_put(&b, LANG_JA, W_LOGIN_TO, v, 2);
    cr_assert(!buf_done_text(&b, &text));
    cr_expect_str_eq(text, "「施設予約」（A市 %s）にログインします。");
    buf_close(&b);
}

Test(words, languages_are_told_apart)
{
    cr_expect(words_lang(VIEW("en")) == LANG_EN && words_lang(VIEW("ja")) == LANG_JA);
    cr_expect(words_lang(VIEW("fr")) == LANG_JA && words_lang(VIEW_NONE) == LANG_JA);
    cr_expect(words_lang_accepted(VIEW("en-GB,en;q=0.9,ja;q=0.8")) == LANG_EN);
    cr_expect(words_lang_accepted(VIEW("ja,en;q=0.8")) == LANG_JA && words_lang_accepted(VIEW_NONE) == LANG_JA);
}
