#include "webui/page.h"

#include <criterion/criterion.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "samples.h"
#include "webui/page_def.h"

static struct arena arena;
static struct pages *pages;

static void open_pages(void)
{
    arena_open(&arena, 64 << 20);
    cr_assert_eq(pages_open(&pages), ERR_OK);
    for (enum page_lang lang = PAGE_JA; lang < PAGE_LANGS; lang++)
        cr_assert_eq(pages_need(pages, lang), ERR_OK, "%s: the log says which page", page_lang_names[lang]);
}

static void close_pages(void)
{
    pages_close(pages);
    arena_close(&arena);
}

TestSuite(page, .init = open_pages, .fini = close_pages);

static void expect_well_formed(struct view text, const char *name)
{
    xmlDoc *doc = xmlReadMemory((const char *)text.p, (int)text.n, name, "UTF-8", XML_PARSE_NONET);
    cr_expect_not_null(doc, "%s is not well-formed", name);
    if (doc)
        xmlFreeDoc(doc);
}

static size_t count(struct view text, const char *what)
{
    size_t n = 0, length = strlen(what);
    for (size_t i = 0; i + length <= text.n; i++)
        n += memcmp(text.p + i, what, length) == 0;
    return n;
}

Test(page, is_well_formed_in_both_languages_and_has_its_landmarks)
{
    for (size_t i = 0;; i++) {
        for (enum page_lang lang = PAGE_JA; lang < PAGE_LANGS; lang++) {
            struct buf b;
            struct view text;
            const char *name;
            enum page_kind kind;
            buf_open(&b, &arena, 1 << 20);
            if (!sample_put(&b, pages, i, lang, &name, &kind))
                return;
            cr_assert_eq(buf_done(&b, &text), ERR_OK);
            expect_well_formed(text, name);
            cr_expect_eq(count(text, "<h1>"), 1, "%s has one h1", name);
            cr_expect_eq(count(text, "<main "), 1, "%s", name);
            cr_expect_eq(count(text, "<header "), 1, "%s", name);
            cr_expect_eq(count(text, "<footer "), 1, "%s", name);
            cr_expect_eq(count(text, "id=\"help\""), 1, "%s: WCAG 2.2, 3.2.6", name);
            cr_expect_eq(count(text, "class=\"skip\" href=\"#main\""), 1, "%s", name);
            cr_expect_eq(count(text, arena_printf(&arena, " lang=\"%s\" data-letters=\"normal\">\n<head>",
                                                  page_lang_names[lang])),
                         1, "%s", name);
            cr_expect_eq(count(text, "<title></title>"), 0, "%s", name);
            cr_expect_eq(count(text, "<script"), 1 + (kind == PAGE_ASKS || kind == PAGE_POSTS_ELSEWHERE), "%s", name);
            cr_expect_eq(count(text, "<script src=\"/assets/page."), 1, "%s is not shown again without asking", name);
        }
    }
}

Test(page, is_kept_as_a_file_for_the_browser_tests)
{
    mkdir(BUILD_DIR "/pages", 0777);
    for (size_t i = 0;; i++) {
        for (enum page_lang lang = PAGE_JA; lang < PAGE_LANGS; lang++) {
            struct buf b;
            struct view text;
            const char *name;
            enum page_kind kind;
            buf_open(&b, &arena, 1 << 20);
            if (!sample_put(&b, pages, i, lang, &name, &kind))
                return;
            cr_assert_eq(buf_done(&b, &text), ERR_OK);
            const char *path = arena_printf(&arena, BUILD_DIR "/pages/%s.%s.html", name, page_lang_names[lang]);
            FILE *f = fopen(path, "wb");
            cr_assert_not_null(f, "%s", path);
            cr_expect_eq(fwrite(text.p, 1, text.n, f), text.n);
            cr_expect_eq(fclose(f), 0);
        }
    }
}

/* --- words ---------------------------------------------------------------------------------------------------- */

