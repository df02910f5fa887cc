#include "webui/template.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct row {
    struct view name;
    bool good;
    const struct row *rows;
    size_t n_rows;
};

struct sheet {
    struct view name, empty;
    struct view url;
    bool yes, no;
    int color;
    const struct row *rows;
    size_t n_rows;
};

static const char *const colors[] = {"red", "blue", NULL};

static const struct fact inner_facts[] = {{"inner", FACT_TEXT, offsetof(struct row, name), NULL, 0, 0, NULL},
                                          {.name = NULL}};
static const struct fact row_facts[] = {{"row", FACT_TEXT, offsetof(struct row, name), NULL, 0, 0, NULL},
                                        {"good", FACT_FLAG, offsetof(struct row, good), NULL, 0, 0, NULL},
                                        {"rows", FACT_LIST, offsetof(struct row, rows), NULL,
                                         offsetof(struct row, n_rows), sizeof(struct row), inner_facts},
                                        {.name = NULL}};
static const struct fact sheet_facts[] = {{"name", FACT_TEXT, offsetof(struct sheet, name), NULL, 0, 0, NULL},
                                          {"empty", FACT_TEXT, offsetof(struct sheet, empty), NULL, 0, 0, NULL},
                                          {"url", FACT_URL, offsetof(struct sheet, url), NULL, 0, 0, NULL},
                                          {"yes", FACT_FLAG, offsetof(struct sheet, yes), NULL, 0, 0, NULL},
                                          {"no", FACT_FLAG, offsetof(struct sheet, no), NULL, 0, 0, NULL},
                                          {"color", FACT_CHOICE, offsetof(struct sheet, color), colors, 0, 0, NULL},
                                          {"list", FACT_LIST, offsetof(struct sheet, rows), NULL,
                                           offsetof(struct sheet, n_rows), sizeof(struct row), row_facts},
                                          {.name = NULL}};

static const char words_file[] = "hello = hello {name}!\nplain = plain\ncolor.red = rot {name}\ncolor.blue = blau\n"
                                 "list = one|two {name}|three\nred.do = r1|r2\nblue.do = b1\nmarkup = <b>&\"\n"
                                 "open = {name\nstrange = {stranger}\nflagged = {yes}\nurled = {url}\n";

static bool part(void *ctx, struct view name, struct view *xhtml)
{
    (void)ctx;
    if (view_equal_text(name, "loop"))
        *xhtml = VIEW("<g:part xmlns:g='urn:genkan:page'><g:include part='loop'/></g:part>");
    else
        *xhtml =
            VIEW("<g:part xmlns:g='urn:genkan:page' xmlns='http://www.w3.org/1999/xhtml'><i g:text='name'/></g:part>");
    return view_equal_text(name, "loop") || view_equal_text(name, "some");
}

static bool asset(void *ctx, struct arena *a, struct view name, struct view *address)
{
    (void)ctx;
    (void)a;
    *address = VIEW("/assets/x.1.js");
    return view_equal_text(name, "x.js");
}

static struct arena arena;

static void open_arena(void)
{
    arena_open(&arena, 4 << 20);
}

static void close_arena(void)
{
    arena_close(&arena);
}

TestSuite(template, .init = open_arena, .fini = close_arena);

static enum err read_text(struct template **t, struct view text, const char **why)
{
    struct words *words;
    cr_assert_eq(words_read(&words, &arena, view_text(words_file), why), ERR_OK);
    struct template_env env = {.facts = sheet_facts, .words = words, .part = part, .asset = asset};
    *why = "";
    return template_read(t, &arena, text, &env, why);
}

#define ROOT                                                                                                           \
    "<p xmlns='http://www.w3.org/1999/xhtml' xmlns:g='urn:genkan:page' xmlns:put='urn:genkan:put' "                    \
    "xmlns:say='urn:genkan:say' xmlns:asset='urn:genkan:asset'>"

static enum err read_body(struct template **t, const char *body, const char **why)
{
    return read_text(t, view_text(arena_printf(&arena, ROOT "%s</p>", body)), why);
}

static const struct row inner[] = {{VIEW("x"), true, NULL, 0}, {VIEW("y"), true, NULL, 0}};
static const struct row rows[] = {{VIEW("a<"), true, inner, 2}, {VIEW("b"), false, NULL, 0}};
static const struct sheet sheet = {.name = VIEW("N<&>\"'"),
                                   .url = VIEW("https://a.example/?x=\"&y='"),
                                   .empty = VIEW_NONE,
                                   .yes = true,
                                   .rows = rows,
                                   .n_rows = 2};

static const char *written_of(const char *body, const struct sheet *facts)
{
    struct template *t;
    const char *why, *text;
    struct buf b;
    cr_assert_eq(read_body(&t, body, &why), ERR_OK, "%s: %s", body, why);
    buf_open(&b, &arena, 1 << 16);
    template_put(&b, t, facts);
    cr_assert_eq(buf_done_text(&b, &text), ERR_OK);
    const char *start = strstr(text, "<p>") + 3;
    return arena_text(&arena, view_bytes(start, strlen(start) - strlen("</p>\n")));
}

static const char *written(const char *body)
{
    return written_of(body, &sheet);
}

#define NAME_OUT "N&lt;&amp;&gt;&quot;&#39;"

Test(template, writes_a_fact_escaped)
{
    cr_assert_str_eq(written("<b g:text='name'/>"), "<b>" NAME_OUT "</b>");
    cr_assert_str_eq(written("<b put:title='name'/>"), "<b title=\"" NAME_OUT "\"></b>");
    cr_assert_str_eq(written("<b put:id='f-{name}-x'/>"), "<b id=\"f-" NAME_OUT "-x\"></b>");
    cr_assert_str_eq(written("<b g:text='url'/>"), "<b>https://a.example/?x=&quot;&amp;y=&#39;</b>");
}

Test(template, writes_a_word_with_its_facts_escaped)
{
    cr_assert_str_eq(written("<b g:word='hello'/>"), "<b>hello " NAME_OUT "!</b>");
    cr_assert_str_eq(written("<b say:title='hello'/>"), "<b title=\"hello " NAME_OUT "!\"></b>");
    cr_assert_str_eq(written("<b g:word='markup'/>"), "<b>&lt;b&gt;&amp;&quot;</b>");
    cr_assert_str_eq(written("<b g:words='list'/>"), "<b>one</b><b>two " NAME_OUT "</b><b>three</b>");
}

Test(template, picks_the_word_of_a_choice)
{
    struct sheet blue = sheet;
    blue.color = 1;
    cr_assert_str_eq(written("<b g:word='color.{color}'/>"), "<b>rot " NAME_OUT "</b>");
    cr_assert_str_eq(written_of("<b g:word='color.{color}'/>", &blue), "<b>blau</b>");
    cr_assert_str_eq(written_of("<b g:words='{color}.do'/>", &sheet), "<b>r1</b><b>r2</b>");
    cr_assert_str_eq(written_of("<b g:words='{color}.do'/>", &blue), "<b>b1</b>");
    cr_assert_str_eq(written_of("<b put:title='color'/>", &blue), "<b title=\"blue\"></b>");
}

Test(template, keeps_an_element_only_if_all_conditions_hold)
{
    cr_assert_str_eq(written("<b g:if='yes'/><i g:if='no'/><u g:if='!no'/>"), "<b></b><u></u>");
    cr_assert_str_eq(written("<b g:if='name'/><i g:if='empty'/><u g:if='!empty list'/>"), "<b></b><u></u>");
    cr_assert_str_eq(written("<b g:if='color=red'/><i g:if='color=blue'/><u g:if='!color=blue'/>"), "<b></b><u></u>");
    cr_assert_str_eq(written("<b g:if='yes no'/><i g:if='no yes'/><u g:if='yes name'/>"), "<u></u>");
}

Test(template, repeats_an_element_for_each_item)
{
    cr_assert_str_eq(written("<b g:each='list' put:id='r-{row}'><i g:if='good' g:text='row'/><u g:text='name'/></b>"),
                     "<b id=\"r-a&lt;\"><i>a&lt;</i><u>" NAME_OUT "</u></b><b id=\"r-b\"><u>" NAME_OUT "</u></b>");
    cr_assert_str_eq(written("<b g:each='list'><i g:each='rows' g:text='inner'/></b>"),
                     "<b><i>x</i><i>y</i></b><b></b>");
    struct sheet none = sheet;
    none.n_rows = 0;
    cr_assert_str_eq(written_of("<b g:each='list'/>", &none), "");
}