Test(page, has_every_word_in_both_languages)
{
    struct words *words[PAGE_LANGS];
    const char *why;
    struct view text;
    for (enum page_lang lang = PAGE_JA; lang < PAGE_LANGS; lang++)
        cr_assert_eq(page_words(&words[lang], &arena, lang, &why), ERR_OK);
    for (enum page_lang lang = PAGE_JA; lang < PAGE_LANGS; lang++) {
        for (size_t i = 0; i < words_count(words[lang]); i++) {
            struct view key = words_key(words[lang], i);
            cr_expect(words_find(words[!lang], key, &text), "%.*s is missing in %s", (int)key.n, key.p,
                      page_lang_names[!lang]);
        }
    }
}

Test(page, asks_for_the_same_number_of_steps_in_both_languages)
{
    struct words *ja, *en, *easy;
    const char *why;
    struct view here, there, plain;
    cr_assert_eq(page_words(&ja, &arena, PAGE_JA, &why), ERR_OK);
    cr_assert_eq(page_words(&en, &arena, PAGE_EN, &why), ERR_OK);
    cr_assert_eq(page_words(&easy, &arena, PAGE_EASY, &why), ERR_OK);
    for (size_t i = 0; i < words_count(ja); i++) {
        struct view key = words_key(ja, i);
        cr_assert(words_find(ja, key, &here) && words_find(en, key, &there) && words_find(easy, key, &plain));
        cr_expect_eq(count(here, "|"), count(plain, "|"), "%.*s", (int)key.n, key.p);
        cr_expect_eq(count(here, "{"), count(plain, "{"), "%.*s", (int)key.n, key.p);
        cr_expect_eq(count(here, "|"), count(there, "|"), "%.*s", (int)key.n, key.p);
        cr_expect_eq(count(here, "{"), count(there, "{"), "%.*s", (int)key.n, key.p);
    }
}

struct used {
    struct words *words;
    bool seen[4096];
};

static void mark_used(void *ctx, struct view key)
{
    struct used *u = ctx;
    for (size_t i = 0; i < words_count(u->words); i++)
        if (view_equal(words_key(u->words, i), key))
            u->seen[i] = true;
}

static struct view file_of(const char *name)
{
    for (size_t i = 0; i < webui_pages_count; i++)
        if (strcmp(webui_pages[i].name, name) == 0)
            return webui_pages[i].bytes;
    return VIEW_NONE;
}

Test(page, uses_every_word)
{
    static struct used used;
    const char *why;
    cr_assert_eq(page_words(&used.words, &arena, PAGE_JA, &why), ERR_OK);
    for (enum page_id id = 0; id < PAGE_IDS; id++) {
        struct template *t;
        struct template_env env = page_env(id, used.words, mark_used, &used);
        cr_assert_eq(template_read(&t, &arena, file_of(page_def(id)->file), &env, &why), ERR_OK);
    }
    for (size_t i = 0; i < words_count(used.words); i++)
        cr_expect(used.seen[i], "%.*s is used nowhere", (int)words_key(used.words, i).n, words_key(used.words, i).p);
}

/* --- easy Japanese --------------------------------------------------------------------------------------------- */

/* What somebody who has learnt Japanese for a year does not read. */
static const char *hard_word_of(struct view text)
{
    static const char *const hard[] = {"世帯", "続柄", "申し出", "引きつ", "氏名", "生年月日",
                                       "提供", "手続", "有効",   "引継",   "開示", "券面"};
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
        if (count(text, hard[i]))
            return hard[i];
    return NULL;
}

static size_t letters_of(struct view v)
{
    size_t n = 0;
    for (size_t i = 0; i < v.n; i++)
        n += (v.p[i] & 0xC0) != 0x80;
    return n;
}

/* Short sentences, with spaces between the phrases. */
static void expect_easy(struct view key, struct view text)
{
    const char *hard = hard_word_of(text), *all = arena_text(&arena, text), *end;
    cr_expect_null(hard, "%.*s has %s", (int)key.n, key.p, hard);
    for (; *all; all = end) {
        end = strstr(all, "。");
        end = end ? end + strlen("。") : all + strlen(all);
        struct view sentence = view_bytes(all, (size_t)(end - all));
        cr_expect_leq(letters_of(sentence), 60, "%.*s: %.*s", (int)key.n, key.p, (int)sentence.n, sentence.p);
        cr_expect(letters_of(sentence) < 20 || count(key, "_hint") || count(sentence, " ") > 0, "%.*s: %.*s",
                  (int)key.n, key.p, (int)sentence.n, sentence.p);
    }
}

/* Every page but the auditor's and the statistics. */
Test(page, of_residents_is_easy_in_easy_japanese)
{
    static const enum page_id hard[] = {PAGE_AUDIT, PAGE_AUDIT_JOIN, PAGE_AUDIT_IDENTITY, PAGE_STATISTICS};
    static struct used used;
    const char *why;
    struct view text;
    cr_assert_eq(page_words(&used.words, &arena, PAGE_EASY, &why), ERR_OK);
    for (enum page_id id = 0; id < PAGE_IDS; id++) {
        struct template *t;
        struct template_env env = page_env(id, used.words, mark_used, &used);
        bool is_hard = false;
        for (size_t i = 0; i < sizeof hard / sizeof *hard; i++)
            is_hard |= id == hard[i];
        if (!is_hard)
            cr_assert_eq(template_read(&t, &arena, file_of(page_def(id)->file), &env, &why), ERR_OK);
    }
    for (size_t i = 0; i < words_count(used.words); i++)
        if (used.seen[i] && words_find(used.words, words_key(used.words, i), &text))
            expect_easy(words_key(used.words, i), text);
}

/* --- hostile facts -------------------------------------------------------------------------------------------- */

#define ATTACK "</title></textarea><script>\"'&x=\x01\xC3"

/* Fills facts by their table; BITS say what flags and choices are. */
static void fill(char *facts, const struct fact *table, unsigned bits, const char *url)
{
    for (const struct fact *f = table; f->name; f++) {
        void *at = facts + f->offset;
        bits = bits * 1103515245u + 12345u;
        if (f->kind == FACT_TEXT)
            *(struct view *)at = VIEW(ATTACK);
        else if (f->kind == FACT_URL)
            *(struct view *)at = view_text(url);
        else if (f->kind == FACT_FLAG)
            *(bool *)at = (bits >> 16) & 1;
        else if (f->kind == FACT_CHOICE && strcmp(f->name, "lang") != 0) {
            int n = 0;
            while (f->names[n])
                n++;
            *(int *)at = (int)((bits >> 16) % (unsigned)n);
        } else if (f->kind == FACT_LIST) {
            char *items = arena_array(&arena, 3, f->item_size);
            for (unsigned i = 0; i < 3; i++)
                fill(items + i * f->item_size, f->item, bits + i, url);
            *(char **)at = items;
            *(size_t *)(void *)(facts + f->count_offset) = 3;
        }
    }
}

static void expect_harmless(struct view text, const char *name)
{
    expect_well_formed(text, name);
    cr_expect_eq(count(text, "</textarea><script"), 0, "%s", name);
    cr_expect_eq(count(text, "<script>"), 0, "%s", name);
    cr_expect_eq(count(text, "\"'&x"), 0, "%s", name);
    cr_expect_eq(count(text, "=\"javascript:"), 0, "%s", name);
    cr_expect_eq(count(text, "=\"//evil"), 0, "%s", name);
}

Test(page, writes_attacks_escaped_everywhere_and_refuses_their_addresses)
{
    static const char *const urls[] = {"javascript:alert(1)", "//evil.example/", "https://a.example/\"><script>"};
    for (enum page_id id = 0; id < PAGE_IDS; id++) {
        for (unsigned round = 0; round < 64; round++) {
            char *facts = arena_alloc(&arena, 4096);
            struct buf b;
            struct view text;
            cr_assert_not_null(facts);
            fill(facts, page_def(id)->facts, round * 7919, urls[round % 3]);
            ((struct page_frame *)(void *)facts)->lang = round % 2 ? PAGE_EN : PAGE_JA;
            buf_open(&b, NULL, 1 << 20);
            page_put(&b, pages, id, (const struct page_frame *)(void *)facts);
            cr_assert_eq(buf_done(&b, &text), ERR_OK);
            expect_harmless(text, page_def(id)->file);
            buf_close(&b);
        }
    }
}