Test(template, leaves_an_absent_or_false_attribute_out)
{
    cr_assert_str_eq(written("<b put:title='empty' put:hidden='no' put:id='name'/>"), "<b id=\"" NAME_OUT "\"></b>");
    cr_assert_str_eq(written("<input put:checked='yes'/>"), "<input checked=\"checked\"/>");
}

Test(template, writes_an_address_only_if_it_is_safe)
{
    struct sheet bad = sheet;
    cr_assert_str_eq(written("<a put:href='url'/>"), "<a href=\"https://a.example/?x=&quot;&amp;y=&#39;\"></a>");
    bad.url = VIEW("javascript:alert(1)");
    cr_assert_str_eq(written_of("<a put:href='url'/>", &bad), "<a></a>");
    bad.url = VIEW("//evil.example/");
    cr_assert_str_eq(written_of("<form put:action='url'/>", &bad), "<form></form>");
    bad.url = VIEW_NONE;
    cr_assert_str_eq(written_of("<a put:href='url'/>", &bad), "<a></a>");
}

Test(template, includes_parts_and_assets)
{
    cr_assert_str_eq(written("<g:include part='some'/>"), "<i>" NAME_OUT "</i>");
    cr_assert_str_eq(written("<script asset:src='x.js' defer='defer'/>"),
                     "<script src=\"/assets/x.1.js\" defer=\"defer\"></script>");
}

Test(template, knows_void_elements_and_closes_all_others)
{
    cr_assert_str_eq(written("<br/><span/>\n <!-- gone --><img src='/x.svg' alt=''/>"),
                     "<br/><span></span>\n<img src=\"/x.svg\" alt=\"\"/>");
}

Test(template, refuses_what_could_run_or_load)
{
    static const char *const bad[] = {"<script>alert(1)</script>",
                                      "<script src='/x.js'/>",
                                      "<script put:src='url'/>",
                                      "<script defer='defer'/>",
                                      "<style>p{}</style>",
                                      "<style/>",
                                      "<b style='x'/>",
                                      "<b onclick='x'/>",
                                      "<b put:onclick='name'/>",
                                      "<b say:onclick='plain'/>",
                                      "<iframe src='/x'/>",
                                      "<iframe src='/x' sandbox=''/>",
                                      "<iframe src='/x' sandbox='allow-scripts allow-top-navigation'/>",
                                      "<object/>",
                                      "<embed/>",
                                      "<base href='/x'/>",
                                      "<svg/>",
                                      "<b put:style='name'/>",
                                      "<b srcdoc='x'/>",
                                      "<b put:srcdoc='name'/>",
                                      "<meta http-equiv='refresh'/>",
                                      "<a href='javascript:x'/>",
                                      "<a href='https://evil.example/'/>",
                                      "<a href='//evil.example/'/>",
                                      "<a href=''/>",
                                      "<form action='http://evil.example/'/>",
                                      "<img src='data:x'/>",
                                      "<x:b xmlns:x='urn:x'/>",
                                      "<b x:y='1' xmlns:x='urn:x'/>"};
    struct template *t;
    const char *why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_body(&t, bad[i], &why), ERR_SYNTAX, "%s", bad[i]);
}

Test(template, refuses_a_text_as_an_address)
{
    struct template *t;
    const char *why;
    cr_expect_eq(read_body(&t, "<a put:href='name'/>", &why), ERR_SYNTAX);
    cr_expect_eq(read_body(&t, "<a put:href='/x?{name}'/>", &why), ERR_SYNTAX);
    cr_expect_eq(read_body(&t, "<a put:href='{url}'/>", &why), ERR_SYNTAX);
    cr_expect_eq(read_body(&t, "<a say:href='plain'/>", &why), ERR_SYNTAX);
    cr_expect_eq(read_body(&t, "<form put:action='name'/>", &why), ERR_SYNTAX);
    cr_expect_eq(read_body(&t, "<button put:formaction='name'/>", &why), ERR_SYNTAX);
}