Test(page, tells_when_it_does_not_fit)
{
    struct buf b;
    struct view text;
    buf_open(&b, &arena, 100);
    page_home(&b, pages, &(struct page_home){0});
    cr_assert_eq(buf_done(&b, &text), ERR_LIMIT);
}

/* --- the rest ------------------------------------------------------------------------------------------------- */

static struct view written_consent(const struct page_consent *facts)
{
    struct buf b;
    struct view text;
    buf_open(&b, &arena, 1 << 20);
    page_consent(&b, pages, facts);
    cr_assert_eq(buf_done(&b, &text), ERR_OK);
    return text;
}

Test(page, ticks_no_optional_field_by_itself_and_offers_no_tick_without_a_value)
{
    struct page_consent_field field = {.id = VIEW("interests"), .title = VIEW("T"), .value = VIEW("V")};
    struct page_consent facts = {.optional = &field, .n_optional = 1, .duration = PAGE_YEAR};
    cr_expect_eq(count(written_consent(&facts), "checked"), 2); /* one radio: checked="checked" */
    cr_expect_eq(count(written_consent(&facts), "type=\"checkbox\""), 1);
    field.ticked = true;
    cr_expect_eq(count(written_consent(&facts), "checked"), 4);
    field.value = VIEW_NONE;
    cr_expect_eq(count(written_consent(&facts), "type=\"checkbox\""), 0);
}

Test(page, masks_sensitive_values_until_they_are_opened)
{
    struct page_consent_field field = {
        .id = VIEW("address"), .title = VIEW("T"), .value = VIEW("V"), .sensitive = true};
    struct page_consent facts = {.required = &field, .n_required = 1};
    cr_expect_eq(count(written_consent(&facts), "<details><summary>"), 1);
    field.sensitive = false;
    cr_expect_eq(count(written_consent(&facts), "<details>"), 0);
}

Test(page, does_not_let_anybody_allow_what_is_not_there)
{
    struct page_consent_field field = {.id = VIEW("name"), .title = VIEW("T"), .from_card = true};
    struct page_consent facts = {.required = &field, .n_required = 1, .lacks_required = true, .lacks_card = true};
    cr_expect_eq(count(written_consent(&facts), "value=\"allow\""), 0);
    cr_expect_eq(count(written_consent(&facts), "value=\"refuse\""), 1);
    cr_expect_eq(count(written_consent(&facts), "value=\"read\""), 1);
}

Test(page, shows_the_referrer_to_the_agent_only)
{
    cr_expect_str_eq(page_referrer_policy(PAGE_LINKS_AGENT), "origin");
    cr_expect_str_eq(page_referrer_policy(PAGE_PLAIN), "same-origin");
    cr_expect_str_eq(page_referrer_policy(PAGE_ASKS), "same-origin");
}

Test(page, allows_no_inline_code_and_no_third_party)
{
    for (enum page_kind kind = PAGE_PLAIN; kind <= PAGE_POSTS_ELSEWHERE; kind++) {
        const char *csp = page_csp(kind);
        cr_expect_not_null(strstr(csp, "default-src 'none'"));
        cr_expect_not_null(strstr(csp, "frame-ancestors 'none'"));
        cr_expect_null(strstr(csp, "unsafe"));
        cr_expect_null(strstr(csp, "http"));
        cr_expect_null(strchr(csp, '*'));
        cr_expect_not_null(strstr(csp, "script-src 'self';"));
        cr_expect_eq(strstr(csp, "connect-src") != NULL, kind == PAGE_ASKS);
    }
}

Test(page, knows_problems_by_their_names)
{
    enum page_problem p;
    for (enum page_problem i = 0; i < PAGE_PROBLEMS; i++) {
        cr_expect(page_problem_of(&p, view_text(page_problem_name(i))));
        cr_expect_eq(p, i);
    }
    cr_expect_not(page_problem_of(&p, VIEW("pin_wrong")));
    cr_expect_not(page_problem_of(&p, VIEW("")));
    cr_expect_not(page_problem_of(&p, VIEW_NONE));
}