Test(template, refuses_facts_and_words_that_do_not_exist)
{
    static const char *const bad[] = {
        "<b g:text='stranger'/>",       "<b g:text='row'/>",        "<b g:word='stranger'/>",
        "<b g:word='strange'/>",        "<b g:word='open'/>",       "<b g:word='color.{name}'/>",
        "<b g:word='plain.{color}'/>",  "<b g:if='stranger'/>",     "<b g:if='color'/>",
        "<b g:if='color=green'/>",      "<b g:if='name=x'/>",       "<b g:each='name'/>",
        "<b g:each='stranger'/>",       "<b g:text='list'/>",       "<b g:text='yes'/>",
        "<b g:word='flagged'/>",        "<b put:title='list'/>",    "<b g:stranger='x'/>",
        "<g:include part='stranger'/>", "<g:include part='loop'/>", "<g:other/>",
        "<b asset:src='stranger.js'/>"};
    struct template *t;
    const char *why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_body(&t, bad[i], &why), ERR_SYNTAX, "%s", bad[i]);
}

Test(template, refuses_text_that_is_not_a_word)
{
    static const char *const bad[] = {"text",
                                      "<b>text</b>",
                                      "&amp;",
                                      "<b title='text'/>",
                                      "<img alt='text'/>",
                                      "<input placeholder='x'/>",
                                      "<b aria-label='x'/>",
                                      "<![CDATA[x]]>"};
    struct template *t;
    const char *why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_body(&t, bad[i], &why), ERR_SYNTAX, "%s", bad[i]);
}

Test(template, refuses_two_contents)
{
    struct template *t;
    const char *why;
    cr_expect_eq(read_body(&t, "<b g:text='name' g:word='plain'/>", &why), ERR_SYNTAX);
    cr_expect_eq(read_body(&t, "<b g:text='name'><i/></b>", &why), ERR_SYNTAX);
}

Test(template, refuses_documents_that_declare_or_fetch)
{
    static const char *const bad[] = {
        "",
        "<p",
        "<p></q>",
        "<p xmlns='http://www.w3.org/1999/xhtml'>&nbsp;</p>",
        "<!DOCTYPE html SYSTEM 'file:///etc/passwd'><p xmlns='http://www.w3.org/1999/xhtml'/>",
        "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><p xmlns='http://www.w3.org/1999/xhtml'>&x;</p>",
        "<!DOCTYPE html [<!ENTITY x 'y'>]><p xmlns='http://www.w3.org/1999/xhtml'/>",
        "<!DOCTYPE html [<!ENTITY x 'y'>]><p xmlns='http://www.w3.org/1999/xhtml' title='&x;'/>",
        "<p xmlns='http://www.w3.org/1999/xhtml'><?php x ?></p>",
        "<p/>"};
    struct template *t;
    const char *why;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(read_text(&t, view_text(bad[i]), &why), ERR_SYNTAX, "%s", bad[i]);
    cr_expect_eq(read_text(&t, VIEW("<!DOCTYPE html><p xmlns='http://www.w3.org/1999/xhtml'/>"), &why), ERR_OK);
}

Test(template, says_where_it_is_wrong)
{
    struct template *t;
    const char *why;
    cr_assert_eq(read_body(&t, "\n\n<b g:text='stranger'/>", &why), ERR_SYNTAX);
    cr_assert_str_eq(why, "line 3: there is no fact \"stranger\" here");
}

Test(template, does_not_overrun_a_small_arena)
{
    for (size_t ceiling = 0; ceiling < 6000; ceiling += 64) {
        struct arena small, words_arena;
        struct words *words;
        struct template *t;
        const char *why;
        arena_open(&small, ceiling);
        arena_open(&words_arena, 1 << 16);
        cr_assert_eq(words_read(&words, &words_arena, view_text(words_file), &why), ERR_OK);
        struct template_env env = {.facts = sheet_facts, .words = words, .part = part, .asset = asset};
        enum err e =
            template_read(&t, &small, VIEW(ROOT "<b g:each='list' g:words='list' g:if='yes'/></p>"), &env, &why);
        cr_expect(e == ERR_OK || e == ERR_MEMORY || e == ERR_LIMIT, "%s", err_name(e));
        arena_close(&small);
        arena_close(&words_arena);
    }
}
